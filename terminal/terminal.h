/* SPDX-License-Identifier: MIT */
/*
 * terminal.h: the controlling terminal and job control: which process group is
 * in the foreground, and what ^Z and fg mean when init stands between a shell
 * and the main process.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "minireap.h"
#include "signals.h"

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>

enum terminal_state {
	TERMINAL_NONE, /* there was none at the start */
	TERMINAL_BACKGROUND, /* the main process's group does not have it */
	TERMINAL_FOREGROUND, /* that group has it, or is about to take it */
	TERMINAL_GIVEN_UP, /* by init, for the main process's own session */
	TERMINAL_STOPPED, /* init stopped with a main process in background */
	TERMINAL_STOPPED_FOREGROUND, /* ... which had it, or wanted it */
};

/* The terminal, as far as init is concerned.  The fields are the folder's. */
struct terminal {
	int fd; /* open on it, or -1 */
	enum terminal_state state;
	int stop_sent; /* the last stop signal that init forwarded, or 0 */
	bool is_shared; /* main is in init's group, and gets keys and CONT */
};

/*
 * Finds the terminal, /dev/tty or else one of descriptors 0 to 2, and decides
 * whether the main process gets it: if init's group is in the foreground.  For
 * SCOPE_SAME_GROUP nothing changes hands.  For SCOPE_SESSION a session leader
 * gives it up.  tty(4), TIOCNOTTY(2const)
 */
struct terminal terminal_find(enum scope scope);

/*
 * In the child: takes the terminal for its new group or session, if it is to
 * have it.  SIGTTOU must be blocked.  Async-signal-safe.  tcsetpgrp(3)
 */
void terminal_take(struct terminal *terminal);

/* Returns the descriptor that init keeps, or -1: PID 1 opens it on demand. */
int terminal_keep(struct terminal *terminal);

/* The main process exited: init's group gets the foreground back. */
void terminal_return(struct terminal *terminal);

/* Was there a terminal at the start?  Then stops of main matter. */
bool terminal_exists(const struct terminal *terminal);

/* The signals that init may send to itself by what this folder does. */
signals_set terminal_own_signals(const struct terminal *terminal);

/* Did the terminal send it, to a whole group?  Then main's group is meant. */
bool terminal_is_key(const siginfo_t *info);

/*
 * Init received a signal.  True if there is nothing left to forward: SIGTSTP
 * from the keyboard if init cannot or, without may_stop, must not stop; SIGCONT
 * if init had stopped with the main process, which is continued now; SIGTTIN
 * or SIGTTOU for other members of init's group.  main_process is NULL if that
 * has exited.
 */
bool terminal_handles(struct terminal *terminal,
    const struct main_process *main_process, const siginfo_t *info,
    bool may_stop);

/* Has main received it with init, as both are in one group? */
bool
terminal_reached_main(const struct terminal *terminal, const siginfo_t *info);

/* Init has sent sig to main: a stop that it forwarded itself is not undone. */
void terminal_sent(struct terminal *terminal, int sig);

/*
 * The main process was stopped by sig, or, if that is 0, continued.  If a shell
 * could continue init, init's group stops, too, and has been continued when
 * this returns; if none could, or init may not stop, a stop from the keyboard
 * is undone.  credentials(7)
 */
void terminal_main_changed(struct terminal *terminal,
    const struct main_process *main_process, int sig, bool may_stop);

/* The remaining processes were sent a signal: ^Z stops init with them. */
void terminal_rest_signalled(const siginfo_t *info);

/* ------------------------------------------------- between the two files */

/* Is group in the foreground?  False without a terminal. */
bool terminal_has_foreground(const struct terminal *terminal, pid_t group);

/* Moves the foreground to main's group if init's has it, and sets the state. */
void terminal_hand_over(struct terminal *terminal, pid_t main_pid);

/* The signals for a read or write from the background: SIGTTIN, SIGTTOU. */
signals_set terminal_denials(void);

#endif
