/* SPDX-License-Identifier: MIT */
/*
 * deliver.c: signals on their way down: to main, or its group, and when main
 * has ended to all that is left.  What stop.c has decided is done here.
 */
#include "interface.h"

#include <errno.h>
#include <stddef.h>

static void
send_to_main(struct supervision *run, int sig, const siginfo_t *info)
{
	const enum scope scope = info != NULL && job_is_key(info)
	    ? SCOPE_GROUP
	    : run->options->scope;

	job_sent(run->terminal, sig);
	run->ending->sent |= signals_only(sig);
	if (signals_send(run->main.pid, scope, sig, info) == 0 ||
	    errno != EPERM || run->denied)
		return;
	run->denied = true;
	log_line(run->log, "cannot signal main process %d (%s): %m",
	    (int)run->main.pid, run->main.name);
}

/*
 * Signal every process below init.  If /proc cannot show them, that is main's
 * group, unless its number may belong to another group by now.
 */
static int
signal_rest(struct supervision *run, int sig, bool wakes, struct message *names)
{
	const int hit = tree_signal(run->self, sig, wakes, names);

	if (hit != -1 || run->self == 1)
		return hit;
	if (reaper_has_child_in(run->main.pid)) {
		kill(-run->main.pid, sig);
		if (wakes)
			kill(-run->main.pid, SIGCONT);
	}
	if (!run->warned && reaper_has_living_child()) {
		run->warned = true;
		log_line(run->log,
		    "no usable /proc: only the main process's group can be "
		    "signalled");
	}
	return hit;
}

/* What was received goes to main, or when it has ended to all that is left. */
void
deliver_signal(struct supervision *run, int sig, const siginfo_t *info)
{
	const int sent = run->options->rewrite[sig];
	const bool is_stop = sig == run->options->stop_signal;

	if (sent == 0)
		return;
	if (run->stop.main_gone) {
		signal_rest(run, sent, is_stop, NULL);
		job_rest_told(info);
		return;
	}
	send_to_main(run, sent, info);
	/* A stopped process acts on no signal that asks it to end. */
	if (is_stop && reaper_is_stopped(run->main.pid, run->is_stopped))
		send_to_main(run, SIGCONT, NULL);
}

static void
kill_main(struct supervision *run)
{
	report_main_killed(run->log, &run->main, run->options->grace_ms);
	/* What holds until it can be reaped, and if it never can be. */
	run->status = STATUS_SIGNALLED + SIGKILL;
	send_to_main(run, SIGKILL, NULL);
}

static void
term_rest(struct supervision *run)
{
	if (!run->rest_signalled)
		signal_rest(run, SIGTERM, true, NULL);
}

static void
kill_rest(struct supervision *run)
{
	struct message line;
	int hit;

	message_begin(&line);
	message_add(&line, "killed what was left: ");
	hit = signal_rest(run, SIGKILL, false, &line);
	if (hit == -1)
		message_add(&line,
		    run->self == 1 ? "all, unnamed without /proc"
				   : "main's process group");
	if (hit != 0)
		log_send(run->log, &line);
}

/* Enough: what is left can be ended by nobody, or not by us. */
static void
give_up(struct supervision *run)
{
	struct message line;

	run->has_ended = true;
	if (run->stop.main_gone)
		return;
	report_begin_main(&line, &run->main);
	message_add(&line, "has outlived SIGKILL");
	ending_say(run->ending, &line, run->status);
}

void
deliver_main_is_zombie(struct supervision *run)
{
	const struct options *options = run->options;
	const bool tells_rest = options->wait ? run->stop.state != STOP_RUNNING
					      : options->grace_ms != TIME_UNSET;

	run->rest_signalled =
	    tells_rest && run->self != 1 && !system_proc_is_ours();
	if (run->rest_signalled)
		signal_rest(run, SIGTERM, true, NULL);
	else if (options->scope == SCOPE_SESSION && !tells_rest)
		kill(-run->main.pid, SIGTERM);
}

void
deliver_action(struct supervision *run, enum stop_action action)
{
	switch (action) {
	case STOP_NOTHING:
	case STOP_SEND:
		break;
	case STOP_SEND_HELD:
		deliver_signal(run, run->options->stop_signal, &run->held);
		break;
	case STOP_KILL_MAIN:
		kill_main(run);
		break;
	case STOP_TERM_REST:
		term_rest(run);
		break;
	case STOP_KILL_REST:
		kill_rest(run);
		break;
	case STOP_KILL_AGAIN:
		signal_rest(run, SIGKILL, false, NULL);
		break;
	case STOP_EXIT:
		give_up(run);
		break;
	}
}
