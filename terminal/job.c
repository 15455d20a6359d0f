/* SPDX-License-Identifier: MIT */
/*
 * job.c: job control.  The shell that started us knows our group only, so a
 * stop of main must become one of ours, and our being continued one of main's;
 * where nobody could continue us, a key must not stop what it cannot start
 * again.  credentials(7), setpgid(2)
 */
#include "interface.h"

#include <unistd.h>

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

		if (system_read_stat(ancestor, &stat) == -1)
			return false;
		ancestor = stat.parent;
	}
	return ancestor > 0 && getsid(ancestor) == session;
}

static bool
is_denied(int sig)
{
	return (terminal_denials() & signals_only(sig)) != 0;
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

static void
continue_main(struct terminal *terminal, pid_t main_pid)
{
	terminal->job_stopped = false;
	terminal->stop_sent = 0;
	kill(-main_pid, SIGCONT);
}

signals_set
job_own_signals(const struct terminal *terminal)
{
	signals_set own = 0;

	if (terminal->exists)
		own |= terminal_denials() | signals_only(SIGTSTP) |
		    signals_only(SIGCONT);
	if (terminal->given_up) /* TIOCNOTTY hangs the group up */
		own |= signals_only(SIGHUP);
	return own;
}

void
job_sent(struct terminal *terminal, int sig)
{
	if (is_job_control(sig) || sig == SIGSTOP)
		terminal->stop_sent = (uint8_t)sig;
	else if (sig == SIGCONT)
		terminal->stop_sent = 0;
}

void
job_main_stopped(
    struct terminal *terminal, pid_t main_pid, int sig, bool may_stop)
{
	/* Somebody's SIGSTOP, to be ended by his SIGCONT: but nobody else can
	 * type while a main has the terminal that stands still. */
	if (!is_job_control(sig) && terminal->stop_sent == 0 && !terminal->held)
		return;
	/* Put to the foreground while it ran: nobody continues it. */
	if (is_denied(sig) && terminal_is_foreground(terminal, getpgrp())) {
		terminal_hand_over(terminal, main_pid);
		continue_main(terminal, main_pid);
	} else if (may_stop && terminal->fd != -1 && is_job()) {
		stop_job(terminal, sig);
	} else if (sig == SIGTSTP && terminal->stop_sent != sig &&
	    terminal->held) {
		/* Nobody could continue it: ^Z would hang the container; or
		 * we have a time to keep, and main better things to do. */
		kill(-main_pid, SIGCONT);
	}
}

bool
job_is_key(const siginfo_t *info)
{
	const signals_set keys = terminal_denials() | signals_only(SIGINT) |
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
		terminal_hand_over(terminal, main_pid);
	if (was_stopped)
		continue_main(terminal, main_pid);
	return was_stopped;
}

/* Does the rest of our pipeline want the terminal?  It gets it. */
static bool
was_denied(struct terminal *terminal, pid_t main_pid)
{
	terminal->held = terminal_is_foreground(terminal, main_pid);
	if (!terminal->held)
		return false;
	terminal_return(terminal);
	terminal_continue_denied();
	return true;
}

bool
job_ignores(const siginfo_t *info, bool may_stop)
{
	return info->si_signo == SIGTSTP && job_is_key(info) &&
	    !(may_stop && is_job());
}

bool
job_handled(struct terminal *terminal, pid_t main_pid, const siginfo_t *info)
{
	if (info->si_signo == SIGCONT)
		return was_continued(terminal, main_pid);
	return is_denied(info->si_signo) && job_is_key(info) &&
	    was_denied(terminal, main_pid);
}

void
job_rest_told(const siginfo_t *info)
{
	if (info->si_signo == SIGTSTP && job_is_key(info))
		signals_stop_group(SIGTSTP);
}
