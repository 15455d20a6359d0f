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
#include <unistd.h>

enum {
	MAX_PASSES = 16, /* over a tree that grows while it is walked */
	MAX_NAMES = 12, /* in one line */
	SURE_WAY_UP = 8, /* so many ancestors are not all strangers */
	SEEN_BYTES = SYSTEM_PID_LIMIT / CHAR_BIT,
};

/* One signal for all of them, and what is known while it is sent. */
struct round {
	pid_t init;
	int sig;
	bool wakes; /* stopped ones are continued, so that they act on it */
	bool can_see; /* /proc has shown init itself */
	unsigned hit;
	struct message *names; /* of those that were signalled, or NULL */
	uint8_t *seen; /* a bit for each pid below init; not as PID 1 */
};

static bool
has_seen(const struct round *round, pid_t pid)
{
	return (round->seen[pid / CHAR_BIT] >> pid % CHAR_BIT & 1) != 0;
}

/* Names and counts it. */
static void
count(struct round *round, pid_t pid, const struct proc_stat *stat)
{
	if (round->names != NULL && round->hit < MAX_NAMES)
		report_add(round->names, "%s%d (%s)",
		    round->hit == 0 ? "" : ", ", (int)pid, stat->name);
	round->hit++;
}

/* A first thread that has exited hides whether others stopped. */
static bool
needs_wake(const struct round *round, const struct proc_stat *stat)
{
	return round->wakes && (stat->state == 'T' || stat->state == 'Z');
}

/*
 * Is it init, or below it?  A stranger may reuse a number that was seen, but
 * its ancestors soon have numbers that were not.
 */
static bool
is_below(const struct round *round, pid_t pid)
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

/* As PID 1: all were signalled at once, and all are init's. */
static void
visit_in_namespace(struct round *round, pid_t pid)
{
	struct proc_stat stat;

	if (system_read_stat(pid, &stat) == -1 || system_has_exited(&stat))
		return;
	count(round, pid, &stat);
	if (needs_wake(round, &stat))
		kill(pid, SIGCONT);
}

/*
 * Signals a process if it is below init, unless that was done before.  Is it
 * new?  Parents mostly come before their children.  A number that is reused
 * while this looks is visited again.
 */
static bool
visit_in_tree(struct round *round, pid_t pid)
{
	const int fd = signals_open_pidfd(pid);
	struct proc_stat stat;
	bool is_new =
	    system_read_stat(pid, &stat) == 0 && is_below(round, stat.parent);

	if (is_new && !system_has_exited(&stat)) {
		is_new = signals_send_by_pidfd(fd, pid, round->sig) == 0 ||
		    errno != ESRCH;
		if (is_new && needs_wake(round, &stat))
			signals_send_by_pidfd(fd, pid, SIGCONT);
		if (is_new)
			count(round, pid, &stat);
	}
	if (is_new)
		round->seen[pid / CHAR_BIT] |= (uint8_t)(1 << pid % CHAR_BIT);
	if (fd != -1)
		close(fd);
	return is_new;
}

/* Visits a process.  Is it new, and below init? */
static bool
visit(struct round *round, pid_t pid)
{
	struct proc_stat stat;

	if (pid == round->init) {
		round->can_see |= system_read_stat(pid, &stat) == 0;
		return false;
	}
	if (round->init == 1) {
		visit_in_namespace(round, pid);
		return false;
	}
	return pid < SYSTEM_PID_LIMIT && !has_seen(round, pid) &&
	    visit_in_tree(round, pid);
}

/* Walks through all processes.  Did it find any that are new? */
static bool
walk(struct round *round)
{
	struct proc_walk walk;
	bool found = false;
	pid_t pid;

	if (system_walk_begin(&walk, "/proc") == -1)
		return false;
	while ((pid = system_walk_next(&walk)) != -1)
		found = visit(round, pid) || found;
	system_walk_end(&walk);
	return found;
}

/* Walks until nothing new is found.  The bits are mapped meanwhile only. */
static void
walk_tree(struct round *round)
{
	round->seen = mmap(NULL, SEEN_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (round->seen == MAP_FAILED)
		return;
	for (int i = 1; (walk(round) || !round->can_see) && i < MAX_PASSES; i++)
		;
	munmap(round->seen, SEEN_BYTES);
}

/* The whole namespace; /proc has the names, and which ones are stopped. */
static void
signal_namespace(struct round *round)
{
	round->can_see = system_proc_is_ours();
	/* A fork bomb would leave no time to read its names. */
	if (round->names != NULL && round->can_see) {
		kill(-1, SIGSTOP);
		walk(round);
	}
	kill(-1, round->sig);
	if (round->wakes && round->can_see)
		walk(round);
	else if (round->wakes)
		kill(-1, SIGCONT);
}

int
stop_signal_tree(pid_t init, int sig, bool wakes, struct message *names)
{
	struct round round = {
	    .init = init, .sig = sig, .wakes = wakes, .names = names};

	if (init == 1)
		signal_namespace(&round);
	else if (system_proc_is_ours())
		walk_tree(&round);
	if (!round.can_see)
		return -1;
	if (names != NULL && round.hit > MAX_NAMES)
		report_add(names, " and %u more", round.hit - MAX_NAMES);
	return (int)round.hit;
}
