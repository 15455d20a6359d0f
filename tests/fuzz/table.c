/* SPDX-License-Identifier: MIT */
/*
 * table.c: the number of process slots, in the nearest cgroup that has a limit,
 * found in a second way as well.  The input is all files, each preceded by a
 * line "== PATH".
 */
#include "fuzz.h"
#include "modes/modes.h"
#include "system/system.h"

enum { MAX_FILE = 4095, PATH_SIZE = 8192, THREADS = 42 };

static const char *input;
static char printed[REPORT_LINE_SIZE];

/* Replaces the one in system/file.c. */
ssize_t
system_read_file(const char *path, char *text, size_t size)
{
	const char *name = strrchr(path, '/');

	expect(strcmp(path, "/proc/self/cgroup") == 0 ||
		strcmp(path, "/proc/sys/kernel/pid_max") == 0 ||
		(strncmp(path, "/sys/fs/cgroup", 14) == 0 &&
		    (strcmp(name, "/pids.max") == 0 ||
			strcmp(name, "/pids.current") == 0)),
	    "no other file is read");
	return read_named(input, path, text, size);
}

/* Replaces the one in system/file.c. */
int64_t
system_clock_ms(clockid_t clock)
{
	(void)clock;
	return 0;
}

/* Replaces the one in modes/modes.c. */
void
modes_print_line(struct report *report, struct message *line)
{
	(void)report;
	snprintf(
	    printed, sizeof printed, "%.*s", (int)line->length, line->text);
	line->length = 0;
}

/* Replaces the one in report/log.c: a remark on a parent, and there is none. */
void
report_line(struct report *report, const char *format, ...)
{
	(void)report;
	(void)format;
	expect(false, "no remark");
}

/* The number at the start of the file, or -1. */
static long
number_in(const char *directory, const char *name)
{
	char path[PATH_SIZE];
	char text[SYSTEM_NUMBER_SIZE];
	unsigned long value;

	snprintf(path, sizeof path, "%s%s", directory, name);
	if (read_named(input, path, text, sizeof text) == -1 ||
	    strspn(text, "0123456789") == 0)
		return -1;
	value = strtoul(text, NULL, 10);
	return value <= LONG_MAX ? (long)value : -1;
}

/* Returns the PATH in a line "N:CONTROLLERS:PATH", or NULL. */
static const char *
path_in(const char *line, const char *controllers)
{
	const char *colon = strchr(line, ':');
	const size_t length = strlen(controllers);

	if (colon == NULL || strncmp(colon + 1, controllers, length) != 0)
		return NULL;
	return colon + 1 + length;
}

/* Appends the path of the cgroup, if there is one. */
static void
append_cgroup(char *directory, const char *controllers)
{
	char text[MAX_FILE + 1];
	char *rest = text;
	char *line;

	if (read_named(input, "/proc/self/cgroup", text, sizeof text) == -1)
		return;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *path = path_in(line, controllers);

		if (path != NULL) {
			strcat(directory, path);
			return;
		}
	}
}

static bool
find_limit_again(
    const char *mount, const char *controllers, long *slots, long *used)
{
	char directory[PATH_SIZE];

	snprintf(directory, sizeof directory, "%s", mount);
	append_cgroup(directory, controllers);
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
	char *text = copy_text(data, size);
	char limit[SYSTEM_NUMBER_SIZE + 4] = "";
	char expected[REPORT_LINE_SIZE];
	long used = THREADS;
	long slots;

	input = text;
	zombies.threads = THREADS;
	modes_print_table(NULL, &zombies);
	if (!find_limit_again("/sys/fs/cgroup/pids", "pids:", &slots, &used) &&
	    !find_limit_again("/sys/fs/cgroup", ":", &slots, &used))
		slots = number_in("/proc/sys/kernel", "/pid_max");
	if (slots != -1)
		snprintf(limit, sizeof limit, " of %ld", slots);
	snprintf(expected, sizeof expected,
	    "0 zombies held by 0 parents; %ld%s process slots used", used,
	    limit);
	expect(strcmp(printed, expected) == 0,
	    "the slots of the nearest cgroup that has a limit");
	free(text);
	return 0;
}
