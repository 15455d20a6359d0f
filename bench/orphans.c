/* SPDX-License-Identifier: MIT */
/*
 * orphans.c: a part of load.c that gives children to init, by CLONE_PARENT, as
 * if their parent had ended: for init an orphan is an orphan.
 *
 *	orphans LIVE   LIVE children that sleep; wait; children that end, the
 *	               next when the last has been reaped, ORPHANS times
 *	burst N        wait; N children that end, and until all are reaped
 *	limited N      wait; N orphans, and how many forks have failed
 *	storm N        N processes that make children for ever; answer signals
 *	flood N        N processes that make orphans for ever
 */
#include "load.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <errno.h>
#include <signal.h>

#include "nolibc.h"

/* linux/sched.h, which musl-gcc has not. */
enum {
	SHARE_MEMORY = 0x100, /* CLONE_VM */
	WAIT_FOR_IT = 0x4000, /* CLONE_VFORK */
	FOR_PARENT = 0x8000, /* CLONE_PARENT: a child of init, at once */
	MOST_TASKS = 16000, /* others need some, and 32,768 are all there are */
};

static void
give_way(void)
{
	call(SYS_sched_yield, 0, 0, 0, 0);
}

/* It shares our memory, of which it needs none, to be quickly made. */
static void
make_living(void)
{
	static long stack[64];
	const long pid = call(SYS_clone, SHARE_MEMORY | FOR_PARENT | SIGCHLD,
	    (long)(stack + 64), 0, 0);

	if (pid == 0)
		sleep_for_ever();
	if (pid < 0)
		quit(1);
}

/* The child borrows our stack and makes nothing but one system call. */
static long
make_dead(void)
{
	const long pid = call(SYS_clone,
	    SHARE_MEMORY | WAIT_FOR_IT | FOR_PARENT | SIGCHLD, 0, 0, 0);

	if (pid == 0)
		call(SYS_exit, 0, 0, 0, 0);
	return pid;
}

_Noreturn void
make_orphans(int live)
{
	while (live-- > 0)
		make_living();
	say_time();
	wait_for_word();
	for (int i = 0; i < ORPHANS; i++) {
		const long pid = make_dead();

		if (pid < 0)
			quit(1);
		while (call(SYS_kill, pid, 0, 0, 0) != -ESRCH)
			give_way();
	}
	say_time();
	sleep_for_ever();
	__builtin_unreachable();
}

/* As a shell does it: a child makes a child, and ends.  0 where that failed. */
static int
make_orphan(void)
{
	int wstatus = 0;
	const long pid = call(SYS_clone, SIGCHLD, 0, 0, 0);

	if (pid == 0)
		quit(call(SYS_clone, SIGCHLD, 0, 0, 0) < 0);
	return pid > 0 && call(SYS_wait4, pid, (long)&wstatus, 0, 0) == pid &&
	    wstatus == 0;
}

_Noreturn void
make_burst(int count)
{
	say_time();
	wait_for_word();
	say_time();
	while (count > 0)
		if (make_dead() > 0)
			count--;
		else
			give_way();
	/* Is there anybody but init and us? */
	while (call(SYS_kill, -1, 0, 0, 0) != -ESRCH)
		give_way();
	say_time();
	sleep_for_ever();
	__builtin_unreachable();
}

/* Who cannot fork waits for a moment before it tries again. */
_Noreturn void
make_many(int count)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	uint64_t failed = 0;

	say_time();
	wait_for_word();
	while (count > 0) {
		if (make_orphan()) {
			count--;
		} else {
			failed++;
			call(SYS_ppoll, 0, 0, (long)&moment, 0);
		}
	}
	say(failed);
	sleep_for_ever();
	__builtin_unreachable();
}

/* Has somebody else a pid left? */
static int
is_room(void)
{
	struct sysinfo info = {0};

	return call(SYS_sysinfo, (long)&info, 0, 0, 0) == 0 &&
	    info.procs < MOST_TASKS;
}

/* Below main, so that what main waits for is init, not the processor. */
static void
be_nice(void)
{
	call(SYS_setpriority, PRIO_PROCESS, 0, 19, 0);
}

_Noreturn static void
make_for_ever(void)
{
	be_nice();
	for (;;) {
		const long pid = is_room()
		    ? call(SYS_clone, FOR_PARENT | SIGCHLD, 0, 0, 0)
		    : -EAGAIN;

		if (pid == 0)
			quit(0);
		if (pid < 0)
			give_way();
	}
}

/*
 * Their parent is init as well: CLONE_PARENT gives children to that.  A signal
 * for all of main's group must not end the storm.
 */
_Noreturn void
make_storm(int makers)
{
	const struct timespec until_there_are_many = {.tv_nsec = 300000000};

	block_all();
	while (makers-- > 0)
		if (call(SYS_clone, FOR_PARENT | SIGCHLD, 0, 0, 0) == 0)
			make_for_ever();
	call(SYS_ppoll, 0, 0, (long)&until_there_are_many, 0);
	echo_signals();
}

_Noreturn void
make_flood(int makers)
{
	while (makers-- > 0)
		if (call(SYS_clone, SIGCHLD, 0, 0, 0) == 0)
			for (be_nice();;)
				if (!is_room() || !make_orphan())
					give_way();
	say_time();
	sleep_for_ever();
	__builtin_unreachable();
}
