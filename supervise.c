/* SPDX-License-Identifier: MIT */
/*
 * supervise.c: the one loop, from main's start to its end: wait for a signal,
 * reap, forward.  Nothing in here may end init, and nothing may block it but
 * the one wait, which has no time-out: an idle container costs nothing.
 */
#include "minireap.h"

#include <sys/wait.h>

#include <stddef.h>

enum {
	/*
	 * Children reaped, or signals forwarded, before the other side is
	 * looked at: neither a storm of orphans nor one of signals makes us
	 * deaf to the other for longer than it takes to do so many.
	 */
	REAP_BATCH = 64,
	SIGNAL_BATCH = 16,
	LONGEST_MS = 3600 * 1000, /* one wait: fits a long anywhere */
};

/* Milliseconds, or 0 where no option needs to know: then it costs nothing. */
static int64_t
now(const struct supervision *run)
{
	if (run->options->delay_ms == TIME_UNSET &&
	    run->options->grace_ms == TIME_UNSET && !run->options->warn)
		return 0;
	return clock_ms();
}

/* -------------------------------------------------------------- reaping */

static void
main_ended(struct supervision *run, const struct reaper_event *event)
{
	run->status = reaper_exit_status(event->wstatus);
	ending_main(run->ending, &run->main, event, run->self == 1);
	terminal_return(run->terminal);
	deliver_action(run, stop_main_ended(&run->stop, now(run)));
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
static int
reap_looking(struct supervision *run, struct reaper_event *event)
{
	struct proc_stat stat = {.name = "?"};
	const pid_t child = reaper_peek();
	int result;

	if (child == REAPER_NO_CHANGE)
		return REAPER_NO_CHANGE;
	if (child == run->main.pid && !run->stop.main_gone)
		deliver_main_is_zombie(run);
	if (tells(run, child) && run->sees_proc)
		(void)proc_read_stat(child, &stat);
	/* REAPER_NO_CHILD is REAPER_ANY, and whether that is so told here. */
	result = reaper_next(child, event);
	if (result == 1 && tells(run, event->pid))
		report_reaped(run->log, stat.name, event);
	return result;
}

/* A child has been reaped. */
static void
note(struct supervision *run, const struct reaper_event *event)
{
	if (run->stop.main_gone)
		return;
	if (event->pid == run->main.pid)
		main_ended(run, event);
	else if (WIFSIGNALED(event->wstatus) &&
	    WTERMSIG(event->wstatus) == SIGKILL)
		ending_orphan_killed(run->ending);
}

static bool
looks_first(const struct options *options)
{
	return options->scope == SCOPE_SESSION || options->verbosity >= 2 ||
	    options->warn || options->wait || options->grace_ms != TIME_UNSET;
}

/* Reap a batch.  Might there be more? */
static bool
reap(struct supervision *run)
{
	struct reaper_event event;
	int result = 1;
	int reaped = 0;

	while (result == 1 && reaped < REAP_BATCH) {
		result = looks_first(run->options)
		    ? reap_looking(run, &event)
		    : reaper_next(REAPER_ANY, &event);
		if (result == 1) {
			reaped++;
			note(run, &event);
		}
		if (run->has_ended)
			return false;
	}
	if (reaped > 0)
		deliver_adopted(run);
	/* Below another PID 1, most of what /proc shows is not ours. */
	if (reaped > 0 && run->options->warn && run->sees_proc &&
	    run->self == 1)
		zombies_watch(&run->watch, run->log, run->self, now(run));
	if (result == REAPER_NO_CHILD)
		deliver_action(run, stop_none_left(&run->stop));
	else if (run->terminal->exists && !run->stop.main_gone)
		look_for_stop(run);
	return result == 1;
}

/* -------------------------------------------------------------- signals */

static void
forward(struct supervision *run, int sig, const siginfo_t *info)
{
	if (run->options->verbosity >= 2)
		report_signal(run->log, info, sig, run->options->rewrite[sig]);
	if (terminal_ignores(info) ||
	    (!run->stop.main_gone &&
		terminal_handled(run->terminal, run->main.pid, info)))
		return;
	if (stop_received(&run->stop, sig, now(run)) == STOP_SEND)
		deliver_signal(run, sig, info);
	else
		run->held = *info;
}

static void
handle_signal(struct supervision *run, int sig, const siginfo_t *info)
{
	/* By a message into a closed pipe or a file at its limit, too. */
	const signals_set own = terminal_own_signals(run->terminal) |
	    signals_only(SIGPIPE) | signals_only(SIGXFSZ);

	if ((own & signals_only(sig)) != 0 && signals_is_own(info, run->self))
		return;
	if (sig == SIGCHLD && !signals_is_sent(info))
		return;
	if (!run->options->pause)
		forward(run, sig, info);
	else if (sig == SIGINT || sig == SIGTERM)
		run->has_ended = true;
}

/*
 * The next signal.  The kernel hands out the lowest first: one that is pending
 * again and again hides those above it, and SIGCHLD (17) hides 18..64.  So
 * while there is more to reap it is looked past, and when a turn is due all
 * have theirs, one by one, it too: a process may have sent it.
 */
static int
next_signal(struct supervision *run, siginfo_t *info, bool more, bool due)
{
	const signals_set others = SIGNALS_ALL & ~signals_only(SIGCHLD);
	int64_t left = SIGNALS_FOREVER;
	int sig = 0;

	if (due)
		run->last = sig =
		    signals_wait(signals_above(run->last), info, 0);
	else if (more)
		sig = signals_wait(others, info, 0);
	if (sig != 0 || more)
		return sig;
	if (run->stop.deadline != STOP_NEVER) {
		left = run->stop.deadline - now(run);
		left = left < 0 ? 0 : left < LONGEST_MS ? left : LONGEST_MS;
	}
	return signals_wait(SIGNALS_ALL, info, (long)left);
}

int
supervise(struct supervision *run)
{
	bool more = false;
	unsigned turn = 0;
	siginfo_t info;

	run->stop = stop_begin(run->options);
	run->sees_proc = looks_first(run->options) && proc_is_ours();
	while (!run->has_ended) {
		const bool due = ++turn % SIGNAL_BATCH == 0;
		const int sig = next_signal(run, &info, more, due);

		if (sig != 0)
			handle_signal(run, sig, &info);
		if (sig == SIGCHLD || sig == 0 || due)
			more = reap(run);
		if (!run->has_ended && run->stop.deadline != STOP_NEVER &&
		    now(run) >= run->stop.deadline)
			deliver_action(run, stop_expired(&run->stop, now(run)));
	}
	return run->status;
}
