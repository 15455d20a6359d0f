/* SPDX-License-Identifier: MIT */
/*
 * loop.h: the one loop, from the main process's start to its exit.
 */
#ifndef LOOP_H
#define LOOP_H

#include "minireap.h"
#include "modes/modes.h"
#include "reaper.h"
#include "report/report.h"
#include "stop/stop.h"
#include "terminal/terminal.h"

#include <sys/types.h>

#include <stdbool.h>

struct loop {
	/* Set by the caller. */
	const struct options *options;
	struct report *report;
	struct terminal *terminal;
	struct main_process *main;
	pid_t init; /* this process */

	/* The loop's own. */
	struct reaper reaper;
	struct stop stop;
	struct zombies_watch watch; /* of -w */
	bool sees_proc; /* which has the names of zombies */
	bool refusal_reported; /* that init may not wait for children */
	unsigned turn;
	int last; /* the signal that had its turn last */
};

/*
 * Forwards signals and reaps until the main process has exited and the stop is
 * over; with --pause, until INT or TERM.  Returns the exit status.  Whatever
 * fails in it is a message at most.
 */
int loop_run(struct loop *loop);

#endif
