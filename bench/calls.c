/* SPDX-License-Identifier: MIT */
/*
 * calls.c: the system calls that come before main: those of init up to the
 * fork, and those of the child from there to its exec.  What init does beside
 * its child delays nobody, and how much of it is done by then is luck.
 */
#include "bench.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <signal.h>
#include <stddef.h>

enum {
	FOLLOW = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
	    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_EXITKILL,
	CALL_STOP = SIGTRAP | 0x80,
};

static bool
is_entry(pid_t pid)
{
	struct __ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

static bool
is_event(int wstatus, int event)
{
	return wstatus >> 8 == (SIGTRAP | event << 8);
}

static bool
is_fork(int wstatus)
{
	return is_event(wstatus, PTRACE_EVENT_FORK) ||
	    is_event(wstatus, PTRACE_EVENT_VFORK) ||
	    is_event(wstatus, PTRACE_EVENT_CLONE);
}

/* Go on until the next program has been executed; gives the calls begun. */
static int
count_until_exec(pid_t init)
{
	bool has_forked = false;
	int calls = 0;

	for (;;) {
		int wstatus;
		const pid_t pid = waitpid(-1, &wstatus, __WALL);
		int sig = 0;

		if (pid == -1 || !WIFSTOPPED(wstatus))
			die("ended while it was traced");
		if (is_event(wstatus, PTRACE_EVENT_EXEC))
			return calls;
		if (is_fork(wstatus))
			has_forked = true;
		else if (WSTOPSIG(wstatus) == CALL_STOP)
			calls += is_entry(pid) && (pid != init || !has_forked);
		else if (wstatus >> 16 == 0)
			sig = WSTOPSIG(wstatus); /* its own: deliver it */
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
}

void
measure_calls(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, true, "hold", NULL);

	if (ptrace(PTRACE_SEIZE, sandbox.pid, 0, FOLLOW) == -1)
		fail("ptrace");
	sandbox_say(&sandbox);
	count_until_exec(sandbox.pid);
	ptrace(PTRACE_SYSCALL, sandbox.pid, 0, 0);
	values[0] = count_until_exec(sandbox.pid);
	kill(sandbox.pid, SIGKILL);
	/* Init cannot end before its tracer has waited for all the others. */
	while (waitpid(-1, NULL, __WALL) != -1)
		;
	sandbox_wait(&sandbox);
}
