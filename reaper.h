/* SPDX-License-Identifier: MIT */
/*
 * reaper.h: init's children, its own and adopted ones: which have exited,
 * stopped or remain.  The only door to wait(2) for the loop, which does not
 * know whether init reaps or the kernel does.
 */
#ifndef REAPER_H
#define REAPER_H

#include "minireap.h"

#include <sys/resource.h>
#include <sys/types.h>

#include <stdbool.h>

/* Who reaps, and what the caller sees. */
enum reaper_way {
	REAPER_ANY, /* the first orphan decides between the next two */
	REAPER_KERNEL, /* the kernel reaps, since Linux 6.15: main is seen */
	REAPER_INIT, /* init reaps: each child is seen */
	REAPER_USAGE, /* and what it has used */
	REAPER_ZOMBIES, /* and the zombie, before it is reaped */
};

struct reaper {
	/* Set by the caller, all else is 0 at first. */
	enum reaper_way way;
	struct main_process *main;

	bool main_gone; /* reaped, and returned */
	bool is_drained; /* no zombie is left from before the kernel reaped */
};

/* A child that has exited. */
struct reaper_child {
	bool is_zombie; /* not reaped yet: wstatus and usage are unknown */
	pid_t pid;
	int wstatus; /* wait(2) */
	struct rusage usage; /* from REAPER_USAGE on */
};

enum reaper_result {
	REAPER_REFUSED = -2, /* by a filter: errno says how */
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
 * Returns the next child that has exited: once the kernel reaps, only main.  A
 * zombie that is shown stays one until reaper_finish(), so that /proc has its
 * name and its number cannot be reused.  Never waits, except for the moment
 * between the SIGCHLD and the status of main.  wait4(2), waitid(2) WNOWAIT;
 * with __WALL, for children cloned with another exit signal than SIGCHLD.
 */
enum reaper_result
reaper_next(struct reaper *reaper, struct reaper_child *child);

/* Reaps the child if it is still a zombie.  False if it cannot be reaped yet.
 */
bool reaper_finish(struct reaper *reaper, struct reaper_child *child);

/* The exit status that a shell derives from wstatus: n, or 128 + signal. */
int reaper_exit_status(int wstatus);

#endif
