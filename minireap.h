/* SPDX-License-Identifier: MIT */
/*
 * minireap.h: the types that all folders share.  What a function takes, returns
 * and requires is described in the header of its folder.
 */
#ifndef MINIREAP_H
#define MINIREAP_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* Init's own exit statuses, after env(1) and nohup(1). */
enum {
	STATUS_FAILURE = 125,
	STATUS_PEER_FAILURE = 1, /* if called by the name of another init */
	STATUS_CANNOT_EXECUTE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNALLED = 128, /* plus the number of the signal */
	STATUS_ZOMBIES = 1, /* --zombies has found some */
};

/* The kernel's real-time signals, whatever a libc makes of them: signal(7). */
enum { SIGNAL_RTMIN = 34, SIGNAL_RTMAX = 64 };

/* Who receives a forwarded signal. */
enum scope {
	SCOPE_MAIN, /* the main process alone */
	SCOPE_SAME_GROUP, /* it alone, which stays in init's group */
	SCOPE_GROUP, /* its process group */
	SCOPE_SESSION, /* its process group, which leads a session */
};

/* The main process, once it has been started. */
struct main_process {
	pid_t pid; /* 0: there is none, with --pause */
	int pidfd; /* -1 until the kernel reaps, and its number is reused */
	const char *name; /* the last part of COMMAND */
};

enum { TIME_UNSET = -1 };

/* What the program's name, the environment and argv ask for. */
struct options {
	char **command; /* NULL with pause, install, zombies or text */
	enum scope scope;
	enum scope single_scope; /* what -c means */
	unsigned scopes_given; /* bit n: enum scope n */
	unsigned verbosity;
	bool warn;
	bool quiet;
	bool pause;
	bool pause_by_name; /* pause if there is no command */
	bool wait;
	bool zombies; /* list them, and run nothing */
	int zombies_signal; /* for their parents, or 0 */
	int64_t delay_ms; /* or TIME_UNSET */
	int64_t grace_ms; /* or TIME_UNSET */
	uint64_t stop_signals; /* signal n: bit n - 1 */
	bool stop_is_default; /* the next -S replaces stop_signals */
	int parent_death; /* a signal, or 0 */
	int failure_status; /* for init's own failures */
	uint8_t rewrite[SIGNAL_RTMAX + 1]; /* [received] = sent; 0: none */
	uint8_t remap[256]; /* [status] ^ status: to exit with */
	const char *termination_log; /* an absolute path, or NULL */
	const char *version; /* what --version prints */
	const char *install; /* the file to copy this program to, or NULL */
	const char *text; /* to print on stdout before exiting, or NULL */
};

#endif
