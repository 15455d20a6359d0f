/* SPDX-License-Identifier: MIT */
/* probe orphans, orphans-at-once, leader-ends: what an init has to reap. */
#include "probe.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* An orphan that ends at once; the pipe tells when it has. */
static int
make_orphan(void)
{
	int status;
	int ends[2];
	char byte;
	pid_t child;

	if (pipe(ends) == -1)
		fail("pipe");
	child = fork();
	if (child == 0)
		_exit(fork() == -1);
	close(ends[1]);
	if (child == -1 || waitpid(child, &status, 0) == -1 || status != 0)
		return -1;
	(void)!read(ends[0], &byte, 1);
	close(ends[0]);
	return 0;
}

/*
 * orphans N: one after the other, as init's only work is to reap them: what it
 * is late with, and nothing else, takes up the places of a limit.  9 at the
 * first fork that fails.
 */
int
orphans_main(int argc, char **argv)
{
	const int count = argc > 1 ? atoi(argv[1]) : 0;

	for (int i = 0; i < count; i++)
		if (make_orphan() == -1) {
			fprintf(stderr, "fork number %d failed\n", i);
			return 9;
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
