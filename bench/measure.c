/* SPDX-License-Identifier: MIT */
/*
 * measure.c: what is measured, one function each, and each from the start of
 * a fresh init to its end.
 */
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum {
	CROWD = 100,
	IDLE_SECONDS = 5,
	SIGNALS = 50,
	REST_NS = 200000,
};

static double
microseconds(uint64_t from, uint64_t to)
{
	return ((double)to - (double)from) / 1000;
}

/* From the exec of init to main's first instruction. */
void
measure_start(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "hold", NULL);
	const uint64_t started = sandbox_hear(&sandbox);

	values[0] = microseconds(sandbox_exec_time(), started);
	sandbox_end(&sandbox);
}

/* From main's last instruction to the end of init, seen from outside. */
void
measure_exit(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "exit", NULL);
	uint64_t ended;

	sandbox_settle(&sandbox);
	sandbox_say(&sandbox);
	ended = sandbox_hear(&sandbox);
	sandbox_wait(&sandbox);
	values[0] = microseconds(ended, sandbox_now());
}

void
measure_memory(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "hold", NULL);

	sandbox_hear(&sandbox);
	sandbox_settle(&sandbox);
	values[0] = sandbox_field(&sandbox, "smaps_rollup", "Rss:");
	values[1] = sandbox_field(&sandbox, "smaps_rollup", "Private_Dirty:");
	values[2] = sandbox_field(&sandbox, "status", "VmPTE:");
	sandbox_end(&sandbox);
}

/* A node with many containers: the pages that inits share count once. */
void
measure_crowd(const struct candidate *init, double *values)
{
	struct sandbox crowd[CROWD];

	for (int i = 0; i < CROWD; i++) {
		crowd[i] = sandbox_start(init, false, "hold", NULL);
		sandbox_hear(&crowd[i]);
	}
	values[0] = 0;
	for (int i = 0; i < CROWD; i++) {
		sandbox_settle(&crowd[i]);
		values[0] += sandbox_field(&crowd[i], "smaps_rollup", "Pss:") +
		    sandbox_field(&crowd[i], "status", "VmPTE:");
	}
	values[0] /= CROWD;
	for (int i = 0; i < CROWD; i++)
		sandbox_end(&crowd[i]);
}

static double
switches(const struct sandbox *sandbox)
{
	return sandbox_field(sandbox, "status", "\nvoluntary_ctxt_switches:") +
	    sandbox_field(sandbox, "status", "nonvoluntary_ctxt_switches:");
}

/* How often an init runs while there is nothing to do. */
void
measure_idle(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "hold", NULL);
	const struct timespec pause = {.tv_sec = IDLE_SECONDS};
	double before;

	sandbox_hear(&sandbox);
	sandbox_settle(&sandbox);
	before = switches(&sandbox);
	nanosleep(&pause, NULL);
	values[0] = switches(&sandbox) - before;
	sandbox_end(&sandbox);
}

/*
 * From kill(2) of init to main having the signal in its hands.  All rest before
 * each one, as in life.  Back to back the figure falls into two groups 1 us
 * apart, by scheduling rather than by what init does: minireap --session is in
 * the faster one, minireap without it in the other (autogroups of sched(7)?).
 */
void
measure_signal(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "echo", NULL);
	const struct timespec rest = {.tv_nsec = REST_NS};
	double latencies[SIGNALS];

	sandbox_hear(&sandbox);
	sandbox_settle(&sandbox);
	for (int i = 0; i < SIGNALS; i++) {
		uint64_t sent;

		nanosleep(&rest, NULL);
		sent = sandbox_now();
		kill(sandbox.pid, SIGUSR1);
		latencies[i] = microseconds(sent, sandbox_hear(&sandbox));
	}
	values[0] = median(latencies, SIGNALS);
	sandbox_end(&sandbox);
}

/* The CPU time of init for each of its children that end one by one. */
static double
reap_cost(const struct candidate *init, const char *live)
{
	struct sandbox sandbox = sandbox_start(init, false, "orphans", live);
	double nanoseconds;

	sandbox_hear(&sandbox);
	sandbox_settle(&sandbox);
	nanoseconds = sandbox_field(&sandbox, "schedstat", "");
	sandbox_say(&sandbox);
	sandbox_hear(&sandbox);
	sandbox_settle(&sandbox);
	nanoseconds = sandbox_field(&sandbox, "schedstat", "") - nanoseconds;
	sandbox_end(&sandbox);
	return nanoseconds / 1000 / ORPHANS;
}

void
measure_reap(const struct candidate *init, double *values)
{
	values[0] = reap_cost(init, "0");
}

void
measure_reap_1000(const struct candidate *init, double *values)
{
	values[0] = reap_cost(init, "1000");
}
