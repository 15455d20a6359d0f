/* SPDX-License-Identifier: MIT */
/*
 * table.c: zombies as a table on stdout, for people and for awk: each name is
 * one word.
 */
#include "modes/modes.h"

#include "system/system.h"

#include <time.h>

enum { TICKS = 100 }; /* in a second: USER_HZ */

/* Appends blanks up to a column, at least one. */
static void
pad(struct message *line, size_t column)
{
	do
		report_add(line, " ");
	while (line->length < column);
}

static void
add_age(struct message *line, long seconds)
{
	static const unsigned char sizes[] = {60, 60, 24};
	static const char names[][2] = {"s", "m", "h", "d"};
	size_t unit = 0;

	/* In the largest unit of which there are two. */
	while (unit < sizeof sizes && seconds / sizes[unit] >= 2)
		seconds /= sizes[unit++];
	report_add(line, "%ld%s", seconds, names[unit]);
}

static void
add_row(struct message *line, const struct zombie *row,
    const struct holder *holder, bool is_nested)
{
	const long now = (long)(system_clock_ms(CLOCK_BOOTTIME) / 1000);

	report_add(line, "%u", row->uid);
	pad(line, 6);
	report_add(line, "%d", (int)row->pid);
	pad(line, 14);
	report_add(line, "%d", (int)holder->pid);
	pad(line, 22);
	add_age(line, now - (long)(row->stat.start / TICKS));
	pad(line, 28);
	report_add_word(line, row->stat.name);
	pad(line, 45);
	report_add_word(line, holder->stat.name);
	if (is_nested) {
		pad(line, 62);
		report_add_word(line, row->container);
	}
}

/* ------------------------------------------------------------ the totals */

/* Finds the nearest cgroup with a limit, from this process's up.  -1: none. */
static int64_t
find_limit(struct cgroup *cgroup)
{
	static const char places[2][2][sizeof SYSTEM_CGROUP "/pids"] = {
	    {SYSTEM_CGROUP "/pids", "pids:"}, {SYSTEM_CGROUP, ":"}};
	int64_t limit = -1;

	for (size_t i = 0; i < 2 && limit == -1; i++) {
		system_cgroup_find(cgroup, places[i][0], places[i][1]);
		do
			limit = system_cgroup_number(cgroup, "pids.max");
		while (limit == -1 && system_cgroup_up(cgroup));
	}
	return limit;
}

static void
add_totals(struct message *line, const struct zombies *zombies)
{
	const unsigned holders = zombies->holder_count;
	struct cgroup cgroup;
	int64_t slots = find_limit(&cgroup);
	int64_t used = zombies->threads;
	char text[SYSTEM_NUMBER_SIZE];
	const char *end;

	if (slots != -1)
		used = system_cgroup_number(&cgroup, "pids.current");
	else if (system_read_file(SYSTEM_PROC "/sys/kernel/pid_max", text,
		     sizeof text) > 0) /* the kernel's */
		slots = system_parse_number(text, &end, LONG_MAX);
	report_add(line, "%u zombie%s held by %u parent%s; %ld", zombies->count,
	    zombies->count == 1 ? "" : "s", holders, holders == 1 ? "" : "s",
	    (long)used);
	if (slots != -1)
		report_add(line, " of %ld", (long)slots);
	report_add(line, " process slots used");
}

void
modes_print_table(struct report *report, const struct zombies *zombies)
{
	struct message line = {.length = 0};

	if (zombies->count > 0) {
		report_add(&line,
		    "UID   PID     PPID    AGE   COMMAND          PARENT%s",
		    zombies->is_nested ? "           CONTAINER" : "");
		modes_print_line(report, &line);
	}
	for (unsigned i = 0; i < zombies->holder_count; i++) {
		const struct holder *holder = &zombies->holders[i];

		for (const struct zombie *row = holder->first; row != NULL;
		     row = row->next) {
			add_row(&line, row, holder, zombies->is_nested);
			modes_print_line(report, &line);
		}
	}
	for (unsigned i = 0; i < zombies->holder_count; i++) {
		const struct holder *holder = &zombies->holders[i];

		if (holder->refusal != NULL)
			report_line(report, "%d (%s) is never signalled: %s",
			    (int)holder->pid, holder->stat.name,
			    holder->refusal);
	}
	add_totals(&line, zombies);
	modes_print_line(report, &line);
}
