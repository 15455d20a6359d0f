/* SPDX-License-Identifier: MIT */
/*
 * shown.h: what a false /proc has shown of each process so far, and whether a
 * signal to it may follow from that.  A file may say something else each time:
 * whatever it said once counts.
 */
#ifndef SHOWN_H
#define SHOWN_H

#include "tree.h"

#include <errno.h>
#include <signal.h>

enum { MAX_EDGES = 1 << 15 };

/* Which signals may be sent. */
enum policy { TO_NONE, TO_NAMESPACE, TO_TREE, TO_HOLDERS };

/* Its stat or status; a zombie's parent; a number above 1 in its namespace. */
enum { SEEN = 1, HOLDS = 2, INNER = 4 };

static struct {
	pid_t self; /* init */
	pid_t main_group; /* may be signalled, or 0 */
	enum policy policy;
	int parents[SYSTEM_PID_LIMIT]; /* the last one, plus 1 */
	uint8_t what[SYSTEM_PID_LIMIT];
	pid_t noted[MAX_EDGES]; /* whose what is not 0 */
	size_t noted_count;
	struct {
		pid_t child;
		pid_t parent;
	} edges[MAX_EDGES];
	size_t edge_count;
} shown;

/* Only what init does is worth an input. */
#pragma clang attribute push( \
    __attribute__((no_sanitize("coverage"))), apply_to = function)

static bool
is_pid(pid_t pid)
{
	return pid >= 0 && pid < SYSTEM_PID_LIMIT;
}

static void
note(pid_t pid, unsigned what)
{
	if (shown.what[pid] == 0) {
		expect(shown.noted_count < MAX_EDGES, "few reads in a run");
		shown.noted[shown.noted_count++] = pid;
	}
	shown.what[pid] |= (uint8_t)what;
}

static void
add_edge(pid_t child, pid_t parent)
{
	if (shown.parents[child] == parent + 1)
		return;
	expect(shown.edge_count < MAX_EDGES, "few reads in a run");
	shown.parents[child] = parent + 1;
	shown.edges[shown.edge_count].child = child;
	shown.edges[shown.edge_count++].parent = parent;
}

/* The bytes of /proc/PID/stat that were read, parsed in a second way. */
static void
note_stat(pid_t pid, struct piece text)
{
	const size_t length = strnlen(text.text, text.length);
	const char *end = memrchr(text.text, ')', length);
	struct piece rest;
	long parent;

	if (!is_pid(pid) || end == NULL)
		return;
	rest = (struct piece){end, length - (size_t)(end - text.text)};
	if (!starts_with(rest, ") ") || rest.length < 3)
		return;
	note(pid, SEEN);
	take(&rest, ' ');
	end = rest.text;
	take(&rest, ' ');
	parent = (long)take_number(&rest);
	if (parent >= SYSTEM_PID_LIMIT)
		return;
	add_edge(pid, (pid_t)parent);
	if (*end == 'Z' || *end == 'X')
		note((pid_t)parent, HOLDS);
}

/* Could /proc/PID/status show it to be no PID 1 of any namespace? */
static void
note_status(pid_t pid, struct piece text)
{
	static const char key[] = "NSpid:\t";
	const char *found;

	if (!is_pid(pid))
		return;
	note(pid, SEEN);
	shown.what[pid] &= (uint8_t)~INNER;
	while ((found = memmem(text.text, text.length, key, strlen(key))) !=
	    NULL) {
		unsigned long number = 0;

		text.length -= (size_t)(found - text.text) + strlen(key);
		text.text = found + strlen(key);
		while (
		    text.length > 0 && *text.text >= '0' && *text.text <= '9') {
			const unsigned long next = take_number(&text);

			if (next >= SYSTEM_PID_LIMIT)
				break;
			number = next;
			if (starts_with(text, "\t"))
				take(&text, '\t');
		}
		if (number > 1)
			note(pid, INNER);
	}
}

/* Has it been shown to be below init, by whatever was read so far? */
static bool
was_below(pid_t pid)
{
	static uint8_t reached[SYSTEM_PID_LIMIT];
	bool is_new = true;
	pid_t up = pid;

	/* Mostly there was one parent only. */
	for (int i = 0; i < MAX_PROCESSES && up != shown.self; i++) {
		if (shown.parents[up] == 0)
			break;
		up = shown.parents[up] - 1;
	}
	if (up == shown.self)
		return true;
	memset(reached, 0, sizeof reached);
	reached[shown.self] = 1;
	while (is_new) {
		is_new = false;
		for (size_t i = 0; i < shown.edge_count; i++)
			if (reached[shown.edges[i].parent] &&
			    !reached[shown.edges[i].child]) {
				reached[shown.edges[i].child] = 1;
				is_new = true;
			}
	}
	return shown.parents[pid] != 0 && reached[shown.parents[pid] - 1];
}

static int
shown_signal(pid_t pid, int sig)
{
	const bool is_all = pid == -1 && shown.policy == TO_NAMESPACE;
	const bool is_main = shown.main_group != 0 && pid == -shown.main_group;

	expect(shown.policy != TO_NONE, "no signal at all");
	if (is_all || is_main) {
		errno = EPERM;
		return has_file(pid, "refuses") ? -1 : 0;
	}
	expect(pid > 1 && pid != shown.self, "neither init nor a group");
	expect(is_pid(pid), "a signal to a possible pid");
	expect((shown.what[pid] & SEEN) != 0, "a process that was seen");
	if (shown.policy == TO_NAMESPACE)
		expect(sig == 0 || sig == SIGCONT, "kill(-1) sent the rest");
	if (shown.policy == TO_TREE)
		expect(was_below(pid), "a process below init");
	if (shown.policy == TO_HOLDERS)
		expect((shown.what[pid] & (HOLDS | INNER)) == (HOLDS | INNER),
		    "a parent of zombies, and not the PID 1 of a namespace");
	errno = has_file(pid, "refuses") ? EPERM : ESRCH;
	return errno == EPERM || has_file(pid, "vanishes") ? -1 : 0;
}

/* Nothing was shown yet. */
static void
shown_begin(pid_t self, enum policy policy)
{
	for (size_t i = 0; i < shown.edge_count; i++)
		shown.parents[shown.edges[i].child] = 0;
	for (size_t i = 0; i < shown.noted_count; i++)
		shown.what[shown.noted[i]] = 0;
	shown.edge_count = 0;
	shown.noted_count = 0;
	shown.self = self;
	shown.policy = policy;
	shown.main_group = 0;
}

#pragma clang attribute pop

#endif
