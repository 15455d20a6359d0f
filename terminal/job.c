/* SPDX-License-Identifier: MIT */
/*
 * job.c: job control.  The shell that started init knows only init's group, so
 * a stop of the main process must become a stop of init, and continuing init
 * must continue the main process.  If no shell could continue init, a key must
 * not stop what no key can start again.  credentials(7), setpgid(2)
 */
#include "terminal/terminal.h"

#include "system/system.h"

#include <unistd.h>

/*
 * Could a shell continue init once it has stopped?  A group is orphaned if no
 * member has a parent in the same session but another group; of its members
 * init knows its own ancestors.  setpgid(2)
 */
static bool
is_job(void)
{
	const pid_t group = getpgrp();
	const pid_t session = getsid(0);
	pid_t ancestor = getppid();

	if (getpid() == 1 || getpid() == session)
		return false;
	/* A script between init and its shell shares init's group. */
	while (ancestor > 0 && getpgid(ancestor) == group) {
		struct proc_stat stat;

		if (system_read_stat(ancestor, &stat) == -1)
			return false;
		ancestor = stat.parent;
	}
	return ancestor > 0 && getsid(ancestor) == session;
}

static bool
is_denial(int sig)
{
	return (terminal_denials() & signals_only(sig)) != 0;
}

static bool
is_job_control(int sig)
{
	return sig == SIGTSTP || is_denial(sig);
}

static void
continue_main(
    struct terminal *terminal, const struct main_process *main_process)
{
	if (terminal->state == TERMINAL_STOPPED ||
	    terminal->state == TERMINAL_STOPPED_FOREGROUND)
		terminal->state = TERMINAL_BACKGROUND;
	terminal->stop_sent = 0;
	if (!terminal->is_shared)
		signals_send(main_process, SCOPE_GROUP, SIGCONT, NULL);
}

signals_set
terminal_own_signals(const struct terminal *terminal)
{
	signals_set own = 0;

	if (terminal->state != TERMINAL_NONE)
		own |= terminal_denials() | signals_only(SIGTSTP) |
		    signals_only(SIGCONT);
	if (terminal->state == TERMINAL_GIVEN_UP) /* TIOCNOTTY sends it */
		own |= signals_only(SIGHUP);
	return own;
}

void
terminal_sent(struct terminal *terminal, int sig)
{
	if (is_job_control(sig) || sig == SIGSTOP)
		terminal->stop_sent = sig;
	else if (sig == SIGCONT)
		terminal->stop_sent = 0;
}

void
terminal_main_changed(struct terminal *terminal,
    const struct main_process *main_process, int sig, bool may_stop)
{
	const bool has_terminal = terminal->state == TERMINAL_FOREGROUND ||
	    terminal->state == TERMINAL_GIVEN_UP;

	if (sig == 0) {
		terminal->stop_sent = 0;
		return;
	}
	/* A SIGSTOP from elsewhere awaits a SIGCONT from there.  But while a
	 * stopped process has the terminal, no one else can use that. */
	if (!is_job_control(sig) && terminal->stop_sent == 0 && !has_terminal)
		return;
	/* It was put into the foreground while it ran: nothing continues it. */
	if (is_denial(sig) && terminal_has_foreground(terminal, getpgrp())) {
		terminal_hand_over(terminal, main_process->pid);
		continue_main(terminal, main_process);
	} else if (may_stop && terminal->fd != -1 && is_job()) {
		/* The whole job stops, and the shell takes the terminal. */
		terminal->state =
		    terminal->state == TERMINAL_FOREGROUND || is_denial(sig)
		    ? TERMINAL_STOPPED_FOREGROUND
		    : TERMINAL_STOPPED;
		signals_stop_group(sig); /* returns once it is continued */
	} else if (sig == SIGTSTP && terminal->stop_sent != sig &&
	    has_terminal) {
		/* ^Z would hang the container, or outlast a deadline. */
		signals_send(main_process, SCOPE_GROUP, SIGCONT, NULL);
	}
}

bool
terminal_is_key(const siginfo_t *info)
{
	const signals_set keys = terminal_denials() | signals_only(SIGINT) |
	    signals_only(SIGQUIT) | signals_only(SIGTSTP) |
	    signals_only(SIGWINCH);

	return !signals_is_sent(info) &&
	    (keys & signals_only(info->si_signo)) != 0;
}

bool
terminal_reached_main(const struct terminal *terminal, const siginfo_t *info)
{
	return terminal->is_shared &&
	    (terminal_is_key(info) || info->si_signo == SIGCONT);
}

/* Init received SIGCONT: is that all that the main process needs? */
static bool
was_continued(
    struct terminal *terminal, const struct main_process *main_process)
{
	const enum terminal_state state = terminal->state;
	const bool was_stopped =
	    state == TERMINAL_STOPPED || state == TERMINAL_STOPPED_FOREGROUND;

	/* After a SIGSTOP to init alone, too, the shell has the terminal. */
	if (terminal->fd != -1 && state != TERMINAL_STOPPED)
		terminal_hand_over(terminal, main_process->pid);
	if (was_stopped)
		continue_main(terminal, main_process);
	return was_stopped;
}

/* Do others in init's group want the terminal that main has?  They get it. */
static bool
was_denied(struct terminal *terminal, pid_t main_pid)
{
	if (!terminal_has_foreground(terminal, main_pid)) {
		if (terminal->state == TERMINAL_FOREGROUND)
			terminal->state = TERMINAL_BACKGROUND;
		return false;
	}
	terminal->state = TERMINAL_FOREGROUND;
	terminal_return(terminal);
	kill(0, SIGCONT);
	return true;
}

bool
terminal_handles(struct terminal *terminal,
    const struct main_process *main_process, const siginfo_t *info,
    bool may_stop)
{
	const int sig = info->si_signo;
	const bool is_key = terminal_is_key(info);

	if (sig == SIGTSTP && is_key && !(may_stop && is_job()))
		return true;
	if (main_process == NULL)
		return false;
	if (sig == SIGCONT)
		return was_continued(terminal, main_process);
	return is_denial(sig) && is_key &&
	    was_denied(terminal, main_process->pid);
}

void
terminal_rest_signalled(const siginfo_t *info)
{
	if (info->si_signo == SIGTSTP && terminal_is_key(info))
		signals_stop_group(SIGTSTP);
}
