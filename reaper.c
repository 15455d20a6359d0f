/* SPDX-License-Identifier: MIT */
/*
 * reaper.c: reap init's children.  SIGCHLD coalesces, so that one may stand for
 * many: children are reaped until none is left to reap.  A zombie whose other
 * threads still run cannot be reaped yet; the kernel sends SIGCHLD again when
 * the last of them has exited.
 */
#include "reaper.h"

#include "minireap.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <unistd.h>

int
reaper_adopt(void)
{
	return (int)syscall(
	    SYS_prctl, (long)PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

/* Reaps pid, -1 for any child. */
static enum reaper_result
reap(const struct reaper *reaper, pid_t pid, struct reaper_child *child)
{
	child->is_zombie = false;
	child->pid = wait4(pid, &child->wstatus, WNOHANG | __WALL,
	    reaper->wants_usage ? &child->usage : NULL);
	return child->pid > 0 ? REAPER_CHILD : (enum reaper_result)child->pid;
}

enum reaper_result
reaper_next(const struct reaper *reaper, struct reaper_child *child)
{
	siginfo_t info;

	info.si_pid = 0; /* stays so if no child has exited */
	/* waitid(2) has __WALL since Linux 4.7 only. */
	if (!reaper->shows_zombies ||
	    waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == -1)
		return reap(reaper, -1, child);
	child->is_zombie = true;
	child->pid = info.si_pid;
	return info.si_pid > 0 ? REAPER_CHILD : REAPER_NONE_NOW;
}

bool
reaper_finish(const struct reaper *reaper, struct reaper_child *child)
{
	return !child->is_zombie ||
	    reap(reaper, child->pid, child) == REAPER_CHILD;
}

int
reaper_next_stop(pid_t child, bool keeps)
{
	siginfo_t info;

	info.si_pid = 0; /* stays so if this fails, too */
	waitid(P_PID, (id_t)child, &info,
	    WSTOPPED | WCONTINUED | WNOHANG | (keeps ? WNOWAIT : 0));
	if (info.si_pid == 0)
		return REAPER_NO_CHANGE;
	return info.si_code == CLD_STOPPED ? info.si_status : REAPER_CONTINUED;
}

bool
reaper_has_living_child(pid_t group)
{
	siginfo_t info;

	/* A zombie is not among the children that could still stop. */
	return waitid(group == 0 ? P_ALL : P_PGID, (id_t)group, &info,
		   WSTOPPED | WNOHANG | WNOWAIT | __WALL) == 0;
}

int
reaper_exit_status(int wstatus)
{
	return WIFEXITED(wstatus) ? WEXITSTATUS(wstatus)
				  : STATUS_SIGNALLED + WTERMSIG(wstatus);
}
