/* SPDX-License-Identifier: MIT */
/*
 * reaper.h: init's children, its own and adopted ones: which have exited,
 * stopped or remain.  The only door to wait(2) for the loop.
 */
#ifndef REAPER_H
#define REAPER_H

#include <sys/resource.h>
#include <sys/types.h>

#include <stdbool.h>

/* How children are to be reaped.  The fields are reaper.c's. */
struct reaper {
	bool shows_zombies; /* each child, before it is reaped */
	bool wants_usage;
};

/* A child that has exited. */
struct reaper_child {
	bool is_zombie; /* not reaped yet: wstatus and usage are unknown */
	pid_t pid;
	int wstatus; /* wait(2) */
	struct rusage usage; /* if it was asked for */
};

enum reaper_result {
	REAPER_NO_CHILD = -1, /* none is left */
	REAPER_NONE_NOW = 0, /* none has exited */
	REAPER_CHILD = 1,
};

/*
 * Makes init adopt orphans: PR_SET_CHILD_SUBREAPER(2const), Linux 3.4.  0, or
 * -1 with errno.
 */
int reaper_adopt(void);

/*
 * Finds a child that has exited and reaps it, unless zombies are to be shown:
 * then it stays a zombie until reaper_finish(), so that /proc has its name and
 * its number cannot be reused.  Never waits.  wait4(2), waitid(2) WNOWAIT;
 * with __WALL, for children cloned with another exit signal than SIGCHLD.
 */
enum reaper_result
reaper_next(const struct reaper *reaper, struct reaper_child *child);

/* Reaps the child if it is still a zombie.  False if it cannot be reaped yet.
 */
bool reaper_finish(const struct reaper *reaper, struct reaper_child *child);

/* What reaper_next_stop() returns beside the number of a signal. */
enum { REAPER_NO_CHANGE = 0, REAPER_CONTINUED = -1 };

/*
 * Returns the signal that has stopped child, which is not reaped yet,
 * REAPER_CONTINUED, or REAPER_NO_CHANGE; each change once, unless keeps is
 * set: then the next call returns it, too.  waitid(2)
 */
int reaper_next_stop(pid_t child, bool keeps);

/* Is there a child, in that process group if it is not 0, that lives? */
bool reaper_has_living_child(pid_t group);

/* The exit status that a shell derives from wstatus: n, or 128 + signal. */
int reaper_exit_status(int wstatus);

#endif
