/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/status and /proc/PID/cgroup, both beside a second way to read
 * them: any text, and then as the kernel writes them, with the input as the
 * process's name, or as the groups that it is in.
 */
#include "fuzz.h"
#include "system/system.h"

enum {
	FILE_MAX = 4095, /* that is looked at */
	GROUPS_MAX = 1000,
	CONTAINER_DIGITS = 64,
};

#define DIGITS "0123456789"
#define QUARTER "0123456789abcdef"
#define CONTAINER QUARTER QUARTER QUARTER QUARTER

static const char *input;

/* In place of system/file.c's. */
ssize_t
system_read_file(const char *path, char *text, size_t size)
{
	promise(strcmp(path, "/proc/7/status") == 0 ||
		strcmp(path, "/proc/7/cgroup") == 0,
	    "nobody else's files are read");
	return give(input, strlen(input), text, size);
}

static long
number(const char *text, long most)
{
	const size_t digits = strspn(text, DIGITS);
	const unsigned long value = strtoul(text, NULL, 10);

	return digits > 0 && value <= (unsigned long)most ? (long)value : -1;
}

static void
read_pids_again(const char *value, struct proc_status *status)
{
	for (; number(value, INT_MAX) != -1; value += *value == '\t') {
		status->namespaces++;
		status->innermost = (pid_t)number(value, INT_MAX);
		value += strspn(value, DIGITS);
	}
}

static struct proc_status
read_status_again(void)
{
	struct proc_status status = {0};
	char *text = text_of(input, strnlen(input, FILE_MAX));
	char *rest = text;
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, '\t');

		if (value == NULL)
			continue;
		*value++ = '\0';
		if (strcmp(line, "PPid:") == 0)
			status.parent = (pid_t)number(value, INT_MAX);
		else if (strcmp(line, "Uid:") == 0)
			status.uid = (uid_t)number(value, UINT32_MAX);
		else if (strcmp(line, "NSpid:") == 0)
			read_pids_again(value, &status);
	}
	free(text);
	return status;
}

static void
judge_status(void)
{
	const struct proc_status expected = read_status_again();
	struct proc_status status;

	promise(system_read_status(7, &status) == (*input == '\0' ? -1 : 0),
	    "only an empty file is none");
	promise(status.parent == expected.parent &&
		status.uid == expected.uid &&
		status.namespaces == expected.namespaces &&
		status.innermost == expected.innermost,
	    "the numbers are those of the lines");
}

/* A process can call itself what it likes, but for a line's end. */
static void
judge_name(const uint8_t *data, size_t size)
{
	char *name = text_of(data, size < 15 ? size : 15);
	char file[256];
	struct proc_status status;

	for (char *s = name; *s != '\0'; s++)
		if (*s == '\n')
			*s = 'n';
	snprintf(file, sizeof file,
	    "Name:\t%s\nState:\tZ (zombie)\nPid:\t7\nPPid:\t2147483647\n"
	    "Uid:\t4294967294\t1\t2\t3\nGid:\t5\t5\t5\t5\nNSpid:\t7\t4\t1\n"
	    "NSpgid:\t7\t4\t1\n",
	    name);
	input = file;
	promise(system_read_status(7, &status) == 0, "every name can be read");
	promise(status.parent == INT_MAX && status.uid == 4294967294 &&
		status.namespaces == 3 && status.innermost == 1,
	    "a name changes no number");
	free(name);
}

/* The last that is as long as an id, neither longer nor shorter. */
static void
judge_container(void)
{
	char *text = text_of(input, strnlen(input, FILE_MAX));
	char id[PROC_CONTAINER_SIZE] = "left alone";
	char expected[PROC_CONTAINER_SIZE] = "left alone";

	for (char *s = text; *s != '\0'; s++) {
		const size_t digits = strspn(s, DIGITS "abcdef");

		if (digits == CONTAINER_DIGITS)
			snprintf(expected, sizeof expected, "%s", s);
		if (digits > 0)
			s += digits - 1;
	}
	system_read_container(7, id);
	promise(memcmp(id, expected, strlen(expected) + 1) == 0,
	    "an id is the start of the last that is one");
	free(text);
}

static void
judge_groups(const uint8_t *data, size_t size)
{
	char *outer = text_of(data, size < GROUPS_MAX ? size : GROUPS_MAX);
	char file[GROUPS_MAX + 128];
	char id[PROC_CONTAINER_SIZE] = "";

	snprintf(
	    file, sizeof file, "0::/%s/docker-" CONTAINER ".scope\n", outer);
	input = file;
	system_read_container(7, id);
	promise(memcmp(id, CONTAINER, PROC_CONTAINER_SIZE - 1) == 0 &&
		id[PROC_CONTAINER_SIZE - 1] == '\0',
	    "the innermost container is found");
	free(outer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);

	input = text;
	judge_status();
	judge_container();
	judge_name(data, size);
	judge_groups(data, size);
	free(text);
	return 0;
}
