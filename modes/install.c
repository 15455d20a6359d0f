/* SPDX-License-Identifier: MIT */
/*
 * install.c: --install: copy this program to a volume, for images that have no
 * cp.  rename(2) makes it appear whole or not at all, and replaces a program
 * that is running, which a write could not (ETXTBSY).  All signals are blocked:
 * only SIGKILL can leave the temporary file behind.
 */
#include "modes/modes.h"

#include "system/system.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_SIZE = 1 << 16 };

static int
copy_program(int to)
{
	const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char piece[PIECE_SIZE];
	ssize_t length;

	if (from == -1)
		return -1;
	while ((length = read(from, piece, sizeof piece)) > 0) {
		const ssize_t written = write(to, piece, (size_t)length);

		if (written == -1)
			return -1;
		/* A full disk writes a part, and fails the next time. */
		lseek(from, written - length, SEEK_CUR);
	}
	return (int)length;
}

/* 0, or -1 with errno, and then nothing has changed; EISDIR for a directory. */
static int
install_program(const char *file)
{
	char temporary[PATH_MAX + SYSTEM_NUMBER_SIZE];
	unsigned long random = 0;
	int fd = open(file, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1)
		errno = EISDIR;
	if (fd != -1 || errno == ENAMETOOLONG)
		return -1;
	/* The pid is 1 in each of the containers that share the volume. */
	syscall(SYS_getrandom, &random, sizeof random, 0);
	strcpy(temporary, file);
	temporary[system_base_name(file) - file] = '.';
	system_format_number(
	    temporary + (system_base_name(file) - file) + 1, random);
	umask(0);
	fd = open(
	    temporary, O_WRONLY | O_CREAT | O_EXCL | O_SYNC | O_CLOEXEC, 0755);
	if (fd == -1)
		return -1;
	if (copy_program(fd) == -1 || rename(temporary, file) == -1) {
		const int error = errno;

		unlink(temporary);
		errno = error;
		return -1;
	}
	return 0;
}

_Noreturn void
modes_install(const struct options *options, struct report *report)
{
	if (install_program(options->install) == -1)
		report_fail(report, "cannot install %s: %m", options->install);
	_exit(0);
}
