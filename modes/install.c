/* SPDX-License-Identifier: MIT */
/*
 * install.c: --install: this program, copied to where a volume is mounted, in
 * images that have no cp.  rename(2) makes it appear whole or not at all, and
 * replaces a program that runs, which writing to it could not (ETXTBSY).  All
 * signals are blocked: only SIGKILL can leave the temporary file behind.
 */
#include "interface.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

/* Without /proc by argv[0], but not by a bare word: PATH found that. */
static int
open_program(void)
{
	const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const char *name = program_invocation_name;

	if (fd != -1 || system_base_name(name) == name)
		return fd;
	return open(name, O_RDONLY | O_CLOEXEC);
}

static int
copy_program(int to)
{
	const int from = open_program();
	char piece[PIECE];
	ssize_t length;

	if (from == -1)
		return -1;
	while ((length = read(from, piece, sizeof piece)) > 0) {
		const ssize_t written = write(to, piece, (size_t)length);

		if (written == -1)
			return -1;
		/* A disk that gets full takes a part, and says so later. */
		lseek(from, written - length, SEEK_CUR);
	}
	return (int)length;
}

/*
 * Append ".RANDOM" to file.  The PID is 1 in every container that shares the
 * volume: what one of them left there would be in the way for good.
 */
static void
name_temporary(char *to, const char *file)
{
	unsigned long random = 0;

	syscall(SYS_getrandom, &random, sizeof random, 0);
	to = stpcpy(to, file);
	*to++ = '.';
	system_format_number(to, random);
}

int
install(const char *file)
{
	char temporary[PATH_MAX + SYSTEM_NUMBER_SIZE];
	int fd = open(file, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1)
		errno = EISDIR;
	if (fd != -1 || errno == ENAMETOOLONG)
		return -1;
	name_temporary(temporary, file);
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
