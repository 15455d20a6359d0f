/* SPDX-License-Identifier: MIT */
/*
 * ending.c: why it ended, said once: a line on stderr for a death that nobody
 * here has asked for, and with -T the story of each end that is no success.
 * Nothing is looked up before something has gone wrong, unless an option asks
 * for it: a run that ends well pays nothing.
 */
#include "interface.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

struct ending
ending_begin(const struct options *options, struct log *log)
{
	struct ending ending = {
	    .log = log,
	    .file = options->termination_log,
	    .is_quiet = options->quiet,
	    .tells_all = options->verbosity >= 1,
	    .tells_orphans = options->warn || options->verbosity >= 2,
	    .kills_before = OOM_UNKNOWN,
	};

	if (ending.file != NULL)
		ending.started_ms = system_clock_ms(CLOCK_MONOTONIC);
	if (ending.file != NULL || options->warn || ending.tells_all)
		ending.kills_before = oom_read().kills;
	ending.told_kills = ending.kills_before;
	return ending;
}

/* ------------------------------------------------------ termination log */

static const char not_a_file[] = "not a file"; /* a pipe, a link, a terminal */

/* NULL, or what is wrong with the file: "" where errno says it. */
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
		errno = ENOSPC; /* the disk took a part, if not all */
	if (n == (ssize_t)line->length)
		problem = NULL;
	close(fd);
	return problem;
}

static void
add_costs(struct message *line, const struct ending *ending,
    const struct rusage *usage)
{
	message_add(line, " ran=");
	message_add_seconds(
	    line, system_clock_ms(CLOCK_MONOTONIC) - ending->started_ms);
	message_add(line, " cpu=");
	message_add_cpu_time(line, usage);
	message_add(line, " peak=%ldKiB", usage->ru_maxrss);
}

/* Append line to the file of -T; usage is main's, or NULL. */
static void
append(const struct ending *ending, struct message *line, int status,
    const struct rusage *usage)
{
	const char *problem;
	int error;

	if (ending->file == NULL || status == 0)
		return;
	message_add(line, "; status=%d", status);
	if (usage != NULL)
		add_costs(line, ending, usage);
	message_end(line);
	problem = write_file(ending->file, line);
	error = errno;
	if (problem == NULL || ending->is_quiet)
		return;
	message_begin(line);
	message_add(line, "cannot write to termination log %s: %s",
	    ending->file, problem);
	if (*problem == '\0')
		message_add_reason(line, error);
	log_send(ending->log, line);
}

void
ending_say(const struct ending *ending, struct message *line, int status)
{
	log_send(ending->log, line);
	append(ending, line, status, NULL);
}

/* ---------------------------------------------------------- main's end */

/* Did it die of a signal that neither init sent nor a terminal or a pipe? */
static bool
is_surprise(const struct ending *ending, int wstatus)
{
	const signals_set expected = ending->sent | signals_only(SIGHUP) |
	    signals_only(SIGINT) | signals_only(SIGPIPE);

	return WIFSIGNALED(wstatus) &&
	    (expected & signals_only(WTERMSIG(wstatus))) == 0;
}

/* The OOM killer's victims since the start, or since the group was made. */
static long
kills_since(const struct ending *ending, const struct oom *oom)
{
	if (oom->kills == OOM_UNKNOWN || ending->kills_before == OOM_UNKNOWN)
		return oom->kills;
	return oom->kills - ending->kills_before;
}

static void
add_kib(struct message *line, const char *what, long kib)
{
	if (kib != OOM_UNKNOWN)
		message_add(line, ", %s %ld KiB", what, kib);
}

static void
add_oom(
    struct message *line, const struct ending *ending, const struct oom *oom)
{
	const long kills = kills_since(ending, oom);

	message_add(line,
	    "the OOM killer has killed %ld process%s here since %s", kills,
	    kills == 1 ? "" : "es",
	    ending->kills_before == OOM_UNKNOWN ? "the cgroup was made"
						: "the start");
	add_kib(line, "memory limit", oom->limit_kib);
	add_kib(line, "peak", oom->peak_kib);
}

/* Who may have sent a SIGKILL that was not ours. */
static void
add_killer(
    struct message *line, const struct ending *ending, const struct oom *oom)
{
	message_add(line, ": ");
	if (oom->kills == OOM_UNKNOWN)
		message_add(line, "by whom is not on record");
	else if (kills_since(ending, oom) == 0)
		message_add(line, "sent by someone, not by the OOM killer");
	else
		add_oom(line, ending, oom);
}

/* Is there reason to look for what the OOM killer has done? */
static bool
looks_for_oom(const struct ending *ending, int wstatus, bool is_pid_1)
{
	const bool has_failed = WIFEXITED(wstatus)
	    ? WEXITSTATUS(wstatus) != 0
	    : is_surprise(ending, wstatus);

	/* Not PID 1, the count since times unknown is that of others, too. */
	return (has_failed || ending->orphan_killed) &&
	    (is_pid_1 || ending->kills_before != OOM_UNKNOWN);
}

static void
tell_end(const struct ending *ending, const struct main_process *main_process,
    const struct reaper_child *child, bool is_pid_1)
{
	const int wstatus = child->wstatus;
	const bool is_strange = is_surprise(ending, wstatus);
	const bool is_killed = is_strange && WTERMSIG(wstatus) == SIGKILL;
	struct oom oom = {.kills = OOM_UNKNOWN};
	struct message line;

	report_main_end(&line, main_process, wstatus);
	if (is_killed || looks_for_oom(ending, wstatus, is_pid_1))
		oom = oom_read();
	if (is_killed) {
		add_killer(&line, ending, &oom);
	} else if (kills_since(ending, &oom) > 0) {
		message_add(&line, "; ");
		add_oom(&line, ending, &oom);
	}
	if (is_strange || ending->tells_all || kills_since(ending, &oom) > 0)
		log_send(ending->log, &line);
	append(ending, &line, reaper_exit_status(wstatus), &child->usage);
}

void
ending_main(const struct ending *ending,
    const struct main_process *main_process, const struct reaper_child *child,
    bool is_pid_1)
{
	/* A good end, and nothing to tell: most of them. */
	if (child->wstatus != 0 || ending->orphan_killed || ending->tells_all)
		tell_end(ending, main_process, child, is_pid_1);
}

void
ending_orphan_killed(struct ending *ending)
{
	struct message line;
	struct oom oom;

	ending->orphan_killed = true;
	if (!ending->tells_orphans)
		return;
	oom = oom_read();
	if (oom.kills <= ending->told_kills)
		return;
	ending->told_kills = oom.kills;
	message_begin(&line);
	add_oom(&line, ending, &oom);
	log_send(ending->log, &line);
}
