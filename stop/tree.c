/* SPDX-License-Identifier: MIT */
/*
 * tree.c: every process below init.  As PID 1 that is the namespace, and
 * kill(-1, sig) hits all of it at once.  Elsewhere kill(-1) would hit
 * strangers: /proc is walked, and a process is ours if its parent is.  A pidfd,
 * taken before it is looked at, keeps a number that is used again from being
 * hit.
 */
#include "interface.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

enum {
	MOST_PASSES = 16, /* over a tree that grows while it is walked */
	MOST_NAMES = 12, /* in one line */
	SURE_WAY_UP = 8, /* that many numbers seen are not all strangers' */
	SEEN_BYTES = SYSTEM_PID_LIMIT / CHAR_BIT,
};

/* One signal for all, and what came of it. */
struct errand {
	pid_t init;
	int sig;
	bool wakes; /* what is stopped is continued, to act on it */
	bool sees; /* /proc could be read, for one: of init itself */
	unsigned hit;
	struct message *names; /* of those hit, or NULL */
	uint8_t *seen; /* a bit for each pid that is ours, or NULL */
};

static bool
has_seen(const struct errand *errand, pid_t pid)
{
	return errand->seen != NULL &&
	    (errand->seen[pid / CHAR_BIT] >> pid % CHAR_BIT & 1) != 0;
}

static void
see(const struct errand *errand, pid_t pid)
{
	if (errand->seen != NULL)
		errand->seen[pid / CHAR_BIT] |= (uint8_t)(1 << pid % CHAR_BIT);
}

static void
count(struct errand *errand, pid_t pid, const char *name)
{
	if (errand->names != NULL && errand->hit < MOST_NAMES)
		message_add(errand->names, "%s%d (%s)",
		    errand->hit == 0 ? "" : ", ", (int)pid, name);
	errand->hit++;
}

/* Signal it, if it lives; as PID 1 it has been, with all. */
static void
signal_one(
    struct errand *errand, int fd, pid_t pid, const struct proc_stat *stat)
{
	if (system_has_exited(stat))
		return;
	count(errand, pid, stat->name);
	if (errand->init != 1)
		signals_send_by_pidfd(fd, pid, errand->sig);
	/* Of a first thread that has ended no state tells if others stopped. */
	if (errand->wakes && (stat->state == 'T' || stat->state == 'Z'))
		signals_send_by_pidfd(fd, pid, SIGCONT);
}

/*
 * Is it init, or below it?  A number that was seen may have gone to a stranger
 * since, but the way up from there soon leads to numbers that were not.
 * Without the bits it is the whole way that tells.
 */
static bool
is_ours(const struct errand *errand, pid_t pid)
{
	struct proc_stat stat;

	for (int up = 0; pid != errand->init; pid = stat.parent) {
		if (errand->seen != NULL && !has_seen(errand, pid))
			return false;
		if (errand->seen != NULL && ++up == SURE_WAY_UP)
			return true;
		if (system_read_stat(pid, &stat) == -1)
			return false;
	}
	return true;
}

/* Is it new to us, and ours?  Parents are mostly met before their children. */
static bool
visit(struct errand *errand, pid_t pid)
{
	struct proc_stat stat;
	int fd;
	bool is_new;

	if (pid == errand->init && system_read_stat(pid, &stat) == 0)
		errand->sees = true;
	if (pid == errand->init || pid >= SYSTEM_PID_LIMIT ||
	    has_seen(errand, pid))
		return false;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	is_new = system_read_stat(pid, &stat) == 0 &&
	    (errand->init == 1 || is_ours(errand, stat.parent));
	if (is_new) {
		see(errand, pid);
		signal_one(errand, fd, pid, &stat);
	}
	if (fd != -1)
		close(fd);
	return is_new && errand->seen != NULL;
}

/* Did a walk through all processes find any that are new? */
static bool
walk(struct errand *errand)
{
	struct proc_walk walk;
	bool found = false;
	pid_t pid;

	if (system_walk_begin(&walk, "/proc") == -1)
		return false;
	while ((pid = system_walk_next(&walk)) != -1)
		found = visit(errand, pid) || found;
	system_walk_end(&walk);
	return found;
}

/*
 * All below init.  The bits are mapped for the errand alone, as an init that
 * waits is to hold no more than it must.
 */
static void
walk_tree(struct errand *errand)
{
	int passes = 0;

	errand->seen = mmap(NULL, SEEN_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (errand->seen == MAP_FAILED)
		errand->seen = NULL;
	while ((walk(errand) || !errand->sees) && ++passes < MOST_PASSES)
		;
	if (errand->seen != NULL)
		munmap(errand->seen, SEEN_BYTES);
	errand->seen = NULL;
}

/* The whole namespace at once; /proc tells who it was, and who is stopped. */
static void
signal_namespace(struct errand *errand, bool sees)
{
	/* A fork bomb would leave us no time to read who is in it. */
	if (errand->names != NULL && sees) {
		kill(-1, SIGSTOP);
		walk(errand);
	}
	kill(-1, errand->sig);
	if (!errand->wakes)
		return;
	if (sees)
		walk(errand);
	else
		kill(-1, SIGCONT);
}

int
tree_signal(pid_t init, int sig, bool wakes, struct message *names)
{
	struct errand errand = {
	    .init = init, .sig = sig, .wakes = wakes, .names = names};
	bool sees = system_proc_is_ours();

	if (init == 1)
		signal_namespace(&errand, sees);
	else {
		if (sees)
			walk_tree(&errand);
		sees = errand.sees; /* there may be no descriptor for it */
	}
	if (!sees)
		return -1;
	if (names != NULL && errand.hit > MOST_NAMES)
		message_add(names, " and %u more", errand.hit - MOST_NAMES);
	return (int)errand.hit;
}
