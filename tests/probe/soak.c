/* SPDX-License-Identifier: MIT */
/*
 * probe soak FILE SECONDS: main of a long run under random load: see soak.py.
 * It reads orders from standard input and counts the signals it receives in a
 * ledger, which is mapped from FILE.  It exits with 42 on SIGTERM, and with 9
 * at the end of its input or after SECONDS.
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
	REMAINING_S = 60,
	/* Orders: make count orphans that ... */
	ORPHANS = 'o', /* exit within ms, in different ways */
	AT_ONCE = 'a', /* exit at the same time */
	STORM = 's', /* create children of init for ms */
	LEADERS = 'l', /* exit ms after their first thread */
	REMAINING = 'r', /* remain until a signal kills them */
};

struct order {
	int32_t verb;
	int32_t count;
	int32_t ms;
};

struct ledger {
	volatile uint64_t orders; /* carried out */
	volatile uint64_t children; /* not yet reaped */
	volatile uint64_t made; /* orphans, including those of storms */
	volatile uint64_t wrong; /* values out of order */
	volatile uint64_t received[65]; /* by signal */
	volatile uint64_t queued[65]; /* those of them with a value */
};

static struct ledger *ledger;

static void
sleep_ms(long ms)
{
	usleep((useconds_t)ms * 1000);
}

/* If this fails, the order is skipped. */
static pid_t
make_child(void)
{
	const pid_t child = fork();

	if (child > 0)
		ledger->children++;
	return child;
}

static void *
exit_later(void *ms)
{
	sleep_ms((long)(intptr_t)ms);
	_exit(0);
}

/* In an orphan: remain, or exit, by _exit(2), by a signal, or by threads. */
_Noreturn static void
be_orphan(int verb, int number, int ms)
{
	pthread_t thread;

	if (verb == REMAINING) {
		const uint64_t none = 0;

		alarm(REMAINING_S);
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
		for (;;)
			pause();
	}
	if (verb == LEADERS &&
	    pthread_create(&thread, NULL, exit_later, (void *)(intptr_t)ms) ==
		0)
		syscall(SYS_exit, 0);
	sleep_ms(ms == 0 ? 0 : number % ms);
	if (number % 4 == 0)
		kill(getpid(), SIGKILL);
	_exit(number % 256);
}

/* A child forks them, and exits. */
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
		be_orphan(order->verb, i, order->ms);
	}
	_exit(0);
}

/* The makers are orphans, so that their siblings are children of init. */
static void
make_storm(const struct order *order)
{
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
			made += clone_sibling() > 0;
		__atomic_add_fetch(&ledger->made, made, __ATOMIC_RELAXED);
		_exit(0);
	}
	_exit(0);
}

static void
carry_out_order(void)
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

/* Values count the queued signals of each number, from 1. */
static void
note_signal(const struct signalfd_siginfo *info)
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
	ledger->received[sig]++; /* after queued, which soak.py relies on */
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
			note_signal(&info);
		/* One SIGCHLD may stand for several children. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			ledger->children--;
		if (sources[0].revents != 0)
			carry_out_order();
	}
	return 9;
}
