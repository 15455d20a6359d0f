/* SPDX-License-Identifier: MIT */
/* probe many: what an init with many children pays, and whom it forgets. */
#include "probe.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	FOR_PARENT = 0x8000, /* CLONE_PARENT: a child of init, at once */
	PATIENCE_US = 5000000,
	QUIET_US = 300000,
};

static pid_t
child_of_init(void)
{
	const pid_t pid =
	    (pid_t)syscall(SYS_clone, FOR_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (pid == -1)
		fail("clone");
	return pid;
}

/* Sleepers; the first of them leads a group of them all. */
static pid_t
make_sleepers(int count)
{
	pid_t first = 0;

	for (int i = 0; i < count; i++) {
		const pid_t pid = child_of_init();

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
	const long long end = now_us() + PATIENCE_US;

	while (kill(pid, 0) == 0) {
		if (now_us() > end)
			fail("it stays");
		sched_yield();
	}
}

/* The first number behind field in a file of init's in /proc. */
static long long
of_init(const char *file, const char *field)
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

/* Print the CPU time of init for each of its children that end in turn. */
static void
print_cost(const char *name, int ends)
{
	const long long before = of_init("schedstat", "");
	const long long begun = now_us();
	long long took;

	for (int i = 0; i < ends; i++) {
		const pid_t pid = child_of_init();

		if (pid == 0)
			_exit(0);
		wait_until_gone(pid);
	}
	took = now_us() - begun;
	usleep(QUIET_US);
	printf("%s %lld ns took-%s %lld ns\n", name,
	    (of_init("schedstat", "") - before) / ends, name,
	    took * 1000 / ends);
}

static long long
end_of_a_burst(int count)
{
	const pid_t first = make_sleepers(count);
	const long long begun = now_us();

	kill(-first, SIGKILL);
	while (kill(-first, 0) == 0 && now_us() < begun + PATIENCE_US)
		usleep(1000);
	return now_us() - begun;
}

static long long
switches(void)
{
	return of_init("status", "\nvoluntary_ctxt_switches:") +
	    of_init("status", "nonvoluntary_ctxt_switches:");
}

/*
 * many LIVE ENDS BURST: what the ends of ENDS children cost init with no
 * others, and with LIVE; how long BURST that end at once stay; how often init
 * then runs while nothing happens.  Status 7, with LIVE there.
 */
int
many_main(int argc, char **argv)
{
	const int live = argc > 1 ? atoi(argv[1]) : 0;
	const int ends = argc > 2 ? atoi(argv[2]) : 1;
	const int burst = argc > 3 ? atoi(argv[3]) : 1;
	long long before;

	print_cost("few", ends);
	make_sleepers(live);
	print_cost("many", ends);
	printf("burst %lld us\n", end_of_a_burst(burst));
	usleep(QUIET_US);
	before = switches();
	usleep(QUIET_US);
	printf("switches %lld\n", switches() - before);
	return 7;
}
