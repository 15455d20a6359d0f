/* SPDX-License-Identifier: MIT */
/*
 * terminal.c: the controlling terminal.  Its keys (^C, ^Z, ^\) signal the
 * foreground process group.  The main process has a group of its own, which
 * must be in the foreground if init's was, or it could not even read.  A
 * background group that blocks SIGTTOU may take the foreground from any other
 * group: so compare first.  tty_ioctl(4)
 */
#include "terminal/terminal.h"

#include "system/system.h"

#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Returns the foreground process group, or -1. */
static pid_t
foreground(int fd)
{
	pid_t group;

	return ioctl(fd, TIOCGPGRP, &group) == -1 ? -1 : group;
}

static int
open_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd != -1)
		return system_move_up(fd);
	if (errno == ENXIO) /* there is none */
		return -1;
	/* Without /dev, or a free descriptor, an inherited one will do. */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (foreground(fd) != -1)
			return fd;
	return -1;
}

/*
 * All groups outside this PID namespace have the number 0, but a read from the
 * background fails while SIGTTIN is blocked, even a read of nothing.
 */
static bool
is_foreground(int fd, pid_t group)
{
	char nothing;

	return foreground(fd) == group &&
	    (group != 0 || read(fd, &nothing, 0) != -1 || errno != EIO);
}

bool
terminal_has_foreground(const struct terminal *terminal, pid_t group)
{
	return terminal->fd != -1 && is_foreground(terminal->fd, group);
}

struct terminal
terminal_find(enum scope scope)
{
	struct terminal terminal = {
	    .fd = open_terminal(), .is_shared = scope == SCOPE_SAME_GROUP};

	if (terminal.fd == -1)
		return terminal;
	terminal.state = TERMINAL_BACKGROUND;
	if (terminal.is_shared || !is_foreground(terminal.fd, getpgrp()))
		return terminal;
	if (scope != SCOPE_SESSION)
		terminal.state = TERMINAL_FOREGROUND;
	/* Only a session's leader can free it for another session. */
	else if (getsid(0) == getpid()) {
		ioctl(terminal.fd, TIOCNOTTY);
		terminal.state = TERMINAL_GIVEN_UP;
	}
	return terminal;
}

void
terminal_take(struct terminal *terminal)
{
	if (terminal->state == TERMINAL_GIVEN_UP)
		ioctl(terminal->fd, TIOCSCTTY, 0);
	else if (terminal->state != TERMINAL_FOREGROUND)
		return;
	else if (foreground(terminal->fd) == getpgid(getppid()))
		ioctl(terminal->fd, TIOCSPGRP, &(pid_t){getpgrp()});
	else /* another init in the same pipeline was faster */
		terminal->state = TERMINAL_BACKGROUND;
}

int
terminal_keep(struct terminal *terminal)
{
	if (getpid() == 1 || terminal->state == TERMINAL_GIVEN_UP)
		terminal->fd = -1;
	return terminal->fd;
}

bool
terminal_exists(const struct terminal *terminal)
{
	return terminal->state != TERMINAL_NONE;
}

signals_set
terminal_denials(void)
{
	return signals_only(SIGTTIN) | signals_only(SIGTTOU);
}

void
terminal_return(struct terminal *terminal)
{
	siginfo_t info;

	if (terminal->state != TERMINAL_FOREGROUND)
		return;
	if (terminal->fd == -1)
		terminal->fd = open_terminal();
	ioctl(terminal->fd, TIOCSPGRP, &(pid_t){getpgrp()});
	terminal->state = TERMINAL_BACKGROUND;
	/* Others in init's group were denied it, and stopped: they go on. */
	if (signals_wait(terminal_denials(), &info, 0) != 0)
		kill(0, SIGCONT);
}

void
terminal_hand_over(struct terminal *terminal, pid_t main_pid)
{
	if (terminal_has_foreground(terminal, getpgrp()))
		ioctl(terminal->fd, TIOCSPGRP, &(pid_t){main_pid});
	terminal->state = terminal_has_foreground(terminal, main_pid)
	    ? TERMINAL_FOREGROUND
	    : TERMINAL_BACKGROUND;
}
