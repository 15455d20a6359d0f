/* SPDX-License-Identifier: MIT */
/*
 * loop.c: the smallest possible init, as a lower bound: it blocks signals,
 * starts main, forwards signals, reaps and exits with main's status.  It has
 * no C library, options, PATH search or messages, and is not meant for use.
 */
#include "nolibc.h"

#include <sys/wait.h>

#include <sched.h>
#include <signal.h>

/* The child borrows our stack, so it makes system calls and nothing else. */
static long
start(char **argv, char **envp)
{
	const long pid =
	    call(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0);

	if (pid == 0)
		exec_main(argv, envp);
	return pid;
}

static void
reap(long main_pid)
{
	long pid;
	int wstatus = 0;

	while ((pid = call(SYS_wait4, -1, (long)&wstatus, WNOHANG, 0)) > 0)
		if (pid == main_pid)
			quit(WIFEXITED(wstatus) ? WEXITSTATUS(wstatus)
						: 128 + WTERMSIG(wstatus));
}

_Noreturn void
begin(long *stack)
{
	char **argv = (char **)(stack + 1);
	long main_pid;

	block_all();
	main_pid = start(argv, argv + stack[0] + 1);
	for (;;) {
		const int sig = wait_for_signal();

		if (sig == SIGCHLD)
			reap(main_pid);
		else
			call(SYS_kill, main_pid, sig, 0, 0);
	}
}
