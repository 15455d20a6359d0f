/* SPDX-License-Identifier: MIT */
/*
 * load.c: what the inits under test run as main.  It is told what to do by
 * its first argument, goes on when a byte comes on stdin, and says on stdout,
 * 8 bytes each, what time it is when something has happened, or a number.
 *
 *	hold          say so and sleep
 *	exit          wait, say so and exit
 *	echo          answer every signal by its number and the time
 *	count N       say so when so many signals have come
 *	orphans, burst, limited, storm, flood
 *	              see orphans.c
 */
#include "load.h"

#include <signal.h>
#include <stdbool.h>

#include "nolibc.h"

void
say(uint64_t number)
{
	call(SYS_write, 1, (long)&number, sizeof number, 0);
}

void
say_time(void)
{
	struct timespec now = {0};

	call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0);
	say((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

void
wait_for_word(void)
{
	char word;

	if (call(SYS_read, 0, (long)&word, 1, 0) != 1)
		quit(1);
}

/*
 * Into a session of its own.  dumb-init has done that, others have not, and the
 * scheduler deals with sessions, not processes (autogroups, sched(7)): all
 * inits are to be measured the same way.  A group's leader must leave it first,
 * for that of init.
 */
static void
stand_alone(void)
{
	call(SYS_setpgid, 0, 1, 0, 0);
	call(SYS_setsid, 0, 0, 0, 0);
}

_Noreturn void
echo_signals(void)
{
	block_all();
	say_time();
	for (;;) {
		say((uint64_t)take_signal());
		say_time();
	}
}

_Noreturn static void
count_signals(int expected)
{
	block_all();
	say_time();
	while (expected-- > 0)
		take_signal();
	say_time();
	sleep_for_ever();
	__builtin_unreachable();
}

static bool
is(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static int
number(const char *text)
{
	int value = 0;

	for (; text != 0 && *text != '\0'; text++)
		value = value * 10 + (*text - '0');
	return value;
}

/* Tasks that keep somebody busy: from here on nothing of the start counts. */
static void
work(const char *task, int count)
{
	if (is(task, "echo"))
		echo_signals();
	if (is(task, "count"))
		count_signals(count);
	if (is(task, "orphans"))
		make_orphans(count);
	if (is(task, "burst"))
		make_burst(count);
	if (is(task, "limited"))
		make_many(count);
	if (is(task, "storm"))
		make_storm(count);
	if (is(task, "flood"))
		make_flood(count);
	quit(1);
}

_Noreturn void
begin(long *stack)
{
	char **argv = (char **)(stack + 1);
	const char *task = argv[1];

	if (!is(task, "hold") && !is(task, "exit")) {
		stand_alone();
		work(task, number(argv[2]));
	}
	if (is(task, "exit"))
		wait_for_word();
	say_time();
	if (is(task, "hold"))
		sleep_for_ever();
	quit(0);
	__builtin_unreachable();
}
