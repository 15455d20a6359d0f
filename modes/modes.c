/* SPDX-License-Identifier: MIT */
/*
 * modes.c: the modes that print something and exit.
 */
#include "modes/modes.h"

#include <errno.h>
#include <unistd.h>

static void
print(const struct options *options, struct report *report, const char *text)
{
	if (report_print(STDOUT_FILENO, text) == -1) {
		report_line(report, "cannot write to stdout: %m");
		_exit(options->failure_status);
	}
}

_Noreturn void
modes_print(const struct options *options, struct report *report)
{
	print(options, report, options->text);
	_exit(0);
}

void
modes_print_line(
    const struct options *options, struct report *report, struct message *line)
{
	line->length -= line->length == sizeof line->text - 1;
	report_end(line);
	line->text[line->length] = '\0';
	print(options, report, line->text);
	line->length = 0;
}

static struct zombies *
find_zombies(const struct options *options, struct report *report, pid_t self)
{
	struct proc_stat stat;
	struct zombies *zombies;

	if (!system_proc_is_ours())
		report_line(report,
		    "cannot look for zombies: no /proc of this PID namespace");
	else if (system_read_stat(1, &stat) == -1)
		report_line(report,
		    "cannot look for zombies: /proc hides "
		    "other users' processes (hidepid): be root");
	else {
		zombies = modes_find_zombies(-1);
		if (zombies != NULL) {
			modes_describe_zombies(zombies, self);
			if (zombies->error == 0)
				return zombies;
			errno = zombies->error;
		}
		report_line(report, "cannot look for zombies: %m");
	}
	_exit(options->failure_status);
}

_Noreturn void
modes_zombies(const struct options *options, struct report *report, pid_t self)
{
	struct zombies *zombies = find_zombies(options, report, self);

	if (options->zombies_signal != 0 && zombies->count > 0) {
		modes_remind(options, report, zombies);
		modes_free_zombies(zombies);
		zombies = find_zombies(options, report, self);
	}
	modes_print_table(options, report, zombies);
	_exit(zombies->count == 0 ? 0 : STATUS_ZOMBIES);
}
