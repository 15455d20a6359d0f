/* SPDX-License-Identifier: MIT */
/*
 * stop.c: the stop as a state machine without a system call: it learns what
 * happened and when, and returns what is to be done.
 *
 *   RUNNING -> DELAYING -> STOPPING -> KILLING_MAIN     main is there
 *   WAITING -> DELAYING -> DRAINING -> KILLING_REST     main has exited
 *
 * Left to right by the stop signal and by the one deadline; from the upper line
 * to the lower one when main exits, or cannot even be killed.
 */
#include "stop/stop.h"

enum {
	MIN_DRAIN_MS = 1000, /* for the rest, if main has used up the grace */
	REAP_LIMIT_MS = 2000, /* for what was sent SIGKILL to be reaped */
	KILL_EVERY_MS = 100, /* what was forked since is killed, too */
};

bool
stop_is_stop_signal(const struct stop *stop, int sig)
{
	return (stop->options->stop_signals >> (sig - 1) & 1) != 0;
}

static void
set_deadline(struct stop *stop, int64_t now, int64_t deadline)
{
	stop->since = now;
	stop->tenths = 0;
	stop->deadline = deadline;
}

/* The stop signal is forwarded: the clock of -t starts. */
static enum stop_action
start_clock(struct stop *stop, int64_t now, enum stop_action action)
{
	stop->state = stop->main_gone ? STOP_DRAINING : STOP_STOPPING;
	set_deadline(stop, now,
	    stop->options->grace_ms == TIME_UNSET
		? STOP_NEVER
		: now + stop->options->grace_ms);
	return action;
}

enum stop_action
stop_received(struct stop *stop, int sig, int64_t now)
{
	if (!stop_is_stop_signal(stop, sig))
		return STOP_SEND;
	switch (stop->state) {
	case STOP_RUNNING:
	case STOP_WAITING:
		if (stop->options->delay_ms == TIME_UNSET)
			return start_clock(stop, now, STOP_SEND);
		stop->state = STOP_DELAYING;
		stop->deadline = now + stop->options->delay_ms;
		return STOP_NOTHING;
	case STOP_DELAYING: /* a second one ends the delay */
		return start_clock(stop, now, STOP_SEND_HELD);
	default:
		return STOP_SEND;
	}
}

/* What the rest has in any case. */
static int64_t
min_drain(const struct stop *stop)
{
	const int64_t grace = stop->options->grace_ms;

	return grace < MIN_DRAIN_MS ? grace : MIN_DRAIN_MS;
}

/* How long the rest has: what is left of the grace, or a second. */
static int64_t
drain_deadline(const struct stop *stop, int64_t now)
{
	const int64_t grace = stop->options->grace_ms;
	const int64_t min = min_drain(stop);

	if (grace == TIME_UNSET)
		return STOP_NEVER;
	if (stop->state == STOP_STOPPING && stop->deadline - now > min)
		return stop->deadline;
	if (stop->state == STOP_STOPPING || stop->state == STOP_KILLING_MAIN)
		return now + min;
	return now + grace; /* main exited by itself */
}

enum stop_action
stop_main_exited(struct stop *stop, int64_t now)
{
	int64_t deadline;

	stop->main_gone = true;
	if (stop->options->grace_ms == TIME_UNSET && !stop->options->wait)
		return STOP_EXIT;
	/* The rest did not wait for a main that was stuck. */
	if (stop->state == STOP_DRAINING || stop->state == STOP_KILLING_REST)
		return STOP_NOTHING;
	if (stop->options->wait && stop->state == STOP_RUNNING) {
		stop->state = STOP_WAITING;
		return STOP_NOTHING;
	}
	deadline = drain_deadline(stop, now);
	if (deadline != stop->deadline)
		set_deadline(stop, now, deadline);
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
	case STOP_KILLING_MAIN: /* it is stuck in the kernel */
		stop->state = STOP_DRAINING;
		stop->deadline = now + min_drain(stop);
		return STOP_TERM_REST;
	case STOP_KILLING_REST:
		if (now >= stop->give_up)
			return STOP_EXIT;
		stop->deadline = now + KILL_EVERY_MS;
		return STOP_KILL_AGAIN;
	default: /* draining */
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
