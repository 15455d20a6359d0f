/* SPDX-License-Identifier: MIT */
/*
 * status.c: /proc/PID/status and /proc/PID/cgroup.  The input is first either
 * file, read by a second parser as well, then the name of the process or the
 * path of its cgroup in a file as the kernel writes it.
 */
#include "fuzz.h"
#include "system/system.h"

enum {
	MAX_FILE = 4095, /* bytes that are read at first */
	MAX_PID = 4194303,
	MAX_CGROUP = 1000,
	CONTAINER_DIGITS = 64,
};

#define DIGITS "0123456789"
#define QUARTER "0123456789abcdef"
#define CONTAINER QUARTER QUARTER QUARTER QUARTER

static const char *input;

/* Replaces the one in system/file.c. */
ssize_t
system_read_file(const char *path, char *text, size_t size)
{
	expect(strcmp(path, "/proc/7/status") == 0 ||
		strcmp(path, "/proc/7/cgroup") == 0,
	    "no file of another process is read");
	return read_bytes(input, strlen(input), text, size);
}

/* ----------------------------------------------------- the second parser */

static long
number(const char *text, long max)
{
	const size_t digits = strspn(text, DIGITS);
	const unsigned long value = strtoul(text, NULL, 10);

	return digits > 0 && value <= (unsigned long)max ? (long)value : -1;
}

static void
parse_pids_again(const char *value, struct proc_status *status)
{
	for (; number(value, MAX_PID) != -1; value += *value == '\t') {
		status->namespaces++;
		status->innermost = (pid_t)number(value, MAX_PID);
		value += strspn(value, DIGITS);
	}
}

/* Returns the value in the first line "KEY:\tVALUE", or "". */
static const char *
value_of(const char *key)
{
	static char text[MAX_FILE + 1];
	char *rest = text;
	char *line;

	snprintf(text, sizeof text, "%s", input);
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, '\t');

		if (value == NULL)
			continue;
		*value++ = '\0';
		if (strcmp(line, key) == 0)
			return value;
	}
	return "";
}

static struct proc_status
parse_status_again(void)
{
	struct proc_status status = {0};

	if (*input == '\0')
		return status;
	status.parent = (pid_t)number(value_of("PPid:"), MAX_PID);
	status.uid = (uid_t)number(value_of("Uid:"), UINT32_MAX);
	parse_pids_again(value_of("NSpid:"), &status);
	return status;
}

/* Finds the last run of digits, before another byte, as long as an id. */
static void
find_container_again(char id[PROC_CONTAINER_SIZE])
{
	char *text = copy_text(input, strnlen(input, MAX_FILE));

	for (char *s = text; *s != '\0'; s++) {
		const size_t digits = strspn(s, DIGITS "abcdef");

		if (digits == CONTAINER_DIGITS && s[digits] != '\0')
			snprintf(id, PROC_CONTAINER_SIZE, "%s", s);
		if (digits > 0)
			s += digits - 1;
	}
	free(text);
}

/* -------------------------------------------------------------- the checks */

static void
check_status(void)
{
	const struct proc_status expected = parse_status_again();
	struct proc_status status;

	expect(system_read_status(7, &status) == (*input == '\0' ? -1 : 0),
	    "an error only if the file is empty");
	expect(status.parent == expected.parent && status.uid == expected.uid,
	    "the numbers that the lines have");
	/* What follows that is read from a file. */
	expect(strlen(input) >= MAX_FILE ||
		(status.namespaces == expected.namespaces &&
		    status.innermost == expected.innermost),
	    "the numbers in all namespaces");
}

/* A process can choose any name, but a newline is escaped in this file. */
static void
check_name(const uint8_t *data, size_t size)
{
	char *name = copy_text(data, size < 15 ? size : 15);
	char file[256];
	struct proc_status status;

	for (char *s = name; *s != '\0'; s++)
		if (*s == '\n')
			*s = 'n';
	snprintf(file, sizeof file,
	    "Name:\t%s\nState:\tZ (zombie)\nPid:\t7\nPPid:\t4194303\n"
	    "Uid:\t4294967294\t1\t2\t3\nGid:\t5\t5\t5\t5\nNSpid:\t7\t4\t1\n"
	    "NSpgid:\t7\t4\t1\n",
	    name);
	input = file;
	expect(system_read_status(7, &status) == 0, "every name can be read");
	expect(status.parent == MAX_PID && status.uid == 4294967294 &&
		status.namespaces == 3 && status.innermost == 1,
	    "the name changes no number");
	free(name);
}

static void
check_container(void)
{
	char id[PROC_CONTAINER_SIZE] = "left alone";
	char expected[PROC_CONTAINER_SIZE] = "left alone";

	find_container_again(expected);
	system_read_container(7, id);
	expect(memcmp(id, expected, strlen(expected) + 1) == 0,
	    "the first digits of the last id");
}

static void
check_innermost_container(const uint8_t *data, size_t size)
{
	char *outer = copy_text(data, size < MAX_CGROUP ? size : MAX_CGROUP);
	char file[MAX_CGROUP + 128];
	char id[PROC_CONTAINER_SIZE] = "";

	snprintf(
	    file, sizeof file, "0::/%s/docker-" CONTAINER ".scope\n", outer);
	input = file;
	system_read_container(7, id);
	expect(memcmp(id, CONTAINER, PROC_CONTAINER_SIZE - 1) == 0 &&
		id[PROC_CONTAINER_SIZE - 1] == '\0',
	    "the innermost container");
	free(outer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_text(data, size);

	input = text;
	check_status();
	check_container();
	check_name(data, size);
	check_innermost_container(data, size);
	free(text);
	return 0;
}
