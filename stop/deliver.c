/* SPDX-License-Identifier: MIT */
/*
 * deliver.c: carries out what stop.c decides: signals go to the main process
 * or its group, and once that has exited to every process that remains.
 */
#include "stop/stop.h"

#include "reaper.h"
#include "signals.h"
#include "system/system.h"

#include <errno.h>
#include <time.h>

enum {
	MAX_WAIT_MS = 3600 * 1000, /* fits a long on every processor */
	MIN_LOOK_MS = 10,
	MAX_LOOK_MS = 1000,
};

/* The time, or 0 if no option needs it. */
static int64_t
now_ms(const struct stop *stop)
{
	return stop->options->delay_ms == TIME_UNSET &&
		stop->options->grace_ms == TIME_UNSET && !stop->options->wait
	    ? 0
	    : system_clock_ms(CLOCK_MONOTONIC);
}

/* False: it was refused. */
static bool
send_to_main(struct stop *stop, int sig, const siginfo_t *info)
{
	const enum scope scope = info != NULL && terminal_is_key(info)
	    ? SCOPE_GROUP
	    : stop->options->scope;

	terminal_sent(stop->terminal, sig);
	report_sent(stop->report, sig);
	if (signals_send(stop->main, scope, sig, info) == 0 || errno == ESRCH)
		return true;
	if (!stop->refusal_reported)
		report_line(stop->report,
		    "cannot signal main process %d (%s): %m",
		    (int)stop->main->pid, stop->main->name);
	stop->refusal_reported = true;
	return false;
}

/*
 * Without /proc: main's group.  Once main is reaped, a living child in the
 * group shows that its number has not become another group's.
 */
static void
signal_main_group(struct stop *stop, int sig, bool wakes)
{
	if (!stop->main_gone || reaper_has_living_child(stop->main->pid)) {
		signals_send(stop->main, SCOPE_GROUP, sig, NULL);
		if (wakes)
			signals_send(stop->main, SCOPE_GROUP, SIGCONT, NULL);
	}
	if (stop->blindness_reported || !reaper_has_living_child(0))
		return;
	stop->blindness_reported = true;
	report_line(stop->report,
	    "no usable /proc: only the main process's group can be signalled");
}

/* Once. */
static void
report_refusal(struct stop *stop, const struct stop_round *round)
{
	if (round->error == 0 || stop->rest_refusal_reported ||
	    round->refused == stop->main->pid)
		return;
	stop->rest_refusal_reported = true;
	errno = round->error;
	if (round->refused != 0)
		report_line(stop->report, "cannot signal %d (%s): %m",
		    (int)round->refused, round->refused_name);
	else
		report_line(
		    stop->report, "cannot signal the remaining processes: %m");
}

/* Returns how many could be signalled, or -1 without /proc. */
static int
signal_rest(struct stop *stop, int sig, bool wakes, struct message *names)
{
	struct stop_round round = {
	    .init = stop->init,
	    .sig = sig,
	    .wakes = wakes,
	    .names = names,
	};

	stop_signal_tree(&round);
	if (round.hit == -1 && stop->init != 1)
		signal_main_group(stop, sig, wakes);
	report_refusal(stop, &round);
	return round.hit;
}

static void
kill_rest(struct stop *stop)
{
	struct message line;
	int hit;

	report_begin(&line);
	report_add(&line, "killed the remaining processes: ");
	hit = signal_rest(stop, SIGKILL, false, &line);
	if (hit == -1 && stop->init == 1)
		report_add(&line, "all, unnamed without a usable /proc");
	else if (hit == -1)
		report_add(&line, "the main process's group");
	if (hit != 0)
		report_send(stop->report, &line);
}

/* What remains cannot be killed, or not by init. */
static void
give_up(struct stop *stop)
{
	struct message line;

	stop->is_over = true;
	if (stop->main_gone)
		return;
	report_begin_main(&line, stop->main);
	report_add(&line, "has outlived SIGKILL");
	report_failure(stop->report, &line, stop->status);
}

/* Sends on what was received, as -r says. */
static void
forward(struct stop *stop, int sig, const siginfo_t *info)
{
	const int sent = stop->options->rewrite[sig];
	const bool is_stop = sig == stop->options->stop_signal;
	int change;

	if (sent == 0)
		return;
	if (stop->main_gone) {
		signal_rest(stop, sent, is_stop, NULL);
		terminal_rest_signalled(info);
		return;
	}
	send_to_main(stop, sent, info);
	if (!is_stop)
		return;
	/* A stopped process does not act on a signal that asks it to exit. */
	change = reaper_next_stop(stop->main->pid, true);
	if (change > 0 || (change == REAPER_NO_CHANGE && stop->main_stopped))
		send_to_main(stop, SIGCONT, NULL);
}

static void
carry_out(struct stop *stop, enum stop_action action)
{
	switch (action) {
	case STOP_SEND_HELD:
		forward(stop, stop->options->stop_signal, &stop->held);
		break;
	case STOP_KILL_MAIN:
		/* The status unless, or until, main can be reaped. */
		stop->status = STATUS_SIGNALLED + SIGKILL;
		if (send_to_main(stop, SIGKILL, NULL))
			report_main_killed(
			    stop->report, stop->main, stop->options->grace_ms);
		break;
	case STOP_TERM_REST:
		if (!stop->rest_signalled)
			signal_rest(stop, SIGTERM, true, NULL);
		break;
	case STOP_KILL_REST:
		kill_rest(stop);
		break;
	case STOP_KILL_AGAIN:
		signal_rest(stop, SIGKILL, false, NULL);
		break;
	case STOP_EXIT:
		give_up(stop);
		break;
	default: /* STOP_SEND is stop_signal()'s */
		break;
	}
}

void
stop_signal(struct stop *stop, const siginfo_t *info)
{
	const int sig = info->si_signo;

	if (stop_received(stop, sig, now_ms(stop)) == STOP_SEND)
		forward(stop, sig, info);
	else
		stop->held = *info;
}

void
stop_keep_deadline(struct stop *stop)
{
	int64_t now;

	if (stop->deadline == STOP_NEVER || stop->is_over)
		return;
	now = now_ms(stop);
	if (now >= stop->deadline)
		carry_out(stop, stop_expired(stop, now));
}

void
stop_main_changed(struct stop *stop)
{
	const int change = reaper_next_stop(stop->main->pid, false);

	if (change == REAPER_NO_CHANGE)
		return;
	stop->main_stopped = change != REAPER_CONTINUED;
	/* While a deadline runs, init must not stop along. */
	terminal_main_changed(stop->terminal, stop->main,
	    stop->main_stopped ? change : 0, stop->deadline == STOP_NEVER);
}

void
stop_main_is_zombie(struct stop *stop)
{
	const struct options *options = stop->options;
	const bool ends_rest = options->wait ? stop->state != STOP_RUNNING
					     : options->grace_ms != TIME_UNSET;

	stop->rest_signalled =
	    ends_rest && stop->init != 1 && !system_proc_is_ours();
	if (stop->rest_signalled)
		signal_main_group(stop, SIGTERM, true);
	else if (options->scope == SCOPE_SESSION && !ends_rest)
		signals_send(stop->main, SCOPE_SESSION, SIGTERM, NULL);
}

void
stop_main_reaped(struct stop *stop, int wstatus)
{
	stop->status = reaper_exit_status(wstatus);
	carry_out(stop, stop_main_exited(stop, now_ms(stop)));
}

/*
 * As PID 1: processes that the engine has put into the namespace are not its
 * children, and no signal reports their exit.
 */
static bool
others_remain(struct stop *stop)
{
	int64_t now;

	if (stop->init != 1 || stop_none_left(stop) == STOP_NOTHING ||
	    (kill(-1, 0) == -1 && errno == ESRCH))
		return false;
	now = now_ms(stop);
	if (now < stop->look_at)
		return true;
	if (stop->look_at == 0)
		stop->look_pause = MIN_LOOK_MS;
	else if (signal_rest(stop, 0, false, NULL) == 0)
		return false; /* zombies, or what may not be signalled */
	stop->look_at = now + stop->look_pause;
	if (stop->look_pause < MAX_LOOK_MS)
		stop->look_pause *= 2;
	return true;
}

void
stop_children(struct stop *stop, bool is_left)
{
	if (is_left)
		stop->look_at = 0;
	else if (!others_remain(stop))
		carry_out(stop, stop_none_left(stop));
}

int
stop_status(const struct stop *stop)
{
	return stop->is_over ? stop->status : -1;
}

bool
stop_main_is_gone(const struct stop *stop)
{
	return stop->main_gone;
}

long
stop_time_left(const struct stop *stop)
{
	int64_t next = stop->deadline;
	int64_t left;

	if (stop->look_at != 0 && stop->look_at < next)
		next = stop->look_at;
	if (next == STOP_NEVER)
		return SIGNALS_FOREVER;
	left = next - now_ms(stop);
	return left < 0 ? 0 : left < MAX_WAIT_MS ? (long)left : MAX_WAIT_MS;
}
