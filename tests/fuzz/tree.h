/* SPDX-License-Identifier: MIT */
/*
 * tree.h: a false /proc and false cgroups, as an input describes them by lines:
 *
 *	pid FIRST[-LAST] PARENT STATE[INNERMOST] NAME
 *
 * Processes with stat and status as the kernel writes them, and their number in
 * a PID namespace below if it is given.
 *
 *	== PATH [KIND]...
 *
 * A file, with all up to the next such line as its contents, and what is odd
 * about it: enum kind.  It replaces that of a process above.  Not files, but
 * what else the kernel does, are:
 *
 *	== clock		the milliseconds from one look at it to the next
 *	== children		init has children
 *	== mmap missing		there is no memory
 *	== pidfd missing	Linux before 5.3
 *	== /proc/N/refuses	a signal to N fails: EPERM
 *	== /proc/N/vanishes	a signal to N fails: ESRCH
 */
#ifndef TREE_H
#define TREE_H

#include "fuzz.h"
#include "system/system.h"

enum {
	MAX_ENTRIES = 512,
	MAX_PROCESSES = 80, /* of all ranges */
	HUGE_NUMBER = 100000000, /* no digit is added to a larger one */
};

enum kind {
	ONCE = 1, /* it is there for one look */
	MISSING = 2,
	DENIED = 4,
	FIFO = 8, /* no process writes to it */
	DIRECTORY = 16,
	GONE = 32, /* can be opened, but no longer read */
	BROKEN = 64,
	SHORT = 128, /* after the first read, a few bytes at a time */
};
static const char kind_names[][10] = {"once", "missing", "denied", "fifo",
    "directory", "gone", "broken", "short"};

struct piece {
	const char *text;
	size_t length;
};

struct entry {
	struct piece path; /* or empty, and then it is processes: */
	unsigned long first;
	unsigned long last;
	struct piece parent;
	struct piece state;
	struct piece data; /* or name */
	unsigned kinds;
	bool is_over;
};

static struct {
	struct piece rest; /* of the input */
	struct entry entries[MAX_ENTRIES];
	size_t entry_count;
	unsigned long process_count;
	long clock_step;
} tree;

/* Only what init does is worth an input. */
#pragma clang attribute push( \
    __attribute__((no_sanitize("coverage"))), apply_to = function)

static bool
starts_with(struct piece piece, const char *prefix)
{
	return piece.length >= strlen(prefix) &&
	    memcmp(piece.text, prefix, strlen(prefix)) == 0;
}

static bool
is_equal(struct piece piece, const char *text)
{
	return strlen(text) == piece.length &&
	    memcmp(piece.text, text, piece.length) == 0;
}

/* Takes what precedes the next such byte from the rest, and the byte. */
static struct piece
take(struct piece *rest, char byte)
{
	const char *end = memchr(rest->text, byte, rest->length);
	struct piece taken = *rest;

	if (end != NULL)
		taken.length = (size_t)(end - rest->text);
	rest->text += taken.length + (end != NULL);
	rest->length -= taken.length + (end != NULL);
	return taken;
}

/* Takes all digits that follow; 0 if there are none. */
static unsigned long
take_number(struct piece *rest)
{
	unsigned long number = 0;

	while (rest->length > 0 && *rest->text >= '0' && *rest->text <= '9') {
		if (number < HUGE_NUMBER)
			number =
			    number * 10 + (unsigned long)(*rest->text - '0');
		rest->text++;
		rest->length--;
	}
	return number;
}

static void
parse_processes(struct entry *entry, struct piece line)
{
	unsigned long count;

	take(&line, ' ');
	entry->first = take_number(&line);
	entry->last = entry->first;
	if (starts_with(line, "-")) {
		take(&line, '-');
		entry->last = take_number(&line);
	}
	take(&line, ' ');
	entry->parent = take(&line, ' ');
	entry->state = take(&line, ' ');
	entry->data = line;
	count = entry->last - entry->first + 1;
	if (entry->last < entry->first ||
	    count > MAX_PROCESSES - tree.process_count)
		return;
	tree.process_count += count;
	tree.entry_count++;
}

static bool
is_header(struct piece line)
{
	return starts_with(line, "== ") || starts_with(line, "pid ");
}

static void
parse_file(struct entry *entry, struct piece line)
{
	struct piece *rest = &tree.rest;

	take(&line, ' ');
	entry->path = take(&line, ' ');
	while (line.length > 0) {
		const struct piece word = take(&line, ' ');

		for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names;
		     i++)
			if (is_equal(word, kind_names[i]))
				entry->kinds |= 1U << i;
	}
	entry->data.text = rest->text;
	while (rest->length > 0 && !is_header(*rest))
		take(rest, '\n');
	entry->data.length = (size_t)(rest->text - entry->data.text);
	if (entry->path.length > 0)
		tree.entry_count++;
}

static void
tree_parse(const uint8_t *data, size_t size)
{
	tree.rest = (struct piece){(const char *)data, size};
	tree.entry_count = 0;
	tree.process_count = 0;
	tree.clock_step = 1;
	while (tree.rest.length > 0 && tree.entry_count < MAX_ENTRIES) {
		struct entry *entry = &tree.entries[tree.entry_count];
		const struct piece line = take(&tree.rest, '\n');

		memset(entry, 0, sizeof *entry);
		if (starts_with(line, "== "))
			parse_file(entry, line);
		else if (starts_with(line, "pid "))
			parse_processes(entry, line);
		if (is_equal(entry->path, "clock"))
			tree.clock_step =
			    (long)(take_number(&entry->data) % 100000);
	}
}

/* Returns the file of that path, or NULL. */
static struct entry *
find_file(const char *path)
{
	const size_t length = strlen(path);

	for (size_t i = 0; i < tree.entry_count; i++) {
		struct entry *entry = &tree.entries[i];

		if (entry->path.length == length && !entry->is_over &&
		    memcmp(entry->path.text, path, length) == 0) {
			entry->is_over = (entry->kinds & ONCE) != 0;
			return entry;
		}
	}
	return NULL;
}

static bool
has_file(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	return find_file(path) != NULL;
}

static const struct entry *
find_process(unsigned long pid)
{
	for (size_t i = 0; i < tree.entry_count; i++) {
		const struct entry *entry = &tree.entries[i];

		if (entry->path.length == 0 && pid >= entry->first &&
		    pid <= entry->last)
			return entry;
	}
	return NULL;
}

#pragma clang attribute pop

#endif
