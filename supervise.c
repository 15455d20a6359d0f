/* SPDX-License-Identifier: MIT */
/*
 * supervise.c: the one loop, from main's start to its end: wait for a signal,
 * reap, forward.  Nothing in here may end init, and nothing may block it but
 * the one wait, which has no time-out: an idle container costs nothing.
 */
#include "minireap.h"

#include <errno.h>
#include <string.h>

enum {
	/*
	 * Children reaped, or signals forwarded, before the other side is
	 * looked at: neither a storm of orphans nor one of signals makes us
	 * deaf to the other for longer than it takes to do so many.
	 */
	REAP_BATCH = 64,
	SIGNAL_BATCH = 16,
};

/* -------------------------------------------------------------- reaping */

static void
main_ended(struct supervision *run, int wstatus)
{
	run->has_ended = true;
	run->status = reaper_exit_status(wstatus);
	if (run->options->verbosity >= 1)
		report_main_end(run->log, &run->main, wstatus);
}

static void
look_for_stop(struct supervision *run)
{
	const int change = reaper_next_stop(run->main.pid);

	if (change == REAPER_NO_CHANGE)
		return;
	run->is_stopped = change != REAPER_CONTINUED;
	if (run->is_stopped)
		terminal_main_stopped(run->terminal, run->main.pid, change);
}

/* Is each reaped process, or each orphan, to be told of? */
static bool
tells(const struct supervision *run, pid_t child)
{
	return run->options->verbosity >= 2 ||
	    (run->options->warn && child != run->main.pid);
}

/* Reap the next child that has ended, but look at it first. */
static bool
reap_looking(struct supervision *run, struct reaper_event *event)
{
	struct proc_stat stat = {.name = "?"};
	const pid_t child = reaper_peek();

	if (child == 0)
		return false;
	/* Still a zombie, main keeps its number, and so its group's. */
	if (child == run->main.pid && run->options->scope == SCOPE_SESSION)
		kill(-child, SIGTERM);
	if (tells(run, child))
		(void)proc_read_stat(child, &stat);
	if (!reaper_next(child, event))
		return false;
	if (tells(run, child))
		report_reaped(run->log, stat.name, event);
	return true;
}

static bool
reap_next(struct supervision *run, struct reaper_event *event)
{
	return run->options->scope == SCOPE_SESSION ||
		run->options->verbosity >= 2 || run->options->warn
	    ? reap_looking(run, event)
	    : reaper_next(REAPER_ANY, event);
}

/* Reap a batch.  Might there be more? */
static bool
reap(struct supervision *run)
{
	struct reaper_event event;
	bool more = true;

	for (int n = 0; more && n < REAP_BATCH; n++) {
		more = reap_next(run, &event);
		if (more && event.pid == run->main.pid) {
			main_ended(run, event.wstatus);
			return false;
		}
	}
	if (run->terminal->exists)
		look_for_stop(run);
	return more;
}

/* -------------------------------------------------------------- signals */

static void
send_to_main(struct supervision *run, int sig, const siginfo_t *info)
{
	const enum scope scope = run->options->scope;

	terminal_sent(run->terminal, sig);
	if (signals_send(run->main.pid, scope, sig, info) == 0 ||
	    errno != EPERM || run->denied)
		return;
	run->denied = true;
	message_log(run->log, "cannot signal main process %d (%s): %s",
	    (int)run->main.pid, run->main.name, strerror(EPERM));
}

static void
forward(struct supervision *run, int sig, const siginfo_t *info)
{
	const int sent = run->options->rewrite[sig];

	if (run->options->verbosity >= 2)
		report_signal(run->log, info, sig, sent);
	if (sig == SIGCONT && terminal_continued(run->terminal, run->main.pid))
		return;
	if (sent == 0)
		return;
	send_to_main(run, sent, info);
	/* A stopped process acts on no signal that asks it to end. */
	if (sig == SIGTERM && reaper_is_stopped(run->main.pid, run->is_stopped))
		send_to_main(run, SIGCONT, NULL);
}

static void
handle_signal(struct supervision *run, int sig, const siginfo_t *info)
{
	if (signals_is_own(info, run->self) ||
	    (sig == SIGCHLD && !signals_is_sent(info)))
		return;
	if (!run->options->pause)
		forward(run, sig, info);
	else if (sig == SIGINT || sig == SIGTERM)
		run->has_ended = true;
}

/*
 * The kernel hands out the lowest signal first: one that is pending again and
 * again hides those above it, and SIGCHLD (17) hides 18..64.  So while there
 * is more to reap it is looked past, and every so many turns all the others
 * have their turn, one by one.
 */
int
supervise(struct supervision *run)
{
	const signals_set others = SIGNALS_ALL & ~signals_only(SIGCHLD);
	bool more = false;
	unsigned turn = 0;
	int last = 0; /* the signal that had its turn */
	siginfo_t info;

	while (!run->has_ended) {
		const bool due = ++turn % SIGNAL_BATCH == 0;
		int sig = 0;

		if (due)
			last = sig = signals_wait(
			    others & signals_above(last), &info, 0);
		else if (more)
			sig = signals_wait(others, &info, 0);
		if (sig == 0 && !more)
			sig = signals_wait(SIGNALS_ALL, &info, SIGNALS_FOREVER);
		if (sig != 0)
			handle_signal(run, sig, &info);
		if (sig == SIGCHLD || sig == 0 || due)
			more = reap(run);
	}
	return run->status;
}
