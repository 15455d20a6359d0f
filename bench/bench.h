/* SPDX-License-Identifier: MIT */
/*
 * bench.h: the interface between the runner's files.  A failure anywhere ends
 * the run with a message on stderr, so every figure that is printed is valid.
 */
#ifndef BENCH_H
#define BENCH_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ------------------------------------------------------------- runner.c */

enum {
	MAX_WORDS = 8,
	MAX_VALUES = 4,
};

/* An init and the command that runs it.  Without words: no init at all. */
struct candidate {
	char *name;
	char *words[MAX_WORDS];
	size_t word_count;
	long number; /* NUMBER of METRIC:NUMBER, or 0 */
};

/* One way to measure an init, and the names of the values that it returns. */
struct metric {
	const char *name;
	const char *values[MAX_VALUES + 1];
	bool is_added; /* subtract the same round's value without an init */
	bool needs_init;
	bool needs_all_cpus; /* by default everything shares one */
	/* Stores one run's values, which are 0 on entry. */
	void (*measure)(const struct candidate *, double *values);
};

/* Sorts values. */
double median(double *values, size_t count);

/* ------------------------------------------------------------ sandbox.c */

/* A candidate as PID 1 of its own PID namespace, with load.c as main. */
struct sandbox {
	pid_t pid; /* in the runner's namespace */
	int to_main;
	int from_main;
};

_Noreturn void die(const char *message);
_Noreturn void fail(const char *what); /* appends strerror(errno) */

/* To be called first: find out whether user namespaces are needed. */
void sandbox_prepare(void);

/* Start each sandbox in this cgroup, a directory; NULL: stay in our own. */
void sandbox_set_group(const char *group);

/*
 * Start init with load.c as main; task is main's arguments, split at spaces.
 * If task is NULL, init gets no command.  If held is set, init is not executed
 * until the first sandbox_resume().
 */
struct sandbox
sandbox_start(const struct candidate *init, bool held, const char *task);

/* When the last init was executed: nanoseconds of CLOCK_MONOTONIC. */
uint64_t sandbox_exec_time(void);

uint64_t sandbox_now(void);

/* Send the byte that main, or a held init, waits for. */
void sandbox_resume(const struct sandbox *sandbox);

/* Return the next number that main sends, usually a time. */
uint64_t sandbox_receive(const struct sandbox *sandbox);

/* The same, but return false if none arrives within timeout_ms. */
bool sandbox_receive_within(
    const struct sandbox *sandbox, int timeout_ms, uint64_t *number);

/* Wait until init exits. */
void sandbox_wait(struct sandbox *sandbox);

void sandbox_kill(struct sandbox *sandbox);

/* ------------------------------------------------------------ observe.c */

/* Wait until init has used no CPU time for interval_ms. */
void observe_until_settled(const struct sandbox *sandbox, int interval_ms);

/* The number that follows field in /proc/PID/FILE of init, 0 if absent. */
double observe_field(
    const struct sandbox *sandbox, const char *file, const char *field);

/* The CPU time that init has used, in microseconds. */
double observe_cpu(const struct sandbox *sandbox);

/* The number of context switches of init. */
double observe_switches(const struct sandbox *sandbox);

/* The number of minor page faults, which need no I/O, of a process. */
double observe_faults(pid_t pid);

/* The pid of init's first child, in the runner's namespace. */
pid_t observe_main(const struct sandbox *sandbox);

/* The number of tasks on this machine: sysinfo(2). */
double observe_tasks(void);

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

/* System calls after the exec of init, up to and including main's exec. */
void measure_calls(const struct candidate *init, double *values);

/* User-space instructions over the same span. */
void measure_instructions(const struct candidate *init, double *values);

/* Page faults of init, from its exec until it waits, and of main. */
void measure_faults(const struct candidate *init, double *values);

#endif
