/* SPDX-License-Identifier: MIT */
/*
 * measure.c: start-up, exit, and what an idle init costs in between.  Each
 * function starts a fresh init.
 */
#include "bench.h"

#include <time.h>

enum {
	CROWD_SIZE = 100,
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
	const uint64_t main_started = sandbox_receive(&sandbox);

	values[0] = microseconds(sandbox_exec_time(), main_started);
	sandbox_kill(&sandbox);
}

/* From just before main's exit until init has been reaped by the runner. */
void
measure_exit(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "exit");
	uint64_t main_exits;

	observe_until_settled(&sandbox, SETTLE_MS);
	sandbox_resume(&sandbox);
	main_exits = sandbox_receive(&sandbox);
	sandbox_wait(&sandbox);
	values[0] = microseconds(main_exits, sandbox_now());
}

void
measure_memory(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "hold");

	sandbox_receive(&sandbox);
	observe_until_settled(&sandbox, SETTLE_MS);
	values[0] = observe_field(&sandbox, "smaps_rollup", "Rss:");
	values[1] = observe_field(&sandbox, "smaps_rollup", "Private_Dirty:");
	values[2] = observe_field(&sandbox, "status", "VmPTE:");
	sandbox_kill(&sandbox);
}

/*
 * KiB for each of many inits that run at the same time: Pss divides a page by
 * the number of processes that share it.
 */
static double
memory_in_crowd(const struct candidate *init, const char *task)
{
	struct sandbox crowd[CROWD_SIZE];
	double sum = 0;

	for (int i = 0; i < CROWD_SIZE; i++) {
		crowd[i] = sandbox_start(init, false, task);
		if (task != NULL)
			sandbox_receive(&crowd[i]);
	}
	for (int i = 0; i < CROWD_SIZE; i++) {
		observe_until_settled(&crowd[i], SETTLE_MS);
		sum += observe_field(&crowd[i], "smaps_rollup", "Pss:") +
		    observe_field(&crowd[i], "status", "VmPTE:");
	}
	for (int i = 0; i < CROWD_SIZE; i++)
		sandbox_kill(&crowd[i]);
	return sum / CROWD_SIZE;
}

/* As on a node with many containers. */
void
measure_crowd(const struct candidate *init, double *values)
{
	values[0] = memory_in_crowd(init, "hold");
}

/* As on a node with many pods: an init without main holds the namespaces. */
void
measure_pause(const struct candidate *init, double *values)
{
	values[0] = memory_in_crowd(init, NULL);
}

/* How often init runs while there is nothing to do. */
void
measure_idle(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "hold");
	const struct timespec pause = {.tv_sec = IDLE_SECONDS};
	double before;

	sandbox_receive(&sandbox);
	observe_until_settled(&sandbox, SETTLE_MS);
	before = observe_switches(&sandbox);
	nanosleep(&pause, NULL);
	values[0] = observe_switches(&sandbox) - before;
	sandbox_kill(&sandbox);
}
