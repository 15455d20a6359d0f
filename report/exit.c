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
report_open(void)
{
	const struct report report = {
	    .fd = STDERR_FILENO,
	    .kills_before = OOM_UNKNOWN,
	};

	return report;
}

void
report_configure(struct report *report, const struct options *options)
{
	report->termination_log = options->termination_log;
	report->is_quiet = options->quiet;
	report->is_verbose = options->verbosity >= 1;
	report->shows_oom = options->warn || options->verbosity >= 2;
	if (report->termination_log != NULL)
		report->started_ms = system_clock_ms(CLOCK_MONOTONIC);
	if (report->termination_log != NULL || options->warn ||
	    report->is_verbose)
		report->kills_before = report_read_oom().kills;
	report->kills_reported = report->kills_before;
}

void
report_close(struct report *report)
{
	report->fd = -1;
}

/* ------------------------------------------------------ termination log */

static const char not_a_file[] = "not a regular file";

/* NULL, or what is wrong with the file: "" if errno says so. */
static const char *
write_file(const char *file, const struct message *line)
{
	const char *problem = "";
	const int fd = open(file,
	    O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW |
		O_CLOEXEC);
	ssize_t n = 0;

	if (fd == -1)
		return errno == ENXIO || errno == ELOOP ? not_a_file : "";
	if (lseek(fd, 0, SEEK_CUR) == -1)
		problem = not_a_file;
	else if ((n = write(fd, line->text, line->length)) != -1)
		errno = ENOSPC; /* if the disk had room for a part only */
	if (n == (ssize_t)line->length)
		problem = NULL;
	close(fd);
	return problem;
}

static void
add_costs(struct message *line, const struct report *report,
    const struct rusage *usage)
{
	report_add(line, " ran=");
	report_add_seconds(
	    line, system_clock_ms(CLOCK_MONOTONIC) - report->started_ms);
	report_add(line, " cpu=");
	report_add_cpu_time(line, usage);
	report_add(line, " peak=%ldKiB", usage->ru_maxrss);
}

/* Appends line to the file of -T; usage is the main process's, or NULL. */
static void
append(struct report *report, struct message *line, int status,
    const struct rusage *usage)
{
	const char *problem;
	int error;

	if (report->termination_log == NULL || status == 0)
		return;
	report_add(line, "; status=%d", status);
	if (usage != NULL)
		add_costs(line, report, usage);
	report_end(line);
	problem = write_file(report->termination_log, line);
	error = errno;
	if (problem == NULL || report->is_quiet)
		return;
	report_begin(line);
	report_add(line, "cannot write to termination log %s: %s",
	    report->termination_log, problem);
	if (*problem == '\0')
		report_add_error(line, error);
	report_send(report, line);
}

void
report_failure(struct report *report, struct message *line, int status)
{
	report_send(report, line);
	append(report, line, status, NULL);
}

_Noreturn void
report_fail(struct report *report, struct message *line, int status)
{
	report_failure(report, line, status);
	_exit(status);
}

/* ------------------------------------------------- the main process's exit */

/* Was it killed by a signal that neither init, a terminal nor a pipe sent? */
static bool
is_surprise(const struct report *report, int wstatus)
{
	const signals_set expected = report->sent | signals_only(SIGHUP) |
	    signals_only(SIGINT) | signals_only(SIGPIPE);

	return WIFSIGNALED(wstatus) &&
	    (expected & signals_only(WTERMSIG(wstatus))) == 0;
}

/* How many processes the OOM killer has killed since the start, if known, or
 * since the cgroup was created. */
static long
kills_since(const struct report *report, const struct oom *oom)
{
	if (oom->kills == OOM_UNKNOWN || report->kills_before == OOM_UNKNOWN)
		return oom->kills;
	return oom->kills - report->kills_before;
}

static void
add_kib(struct message *line, const char *what, long kib)
{
	if (kib != OOM_UNKNOWN)
		report_add(line, ", %s %ld KiB", what, kib);
}

static void
add_oom(
    struct message *line, const struct report *report, const struct oom *oom)
{
	const long kills = kills_since(report, oom);

	report_add(line,
	    "the OOM killer has killed %ld process%s here since %s", kills,
	    kills == 1 ? "" : "es",
	    report->kills_before == OOM_UNKNOWN ? "the cgroup was created"
						: "the start");
	add_kib(line, "memory limit", oom->limit_kib);
	add_kib(line, "peak", oom->peak_kib);
}

/* What is known about a SIGKILL that init did not send. */
static void
add_killer(
    struct message *line, const struct report *report, const struct oom *oom)
{
	report_add(line, ": ");
	if (oom->kills == OOM_UNKNOWN)
		report_add(line, "the sender is not on record");
	else if (kills_since(report, oom) == 0)
		report_add(line, "sent by a process, not by the OOM killer");
	else
		add_oom(line, report, oom);
}

/* Is there reason to look for OOM kills? */
static bool
looks_for_oom(const struct report *report, int wstatus, bool is_pid_1)
{
	const bool has_failed = WIFEXITED(wstatus)
	    ? WEXITSTATUS(wstatus) != 0
	    : is_surprise(report, wstatus);

	/* A count since the cgroup was created is PID 1's own only. */
	return (has_failed || report->orphan_killed) &&
	    (is_pid_1 || report->kills_before != OOM_UNKNOWN);
}

static void
describe_exit(
    struct message *line, const struct main_process *main_process, int wstatus)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];

	report_begin_main(line, main_process);
	if (WIFEXITED(wstatus))
		report_add(line, "exited with status %d", WEXITSTATUS(wstatus));
	else
		report_add(line, "was killed by %s%s",
		    system_signal_name(WTERMSIG(wstatus), name),
		    WCOREDUMP(wstatus) ? " (core dumped)" : "");
}

static void
explain_exit(struct report *report, const struct main_process *main_process,
    const struct reaper_child *child, bool is_pid_1)
{
	const int wstatus = child->wstatus;
	const bool is_surprising = is_surprise(report, wstatus);
	const bool is_killed = is_surprising && WTERMSIG(wstatus) == SIGKILL;
	struct oom oom = {.kills = OOM_UNKNOWN};
	struct message line;

	describe_exit(&line, main_process, wstatus);
	if (is_killed || looks_for_oom(report, wstatus, is_pid_1))
		oom = report_read_oom();
	if (is_killed) {
		add_killer(&line, report, &oom);
	} else if (kills_since(report, &oom) > 0) {
		report_add(&line, "; ");
		add_oom(&line, report, &oom);
	}
	if (is_surprising || report->is_verbose ||
	    kills_since(report, &oom) > 0)
		report_send(report, &line);
	append(report, &line, reaper_exit_status(wstatus), &child->usage);
}

void
report_main_exited(struct report *report,
    const struct main_process *main_process, const struct reaper_child *child,
    bool is_pid_1)
{
	/* Mostly it exits with 0, and there is nothing to report. */
	if (child->wstatus != 0 || report->orphan_killed || report->is_verbose)
		explain_exit(report, main_process, child, is_pid_1);
}

void
report_orphan_killed(struct report *report)
{
	struct message line;
	struct oom oom;

	report->orphan_killed = true;
	if (!report->shows_oom)
		return;
	oom = report_read_oom();
	if (oom.kills <= report->kills_reported)
		return;
	report->kills_reported = oom.kills;
	report_begin(&line);
	add_oom(&line, report, &oom);
	report_send(report, &line);
}
