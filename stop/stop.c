/* SPDX-License-Identifier: MIT */
/*
 * stop.c: the order in which everything ends.  A state machine without a
 * system call: it is told what happened and when, and says what is to be done.
 *
 *   RUNNING -> DELAYING -> STOPPING -> KILLING_MAIN     main is there
 *   WAITING -> DELAYING -> DRAINING -> KILLING_REST     main has ended
 *
 * Left to right by the stop signal and by the deadline, of which there is
 * one; from the upper line to the lower one by main's end.
 */
#include "interface.h"

enum {
	LEAST_DRAIN_MS = 1000, /* for the rest, when main has used the grace */
	REAP_LIMIT_MS = 2000, /* for what SIGKILL has hit to be reaped */
	KILL_EVERY_MS = 100, /* what was forked meanwhile is killed too */
};

struct stop
stop_begin(const struct options *options)
{
	const struct stop stop = {
	    .options = options,
	    .state = STOP_RUNNING,
	    .deadline = STOP_NEVER,
	};

	return stop;
}

static int64_t
after(int64_t now, int64_t ms)
{
	return ms == TIME_UNSET ? STOP_NEVER : now + ms;
}

/* The stop signal is sent on: the clock of -t starts. */
static enum stop_action
start_clock(struct stop *stop, int64_t now, enum stop_action action)
{
	stop->state = stop->main_gone ? STOP_DRAINING : STOP_STOPPING;
	stop->deadline = after(now, stop->options->grace_ms);
	return action;
}

enum stop_action
stop_received(struct stop *stop, int sig, int64_t now)
{
	if (sig != stop->options->stop_signal)
		return STOP_SEND;
	switch (stop->state) {
	case STOP_RUNNING:
	case STOP_WAITING:
		if (stop->options->delay_ms == TIME_UNSET)
			return start_clock(stop, now, STOP_SEND);
		stop->state = STOP_DELAYING;
		stop->deadline = now + stop->options->delay_ms;
		return STOP_NOTHING;
	case STOP_DELAYING: /* the second one: no more patience */
		return start_clock(stop, now, STOP_SEND);
	default:
		return STOP_SEND;
	}
}

/* How long the rest has: what main has left of the grace, or a second. */
static int64_t
drain_deadline(const struct stop *stop, int64_t now)
{
	const int64_t grace = stop->options->grace_ms;
	int64_t least = grace < LEAST_DRAIN_MS ? grace : LEAST_DRAIN_MS;

	if (grace == TIME_UNSET)
		return STOP_NEVER;
	if (stop->state == STOP_STOPPING && stop->deadline - now > least)
		return stop->deadline;
	if (stop->state == STOP_STOPPING || stop->state == STOP_KILLING_MAIN)
		return now + least;
	return now + grace; /* main has ended by itself */
}

enum stop_action
stop_main_ended(struct stop *stop, int64_t now)
{
	stop->main_gone = true;
	if (stop->options->grace_ms == TIME_UNSET && !stop->options->wait)
		return STOP_EXIT;
	if (stop->state == STOP_KILLING_REST)
		return STOP_NOTHING;
	if (stop->options->wait && stop->state == STOP_RUNNING) {
		stop->state = STOP_WAITING;
		return STOP_NOTHING;
	}
	stop->deadline = drain_deadline(stop, now);
	stop->state = STOP_DRAINING;
	return STOP_TERM_REST;
}

enum stop_action
stop_expired(struct stop *stop, int64_t now)
{
	switch (stop->state) {
	case STOP_DELAYING:
		return start_clock(stop, now, STOP_SEND_HELD);
	case STOP_STOPPING:
		stop->state = STOP_KILLING_MAIN;
		stop->deadline = now + REAP_LIMIT_MS;
		return STOP_KILL_MAIN;
	case STOP_KILLING_REST:
		if (now >= stop->give_up)
			return STOP_EXIT;
		stop->deadline = now + KILL_EVERY_MS;
		return STOP_KILL_AGAIN;
	default: /* draining; or main, killed, is stuck in the kernel */
		stop->state = STOP_KILLING_REST;
		stop->deadline = now + KILL_EVERY_MS;
		stop->give_up = now + REAP_LIMIT_MS;
		return STOP_KILL_REST;
	}
}

enum stop_action
stop_none_left(const struct stop *stop)
{
	return stop->main_gone ? STOP_EXIT : STOP_NOTHING;
}
