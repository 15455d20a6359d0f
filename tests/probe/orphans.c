/* SPDX-License-Identifier: MIT */
/* probe orphans, orphans-at-once, leader-ends: what an init has to reap. */
#include "probe.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WINDOW = 16, PATIENCE_US = 2000000 };

/* An orphan that ends at once; its pid goes to *orphan. */
static int
make_orphan(volatile pid_t *orphan)
{
	int status;
	const pid_t child = fork();

	if (child == -1)
		return -1;
	if (child == 0) {
		const pid_t grandchild = fork();

		if (grandchild == -1)
			_exit(1);
		if (grandchild == 0)
			_exit(0);
		*orphan = grandchild;
		_exit(0);
	}
	if (waitpid(child, &status, 0) == -1 || status != 0)
		return -1;
	return 0;
}

/* Has it been reaped, in time? */
static int
is_gone(pid_t orphan)
{
	const long long end = now_us() + PATIENCE_US;

	while (kill(orphan, 0) == 0) {
		if (now_us() > end)
			return 0;
		usleep(50);
	}
	return 1;
}

/*
 * orphans N: one after the other; 9 at the first fork that fails.  At most
 * WINDOW wait to be reaped, as long as they are reaped at all: when init gets a
 * processor is not its doing.
 */
int
orphans_main(int argc, char **argv)
{
	const int count = argc > 1 ? atoi(argv[1]) : 0;
	int waits = 1;
	volatile pid_t *orphans = mmap(NULL, WINDOW * sizeof *orphans,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (orphans == MAP_FAILED)
		fail("mmap");
	for (int i = 0; i < count; i++) {
		if (waits && i >= WINDOW)
			waits = is_gone(orphans[i % WINDOW]);
		if (make_orphan(&orphans[i % WINDOW]) == -1) {
			fprintf(stderr, "fork number %d failed\n", i);
			return 9;
		}
	}
	printf("%d orphans\n", count);
	return 0;
}

/* orphans-at-once N: all end in the same moment, N of them; then status 7. */
int
orphans_at_once_main(int argc, char **argv)
{
	const int count = argc > 1 ? atoi(argv[1]) : 0;
	int ends[2];

	if (pipe(ends) == -1)
		fail("pipe");
	for (int i = 0; i < count; i++) {
		const pid_t child = fork();

		if (child == -1)
			fail("fork");
		if (child == 0) {
			char byte;

			close(ends[1]);
			if (fork() != 0)
				_exit(0);
			(void)!read(ends[0], &byte, 1);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	printf("%d orphans live\n", count);
	fflush(stdout);
	close(ends[1]);
	if (argc > 2) /* stay, to be looked at */
		sleep((unsigned)atoi(argv[2]));
	return 7;
}

static void *
linger(void *seconds)
{
	sleep(*(unsigned *)seconds);
	_exit(0);
}

/*
 * leader-ends SECONDS: an orphan whose first thread ends at once while another
 * lives on: a zombie that nobody can reap yet.
 */
int
leader_ends_main(int argc, char **argv)
{
	static unsigned seconds;

	seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
	if (fork() == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, linger, &seconds);
		syscall(SYS_exit, 0);
	}
	return 0;
}
