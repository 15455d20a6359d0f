/* SPDX-License-Identifier: MIT */
/* load.h: shared by load.c, orphans.c and, for the constants, the runner. */
#ifndef LOAD_H
#define LOAD_H

#include <stdint.h>

enum {
	FIRST_ORPHANS = 4,
	ORPHANS = 200,
	FIRST_QUEUED = 34, /* a real-time signal, even if libc reserves it */
	QUEUED = 30,
};

/* --------------------------------------------------------------- load.c */

void send_number(uint64_t number);
void send_time(void);
void wait_for_byte(void);
_Noreturn void echo_signals(void);

/* ------------------------------------------------------------ orphans.c */

_Noreturn void make_orphans(int live);
_Noreturn void make_burst(int count);
_Noreturn void make_limited(int count);
_Noreturn void make_storm(int makers);
_Noreturn void make_flood(int makers);

#endif
