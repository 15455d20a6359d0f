/* SPDX-License-Identifier: MIT */
/*
 * bench.h: the runner's interface, grouped by file.  Whatever fails ends the
 * run with a line on stderr: a figure that is not sure is not printed.
 */
#ifndef BENCH_H
#define BENCH_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ------------------------------------------------------------- runner.c */

enum {
	CANDIDATE_WORDS = 8,
	METRIC_VALUES = 4,
};

/* An init: its name and how it is called.  No words: no init between. */
struct candidate {
	char *name;
	char *words[CANDIDATE_WORDS];
	size_t count;
};

/*
 * One way to measure an init, once, and the names of what comes out.  added:
 * what it took without an init is subtracted, round by round.
 */
struct metric {
	const char *name;
	const char *values[METRIC_VALUES + 1];
	bool added;
	bool needs_init;
	void (*measure)(const struct candidate *, double *values);
};

double median(double *values, size_t count);

/* ------------------------------------------------------------ sandbox.c */

/* A candidate that runs load.c, as PID 1 of a PID namespace of its own. */
struct sandbox {
	pid_t pid; /* as the runner sees it */
	int to_main;
	int from_main;
};

_Noreturn void die(const char *what);
_Noreturn void fail(const char *what); /* ... because of errno */

/* Where new user namespaces are needed for want of privilege, ask for them. */
void sandbox_prepare(void);

/* With held, the init is not executed before the first sandbox_say(). */
struct sandbox sandbox_start(const struct candidate *init, bool held,
    const char *load, const char *argument);

/* When the candidate was executed, in nanoseconds of CLOCK_MONOTONIC. */
uint64_t sandbox_exec_time(void);

uint64_t sandbox_now(void);
void sandbox_say(const struct sandbox *sandbox);

/* The next number that main says, usually a time. */
uint64_t sandbox_hear(const struct sandbox *sandbox);

/* Main has spoken: wait until init sleeps too. */
void sandbox_settle(const struct sandbox *sandbox);

void sandbox_end(struct sandbox *sandbox);

/* Init has ended, or does so now, by itself. */
void sandbox_wait(struct sandbox *sandbox);

/* The number behind field in /proc/PID/FILE, 0 where there is none. */
double sandbox_field(
    const struct sandbox *sandbox, const char *file, const char *field);

/* ------------------------------------------------------------ measure.c */

void measure_start(const struct candidate *init, double *values);
void measure_exit(const struct candidate *init, double *values);
void measure_memory(const struct candidate *init, double *values);
void measure_crowd(const struct candidate *init, double *values);
void measure_idle(const struct candidate *init, double *values);
void measure_signal(const struct candidate *init, double *values);
void measure_reap(const struct candidate *init, double *values);
void measure_reap_1000(const struct candidate *init, double *values);

/* -------------------------------------------------------------- calls.c */

/* From the exec of init, which is not counted, to main's, which is. */
void measure_calls(const struct candidate *init, double *values);

#endif
