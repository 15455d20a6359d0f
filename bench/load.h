/* SPDX-License-Identifier: MIT */
/* load.h: what load.c and the runner have agreed upon, and load.c's rooms. */
#ifndef LOAD_H
#define LOAD_H

#include <stdint.h>

enum {
	ORPHANS = 200,
	FIRST_QUEUED = 34, /* real-time signals, whatever a libc keeps */
	QUEUED = 30,
};

/* ---------------------------------------------------------- load.c alone */

void say(uint64_t number);
void say_time(void);
void wait_for_word(void);
_Noreturn void echo_signals(void);

/* ------------------------------------------------------------ orphans.c */

_Noreturn void make_orphans(int live);
_Noreturn void make_burst(int count);
_Noreturn void make_many(int count);
_Noreturn void make_storm(int makers);
_Noreturn void make_flood(int makers);

#endif
