/* SPDX-License-Identifier: MIT */
/*
 * load.c: what the inits under test run as main.  Its arguments select a task.
 * It sends 8-byte numbers on stdout, most of them the time of an event, and
 * some tasks wait for a byte on stdin before they continue.
 *
 *	hold          send the time, then sleep
 *	exit          wait for a byte, send the time, then exit
 *	echo          send the time, then each signal's number and arrival time
 *	count N       send the time, and again after N signals
 *	orphans, burst, limited, storm, flood
 *	              see orphans.c
 */
#include "load.h"

#include <signal.h>
#include <stdbool.h>

#include "nolibc.h"

void
send_number(uint64_t number)
{
	call(SYS_write, 1, (long)&number, sizeof number, 0);
}

void
send_time(void)
{
	struct timespec now = {0};

	call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0);
	send_number((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

void
wait_for_byte(void)
{
	char byte;

	if (call(SYS_read, 0, (long)&byte, 1, 0) != 1)
		quit(1);
}

/*
 * dumb-init gives main a session of its own, other inits do not, and the
 * scheduler shares CPU time between sessions (autogroup, sched(7)).  So that
 * all inits are measured alike, main always starts one.  A group leader cannot
 * call setsid(2), so it joins init's group first.
 */
static void
start_session(void)
{
	call(SYS_setpgid, 0, 1, 0, 0);
	call(SYS_setsid, 0, 0, 0, 0);
}

_Noreturn void
echo_signals(void)
{
	block_all();
	send_time();
	for (;;) {
		send_number((uint64_t)wait_for_signal());
		send_time();
	}
}

_Noreturn static void
count_signals(int expected)
{
	block_all();
	send_time();
	while (expected-- > 0)
		wait_for_signal();
	send_time();
	sleep_forever();
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

/* The decimal number in text, or 0 if text is NULL. */
static int
number(const char *text)
{
	int value = 0;

	for (; text != 0 && *text != '\0'; text++)
		value = value * 10 + (*text - '0');
	return value;
}

/* The tasks that are measured after start-up. */
_Noreturn static void
work(const char *task, int count)
{
	start_session();
	if (is(task, "echo"))
		echo_signals();
	if (is(task, "count"))
		count_signals(count);
	if (is(task, "orphans"))
		make_orphans(count);
	if (is(task, "burst"))
		make_burst(count);
	if (is(task, "limited"))
		make_limited(count);
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

	if (!is(task, "hold") && !is(task, "exit"))
		work(task, number(argv[2]));
	if (is(task, "exit"))
		wait_for_byte();
	send_time();
	if (is(task, "hold"))
		sleep_forever();
	quit(0);
}
