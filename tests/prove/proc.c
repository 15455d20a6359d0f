/* SPDX-License-Identifier: MIT */
/*
 * proc.c: /proc/PID/stat, status and cgroup of any content.  The buffers have
 * the sizes that they have in proc.c.
 *
 * proves: parse_stat system_read_stat system_read_status number_at find_nspid
 * proves: system_read_container system_has_exited system_is_gone
 * proves: format_path read_proc
 */
#include "prove.h"

#include "system/proc.c"
#include "system/text.c"

static int holder_of[SYSTEM_PID_LIMIT]; /* as in modes/modes.h, by pid */

/* Replaces the one in system/file.c: a file of any length, or none. */
ssize_t
system_read_file(const char *path, char *to, size_t size)
{
	(void)path;
	fill(to, size);
	return any(-1, (long)size - 1);
}

/* Leaves the byte after size alone: find_nspid() relies on it. */
ssize_t
read(int fd, void *to, size_t size)
{
	(void)fd;
	Frama_C_make_unknown(to, size);
	return any(-1, (long)size);
}

int
open(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	return (int)any(-1, INT_MAX);
}

int
close(int fd)
{
	(void)fd;
	return (int)any(-1, 0);
}

/* Nothing is read after the NUL: this line ends with its buffer. */
static void
prove_line(void)
{
	char line[STAT_SIZE];
	struct proc_stat stat;

	fill(line, sizeof line);
	parse_stat(line + any(0, STAT_SIZE - 1), &stat);
}

static void
prove_stat(void)
{
	struct proc_stat stat;

	if (system_read_stat((pid_t)any(1, INT_MAX), &stat) == -1)
		return;
	/*@ assert parent_is_a_pid: 0 <= stat.parent < SYSTEM_PID_LIMIT; */
	/*@ assert group_is_a_pid: 0 <= stat.group < SYSTEM_PID_LIMIT; */
	/*@ assert session_is_a_pid: 0 <= stat.session < SYSTEM_PID_LIMIT; */
	/*@ assert stat.threads >= -1 && stat.start >= -1; */
	holder_of[stat.parent]++;
	system_has_exited(&stat);
}

static void
prove_status(void)
{
	struct proc_status status;

	if (system_read_status((pid_t)any(1, INT_MAX), &status) == -1)
		return;
	/*@ assert -1 <= status.parent < SYSTEM_PID_LIMIT; */
	/*@ assert 0 <= status.innermost < SYSTEM_PID_LIMIT; */
	/*@ assert 0 <= status.namespaces; */
}

static void
prove_container(void)
{
	char id[PROC_CONTAINER_SIZE] = "";

	system_read_container((pid_t)any(1, INT_MAX), id);
}

int
main(void)
{
	prove_line();
	prove_stat();
	prove_status();
	prove_container();
	system_is_gone((int)any(INT_MIN, INT_MAX));
	return 0;
}
