/* SPDX-License-Identifier: MIT */
/*
 * spawn.c: start the main process.  clone(2) with CLONE_VM and CLONE_VFORK
 * copies no memory and keeps init waiting until the child has executed a
 * program or exited.  The child has a stack of its own, so that both sides can
 * be plain functions; it calls only what is async-signal-safe.  It explains a
 * failed exec itself, since a filter or an emulator may turn the clone into a
 * fork, after which init cannot read what the child writes to memory.
 */
#include "start/start.h"

#include "system/system.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif
#include <sched.h>
#include <string.h>
#include <unistd.h>

enum {
	CHILD_STACK = 32768, /* bytes, to explain a failed exec on */
	LARGEST_PAGE = 65536, /* bytes; nothing below init's stack is in use */
	MARGIN = 512, /* bytes of stack that madvise(2) uses */
};

enum { VARIABLE_SIZE = sizeof "WATCHDOG_PID=" + SYSTEM_NUMBER_SIZE };

struct child {
	const struct start *start;
	char listen_pid[VARIABLE_SIZE];
	char watchdog_pid[VARIABLE_SIZE];
	int status; /* set if exec failed, unless memory is not shared */
};

/*
 * Replaces a variable that has init's pid by one with main's, which it writes
 * to variable.  False if there was none.
 */
static bool
rename_pid(
    const struct start *start, const char *prefix, char variable[VARIABLE_SIZE])
{
	bool found = false;

	for (char **entry = start->envp; *entry != NULL; entry++) {
		const char *value = system_skip_prefix(*entry, prefix);

		if (value == NULL ||
		    system_parse_number(value, NULL, INT_MAX) != start->init)
			continue;
		system_format_number(
		    stpcpy(variable, prefix), (unsigned long)getpid());
		*entry = variable;
		found = true;
	}
	return found;
}

/* Dies with init, even if that is killed by SIGKILL. */
static void
tie_to_init(pid_t init)
{
	pid_t parent;

	syscall(SYS_prctl, (long)PR_SET_PDEATHSIG, (long)SIGKILL);
	parent = getppid();
	/* 0: main is in a PID namespace that init is not in. */
	if (parent != init && parent != 0) /* it died before the call */
		_exit(STATUS_SIGNALLED + SIGKILL);
}

static void
describe_failure(
    struct message *line, const char *name, struct start_failure *failure)
{
	char *file = failure->file;

	report_begin(line);
	report_add(line, "cannot execute %s", name);
	if (*file != '\0' && strcmp(file, name) != 0)
		report_add(line, " (%s)", file);
	report_add(line, ": ");
	if (*name == '\0')
		report_add(line, "the name is empty");
	else if (*file == '\0' && failure->error == ENOENT)
		report_add(line, "not found in PATH %s", failure->path);
	else if (failure->by_shell && failure->error == ENOENT)
		report_add(line, "it has no #!, and there is no /bin/sh");
	else
		start_explain(line, file, failure->error);
}

/* What the child does; it does not return. */
static int
become_main(void *argument)
{
	struct child *child = argument;
	const struct start *start = child->start;
	struct start_failure failure;
	struct message line;

	if (start->init != 1)
		tie_to_init(start->init);
	if (start->options->scope == SCOPE_SESSION)
		setsid();
	else if (start->options->scope != SCOPE_SAME_GROUP)
		setpgid(0, 0);
	terminal_take(start->terminal);
	/* Variables for the process that was started are for main now. */
	rename_pid(start, "WATCHDOG_PID=", child->watchdog_pid);
	if (rename_pid(start, "LISTEN_PID=", child->listen_pid))
		/* It names the inode of a pidfd, which is not main's. */
		system_env_remove(start->envp, "LISTEN_PIDFDID=");
	signals_restore_child(start->sigchld);
	signals_set_mask(start->mask);
	failure.error =
	    start_execute(&failure, start->options->command, start->envp);
	signals_block(); /* a closed pipe must not kill it */
	child->status = failure.error == ENOENT || failure.error == ENOTDIR
	    ? STATUS_NOT_FOUND
	    : STATUS_CANNOT_EXECUTE;
	describe_failure(&line, *start->options->command, &failure);
	report_failure(start->report, &line, child->status);
	return child->status; /* for clone() to exit with */
}

/*
 * Its pid, or -1 with errno of clone(2).  Not inlined, so that the child's
 * stack is below the caller's frame when this has returned.
 */
static __attribute__((noinline)) pid_t
clone_child(struct child *child)
{
	_Alignas(16) char stack[CHILD_STACK];
	char *top = stack + sizeof stack;
	const pid_t pid =
	    clone(become_main, top, CLONE_VM | CLONE_VFORK | SIGCHLD, child);

	/* Not fork(3): some libcs make another call of it. */
	return pid == -1 ? clone(become_main, top, SIGCHLD, child) : pid;
}

/* Pages that the child has used would stay dirty for as long as init lives. Not
 * inlined, so that the caller's frame is above this one. */
static __attribute__((noinline)) void
release_stack(void)
{
	char *here = __builtin_frame_address(0);
	char *end = here - MARGIN;

	end -= (uintptr_t)end & ((uintptr_t)getpagesize() - 1);
	madvise(end - LARGEST_PAGE, LARGEST_PAGE, MADV_DONTNEED);
#ifdef __SANITIZE_ADDRESS__
	/* It would take the child's frames for live ones. */
	__asan_unpoison_memory_region(
	    end - CHILD_STACK, (size_t)(here - end) + CHILD_STACK);
#endif
}

pid_t
start_main(const struct start *start, int *status)
{
	struct child child = {.start = start};
	struct message line;
	const pid_t pid = clone_child(&child);

	if (pid == -1) {
		report_begin(&line);
		report_add(&line, "cannot start a process for %s: %m",
		    *start->options->command);
		*status = start->options->failure_status;
		report_failure(start->report, &line, *status);
		return -1;
	}
	if (child.status != 0) {
		wait4(pid, NULL, 0, NULL);
		*status = child.status;
		return -1;
	}
	release_stack();
	/* Without CLONE_VFORK the child may not have got there yet. */
	if (start->options->scope != SCOPE_SESSION &&
	    start->options->scope != SCOPE_SAME_GROUP)
		setpgid(pid, pid);
	return pid;
}
