/* SPDX-License-Identifier: MIT */
/*
 * How many process slots there are: the walk from our group up to what is
 * mounted, beside a second way to go.  The input is all files, each behind a
 * line "== PATH".
 */
#include "fuzz.h"
#include "modes/modes.h"

#include "system/system.h"

enum { GROUPS_MAX = 4095, PATH_SIZE = 8192, THREADS = 42 };

static const char *input;
static char printed[2 * REPORT_LINE_SIZE];

/* In place of system/file.c's. */
ssize_t
system_read_file(const char *path, char *text, size_t size)
{
	const char *name = strrchr(path, '/');

	promise(strcmp(path, "/proc/self/cgroup") == 0 ||
		strcmp(path, "/proc/sys/kernel/pid_max") == 0 ||
		(strncmp(path, "/sys/fs/cgroup", 14) == 0 &&
		    (strcmp(name, "/pids.max") == 0 ||
			strcmp(name, "/pids.current") == 0)),
	    "no file is read but these");
	return give_file(input, path, text, size);
}

int64_t
system_clock_ms(clockid_t clock)
{
	(void)clock;
	return 0;
}

/* In place of report/log.c's. */
int
report_print(int fd, const char *text)
{
	promise(fd == 1, "a table goes to stdout");
	snprintf(printed, sizeof printed, "%s", text);
	return 0;
}

/* As read_number() has it. */
static long
number_in(const char *directory, const char *name)
{
	char path[PATH_SIZE];
	char text[SYSTEM_NUMBER_SIZE];
	unsigned long value;

	snprintf(path, sizeof path, "%s%s", directory, name);
	if (give_file(input, path, text, sizeof text) == -1 ||
	    strspn(text, "0123456789") == 0)
		return -1;
	value = strtoul(text, NULL, 10);
	return value <= LONG_MAX ? (long)value : -1;
}

/* Append the path of the line for these controllers, if there is one. */
static void
add_group(char *directory, const char *controllers)
{
	char text[GROUPS_MAX + 1];
	char *rest = text;
	char *line;

	if (give_file(input, "/proc/self/cgroup", text, sizeof text) == -1)
		return;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *colon = strchr(line, ':');

		if (colon != NULL &&
		    strncmp(colon + 1, controllers, strlen(controllers)) == 0 &&
		    strlen(directory) +
			    strlen(colon + 1 + strlen(controllers)) <
			PATH_MAX) {
			strcat(directory, colon + 1 + strlen(controllers));
			return;
		}
	}
}

static bool
look_again(const char *mount, const char *controllers, long *slots, long *used)
{
	char directory[PATH_SIZE];

	snprintf(directory, sizeof directory, "%s", mount);
	add_group(directory, controllers);
	for (;;) {
		char *below = directory + strlen(mount);
		char *slash = strrchr(below, '/');

		*slots = number_in(directory, "/pids.max");
		if (*slots != -1) {
			*used = number_in(directory, "/pids.current");
			return true;
		}
		if (*below == '\0')
			return false;
		*(slash == NULL ? below : slash) = '\0';
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zombies zombies;
	struct table table = {0};
	char *text = text_of(data, size);
	char limit[SYSTEM_NUMBER_SIZE + 4] = "";
	char expected[REPORT_LINE_SIZE];
	long used = THREADS;
	long slots;

	input = text;
	zombies.threads = THREADS;
	modes_print_table(&table, &zombies);
	if (!look_again("/sys/fs/cgroup/pids", "pids:", &slots, &used) &&
	    !look_again("/sys/fs/cgroup", ":", &slots, &used))
		slots = number_in("/proc/sys/kernel", "/pid_max");
	if (slots != -1)
		snprintf(limit, sizeof limit, " of %ld", slots);
	snprintf(expected, sizeof expected,
	    "0 zombies held by 0 parents; %ld%s process slots used\n", used,
	    limit);
	promise(strcmp(printed, expected) == 0,
	    "the slots are those of the nearest group that has a limit");
	free(text);
	return 0;
}
