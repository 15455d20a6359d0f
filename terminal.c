/* SPDX-License-Identifier: MIT */
/*
 * terminal.c: the controlling terminal.  Its keys (^C, ^Z, ^\) signal the
 * foreground process group.  Main has a group of its own, so that group has to
 * be the foreground one when init's was, or main could not even read; and
 * since the shell that started us knows our group only, a stop of main must
 * become one of ours, and our being continued one of main's.  A background
 * group may take the foreground only while SIGTTOU is blocked, and then it
 * does, whoever has it: always compare first.  tty_ioctl(4)
 */
#include "minireap.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

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
	int fd = file_open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK);

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

static bool
is_foreground(int fd, pid_t group)
{
	return fd != -1 && foreground(fd) == group;
}

struct terminal
terminal_find(enum scope scope)
{
	struct terminal terminal = {.fd = open_terminal()};

	terminal.exists = terminal.fd != -1;
	if (!is_foreground(terminal.fd, getpgrp()))
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
terminal_take(const struct terminal *terminal)
{
	if (!terminal->held)
		return;
	if (terminal->given_up)
		control(terminal->fd, TIOCSCTTY, NULL);
	else
		set_foreground(terminal->fd, getpgrp());
}

int
terminal_keep(struct terminal *terminal)
{
	if (getpid() == 1 || terminal->given_up)
		terminal->fd = -1;
	return terminal->fd;
}

void
terminal_return(const struct terminal *terminal)
{
	if (terminal->held && !terminal->given_up && terminal->fd != -1)
		set_foreground(terminal->fd, getpgrp());
}

/*
 * Could a shell continue us once we have stopped?  As far as our own ancestors
 * tell: a group is orphaned when no member has a parent in the same session
 * but another group.  setpgid(2)
 */
static bool
is_job(void)
{
	const pid_t group = getpgrp();
	const pid_t session = getsid(0);
	pid_t ancestor = getppid();

	if (getpid() == 1 || getpid() == session)
		return false;
	/* A script between us and its shell shares our group. */
	while (ancestor > 0 && getpgid(ancestor) == group) {
		struct proc_stat stat;

		if (proc_read_stat(ancestor, &stat) == -1)
			return false;
		ancestor = stat.parent;
	}
	return ancestor > 0 && getsid(ancestor) == session;
}

static bool
is_job_control(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* The shell's whole job stops, we with it; back when it is continued. */
static void
stop_job(struct terminal *terminal, int sig)
{
	terminal->job_stopped = true;
	terminal->held = false; /* the shell takes it */
	signals_stop_group(sig);
}

/* Main's group gets what ours has; what was stopped goes on. */
static void
continue_job(struct terminal *terminal, pid_t main_pid)
{
	if (is_foreground(terminal->fd, getpgrp()))
		terminal->held = set_foreground(terminal->fd, main_pid) == 0;
	terminal->job_stopped = false;
	terminal->stop_sent = false;
	kill(-main_pid, SIGCONT);
}

signals_set
terminal_own_signals(const struct terminal *terminal)
{
	signals_set own = 0;

	if (terminal->exists)
		own |= signals_only(SIGTSTP) | signals_only(SIGTTIN) |
		    signals_only(SIGTTOU);
	if (terminal->given_up) /* TIOCNOTTY hangs the group up */
		own |= signals_only(SIGHUP) | signals_only(SIGCONT);
	return own;
}

void
terminal_sent(struct terminal *terminal, int sig)
{
	if (is_job_control(sig) || sig == SIGSTOP)
		terminal->stop_sent = true;
	else if (sig == SIGCONT)
		terminal->stop_sent = false;
}

void
terminal_main_stopped(struct terminal *terminal, pid_t main_pid, int sig)
{
	if (!is_job_control(sig) && !terminal->stop_sent)
		return; /* somebody's SIGSTOP, to be ended by his SIGCONT */
	if (terminal->fd != -1 && is_job()) {
		/* Put to the foreground while it ran: nobody continues it. */
		if ((sig == SIGTTIN || sig == SIGTTOU) &&
		    is_foreground(terminal->fd, getpgrp()))
			continue_job(terminal, main_pid);
		else
			stop_job(terminal, sig);
	} else if (sig == SIGTSTP && !terminal->stop_sent && terminal->held) {
		/* Nobody could continue it: ^Z would hang the container. */
		kill(-main_pid, SIGCONT);
	}
}

bool
terminal_continued(struct terminal *terminal, pid_t main_pid)
{
	if (!terminal->job_stopped)
		return false;
	continue_job(terminal, main_pid);
	return true;
}
