/* SPDX-License-Identifier: MIT */
/*
 * ignore.c: an init that never reaps, as a lower bound of reaping: SIGCHLD is
 * ignored, so that the kernel does it, and main's status comes from its pidfd
 * (Linux 6.15).  Like loop.c it is not for use.
 */
#include "nolibc.h"

#include <sys/wait.h>

#include <poll.h>
#include <signal.h>

enum {
	/* CLONE_VM, CLONE_PIDFD, CLONE_VFORK */
	VFORK_WITH_PIDFD = 0x100 | 0x1000 | 0x4000 | SIGCHLD,
	INFO_EXIT = 1 << 3, /* PIDFD_INFO_EXIT */
};

#define GET_INFO 0xc040ff0b /* PIDFD_GET_INFO, for what follows */

/* struct pidfd_info of linux/pidfd.h, as it began */
struct info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t wstatus;
};

static void
handle_child(long handler)
{
	const long action[8] = {handler}; /* a kernel's struct sigaction */

	call(SYS_rt_sigaction, SIGCHLD, (long)action, 0, sizeof(uint64_t));
}

/* The child borrows our stack: it makes system calls and nothing else. */
static long
start(char **argv, char **envp, int *pidfd)
{
	const long pid = call(SYS_clone, VFORK_WITH_PIDFD, 0, (long)pidfd, 0);

	if (pid == 0) {
		handle_child((long)SIG_DFL);
		become_main(argv, envp);
	}
	return pid;
}

static void
end_like(int pidfd)
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
	uint32_t signal[32]; /* struct signalfd_siginfo: its number is first */
	struct pollfd ready[2] = {{.events = POLLIN}, {.events = POLLIN}};
	long main_pid;

	block_all();
	handle_child((long)SIG_IGN);
	main_pid = start(argv, argv + stack[0] + 1, &ready[0].fd);
	ready[1].fd = (int)call(SYS_signalfd4, -1, (long)&all, sizeof all, 0);
	for (;;) {
		call(SYS_ppoll, (long)ready, 2, 0, 0);
		if (ready[0].revents != 0)
			end_like(ready[0].fd);
		if (call(SYS_read, ready[1].fd, (long)signal, sizeof signal,
			0) == sizeof signal)
			call(SYS_kill, main_pid, signal[0], 0, 0);
	}
}
