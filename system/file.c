/* SPDX-License-Identifier: MIT */
/*
 * file.c: files, descriptors and the clock.
 */
#include "system/system.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <unistd.h>

ssize_t
system_read_file(const char *path, char *text, size_t size)
{
	/* A FIFO must not block init, nor a terminal become its own. */
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t length;

	if (fd == -1)
		return -1;
	length = read(fd, text, size - 1);
	close(fd);
	if (length >= 0)
		text[length] = '\0';
	return length;
}

int
system_move_up(int fd)
{
	long moved;

	if (fd == -1 || fd > STDERR_FILENO)
		return fd;
	/* musl's fcntl(2) has 400 bytes for what this does not ask for. */
	moved = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1L);
	close(fd);
	return (int)moved;
}

int64_t
system_clock_ms(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
