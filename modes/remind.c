/* SPDX-License-Identifier: MIT */
/*
 * remind.c: make the holders of zombies wait for them, or exit: SIGCHLD is the
 * reminder that a careful program acts on, the signal of --zombies=SIGNAL is
 * for one that does not; its zombies then go to an init.  A process that reuses
 * a holder's number is recognised by its start time, while a pidfd keeps the
 * number from being reused again.
 */
#include "modes/modes.h"

#include "signals.h"
#include "system/system.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { POLL_MS = 20, ANY_PARENT = -1 };

/* 0, or errno. */
static int
send_to(const struct holder *holder, int sig)
{
	const int fd = signals_open_pidfd(holder->pid);
	struct proc_stat stat;
	int error = 0;

	errno = ESRCH; /* if another process has the number */
	if (system_read_stat(holder->pid, &stat) == -1 ||
	    stat.start != holder->stat.start ||
	    signals_send_by_pidfd(fd, holder->pid, sig) == -1)
		error = errno;
	if (fd != -1)
		close(fd);
	return error;
}

/*
 * Does any of holder's zombies remain, as a child of parent or ANY_PARENT?
 * Drops those that are gone, up to the first that is not.
 */
static bool
is_any_left(struct holder *holder, pid_t parent)
{
	struct zombie *row;
	struct proc_stat stat;

	for (; (row = holder->first) != NULL; holder->first = row->next) {
		if (system_read_stat(row->pid, &stat) == -1) {
			if (!system_is_gone(errno))
				return true;
		} else if (system_has_exited(&stat) &&
		    stat.start == row->stat.start &&
		    (parent == ANY_PARENT || stat.parent == parent)) {
			return true;
		}
	}
	return false;
}

/*
 * Sends sig to all that still have zombies, and waits until they have none;
 * after the last signal, until these zombies are gone, whichever process reaps
 * them.
 */
static void
signal_all(struct zombies *zombies, int sig, bool is_last, int polls)
{
	struct holder *holder = zombies->holders;
	const struct holder *end = holder + zombies->holder_count;

	for (; holder < end; holder++) {
		if (holder->refusal != NULL || holder->error != 0 ||
		    holder->first == NULL)
			continue;
		holder->error = send_to(holder, sig);
		holder->signalled += holder->error == 0;
	}
	for (holder = zombies->holders; holder < end; holder++)
		while (holder->signalled > is_last &&
		    is_any_left(holder, is_last ? ANY_PARENT : holder->pid) &&
		    polls-- > 0)
			poll(NULL, 0, POLL_MS);
}

void
modes_remind(struct report *report, struct zombies *zombies, int sig)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];
	struct message line;

	system_signal_name(sig, name);
	signal_all(zombies, SIGCHLD, false, 1000 / POLL_MS);
	signal_all(zombies, sig, true, 5000 / POLL_MS);
	for (unsigned i = 0; i < zombies->holder_count; i++) {
		const struct holder *holder = &zombies->holders[i];

		if (holder->refusal != NULL)
			continue;
		report_begin(&line);
		report_add(&line, "%d (%s): %s%s%s: ", (int)holder->pid,
		    holder->stat.name,
		    holder->signalled == 0 ? "not signalled" : "sent SIGCHLD",
		    holder->signalled > 1 ? ", " : "",
		    holder->signalled > 1 ? name : "");
		if (holder->error != 0)
			report_add_error(&line, holder->error);
		else
			report_add(&line, "its zombies %s",
			    holder->first == NULL ? "are gone" : "remain");
		report_send(report, &line);
	}
}
