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
	STATUS_SIZE = 4096, /* NSpid follows the groups, up to 65,536 */
	LINE_SIZE = 512, /* of the longest other line */
	MAX_READS = 1024, /* a false status may not end */
	CONTAINER_DIGITS = 64, /* of an id, as engines make them */
};

/* Fields of stat, as proc_pid_stat(5) counts them. */
enum { PARENT = 4, GROUP, SESSION, THREADS = 20, START = 22 };

static int
parse_stat(const char *line, struct proc_stat *stat)
{
	const char *name = strchr(line, '(');
	const char *rest = strrchr(line, ')');
	int64_t fields[START + 1];
	size_t length = 0;

	if (name == NULL || rest == NULL || rest < name || rest[1] != ' ' ||
	    rest[2] == '\0')
		return -1;
	while (++name < rest && length < sizeof stat->name - 1)
		stat->name[length++] = *name;
	stat->name[length] = '\0';
	rest += 2;
	stat->state = *rest;
	for (int i = PARENT; i <= START; i++) {
		rest = strchrnul(rest, ' ');
		if (*rest == ' ')
			rest++;
		fields[i] = system_parse_number(
		    rest, &rest, i < START ? SYSTEM_PID_LIMIT - 1 : INT64_MAX);
		if (i <= SESSION && fields[i] == -1)
			return -1;
	}
	stat->parent = (pid_t)fields[PARENT];
	stat->group = (pid_t)fields[GROUP];
	stat->session = (pid_t)fields[SESSION];
	stat->threads = (int)fields[THREADS];
	stat->start = fields[START];
	return 0;
}

enum { PATH_SIZE = sizeof SYSTEM_PROC "//status" + SYSTEM_NUMBER_SIZE };

/* Writes /proc/PID/NAME; name is "/stat", "/status" or "/cgroup". */
static void
format_path(char path[PATH_SIZE], pid_t pid, const char *name)
{
	char *end = stpcpy(path, SYSTEM_PROC "/");

	stpcpy(system_format_number(end, (unsigned long)pid), name);
}

static int
read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[PATH_SIZE];

	format_path(path, pid, name);
	errno = ESRCH; /* if the file is empty or not as expected */
	return system_read_file(path, text, size) > 0 ? 0 : -1;
}

int
system_read_stat(pid_t pid, struct proc_stat *stat)
{
	char line[STAT_SIZE];

	if (read_proc(pid, "/stat", line, sizeof line) == -1)
		return -1;
	return parse_stat(line, stat);
}

bool
system_is_gone(int error)
{
	return error == ENOENT || error == ESRCH;
}

/* Returns the number after key at the start of a line, or -1. */
static int64_t
number_at(const char *text, const char *key, int64_t max)
{
	return system_parse_number(system_find_line(text, key), &text, max);
}

/*
 * Returns what follows "NSpid:" in the rest of a status that did not fit into
 * text, or "".  Its last bytes are kept, as a line may be cut.
 */
static const char *
find_nspid(pid_t pid, char text[STATUS_SIZE])
{
	char path[PATH_SIZE];
	size_t kept = 0;
	int fd;

	format_path(path, pid, "/status");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	*text = '\0';
	for (int i = 0; i < MAX_READS; i++) {
		const ssize_t n =
		    read(fd, text + kept, STATUS_SIZE - 1 - LINE_SIZE);
		const char *pids;
		size_t length;

		if (n <= 0)
			break;
		length = kept + (size_t)n;
		text[length] = '\0';
		pids = system_find_line(text, "NSpid:\t");
		if (strchr(pids, '\n') != NULL)
			break;
		kept = length;
		if (length > LINE_SIZE) {
			kept = LINE_SIZE;
			memmove(text, text + length - kept, kept);
		}
		text[kept] = '\0';
	}
	close(fd);
	return system_find_line(text, "NSpid:\t");
}

int
system_read_status(pid_t pid, struct proc_status *status)
{
	char text[STATUS_SIZE];
	const char *pids;
	int64_t number;

	memset(status, 0, sizeof *status);
	if (read_proc(pid, "/status", text, sizeof text) == -1)
		return -1;
	status->parent =
	    (pid_t)number_at(text, "PPid:\t", SYSTEM_PID_LIMIT - 1);
	status->uid = (uid_t)number_at(text, "Uid:\t", UINT32_MAX);
	pids = system_find_line(text, "NSpid:\t");
	if (strlen(text) == STATUS_SIZE - 1)
		pids = find_nspid(pid, text);
	while ((number = system_parse_number(
		    pids, &pids, SYSTEM_PID_LIMIT - 1)) != -1) {
		status->namespaces++;
		status->innermost = (pid_t)number;
		if (*pids == '\t')
			pids++;
	}
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
	int digits = 0;

	if (read_proc(pid, "/cgroup", text, sizeof text) == -1)
		return;
	for (const char *s = text; *s != '\0'; s++) {
		if ((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'f')) {
			digits++;
			continue;
		}
		if (digits == CONTAINER_DIGITS)
			memcpy(id, s - digits, PROC_CONTAINER_SIZE - 1);
		digits = 0;
	}
}

bool
system_proc_is_ours(void)
{
	char target[SYSTEM_NUMBER_SIZE] = "";

	(void)readlink(SYSTEM_PROC "/self", target, sizeof target - 1);
	return system_parse_number(target, NULL, INT_MAX) == getpid();
}
