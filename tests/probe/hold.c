/* SPDX-License-Identifier: MIT */
/*
 * probe hold PID: attach to PID as a debugger does, print "held" once it is
 * stopped, and detach at the end of standard input.
 */
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int
hold_main(int argc, char **argv)
{
	const pid_t tracee = argc > 1 ? atoi(argv[1]) : -1;
	char byte;

	if (ptrace(PTRACE_ATTACH, tracee, NULL, NULL) == -1)
		fail("PTRACE_ATTACH");
	if (waitpid(tracee, NULL, __WALL) != tracee)
		fail("waitpid");
	printf("held\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	if (ptrace(PTRACE_DETACH, tracee, NULL, NULL) == -1)
		fail("PTRACE_DETACH");
	return 0;
}
