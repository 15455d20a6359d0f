/* SPDX-License-Identifier: MIT */
/*
 * trace.c: the work done before main starts, counted rather than timed, so that
 * the result is the same on any machine.  It is counted in init up to the fork,
 * and from there in the child up to its exec.  What init does while the child
 * runs is not counted: it delays nothing, and how much of it is done by then
 * depends on the scheduler.
 */
#include "bench.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <signal.h>
#include <stddef.h>

enum {
	TRACE_OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
	    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_EXITKILL,
	SYSCALL_STOP = SIGTRAP | 0x80,
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
 * Continue with request, PTRACE_SYSCALL or PTRACE_SINGLESTEP, until the next
 * exec.  Returns the number of system calls entered, or of instructions.
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
			die("init exited while it was traced");
		if (is_event(wstatus, PTRACE_EVENT_EXEC))
			return count;
		if (is_fork(wstatus))
			has_forked = true;
		else if (WSTOPSIG(wstatus) == SYSCALL_STOP)
			count += is_entry(pid) && (pid != init || !has_forked);
		else if (wstatus >> 8 == SIGTRAP)
			count += pid != init || !has_forked; /* one step */
		else if (wstatus >> 16 == 0)
			sig = WSTOPSIG(wstatus); /* a real signal: deliver */
		ptrace(request, pid, 0, sig);
	}
}

/* Start init and stop it right after its exec. */
static struct sandbox
start_traced(const struct candidate *init, long options)
{
	struct sandbox sandbox = sandbox_start(init, true, "hold");

	if (ptrace(PTRACE_SEIZE, sandbox.pid, 0, options) == -1)
		fail("ptrace");
	sandbox_resume(&sandbox);
	count_until_exec(sandbox.pid, PTRACE_SYSCALL);
	return sandbox;
}

static double
count(const struct candidate *init, int request)
{
	struct sandbox sandbox = start_traced(init, TRACE_OPTIONS);
	int result;

	ptrace(request, sandbox.pid, 0, 0);
	result = count_until_exec(sandbox.pid, request);
	kill(sandbox.pid, SIGKILL);
	/* PID 1 cannot exit before its tracer has reaped the other tracees. */
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
	double before = observe_faults(sandbox.pid);

	ptrace(PTRACE_DETACH, sandbox.pid, 0, 0);
	sandbox_receive(&sandbox);
	observe_until_settled(&sandbox, SETTLE_MS);
	values[0] = observe_faults(sandbox.pid) - before;
	if (init->word_count > 0)
		values[0] += observe_faults(observe_main(&sandbox));
	sandbox_kill(&sandbox);
}
