/* SPDX-License-Identifier: MIT */
/* probe zombies, crowd: parents that do not reap their children. */
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIFETIME_S = 60, CHLD = 1 << (SIGCHLD - 1) };

static pid_t
make_zombie(const char *name)
{
	const pid_t child = vfork();

	if (child == 0) {
		prctl(PR_SET_NAME, name);
		_exit(0);
	}
	return child;
}

/* Returns when all of them have exited; none is reaped. */
static void
make_zombies(int count, const char *name)
{
	siginfo_t info;

	for (int i = 0; i < count; i++) {
		const pid_t child = make_zombie(name);

		if (child == -1)
			fail("vfork");
		waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	}
}

/*
 * zombies COUNT WAY [NAME [PARENT]]: hold COUNT zombies called NAME, as a
 * process called PARENT.  WAY is one of
 *
 *	never     never reap; exit on SIGTERM
 *	ignores   never reap; ignore SIGTERM, exit on SIGUSR1
 *	waits     reap on SIGCHLD
 */
int
zombies_main(int argc, char **argv)
{
	const char *way = argc > 2 ? argv[2] : "never";

	block_all();
	make_zombies(argc > 1 ? atoi(argv[1]) : 1, argc > 3 ? argv[3] : "dead");
	if (argc > 4)
		prctl(PR_SET_NAME, argv[4]);
	while (take_signal(CHLD, NULL, 0) > 0)
		;
	printf("zombies\n");
	fflush(stdout);
	if (strcmp(way, "never") == 0)
		return take_signal(1 << (SIGTERM - 1), NULL, LIFETIME_S * 1000);
	if (strcmp(way, "ignores") == 0)
		return take_signal(1 << (SIGUSR1 - 1), NULL, LIFETIME_S * 1000);
	while (take_signal(CHLD, NULL, LIFETIME_S * 1000) > 0)
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	return 0;
}

/* crowd PARENTS COUNT: start PARENTS processes with COUNT zombies each. */
int
crowd_main(int argc, char **argv)
{
	const int parents = argc > 1 ? atoi(argv[1]) : 1;
	int ready[2];
	char byte;

	if (pipe(ready) == -1)
		fail("pipe");
	for (int i = 0; i < parents; i++) {
		const pid_t child = fork();

		if (child == -1)
			fail("fork");
		if (child == 0) {
			alarm(LIFETIME_S);
			make_zombies(argc > 2 ? atoi(argv[2]) : 1, "dead");
			close(ready[0]);
			close(ready[1]);
			pause();
		}
	}
	close(ready[1]);
	(void)!read(ready[0], &byte, 1); /* until all parents have closed it */
	signal(SIGCHLD, SIG_IGN); /* parents that exit leave no zombie */
	printf("zombies\n");
	fflush(stdout);
	return take_signal(1 << (SIGTERM - 1), NULL, LIFETIME_S * 1000);
}
