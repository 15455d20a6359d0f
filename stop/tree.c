/* SPDX-License-Identifier: MIT */
/*
 * tree.c: every process below init.  As PID 1 that is the namespace, and
 * kill(-1, sig) reaches all of it at once.  Otherwise kill(-1) would reach
 * strangers: /proc is walked, and a process is init's if its parent is.  A
 * pidfd, opened before the process is looked at, cannot signal a process that
 * reuses the number.
 */
#include "stop/stop.h"

#include "signals.h"
#include "system/system.h"

#include <sys/mman.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_PASSES = 16, /* over a tree that grows while it is walked */
	MAX_PASSES_MS = 200, /* until no further one is begun */
	MAX_NAMING_MS = 100,
	MAX_NAMES = 12, /* in one line */
	SURE_WAY_UP = 8, /* so many ancestors are not all strangers */
	SEEN_BYTES = SYSTEM_PID_LIMIT / CHAR_BIT,
};

static int64_t
now_ms(void)
{
	return system_clock_ms(CLOCK_MONOTONIC);
}

static bool
has_seen(const struct stop_round *round, pid_t pid)
{
	return (round->seen[pid / CHAR_BIT] >> pid % CHAR_BIT & 1) != 0;
}

/* It was signalled: names and counts it; or that was refused. */
static void
count(struct stop_round *round, pid_t pid, const struct proc_stat *stat,
    bool is_signalled)
{
	if (!is_signalled && round->error == 0) {
		round->error = errno;
		round->refused = pid;
		memcpy(round->refused_name, stat->name, sizeof stat->name);
	}
	if (!is_signalled)
		return;
	if (round->names != NULL && round->hit < MAX_NAMES)
		report_add(round->names, "%s%d (%s)",
		    round->hit == 0 ? "" : ", ", (int)pid, stat->name);
	round->hit++;
}

/* A first thread that has exited hides whether others stopped. */
static bool
needs_wake(const struct stop_round *round, const struct proc_stat *stat)
{
	return round->wakes && (stat->state == 'T' || stat->state == 'Z');
}

/*
 * Is it init, or below it?  A stranger may reuse a number that was seen, but
 * its ancestors soon have numbers that were not.
 */
static bool
is_below(const struct stop_round *round, pid_t pid)
{
	struct proc_stat stat;

	for (int up = 1; pid != round->init; up++, pid = stat.parent) {
		if (!has_seen(round, pid))
			return false;
		if (up == SURE_WAY_UP)
			return true;
		if (system_read_stat(pid, &stat) == -1)
			return false;
	}
	return true;
}

/* As PID 1: all are signalled at once.  Signal 0 shows whether that is refused.
 */
static void
visit_in_namespace(struct stop_round *round, pid_t pid)
{
	struct proc_stat stat;
	bool is_signalled;

	if (system_read_stat(pid, &stat) == -1 || system_has_exited(&stat))
		return;
	is_signalled = kill(pid, 0) == 0;
	if (!is_signalled && errno == ESRCH)
		return;
	count(round, pid, &stat, is_signalled);
	if (needs_wake(round, &stat))
		kill(pid, SIGCONT);
}

/*
 * Signals a process if it is below init, unless that was done before.  Is it
 * new?  Parents mostly come before their children.  A number that is reused
 * while this looks is visited again.
 */
static bool
visit_in_tree(struct stop_round *round, pid_t pid)
{
	const int fd = signals_open_pidfd(pid);
	struct proc_stat stat;
	bool is_new =
	    system_read_stat(pid, &stat) == 0 && is_below(round, stat.parent);

	if (is_new && !system_has_exited(&stat)) {
		const bool is_signalled =
		    signals_send_by_pidfd(fd, pid, round->sig) == 0;

		is_new = is_signalled || errno != ESRCH;
		if (is_new)
			count(round, pid, &stat, is_signalled);
		if (is_new && needs_wake(round, &stat))
			signals_send_by_pidfd(fd, pid, SIGCONT);
	}
	if (is_new)
		round->seen[pid / CHAR_BIT] |= (uint8_t)(1 << pid % CHAR_BIT);
	if (fd != -1)
		close(fd);
	return is_new;
}

/* Visits a process.  Is it new, and below init? */
static bool
visit(struct stop_round *round, pid_t pid)
{
	struct proc_stat stat;

	if (pid == round->init) {
		round->can_see =
		    round->can_see || system_read_stat(pid, &stat) == 0;
		return false;
	}
	/* kill(0, sig) would signal init's own group; PID 1 is above it. */
	if (pid <= 1 || pid >= SYSTEM_PID_LIMIT)
		return false;
	if (round->init == 1) {
		visit_in_namespace(round, pid);
		return false;
	}
	return !has_seen(round, pid) && visit_in_tree(round, pid);
}

/*
 * Walks through all processes, until the time is over: init may have to share
 * the processors with a fork bomb.  Did it find any that are new?
 */
static bool
walk(struct stop_round *round, int64_t until)
{
	struct proc_walk walk;
	bool found = false;
	pid_t pid;

	if (system_walk_begin(&walk, SYSTEM_PROC) == -1)
		return false;
	while ((pid = system_walk_next(&walk)) != -1 &&
	    (until == STOP_NEVER || now_ms() < until))
		found = visit(round, pid) || found;
	system_walk_end(&walk);
	round->is_cut = pid != -1;
	return found;
}

/* Walks until nothing new is found.  The bits are mapped meanwhile only. */
static void
walk_tree(struct stop_round *round)
{
	const int64_t end = now_ms() + MAX_PASSES_MS;

	round->seen = mmap(NULL, SEEN_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (round->seen == MAP_FAILED)
		return;
	for (int i = 1; (walk(round, STOP_NEVER) || !round->can_see) &&
	     i < MAX_PASSES && now_ms() < end;
	     i++)
		;
	munmap(round->seen, SEEN_BYTES);
}

/*
 * Names all processes of the namespace before they are killed.  Those of a fork
 * bomb have to be stopped first; others are not, as nsenter(1) would stop with
 * its child, and not wait for it then.
 */
static void
name_namespace(struct stop_round *round)
{
	const struct message before = *round->names;

	walk(round, now_ms() + MAX_NAMING_MS);
	if (!round->is_cut || round->sig != SIGKILL)
		return;
	*round->names = before;
	round->hit = 0;
	kill(-1, SIGSTOP);
	walk(round, STOP_NEVER);
}

/* The whole namespace; /proc has the names, and which ones are stopped. */
static void
signal_namespace(struct stop_round *round)
{
	const bool is_ours = system_proc_is_ours();

	if (round->names != NULL && is_ours)
		name_namespace(round);
	/* Of all results but EPERM the kernel returns the last. */
	if (kill(-1, round->sig) == -1 && errno != ESRCH && round->error == 0)
		round->error = errno;
	/* What does not let init signal it has been found before SIGKILL. */
	if (round->names == NULL && is_ours && round->sig != SIGKILL)
		walk(round, STOP_NEVER);
	if (round->wakes && !round->can_see)
		kill(-1, SIGCONT);
}

void
stop_signal_tree(struct stop_round *round)
{
	if (round->init == 1)
		signal_namespace(round);
	else if (system_proc_is_ours())
		walk_tree(round);
	if (!round->can_see)
		round->hit = -1;
	else if (round->names != NULL && round->hit > MAX_NAMES)
		report_add(
		    round->names, " and %d more", round->hit - MAX_NAMES);
}
