/* SPDX-License-Identifier: MIT */
/*
 * modes.h: what minireap does instead of running a command: --zombies and
 * --install; and --warn's look at zombies.
 */
#ifndef MODES_H
#define MODES_H

#include "minireap.h"
#include "report/report.h"
#include "system/system.h"

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

/* --install or --zombies: does it and exits. */
_Noreturn void
modes_install(const struct options *options, struct report *report);
_Noreturn void
modes_zombies(const struct options *options, struct report *report, pid_t self);

/* For --warn.  All 0 at first. */
struct zombies_watch {
	int64_t next_ms; /* when to look next */
	unsigned reported;
	pid_t suspect; /* the worst parent at the first look */
	unsigned suspected; /* its zombies then */
};

/*
 * Inside init: looks for zombies whose parent does not wait, at most once a
 * minute, and reports 32 or more if they are more than last time, and not fewer
 * at a second look: their parent might be about to wait.
 */
void modes_watch_zombies(
    struct zombies_watch *watch, struct report *report, pid_t init);

/* ------------------------------------------------- between the files */

/* A process that has exited and that its parent does not wait for. */
struct zombie {
	struct zombie *next; /* of the same parent */
	pid_t pid;
	uid_t uid;
	struct proc_stat stat;
	char container[PROC_CONTAINER_SIZE]; /* "": none known */
};

/* A parent that lives and does not wait for its children. */
struct holder {
	struct zombie *first;
	unsigned count;
	pid_t pid; /* 0: outside this PID namespace */
	struct proc_stat stat;
	const char *refusal; /* why it is never signalled, or NULL */
	unsigned signalled; /* how often */
	int error; /* errno of a signal that could not be sent */
};

enum { MAX_ZOMBIES = 1 << 17 }; /* more are not looked at */

/* All of them, in a mapping of which only the pages in use cost memory. */
struct zombies {
	unsigned count;
	unsigned holder_count;
	bool is_nested; /* one is in a PID namespace below /proc's */
	int error; /* errno of a read that failed, or 0 */
	long threads; /* in all: process slots used */
	struct holder *holder_of[SYSTEM_PID_LIMIT]; /* by pid, while found */
	struct holder holders[MAX_ZOMBIES]; /* the worst first, once sorted */
	struct zombie rows[MAX_ZOMBIES + 1]; /* one more is looked at */
};

/*
 * Walks through /proc for zombies, but not for children of except (-1: of no
 * process); only for those of parents, a list of pids with a NULL at its end,
 * unless that is NULL.  Returns NULL with errno of mmap(2); a later failure is
 * in error.
 */
struct zombies *modes_find_zombies(pid_t except, char **parents);

/*
 * Drops the zombies that are gone after 50 ms, which were about to be reaped,
 * finds out what is printed of the others, and sorts their holders.  0, or -1
 * with errno if anything could not be read.
 */
int modes_describe_zombies(struct zombies *zombies, pid_t self);

/* Prints the zombies, which parents are never signalled, and the totals. */
void modes_print_table(struct report *report, const struct zombies *zombies);

/*
 * Sends the holders SIGCHLD, waits up to 1 s, sends sig to those that still
 * have zombies, waits up to 5 s, and prints what was done.
 */
void modes_remind(struct report *report, struct zombies *zombies, int sig);

/* Ends line, prints it and empties it; exits if that fails. */
void modes_print_line(struct report *report, struct message *line);

#endif
