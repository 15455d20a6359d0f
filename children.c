/* SPDX-License-Identifier: MIT */
/*
 * children.c: what the loop does when children have exited.  SIGCHLD coalesces:
 * one may stand for many, so children are reaped until none is left to reap.
 */
#include "minireap.h"

#include <sys/wait.h>

#include <stddef.h>
#include <string.h>

/*
 * Children reaped before signals are looked at: a storm of orphans makes us
 * deaf to them for no longer than it takes to reap so many.
 */
enum { REAP_BATCH = 64 };

static void
main_ended(struct supervision *run, const struct reaper_event *event)
{
	run->status = reaper_exit_status(event->wstatus);
	ending_main(run->ending, &run->main, event, run->self == 1);
	terminal_return(run->terminal);
	deliver_action(run, stop_main_ended(&run->stop, loop_now(run)));
}

static void
look_for_stop(struct supervision *run)
{
	const int change = reaper_next_stop(run->main.pid);

	if (change == REAPER_NO_CHANGE)
		return;
	run->is_stopped = change != REAPER_CONTINUED;
	if (run->is_stopped)
		job_main_stopped(run->terminal, run->main.pid, change,
		    run->stop.deadline == STOP_NEVER);
	else
		run->terminal->stop_sent = 0;
}

/* Is each reaped process, or each orphan, to be told of? */
static bool
tells(const struct supervision *run, pid_t child)
{
	return run->options->verbosity >= 2 ||
	    (run->options->warn && child != run->main.pid);
}

/* It has ended and is still a zombie: what is to be done while it is. */
static void
look_at(struct supervision *run, pid_t child, struct proc_stat *stat)
{
	if (child == run->main.pid && !run->stop.main_gone)
		deliver_main_is_zombie(run);
	if (tells(run, child) && run->sees_proc)
		(void)system_read_stat(child, stat);
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

bool
children_looks_first(const struct options *options)
{
	return options->scope == SCOPE_SESSION || options->verbosity >= 2 ||
	    options->warn || options->wait || options->grace_ms != TIME_UNSET;
}

/* A child that has exited: still a zombie, if that is wanted. */
static int
find(struct supervision *run, struct reaper_event *event)
{
	int result = REAPER_NO_CHILD;

	if (children_looks_first(run->options))
		result = reaper_peek(REAPER_ANY, event);
	if (result == REAPER_NO_CHILD)
		result = reaper_next(REAPER_ANY, event);
	return result;
}

/* Reap a child that has exited.  As reaper_next(). */
static int
reap(struct supervision *run)
{
	struct proc_stat stat;
	struct reaper_event event;
	int result;

	stpcpy(stat.name, "?");
	event.wants_usage = run->options->termination_log != NULL ||
	    children_looks_first(run->options);
	result = find(run, &event);
	if (result == 1 && event.is_zombie) {
		look_at(run, event.pid, &stat);
		result = reaper_next(event.pid, &event);
	}
	if (result != 1)
		return result;
	if (tells(run, event.pid))
		report_reaped(run->log, stat.name, &event);
	note(run, &event);
	return result;
}

/* Some have been reaped; theirs are ours now. */
static void
look_around(struct supervision *run)
{
	/* Below another PID 1, most of what /proc shows is not ours. */
	if (run->options->warn && run->sees_proc && run->self == 1)
		zombies_watch(&run->watch, run->log, run->self, loop_now(run));
}

bool
children_reap(struct supervision *run)
{
	int reaped = 0;
	int left = REAP_BATCH;
	int result = 1;

	while (result == 1 && left-- > 0 && !run->has_ended) {
		result = reap(run);
		reaped += result == 1;
	}
	if (run->has_ended)
		return false;
	if (reaped > 0)
		look_around(run);
	if (result == REAPER_NO_CHILD)
		deliver_action(run, stop_none_left(&run->stop));
	else if (run->terminal->exists && !run->stop.main_gone)
		look_for_stop(run);
	return result == 1;
}
