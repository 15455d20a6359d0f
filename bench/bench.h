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
	long number; /* of what the metric is about: 1000 of reap:1000, or 0 */
};

/* One way to measure an init, once, and the names of what comes out. */
struct metric {
	const char *name;
	const char *values[METRIC_VALUES + 1];
	bool added; /* subtract what it took without an init, each round */
	bool needs_init;
	bool needs_all_cpus; /* by default all share one */
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

/* From now on in this control group, a directory. */
void sandbox_confine(const char *group);

/* Where new user namespaces are needed for want of privilege, ask for them. */
void sandbox_prepare(void);

/*
 * Main is load.c with task as its arguments, split at blanks; NULL: there is
 * none.  With held, the init is not executed before the first sandbox_say().
 */
struct sandbox
sandbox_start(const struct candidate *init, bool held, const char *task);

/* When the candidate was executed, in nanoseconds of CLOCK_MONOTONIC. */
uint64_t sandbox_exec_time(void);

uint64_t sandbox_now(void);
void sandbox_say(const struct sandbox *sandbox);

/* The next number that main says, usually a time. */
uint64_t sandbox_hear(const struct sandbox *sandbox);

/* The same, if main says one within milliseconds. */
bool sandbox_overhear(
    const struct sandbox *sandbox, int milliseconds, uint64_t *number);

void sandbox_end(struct sandbox *sandbox);

/* Init has ended, or does so now, by itself. */
void sandbox_wait(struct sandbox *sandbox);

/* --------------------------------------------------------------- observe.c */

/* Main has spoken: wait until init has not run for milliseconds. */
void look_settle(const struct sandbox *sandbox, int milliseconds);

/* The number behind field in /proc/PID/FILE, 0 where there is none. */
double
look_field(const struct sandbox *sandbox, const char *file, const char *field);

/* Microseconds of CPU time that init has used. */
double look_cpu(const struct sandbox *sandbox);

/* How often init has run. */
double look_switches(const struct sandbox *sandbox);

/* The page faults of a process in which the kernel had to read no disk. */
double look_faults(pid_t pid);

/* Init's first child, as the runner sees it. */
pid_t look_main(const struct sandbox *sandbox);

/* How many tasks there are on this machine: sysinfo(2). */
double look_tasks(void);

/* ------------------------------------------------------------ measure.c */

double microseconds(uint64_t from, uint64_t to);
void measure_start(const struct candidate *init, double *values);
void measure_exit(const struct candidate *init, double *values);
void measure_memory(const struct candidate *init, double *values);
void measure_crowd(const struct candidate *init, double *values);
void measure_pause(const struct candidate *init, double *values);
void measure_idle(const struct candidate *init, double *values);

/* ------------------------------------------------------------ latency.c */

void measure_signal(const struct candidate *init, double *values);
void measure_storm(const struct candidate *init, double *values);
void measure_rate(const struct candidate *init, double *values);

/* --------------------------------------------------------------- reap.c */

void measure_reap(const struct candidate *init, double *values);
void measure_burst(const struct candidate *init, double *values);
void measure_flood(const struct candidate *init, double *values);
void measure_limited(const struct candidate *init, double *values);

/* -------------------------------------------------------------- trace.c */

/* From the exec of init, which is not counted, to main's, which is. */
void measure_calls(const struct candidate *init, double *values);

/* The same, of user space, and main's exec is one of them. */
void measure_instructions(const struct candidate *init, double *values);

/* From there until init waits, and those of main. */
void measure_faults(const struct candidate *init, double *values);

#endif
