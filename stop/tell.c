/* SPDX-License-Identifier: MIT */
/*
 * tell.c: with -v, the story of a stop, one line a step: the stop signal; what
 * init waits for, at once and when half and nine tenths of the time are used;
 * the end.
 */
#include "stop/stop.h"

#include "system/system.h"

enum { HALF = 5, MOST = 9, TENTHS = 10 };

/* Sends line, with the time that is left. */
static void
send(struct stop *stop, struct message *line)
{
	const int64_t now = stop_now_ms(stop);

	if (stop->report->stop_began == 0)
		stop->report->stop_began = now;
	if (stop->deadline != STOP_NEVER && !stop->is_over) {
		report_add(line, "; ");
		report_add_seconds(line, stop->deadline - now);
		report_add(line, " left");
	}
	report_send(stop->report, line);
}

void
stop_tell_signal(struct stop *stop, int sig, const char *what)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];
	struct message line;

	if (stop->options->verbosity == 0)
		return;
	report_begin(&line);
	report_add(&line, "%s %s", system_signal_name(sig, name), what);
	send(stop, &line);
}

/* Without a usable /proc nothing is known, and nothing is said. */
void
stop_tell_rest(struct stop *stop)
{
	struct message names;
	struct stop_round round = {.init = stop->init, .names = &names};
	struct message line;

	if (stop->options->verbosity == 0)
		return;
	names.length = 0;
	stop_signal_tree(&round);
	if (round.hit <= 0)
		return;
	report_begin(&line);
	report_add(&line,
	    "%s %d process%s: ", stop->is_over ? "left behind:" : "waiting for",
	    round.hit, round.hit == 1 ? "" : "es");
	report_append(&line, &names);
	send(stop, &line);
}

int64_t
stop_next_telling(const struct stop *stop)
{
	const int64_t time = stop->deadline - stop->since;

	if (stop->options->verbosity == 0 || stop->tenths == TENTHS ||
	    stop->deadline == STOP_NEVER ||
	    (stop->state != STOP_STOPPING && stop->state != STOP_DRAINING))
		return STOP_NEVER;
	return stop->since + time * (stop->tenths == 0 ? HALF : MOST) / TENTHS;
}

void
stop_tell_time(struct stop *stop, int64_t now)
{
	if (now < stop_next_telling(stop))
		return;
	stop->tenths = stop->tenths == 0 ? MOST : TENTHS;
	stop_tell_rest(stop);
}

void
stop_tell_end(const struct stop *stop)
{
	struct message line;

	if (stop->report->stop_began == 0 || stop->rest_refusal_reported)
		return;
	report_begin(&line);
	report_add(&line, "everything exited after ");
	report_add_seconds(&line, stop_now_ms(stop) - stop->report->stop_began);
	report_send(stop->report, &line);
}
