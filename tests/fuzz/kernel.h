/* SPDX-License-Identifier: MIT */
/*
 * kernel.h: a false kernel, for code that is compiled with its functions in
 * the place of libc's.  It has the files of tree.h, a clock that never waits,
 * and processes that can only be looked at: a signal is checked by shown.h and
 * goes nowhere.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "shown.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

enum {
	MAX_FILES = 16,
	FIRST_FD = 1000,
	MAX_MAPPINGS = 4,
	GUARD_SIZE = 1 << 29, /* more than a bit for each int */
	SHORT_READ = 7,
	MAX_SLEEP_MS = 50 + 1000 + 5000 + 50, /* modes.h */
	NAME_OFFSET = 19, /* in an entry of getdents64(2) */
};

/* What an open descriptor is. */
struct file {
	enum { CLOSED, READABLE, WALK, PIDFD } type;
	unsigned kinds;
	struct piece data;
	size_t offset;
	size_t entry; /* in a walk */
	unsigned long next;
	pid_t pid; /* -1: it is about none */
	char made[6000]; /* contents, if they are not in the input */
};

struct mapping {
	char *start;
	size_t size;
	bool is_used;
};

static struct {
	struct file files[MAX_FILES];
	struct mapping mappings[MAX_MAPPINGS];
	int64_t now;
	int64_t slept;
	jmp_buf exited;
} kernel;

/* Only what init does is worth an input. */
#pragma clang attribute push( \
    __attribute__((no_sanitize("coverage"))), apply_to = function)

/* ---------------------------------------------------------- descriptors */

/* Returns the file, or NULL with errno if fd is -1. */
static struct file *
file_of(int fd)
{
	errno = EBADF;
	if (fd == -1)
		return NULL;
	expect(fd >= FIRST_FD && fd < FIRST_FD + MAX_FILES &&
		kernel.files[fd - FIRST_FD].type != CLOSED,
	    "an open descriptor");
	return &kernel.files[fd - FIRST_FD];
}

/* Returns a new descriptor, of a file that is all 0 but its type and made. */
static int
new_file(int type)
{
	int i = 0;

	while (i < MAX_FILES && kernel.files[i].type != CLOSED)
		i++;
	expect(i < MAX_FILES, "few open descriptors");
	memset(&kernel.files[i], 0, offsetof(struct file, made));
	kernel.files[i].type = type;
	return FIRST_FD + i;
}

/* Appends text to what the file has; the last of too much is dropped. */
static void
put(struct file *file, const char *text, size_t length)
{
	const size_t room = sizeof file->made - file->data.length;

	if (length > room)
		length = room;
	memcpy(file->made + file->data.length, text, length);
	file->data.length += length;
}

static void
put_text(struct file *file, const char *text)
{
	put(file, text, strlen(text));
}

static void
make_stat(struct file *file, const struct entry *process, const char *pid)
{
	put_text(file, pid);
	put_text(file, " (");
	put(file, process->data.text, process->data.length);
	put_text(file, ") ");
	put(file, process->state.text, process->state.length > 0);
	put_text(file, " ");
	put(file, process->parent.text, process->parent.length);
	put_text(file, " 5 5 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 500 0\n");
}

static void
make_status(struct file *file, const struct entry *process, const char *pid)
{
	put_text(file, "Name:\t");
	put(file, process->data.text, process->data.length);
	put_text(file, "\nState:\tS\nPPid:\t");
	put(file, process->parent.text, process->parent.length);
	put_text(file, "\nUid:\t1000\t0\t0\t0\nGroups:\t0 1 \nNSpid:\t");
	put_text(file, pid);
	if (process->state.length > 1) {
		put_text(file, "\t");
		put(file, process->state.text + 1, process->state.length - 1);
	}
	put_text(file, "\nNSpgid:\t5\n");
}

/* Opens a file of a process that a line "pid" lists. */
static int
open_made(struct piece pid, const char *name)
{
	char number[16] = "";
	const struct entry *process;
	const bool is_status = strcmp(name, "status") == 0;
	struct file *file;
	int fd;

	memcpy(number, pid.text, pid.length);
	process = find_process(take_number(&pid));
	errno = ENOENT;
	if (process == NULL || (!is_status && strcmp(name, "stat") != 0))
		return -1;
	fd = new_file(READABLE);
	file = &kernel.files[fd - FIRST_FD];
	file->data.text = file->made;
	if (is_status)
		make_status(file, process, number);
	else
		make_stat(file, process, number);
	return fd;
}

static int
open_listed(const struct entry *entry)
{
	const int fd = new_file(READABLE);

	kernel.files[fd - FIRST_FD].kinds = entry->kinds;
	kernel.files[fd - FIRST_FD].data = entry->data;
	return fd;
}

static void
check_flags(const char *path, int flags)
{
	expect((strncmp(path, SYSTEM_PROC, strlen(SYSTEM_PROC)) == 0 ||
		   strncmp(path, SYSTEM_CGROUP, strlen(SYSTEM_CGROUP)) == 0) &&
		strlen(path) < PATH_MAX + 64,
	    "a path of /proc or a cgroup");
	expect((flags & O_ACCMODE) == O_RDONLY && (flags & O_CLOEXEC) != 0,
	    "it is only read, by this program only");
	expect((flags & O_DIRECTORY) != 0 ||
		((flags & O_NONBLOCK) != 0 && (flags & O_NOCTTY) != 0),
	    "neither a FIFO blocks nor becomes a terminal init's own");
}

/* Returns the digits of PID in a path /proc/PID/NAME, or none. */
static struct piece
pid_in(const char *path)
{
	struct piece pid = {path, strlen(path)};

	if (!starts_with(pid, SYSTEM_PROC "/"))
		return (struct piece){path, 0};
	pid.text += strlen(SYSTEM_PROC "/");
	pid.length = strspn(pid.text, "0123456789");
	expect(pid.length <= 10, "a pid is an int");
	return pid;
}

/* Opens a file that is not a directory to walk through. */
static int
open_file(const char *path, const struct entry *entry)
{
	const char *name = strrchr(path, '/') + 1;
	struct piece pid = pid_in(path);
	struct file *file;
	const int fd =
	    entry != NULL ? open_listed(entry) : open_made(pid, name);

	if (fd == -1)
		return -1;
	file = &kernel.files[fd - FIRST_FD];
	file->pid = pid.length > 0 ? (pid_t)take_number(&pid) : -1;
	if (strcmp(name, "status") == 0)
		note_status(file->pid, file->data);
	if (strcmp(name, "stat") != 0)
		file->pid = -1;
	return fd;
}

static int
kernel_open(const char *path, int flags, ...)
{
	const struct entry *entry = find_file(path);
	const unsigned kinds = entry != NULL ? entry->kinds : 0;
	int fd;

	check_flags(path, flags);
	errno = (kinds & DENIED) != 0 ? EACCES : ENOENT;
	if ((kinds & (DENIED | MISSING)) != 0)
		return -1;
	if ((flags & O_DIRECTORY) == 0)
		return open_file(path, entry);
	fd = new_file(WALK);
	kernel.files[fd - FIRST_FD].kinds = kinds;
	return fd;
}

static int
kernel_close(int fd)
{
	struct file *file = file_of(fd);

	if (file == NULL)
		return -1;
	file->type = CLOSED;
	return 0;
}

static ssize_t
kernel_read(int fd, void *to, size_t size)
{
	struct file *file = file_of(fd);
	struct piece part;

	if (file == NULL)
		return -1;
	expect(file->type == READABLE, "a file is read");
	errno = (file->kinds & DIRECTORY) != 0 ? EISDIR
	    : (file->kinds & GONE) != 0	       ? ESRCH
					       : EIO;
	if ((file->kinds & (DIRECTORY | GONE | BROKEN)) != 0)
		return -1;
	memset(to, '1', size); /* there has to be so much room */
	part.text = file->data.text + file->offset;
	part.length = file->data.length - file->offset;
	if ((file->kinds & FIFO) != 0)
		part.length = 0;
	if (part.length > size)
		part.length = size;
	if ((file->kinds & SHORT) != 0 && file->offset > 0 &&
	    part.length > SHORT_READ)
		part.length = SHORT_READ;
	if (file->offset == 0 && part.length > 0)
		note_stat(file->pid, part);
	if (part.length > 0)
		memcpy(to, part.text, part.length);
	file->offset += part.length;
	return (ssize_t)part.length;
}

static ssize_t
kernel_readlink(const char *path, char *to, size_t size)
{
	const struct entry *entry = find_file(path);
	char self[16];
	struct piece target;

	expect(strcmp(path, SYSTEM_PROC "/self") == 0, "one link");
	errno = ENOENT;
	if (entry != NULL && (entry->kinds & MISSING) != 0)
		return -1;
	target.length =
	    (size_t)snprintf(self, sizeof self, "%d", (int)shown.self);
	target.text = self;
	if (entry != NULL)
		target = entry->data;
	if (target.length > size)
		target.length = size;
	memset(to, '1', size);
	memcpy(to, target.text, target.length);
	/* What the caller has zeroed remains so. */
	memset(to + target.length, '\0', size - target.length);
	return (ssize_t)target.length;
}

/* Takes the name of the next entry in /proc from the walk; empty: no more. */
static struct piece
next_name(struct file *walk, char number[24])
{
	struct piece name = {number, 0};

	while (walk->entry < tree.entry_count) {
		const struct entry *entry = &tree.entries[walk->entry];
		struct piece path = entry->path;

		if (path.length == 0) {
			const unsigned long pid = entry->first + walk->next++;

			if (pid <= entry->last) {
				name.length =
				    (size_t)snprintf(number, 24, "%lu", pid);
				return name;
			}
		}
		walk->next = 0;
		walk->entry++;
		if (!starts_with(path, SYSTEM_PROC "/"))
			continue;
		path.text += strlen(SYSTEM_PROC "/");
		path.length -= strlen(SYSTEM_PROC "/");
		name = take(&path, '/');
		name.length = strnlen(name.text, name.length);
		if (name.length > 0 && name.length < 256)
			return name;
		name.length = 0;
	}
	return name;
}

/* getdents64(2) */
static long
kernel_walk(struct file *walk, char *to, size_t size)
{
	char number[24];
	size_t at = 0;

	errno = EIO;
	if ((walk->kinds & (GONE | BROKEN)) != 0)
		return -1;
	memset(to, '1', size);
	for (;;) {
		const struct file before = *walk;
		const struct piece name = next_name(walk, number);
		const unsigned short length =
		    (unsigned short)((NAME_OFFSET + name.length + 8) / 8 * 8);

		if (name.length == 0)
			return (long)at;
		if (at + length > size) {
			*walk = before;
			return (long)at;
		}
		memcpy(to + at + 16, &length, sizeof length);
		memcpy(to + at + NAME_OFFSET, name.text, name.length);
		to[at + NAME_OFFSET + name.length] = '\0';
		at += length;
	}
}

/* --------------------------------------------------- output and the rest */

static void
check_output(const char *text, size_t length)
{
	expect(length > 0 && text[length - 1] == '\n', "whole lines");
	expect_printable(text, length - 1);
}

static ssize_t
kernel_write(int fd, const void *text, size_t length)
{
	expect(fd == STDOUT_FILENO, "the table is written to stdout");
	check_output(text, length);
	return (ssize_t)length;
}

static long
open_pidfd(pid_t pid)
{
	const struct entry *entry = find_file("pidfd");
	int fd;

	errno = ENOSYS;
	if (entry != NULL && (entry->kinds & MISSING) != 0)
		return -1;
	errno = EINVAL;
	if (pid <= 0)
		return -1;
	fd = new_file(PIDFD);
	kernel.files[fd - FIRST_FD].pid = pid;
	return fd;
}

static long
kernel_syscall(long number, ...)
{
	va_list values;
	struct file *file;
	const struct iovec *part;
	void *to;
	long result = -1;
	int value;

	va_start(values, number);
	value = va_arg(values, int);
	if (number == SYS_getdents64) {
		file = file_of(value);
		expect(file != NULL && file->type == WALK, "a directory");
		to = va_arg(values, void *);
		result = kernel_walk(file, to, va_arg(values, size_t));
	} else if (number == SYS_pwritev2) {
		part = va_arg(values, const struct iovec *);
		expect(value == STDERR_FILENO, "a message for stderr");
		check_output(part->iov_base, part->iov_len);
		result = (long)part->iov_len;
	} else if (number == SYS_pidfd_open) {
		result = open_pidfd(value);
	} else if (number == SYS_pidfd_send_signal) {
		file = file_of(value);
		expect(file != NULL && file->type == PIDFD, "a pidfd");
		result = shown_signal(file->pid, va_arg(values, int));
	} else {
		expect(false, "no other system call");
	}
	va_end(values);
	return result;
}

static int
kernel_kill(pid_t pid, int sig)
{
	return shown_signal(pid, sig);
}

static pid_t
kernel_getpid(void)
{
	return shown.self;
}

static int
kernel_clock(clockid_t clock, struct timespec *time)
{
	(void)clock;
	kernel.now += tree.clock_step;
	time->tv_sec = kernel.now / 1000;
	time->tv_nsec = kernel.now % 1000 * 1000000;
	return 0;
}

static int
kernel_poll(struct pollfd *fds, nfds_t count, int ms)
{
	expect(fds == NULL && count == 0 && ms >= 0, "only time is waited for");
	kernel.now += ms;
	kernel.slept += ms;
	expect(kernel.slept <= MAX_SLEEP_MS, "no longer than modes.h allows");
	return 0;
}

static int
kernel_waitid(idtype_t type, id_t id, siginfo_t *info, int flags)
{
	(void)type;
	(void)id;
	expect((flags & WNOHANG) != 0 && (flags & WNOWAIT) != 0,
	    "children are only looked at");
	memset(info, 0, sizeof *info);
	errno = ECHILD;
	return find_file("children") == NULL ? -1 : 0;
}

/* Memory between two guards, which is kept for the next run. */
static void *
kernel_mmap(void *at, size_t size, int protection, int flags, int fd, off_t to)
{
	const struct entry *entry = find_file("mmap");
	struct mapping *mapping = kernel.mappings;

	errno = ENOMEM;
	if (entry != NULL && (entry->kinds & MISSING) != 0)
		return MAP_FAILED;
	while (mapping->start != NULL &&
	    (mapping->is_used || mapping->size != size))
		mapping++;
	expect(mapping < kernel.mappings + MAX_MAPPINGS, "few mappings");
	if (mapping->start == NULL) {
		mapping->start = mmap(at, size + 2 * (size_t)GUARD_SIZE,
		    PROT_NONE, flags, fd, to);
		if (mapping->start == MAP_FAILED)
			abort();
		mapping->start += GUARD_SIZE;
		mapping->size = size;
		if (mprotect(mapping->start, size, protection) == -1)
			abort();
	}
	mapping->is_used = true;
	return mapping->start;
}

static int
kernel_munmap(void *start, size_t size)
{
	for (int i = 0; i < MAX_MAPPINGS; i++) {
		struct mapping *mapping = &kernel.mappings[i];

		if (mapping->start != start || !mapping->is_used)
			continue;
		expect(mapping->size == size, "the whole mapping");
		mapping->is_used = false;
		return madvise(start, size, MADV_DONTNEED);
	}
	expect(false, "a mapping");
	return -1;
}

_Noreturn static void
kernel_exit(int status)
{
	longjmp(kernel.exited, 256 + status);
}

/* ------------------------------------------------------------------ runs */

/* The files are as at first; self is this process. */
static void
kernel_begin(pid_t self, enum policy policy)
{
	shown_begin(self, policy);
	for (size_t i = 0; i < tree.entry_count; i++)
		tree.entries[i].is_over = false;
	kernel.now = 1000000;
	kernel.slept = 0;
}

/* Nothing is left open, nor mapped, unless the run was a program's. */
static void
kernel_end(bool is_program)
{
	for (int i = 0; i < MAX_FILES; i++)
		expect(kernel.files[i].type == CLOSED, "all files are closed");
	for (int i = 0; i < MAX_MAPPINGS; i++) {
		struct mapping *mapping = &kernel.mappings[i];

		expect(is_program || !mapping->is_used, "nothing stays mapped");
		if (mapping->is_used)
			kernel_munmap(mapping->start, mapping->size);
	}
}

#pragma clang attribute pop

#endif
