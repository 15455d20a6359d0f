/* SPDX-License-Identifier: MIT */
/*
 * stop.h: the stop as a state machine; signals on their way down, to the main
 * process and then to the remaining processes; the tree below init.
 */
#ifndef STOP_H
#define STOP_H

#include "minireap.h"
#include "report/report.h"
#include "system/system.h"
#include "terminal/terminal.h"

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* No deadline is set. */
#define STOP_NEVER INT64_MAX

enum stop_state {
	STOP_RUNNING,
	STOP_DELAYING, /* the stop signal is held: -d */
	STOP_STOPPING, /* it was sent: -t runs */
	STOP_KILLING_MAIN, /* main did not exit in time */
	STOP_WAITING, /* main exited, the rest may go on: -b */
	STOP_DRAINING, /* main exited, the rest was sent TERM */
	STOP_KILLING_REST,
};

enum stop_action {
	STOP_NOTHING,
	STOP_SEND, /* the signal that was received */
	STOP_SEND_HELD, /* the stop signal that was held */
	STOP_KILL_MAIN,
	STOP_TERM_REST,
	STOP_KILL_REST,
	STOP_KILL_AGAIN, /* what was forked since */
	STOP_EXIT,
};

struct stop {
	/* Set by the caller; all else is 0 at first, and the folder's. */
	const struct options *options;
	struct report *report;
	struct terminal *terminal;
	const struct main_process *main;
	pid_t init; /* this process */
	int64_t deadline; /* when stop_expired() is due; STOP_NEVER at first */

	enum stop_state state;
	bool main_gone; /* reaped */
	int64_t since; /* when the deadline of -t was set */
	int tenths; /* of the time until then, at which -v told last */
	int64_t give_up; /* in STOP_KILLING_REST */
	siginfo_t held; /* the stop signal, in STOP_DELAYING */
	int64_t look_at; /* when others are looked for next, or 0 */
	int64_t look_pause; /* then */
	bool main_stopped; /* as last seen */
	bool refusal_reported; /* that main may not be signalled */
	bool rest_refusal_reported; /* that another may not be */
	bool forwarding_told; /* of the stop signal */
	bool hint_reported; /* that a signal may ask for a stop */
	bool blindness_reported; /* that others cannot be signalled */
	bool rest_signalled; /* while main was a zombie: see deliver.c */
	bool is_over;
	int status; /* so far */
};

/* A signal was received, which is forwarded, or held. */
void stop_signal(struct stop *stop, const siginfo_t *info);
/* Time has passed: acts on a deadline that is over. */
void stop_keep_deadline(struct stop *stop);
/* The main process may have stopped or continued. */
void stop_main_changed(struct stop *stop);
/* The main process exited and will be reaped next. */
void stop_main_is_zombie(struct stop *stop);
/* It was reaped, with this wait status. */
void stop_main_reaped(struct stop *stop, int wstatus);
/* Children may be left, or none is. */
void stop_children(struct stop *stop, bool is_left);

/* Init's exit status, or -1 while it must stay. */
int stop_status(const struct stop *stop);
/* Has the main process been reaped? */
bool stop_main_is_gone(const struct stop *stop);
/* Milliseconds until a deadline or look, or SIGNALS_FOREVER. */
long stop_time_left(const struct stop *stop);

/* Is it one of -S? */
bool stop_is_stop_signal(const struct stop *stop, int sig);
/* sig was received.  SEND; NOTHING: hold it; SEND_HELD: that, then sig. */
enum stop_action stop_received(struct stop *stop, int sig, int64_t now);

/* The deadline is over. */
enum stop_action stop_expired(struct stop *stop, int64_t now);
/* The main process was reaped.  EXIT, TERM_REST or NOTHING. */
enum stop_action stop_main_exited(struct stop *stop, int64_t now);
/* No child is left.  EXIT, or NOTHING while main is there. */
enum stop_action stop_none_left(const struct stop *stop);

/* ------------------------------------------------- between the files */

/* The time in milliseconds, or 0 if no option needs it. */
int64_t stop_now_ms(const struct stop *stop);

/*
 * Sends sig to main's group.  Once main is reaped, only if a living child in
 * the group shows that its number has not become another group's.
 */
void stop_signal_main_group(struct stop *stop, int sig, bool wakes);

/*
 * Sends sig to the remaining processes: struct stop_round; without /proc to
 * main's group.  Reports a refusal, once.  Returns the round's hit.
 */
int
stop_signal_rest(struct stop *stop, int sig, bool wakes, struct message *names);

/* Kills them, with a line that names them. */
void stop_kill_rest(struct stop *stop);
/* No child is left.  Others, as PID 1?  look_at is set to the next look. */
bool stop_others_remain(struct stop *stop);

/* With -v: lines for a stop signal, for what remains and for the end. */
void stop_tell_signal(struct stop *stop, int sig, const char *what);
void stop_tell_rest(struct stop *stop);
void stop_tell_end(const struct stop *stop);
/* Names what remains if half or nine tenths of the time are used. */
void stop_tell_time(struct stop *stop, int64_t now);
/* When that is, or STOP_NEVER. */
int64_t stop_next_telling(const struct stop *stop);

/* One signal for every process below init. */
struct stop_round {
	/* Set by the caller. */
	pid_t init;
	int sig; /* 0: none is sent */
	bool wakes; /* stopped processes get SIGCONT, so that they act on it */
	struct message *names; /* to append the first of them to, or NULL */

	/* Results; those from can_see on are tree.c's own. */
	int hit; /* how many live, and could be signalled; -1: no /proc */
	int error; /* errno if one refused, or 0 */
	pid_t refused; /* the first that did, or 0 if it is not known */
	char refused_name[PROC_NAME_SIZE];
	bool can_see; /* /proc has shown init itself */
	bool is_cut; /* the last walk */
	uint8_t *seen; /* a bit for each pid below init; not as PID 1 */
};

/*
 * As PID 1 to the whole namespace at once; otherwise to none if /proc cannot be
 * read.  kill(2); pidfd_send_signal(2), Linux 5.1
 */
void stop_signal_tree(struct stop_round *round);

#endif
