/* SPDX-License-Identifier: MIT */
/*
 * reaper.c: init's children, its own and adopted ones.  SIGCHLD coalesces, so
 * one of them may stand for many: it is never counted, the children are asked
 * until none has anything to say.  A zombie whose other threads still run
 * cannot be reaped yet and is announced again: no reason to spin.
 */
#include "minireap.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <stddef.h>
#include <unistd.h>

int
reaper_adopt(void)
{
	return (int)syscall(
	    SYS_prctl, (long)PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

int
reaper_next(pid_t child, struct reaper_event *event)
{
	event->is_zombie = false;
	event->pid = wait4(child, &event->wstatus, WNOHANG | __WALL,
	    event->wants_usage ? &event->usage : NULL);
	return event->pid > 0 ? 1 : event->pid;
}

int
reaper_peek(pid_t child, struct reaper_event *event)
{
	siginfo_t info;

	info.si_pid = 0; /* stays so where nobody has ended */
	if (waitid(child == REAPER_ANY ? P_ALL : P_PID, (id_t)child, &info,
		WEXITED | WNOHANG | WNOWAIT | __WALL) == -1)
		return REAPER_NO_CHILD;
	event->is_zombie = true;
	event->pid = info.si_pid;
	return info.si_pid > 0;
}

/* Has it stopped, or gone on, and has nobody been told? */
static bool
has_changed(pid_t child, int flags, siginfo_t *info)
{
	info->si_pid = 0; /* stays so where this fails, too */
	waitid(
	    P_PID, (id_t)child, info, WSTOPPED | WCONTINUED | WNOHANG | flags);
	return info->si_pid != 0;
}

int
reaper_next_stop(pid_t child)
{
	siginfo_t info;

	if (!has_changed(child, 0, &info))
		return REAPER_NO_CHANGE;
	return info.si_code == CLD_STOPPED ? info.si_status : REAPER_CONTINUED;
}

bool
reaper_is_stopped(pid_t child, bool known)
{
	siginfo_t info;

	return has_changed(child, WNOWAIT, &info) ? info.si_code == CLD_STOPPED
						  : known;
}

bool
reaper_has_living_child(void)
{
	siginfo_t info;

	/* Zombies are not among those that can still be stopped. */
	return waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL) ==
	    0;
}

bool
reaper_has_child_in(pid_t group)
{
	siginfo_t info;

	return waitid(P_PGID, (id_t)group, &info,
		   WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) == 0;
}

int
reaper_exit_status(int wstatus)
{
	return WIFEXITED(wstatus) ? WEXITSTATUS(wstatus)
				  : STATUS_SIGNALLED + WTERMSIG(wstatus);
}
