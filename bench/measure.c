/* SPDX-License-Identifier: MIT */
/*
 * measure.c: the start, the end, and what an init takes in between when there
 * is nothing to do; one function each, from the start of a fresh init.
 */
#include "bench.h"

#include <time.h>

enum {
	CROWD = 100,
	IDLE_SECONDS = 5,
	SETTLE_MS = 1,
};

double
microseconds(uint64_t from, uint64_t to)
{
	return ((double)to - (double)from) / 1000;
}

/* From the exec of init to main's first instruction. */
void
measure_start(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "hold");
	const uint64_t started = sandbox_hear(&sandbox);

	values[0] = microseconds(sandbox_exec_time(), started);
	sandbox_end(&sandbox);
}

/* From main's last instruction to the end of init, seen from outside. */
void
measure_exit(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "exit");
	uint64_t ended;

	look_settle(&sandbox, SETTLE_MS);
	sandbox_say(&sandbox);
	ended = sandbox_hear(&sandbox);
	sandbox_wait(&sandbox);
	values[0] = microseconds(ended, sandbox_now());
}

void
measure_memory(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "hold");

	sandbox_hear(&sandbox);
	look_settle(&sandbox, SETTLE_MS);
	values[0] = look_field(&sandbox, "smaps_rollup", "Rss:");
	values[1] = look_field(&sandbox, "smaps_rollup", "Private_Dirty:");
	values[2] = look_field(&sandbox, "status", "VmPTE:");
	sandbox_end(&sandbox);
}

/* The pages that inits share count once; KiB for each. */
static double
crowd_memory(const struct candidate *init, const char *task)
{
	struct sandbox crowd[CROWD];
	double sum = 0;

	for (int i = 0; i < CROWD; i++) {
		crowd[i] = sandbox_start(init, false, task);
		if (task != NULL)
			sandbox_hear(&crowd[i]);
	}
	for (int i = 0; i < CROWD; i++) {
		look_settle(&crowd[i], SETTLE_MS);
		sum += look_field(&crowd[i], "smaps_rollup", "Pss:") +
		    look_field(&crowd[i], "status", "VmPTE:");
	}
	for (int i = 0; i < CROWD; i++)
		sandbox_end(&crowd[i]);
	return sum / CROWD;
}

/* A node with many containers. */
void
measure_crowd(const struct candidate *init, double *values)
{
	values[0] = crowd_memory(init, "hold");
}

/* A node with many pods: an init alone, to hold the namespaces of each. */
void
measure_pause(const struct candidate *init, double *values)
{
	values[0] = crowd_memory(init, NULL);
}

/* How often an init runs while there is nothing to do. */
void
measure_idle(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "hold");
	const struct timespec pause = {.tv_sec = IDLE_SECONDS};
	double before;

	sandbox_hear(&sandbox);
	look_settle(&sandbox, SETTLE_MS);
	before = look_switches(&sandbox);
	nanosleep(&pause, NULL);
	values[0] = look_switches(&sandbox) - before;
	sandbox_end(&sandbox);
}
