/* SPDX-License-Identifier: MIT */
/*
 * loop.c: the one loop: wait for a signal, forward it, reap.  Nothing in it
 * may end init, and nothing may block init but the one wait, which has no
 * timeout unless a stop is in progress: an idle container costs nothing.
 */
#include "loop.h"

#include "signals.h"
#include "system/system.h"

#include <sys/wait.h>

#include <string.h>

/* So much of one side is done before the other side has its turn. */
enum { SIGNAL_BATCH = 16, REAP_BATCH = 64 };

/* Is a line printed when it is reaped? */
static bool
is_reported(const struct loop *loop, pid_t child)
{
	return loop->options->verbosity >= 2 ||
	    (loop->options->warn && child != loop->main->pid);
}

/* --------------------------------------------------------------- signals */

/* The kernel may have reaped the child.  One SIGCHLD may stand for many. */
static void
child_signalled(struct loop *loop, const siginfo_t *info)
{
	const pid_t child = info->si_pid;

	if (info->si_code == CLD_KILLED && info->si_status == SIGKILL &&
	    child != loop->main->pid && !is_reported(loop, child) &&
	    !stop_main_is_gone(&loop->stop))
		report_orphan_killed(loop->report);
}

static void
forward(struct loop *loop, const siginfo_t *info)
{
	const bool main_gone = stop_main_is_gone(&loop->stop);

	/* While a deadline runs, init must not stop. */
	if (terminal_handles(loop->terminal, main_gone ? NULL : loop->main,
		info, stop_time_left(&loop->stop) == SIGNALS_FOREVER))
		report_signal(loop->report, info, 0);
	else
		stop_signal(&loop->stop, info);
}

/* False: it ends init, with --pause. */
static bool
handle_signal(struct loop *loop, const siginfo_t *info)
{
	const int sig = info->si_signo;
	/* Sent by the kernel for a message to a closed pipe or a full file. */
	const signals_set own = terminal_own_signals(loop->terminal) |
	    signals_only(SIGPIPE) | signals_only(SIGXFSZ);

	if ((own & signals_only(sig)) != 0 && signals_is_own(info, loop->init))
		return true;
	if (sig == SIGCHLD && !signals_is_sent(info)) {
		child_signalled(loop, info);
		return true;
	}
	if (loop->options->pause)
		return sig != SIGINT && sig != SIGTERM;
	forward(loop, info);
	return true;
}

/*
 * Returns the next signal, or 0.  The kernel hands out the lowest first, so
 * that a low one that is always pending would hide those above it, and SIGCHLD
 * (17) all of 18 to 64.  So SIGCHLD is left out while there is more to reap,
 * and once in a batch the next higher signal has its turn.
 */
static int
next_signal(struct loop *loop, siginfo_t *info, bool more)
{
	signals_set set = SIGNALS_ALL;

	if (loop->turn % SIGNAL_BATCH == 0) {
		loop->last = signals_wait(signals_above(loop->last), info, 0);
		if (loop->last != 0)
			return loop->last;
	}
	if (more)
		set &= ~signals_only(SIGCHLD);
	if (loop->report->held_length > 0) {
		const int sig = signals_wait(set, info, 0);

		if (sig != 0)
			return sig;
		report_flush(loop->report);
	}
	return signals_wait(set, info, more ? 0 : stop_time_left(&loop->stop));
}

/* -------------------------------------------------------------- children */

static void
child_reaped(struct loop *loop, const struct reaper_child *child)
{
	if (stop_main_is_gone(&loop->stop))
		return;
	if (child->pid == loop->main->pid) {
		terminal_return(loop->terminal);
		stop_main_reaped(&loop->stop, child->wstatus);
		/* Last, as a termination log may hang. */
		report_main_exited(
		    loop->report, loop->main, child, loop->init == 1);
		stop_tell_rest(&loop->stop);
	} else if (WIFSIGNALED(child->wstatus) &&
	    WTERMSIG(child->wstatus) == SIGKILL)
		report_orphan_killed(loop->report);
}

/* Reaps a child that has exited. */
static enum reaper_result
reap_one(struct loop *loop)
{
	struct proc_stat stat;
	struct reaper_child child;
	const enum reaper_result result = reaper_next(&loop->reaper, &child);

	if (result == REAPER_REFUSED && !loop->refusal_reported) {
		loop->refusal_reported = true;
		report_line(loop->report, "cannot wait for children: %m");
	}
	if (result != REAPER_CHILD)
		return result;
	strcpy(stat.name, "?");
	if (child.is_zombie) {
		if (child.pid == loop->main->pid &&
		    !stop_main_is_gone(&loop->stop))
			stop_main_is_zombie(&loop->stop);
		if (is_reported(loop, child.pid) && loop->sees_proc)
			(void)system_read_stat(child.pid, &stat);
	}
	if (!reaper_finish(&loop->reaper, &child))
		return REAPER_NONE_NOW;
	if (is_reported(loop, child.pid))
		report_reaped(loop->report, stat.name, &child);
	child_reaped(loop, &child);
	return result;
}

/* Reaps a batch.  May there be more? */
static bool
reap(struct loop *loop)
{
	int reaped = 0;
	enum reaper_result result = REAPER_CHILD;

	while (result == REAPER_CHILD && reaped < REAP_BATCH) {
		result = reap_one(loop);
		if (stop_status(&loop->stop) != -1)
			return false;
		reaped += result == REAPER_CHILD;
	}
	/* Below another PID 1, most of what /proc shows is not init's. */
	if (reaped > 0 && loop->options->warn && loop->sees_proc &&
	    loop->init == 1)
		modes_watch_zombies(&loop->watch, loop->report, loop->init);
	stop_children(&loop->stop, result != REAPER_NO_CHILD);
	if (terminal_exists(loop->terminal) && !stop_main_is_gone(&loop->stop))
		stop_main_changed(&loop->stop);
	return result == REAPER_CHILD;
}

/* -------------------------------------------------------------- the loop */

/* Reaps first: for children that exited before init's exec no SIGCHLD comes. */
static bool
begin(struct loop *loop)
{
	const struct options *options = loop->options;
	const bool reports = options->verbosity >= 2 || options->warn;
	const bool ends_tree = loop->init != 1 &&
	    (options->wait || options->grace_ms != TIME_UNSET);

	loop->stop = (struct stop){
	    .options = options,
	    .report = loop->report,
	    .terminal = loop->terminal,
	    .main = loop->main,
	    .init = loop->init,
	    .deadline = STOP_NEVER,
	};
	loop->sees_proc = (reports || ends_tree) && system_proc_is_ours();
	loop->reaper.main = loop->main;
	/* Names are in /proc, and main's number its group's, until reaped. */
	if (reports || options->scope == SCOPE_SESSION ||
	    (ends_tree && !loop->sees_proc))
		loop->reaper.way = REAPER_ZOMBIES;
	else if (options->termination_log != NULL)
		loop->reaper.way = REAPER_USAGE;
	return reap(loop);
}

int
loop_run(struct loop *loop)
{
	bool more = begin(loop);
	siginfo_t info;

	while (stop_status(&loop->stop) == -1) {
		const bool is_turn = ++loop->turn % SIGNAL_BATCH == 0;
		const int sig = next_signal(loop, &info, more);

		if (sig != 0 && !handle_signal(loop, &info))
			return 0;
		if (sig != 0 && sig != SIGCHLD && !is_turn)
			continue;
		/* SIGCHLD comes before SIGCONT, but a shell that continues
		 * init may have taken the terminal that is returned when the
		 * main process exits. */
		if (terminal_exists(loop->terminal) &&
		    signals_wait(signals_only(SIGCONT), &info, 0) != 0)
			handle_signal(loop, &info);
		more = reap(loop);
		stop_keep_deadline(&loop->stop);
	}
	return stop_status(&loop->stop);
}
