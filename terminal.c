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

/*
 * Groups of a PID namespace outside ours are all called 0, but a read from the
 * background is refused while SIGTTIN is blocked, one of nothing too.
 */
static bool
is_foreground(int fd, pid_t group)
{
	char nothing;

	return fd != -1 && foreground(fd) == group &&
	    (group != 0 || read(fd, &nothing, 0) != -1 || errno != EIO);
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

/* A read or a write from the background. */
static signals_set
denials(void)
{
	return signals_only(SIGTTIN) | signals_only(SIGTTOU);
}

/*
 * Who was denied the terminal goes on.  The shell is to see that before our
 * end: of a job whose last members stand still it would say so, and take the
 * terminal itself.
 */
static void
continue_denied(void)
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
	if (signals_wait(denials(), &info, 0) != 0)
		continue_denied();
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
is_denied(int sig)
{
	return (denials() & signals_only(sig)) != 0;
}

static bool
is_job_control(int sig)
{
	return sig == SIGTSTP || is_denied(sig);
}

/* The shell's whole job stops, we with it; back when it is continued. */
static void
stop_job(struct terminal *terminal, int sig)
{
	terminal->job_stopped = true;
	terminal->wanted = terminal->held || is_denied(sig);
	terminal->held = false; /* the shell takes it */
	signals_stop_group(sig);
}

/* Main's group gets what ours has. */
static void
hand_over(struct terminal *terminal, pid_t main_pid)
{
	if (is_foreground(terminal->fd, getpgrp()))
		set_foreground(terminal->fd, main_pid);
	terminal->held = is_foreground(terminal->fd, main_pid);
}

static void
continue_main(struct terminal *terminal, pid_t main_pid)
{
	terminal->job_stopped = false;
	terminal->stop_sent = false;
	kill(-main_pid, SIGCONT);
}

signals_set
terminal_own_signals(const struct terminal *terminal)
{
	signals_set own = 0;

	if (terminal->exists)
		own |=
		    denials() | signals_only(SIGTSTP) | signals_only(SIGCONT);
	if (terminal->given_up) /* TIOCNOTTY hangs the group up */
		own |= signals_only(SIGHUP);
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
	/* Somebody's SIGSTOP, to be ended by his SIGCONT: but nobody else can
	 * type while a main has the terminal that stands still. */
	if (!is_job_control(sig) && !terminal->stop_sent && !terminal->held)
		return;
	/* Put to the foreground while it ran: nobody continues it. */
	if (is_denied(sig) && is_foreground(terminal->fd, getpgrp())) {
		hand_over(terminal, main_pid);
		continue_main(terminal, main_pid);
	} else if (terminal->fd != -1 && is_job()) {
		stop_job(terminal, sig);
	} else if (sig == SIGTSTP && !terminal->stop_sent && terminal->held) {
		/* Nobody could continue it: ^Z would hang the container. */
		kill(-main_pid, SIGCONT);
	}
}

bool
terminal_is_key(const siginfo_t *info)
{
	const signals_set keys = denials() | signals_only(SIGINT) |
	    signals_only(SIGQUIT) | signals_only(SIGTSTP) |
	    signals_only(SIGWINCH);

	return !signals_is_sent(info) &&
	    (keys & signals_only(info->si_signo)) != 0;
}

/* Init was sent SIGCONT: is that all that main needs? */
static bool
was_continued(struct terminal *terminal, pid_t main_pid)
{
	const bool was_stopped = terminal->job_stopped;

	/* If SIGSTOP stopped us alone, the shell has taken the terminal. */
	if (terminal->fd != -1 && (!was_stopped || terminal->wanted))
		hand_over(terminal, main_pid);
	if (was_stopped)
		continue_main(terminal, main_pid);
	return was_stopped;
}

/* Does the rest of our pipeline want the terminal?  It gets it. */
static bool
was_denied(struct terminal *terminal, pid_t main_pid)
{
	terminal->held = is_foreground(terminal->fd, main_pid);
	if (!terminal->held)
		return false;
	terminal_return(terminal);
	continue_denied();
	return true;
}

bool
terminal_ignores(const siginfo_t *info)
{
	return info->si_signo == SIGTSTP && terminal_is_key(info) && !is_job();
}

bool
terminal_handled(
    struct terminal *terminal, pid_t main_pid, const siginfo_t *info)
{
	if (info->si_signo == SIGCONT)
		return was_continued(terminal, main_pid);
	return is_denied(info->si_signo) && terminal_is_key(info) &&
	    was_denied(terminal, main_pid);
}

void
terminal_rest_told(const siginfo_t *info)
{
	if (info->si_signo == SIGTSTP && terminal_is_key(info))
		signals_stop_group(SIGTSTP);
}
