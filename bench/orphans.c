/* SPDX-License-Identifier: MIT */
/*
 * orphans.c: the tasks of load.c that give init children to reap.  Most of
 * these are created with CLONE_PARENT and are children of init from the start;
 * init cannot tell them from orphans that it has adopted.
 *
 *	orphans LIVE   start LIVE children that sleep; wait for a byte; start
 *	               ORPHANS children that exit, each one after the last has
 *	               been reaped; send the time
 *	burst N        wait for a byte; send the time; start N children that
 *	               exit; wait until all have been reaped; send the time
 *	limited N      wait for a byte; make N orphans; send the number of forks
 *	               that failed
 *	storm N        N processes create children of init forever; then as echo
 *	flood N        N processes make orphans forever
 *
 * Before it waits, each task sends the time to show that it is ready.
 */
#include "load.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>

#include "nolibc.h"

enum { MAX_TASKS = 16000 }; /* half of the default pid_max */

static void
yield(void)
{
	call(SYS_sched_yield, 0, 0, 0, 0);
}

/*
 * Shares our memory, so that it is quick to create.  All sleepers can share one
 * stack because none of them writes to it.
 */
static void
start_sleeper(void)
{
	static long stack[64];
	const long pid = call(SYS_clone, CLONE_VM | CLONE_PARENT | SIGCHLD,
	    (long)(stack + 64), 0, 0);

	if (pid == 0)
		sleep_forever();
	if (pid < 0)
		quit(1);
}

/* The child borrows our stack, so it makes one system call and nothing else. */
static long
start_exiting(void)
{
	const long pid = call(SYS_clone,
	    CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, 0, 0, 0);

	if (pid == 0)
		call(SYS_exit, 0, 0, 0, 0);
	return pid;
}

static void
make_in_turn(int count)
{
	while (count-- > 0) {
		const long pid = start_exiting();

		if (pid < 0)
			quit(1);
		while (call(SYS_kill, pid, 0, 0, 0) != -ESRCH)
			yield();
	}
}

_Noreturn void
make_orphans(int live)
{
	while (live-- > 0)
		start_sleeper();
	make_in_turn(FIRST_ORPHANS); /* what init does once is not counted */
	send_time();
	wait_for_byte();
	make_in_turn(ORPHANS);
	send_time();
	sleep_forever();
}

/* As a shell does it: a child forks and exits.  Returns 0 if a fork failed. */
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
	send_time();
	wait_for_byte();
	send_time();
	while (count > 0)
		if (start_exiting() > 0)
			count--;
		else
			yield();
	/* kill(-1) fails once only init and this process are left. */
	while (call(SYS_kill, -1, 0, 0, 0) != -ESRCH)
		yield();
	send_time();
	sleep_forever();
}

_Noreturn void
make_limited(int count)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	uint64_t failed = 0;

	send_time();
	wait_for_byte();
	while (count > 0) {
		if (make_orphan()) {
			count--;
		} else {
			failed++;
			call(SYS_ppoll, 0, 0, (long)&pause, 0);
		}
	}
	send_number(failed);
	sleep_forever();
}

/* Are enough pids left for all other processes? */
static int
has_room(void)
{
	struct sysinfo info = {0};

	return call(SYS_sysinfo, (long)&info, 0, 0, 0) == 0 &&
	    info.procs < MAX_TASKS;
}

/* So that main has to wait for init, but never for the CPU. */
static void
lower_priority(void)
{
	call(SYS_setpriority, PRIO_PROCESS, 0, 19, 0);
}

_Noreturn static void
make_children_forever(void)
{
	lower_priority();
	for (;;) {
		const long pid = has_room()
		    ? call(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0)
		    : -EAGAIN;

		if (pid == 0)
			quit(0);
		if (pid < 0)
			yield();
	}
}

/*
 * The makers are children of init as well, because CLONE_PARENT gives a child
 * to its creator's parent.  They inherit a mask that blocks all signals, so
 * that a signal sent to main's group does not end the storm.
 */
_Noreturn void
make_storm(int makers)
{
	const struct timespec build_up = {.tv_nsec = 300000000};

	block_all();
	while (makers-- > 0)
		if (call(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0) == 0)
			make_children_forever();
	call(SYS_ppoll, 0, 0, (long)&build_up, 0);
	echo_signals();
}

_Noreturn void
make_flood(int makers)
{
	while (makers-- > 0)
		if (call(SYS_clone, SIGCHLD, 0, 0, 0) == 0)
			for (lower_priority();;)
				if (!has_room() || !make_orphan())
					yield();
	send_time();
	sleep_forever();
}
