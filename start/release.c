/* SPDX-License-Identifier: MIT */
/*
 * release.c: release what init inherited.  What init keeps open cannot be
 * unmounted, closed or read to its end while the container lives: a pipe whose
 * reader waits for the end, a socket that main closes to say that it is done,
 * the directory that init was started in.  PID 1 keeps the standard ones:
 * others reach the container's streams by /proc/1/fd.
 */
#include "start/start.h"

#include "system/system.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <unistd.h>

enum { FIRST_FD = STDERR_FILENO + 1 };

/* Before Linux 5.9, or if a filter refuses close_range(2). */
static void
close_listed(int keep)
{
	struct proc_walk walk;
	int fd;

	if (system_walk_begin(&walk, "/proc/self/fd") == -1)
		return; /* they stay open */
	while ((fd = system_walk_next(&walk)) != -1)
		if (fd >= FIRST_FD && fd != keep && fd != walk.fd)
			close(fd);
	system_walk_end(&walk);
}

static bool
close_range_of(unsigned first, unsigned last)
{
	return first > last || syscall(SYS_close_range, first, last, 0U) == 0;
}

static void
replace_standard(int count, int keep)
{
	int null;

	/* A free descriptor, even if RLIMIT_NOFILE is 3. */
	close(keep == STDIN_FILENO ? STDOUT_FILENO : STDIN_FILENO);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = STDIN_FILENO; fd < count; fd++)
		if (fd != keep && dup2(null, fd) == -1)
			close(fd);
	if (null >= count)
		close(null);
}

void
start_release(int keep, int standard)
{
	const unsigned kept = keep < FIRST_FD ? FIRST_FD - 1 : (unsigned)keep;

	if (standard > 0)
		replace_standard(standard, keep);
	if (!close_range_of(FIRST_FD, kept - 1) ||
	    !close_range_of(kept + 1, UINT_MAX))
		close_listed(keep);
	(void)!chdir("/");
}
