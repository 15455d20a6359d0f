/* SPDX-License-Identifier: MIT */
/*
 * event.c: what happened, one line each, for people and for grep: a fixed
 * order, KEY=VALUE for what a script wants, names in parentheses.
 */
#include "report/report.h"

#include "system/system.h"

#include <sys/wait.h>

void
report_reaped(
    struct report *report, const char *name, const struct reaper_child *child)
{
	const int wstatus = child->wstatus;
	char signal_name[SYSTEM_SIGNAL_NAME_SIZE];
	struct message line;

	report_begin(&line);
	report_add(&line, "reaped %d (%s) ", (int)child->pid, name);
	if (WIFEXITED(wstatus))
		report_add(&line, "exit=%d", WEXITSTATUS(wstatus));
	else
		report_add(&line, "signal=%s%s",
		    system_signal_name(WTERMSIG(wstatus), signal_name),
		    WCOREDUMP(wstatus) ? " core" : "");
	report_add_cpu_time(&line, &child->usage);
	report_send(report, &line);
}

void
report_begin_main(struct message *line, const struct main_process *main_process)
{
	report_begin(line);
	report_add(line, "main process %d (%s) ", (int)main_process->pid,
	    main_process->name);
}

void
report_main_killed(struct report *report,
    const struct main_process *main_process, int64_t grace_ms)
{
	struct message line;

	report_begin_main(&line, main_process);
	report_add(&line, "did not exit within ");
	report_add_seconds(&line, grace_ms);
	report_add(&line, " of the stop signal: killed");
	report_send(report, &line);
}

void
report_signal(struct report *report, const siginfo_t *info, int sent)
{
	char received_name[SYSTEM_SIGNAL_NAME_SIZE];
	char sent_name[SYSTEM_SIGNAL_NAME_SIZE] = "none";
	char from[SYSTEM_NUMBER_SIZE] = "kernel";

	if (report->options->verbosity < 2)
		return;
	if (sent > 0)
		system_signal_name(sent, sent_name);
	if (signals_is_sent(info))
		system_format_number(from, (unsigned long)info->si_pid);
	report_line(report, "signal %s from=%s %s%s",
	    system_signal_name(info->si_signo, received_name), from,
	    sent == REPORT_HELD ? "held" : "sent=",
	    sent == REPORT_HELD ? "" : sent_name);
}

void
report_sent(struct report *report, int sig)
{
	report->sent |= signals_only(sig);
}
