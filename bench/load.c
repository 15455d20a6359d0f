/* SPDX-License-Identifier: MIT */
/*
 * load.c: what the inits under test run as main.  It is told what to do by
 * its first argument, goes on when a byte comes on stdin, and says on stdout,
 * 8 bytes each, what time it is when something has happened.
 *
 *	hold          say so and sleep
 *	exit          wait, say so and exit
 *	echo          answer every signal
 *	orphans LIVE  give init LIVE children that sleep; wait; give it children
 *	              that end, one when the last has been reaped, ORPHANS times
 */
#include "nolibc.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "load.h"

/* linux/sched.h, which musl-gcc has not. */
enum {
	SHARE_MEMORY = 0x100, /* CLONE_VM */
	WAIT_FOR_IT = 0x4000, /* CLONE_VFORK */
	FOR_PARENT = 0x8000, /* CLONE_PARENT: a child of init, at once */
};

static void
say_time(void)
{
	struct timespec now = {0};
	uint64_t nanoseconds;

	call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0);
	nanoseconds = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	call(SYS_write, 1, (long)&nanoseconds, sizeof nanoseconds, 0);
}

static void
wait_for_word(void)
{
	char word;

	if (call(SYS_read, 0, (long)&word, 1, 0) != 1)
		quit(1);
}

static void
echo_signals(void)
{
	block_all();
	say_time();
	for (;;) {
		take_signal();
		say_time();
	}
}

static void
make_living(void)
{
	if (call(SYS_clone, FOR_PARENT | SIGCHLD, 0, 0, 0) == 0)
		sleep_for_ever();
}

/* The child borrows our stack and makes nothing but one system call. */
static void
make_dead(void)
{
	const long pid = call(SYS_clone,
	    SHARE_MEMORY | WAIT_FOR_IT | FOR_PARENT | SIGCHLD, 0, 0, 0);

	if (pid == 0)
		call(SYS_exit, 0, 0, 0, 0);
	if (pid < 0)
		quit(1);
	while (call(SYS_kill, pid, 0, 0, 0) != -ESRCH)
		call(SYS_sched_yield, 0, 0, 0, 0);
}

static void
make_orphans(const char *live)
{
	int count = 0;

	for (; *live != '\0'; live++)
		count = count * 10 + (*live - '0');
	while (count-- > 0)
		make_living();
	say_time();
	wait_for_word();
	for (int i = 0; i < ORPHANS; i++)
		make_dead();
	say_time();
	sleep_for_ever();
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

_Noreturn void
begin(long *stack)
{
	char **argv = (char **)(stack + 1);
	const char *task = argv[1];

	if (is(task, "echo"))
		echo_signals();
	if (is(task, "orphans"))
		make_orphans(argv[2]);
	if (is(task, "exit"))
		wait_for_word();
	say_time();
	if (is(task, "hold"))
		sleep_for_ever();
	quit(0);
	__builtin_unreachable();
}
