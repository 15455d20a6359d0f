/* SPDX-License-Identifier: MIT */
/*
 * table.c: zombies as a table on stdout, for people and for awk: each name is
 * one word.  The rows are made twice: first to see how wide they are.
 */
#include "interface.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	GAP = 2,
	TICKS = 100, /* in a second: USER_HZ */
};

/* A tab ends a cell. */
void
table_end_line(struct table *table)
{
	char text[2 * MESSAGE_MAX]; /* all columns at their widest, and more */
	char *to = text;
	const char *cell = text;
	long *width = table->widths;

	message_add(&table->line, "\n");
	for (size_t i = 0; i < table->line.length; i++) {
		if (table->line.text[i] != '\t') {
			*to++ = table->line.text[i];
			continue;
		}
		if (table->measures && to - cell > *width)
			*width = to - cell;
		while (to - cell < *width + GAP)
			*to++ = ' ';
		width++;
		cell = to;
	}
	*to = '\0';
	table->line.length = 0;
	if (!table->measures && table->error == 0 &&
	    log_print(STDOUT_FILENO, text) == -1)
		table->error = errno;
}

/* The largest unit of which *age, in seconds, has two: 119s, 2m, 47h, 2d */
static const char *
to_unit(long *age)
{
	static const unsigned char sizes[] = {60, 60, 24};
	static const char names[][2] = {"s", "m", "h", "d"};
	size_t unit = 0;

	while (unit < sizeof sizes && *age / sizes[unit] >= 2)
		*age /= sizes[unit++];
	return names[unit];
}

static void
add_row(struct table *table, const struct zombies_row *row,
    const struct zombies_holder *holder)
{
	long age = table->now - (long)(row->stat.start / TICKS);
	const char *unit = to_unit(&age);
	char uid[SYSTEM_NUMBER_SIZE];

	system_format_number(uid, row->uid);
	message_add(&table->line, "%s\t%d\t%d\t%ld%s\t%-s\t%-s", uid,
	    (int)row->pid, (int)holder->pid, age, unit, row->stat.name,
	    holder->stat.name);
	if (table->is_nested)
		message_add(&table->line, "\t%-s", row->container);
	table_end_line(table);
}

static void
add_rows(struct table *table, const struct zombies *zombies)
{
	message_add(&table->line, "UID\tPID\tPPID\tAGE\tCOMMAND\tPARENT");
	if (table->is_nested)
		message_add(&table->line, "\tCONTAINER");
	table_end_line(table);
	for (const struct zombies_holder *holder = zombies->worst;
	     holder != NULL; holder = holder->next)
		for (const struct zombies_row *row = holder->first; row != NULL;
		     row = row->next)
			add_row(table, row, holder);
}

/* ------------------------------------------------------------ the totals */

/* Returns the number at the start of text, or -1: none, or "max". */
static long
leading_number(const char *text)
{
	return (long)system_parse_number(text, &text, LONG_MAX);
}

/* The limit of this process's cgroup, or of the nearest above that has one. */
static bool
read_pids_limit(
    const char *mount, const char *controllers, struct zombies *zombies)
{
	struct cgroup cgroup;
	char text[SYSTEM_NUMBER_SIZE];

	system_cgroup_find(&cgroup, mount, controllers);
	do {
		if (system_cgroup_read(
			&cgroup, "pids.max", text, sizeof text) <= 0 ||
		    (zombies->slots = leading_number(text)) == -1)
			continue;
		zombies->threads = system_cgroup_read(&cgroup, "pids.current",
				       text, sizeof text) <= 0
		    ? -1
		    : leading_number(text);
		return true;
	} while (system_cgroup_up(&cgroup));
	return false;
}

/* If no cgroup has a limit, the kernel has one. */
static void
count_slots(struct zombies *zombies)
{
	char text[SYSTEM_NUMBER_SIZE];

	zombies->slots = -1;
	if (!read_pids_limit("/sys/fs/cgroup/pids", "pids:", zombies) &&
	    !read_pids_limit("/sys/fs/cgroup", ":", zombies) &&
	    system_read_file("/proc/sys/kernel/pid_max", text, sizeof text) > 0)
		zombies->slots = leading_number(text);
}

static void
add_totals(struct table *table, struct zombies *zombies)
{
	const unsigned holders = zombies->holder_count;

	count_slots(zombies);
	message_add(&table->line, "%u zombie%s held by %u parent%s; %ld",
	    zombies->count, zombies->count == 1 ? "" : "s", holders,
	    holders == 1 ? "" : "s", zombies->threads);
	if (zombies->slots != -1)
		message_add(&table->line, " of %ld", zombies->slots);
	message_add(&table->line, " process slots used");
	table_end_line(table);
}

void
table_print(struct table *table, struct zombies *zombies)
{
	table->now = (long)(system_clock_ms(CLOCK_BOOTTIME) / 1000);
	table->is_nested = zombies->is_nested;
	if (zombies->count > 0) {
		table->measures = true;
		add_rows(table, zombies);
		table->measures = false;
		add_rows(table, zombies);
	}
	for (const struct zombies_holder *holder = zombies->worst;
	     holder != NULL; holder = holder->next)
		if (holder->refusal != NULL) {
			message_add(&table->line,
			    "%d (%-s) is never signalled: %s", (int)holder->pid,
			    holder->stat.name, holder->refusal);
			table_end_line(table);
		}
	add_totals(table, zombies);
}
