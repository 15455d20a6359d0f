/* SPDX-License-Identifier: MIT */
/*
 * spawn.c: main's start.  vfork(2) lends the child our memory and keeps us
 * waiting until it has executed something or ended: no page is copied, and
 * the reason of a failed exec is simply left in our memory.  In return the
 * child may only call what is async-signal-safe, and must not return.
 */
#include "minireap.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <unistd.h>

/* The variables that name a process by its pid, when that is ours. */
struct pid_variables {
	char listen[sizeof "LISTEN_PID=" + TEXT_DECIMAL_MAX];
	char watchdog[sizeof "WATCHDOG_PID=" + TEXT_DECIMAL_MAX];
};

/* Is this variable prefix + the pid of init? */
static bool
names_init(const char *variable, const char *prefix, pid_t init)
{
	const char *value = text_behind(variable, prefix);

	return value != NULL && text_number(value, NULL, INT_MAX) == init;
}

static char *
name_self(char *variable, const char *prefix)
{
	text_decimal(text_copy(variable, prefix), (unsigned long)getpid());
	return variable;
}

/*
 * What was meant for the process that was started, now is for main: sockets
 * of sd_listen_fds(3) and keep-alives of sd_watchdog_enabled(3).
 */
static void
rename_pids(char **envp, pid_t init, struct pid_variables *variables)
{
	bool listens = false;

	for (char **entry = envp; *entry != NULL; entry++) {
		if (names_init(*entry, "LISTEN_PID=", init)) {
			*entry = name_self(variables->listen, "LISTEN_PID=");
			listens = true;
		} else if (names_init(*entry, "WATCHDOG_PID=", init))
			*entry =
			    name_self(variables->watchdog, "WATCHDOG_PID=");
	}
	/* It names the inode of a pidfd, which would not be main's. */
	if (listens)
		environment_remove(envp, "LISTEN_PIDFDID=");
}

/* End with init, even if nothing but kill -9 can end that. */
static void
tie_to_init(pid_t init)
{
	pid_t parent;

	syscall(SYS_prctl, (long)PR_SET_PDEATHSIG, (long)SIGKILL);
	parent = getppid();
	/* 0: seen from a PID namespace of its own, where init is not. */
	if (parent != init && parent != 0) /* it has ended before we asked */
		_exit(STATUS_SIGNALLED + SIGKILL);
}

_Noreturn static void
become_main(const struct spawn *spawn, struct spawn_failure *failure,
    struct pid_variables *variables)
{
	if (spawn->init != 1)
		tie_to_init(spawn->init);
	if (spawn->scope == SCOPE_SESSION)
		setsid();
	else
		setpgid(0, 0);
	terminal_take(spawn->terminal);
	rename_pids(spawn->envp, spawn->init, variables);
	signals_restore_child(spawn->sigchld);
	signals_set_mask(spawn->mask);
	/* Set when all has failed, and not before: it tells that it has. */
	failure->error = execute_command(failure, spawn->argv, spawn->envp);
	_exit(execute_status(failure->error));
}

pid_t
spawn_main(const struct spawn *spawn, struct spawn_failure *failure)
{
	struct pid_variables variables;
	pid_t child;

	failure->forking = true;
	failure->error = 0;
	failure->by_shell = false;
	child = vfork();
	if (child == 0) {
		failure->forking = false;
		become_main(spawn, failure, &variables);
	}
	if (child == -1) {
		failure->error = errno;
		return -1;
	}
	if (failure->error != 0) {
		wait4(child, NULL, 0, NULL);
		return -1;
	}
	/* Where vfork is fork (emulators), the child may not have got there. */
	if (spawn->scope != SCOPE_SESSION)
		setpgid(child, child);
	return child;
}
