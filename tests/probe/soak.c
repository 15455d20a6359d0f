/* SPDX-License-Identifier: MIT */
/*
 * probe soak FILE SECONDS: main of a long run under random load.  What it is to
 * do comes by standard input, as struct order; what it has got is in FILE, as
 * struct ledger.  It takes every signal; SIGTERM ends it with 42, the end of
 * its input, or of the time, with 9.  soak.py drives it.
 */
#include "probe.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	STATUS = 42,
	LEFT_S = 60,
	STACK = 16384,
	ORPHANS = 'o', /* count, which end within ms, each in its way */
	AT_ONCE = 'a', /* count, which all end in one moment */
	STORM = 's', /* count processes make children of init for ms */
	LEADERS = 'l', /* count, whose first thread ends before another */
	REST = 'r', /* count, which stay until they are told to end */
};

struct order {
	int32_t verb;
	int32_t count;
	int32_t ms;
};

struct ledger {
	volatile uint64_t orders; /* done */
	volatile uint64_t children; /* that live */
	volatile uint64_t made; /* orphans, by storms too */
	volatile uint64_t wrong; /* values that were not the next */
	volatile uint64_t heard[65];
	volatile uint64_t queued[65]; /* of these with a value */
};

static struct ledger *ledger;

static void
give_rest(long ms)
{
	usleep((useconds_t)ms * 1000);
}

/* Where no process is to be had, an order is not carried out. */
static pid_t
make_child(void)
{
	const pid_t child = fork();

	if (child > 0)
		ledger->children++;
	return child;
}

static void *
end_later(void *ms)
{
	give_rest((long)(intptr_t)ms);
	_exit(0);
}

/* As an orphan: end by exit, by a signal, or thread by thread. */
_Noreturn static void
end_somehow(int verb, int number, int ms)
{
	pthread_t thread;

	if (verb == REST) {
		const uint64_t none = 0;

		alarm(LEFT_S);
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
		for (;;)
			pause();
	}
	if (verb == LEADERS &&
	    pthread_create(&thread, NULL, end_later, (void *)(intptr_t)ms) == 0)
		syscall(SYS_exit, 0);
	give_rest(ms == 0 ? 0 : number % ms);
	if (number % 4 == 0)
		kill(getpid(), SIGKILL);
	_exit(number % 256);
}

/* A child makes them, and when it ends they are init's. */
static void
make_orphans(const struct order *order)
{
	int gate[2];

	if (make_child() != 0)
		return;
	if (pipe(gate) == -1)
		_exit(1);
	for (int i = 0; i < order->count; i++) {
		const pid_t orphan = fork();
		char byte;

		if (orphan > 0)
			__atomic_add_fetch(&ledger->made, 1, __ATOMIC_RELAXED);
		if (orphan != 0)
			continue;
		close(gate[1]);
		if (order->verb == AT_ONCE)
			(void)!read(gate[0], &byte, 1);
		end_somehow(order->verb, i, order->ms);
	}
	_exit(0);
}

static int
end_at_once(void *unused)
{
	(void)unused;
	return 0; /* of a clone: its end, without what a sanitizer adds */
}

/* CLONE_PARENT: an orphan's child is init's at once. */
static void
make_storm(const struct order *order)
{
	static _Alignas(16) char stack[STACK];
	const long long end = now_us() + order->ms * 1000LL;
	const pid_t maker = make_child();

	if (maker != 0)
		return;
	for (int i = 0; i < order->count; i++) {
		const pid_t self = getpid();
		uint64_t made = 1;

		if (fork() != 0)
			continue;
		while (getppid() == self)
			sched_yield();
		while (now_us() < end)
			made += clone(end_at_once, stack + sizeof stack,
				    CLONE_PARENT | SIGCHLD, NULL) > 0;
		__atomic_add_fetch(&ledger->made, made, __ATOMIC_RELAXED);
		_exit(0);
	}
	_exit(0);
}

static void
obey(void)
{
	struct order order;

	if (read(STDIN_FILENO, &order, sizeof order) != sizeof order)
		_exit(9);
	if (order.verb == STORM)
		make_storm(&order);
	else
		make_orphans(&order);
	ledger->orders++;
}

/* A value is the number of those of its signal that have come. */
static void
hear(const struct signalfd_siginfo *info)
{
	const unsigned sig = info->ssi_signo;

	if (sig == SIGCHLD && info->ssi_code > 0) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			ledger->children--;
		return;
	}
	if (info->ssi_code == SI_QUEUE &&
	    (uint64_t)info->ssi_int != ++ledger->queued[sig])
		ledger->wrong++;
	ledger->heard[sig]++; /* after its value */
	if (sig == SIGTERM)
		_exit(STATUS);
}

int
soak_main(int argc, char **argv)
{
	const uint64_t all = ALL;
	const int file = argc > 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	const long long end =
	    now_us() + (argc > 2 ? atoll(argv[2]) : 0) * 1000000;
	struct pollfd sources[2] = {{STDIN_FILENO, POLLIN, 0}};

	alarm(0);
	block_all();
	ledger = mmap(
	    NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (ledger == MAP_FAILED)
		fail("mmap");
	sources[1].fd = (int)syscall(
	    SYS_signalfd4, -1, &all, sizeof all, SFD_CLOEXEC | SFD_NONBLOCK);
	sources[1].events = POLLIN;
	while (now_us() < end) {
		struct signalfd_siginfo info;

		poll(sources, 2, 1000);
		while (read(sources[1].fd, &info, sizeof info) == sizeof info)
			hear(&info);
		/* One that was reaped beside another has no signal left. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			ledger->children--;
		if (sources[0].revents != 0)
			obey();
	}
	return 9;
}
