/* SPDX-License-Identifier: MIT */
/*
 * reap.c: the cost of reaping.  CPU time is that of init alone, and includes
 * work that init postpones: it is read when init has settled.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "load.h"

enum {
	SETTLE_MS = 1,
	POSTPONED_MS = 20,
	LIMITED_ORPHANS = 20000,
	FLOOD_NS = 500000000,
};

static struct sandbox
start(const struct candidate *init, const char *task, long number)
{
	struct sandbox sandbox;
	char text[32];

	snprintf(text, sizeof text, "%s %ld", task, number);
	sandbox = sandbox_start(init, false, text);
	sandbox_receive(&sandbox);
	return sandbox;
}

/* CPU time of init for each of ORPHANS children that exit one at a time. */
void
measure_reap(const struct candidate *init, double *values)
{
	struct sandbox sandbox = start(init, "orphans", init->number);
	double before;

	observe_until_settled(&sandbox, SETTLE_MS);
	before = observe_cpu(&sandbox);
	sandbox_resume(&sandbox);
	sandbox_receive(&sandbox);
	observe_until_settled(&sandbox, POSTPONED_MS);
	values[0] = (observe_cpu(&sandbox) - before) / ORPHANS;
	sandbox_kill(&sandbox);
}

/* CPU and elapsed time per child, for children created as fast as possible. */
void
measure_burst(const struct candidate *init, double *values)
{
	struct sandbox sandbox = start(init, "burst", init->number);
	uint64_t begin;
	double before;

	observe_until_settled(&sandbox, SETTLE_MS);
	before = observe_cpu(&sandbox);
	sandbox_resume(&sandbox);
	begin = sandbox_receive(&sandbox);
	values[1] = microseconds(begin, sandbox_receive(&sandbox)) /
	    (double)init->number;
	observe_until_settled(&sandbox, POSTPONED_MS);
	values[0] = (observe_cpu(&sandbox) - before) / (double)init->number;
	sandbox_kill(&sandbox);
}

/* How many forks fail if the cgroup of BENCH_GROUP allows few processes. */
void
measure_limited(const struct candidate *init, double *values)
{
	const char *orphans = getenv("BENCH_ORPHANS");
	struct sandbox sandbox = start(init, "limited",
	    orphans != NULL ? strtol(orphans, NULL, 10) : LIMITED_ORPHANS);

	sandbox_resume(&sandbox);
	values[0] = (double)sandbox_receive(&sandbox);
	sandbox_kill(&sandbox);
}

/* The highest number of tasks while many processes create orphans. */
void
measure_flood(const struct candidate *init, double *values)
{
	const struct timespec pause = {.tv_nsec = 200000};
	const double before = observe_tasks();
	struct sandbox sandbox = start(init, "flood", init->number);
	const uint64_t end = sandbox_now() + FLOOD_NS;

	while (sandbox_now() < end) {
		const double tasks = observe_tasks() - before;

		if (tasks > values[0])
			values[0] = tasks;
		nanosleep(&pause, NULL);
	}
	sandbox_kill(&sandbox);
}
