/* SPDX-License-Identifier: MIT */
/* main.c: run the subcommand; also helpers that several of them share. */
#include "probe.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void
block_all(void)
{
	uint64_t all = ALL;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
}

long long
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int
take_signal(uint64_t set, void *info, long timeout_ms)
{
	const long long end = now_us() + timeout_ms * 1000LL;
	long long left = timeout_ms * 1000LL;
	long sig;

	/* A stop and SIGCONT interrupt the call; the timeout still holds. */
	do {
		long timeout[2] = {left / 1000000, left % 1000000 * 1000};

		sig = syscall(
		    SYS_rt_sigtimedwait, &set, info, timeout, sizeof set);
		left = end - now_us();
	} while (sig == -1 && errno == EINTR && left > 0);
	return sig > 0 ? (int)sig : 0;
}

static int
exit_at_once(void *unused)
{
	(void)unused;
	return 0; /* not _exit(2), for which a sanitizer may add code */
}

int
clone_sibling(void)
{
	static _Alignas(16) char stack[16384];

	return clone(
	    exit_at_once, stack + sizeof stack, CLONE_PARENT | SIGCHLD, NULL);
}

void
fail(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	exit(9);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"listen", listen_main},
    {"hear", hear_main},
    {"queue", queue_main},
    {"send", send_main},
    {"storm", storm_main},
    {"mask", mask_main},
    {"hold", hold_main},
    {"orphans", orphans_main},
    {"orphans-at-once", orphans_at_once_main},
    {"latency", latency_main},
    {"leaves", leaves_main},
    {"leader-ends", leader_ends_main},
    {"many", many_main},
    {"zombies", zombies_main},
    {"crowd", crowd_main},
    {"serve", serve_main},
    {"soak", soak_main},
};

int
main(int argc, char **argv)
{
	alarm(60);
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands;
	     i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "usage: probe COMMAND [ARG]...\n");
	return 2;
}
