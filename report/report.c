/* SPDX-License-Identifier: MIT */
/*
 * report.c: what happened, in one line each, for people and for grep: a fixed
 * order, KEY=VALUE where a script wants a value, a name in parentheses.
 */
#include "interface.h"

#include <sys/wait.h>

#include <errno.h>
#include <string.h>

void
report_options_error(struct message *line, const struct options_error *error)
{
	message_begin(line);
	if (error->in_variable)
		message_add(line, "MINIREAP_OPTIONS: ");
	if (error->name[0] != '\0')
		message_add(line, "option %s", error->name);
	if (error->name[0] != '\0' && error->value != NULL)
		message_add(line, " ");
	if (error->value != NULL)
		message_add(
		    line, "%s", error->value[0] == '\0' ? "''" : error->value);
	if (error->name[0] != '\0' || error->value != NULL)
		message_add(line, ": ");
	message_add(line, "%s", error->problem);
}

/* "exit=3", "signal=SIGSEGV", "signal=SIGSEGV core" */
static void
add_end(struct message *message, int wstatus)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];

	if (WIFEXITED(wstatus)) {
		message_add(message, "exit=%d", WEXITSTATUS(wstatus));
		return;
	}
	message_add(
	    message, "signal=%s", system_signal_name(WTERMSIG(wstatus), name));
	if (WCOREDUMP(wstatus))
		message_add(message, " core");
}

void
report_reaped(
    struct log *log, const char *name, const struct reaper_child *child)
{
	struct message line;

	message_begin(&line);
	message_add(&line, "reaped %d (%s) ", (int)child->pid, name);
	add_end(&line, child->wstatus);
	message_add(&line, " cpu=");
	message_add_cpu_time(&line, &child->usage);
	log_send(log, &line);
}

void
report_begin_main(struct message *line, const struct main_process *main_process)
{
	message_begin(line);
	message_add(line, "main process %d (%s) ", (int)main_process->pid,
	    main_process->name);
}

void
report_main_end(
    struct message *line, const struct main_process *main_process, int wstatus)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];

	report_begin_main(line, main_process);
	if (WIFEXITED(wstatus))
		message_add(
		    line, "exited with status %d", WEXITSTATUS(wstatus));
	else
		message_add(line, "was killed by %s%s",
		    system_signal_name(WTERMSIG(wstatus), name),
		    WCOREDUMP(wstatus) ? " (core dumped)" : "");
}

void
report_main_killed(
    struct log *log, const struct main_process *main_process, int64_t grace_ms)
{
	struct message line;

	report_begin_main(&line, main_process);
	message_add(&line, "did not end within ");
	message_add_seconds(&line, grace_ms);
	message_add(&line, " of the stop signal: killed");
	log_send(log, &line);
}

void
report_signal(struct log *log, const siginfo_t *info, int sig, int sent)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];
	struct message line;

	message_begin(&line);
	message_add(&line, "signal %s ", system_signal_name(sig, name));
	if (signals_is_sent(info))
		message_add(&line, "from=%d ", (int)info->si_pid);
	else
		message_add(&line, "from=kernel ");
	message_add(&line, "sent=%s",
	    sent == 0 ? "none" : system_signal_name(sent, name));
	log_send(log, &line);
}
