/* SPDX-License-Identifier: MIT */
/*
 * modes.c: --zombies: find, remind, print.
 */
#include "modes/modes.h"

#include "system/system.h"

#include <unistd.h>

void
modes_print_line(struct report *report, struct message *line)
{
	report_end(line);
	report_print(report, line->text, line->length);
	line->length = 0;
}

static struct zombies *
find_zombies(struct report *report, pid_t self, char **parents)
{
	struct proc_stat stat;
	struct zombies *zombies;

	if (!system_proc_is_ours())
		report_fail(report,
		    "cannot look for zombies: no /proc of this PID namespace");
	if (system_read_stat(1, &stat) == -1)
		report_fail(report,
		    "cannot look for zombies: /proc hides "
		    "other users' processes (hidepid): be root");
	zombies = modes_find_zombies(-1, parents);
	if (zombies == NULL || modes_describe_zombies(zombies, self) == -1)
		report_fail(report, "cannot look for zombies: %m");
	return zombies;
}

_Noreturn void
modes_zombies(const struct options *options, struct report *report, pid_t self)
{
	char **pids = options->command; /* or NULL */
	struct zombies *zombies;

	for (char **pid = pids; pid != NULL && *pid != NULL; pid++)
		if (system_parse_number(*pid, NULL, INT_MAX) == -1)
			report_fail(report, "%s: not a PID", *pid);
	zombies = find_zombies(report, self, pids);
	if (options->zombies_signal != 0 && zombies->count > 0) {
		modes_remind(report, zombies, options->zombies_signal);
		zombies = find_zombies(report, self, pids);
	}
	modes_print_table(report, zombies);
	_exit(zombies->count == 0 ? 0 : STATUS_ZOMBIES);
}
