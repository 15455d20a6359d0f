/* SPDX-License-Identifier: MIT */
/*
 * ignore.c: an init that never reaps, as a lower bound for reaping.  It ignores
 * SIGCHLD, so that the kernel reaps, and reads main's status from a pidfd
 * (Linux 6.15).  Like loop.c, it is not meant for use.
 */
#include "nolibc.h"

#include <sys/wait.h>

#include <poll.h>
#include <sched.h>
#include <signal.h>

/*
 * PIDFD_INFO_EXIT, the first version of struct pidfd_info, and PIDFD_GET_INFO
 * for that version: linux/pidfd.h, which older kernel headers lack.
 */
enum { INFO_EXIT = 1 << 3 };

#define GET_INFO 0xc040ff0b

struct info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t wstatus;
};

static void
set_sigchld_handler(long handler)
{
	const long action[8] = {handler}; /* the kernel's struct sigaction */

	call(SYS_rt_sigaction, SIGCHLD, (long)action, 0, sizeof(uint64_t));
}

/* The child borrows our stack, so it makes system calls and nothing else. */
static long
start(char **argv, char **envp, int *pidfd)
{
	const long pid = call(SYS_clone,
	    CLONE_VM | CLONE_PIDFD | CLONE_VFORK | SIGCHLD, 0, (long)pidfd, 0);

	if (pid == 0) {
		set_sigchld_handler((long)SIG_DFL);
		exec_main(argv, envp);
	}
	return pid;
}

static void
exit_like(int pidfd)
{
	struct info info = {.mask = INFO_EXIT};

	if (call(SYS_ioctl, pidfd, GET_INFO, (long)&info, 0) != 0)
		quit(125);
	quit(WIFEXITED(info.wstatus) ? WEXITSTATUS(info.wstatus)
				     : 128 + WTERMSIG(info.wstatus));
}

_Noreturn void
begin(long *stack)
{
	char **argv = (char **)(stack + 1);
	const uint64_t all = UINT64_MAX;
	uint32_t info[32]; /* struct signalfd_siginfo: starts with ssi_signo */
	struct pollfd ready[2] = {{.events = POLLIN}, {.events = POLLIN}};
	long main_pid;

	block_all();
	set_sigchld_handler((long)SIG_IGN);
	main_pid = start(argv, argv + stack[0] + 1, &ready[0].fd);
	ready[1].fd = (int)call(SYS_signalfd4, -1, (long)&all, sizeof all, 0);
	for (;;) {
		call(SYS_ppoll, (long)ready, 2, 0, 0);
		if (ready[0].revents != 0)
			exit_like(ready[0].fd);
		if (call(SYS_read, ready[1].fd, (long)info, sizeof info, 0) ==
		    sizeof info)
			call(SYS_kill, main_pid, info[0], 0, 0);
	}
}
