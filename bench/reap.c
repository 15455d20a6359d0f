/* SPDX-License-Identifier: MIT */
/*
 * reap.c: what it takes to reap.  CPU time is init's alone.  An init may put
 * off some of that work for a while: it is waited for, and counted.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "load.h"

enum {
	SETTLE_MS = 1,
	REST_MS = 20,
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
	sandbox_hear(&sandbox);
	return sandbox;
}

/* The CPU time of init for each of its children that end one by one. */
void
measure_reap(const struct candidate *init, double *values)
{
	struct sandbox sandbox = start(init, "orphans", init->number);
	double before;

	look_settle(&sandbox, SETTLE_MS);
	before = look_cpu(&sandbox);
	sandbox_say(&sandbox);
	sandbox_hear(&sandbox);
	look_settle(&sandbox, REST_MS);
	values[0] = (look_cpu(&sandbox) - before) / ORPHANS;
	sandbox_end(&sandbox);
}

/* So many as fast as one process makes them: CPU time and time for each. */
void
measure_burst(const struct candidate *init, double *values)
{
	struct sandbox sandbox = start(init, "burst", init->number);
	uint64_t begin;
	double before;

	look_settle(&sandbox, SETTLE_MS);
	before = look_cpu(&sandbox);
	sandbox_say(&sandbox);
	begin = sandbox_hear(&sandbox);
	values[1] =
	    microseconds(begin, sandbox_hear(&sandbox)) / (double)init->number;
	look_settle(&sandbox, REST_MS);
	values[0] = (look_cpu(&sandbox) - before) / (double)init->number;
	sandbox_end(&sandbox);
}

/* Where few processes may be: how many forks fail. */
void
measure_limited(const struct candidate *init, double *values)
{
	const char *orphans = getenv("BENCH_ORPHANS");
	struct sandbox sandbox = start(init, "limited",
	    orphans != NULL ? strtol(orphans, NULL, 10) : LIMITED_ORPHANS);

	sandbox_say(&sandbox);
	values[0] = (double)sandbox_hear(&sandbox);
	sandbox_end(&sandbox);
}

/* While so many processes make orphans: the most tasks there are, in half a
 * second. */
void
measure_flood(const struct candidate *init, double *values)
{
	const struct timespec pause = {.tv_nsec = 200000};
	const double before = look_tasks();
	struct sandbox sandbox = start(init, "flood", init->number);
	const uint64_t end = sandbox_now() + FLOOD_NS;

	while (sandbox_now() < end) {
		const double tasks = look_tasks() - before;

		if (tasks > values[0])
			values[0] = tasks;
		nanosleep(&pause, NULL);
	}
	sandbox_end(&sandbox);
}
