/* SPDX-License-Identifier: MIT */
/*
 * event.c: what happened, one line each, for people and for grep: a fixed
 * order, KEY=VALUE for what a script wants, names in parentheses.
 */
#include "report/report.h"

#include "system/system.h"

#include <sys/wait.h>

/* "exit=3", "signal=SIGSEGV" or "signal=SIGSEGV core" */
static void
add_status(struct message *line, int wstatus)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];

	if (WIFEXITED(wstatus)) {
		report_add(line, "exit=%d", WEXITSTATUS(wstatus));
		return;
	}
	report_add(
	    line, "signal=%s", system_signal_name(WTERMSIG(wstatus), name));
	if (WCOREDUMP(wstatus))
		report_add(line, " core");
}

void
report_reaped(
    struct report *report, const char *name, const struct reaper_child *child)
{
	struct message line;

	report_begin(&line);
	report_add(&line, "reaped %d (%s) ", (int)child->pid, name);
	add_status(&line, child->wstatus);
	report_add(&line, " cpu=");
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
report_signal(struct report *report, const siginfo_t *info, int sig, int sent)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];
	struct message line;

	report_begin(&line);
	report_add(&line, "signal %s ", system_signal_name(sig, name));
	if (signals_is_sent(info))
		report_add(&line, "from=%d ", (int)info->si_pid);
	else
		report_add(&line, "from=kernel ");
	report_add(&line, "sent=%s",
	    sent == 0 ? "none" : system_signal_name(sent, name));
	report_send(report, &line);
}

void
report_sent(struct report *report, int sig)
{
	report->sent |= signals_only(sig);
}
