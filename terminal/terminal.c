/* SPDX-License-Identifier: MIT */
/*
 * terminal.c: the controlling terminal.  Its keys (^C, ^Z, ^\) signal the
 * foreground process group.  Main has a group of its own, so that group has to
 * be the foreground one when init's was, or main could not even read.  A
 * background group may take the foreground only while SIGTTOU is blocked, and
 * then it does, whoever has it: always compare first.  tty_ioctl(4)
 */
#include "interface.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

enum { SHELL_LOOKS_MS = 50 };

/* ioctl(2), which a libc makes of tcgetpgrp(3) and tcsetpgrp(3), too. */
static int
control(int fd, unsigned long request, void *argument)
{
	return (int)syscall(SYS_ioctl, (long)fd, request, argument);
}

/* The foreground process group, or -1. */
static pid_t
foreground(int fd)
{
	pid_t group;

	return control(fd, TIOCGPGRP, &group) == -1 ? -1 : group;
}

static int
set_foreground(int fd, pid_t group)
{
	return control(fd, TIOCSPGRP, &group);
}

/* A standard descriptor that was closed must not become the terminal. */
static int
move_up(int fd)
{
	long moved;

	if (fd > STDERR_FILENO)
		return fd;
	/* Not by fcntl(3), which is made for more, and ten times the size. */
	moved = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(fd);
	return (int)moved;
}

static int
open_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd != -1)
		return move_up(fd);
	if (errno == ENXIO) /* there is none */
		return -1;
	/* No /dev, no descriptor left: one that we have been given, then. */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (foreground(fd) != -1)
			return fd;
	return -1;
}

/*
 * Groups of a PID namespace outside ours are all called 0, but a read from the
 * background is refused while SIGTTIN is blocked, one of nothing too.
 */
static bool
is_foreground(int fd, pid_t group)
{
	char nothing;

	return foreground(fd) == group &&
	    (group != 0 || read(fd, &nothing, 0) != -1 || errno != EIO);
}

bool
terminal_is_foreground(const struct terminal *terminal, pid_t group)
{
	return terminal->fd != -1 && is_foreground(terminal->fd, group);
}

struct terminal
terminal_find(enum scope scope)
{
	struct terminal terminal = {.fd = open_terminal()};

	terminal.exists = terminal.fd != -1;
	if (!terminal.exists || !is_foreground(terminal.fd, getpgrp()))
		return terminal;
	if (scope != SCOPE_SESSION)
		terminal.held = true;
	/* A session's leader alone can make it free for another session. */
	else if (getsid(0) == getpid()) {
		control(terminal.fd, TIOCNOTTY, NULL);
		terminal.held = true;
		terminal.given_up = true;
	}
	return terminal;
}

void
terminal_take(struct terminal *terminal)
{
	if (!terminal->held)
		return;
	if (terminal->given_up)
		control(terminal->fd, TIOCSCTTY, NULL);
	else if (foreground(terminal->fd) == getpgid(getppid()))
		set_foreground(terminal->fd, getpgrp());
	else /* another init of our pipeline was faster */
		terminal->held = false;
}

int
terminal_keep(struct terminal *terminal)
{
	if (getpid() == 1 || terminal->given_up)
		terminal->fd = -1;
	return terminal->fd;
}

signals_set
terminal_denials(void)
{
	return signals_only(SIGTTIN) | signals_only(SIGTTOU);
}

void
terminal_continue_denied(void)
{
	siginfo_t info;

	kill(0, SIGCONT);
	signals_wait(0, &info, SHELL_LOOKS_MS);
}

void
terminal_return(struct terminal *terminal)
{
	siginfo_t info;

	if (!terminal->held || terminal->given_up)
		return;
	if (terminal->fd == -1)
		terminal->fd = open_terminal();
	set_foreground(terminal->fd, getpgrp());
	terminal->held = false;
	if (signals_wait(terminal_denials(), &info, 0) != 0)
		terminal_continue_denied();
}

void
terminal_hand_over(struct terminal *terminal, pid_t main_pid)
{
	if (terminal_is_foreground(terminal, getpgrp()))
		set_foreground(terminal->fd, main_pid);
	terminal->held = terminal_is_foreground(terminal, main_pid);
}
