/* SPDX-License-Identifier: MIT */
/*
 * tree.c: every process below init.  As PID 1 that is the namespace, and
 * kill(-1, sig) hits all of it at once.  Elsewhere kill(-1) would hit
 * strangers: /proc is walked, and a process is ours if its ancestors lead to
 * us.  A pidfd, taken before it is looked at, keeps a number that is used
 * again from being hit.  Without /proc only our own children can be told from
 * strangers: waitid(2) knows them; and theirs become ours when they end.
 */
#include "minireap.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

enum {
	MOST_PASSES = 16, /* over a tree that grows while it is walked */
	MOST_NAMES = 12, /* in one line */
	MOST_ANCESTORS = 512,
	PID_LIMIT = 4194304, /* pid_max can be no more: proc(5) */
};

/* One signal for all, and what came of it. */
struct errand {
	pid_t init;
	int sig;
	bool wakes; /* what is stopped is continued, to act on it */
	unsigned hit;
	struct message *names; /* of those hit, or NULL */
};

static bool
is_dead(const struct proc_stat *stat)
{
	return stat->state == 'Z' || stat->state == 'X';
}

/* Do the ancestors of the process lead to init? */
static bool
is_below(pid_t init, const struct proc_stat *stat)
{
	struct proc_stat above = *stat;

	for (int n = 0; n < MOST_ANCESTORS; n++) {
		if (above.parent == init)
			return true;
		if (above.parent <= 1 ||
		    proc_read_stat(above.parent, &above) == -1)
			return false;
	}
	return false;
}

static void
send_to(int fd, pid_t pid, int sig)
{
	/* Without pidfds, Linux 5.3, the number has to do. */
	if (fd == -1)
		kill(pid, sig);
	else
		syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

static void
count(struct errand *errand, pid_t pid, const char *name)
{
	if (errand->names != NULL && errand->hit < MOST_NAMES)
		message_add(errand->names, "%s%d (%s)",
		    errand->hit == 0 ? "" : ", ", (int)pid, name);
	errand->hit++;
}

/* Signal pid, if it lives and is ours; as PID 1 it has been, with all. */
static void
visit(struct errand *errand, pid_t pid)
{
	const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	const bool is_all = errand->init == 1;
	struct proc_stat stat;

	if (pid != errand->init && proc_read_stat(pid, &stat) == 0 &&
	    !is_dead(&stat) && (is_all || is_below(errand->init, &stat))) {
		count(errand, pid, stat.name);
		if (!is_all)
			send_to(fd, pid, errand->sig);
		if (errand->wakes && stat.state == 'T')
			send_to(fd, pid, SIGCONT);
	}
	if (fd != -1)
		close(fd);
}

/* Visit those above a number, in rising order; gives the last one seen. */
static pid_t
walk_above(struct errand *errand, pid_t least)
{
	struct proc_walk walk;
	pid_t last = least;
	pid_t pid;

	if (proc_walk_begin(&walk, "/proc") == -1)
		return least;
	while ((pid = proc_walk_next(&walk)) != -1) {
		if (pid <= least)
			continue;
		visit(errand, pid);
		last = pid;
	}
	proc_walk_end(&walk);
	return last;
}

/* All, and what was forked while we went through: it has higher numbers. */
static void
walk_all(struct errand *errand)
{
	pid_t last = 0;
	pid_t before;
	int passes = 0;

	do {
		before = last;
		last = walk_above(errand, before);
	} while (last != before && ++passes < MOST_PASSES);
}

/* No /proc: a number is our living child's if waitid(2) has nothing to say. */
static void
try_children(const struct errand *errand)
{
	for (pid_t pid = 2; pid < PID_LIMIT; pid++) {
		siginfo_t info;

		info.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &info,
			WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 ||
		    info.si_pid != 0)
			continue;
		kill(pid, errand->sig);
		if (errand->wakes)
			kill(pid, SIGCONT);
	}
}

/* The whole namespace at once; /proc tells who it was, and who is stopped. */
static void
signal_namespace(struct errand *errand, bool sees)
{
	if (errand->names != NULL && sees)
		walk_all(errand);
	kill(-1, errand->sig);
	if (!errand->wakes)
		return;
	if (sees)
		walk_all(errand);
	else
		kill(-1, SIGCONT);
}

int
tree_signal(pid_t init, int sig, bool wakes, struct message *names)
{
	struct errand errand = {
	    .init = init, .sig = sig, .wakes = wakes, .names = names};
	const bool sees = proc_is_ours();

	if (init == 1)
		signal_namespace(&errand, sees);
	else if (sees)
		walk_all(&errand);
	else
		try_children(&errand);
	if (!sees)
		return -1;
	if (names != NULL && errand.hit > MOST_NAMES)
		message_add(names, " and %u more", errand.hit - MOST_NAMES);
	return (int)errand.hit;
}
