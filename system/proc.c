/* SPDX-License-Identifier: MIT */
/*
 * proc.c: what /proc tells of a process.  /proc/PID/stat is one line; the
 * name in it may hold blanks and parentheses, so that everything else is read
 * from behind its last parenthesis.  proc_pid_stat(5)
 */
#include "minireap.h"

#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	STAT_MAX = 512, /* up to the start, with the longest name */
	STATUS_MAX = 4096, /* up to NSpid, with hundreds of groups */
	CONTAINER_DIGITS = 64, /* of the id that engines give */
	SESSION_FIELD = 6,
	THREADS_FIELD = 20,
};

static void
copy_name(char name[PROC_NAME_MAX], const char *from, const char *end)
{
	size_t length = (size_t)(end - from);

	if (length >= PROC_NAME_MAX)
		length = PROC_NAME_MAX - 1;
	memcpy(name, from, length);
	name[length] = '\0';
}

/* The number behind *rest, which moves on; -1 where there is none. */
static int64_t
next_number(const char **rest, int64_t most)
{
	while (**rest == ' ')
		(*rest)++;
	return text_number(*rest, rest, most);
}

static void
skip_field(const char **rest)
{
	while (**rest == ' ')
		(*rest)++;
	*rest += text_until(*rest, ' ');
}

static int
parse_stat(const char *line, struct proc_stat *stat)
{
	const char *name = line + text_until(line, '(');
	const char *rest = line + text_until(line, '\0');

	while (rest > name && *rest != ')')
		rest--;
	if (rest == name || rest[1] != ' ' || rest[2] == '\0')
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

/* name is "/stat", "/status" or "/cgroup" */
static int
read_of(pid_t pid, const char *name, char *text, size_t size)
{
	char path[sizeof "/proc//status" + TEXT_DECIMAL_MAX];

	errno = ESRCH; /* where there is nothing in it, or nothing known */
	text_copy(
	    text_decimal(text_copy(path, "/proc/"), (unsigned long)pid), name);
	return file_read(path, text, size) > 0 ? 0 : -1;
}

int
proc_read_stat(pid_t pid, struct proc_stat *stat)
{
	char line[STAT_MAX];

	return read_of(pid, "/stat", line, sizeof line) == -1
	    ? -1
	    : parse_stat(line, stat);
}

bool
proc_is_gone(int error)
{
	return error == ENOENT || error == ESRCH;
}

static void
parse_pids(const char *value, struct proc_status *status)
{
	pid_t pid;

	while ((pid = (pid_t)text_number(value, &value, INT_MAX)) != -1) {
		status->namespaces++;
		status->innermost = pid;
		if (*value == '\t')
			value++;
	}
}

int
proc_read_status(pid_t pid, struct proc_status *status)
{
	char text[STATUS_MAX];
	const char *line = text;

	memset(status, 0, sizeof *status);
	if (read_of(pid, "/status", text, sizeof text) == -1)
		return -1;
	do {
		const char *value;

		if ((value = text_behind(line, "PPid:\t")) != NULL)
			status->parent =
			    (pid_t)text_number(value, &value, INT_MAX);
		else if ((value = text_behind(line, "Uid:\t")) != NULL)
			status->uid =
			    (uid_t)text_number(value, &value, UINT32_MAX);
		else if ((value = text_behind(line, "NSpid:\t")) != NULL)
			parse_pids(value, status);
		line += text_until(line, '\n');
	} while (*line++ != '\0');
	return 0;
}

void
proc_read_container(pid_t pid, char id[PROC_CONTAINER_MAX])
{
	char text[STATUS_MAX];
	const char *s = text;
	int digits = 0;

	if (read_of(pid, "/cgroup", text, sizeof text) == -1)
		return;
	for (;; s++) {
		if ((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'f')) {
			digits++;
			continue;
		}
		if (digits == CONTAINER_DIGITS)
			memcpy(
			    id, s - CONTAINER_DIGITS, PROC_CONTAINER_MAX - 1);
		if (*s == '\0')
			return;
		digits = 0;
	}
}

/* getdents64(2) */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

int
proc_walk_begin(struct proc_walk *walk, const char *directory)
{
	walk->fd = file_open(directory, O_RDONLY | O_DIRECTORY);
	walk->size = 0;
	walk->at = 0;
	return walk->fd == -1 ? -1 : 0;
}

int
proc_walk_next(struct proc_walk *walk)
{
	for (;;) {
		const struct directory_entry *entry;
		int number;

		if (walk->at >= walk->size) {
			walk->at = 0;
			walk->size = syscall(SYS_getdents64, walk->fd,
			    walk->entries, sizeof walk->entries);
			if (walk->size <= 0)
				return -1;
		}
		entry = (const void *)(walk->entries + walk->at);
		walk->at += entry->length;
		number = (int)text_number(entry->name, NULL, INT_MAX);
		if (number != -1)
			return number;
	}
}

void
proc_walk_end(struct proc_walk *walk)
{
	close(walk->fd);
}

bool
proc_is_ours(void)
{
	char target[TEXT_DECIMAL_MAX];
	const long length = syscall(SYS_readlinkat, (long)AT_FDCWD,
	    "/proc/self", target, sizeof target - 1);

	if (length <= 0)
		return false;
	target[length] = '\0';
	return text_number(target, NULL, INT_MAX) == getpid();
}

bool
proc_is_dead(const struct proc_stat *stat)
{
	return (stat->state == 'Z' && stat->threads <= 1) || stat->state == 'X';
}
