/* SPDX-License-Identifier: MIT */
/*
 * proc.c: what /proc says about a process.  /proc/PID/stat is one line, and
 * the name in it may hold blanks and parentheses: the rest is read from after
 * its last parenthesis.  proc_pid_stat(5)
 */
#include "system/system.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	STAT_SIZE = 512, /* up to the start time, with the longest name */
	STATUS_SIZE = 4096, /* up to NSpid, with hundreds of groups */
	CONTAINER_DIGITS = 64, /* of an id that engines give */
	SESSION_FIELD = 6,
	THREADS_FIELD = 20,
};

static void
copy_name(char name[PROC_NAME_SIZE], const char *from, const char *end)
{
	size_t length = (size_t)(end - from);

	if (length >= PROC_NAME_SIZE)
		length = PROC_NAME_SIZE - 1;
	memcpy(name, from, length);
	name[length] = '\0';
}

/* Returns the number in the next field and moves *rest after it; -1: none. */
static int64_t
next_number(const char **rest, int64_t max)
{
	while (**rest == ' ')
		(*rest)++;
	return system_parse_number(*rest, rest, max);
}

static void
skip_field(const char **rest)
{
	while (**rest == ' ')
		(*rest)++;
	*rest = strchrnul(*rest, ' ');
}

static int
parse_stat(const char *line, struct proc_stat *stat)
{
	const char *name = strchr(line, '(');
	const char *rest = strrchr(line, ')');

	if (name == NULL || rest == NULL || rest < name || rest[1] != ' ' ||
	    rest[2] == '\0')
		return -1;
	copy_name(stat->name, name + 1, rest);
	rest += 2;
	stat->state = *rest++;
	stat->parent = (pid_t)next_number(&rest, INT_MAX);
	stat->group = (pid_t)next_number(&rest, INT_MAX);
	stat->session = (pid_t)next_number(&rest, INT_MAX);
	for (int field = SESSION_FIELD + 1; field < THREADS_FIELD; field++)
		skip_field(&rest);
	stat->threads = (int)next_number(&rest, INT_MAX);
	skip_field(&rest);
	stat->start = next_number(&rest, INT64_MAX);
	return stat->session == -1 ? -1 : 0;
}

/* Reads /proc/PID/NAME; name is "/stat", "/status" or "/cgroup". */
static int
read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[sizeof "/proc//status" + SYSTEM_NUMBER_SIZE];
	char *end = stpcpy(path, "/proc/");

	stpcpy(system_format_number(end, (unsigned long)pid), name);
	errno = ESRCH; /* if the file is empty or not as expected */
	return system_read_file(path, text, size) > 0 ? 0 : -1;
}

int
system_read_stat(pid_t pid, struct proc_stat *stat)
{
	char line[STAT_SIZE];

	return read_proc(pid, "/stat", line, sizeof line) == -1
	    ? -1
	    : parse_stat(line, stat);
}

bool
system_is_gone(int error)
{
	return error == ENOENT || error == ESRCH;
}

static void
parse_pids(const char *value, struct proc_status *status)
{
	pid_t pid;

	while (
	    (pid = (pid_t)system_parse_number(value, &value, INT_MAX)) != -1) {
		status->namespaces++;
		status->innermost = pid;
		if (*value == '\t')
			value++;
	}
}

int
system_read_status(pid_t pid, struct proc_status *status)
{
	char text[STATUS_SIZE];
	const char *line = text;

	memset(status, 0, sizeof *status);
	if (read_proc(pid, "/status", text, sizeof text) == -1)
		return -1;
	do {
		const char *value;

		if ((value = system_skip_prefix(line, "PPid:\t")) != NULL)
			status->parent =
			    (pid_t)system_parse_number(value, &value, INT_MAX);
		else if ((value = system_skip_prefix(line, "Uid:\t")) != NULL)
			status->uid = (uid_t)system_parse_number(
			    value, &value, UINT32_MAX);
		else if ((value = system_skip_prefix(line, "NSpid:\t")) != NULL)
			parse_pids(value, status);
		line = strchrnul(line, '\n');
	} while (*line++ != '\0');
	return 0;
}

bool
system_has_exited(const struct proc_stat *stat)
{
	return (stat->state == 'Z' && stat->threads <= 1) || stat->state == 'X';
}

void
system_read_container(pid_t pid, char id[PROC_CONTAINER_SIZE])
{
	char text[STATUS_SIZE];
	const char *s = text;

	if (read_proc(pid, "/cgroup", text, sizeof text) == -1)
		return;
	while (*s != '\0') {
		const size_t digits = strspn(s, "0123456789abcdef");

		if (digits == CONTAINER_DIGITS)
			memcpy(id, s, PROC_CONTAINER_SIZE - 1);
		s += digits + (s[digits] != '\0');
	}
}

bool
system_proc_is_ours(void)
{
	char target[SYSTEM_NUMBER_SIZE];
	const ssize_t length =
	    readlink("/proc/self", target, sizeof target - 1);

	if (length <= 0)
		return false;
	target[length] = '\0';
	return system_parse_number(target, NULL, INT_MAX) == getpid();
}
