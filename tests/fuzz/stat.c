/* SPDX-License-Identifier: MIT */
/*
 * stat.c: /proc/PID/stat.  The input is first the whole line, then the name of
 * the process in a line as the kernel writes it.
 */
#include "fuzz.h"

#include "system/proc.c"

static bool
is_pid(pid_t pid)
{
	return pid >= 0 && pid < SYSTEM_PID_LIMIT;
}

static void
check_line(const uint8_t *data, size_t size)
{
	char *text = copy_text(data, size < STAT_SIZE ? size : STAT_SIZE - 1);
	struct proc_stat stat;

	if (parse_stat(text, &stat) == 0) {
		expect(strlen(stat.name) < PROC_NAME_SIZE, "the name fits");
		expect(is_pid(stat.parent) && is_pid(stat.group) &&
			is_pid(stat.session),
		    "pids below the limit");
		expect(stat.threads >= -1 && stat.start >= -1,
		    "other numbers are unknown or not negative");
	}
	free(text);
}

/* A process can choose any name of up to 15 bytes: prctl(2). */
static void
check_name(const uint8_t *data, size_t size)
{
	char *name = copy_text(data, size < 15 ? size : 15);
	char line[STAT_SIZE];
	struct proc_stat stat;

	snprintf(line, sizeof line,
	    "7 (%s) S 4194303 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 1",
	    name);
	expect(parse_stat(line, &stat) == 0, "every name can be read");
	expect(strcmp(stat.name, name) == 0, "the name is copied");
	expect(stat.state == 'S' && stat.parent == 4194303 && stat.group == 2 &&
		stat.session == 3 && stat.threads == 9 && stat.start == 1,
	    "the name changes no number");
	free(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_line(data, size);
	check_name(data, size);
	return 0;
}
