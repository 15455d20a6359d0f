/* SPDX-License-Identifier: MIT */
/*
 * trace.c: what comes before main, counted rather than timed: the same on any
 * machine.  Of init that up to the fork, and of the child that from there to
 * its exec.  What init does beside its child delays nobody, and how much of it
 * is done by then is luck.
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
	SETTLE_MS = 1,
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

/*
 * Go on by request, PTRACE_SYSCALL or PTRACE_SINGLESTEP, until the next program
 * has been executed; gives the calls begun, or the instructions.
 */
static int
count_until_exec(pid_t init, int request)
{
	bool has_forked = false;
	int count = 0;

	for (;;) {
		int wstatus;
		const pid_t pid = waitpid(-1, &wstatus, __WALL);
		int sig = 0;

		if (pid == -1 || !WIFSTOPPED(wstatus))
			die("ended while it was traced");
		if (is_event(wstatus, PTRACE_EVENT_EXEC))
			return count;
		if (is_fork(wstatus))
			has_forked = true;
		else if (WSTOPSIG(wstatus) == CALL_STOP)
			count += is_entry(pid) && (pid != init || !has_forked);
		else if (wstatus >> 8 == SIGTRAP)
			count += pid != init || !has_forked; /* one step */
		else if (wstatus >> 16 == 0)
			sig = WSTOPSIG(wstatus); /* its own: deliver it */
		ptrace(request, pid, 0, sig);
	}
}

/* One that has just been executed, and has not done anything yet. */
static struct sandbox
start_traced(const struct candidate *init, long options)
{
	struct sandbox sandbox = sandbox_start(init, true, "hold");

	if (ptrace(PTRACE_SEIZE, sandbox.pid, 0, options) == -1)
		fail("ptrace");
	sandbox_say(&sandbox);
	count_until_exec(sandbox.pid, PTRACE_SYSCALL);
	return sandbox;
}

static double
count(const struct candidate *init, int request)
{
	struct sandbox sandbox = start_traced(init, FOLLOW);
	int result;

	ptrace(request, sandbox.pid, 0, 0);
	result = count_until_exec(sandbox.pid, request);
	kill(sandbox.pid, SIGKILL);
	/* Init cannot end before its tracer has waited for all the others. */
	while (waitpid(-1, NULL, __WALL) != -1)
		;
	sandbox_wait(&sandbox);
	return result;
}

void
measure_calls(const struct candidate *init, double *values)
{
	values[0] = count(init, PTRACE_SYSCALL);
}

void
measure_instructions(const struct candidate *init, double *values)
{
	values[0] = count(init, PTRACE_SINGLESTEP);
}

void
measure_faults(const struct candidate *init, double *values)
{
	struct sandbox sandbox = start_traced(init, PTRACE_O_TRACEEXEC);
	double before = look_faults(sandbox.pid);

	ptrace(PTRACE_DETACH, sandbox.pid, 0, 0);
	sandbox_hear(&sandbox);
	look_settle(&sandbox, SETTLE_MS);
	values[0] = look_faults(sandbox.pid) - before;
	if (init->count > 0)
		values[0] += look_faults(look_main(&sandbox));
	sandbox_end(&sandbox);
}
