/* SPDX-License-Identifier: MIT */
/*
 * system.h: the leaves: text, files, time, environment, signal names, /proc and
 * cgroups.  Everything that other programs write enters init here.  Nothing in
 * it prints.  What fails returns -1 with errno set, unless its comment differs.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A test may set others, of which it has written each file itself. */
#ifndef SYSTEM_PROC
#define SYSTEM_PROC "/proc"
#endif
#ifndef SYSTEM_CGROUP
#define SYSTEM_CGROUP "/sys/fs/cgroup"
#endif

enum {
	SYSTEM_NUMBER_SIZE = 24, /* bytes of any decimal number, with its NUL */
	SYSTEM_SIGNAL_NAME_SIZE = 16, /* of the longest signal name, too */
	SYSTEM_PID_LIMIT = 1 << 22, /* every pid is below it: proc(5) */
};

/* ------------------------------------------------------------------ text */

/*
 * Returns the decimal number, 0 to max, at the start of text: digits only. *end
 * is set to the first byte after it; if end is NULL, the number must fill text.
 * -1, without errno, if there is no such number.
 */
int64_t system_parse_number(const char *text, const char **end, int64_t max);

/* Writes value to SYSTEM_NUMBER_SIZE bytes; returns its end, as stpcpy(3). */
char *system_format_number(char *to, unsigned long value);

/* Returns what follows prefix in text, or NULL if text starts otherwise. */
const char *system_skip_prefix(const char *text, const char *prefix);
/* Returns what follows key at the start of a line of text, or "". */
const char *system_find_line(const char *text, const char *key);

/* Returns what follows the last slash of path. */
const char *system_base_name(const char *path);

/* ------------------------------------ files, time, environment, signals */

/*
 * Reads up to size - 1 bytes of a file by one read(2), and adds a NUL.  Never
 * waits for a FIFO.  Returns the number of bytes, or -1.
 */
ssize_t system_read_file(const char *path, char *text, size_t size);

/* Moves fd, unless it is -1, to 3 or above, close-on-exec.  Returns it. */
int system_move_up(int fd);

/* Returns the milliseconds of that clock: clock_gettime(2). */
int64_t system_clock_ms(clockid_t clock);

/* Returns the value of the first variable with prefix, "NAME=", or NULL. */
char *system_env_value(char **envp, const char *prefix);
/* Removes every variable that starts with prefix. */
void system_env_remove(char **envp, const char *prefix);

/*
 * Returns the signal that text names: 1 to 64, or a name in any case, with or
 * without SIG, RTMIN+n, RTMAX-n.  Real-time signals are the kernel's, 34 to 64:
 * signal(7).  -1, without errno, if there is none.
 */
int system_signal_number(const char *text);
/* Writes the name of sig, such as SIGTERM or SIGRTMIN+3.  Returns name. */
const char *system_signal_name(int sig, char name[SYSTEM_SIGNAL_NAME_SIZE]);

/* ----------------------------------------------------------------- /proc */

enum {
	PROC_NAME_SIZE = 64,
	PROC_CONTAINER_SIZE = 12 + 1, /* an id, as engines print it */
};

/* From /proc/PID/stat: proc_pid_stat(5). */
struct proc_stat {
	char name[PROC_NAME_SIZE];
	char state;
	pid_t parent;
	pid_t group;
	pid_t session;
	int threads;
	int64_t start; /* hundredths of a second since boot */
};

/* From /proc/PID/status: proc_pid_status(5). */
struct proc_status {
	pid_t parent;
	uid_t uid; /* the real one */
	unsigned namespaces; /* in which it has a number, /proc's included */
	pid_t innermost; /* its number in the innermost; 0 before Linux 4.1 */
};

/* Reads it.  0, or -1; ENOENT or ESRCH if there is no such process. */
int system_read_stat(pid_t pid, struct proc_stat *stat);
int system_read_status(pid_t pid, struct proc_status *status);

/* Does this errno of a failed read mean that the process does not exist? */
bool system_is_gone(int error);

/* Have all threads exited?  The first one alone may be a zombie: state Z. */
bool system_has_exited(const struct proc_stat *stat);

/* Writes the id of the container that pid is in, or leaves id alone. */
void system_read_container(pid_t pid, char id[PROC_CONTAINER_SIZE]);

/* Is /proc mounted, with the pids of this process's own PID namespace? */
bool system_proc_is_ours(void);

/* The entries of a directory that are numbers: pids or descriptors. */
struct proc_walk {
	int fd;
	long size; /* of entries; -1 with errno: getdents64(2) failed */
	long at;
	_Alignas(uint64_t) char entries[1024];
};

/* Opens directory.  0, or -1, and then there is nothing to end. */
int system_walk_begin(struct proc_walk *walk, const char *directory);
/* Returns the next number, pids in rising order; -1 at the end or on error. */
int system_walk_next(struct proc_walk *walk);
void system_walk_end(struct proc_walk *walk);

/* --------------------------------------------------------------- cgroups */

/* A directory below a cgroup mount: this process's cgroup, or one above it. */
struct cgroup {
	size_t mount_length;
	size_t length; /* of path */
	char path[PATH_MAX + 64]; /* with room for mount and file name */
};

/*
 * Finds this process's cgroup below mount: controllers is "pids:" for version
 * 1, ":" for version 2.  If the path is unknown, or is the host's, going up
 * leads to the mount, which is this cgroup in a container.  cgroups(7)
 */
void system_cgroup_find(
    struct cgroup *cgroup, const char *mount, const char *controllers);

/* Goes up one directory; false at the mount. */
bool system_cgroup_up(struct cgroup *cgroup);
/* Reads a file of this cgroup, as system_read_file(). */
ssize_t system_cgroup_read(
    struct cgroup *cgroup, const char *name, char *text, size_t size);
/* Returns the number in such a file; -1, without errno, if there is none. */
int64_t system_cgroup_number(struct cgroup *cgroup, const char *name);

#endif
