/* SPDX-License-Identifier: MIT */
/*
 * probe latency FLOODERS COUNT SIGNAL...: as main, how long signals take
 * through init, its parent, while FLOODERS processes make children of init as
 * fast as they can.  Prints "sent N lost N p50 US p99 US max US".
 */
#include "probe.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MOST = 10000,
	LIMIT_MS = 3000,
	PAUSE_US = 5000,
	FLOOD_S = 60,
	FLOOD_SETTLES_US = 300000,
	MOST_PROCESSES = 8000,
	FULL_US = 500
};

/* Between the sender, which is its own process, and main. */
struct shared {
	volatile int sent; /* number of the signal on its way, from 1 on */
	volatile int arrived;
	volatile int sig;
	volatile long long when;
};

static int
end_at_once(void *unused)
{
	(void)unused;
	_exit(0);
}

/* Others need numbers, too. */
static int
is_full(void)
{
	struct sysinfo system;

	return sysinfo(&system) == 0 && system.procs > MOST_PROCESSES;
}

/* CLONE_PARENT: the child is init's at once, as we are. */
_Noreturn static void
flood(void)
{
	static _Alignas(16) char stack[16384];
	const long long end = now_us() + FLOOD_S * 1000000LL;

	while (now_us() < end)
		if (is_full())
			usleep(FULL_US);
		else
			clone(end_at_once, stack + sizeof stack,
			    CLONE_PARENT | SIGCHLD, NULL);
	_exit(0);
}

static pid_t
make_flooder(void)
{
	const pid_t pid =
	    (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (pid == -1)
		fail("clone");
	if (pid == 0)
		flood();
	return pid;
}

static int
by_size(const void *a, const void *b)
{
	const long long x = *(const long long *)a;
	const long long y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

_Noreturn static void
send_all(struct shared *shared, pid_t init, int count, char **signals,
    int signals_count)
{
	usleep(FLOOD_SETTLES_US);
	for (int i = 1; i <= count; i++) {
		const long long start = now_us();

		shared->sig = atoi(signals[i % signals_count]);
		shared->when = start;
		shared->sent = i;
		kill(init, shared->sig);
		while (
		    shared->arrived < i && now_us() - start < LIMIT_MS * 1000LL)
			usleep(200);
		shared->arrived = i;
		usleep(PAUSE_US);
	}
	_exit(0);
}

int
latency_main(int argc, char **argv)
{
	const int flooders = argc > 3 ? atoi(argv[1]) : 0;
	const int count = argc > 3 ? atoi(argv[2]) : 0;
	const pid_t init = getppid();
	static long long took[MOST];
	pid_t pids[64] = {0};
	int got = 0;
	struct shared *shared;
	pid_t sender;

	if (argc < 4 || count > MOST || flooders > 64)
		return 2;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		fail("mmap");
	block_all();
	for (int i = 0; i < flooders; i++)
		pids[i] = make_flooder();
	sender = fork();
	if (sender == 0)
		send_all(shared, init, count, argv + 3, argc - 3);
	while (waitpid(sender, NULL, WNOHANG) == 0) {
		const int sig = take_signal(
		    ALL & ~((uint64_t)1 << (SIGCHLD - 1)), NULL, 50);

		if (sig != 0 && sig == shared->sig &&
		    shared->arrived < shared->sent) {
			took[got++] = now_us() - shared->when;
			shared->arrived = shared->sent;
		}
	}
	for (int i = 0; i < flooders; i++)
		kill(pids[i], SIGKILL);
	qsort(took, (size_t)got, sizeof *took, by_size);
	printf("sent %d lost %d p50 %lld p99 %lld max %lld\n", count,
	    count - got, took[got / 2], took[got * 99 / 100],
	    took[got > 0 ? got - 1 : 0]);
	return 0;
}
