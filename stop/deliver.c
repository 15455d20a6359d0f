/* SPDX-License-Identifier: MIT */
/*
 * deliver.c: signals on their way down: to main, or its group, and when main
 * has ended to all that is left.  What stop.c has decided is done here.
 */
#include "minireap.h"

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

/* Below another PID 1 it is /proc that tells what the rest is. */
static bool
sees_no_rest(const struct supervision *run)
{
	return run->self != 1 && !proc_is_ours();
}

/* A stop without /proc tells what is adopted later, too, from then on. */
static void
send_to_rest(struct supervision *run, int sig, bool is_stop)
{
	if (is_stop && !run->is_blind && sees_no_rest(run)) {
		run->is_blind = true;
		run->told.group = 0; /* of main's end, not of this */
		tree_tell_children(&run->told, run->self, sig);
	} else
		tree_signal(run->self, sig, is_stop, NULL);
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
		send_to_rest(run, sent, is_stop);
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
	if (run->is_blind)
		tree_tell_children(&run->told, run->self, SIGTERM);
	else
		tree_signal(run->self, SIGTERM, true, NULL);
}

static void
kill_rest(struct supervision *run)
{
	struct message line;
	int hit;

	message_begin(&line);
	message_add(&line, "killed what was left: ");
	hit = tree_signal(run->self, SIGKILL, false, &line);
	if (hit == -1)
		message_add(&line, "all that could be reached without /proc");
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

	run->is_blind = tells_rest && sees_no_rest(run);
	/* Where all the rest is told, the group is with it, and not twice. */
	if (run->is_blind || (options->scope == SCOPE_SESSION && !tells_rest))
		run->told.group =
		    kill(-run->main.pid, SIGTERM) == 0 ? run->main.pid : 0;
}

void
deliver_adopted(struct supervision *run)
{
	if (run->is_blind && run->stop.state == STOP_DRAINING &&
	    run->told.bits != NULL)
		tree_tell_children(&run->told, run->self, SIGTERM);
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
		tree_signal(run->self, SIGKILL, false, NULL);
		break;
	case STOP_EXIT:
		give_up(run);
		break;
	}
}
