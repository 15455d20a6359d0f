/* SPDX-License-Identifier: MIT */
/*
 * signals.h: the kernel's 64 signals: block, wait, send.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include "minireap.h"

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* A kernel signal set: signal n is bit n - 1. */
typedef uint64_t signals_set;
#define SIGNALS_ALL UINT64_MAX

enum { SIGNALS_FOREVER = -1 };

/* A kernel struct sigaction. */
struct signals_action {
#ifdef __mips__
	unsigned flags;
	unsigned long handler;
#else
	unsigned long handler;
	unsigned long flags;
#endif
	unsigned long rest[6]; /* the mask, on some after a restorer */
};

/* The set of signal sig, 1 to 64; the set of all above sig, 0 to 64. */
signals_set signals_only(int sig);
signals_set signals_above(int sig);

/* Blocks all 64 signals.  Returns the mask before.  rt_sigprocmask(2) */
signals_set signals_block(void);

/* Sets the mask.  Async-signal-safe. */
void signals_set_mask(signals_set mask);

/*
 * Sets SIGCHLD to its default action and returns the inherited one.  If it
 * were ignored, the kernel would discard exit statuses: wait(2), NOTES.
 */
struct signals_action signals_reset_child(void);

/* Restores the inherited action of SIGCHLD.  Async-signal-safe. */
void signals_restore_child(const struct signals_action *inherited);

/*
 * From now on the kernel reaps each child that exits, and SIGCHLD is still
 * sent.  0, or -1 with errno.  SA_NOCLDWAIT in sigaction(2)
 */
int signals_let_kernel_reap(void);

/*
 * Stops init's process group by sig, one of TSTP, TTIN and TTOU, as a key of
 * the terminal does.  Init stops too, unless the group is orphaned.  Returns
 * once init is continued, with all signals blocked again.
 */
void signals_stop_group(int sig);

/*
 * Takes a pending signal of set, the lowest number first, and waits for one up
 * to timeout_ms milliseconds: 0 or more, or SIGNALS_FOREVER.  Returns its
 * number, with info filled in; 0 if there was none in time, or if init was
 * stopped and continued during a wait with a timeout.  rt_sigtimedwait(2)
 */
int signals_wait(signals_set set, siginfo_t *info, long timeout_ms);

/* Did self, this process (or what it was before exec), send it by kill(2)? */
bool signals_is_own(const siginfo_t *info, pid_t self);

/* Did a process send it (kill, sigqueue, ...), rather than the kernel? */
bool signals_is_sent(const siginfo_t *info);

/*
 * Sends sig to the main process or to its group, as scope says, with the value
 * and sender in info if the kernel can pass them on (to a group: Linux 6.9).
 * If the group is gone, to the main process.  info may be NULL.  By pidfd if
 * there is one: then this is safe even after the main process was reaped.  0,
 * or -1 with errno EPERM or ESRCH.  rt_sigqueueinfo(2), pidfd_send_signal(2)
 */
int signals_send(const struct main_process *main_process, enum scope scope,
    int sig, const siginfo_t *info);

/* Returns a pidfd, or -1 with errno.  pidfd_open(2), Linux 5.3 */
int signals_open_pidfd(pid_t pid);

/*
 * Sends sig by pidfd, which cannot hit a process that reuses the number; by
 * pid if pidfd is -1 or cannot be used.  0, or -1 with errno of kill(2).
 * pidfd_send_signal(2), Linux 5.1
 */
int signals_send_by_pidfd(int pidfd, pid_t pid, int sig);

/* Sends sig to this process, such that signals_is_own() is false. */
void signals_queue_to_self(int sig);

#endif
