/* SPDX-License-Identifier: MIT */
/*
 * probe listen, queue, send, storm, mask, hear: send and receive all 64
 * signals, by bare system calls, since libc keeps some of them for itself.
 */
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
 * listen [END_SIGNAL [SECONDS]]: print "ready PID", then for each signal
 * "SIGNAL CODE PID VALUE".  Exits with 0 after END_SIGNAL (default: 15), with 8
 * if none arrives for SECONDS (default: 20).
 */
int
listen_main(int argc, char **argv)
{
	const int end = argc > 1 ? atoi(argv[1]) : SIGTERM;
	const long timeout_ms = argc > 2 ? atol(argv[2]) * 1000 : 20000;
	siginfo_t info;
	int sig;

	block_all();
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	do {
		sig = take_signal(ALL, &info, timeout_ms);
		if (sig == 0)
			return 8;
		print_signal(&info);
	} while (sig != end);
	/* Wait a little longer, to detect a signal that arrives twice. */
	const long long until = now_us() + 40000;

	while (now_us() < until)
		if (take_signal(ALL, &info, 40) != 0)
			print_signal(&info);
	return 0;
}

/* queue PID SIGNAL VALUE [COUNT]: as sigqueue(3), with VALUE, VALUE + 1... */
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

/* send PID SIGNAL...: by kill(2), with a pause after each. */
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
 * storm PID SECONDS SIGNAL...: send the signals in turn, as fast as possible,
 * for SECONDS or until PID is gone; print a line after each 10,000.
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
ignored_signals(void)
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

/* Let another process send us sig, which stays pending. */
static void
make_pending(int sig)
{
	const pid_t child = fork();

	if (child == -1)
		fail("fork");
	if (child == 0)
		_exit(kill(getppid(), sig) == -1);
	waitpid(child, NULL, 0);
}

/*
 * mask: print what was inherited: "blocked HEX ignored HEX".
 *
 * mask block|ignore COMMAND...: block or ignore all signals, then execute
 * COMMAND.
 *
 * mask pend|self SIGNAL COMMAND...: block all signals and make SIGNAL pending,
 * sent by another process or by this one, then execute COMMAND.
 */
int
mask_main(int argc, char **argv)
{
	uint64_t blocked = 0;

	if (argc < 3) {
		syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked,
		    sizeof blocked);
		printf("blocked %016llx ignored %016llx\n",
		    (unsigned long long)blocked,
		    (unsigned long long)ignored_signals());
		return 0;
	}
	if (strcmp(argv[1], "ignore") == 0)
		ignore_all();
	else
		block_all();
	if (strcmp(argv[1], "pend") == 0)
		make_pending(atoi((++argv)[1]));
	else if (strcmp(argv[1], "self") == 0)
		kill(getpid(), atoi((++argv)[1]));
	execvp(argv[2], argv + 2);
	fail(argv[2]);
}

/* hear: print the number of the next signal, and exit. */
int
hear_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	block_all();
	printf("%d\n", take_signal(ALL, NULL, 5000));
	return 0;
}
