/* SPDX-License-Identifier: MIT */
/*
 * probe many LIVE EXITS BURST: measure, as main, what reaping costs init.
 *
 * Prints the CPU time, and the elapsed time, for each of EXITS children of init
 * that exit one at a time, first without other children ("few"), then with LIVE
 * others ("many"); then how long BURST children that are killed together remain
 * ("burst"), and how often init runs afterwards while nothing happens
 * ("switches").  Exits with 7 while the LIVE children remain.
 */
#include "probe.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	TIMEOUT_US = 5000000,
	QUIET_US = 300000,
};

/* As fork(2), but the child is a child of init. */
static pid_t
fork_for_init(void)
{
	const pid_t pid =
	    (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (pid == -1)
		fail("clone");
	return pid;
}

/* Start children of init that sleep, all in one process group; returns it. */
static pid_t
make_sleepers(int count)
{
	pid_t first = 0;

	for (int i = 0; i < count; i++) {
		const pid_t pid = fork_for_init();

		if (pid == 0) {
			setpgid(0, first);
			pause();
			_exit(0);
		}
		if (first == 0)
			first = pid;
		while (getpgid(pid) != first)
			sched_yield();
	}
	return first;
}

static void
wait_until_gone(pid_t pid)
{
	const long long end = now_us() + TIMEOUT_US;

	while (kill(pid, 0) == 0) {
		if (now_us() > end)
			fail("a child was not reaped");
		sched_yield();
	}
}

/* The number that follows field in /proc/PID/FILE of init, or -1. */
static long long
init_value(const char *file, const char *field)
{
	char path[64];
	char text[4096] = "";
	const char *found;
	FILE *stream;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)getppid(), file);
	stream = fopen(path, "r");
	if (stream == NULL || fread(text, 1, sizeof text - 1, stream) == 0)
		fail(path);
	fclose(stream);
	found = strstr(text, field);
	return found == NULL ? -1 : strtoll(found + strlen(field), NULL, 10);
}

static void
print_cost(const char *name, int exits)
{
	const long long before = init_value("schedstat", "");
	const long long start = now_us();
	long long took;

	for (int i = 0; i < exits; i++) {
		const pid_t pid = fork_for_init();

		if (pid == 0)
			_exit(0);
		wait_until_gone(pid);
	}
	took = now_us() - start;
	usleep(QUIET_US);
	printf("%s %lld ns took-%s %lld ns\n", name,
	    (init_value("schedstat", "") - before) / exits, name,
	    took * 1000 / exits);
}

/* How long a burst of killed children takes to be reaped. */
static long long
burst_us(int count)
{
	const pid_t group = make_sleepers(count);
	const long long start = now_us();

	kill(-group, SIGKILL);
	while (kill(-group, 0) == 0 && now_us() < start + TIMEOUT_US)
		usleep(1000);
	return now_us() - start;
}

static long long
context_switches(void)
{
	return init_value("status", "\nvoluntary_ctxt_switches:") +
	    init_value("status", "nonvoluntary_ctxt_switches:");
}

int
many_main(int argc, char **argv)
{
	const int live = argc > 1 ? atoi(argv[1]) : 0;
	const int exits = argc > 2 ? atoi(argv[2]) : 1;
	const int burst = argc > 3 ? atoi(argv[3]) : 1;
	long long before;

	print_cost("few", exits);
	make_sleepers(live);
	print_cost("many", exits);
	printf("burst %lld us\n", burst_us(burst));
	usleep(QUIET_US);
	before = context_switches();
	usleep(QUIET_US);
	printf("switches %lld\n", context_switches() - before);
	return 7;
}
