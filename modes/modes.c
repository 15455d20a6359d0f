/* SPDX-License-Identifier: MIT */
/*
 * modes.c: the modes that print something and exit.
 */
#include "modes/modes.h"

#include <errno.h>
#include <unistd.h>

_Noreturn void
modes_print(const struct options *options, struct report *report)
{
	if (report_print(STDOUT_FILENO, options->text) == -1)
		report_fail_to_print(report, options->failure_status);
	_exit(0);
}

static struct zombies *
find_zombies(const struct options *options, struct report *report, pid_t self)
{
	struct proc_stat stat;
	struct zombies *zombies = NULL;
	const char *problem = NULL;

	if (!system_proc_is_ours())
		problem = "no /proc of this PID namespace";
	else if (system_read_stat(1, &stat) == -1)
		problem =
		    "/proc hides other users' processes (hidepid): be root";
	else if ((zombies = modes_find_zombies(-1)) != NULL) {
		modes_describe_zombies(zombies, self);
		if (zombies->error == 0)
			return zombies;
		errno = zombies->error;
	}
	if (problem == NULL)
		report_line(report, "cannot look for zombies: %m");
	else
		report_line(report, "cannot look for zombies: %s", problem);
	_exit(options->failure_status);
}

_Noreturn void
modes_zombies(const struct options *options, struct report *report, pid_t self)
{
	struct zombies *zombies = find_zombies(options, report, self);
	struct table table = {.error = 0};

	if (options->zombies_signal != 0 && zombies->count > 0) {
		modes_remind(zombies, options->zombies_signal, &table);
		modes_free_zombies(zombies);
		zombies = find_zombies(options, report, self);
	}
	modes_print_table(&table, zombies);
	if (table.error == 0)
		_exit(zombies->count == 0 ? 0 : STATUS_ZOMBIES);
	errno = table.error;
	report_fail_to_print(report, options->failure_status);
}
