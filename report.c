/* SPDX-License-Identifier: MIT */
/*
 * report.c: what happened, in one line each, for people and for grep: a fixed
 * order, KEY=VALUE where a script wants a value, a name in parentheses.
 */
#include "minireap.h"

#include <sys/wait.h>

#include <errno.h>
#include <string.h>

void
report_options_error(struct log *log, const struct options_error *error)
{
	struct message line;

	message_begin(&line);
	if (error->in_variable)
		message_add(&line, "MINIREAP_OPTIONS: ");
	if (error->name[0] != '\0')
		message_add(&line, "option %s", error->name);
	if (error->name[0] != '\0' && error->value != NULL)
		message_add(&line, " ");
	if (error->value != NULL)
		message_add(
		    &line, "%s", error->value[0] == '\0' ? "''" : error->value);
	if (error->name[0] != '\0' || error->value != NULL)
		message_add(&line, ": ");
	message_add(&line, "%s", error->problem);
	message_send(log, &line);
}

void
report_spawn_failure(
    struct log *log, const struct spawn *spawn, struct spawn_failure *failure)
{
	const char *name = spawn->argv[0];
	char *file = failure->file;
	struct message line;

	if (failure->forking) {
		message_log_reason(
		    log, failure->error, "cannot start a process for %s", name);
		return;
	}
	message_begin(&line);
	message_add(&line, "cannot execute %s", name);
	if (*file != '\0' && strcmp(file, name) != 0)
		message_add(&line, " (%s)", file);
	message_add(&line, ": ");
	if (*name == '\0')
		message_add(&line, "the name is empty");
	else if (*file == '\0' && failure->error == ENOENT)
		message_add(
		    &line, "not found in PATH %s", execute_path(spawn->envp));
	else if (failure->by_shell && failure->error == ENOENT)
		message_add(&line, "it has no #!, and there is no /bin/sh");
	else
		diagnose(&line, file, failure->error);
	message_send(log, &line);
}

/* "exit=3", "signal=SIGSEGV", "signal=SIGSEGV core" */
static void
add_end(struct message *message, int wstatus)
{
	char name[SIGNALS_NAME_MAX];

	if (WIFEXITED(wstatus)) {
		message_add(message, "exit=%d", WEXITSTATUS(wstatus));
		return;
	}
	message_add(
	    message, "signal=%s", signals_name(WTERMSIG(wstatus), name));
	if (WCOREDUMP(wstatus))
		message_add(message, " core");
}

static void
add_seconds(struct message *message, long ms)
{
	message_add(message, "%ld.%ld%ld%ld", ms / 1000, ms / 100 % 10,
	    ms / 10 % 10, ms % 10);
}

static void
add_cpu_time(struct message *message, const struct rusage *usage)
{
	const long microseconds =
	    (long)usage->ru_utime.tv_usec + (long)usage->ru_stime.tv_usec;
	const long ms =
	    ((long)usage->ru_utime.tv_sec + (long)usage->ru_stime.tv_sec) *
		1000 +
	    microseconds / 1000;

	add_seconds(message, ms);
}

void
report_reaped(
    struct log *log, const char *name, const struct reaper_event *event)
{
	struct message line;

	message_begin(&line);
	message_add(&line, "reaped %d (%s) ", (int)event->pid, name);
	add_end(&line, event->wstatus);
	message_add(&line, " cpu=");
	add_cpu_time(&line, &event->usage);
	message_add(&line, "s");
	message_send(log, &line);
}

void
report_main_end(
    struct log *log, const struct report_main *main_process, int wstatus)
{
	char signal_name[SIGNALS_NAME_MAX];

	if (WIFEXITED(wstatus))
		message_log(log, "main process %d (%s) exited with status %d",
		    (int)main_process->pid, main_process->name,
		    WEXITSTATUS(wstatus));
	else
		message_log(log, "main process %d (%s) was killed by %s%s",
		    (int)main_process->pid, main_process->name,
		    signals_name(WTERMSIG(wstatus), signal_name),
		    WCOREDUMP(wstatus) ? " (core dumped)" : "");
}

void
report_main_killed(
    struct log *log, const struct report_main *main_process, int64_t grace_ms)
{
	struct message line;

	message_begin(&line);
	message_add(&line, "main process %d (%s) did not end within ",
	    (int)main_process->pid, main_process->name);
	add_seconds(&line, (long)grace_ms);
	message_add(&line, "s of the stop signal: killed");
	message_send(log, &line);
}

void
report_signal(struct log *log, const siginfo_t *info, int sig, int sent)
{
	char name[SIGNALS_NAME_MAX];
	struct message line;

	message_begin(&line);
	message_add(&line, "signal %s ", signals_name(sig, name));
	if (signals_is_sent(info))
		message_add(&line, "from=%d ", (int)info->si_pid);
	else
		message_add(&line, "from=kernel ");
	message_add(
	    &line, "sent=%s", sent == 0 ? "none" : signals_name(sent, name));
	message_send(log, &line);
}
