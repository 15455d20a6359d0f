/* SPDX-License-Identifier: MIT */
/*
 * signals.c: the kernel's 64 signals, by the kernel's own calls.  A libc keeps
 * some to itself (musl 32 to 34, glibc 32 and 33) and leaves them out of its
 * sets; such a signal would kill init.  A blocked signal is queued, even for
 * PID 1 and even if it is ignored: an init that blocks all and waits receives
 * all.  signal(7), sigprocmask(2)
 */
#include "signals.h"

#include <sys/syscall.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* 32-bit processors that are newer than Linux 5.1 have only the 64-bit times.
 */
#ifdef SYS_rt_sigtimedwait_time64
enum { TIMED_WAIT = SYS_rt_sigtimedwait_time64 };
#else
enum { TIMED_WAIT = SYS_rt_sigtimedwait };
#endif

enum { REFUSED_MS = 100 }; /* a wait that fails must not become a busy loop */

/* A set is one 64-bit word only if two 32-bit ones would lie in that order. */
_Static_assert(sizeof(long) == 8 || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "two words, high one first");

enum { PIDFD_PROCESS_GROUP = 1 << 2 }; /* PIDFD_SIGNAL_PROCESS_GROUP */

signals_set
signals_only(int sig)
{
	return (signals_set)1 << (sig - 1);
}

signals_set
signals_above(int sig)
{
	return sig == SIGNAL_RTMAX ? 0 : SIGNALS_ALL << sig;
}

signals_set
signals_block(void)
{
	signals_set all = SIGNALS_ALL;
	signals_set inherited = 0;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &inherited, sizeof all);
	return inherited;
}

void
signals_set_mask(signals_set mask)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

static const struct signals_action standard = {0}; /* SIG_DFL */

static bool
is_standard(const struct signals_action *action)
{
	return memcmp(action, &standard, sizeof standard) == 0;
}

struct signals_action
signals_reset_child(void)
{
	struct signals_action inherited = {0};
	siginfo_t info;
	int pending;

	syscall(
	    SYS_rt_sigaction, SIGCHLD, NULL, &inherited, sizeof(signals_set));
	if (is_standard(&inherited))
		return inherited;
	/* Setting the default discards a pending one. */
	pending = signals_wait(signals_only(SIGCHLD), &info, 0);
	syscall(
	    SYS_rt_sigaction, SIGCHLD, &standard, NULL, sizeof(signals_set));
	if (pending != 0)
		syscall(SYS_rt_sigqueueinfo, getpid(), SIGCHLD, &info);
	return inherited;
}

void
signals_restore_child(const struct signals_action *inherited)
{
	if (!is_standard(inherited))
		syscall(SYS_rt_sigaction, SIGCHLD, inherited, NULL,
		    sizeof(signals_set));
}

int
signals_let_kernel_reap(void)
{
	/* SIG_IGN instead of SIG_DFL, 0, would send no SIGCHLD. */
	const struct signals_action action = {.flags = SA_NOCLDWAIT};

	return (int)syscall(
	    SYS_rt_sigaction, SIGCHLD, &action, NULL, sizeof(signals_set));
}

void
signals_stop_group(int sig)
{
	const signals_set all_but = SIGNALS_ALL & ~signals_only(sig);

	syscall(SYS_rt_sigaction, sig, &standard, NULL, sizeof(signals_set));
	kill(0, sig);
	signals_set_mask(all_but); /* stops here until continued */
	signals_set_mask(SIGNALS_ALL);
}

static long
wait_once(signals_set set, siginfo_t *info, long timeout_ms)
{
	const long seconds = timeout_ms / 1000;
	const long nanoseconds = timeout_ms % 1000 * 1000000;
	/* As kernels take it, not a libc's struct timespec. */
	const int64_t timeout[] = {seconds, nanoseconds};
	const bool forever = timeout_ms == SIGNALS_FOREVER;
	long sig = syscall(
	    TIMED_WAIT, &set, info, forever ? NULL : timeout, sizeof set);

	if (TIMED_WAIT != SYS_rt_sigtimedwait && sig == -1 && errno == ENOSYS) {
		const long old[] = {seconds, nanoseconds};

		sig = syscall(SYS_rt_sigtimedwait, &set, info,
		    forever ? NULL : old, sizeof set);
	}
	return sig;
}

int
signals_wait(signals_set set, siginfo_t *info, long timeout_ms)
{
	long sig;

	/* EINTR: init was stopped and continued. */
	do
		sig = wait_once(set, info, timeout_ms);
	while (sig == -1 && errno == EINTR && timeout_ms <= 0);
	if (sig == -1 && errno != EAGAIN && errno != EINTR && timeout_ms != 0)
		poll(NULL, 0, REFUSED_MS);
	return sig > 0 ? (int)sig : 0;
}

bool
signals_is_own(const siginfo_t *info, pid_t self)
{
	return info->si_code == SI_USER && info->si_pid == self;
}

bool
signals_is_sent(const siginfo_t *info)
{
	return info->si_code <= 0;
}

int
signals_open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* With a value if info is not NULL.  To a group by a pidfd of its leader. */
static long
send_by_number(pid_t pid, bool to_group, int sig, siginfo_t *info)
{
	long result;
	int fd;

	if (info == NULL)
		return kill(to_group ? -pid : pid, sig);
	if (!to_group)
		return syscall(SYS_rt_sigqueueinfo, pid, sig, info);
	fd = signals_open_pidfd(pid);
	if (fd == -1)
		return -1;
	result =
	    syscall(SYS_pidfd_send_signal, fd, sig, info, PIDFD_PROCESS_GROUP);
	close(fd);
	return result;
}

static long
send(const struct main_process *main_process, bool to_group, int sig,
    siginfo_t *info)
{
	if (main_process->pidfd == -1)
		return send_by_number(main_process->pid, to_group, sig, info);
	return syscall(SYS_pidfd_send_signal, main_process->pidfd, sig, info,
	    to_group ? PIDFD_PROCESS_GROUP : 0);
}

int
signals_send(const struct main_process *main_process, enum scope scope, int sig,
    const siginfo_t *info)
{
	const bool to_group = scope >= SCOPE_GROUP;

	/* The kernel refuses codes of kill(2) and tgkill(2) from others. */
	if (info != NULL && info->si_code < 0 && info->si_code != SI_TKILL) {
		siginfo_t copy = *info;

		copy.si_signo = sig;
		if (send(main_process, to_group, sig, &copy) == 0)
			return 0;
	}
	/* No value, an old kernel or a full queue. */
	if (to_group) {
		if (send(main_process, true, sig, NULL) == 0)
			return 0;
		if (errno != ESRCH)
			return -1;
	}
	return (int)send(main_process, false, sig, NULL);
}

int
signals_send_by_pidfd(int pidfd, pid_t pid, int sig)
{
	/* pidfds need Linux 5.3, and a filter may refuse to use them. */
	if (pidfd != -1) {
		if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) == 0)
			return 0;
		if (errno == ESRCH)
			return -1;
	}
	return kill(pid, sig);
}

void
signals_queue_to_self(int sig)
{
	siginfo_t info;

	memset(&info, 0, sizeof info);
	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info);
}
