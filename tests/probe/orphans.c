/* SPDX-License-Identifier: MIT */
/* probe orphans, orphans-at-once, leaves, leader-ends: what init has to reap.
 */
#include "probe.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WINDOW = 16, TIMEOUT_US = 2000000 };

/* Make an orphan that exits at once and store its pid; -1 if a fork failed. */
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

/* Wait until the orphan has been reaped; returns 0 after TIMEOUT_US. */
static int
wait_until_reaped(pid_t orphan)
{
	const long long end = now_us() + TIMEOUT_US;

	while (kill(orphan, 0) == 0) {
		if (now_us() > end)
			return 0;
		usleep(50);
	}
	return 1;
}

/*
 * orphans N: make N orphans, one at a time; exit with 9 when a fork fails.
 *
 * At most WINDOW orphans are left for init to reap at any time, since it is up
 * to the scheduler when init runs.  Once one is not reaped in time, this no
 * longer waits.
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
			waits = wait_until_reaped(orphans[i % WINDOW]);
		if (make_orphan(&orphans[i % WINDOW]) == -1) {
			fprintf(stderr, "fork number %d failed\n", i);
			return 9;
		}
	}
	printf("%d orphans\n", count);
	return 0;
}

/*
 * orphans-at-once N [SECONDS]: make N orphans that exit at the same time; then
 * exit with 7, after SECONDS if given.
 */
int
orphans_at_once_main(int argc, char **argv)
{
	const int count = argc > 1 ? atoi(argv[1]) : 0;
	int gate[2];

	if (pipe(gate) == -1)
		fail("pipe");
	for (int i = 0; i < count; i++) {
		const pid_t child = fork();

		if (child == -1)
			fail("fork");
		if (child == 0) {
			char byte;

			close(gate[1]);
			if (fork() != 0)
				_exit(0);
			(void)!read(gate[0], &byte, 1);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	printf("%d orphans live\n", count);
	fflush(stdout);
	close(gate[1]);
	if (argc > 2)
		sleep((unsigned)atoi(argv[2]));
	return 7;
}

/*
 * leaves STATUS [MICROSECONDS]: make an orphan, wait, and end with STATUS:
 * exit, or from 129 on die of a signal.
 */
int
leaves_main(int argc, char **argv)
{
	const int status = argc > 1 ? atoi(argv[1]) : 0;
	pid_t orphan;

	if (make_orphan(&orphan) == -1)
		fail("fork");
	usleep(argc > 2 ? (unsigned)atoi(argv[2]) : 0);
	if (status > 128)
		raise(status - 128);
	_exit(status);
}

static void *
linger(void *seconds)
{
	sleep(*(unsigned *)seconds);
	_exit(0);
}

/*
 * leader-ends SECONDS: make an orphan whose first thread exits at once, while
 * another runs for SECONDS: until then it is a zombie that cannot be reaped.
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
