/* SPDX-License-Identifier: MIT */
/*
 * zombies.c: find the zombies that no init can reap, because their parent lives
 * and does not wait, and those parents: their holders.  What a walk through
 * /proc finds is kept in one mapping, as large as it can ever have to be, of
 * which only the pages in use cost memory.
 */
#include "modes/modes.h"

#include "system/system.h"

#include <sys/mman.h>

#include <errno.h>
#include <poll.h>
#include <time.h>

enum {
	SETTLE_MS = 50, /* a zombie that is gone after that was being reaped */
	WATCH_EVERY_MS = 60 * 1000,
	SECOND_LOOK_MS = 500,
	WATCH_MIN = 32, /* zombies that are worth a line */
};

/* A process that is gone is not a failure; one that cannot be read is. */
static bool
was_read(struct zombies *zombies, int result)
{
	if (result == -1 && !system_is_gone(errno))
		zombies->error = errno;
	return result == 0;
}

/* Is pid one of these words, or is there no list of them? */
static bool
is_wanted(char **pids, pid_t pid)
{
	if (pids == NULL)
		return true;
	while (*pids != NULL)
		if (system_parse_number(*pids++, NULL, INT_MAX) == pid)
			return true;
	return false;
}

/* Fills in the next row, which counts if the process is a zombie. */
static void
look_at_process(
    struct zombies *zombies, pid_t pid, pid_t except, char **parents)
{
	struct zombie *row = &zombies->rows[zombies->count];
	struct holder **known;

	if (zombies->count == MAX_ZOMBIES ||
	    !was_read(zombies, system_read_stat(pid, &row->stat)))
		return;
	zombies->threads += row->stat.threads;
	if (!system_has_exited(&row->stat) || row->stat.parent == except ||
	    !is_wanted(parents, row->stat.parent))
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
modes_find_zombies(pid_t except, char **parents)
{
	struct zombies *zombies =
	    mmap(NULL, sizeof *zombies, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct proc_walk walk;
	pid_t pid;

	if (zombies == MAP_FAILED)
		return NULL;
	if (system_walk_begin(&walk, SYSTEM_PROC) == -1) {
		zombies->error = errno;
		return zombies;
	}
	while ((pid = system_walk_next(&walk)) != -1)
		look_at_process(zombies, pid, except, parents);
	if (walk.size == -1)
		zombies->error = errno;
	system_walk_end(&walk);
	return zombies;
}

static void
describe_holder(struct zombies *zombies, struct holder *holder, pid_t self)
{
	struct proc_status status;

	was_read(zombies, system_read_stat(holder->pid, &holder->stat));
	was_read(zombies, system_read_status(holder->pid, &status));
	if (holder->pid == self)
		holder->refusal = "minireap itself";
	/* 0: its number there is not known, and might be 1. */
	if (holder->pid == 1 || status.innermost <= 1)
		holder->refusal = "a PID 1 that does not wait for orphans; "
				  "it should run under an init";
	if (holder->pid == 0)
		holder->refusal = "outside this PID namespace";
}

/* Drops those that are gone; the list is reversed, and rises by pid. */
static void
describe_rows(struct zombies *zombies, struct holder *holder)
{
	struct zombie *next = holder->first;

	holder->first = NULL;
	while (next != NULL) {
		struct zombie *row = next;
		struct proc_status status;

		next = row->next;
		if (!was_read(zombies, system_read_status(row->pid, &status)) ||
		    status.parent != holder->pid) {
			holder->count--;
			zombies->count--;
			continue;
		}
		row->next = holder->first;
		holder->first = row;
		row->uid = status.uid;
		if (status.namespaces <= 1)
			continue;
		zombies->is_nested = true;
		/* A zombie is still in its cgroup in v2, but not in v1. */
		system_read_container(holder->pid, row->container);
		system_read_container(row->pid, row->container);
	}
}

static bool
is_worse(const struct holder *a, const struct holder *b)
{
	return a->count != b->count ? a->count > b->count : a->pid < b->pid;
}

/* Shell's sort: a libc's qsort(3) may need a heap. */
static void
sort_holders(struct zombies *zombies)
{
	struct holder *holders = zombies->holders;

	for (unsigned gap = zombies->holder_count / 2; gap > 0; gap /= 2)
		for (unsigned i = gap; i < zombies->holder_count; i++) {
			const struct holder moved = holders[i];
			unsigned j = i;

			for (; j >= gap && is_worse(&moved, &holders[j - gap]);
			     j -= gap)
				holders[j] = holders[j - gap];
			holders[j] = moved;
		}
	while (zombies->holder_count > 0 &&
	    holders[zombies->holder_count - 1].count == 0)
		zombies->holder_count--;
}

int
modes_describe_zombies(struct zombies *zombies, pid_t self)
{
	if (zombies->count > 0)
		poll(NULL, 0, SETTLE_MS);
	for (unsigned i = 0; i < zombies->holder_count; i++) {
		describe_holder(zombies, &zombies->holders[i], self);
		describe_rows(zombies, &zombies->holders[i]);
	}
	sort_holders(zombies);
	errno = zombies->error;
	return errno == 0 ? 0 : -1;
}

static void
report_worst(struct report *report, const struct zombies *zombies)
{
	const struct holder *worst = &zombies->holders[0];
	struct proc_stat stat = {.name = "?"};

	(void)system_read_stat(worst->pid, &stat);
	report_line(report,
	    "%u zombies have a parent that does not wait, "
	    "%u of them %d (%s): see --zombies",
	    zombies->count, worst->count, (int)worst->pid, stat.name);
}

void
modes_watch_zombies(
    struct zombies_watch *watch, struct report *report, pid_t init)
{
	const int64_t now = system_clock_ms(CLOCK_MONOTONIC);
	struct zombies *zombies;
	const struct holder *worst;
	bool is_news;

	if (now < watch->next_ms)
		return;
	zombies = modes_find_zombies(init, NULL); /* its own will be reaped */
	watch->next_ms = now + WATCH_EVERY_MS;
	if (zombies == NULL)
		return;
	worst = &zombies->holders[0];
	is_news =
	    zombies->count >= WATCH_MIN && zombies->count > watch->reported;
	if (is_news)
		sort_holders(zombies);
	if (is_news &&
	    (worst->pid != watch->suspect || worst->count < watch->suspected)) {
		watch->suspect = worst->pid;
		watch->suspected = worst->count;
		watch->next_ms = now + SECOND_LOOK_MS;
	} else {
		if (is_news)
			report_worst(report, zombies);
		watch->suspect = 0;
		watch->reported = zombies->count;
	}
	munmap(zombies, sizeof *zombies);
}
