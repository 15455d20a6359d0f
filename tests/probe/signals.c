/* SPDX-License-Identifier: MIT */
/* probe listen, queue, send, mask: signals, as the kernel has them. */
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void
print_signal(const siginfo_t *info)
{
	printf("%d %d %d %d\n", info->si_signo, info->si_code,
	    (int)info->si_pid,
	    info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
	fflush(stdout);
}

/*
 * listen [END_SIGNAL [CAP_SECONDS]]: "ready PID", then "SIGNAL CODE PID VALUE"
 * for each that arrives; ends with 0 behind END_SIGNAL (15), with 8 when
 * nothing comes for CAP_SECONDS (20).
 */
int
listen_main(int argc, char **argv)
{
	const int end = argc > 1 ? atoi(argv[1]) : SIGTERM;
	const long cap_ms = argc > 2 ? atol(argv[2]) * 1000 : 20000;
	siginfo_t info;
	int sig;

	block_all();
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	do {
		sig = take_signal(ALL, &info, cap_ms);
		if (sig == 0)
			return 8;
		print_signal(&info);
	} while (sig != end);
	/* One that came twice must show. */
	const long long late = now_us() + 40000;

	while (now_us() < late)
		if (take_signal(ALL, &info, 40) != 0)
			print_signal(&info);
	return 0;
}

/* queue PID SIGNAL VALUE [COUNT]: by sigqueue(3), VALUE counting up. */
int
queue_main(int argc, char **argv)
{
	const int count = argc > 4 ? atoi(argv[4]) : 1;
	union sigval value;

	if (argc < 4)
		return 2;
	for (int i = 0; i < count; i++) {
		siginfo_t info;

		memset(&info, 0, sizeof info);
		value.sival_int = atoi(argv[3]) + i;
		info.si_code = SI_QUEUE;
		info.si_pid = getpid();
		info.si_uid = getuid();
		info.si_value = value;
		if (syscall(SYS_rt_sigqueueinfo, atoi(argv[1]), atoi(argv[2]),
			&info) == -1)
			fail("rt_sigqueueinfo");
	}
	printf("%d\n", (int)getpid());
	return 0;
}

/* send PID SIGNAL...: by kill(2), 32 and 33 too, a moment between them. */
int
send_main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		if (kill(atoi(argv[1]), atoi(argv[i])) == -1)
			fail("kill");
		usleep(2000);
	}
	return 0;
}

/*
 * storm PID SECONDS SIGNAL...: as fast as can be, while PID lives; a line for
 * each 10,000.
 */
int
storm_main(int argc, char **argv)
{
	long long end;

	if (argc < 4)
		return 2;
	end = now_us() + atoi(argv[2]) * 1000000LL;
	for (int i = 0; now_us() < end; i++) {
		if (kill(atoi(argv[1]), atoi(argv[3 + i % (argc - 3)])) == -1)
			break;
		if (i % 10000 == 9999) {
			printf("10000\n");
			fflush(stdout);
		}
	}
	return 0;
}

static uint64_t
ignored(void)
{
	uint64_t set = 0;

	for (int sig = 1; sig <= 64; sig++) {
		unsigned long action[8] = {0};

		if (syscall(SYS_rt_sigaction, sig, NULL, action,
			sizeof(uint64_t)) == 0 &&
		    (void (*)(int))action[0] == SIG_IGN)
			set |= (uint64_t)1 << (sig - 1);
	}
	return set;
}

static void
ignore_all(void)
{
	for (int sig = 1; sig <= 64; sig++) {
		unsigned long action[8] = {(unsigned long)SIG_IGN};

		syscall(SYS_rt_sigaction, sig, action, NULL, sizeof(uint64_t));
	}
}

/* Another process sends it, and we do not take it. */
static void
be_sent(int sig)
{
	const pid_t child = fork();

	if (child == -1)
		fail("fork");
	if (child == 0)
		_exit(kill(getppid(), sig) == -1);
	waitpid(child, NULL, 0);
}

/*
 * mask: what was inherited, "blocked HEX ignored HEX".
 * mask block|ignore|pend SIGNAL|self SIGNAL WORD...: block or ignore all that
 * can be, or block all and have SIGNAL pending, from another process or from
 * this one; then be WORD...
 */
int
mask_main(int argc, char **argv)
{
	uint64_t blocked = 0;

	if (argc < 3) {
		syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked,
		    sizeof blocked);
		printf("blocked %016llx ignored %016llx\n",
		    (unsigned long long)blocked, (unsigned long long)ignored());
		return 0;
	}
	if (strcmp(argv[1], "ignore") == 0)
		ignore_all();
	else
		block_all();
	if (strcmp(argv[1], "pend") == 0)
		be_sent(atoi((++argv)[1]));
	else if (strcmp(argv[1], "self") == 0)
		kill(getpid(), atoi((++argv)[1]));
	execvp(argv[2], argv + 2);
	fail(argv[2]);
}

/* hear: the number of the next signal, and no more. */
int
hear_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	block_all();
	printf("%d\n", take_signal(ALL, NULL, 5000));
	return 0;
}
