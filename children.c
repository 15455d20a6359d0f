/* SPDX-License-Identifier: MIT */
/*
 * children.c: what the loop does when children have exited.  SIGCHLD coalesces:
 * one may stand for many, so children are reaped until none is left to reap.
 */
#include "interface.h"

#include <sys/wait.h>

#include <stddef.h>
#include <string.h>

/*
 * Children reaped before signals are looked at: a storm of orphans makes us
 * deaf to them for no longer than it takes to reap so many.
 */
enum { REAP_BATCH = 64 };

static void
main_ended(struct supervision *run, const struct reaper_child *child)
{
	run->status = reaper_exit_status(child->wstatus);
	ending_main(run->ending, &run->main, child, run->self == 1);
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
note(struct supervision *run, const struct reaper_child *child)
{
	if (run->stop.main_gone)
		return;
	if (child->pid == run->main.pid)
		main_ended(run, child);
	else if (WIFSIGNALED(child->wstatus) &&
	    WTERMSIG(child->wstatus) == SIGKILL)
		ending_orphan_killed(run->ending);
}

bool
children_looks_first(const struct options *options)
{
	return options->scope == SCOPE_SESSION || options->verbosity >= 2 ||
	    options->warn || options->wait || options->grace_ms != TIME_UNSET;
}

/* Reap a child that has exited.  As reaper_next(). */
static enum reaper_result
reap(struct supervision *run)
{
	struct proc_stat stat;
	struct reaper_child child;
	enum reaper_result result = reaper_next(&run->reaper, &child);

	if (result != REAPER_CHILD)
		return result;
	stpcpy(stat.name, "?");
	if (child.is_zombie)
		look_at(run, child.pid, &stat);
	if (!reaper_finish(&run->reaper, &child))
		return REAPER_NONE_NOW;
	if (tells(run, child.pid))
		report_reaped(run->log, stat.name, &child);
	note(run, &child);
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
	enum reaper_result result = REAPER_CHILD;

	while (result == REAPER_CHILD && left-- > 0 && !run->has_ended) {
		result = reap(run);
		reaped += result == REAPER_CHILD;
	}
	if (run->has_ended)
		return false;
	if (reaped > 0)
		look_around(run);
	if (result == REAPER_NO_CHILD)
		deliver_action(run, stop_none_left(&run->stop));
	else if (run->terminal->exists && !run->stop.main_gone)
		look_for_stop(run);
	return result == REAPER_CHILD;
}
