/* SPDX-License-Identifier: MIT */
/*
 * sweep.c: when to ask all children who has ended.  The kernel walks them all
 * for that: 0.3 us where there are few, 15 us at 1,000, 300 us at 10,000.  To
 * ask for one by its number costs 0.35 us however many there are, and SIGCHLD
 * names one; but it may stand for others, so that all have to be asked too, if
 * not each time.  They are, where that is cheap.  Where it is not, a sweep for
 * naught is followed by a pause of sixteen times what it has cost; a sweep
 * that found somebody is not, soon: those that SIGCHLD does not name are more
 * then than it names.  What a sweep costs is measured, beside a mere call:
 * where any call is slow, under a tracer or an emulator, those by number are as
 * well, and save nothing.
 */
#include "minireap.h"

#include <time.h>

enum {
	MEASURE_EVERY = 8, /* sweeps, while they are cheap: three calls */
	COSTLY_CALLS = 32, /* that of so many mere ones: some 200 children */
	PAUSE_SHIFT = 16, /* ns / 65536: ms / 15 */
	/* A timer that is due before the scheduler's tick is: 5 us each. */
	LEAST_PAUSE_MS = 10,
};

void
sweep_begin(struct sweep *sweep)
{
	int64_t first_ns;

	sweep->started_ns = 0;
	if (!sweep->is_costly && ++sweep->count % MEASURE_EVERY != 0)
		return;
	first_ns = clock_ns(CLOCK_MONOTONIC);
	sweep->started_ns = clock_ns(CLOCK_MONOTONIC);
	sweep->call_ns = sweep->started_ns - first_ns;
}

void
sweep_end(struct sweep *sweep, bool found)
{
	int64_t cost_ns;

	if (sweep->started_ns == 0)
		return;
	cost_ns = clock_ns(CLOCK_MONOTONIC) - sweep->started_ns;
	if (found)
		sweep->pause_ms /= 2;
	else if (sweep->is_costly) /* once may be another's turn */
		sweep->pause_ms =
		    LEAST_PAUSE_MS + (int)(cost_ns >> PAUSE_SHIFT);
	/* One found early says nothing of the whole way; one each time does:
	 * then all that comes is found soon, and hints would be slower. */
	sweep->is_costly = cost_ns >= COSTLY_CALLS * sweep->call_ns ||
	    (found && sweep->pause_ms > 0);
	if (sweep->is_costly)
		sweep->next_ms = clock_ms(CLOCK_MONOTONIC) + sweep->pause_ms;
	else
		sweep->pause_ms = 0;
}

bool
sweep_is_due(const struct sweep *sweep)
{
	return clock_ms(CLOCK_MONOTONIC) >= sweep->next_ms;
}
