/* SPDX-License-Identifier: MIT */
/*
 * report.h: messages and where they go; why the main process exited; the
 * termination log.  Nothing here blocks, fails or is looked up before there is
 * something to report, except what an option asks for.
 */
#ifndef REPORT_H
#define REPORT_H

#include "minireap.h"
#include "reaper.h"
#include "signals.h"

#include <sys/resource.h>

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* ----------------------------------------------------------------- lines */

enum { REPORT_LINE_SIZE = 1024 };

/* A line that is being written; a longer one is cut. */
struct message {
	size_t length;
	char text[REPORT_LINE_SIZE];
};

/* Starts a line: "minireap: ". */
void report_begin(struct message *line);
/*
 * Appends to line as printf(3) does, for %s, %d, %u, %ld, %lu, %m and %%
 * without flags or widths.  In a %s, backslashes, controls and what is not
 * UTF-8 are escaped, so that no text can end the line or drive a terminal.
 */
void report_add(struct message *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void
report_add_values(struct message *line, const char *format, va_list values);

/* Appends what part has. */
void report_append(struct message *line, const struct message *part);
/* Appends text as one word: blanks are escaped, too, and "-" if it is empty. */
void report_add_word(struct message *line, const char *text);
/* Appends milliseconds as "12.345s"; user and system time as " cpu=12.345s". */
void report_add_seconds(struct message *line, int64_t ms);
void report_add_cpu_time(struct message *line, const struct rusage *usage);

/* Appends what errno value error means. */
void report_add_error(struct message *line, int error);
/* Ends the line with a newline, for which there is always room. */
void report_end(struct message *line);

/* --------------------------------------------------------------- writing */

/* Where messages go, and what is known when the main process exits. */
struct report {
	const struct options *options;
	int fd; /* -1: nowhere */
	bool may_hold; /* main runs, and fd may be a file's */
	size_t held_length;
	char *held; /* lines for it, in a page, or NULL */
	unsigned dropped; /* lines since the last that could be written */
	bool orphan_killed; /* an orphan was killed by SIGKILL */
	signals_set sent; /* to the main process, by init */
	long kills_before; /* OOM kills before its start, or OOM_UNKNOWN */
	long kills_reported; /* since then */
	int64_t started_ms; /* with -T */
	int64_t stop_began; /* with -v, or 0: CLOCK_MONOTONIC, in ms */
};

/* To standard error.  The options may still be all 0. */
struct report report_open(const struct options *options);

/* Once the options are known: with -T, -v or -w reads clock and cgroup. */
void report_configure(struct report *report);

/* No more messages: -q, once the main process runs. */
void report_close(struct report *report);

/*
 * Writes the lines for a file that are held until all pending signals have been
 * forwarded: a file may hang, and init with it.
 */
void report_flush(struct report *report);

/*
 * Writes line, without its newline, in one write that never blocks and never
 * fails.  A line that does not fit is dropped and counted, and the count is
 * written before the next line that fits: pwritev2(2) RWF_NOWAIT, Linux 4.14,
 * else poll(2).  Needs SIGPIPE and SIGXFSZ blocked; see signals_is_own().
 */
void report_send(struct report *report, struct message *line);

/* Begins, fills and sends a line. */
void report_line(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes length bytes to stdout, blocking; exits if that fails. */
void report_print(struct report *report, const char *text, size_t length);

/*
 * Sends line and, with -T, appends it and the exit status to the file, unless
 * that is 0.  A file that cannot be written to is a warning.
 */
void report_failure(struct report *report, struct message *line, int status);

/* Begins and fills a line for report_failure(), and exits. */
_Noreturn void report_fail(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---------------------------------------------------------------- events */

/* A child was reaped; name as in /proc, or "?". */
void report_reaped(
    struct report *report, const char *name, const struct reaper_child *child);

/* With -vv: a signal was received, and sent on as sent; 0: it was dropped. */
enum { REPORT_HELD = -1 };
void report_signal(struct report *report, const siginfo_t *info, int sent);

/* Init has sent sig to the main process: being killed by it is expected. */
void report_sent(struct report *report, int sig);

/* Starts a line: "minireap: main process 7 (sh) ". */
void report_begin_main(
    struct message *line, const struct main_process *main_process);

/* The main process did not exit within the grace and is killed. */
void report_main_killed(struct report *report,
    const struct main_process *main_process, int64_t grace_ms);

/*
 * The main process was reaped: a line if its exit could not be expected, with
 * the OOM killer's record for SIGKILL, and with -T a line in the file.
 */
void report_main_exited(struct report *report,
    const struct main_process *main_process, const struct reaper_child *child,
    bool is_pid_1);

/* Another child was killed by SIGKILL: was it the OOM killer? */
void report_orphan_killed(struct report *report);

/* ------------------------------------------------------------------- OOM */

enum { OOM_UNKNOWN = -1 };

/* What this process's memory cgroup has on record; each may be unknown. */
struct oom {
	long kills; /* processes that the OOM killer has killed in it */
	long limit_kib; /* unknown also if there is none */
	long peak_kib;
};

/* Reads it, from cgroup v1 or v2.  cgroups(7), Linux 4.13 */
struct oom report_read_oom(void);

#endif
