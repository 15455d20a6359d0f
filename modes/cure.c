/* SPDX-License-Identifier: MIT */
/*
 * cure.c: have the holders of zombies wait for them, or end: SIGCHLD is the
 * reminder that a careful program acts on, the signal that was asked for the
 * end of one that does not; its zombies then go to an init.  A number that was
 * used again since the look at /proc is told from its holder by the time it
 * was started at, while a pidfd holds on to it.
 */
#include "interface.h"

#include <sys/syscall.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

enum {
	POLL_MS = 20,
	REMIND_POLLS = 1000 / POLL_MS,
	END_POLLS = 5000 / POLL_MS,
	ANYBODY = -1,
};

/* 0, or errno. */
static int
send_to(const struct zombies_holder *holder, int sig)
{
	const int fd = (int)syscall(SYS_pidfd_open, holder->pid, 0);
	struct proc_stat stat;
	int error = ESRCH;

	if (system_read_stat(holder->pid, &stat) == -1)
		error = errno;
	else if (stat.start == holder->stat.start)
		error = signals_send_by_pidfd(fd, holder->pid, sig) == 0
		    ? 0
		    : errno;
	if (fd != -1)
		close(fd);
	return error;
}

/* Is it still a zombie, and the child of holder, if that matters? */
static bool
is_there(const struct zombies_row *row, pid_t holder)
{
	struct proc_stat stat;

	if (system_read_stat(row->pid, &stat) == -1)
		return !system_is_gone(errno);
	return system_has_exited(&stat) && stat.start == row->stat.start &&
	    (holder == ANYBODY || stat.parent == holder);
}

/* Is any left?  Those that are gone are forgotten, up to the first that is. */
static bool
is_any_left(struct zombies_holder *holder, pid_t parent)
{
	while (holder->first != NULL && !is_there(holder->first, parent))
		holder->first = holder->first->next;
	return holder->first != NULL;
}

/*
 * Send sig to all that still hold zombies, and wait until none does; after the
 * last signal until nobody does.
 */
static void
tell(struct zombies *zombies, int sig, bool is_last, int polls)
{
	struct zombies_holder *holder = zombies->worst;

	for (; holder != NULL; holder = holder->next)
		if (holder->refusal == NULL && holder->error == 0 &&
		    holder->first != NULL) {
			holder->error = send_to(holder, sig);
			if (holder->error == 0)
				holder->told++;
		}
	for (holder = zombies->worst; holder != NULL; holder = holder->next)
		while (holder->told > is_last &&
		    is_any_left(holder, is_last ? ANYBODY : holder->pid) &&
		    polls-- > 0)
			poll(NULL, 0, POLL_MS);
}

static void
report(struct table *table, const struct zombies_holder *holder, int sig)
{
	const bool is_told_twice = holder->told > 1;
	char name[SYSTEM_SIGNAL_NAME_SIZE];

	message_add(&table->line, "%d (%s): %s%s%s: ", (int)holder->pid,
	    holder->stat.name,
	    holder->told == 0 ? "not signalled" : "sent SIGCHLD",
	    is_told_twice ? ", " : "",
	    is_told_twice ? system_signal_name(sig, name) : "");
	errno = holder->error;
	message_add(&table->line,
	    holder->error != 0		? "%m"
		: holder->first == NULL ? "its zombies are gone"
					: "its zombies remain");
	table_end_line(table);
}

void
cure(struct zombies *zombies, int sig, struct table *table)
{
	tell(zombies, SIGCHLD, false, REMIND_POLLS);
	tell(zombies, sig, true, END_POLLS);
	for (const struct zombies_holder *holder = zombies->worst;
	     holder != NULL; holder = holder->next)
		if (holder->refusal == NULL)
			report(table, holder, sig);
}
