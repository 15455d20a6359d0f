/* SPDX-License-Identifier: MIT */
/*
 * deliver.c: carries out what stop.c decides: signals go to the main process
 * or its group, and once that has exited to every process that remains.
 */
#include "stop/stop.h"

#include "reaper.h"
#include "signals.h"
#include "system/system.h"

#include <sys/wait.h>

#include <errno.h>

enum { MAX_WAIT_MS = 3600 * 1000 }; /* fits a long on every processor */

enum { NO_CHANGE = 0, CONTINUED = -1 };

/*
 * Returns the signal that has stopped main, which is not reaped yet, CONTINUED,
 * or NO_CHANGE; each change once, unless keeps is set.  waitid(2)
 */
static int
next_stop(const struct stop *stop, bool keeps)
{
	siginfo_t info;

	info.si_pid = 0; /* stays so if this fails, too */
	waitid(P_PID, (id_t)stop->main->pid, &info,
	    WSTOPPED | WCONTINUED | WNOHANG | (keeps ? WNOWAIT : 0));
	if (info.si_pid == 0)
		return NO_CHANGE;
	return info.si_code == CLD_STOPPED ? info.si_status : CONTINUED;
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

/* A stopped process does not act on a signal that asks it to exit. */
static void
wake_main(struct stop *stop)
{
	const int change = next_stop(stop, true);

	if (change > 0 || (change == NO_CHANGE && stop->main_stopped))
		send_to_main(stop, SIGCONT, NULL);
}

/* Sends on what was received, as -r says. */
static void
forward(struct stop *stop, const siginfo_t *info)
{
	const int sig = info->si_signo;
	const bool is_stop = stop_is_stop_signal(stop, sig);
	const bool has_it =
	    !stop->main_gone && terminal_reached_main(stop->terminal, info);
	const int sent = has_it ? 0 : stop->options->rewrite[sig];

	if (sent != 0 && stop->main_gone) {
		stop_signal_rest(stop, sent, is_stop, NULL);
		terminal_rest_signalled(info);
	} else if (sent != 0) {
		send_to_main(stop, sent, info);
		if (is_stop)
			wake_main(stop);
	}
	report_signal(stop->report, info, sent);
	if (is_stop && !stop->forwarding_told) {
		stop->forwarding_told = true;
		stop_tell_signal(
		    stop, sig, sent == 0 ? "dropped" : "forwarded");
	}
}

/* With -t or -d: an engine's STOPSIGNAL that is not in -S stops nothing. */
static void
hint(struct stop *stop, const siginfo_t *info)
{
	const int sig = info->si_signo;
	const signals_set asks = signals_only(SIGTERM) | signals_only(SIGQUIT) |
	    signals_only(SIGINT) | signals_only(SIGPWR) |
	    signals_only(SIGNAL_RTMIN + 3);
	char name[SYSTEM_SIGNAL_NAME_SIZE];

	if (stop->hint_reported || stop->init != 1 ||
	    (asks & signals_only(sig)) == 0 || stop_is_stop_signal(stop, sig) ||
	    info->si_code != SI_USER || info->si_pid != 0 ||
	    (stop->options->grace_ms == TIME_UNSET &&
		stop->options->delay_ms == TIME_UNSET))
		return;
	stop->hint_reported = true;
	system_signal_name(sig, name);
	report_line(stop->report,
	    "%s received from outside; if it asks for a stop, use -S %s", name,
	    name + 3);
}

static void
carry_out(struct stop *stop, enum stop_action action)
{
	switch (action) {
	case STOP_SEND_HELD:
		forward(stop, &stop->held);
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
			stop_signal_rest(stop, SIGTERM, true, NULL);
		break;
	case STOP_KILL_REST:
		stop_kill_rest(stop);
		break;
	case STOP_KILL_AGAIN:
		stop_signal_rest(stop, SIGKILL, false, NULL);
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
	const enum stop_action action =
	    stop_received(stop, info->si_signo, stop_now_ms(stop));

	if (action == STOP_NOTHING) {
		stop->held = *info;
		report_signal(stop->report, info, REPORT_HELD);
		stop_tell_signal(stop, info->si_signo, "received and held");
		return;
	}
	if (action == STOP_SEND_HELD)
		forward(stop, &stop->held);
	if (action == STOP_SEND || info->si_signo != stop->held.si_signo)
		forward(stop, info);
	hint(stop, info);
}

void
stop_keep_deadline(struct stop *stop)
{
	int64_t now;

	if (stop->deadline == STOP_NEVER || stop->is_over)
		return;
	now = stop_now_ms(stop);
	if (now >= stop->deadline)
		carry_out(stop, stop_expired(stop, now));
	else
		stop_tell_time(stop, now);
}

void
stop_main_changed(struct stop *stop)
{
	const int change = next_stop(stop, false);

	if (change == NO_CHANGE)
		return;
	stop->main_stopped = change != CONTINUED;
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
		stop_signal_main_group(stop, SIGTERM, true);
	else if (options->scope == SCOPE_SESSION && !ends_rest)
		signals_send(stop->main, SCOPE_SESSION, SIGTERM, NULL);
}

void
stop_main_reaped(struct stop *stop, int wstatus)
{
	stop->status = reaper_exit_status(wstatus);
	carry_out(stop, stop_main_exited(stop, stop_now_ms(stop)));
}

void
stop_children(struct stop *stop, bool is_left)
{
	if (is_left)
		stop->look_at = 0;
	else if (!stop_others_remain(stop) &&
	    stop_none_left(stop) == STOP_EXIT) {
		stop->is_over = true;
		stop_tell_end(stop);
	}
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
	const int64_t telling = stop_next_telling(stop);
	int64_t next = stop->deadline < telling ? stop->deadline : telling;
	int64_t left;

	if (stop->look_at != 0 && stop->look_at < next)
		next = stop->look_at;
	if (next == STOP_NEVER)
		return SIGNALS_FOREVER;
	left = next - stop_now_ms(stop);
	return left < 0 ? 0 : left < MAX_WAIT_MS ? (long)left : MAX_WAIT_MS;
}
