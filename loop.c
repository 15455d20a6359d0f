/* SPDX-License-Identifier: MIT */
/*
 * loop.c: the one loop, from main's start to its end: wait for a signal,
 * reap, forward.  Nothing in here may end init, and nothing may block it but
 * the one wait, which has no time-out: an idle container costs nothing.
 */
#include "interface.h"

#include <time.h>

enum {
	/*
	 * Signals taken before the other side, and each signal, is looked at:
	 * a storm of one makes us deaf to the rest for no longer than it takes
	 * to forward so many.
	 */
	SIGNAL_BATCH = 16,
	LONGEST_MS = 3600 * 1000, /* one wait: fits a long anywhere */
};

int64_t
loop_now(const struct supervision *run)
{
	const struct options *options = run->options;

	return options->delay_ms == TIME_UNSET &&
		options->grace_ms == TIME_UNSET && !options->warn
	    ? 0
	    : system_clock_ms(CLOCK_MONOTONIC);
}

static void
forward(struct supervision *run, int sig, const siginfo_t *info)
{
	if (run->options->verbosity >= 2)
		report_signal(run->log, info, sig, run->options->rewrite[sig]);
	if (job_ignores(info, run->stop.deadline == STOP_NEVER) ||
	    (!run->stop.main_gone &&
		job_handled(run->terminal, run->main.pid, info)))
		return;
	if (stop_received(&run->stop, sig, loop_now(run)) == STOP_SEND)
		deliver_signal(run, sig, info);
	else
		run->held = *info;
}

static void
handle_signal(struct supervision *run, int sig, const siginfo_t *info)
{
	/* By a message into a closed pipe or a file at its limit, too. */
	const signals_set own = job_own_signals(run->terminal) |
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

/* How long may the wait be? */
static int64_t
time_left(const struct supervision *run)
{
	int64_t left;

	if (run->stop.deadline == STOP_NEVER)
		return SIGNALS_FOREVER;
	left = run->stop.deadline - system_clock_ms(CLOCK_MONOTONIC);
	return left < 0 ? 0 : left < LONGEST_MS ? left : LONGEST_MS;
}

/*
 * The next signal.  The kernel hands out the lowest first: one that is pending
 * again and again hides those above it, and SIGCHLD (17) hides 18..64.  So
 * while there is more to reap it is looked past; and when a turn is due all
 * have theirs, one by one, SIGCHLD too: a process may have sent it.
 */
static int
next_signal(struct supervision *run, siginfo_t *info, bool more, bool due)
{
	if (due)
		run->last = signals_wait(signals_above(run->last), info, 0);
	if (due && run->last != 0)
		return run->last;
	return signals_wait(
	    more ? SIGNALS_ALL & ~signals_only(SIGCHLD) : SIGNALS_ALL, info,
	    more ? 0 : (long)time_left(run));
}

/* Have children exited, or may they have? */
static bool
reap(struct supervision *run, siginfo_t *info)
{
	/* SIGCHLD comes before SIGCONT, but whoever stopped and continued us
	 * may have taken the terminal that we return at main's end. */
	if (run->terminal->fd != -1 &&
	    signals_wait(signals_only(SIGCONT), info, 0) != 0)
		handle_signal(run, SIGCONT, info);
	return children_reap(run);
}

static void
keep_deadline(struct supervision *run)
{
	int64_t now;

	if (run->stop.deadline == STOP_NEVER)
		return;
	now = system_clock_ms(CLOCK_MONOTONIC);
	if (now >= run->stop.deadline)
		deliver_action(run, stop_expired(&run->stop, now));
}

int
supervise(struct supervision *run)
{
	bool more;
	unsigned turn = 0;
	siginfo_t info;

	run->stop = stop_begin(run->options);
	run->reaper.shows_zombies = children_looks_first(run->options);
	run->reaper.wants_usage =
	    run->reaper.shows_zombies || run->options->termination_log != NULL;
	run->sees_proc =
	    children_looks_first(run->options) && system_proc_is_ours();
	/* Of who ended before we were executed no SIGCHLD has told us. */
	more = children_reap(run);
	while (!run->has_ended) {
		const bool due = ++turn % SIGNAL_BATCH == 0;
		const int sig = next_signal(run, &info, more, due);

		if (sig != 0)
			handle_signal(run, sig, &info);
		if (sig == SIGCHLD || sig == 0 || due)
			more = reap(run, &info);
		if (!run->has_ended)
			keep_deadline(run);
	}
	return run->status;
}
