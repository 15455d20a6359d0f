/* SPDX-License-Identifier: MIT */
/*
 * start.h: start the main process, explain why it could not be executed, and
 * release afterwards what init does not need.
 */
#ifndef START_H
#define START_H

#include "minireap.h"
#include "report/report.h"
#include "signals.h"
#include "terminal/terminal.h"

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* How to start the main process. */
struct start {
	const struct options *options;
	char **envp; /* changed: see LISTEN_PID in minireap(1) */
	signals_set mask; /* to restore */
	const struct signals_action *sigchld; /* to restore */
	struct terminal *terminal;
	struct report *report;
	pid_t init; /* this process */
};

/*
 * Starts it by clone(2) and execve(2), in a process group of its own, with the
 * inherited mask and action of SIGCHLD.  Returns its pid; or -1 if that failed,
 * with a line reported, init's exit status in *status and nothing left running.
 * If the child shares no memory with init (an emulator, a filter), the child
 * whose pid is returned may be one that reports why it could not execute the
 * command, and exits with 126 or 127.
 */
pid_t start_main(const struct start *start, int *status);

/*
 * Releases what others may wait for: chdir to /; the first standard
 * descriptors, from 0 on, are replaced by /dev/null (closed if there is none);
 * those from 3 on are closed.  keep stays, if it is not -1.  close_range(2),
 * Linux 5.9; else /proc/self/fd, without which they stay open.
 */
void start_release(int keep, int standard);

/* ------------------------------------------------- between the files */

/* What was tried last, and how it failed. */
struct start_failure {
	int error; /* errno of execve(2) */
	bool by_shell; /* file is text, and /bin/sh failed */
	const char *path; /* the directories that were searched */
	char file[PATH_MAX]; /* "": not found in path */
};

/*
 * Executes argv[0] with argv and envp: searched for in PATH if it has no slash,
 * as by execvp(3); a text file without #! by /bin/sh, whose name takes the
 * place of argv[-1].  Returns only on failure: errno of execve(2), with the
 * rest of failure set.  Async-signal-safe.
 */
int start_execute(struct start_failure *failure, char **argv, char **envp);

/*
 * Appends why execve(2) of file failed with error: what is missing, denied or
 * wrong, as far as the file system and the first page of file tell.  file is
 * changed meanwhile.
 */
void start_explain(struct message *line, char *file, int error);

/* The first page of a file and a few more bytes, followed by a NUL. */
struct head {
	size_t size;
	char bytes[4096 + 8];
};

/* Appends which machine an ELF file is for, or that it is truncated. */
void start_explain_machine(struct message *line, const struct head *head);

/* Appends which loader of an ELF file is missing. */
void start_explain_loader(struct message *line, const struct head *head);

#endif
