/* SPDX-License-Identifier: MIT */
/*
 * table.c: zombies as a table on stdout, for people and for awk: each name is
 * one word.  The rows are made twice: first to see how wide they are.
 */
#include "minireap.h"

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
	char uid[TEXT_DECIMAL_MAX];

	text_decimal(uid, row->uid);
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

enum { GROUP_MAX = 4096 };

/* The number in a file, or -1: none, or "max". */
static long
read_number(const char *path)
{
	char text[TEXT_DECIMAL_MAX];
	const char *end;

	return file_read(path, text, sizeof text) == -1
	    ? -1
	    : (long)text_number(text, &end, LONG_MAX);
}

/*
 * The limit of the control group, or of the nearest above it that has one.  In
 * a container its path may be that outside of it: the group itself is then what
 * is mounted, and found last.
 */
static bool
read_group(const char *mount, const char *controllers, struct zombies *zombies)
{
	char path[GROUP_MAX + sizeof "/sys/fs/cgroup/pids/pids.current"];
	char *const begin = text_copy(path, mount);
	char *end;

	*begin = '\0';
	cgroup_copy_path(begin, GROUP_MAX, controllers);
	end = begin + text_until(begin, '\0');
	for (;;) {
		text_copy(end, "/pids.max");
		zombies->slots = read_number(path);
		if (zombies->slots != -1) {
			text_copy(end, "/pids.current");
			zombies->threads = read_number(path);
		}
		if (zombies->slots != -1 || end == begin)
			return zombies->slots != -1;
		do
			end--;
		while (end > begin && *end != '/');
	}
}

/* Where no group has a limit, the kernel has one. */
static void
count_slots(struct zombies *zombies)
{
	if (!read_group("/sys/fs/cgroup/pids", "pids:", zombies) &&
	    !read_group("/sys/fs/cgroup", ":", zombies))
		zombies->slots = read_number("/proc/sys/kernel/pid_max");
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
	table->now = (long)(clock_ms(CLOCK_BOOTTIME) / 1000);
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
