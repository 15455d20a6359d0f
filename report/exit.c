/* SPDX-License-Identifier: MIT */
/*
 * exit.c: why the main process exited: a line on stderr if it was killed by a
 * signal that nothing here has asked for, and with -T a line in a file for
 * every exit that is not a success.  A run that ends well costs no system call.
 */
#include "report/report.h"

#include "system/system.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

struct report
report_open(const struct options *options)
{
	return (struct report){.options = options,
	    .fd = STDERR_FILENO,
	    .kills_before = OOM_UNKNOWN};
}

void
report_configure(struct report *report)
{
	const struct options *options = report->options;

	if (options->termination_log != NULL)
		report->started_ms = system_clock_ms(CLOCK_MONOTONIC);
	if (options->termination_log != NULL || options->warn ||
	    options->verbosity >= 1)
		report->kills_before = report_read_oom().kills;
}

void
report_close(struct report *report)
{
	report->fd = -1;
}

/* ------------------------------------------------------ termination log */

/* Appends line to a regular file.  0, or errno; ESPIPE for another file. */
static int
append_to_file(const char *file, const struct message *line)
{
	const int fd = open(file,
	    O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW |
		O_CLOEXEC);
	ssize_t n = -1;
	int error = errno;

	if (fd == -1)
		return error == ENXIO || error == ELOOP ? ESPIPE : error;
	if (lseek(fd, 0, SEEK_CUR) != -1)
		n = write(fd, line->text, line->length);
	if (n == (ssize_t)line->length)
		error = 0;
	else /* a nearly full disk has room for a part */
		error = n == -1 ? errno : ENOSPC;
	close(fd);
	return error;
}

/* With -T: appends line, with status and what the main process has used. */
static void
append(struct report *report, struct message *line, int status,
    const struct rusage *usage)
{
	const char *file = report->options->termination_log;

	if (file == NULL || status == 0)
		return;
	report_add(line, "; status=%d", status);
	if (usage != NULL) {
		report_add(line, " ran=");
		report_add_seconds(line,
		    system_clock_ms(CLOCK_MONOTONIC) - report->started_ms);
		report_add_cpu_time(line, usage);
		report_add(line, " peak=%ldKiB", usage->ru_maxrss);
	}
	report_end(line);
	errno = append_to_file(file, line);
	if (errno != 0 && !report->options->quiet)
		report_line(
		    report, "cannot write to termination log %s: %m", file);
}

void
report_failure(struct report *report, struct message *line, int status)
{
	report_send(report, line);
	append(report, line, status, NULL);
}

_Noreturn void
report_fail(struct report *report, const char *format, ...)
{
	const int status = report->options->failure_status;
	struct message line;
	va_list values;

	report_begin(&line);
	va_start(values, format);
	report_add_values(&line, format, values);
	va_end(values);
	report_failure(report, &line, status);
	_exit(status);
}

/* ------------------------------------------------------------------- OOM */

/* Reads it, with the kills since the start, if those before are known. */
static struct oom
read_oom_since_start(const struct report *report)
{
	struct oom oom = report_read_oom();

	if (oom.kills != OOM_UNKNOWN && report->kills_before != OOM_UNKNOWN)
		oom.kills -= report->kills_before;
	return oom;
}

static void
add_oom(
    struct message *line, const struct report *report, const struct oom *oom)
{
	report_add(line,
	    "the OOM killer has killed %ld process%s here since %s", oom->kills,
	    oom->kills == 1 ? "" : "es",
	    report->kills_before == OOM_UNKNOWN ? "the cgroup was created"
						: "the start");
	if (oom->limit_kib != OOM_UNKNOWN)
		report_add(line, ", memory limit %ld KiB", oom->limit_kib);
	if (oom->peak_kib != OOM_UNKNOWN)
		report_add(line, ", peak %ld KiB", oom->peak_kib);
}

void
report_orphan_killed(struct report *report)
{
	struct message line;
	struct oom oom;

	report->orphan_killed = true;
	if (!report->options->warn && report->options->verbosity < 2)
		return;
	oom = read_oom_since_start(report);
	if (oom.kills <= report->kills_reported)
		return;
	report->kills_reported = oom.kills;
	report_begin(&line);
	add_oom(&line, report, &oom);
	report_send(report, &line);
}

/* ------------------------------------------------- the main process's exit */

/* Was it killed by a signal that neither init, a terminal nor a pipe sent? */
static bool
is_surprise(const struct report *report, int wstatus)
{
	const int sig = WTERMSIG(wstatus);

	return WIFSIGNALED(wstatus) && sig != SIGHUP && sig != SIGINT &&
	    sig != SIGPIPE && (report->sent & signals_only(sig)) == 0;
}

static void
add_exit(struct message *line, int wstatus)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];

	if (WIFEXITED(wstatus))
		report_add(line, "exited with status %d", WEXITSTATUS(wstatus));
	else
		report_add(line, "was killed by %s%s",
		    system_signal_name(WTERMSIG(wstatus), name),
		    WCOREDUMP(wstatus) ? " (core dumped)" : "");
}

/* Appends what the OOM killer has to do with it.  Has it killed a process? */
static bool
add_killer(struct message *line, const struct report *report, bool is_killed)
{
	const struct oom oom = read_oom_since_start(report);

	if (oom.kills > 0) {
		report_add(line, is_killed ? ": " : "; ");
		add_oom(line, report, &oom);
	} else if (is_killed) {
		report_add(line,
		    oom.kills == 0 ? ": no OOM kill was recorded in this cgroup"
				   : ": the sender is not on record");
	}
	return oom.kills > 0;
}

void
report_main_exited(struct report *report,
    const struct main_process *main_process, const struct reaper_child *child,
    bool is_pid_1)
{
	const int wstatus = child->wstatus;
	const bool is_surprising = is_surprise(report, wstatus);
	const bool is_killed = is_surprising && WTERMSIG(wstatus) == SIGKILL;
	const bool has_failed =
	    is_surprising || (WIFEXITED(wstatus) && wstatus != 0);
	bool is_sent = is_surprising || report->options->verbosity >= 1;
	struct message line;

	/* Mostly it exits with 0, and there is nothing to report. */
	if (wstatus == 0 && !report->orphan_killed && !is_sent)
		return;
	report_begin_main(&line, main_process);
	add_exit(&line, wstatus);
	if (report->stop_began != 0) {
		report_add(&line, " after ");
		report_add_seconds(&line,
		    system_clock_ms(CLOCK_MONOTONIC) - report->stop_began);
	}
	/* A count since the cgroup was created is PID 1's own only. */
	if (is_killed ||
	    ((has_failed || report->orphan_killed) &&
		(is_pid_1 || report->kills_before != OOM_UNKNOWN)))
		is_sent |= add_killer(&line, report, is_killed);
	if (is_sent)
		report_send(report, &line);
	append(report, &line, reaper_exit_status(wstatus), &child->usage);
}
