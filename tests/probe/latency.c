/* SPDX-License-Identifier: MIT */
/*
 * probe latency FLOODERS COUNT SIGNAL...: run as main, and measure how long
 * init, its parent, takes to forward COUNT signals while FLOODERS processes
 * create children of init as fast as they can.
 *
 * Prints "sent N lost N p50 US p99 US max US made N own US".  made is the
 * number of children; own is the most CPU time that init used between a signal
 * and its arrival.  The rest of the latency is the scheduler's: init competes
 * with the flooders for the CPU.
 */
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_SIGNALS = 10000,
	TIMEOUT_MS = 3000,
	PAUSE_US = 5000,
	FLOOD_S = 60,
	FLOOD_BUILD_UP_US = 300000,
	MAX_PROCESSES = 8000,
	FULL_PAUSE_US = 500
};

/* Memory shared by main, the process that sends, and the flooders. */
struct shared {
	pid_t init;
	volatile int sent; /* how many signals; the last one is sig */
	volatile int arrived;
	volatile int sig;
	volatile long long sent_us;
	volatile long long init_cpu_us; /* when it was sent */
	volatile int over;
	volatile long long made;
};

/* Leave some pids to other processes. */
static int
is_full(void)
{
	struct sysinfo system;

	return sysinfo(&system) == 0 && system.procs > MAX_PROCESSES;
}

/* Start a flooder: an orphan, so that its siblings are children of init. */
static void
flood(struct shared *shared)
{
	const long long end = now_us() + FLOOD_S * 1000000LL;
	const pid_t maker = fork();

	if (maker == -1)
		fail("fork");
	if (maker > 0) {
		waitpid(maker, NULL, 0);
		return;
	}
	if (fork() != 0)
		_exit(0);
	while (getppid() != shared->init)
		usleep(100);
	while (now_us() < end && !shared->over)
		if (is_full())
			usleep(FULL_PAUSE_US);
		else if (clone_sibling() > 0)
			__atomic_add_fetch(&shared->made, 1, __ATOMIC_RELAXED);
	_exit(0);
}

static long long
init_cpu_us(pid_t init)
{
	clockid_t clock;
	struct timespec time;

	if (clock_getcpuclockid(init, &clock) != 0 ||
	    clock_gettime(clock, &time) == -1)
		fail("clock_getcpuclockid");
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static int
by_size(const void *a, const void *b)
{
	const long long x = *(const long long *)a;
	const long long y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

_Noreturn static void
send_all(struct shared *shared, int count, char **signals, int signals_count)
{
	usleep(FLOOD_BUILD_UP_US);
	for (int i = 1; i <= count; i++) {
		const long long start = now_us();

		shared->sig = atoi(signals[i % signals_count]);
		shared->sent_us = start;
		shared->init_cpu_us = init_cpu_us(shared->init);
		shared->sent = i;
		kill(shared->init, shared->sig);
		while (shared->arrived < i &&
		    now_us() - start < TIMEOUT_MS * 1000LL)
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
	static long long took[MAX_SIGNALS];
	long long own = 0;
	int got = 0;
	struct shared *shared;
	pid_t sender;

	if (argc < 4 || count > MAX_SIGNALS)
		return 2;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		fail("mmap");
	block_all();
	shared->init = getppid();
	for (int i = 0; i < flooders; i++)
		flood(shared);
	sender = fork();
	if (sender == 0)
		send_all(shared, count, argv + 3, argc - 3);
	while (waitpid(sender, NULL, WNOHANG) == 0) {
		const int sig = take_signal(
		    ALL & ~((uint64_t)1 << (SIGCHLD - 1)), NULL, 50);

		if (sig != 0 && sig == shared->sig &&
		    shared->arrived < shared->sent) {
			const long long spent =
			    init_cpu_us(shared->init) - shared->init_cpu_us;

			took[got++] = now_us() - shared->sent_us;
			own = spent > own ? spent : own;
			shared->arrived = shared->sent;
		}
	}
	shared->over = 1;
	qsort(took, (size_t)got, sizeof *took, by_size);
	printf(
	    "sent %d lost %d p50 %lld p99 %lld max %lld made %lld own %lld\n",
	    count, count - got, took[got / 2], took[got * 99 / 100],
	    took[got > 0 ? got - 1 : 0], shared->made, own);
	return 0;
}
