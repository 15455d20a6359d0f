/* SPDX-License-Identifier: MIT */
/* probe hold: a debugger that has got hold of somebody. */
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * hold PID: attach to PID, "held" once it is stopped, and let it go when
 * standard input ends.
 */
int
hold_main(int argc, char **argv)
{
	const pid_t held = argc > 1 ? atoi(argv[1]) : -1;
	char byte;

	if (ptrace(PTRACE_ATTACH, held, NULL, NULL) == -1)
		fail("PTRACE_ATTACH");
	if (waitpid(held, NULL, __WALL) != held)
		fail("waitpid");
	printf("held\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	if (ptrace(PTRACE_DETACH, held, NULL, NULL) == -1)
		fail("PTRACE_DETACH");
	return 0;
}
