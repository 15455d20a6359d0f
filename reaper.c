/* SPDX-License-Identifier: MIT */
/*
 * reaper.c: reap init's children, in one of two ways.
 *
 * Init reaps: one SIGCHLD may stand for many children, so reap until none is
 * left.  A zombie whose other threads still run cannot be reaped yet; SIGCHLD
 * comes again when the last of them has exited.
 *
 * The kernel reaps: with SA_NOCLDWAIT no child becomes a zombie, and a pidfd
 * still has the status of the main process, since Linux 6.15.  The first
 * orphan shows whether this works here, if init need not see every child.
 */
#include "reaper.h"

#include "signals.h"
#include "system/system.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

/* struct pidfd_info of linux/pidfd.h, in its first size. */
struct pidfd_info {
	uint64_t mask; /* what is asked for, then what is known */
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t wstatus;
};

#define GET_INFO _IOWR(0xff, 11, struct pidfd_info) /* PIDFD_GET_INFO */

enum {
	INFO_EXIT = 1 << 3, /* PIDFD_INFO_EXIT */
	STATUS_MS = 1000, /* it follows SIGCHLD within microseconds */
};

int
reaper_adopt(void)
{
	return (int)syscall(
	    SYS_prctl, (long)PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

/* As reap(), if a filter refuses wait4(2). */
static enum reaper_result
reap_by_waitid(pid_t pid, struct reaper_child *child)
{
	siginfo_t info;

	info.si_pid = 0; /* stays so if none has exited */
	if (waitid(pid == -1 ? P_ALL : P_PID, (id_t)pid, &info,
		WEXITED | WNOHANG | __WALL) == -1)
		return errno == ECHILD ? REAPER_NO_CHILD : REAPER_REFUSED;
	child->pid = info.si_pid;
	child->wstatus = info.si_code == CLD_EXITED ? info.si_status << CHAR_BIT
						    : info.si_status;
	return info.si_pid > 0 ? REAPER_CHILD : REAPER_NONE_NOW;
}

/* Reaps pid, -1 for any child. */
static enum reaper_result
reap(struct reaper *reaper, pid_t pid, struct reaper_child *child)
{
	enum reaper_result result = REAPER_CHILD;

	child->pid = wait4(pid, &child->wstatus, WNOHANG | __WALL,
	    reaper->way >= REAPER_USAGE ? &child->usage : NULL);
	if (child->pid == 0)
		return REAPER_NONE_NOW;
	if (child->pid == -1)
		result = errno == ECHILD ? REAPER_NO_CHILD
					 : reap_by_waitid(pid, child);
	reaper->main_gone |=
	    result == REAPER_CHILD && child->pid == reaper->main->pid;
	return result;
}

/* Returns a child that has exited, and does not reap it; or 0; or -1. */
static pid_t
find_zombie(void)
{
	siginfo_t info;

	info.si_pid = 0; /* stays so if no child has exited */
	/* waitid(2) has __WALL since Linux 4.7 only. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == -1)
		return -1;
	return info.si_pid;
}

static bool
needs_main(const struct reaper *reaper)
{
	return reaper->main->pid != 0 && !reaper->main_gone;
}

/* The status of a process that was reaped, by its pidfd: is it known? */
static bool
read_status(int pidfd, int *wstatus)
{
	struct pidfd_info info = {.mask = INFO_EXIT, .wstatus = -1};

	if (ioctl(pidfd, GET_INFO, &info) == -1 || (info.mask & INFO_EXIT) == 0)
		return false;
	*wstatus = info.wstatus;
	return true;
}

/* From now on main's number may be reused: it is known by its pidfd. */
static bool
let_kernel_reap(struct reaper *reaper)
{
	struct main_process *main_process = reaper->main;
	int *fd = &main_process->pidfd;
	bool lets = true;

	if (needs_main(reaper)) {
		*fd = system_move_up(signals_open_pidfd(main_process->pid));
		/* A filter may refuse to send by it. */
		lets = *fd != -1 &&
		    signals_send(main_process, SCOPE_MAIN, 0, NULL) == 0;
	}
	lets = lets && signals_let_kernel_reap() == 0;
	if (!lets && *fd != -1) {
		close(*fd);
		*fd = -1;
	}
	return lets;
}

/* Reaps the first orphan.  Does its pidfd have the status that wait4(2) has? */
static enum reaper_result
probe(struct reaper *reaper, pid_t orphan, struct reaper_child *child)
{
	const int fd = signals_open_pidfd(orphan);
	const enum reaper_result result = reap(reaper, orphan, child);
	int wstatus;

	reaper->way = REAPER_INIT;
	if (result == REAPER_CHILD && read_status(fd, &wstatus) &&
	    wstatus == child->wstatus && let_kernel_reap(reaper))
		reaper->way = REAPER_KERNEL;
	close(fd);
	return result;
}

static enum reaper_result
next_of_any(struct reaper *reaper, struct reaper_child *child)
{
	pid_t zombie;

	if (needs_main(reaper) &&
	    reap(reaper, reaper->main->pid, child) == REAPER_CHILD)
		return REAPER_CHILD;
	zombie = find_zombie();
	if (zombie == 0)
		return REAPER_NONE_NOW;
	if (zombie > 0 && zombie != reaper->main->pid)
		return probe(reaper, zombie, child);
	return reap(reaper, -1, child);
}

/* The kernel sends SIGCHLD, reaps main, and only then stores its status. */
static enum reaper_result
main_reaped(struct reaper *reaper, struct reaper_child *child)
{
	struct pollfd reaped = {.fd = reaper->main->pidfd}; /* POLLHUP */

	child->pid = reaper->main->pid;
	child->wstatus = STATUS_FAILURE << CHAR_BIT; /* if it never comes */
	if (!read_status(reaped.fd, &child->wstatus)) {
		if (poll(&reaped, 1, STATUS_MS) == 0)
			return REAPER_NONE_NOW; /* it lives */
		(void)read_status(reaped.fd, &child->wstatus);
	}
	reaper->main_gone = true;
	return REAPER_CHILD;
}

static enum reaper_result
next_of_kernel(struct reaper *reaper, struct reaper_child *child)
{
	enum reaper_result result;

	if (needs_main(reaper)) {
		result = reap(reaper, reaper->main->pid, child);
		if (result == REAPER_CHILD)
			return result;
		if (result == REAPER_NO_CHILD)
			return main_reaped(reaper, child);
	}
	if (reaper->is_drained && !reaper->main_gone)
		return REAPER_NONE_NOW;
	result = reap(reaper, -1, child);
	reaper->is_drained = result != REAPER_CHILD;
	return result;
}

/* The next zombie is shown. */
static enum reaper_result
next_zombie(struct reaper *reaper, struct reaper_child *child)
{
	child->pid = find_zombie();
	if (child->pid == -1)
		return reap(reaper, -1, child);
	child->is_zombie = child->pid > 0;
	return (enum reaper_result)child->is_zombie;
}

enum reaper_result
reaper_next(struct reaper *reaper, struct reaper_child *child)
{
	child->is_zombie = false;
	switch (reaper->way) {
	case REAPER_ANY:
		return next_of_any(reaper, child);
	case REAPER_KERNEL:
		return next_of_kernel(reaper, child);
	case REAPER_ZOMBIES:
		return next_zombie(reaper, child);
	default:
		return reap(reaper, -1, child);
	}
}

bool
reaper_finish(struct reaper *reaper, struct reaper_child *child)
{
	return !child->is_zombie ||
	    reap(reaper, child->pid, child) == REAPER_CHILD;
}

int
reaper_exit_status(int wstatus)
{
	return WIFEXITED(wstatus) ? WEXITSTATUS(wstatus)
				  : STATUS_SIGNALLED + WTERMSIG(wstatus);
}
