/* SPDX-License-Identifier: MIT */
/*
 * zombies.c: the zombies that no init can reap, because their parent lives and
 * does not wait, and who those parents are: their holders.  What a walk through
 * /proc finds lies in one mapping that is as large as it can ever have to be,
 * of which only touched pages cost.  Zombies never move in it: a holder has a
 * list of its own.
 */
#include "interface.h"

#include <sys/mman.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>

enum {
	SETTLE_MS = 50, /* a zombie that is gone by then was being reaped */
	WATCH_EVERY_MS = 60 * 1000,
	WATCH_LEAST = 32, /* zombies that are worth a line */
};

/* Who is gone is no failure; who is there and cannot be read is. */
static bool
was_read(struct zombies *zombies, int result)
{
	if (result == -1 && !system_is_gone(errno))
		zombies->error = errno;
	return result == 0;
}

/* The next row is filled in, and counts if it is a zombie's. */
static void
look_at(struct zombies *zombies, pid_t pid, pid_t except)
{
	struct zombies_row *row = &zombies->rows[zombies->count];
	struct zombies_holder **known;

	if (zombies->count == ZOMBIES_MOST ||
	    !was_read(zombies, system_read_stat(pid, &row->stat)))
		return;
	zombies->threads += row->stat.threads;
	if (!system_has_exited(&row->stat) || row->stat.parent == except)
		return;
	zombies->count++;
	known = &zombies->holder_of[row->stat.parent];
	if (*known == NULL)
		*known = &zombies->holders[zombies->holder_count++];
	(*known)->pid = row->stat.parent;
	(*known)->count++;
	row->pid = pid;
	row->next = (*known)->first;
	(*known)->first = row;
}

struct zombies *
zombies_find(pid_t except)
{
	struct zombies *zombies =
	    mmap(NULL, sizeof *zombies, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct proc_walk walk;
	long result;
	pid_t pid;

	if (zombies == MAP_FAILED)
		return NULL;
	result = system_walk_begin(&walk, "/proc");
	if (result == 0) {
		while ((pid = system_walk_next(&walk)) != -1)
			look_at(zombies, pid, except);
		result = walk.size;
		system_walk_end(&walk);
	}
	if (result == -1)
		zombies->error = errno;
	return zombies;
}

void
zombies_forget(struct zombies *zombies)
{
	munmap(zombies, sizeof *zombies);
}

/* Is it still the zombie of that parent? */
static bool
describe_row(struct zombies *zombies, struct zombies_row *row, pid_t holder)
{
	struct proc_status status;

	if (!was_read(zombies, system_read_status(row->pid, &status)) ||
	    status.parent != holder)
		return false;
	row->uid = status.uid;
	if (status.namespaces > 1) {
		zombies->is_nested = true;
		system_read_container(holder, row->container);
		/* Of cgroup v1 a zombie is no member any more.  Of v2 it is. */
		system_read_container(row->pid, row->container);
	}
	return true;
}

static void
describe_holder(
    struct zombies *zombies, struct zombies_holder *holder, pid_t self)
{
	struct proc_status status;

	was_read(zombies, system_read_stat(holder->pid, &holder->stat));
	was_read(zombies, system_read_status(holder->pid, &status));
	if (holder->pid == 0)
		holder->refusal = "outside of this PID namespace";
	if (holder->pid == self)
		holder->refusal = "minireap itself";
	if (holder->pid == 1 || status.innermost == 1)
		holder->refusal = "a PID 1 that does not wait for orphans; "
				  "it needs an init in front of it";
}

/* The list is turned round, and rises. */
static void
describe_rows(struct zombies *zombies, struct zombies_holder *holder)
{
	struct zombies_row *row = holder->first;

	holder->first = NULL;
	while (row != NULL) {
		struct zombies_row *next = row->next;

		if (describe_row(zombies, row, holder->pid)) {
			row->next = holder->first;
			holder->first = row;
		} else {
			holder->count--;
			zombies->count--;
		}
		row = next;
	}
}

/* Into lists by count, and from these, the least first, in front of one. */
static void
rank_holders(struct zombies *zombies)
{
	const unsigned holders = zombies->holder_count;

	for (unsigned i = 0; i < holders; i++) {
		struct zombies_holder *holder = &zombies->holders[i];
		struct zombies_holder **list =
		    &zombies->by_count[holder->count];

		holder->next = *list;
		*list = holder;
	}
	zombies->holder_count = 0;
	for (unsigned count = 1; count <= zombies->count; count++) {
		struct zombies_holder *holder = zombies->by_count[count];

		while (holder != NULL) {
			struct zombies_holder *next = holder->next;

			holder->next = zombies->worst;
			zombies->worst = holder;
			zombies->holder_count++;
			holder = next;
		}
	}
}

void
zombies_describe(struct zombies *zombies, pid_t self)
{
	if (zombies->count > 0)
		poll(NULL, 0, SETTLE_MS);
	for (unsigned i = 0; i < zombies->holder_count; i++) {
		describe_holder(zombies, &zombies->holders[i], self);
		describe_rows(zombies, &zombies->holders[i]);
	}
	rank_holders(zombies);
}

void
zombies_watch(
    struct zombies_watch *watch, struct log *log, pid_t self, int64_t now_ms)
{
	struct zombies *zombies;

	if (now_ms < watch->next_ms)
		return;
	watch->next_ms = now_ms + WATCH_EVERY_MS;
	zombies = zombies_find(self); /* whose own are about to be reaped */
	if (zombies == NULL)
		return;
	if (zombies->count >= WATCH_LEAST && zombies->count > watch->said) {
		struct zombies_holder *worst;

		rank_holders(zombies);
		worst = zombies->worst;
		(void)system_read_stat(worst->pid, &worst->stat);
		log_line(log,
		    "%u zombies have a parent that does not wait, "
		    "%u of them %d (%s): see --zombies",
		    zombies->count, worst->count, (int)worst->pid,
		    worst->stat.name);
	}
	watch->said = zombies->count;
	zombies_forget(zombies);
}
