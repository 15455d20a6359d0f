/* SPDX-License-Identifier: MIT */
/*
 * table.c: zombies as a table on stdout, for people and for awk: each name is
 * one word.  The rows are made twice: first to measure how wide they are.
 */
#include "modes/modes.h"

#include "system/system.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

enum {
	GAP = 2,
	TICKS = 100, /* in a second: USER_HZ */
};

void
modes_end_line(struct table *table)
{
	char text[2 *
	    REPORT_LINE_SIZE]; /* every column at its widest, and more */
	char *to = text;
	const char *cell = text;
	long *width = table->widths;

	report_add(&table->line, "\n");
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
	    report_print(STDOUT_FILENO, text) == -1)
		table->error = errno;
}

/* Converts *age, in seconds, to the largest unit of which it has two. */
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
add_row(
    struct table *table, const struct zombie *row, const struct holder *holder)
{
	long age = table->now - (long)(row->stat.start / TICKS);
	const char *unit = to_unit(&age);

	report_add(&table->line, "%u\t%d\t%d\t%ld%s\t", row->uid, (int)row->pid,
	    (int)holder->pid, age, unit);
	report_add_word(&table->line, row->stat.name);
	report_add(&table->line, "\t");
	report_add_word(&table->line, holder->stat.name);
	if (table->is_nested) {
		report_add(&table->line, "\t");
		report_add_word(&table->line, row->container);
	}
	modes_end_line(table);
}

static void
add_rows(struct table *table, const struct zombies *zombies)
{
	report_add(&table->line, "UID\tPID\tPPID\tAGE\tCOMMAND\tPARENT");
	if (table->is_nested)
		report_add(&table->line, "\tCONTAINER");
	modes_end_line(table);
	for (unsigned i = 0; i < zombies->holder_count; i++) {
		const struct holder *holder = &zombies->holders[i];

		for (const struct zombie *row = holder->first; row != NULL;
		     row = row->next)
			add_row(table, row, holder);
	}
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
	report_add(&table->line, "%u zombie%s held by %u parent%s; %ld",
	    zombies->count, zombies->count == 1 ? "" : "s", holders,
	    holders == 1 ? "" : "s", zombies->threads);
	if (zombies->slots != -1)
		report_add(&table->line, " of %ld", zombies->slots);
	report_add(&table->line, " process slots used");
	modes_end_line(table);
}

static void
add_refusal(struct table *table, const struct holder *holder)
{
	if (holder->refusal == NULL)
		return;
	report_add(&table->line, "%d (", (int)holder->pid);
	report_add_word(&table->line, holder->stat.name);
	report_add(&table->line, ") is never signalled: %s", holder->refusal);
	modes_end_line(table);
}

void
modes_print_table(struct table *table, struct zombies *zombies)
{
	table->now = (long)(system_clock_ms(CLOCK_BOOTTIME) / 1000);
	table->is_nested = zombies->is_nested;
	if (zombies->count > 0) {
		table->measures = true;
		add_rows(table, zombies);
		table->measures = false;
		add_rows(table, zombies);
	}
	for (unsigned i = 0; i < zombies->holder_count; i++)
		add_refusal(table, &zombies->holders[i]);
	add_totals(table, zombies);
}
