/* SPDX-License-Identifier: MIT */
/*
 * file.c: opening and reading, by the kernel's own call: a libc's open(3) is
 * made for modes and cancellation too, and several times the size.
 */
#include "minireap.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <unistd.h>

int
file_open(const char *path, int flags)
{
	return (int)syscall(
	    SYS_openat, (long)AT_FDCWD, path, (long)(flags | O_CLOEXEC), 0755L);
}

ssize_t
file_read(const char *path, char *text, size_t size)
{
	/* A FIFO or a terminal must not make us wait, nor become ours. */
	const int fd = file_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	ssize_t length;

	if (fd == -1)
		return -1;
	length = read(fd, text, size - 1);
	close(fd);
	if (length >= 0)
		text[length] = '\0';
	return length;
}
