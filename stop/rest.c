/* SPDX-License-Identifier: MIT */
/*
 * rest.c: the remaining processes, once the main process has exited: they are
 * signalled, named, killed and looked for.  Those that an engine has put into
 * the namespace are not init's children.
 */
#include "stop/stop.h"

#include "signals.h"
#include "system/system.h"

#include <sys/wait.h>

#include <errno.h>
#include <time.h>

enum { MIN_LOOK_MS = 10, MAX_LOOK_MS = 1000 };

/* Is there a child, in that process group if it is not 0, that lives? */
static bool
has_living_child(pid_t group)
{
	siginfo_t info;

	/* A zombie is not among the children that could still stop. */
	return waitid(group == 0 ? P_ALL : P_PGID, (id_t)group, &info,
		   WSTOPPED | WNOHANG | WNOWAIT | __WALL) == 0;
}

int64_t
stop_now_ms(const struct stop *stop)
{
	return stop->options->delay_ms == TIME_UNSET &&
		stop->options->grace_ms == TIME_UNSET && !stop->options->wait &&
		stop->options->verbosity == 0
	    ? 0
	    : system_clock_ms(CLOCK_MONOTONIC);
}

void
stop_signal_main_group(struct stop *stop, int sig, bool wakes)
{
	if (!stop->main_gone || has_living_child(stop->main->pid)) {
		signals_send(stop->main, SCOPE_GROUP, sig, NULL);
		if (wakes)
			signals_send(stop->main, SCOPE_GROUP, SIGCONT, NULL);
	}
	if (stop->blindness_reported || !has_living_child(0))
		return;
	stop->blindness_reported = true;
	report_line(stop->report,
	    "no usable /proc: only the main process's group can be signalled");
}

/* Once. */
static void
report_refusal(struct stop *stop, const struct stop_round *round)
{
	if (round->error == 0 || stop->rest_refusal_reported ||
	    round->refused == stop->main->pid)
		return;
	stop->rest_refusal_reported = true;
	errno = round->error;
	if (round->refused != 0)
		report_line(stop->report, "cannot signal %d (%s): %m",
		    (int)round->refused, round->refused_name);
	else
		report_line(
		    stop->report, "cannot signal the remaining processes: %m");
}

int
stop_signal_rest(struct stop *stop, int sig, bool wakes, struct message *names)
{
	struct stop_round round = {
	    .init = stop->init,
	    .sig = sig,
	    .wakes = wakes,
	    .names = names,
	};

	stop_signal_tree(&round);
	if (round.hit == -1 && stop->init != 1)
		stop_signal_main_group(stop, sig, wakes);
	report_refusal(stop, &round);
	return round.hit;
}

void
stop_kill_rest(struct stop *stop)
{
	struct message line;
	int hit;

	report_begin(&line);
	report_add(&line, "killed the remaining processes: ");
	hit = stop_signal_rest(stop, SIGKILL, false, &line);
	if (hit == -1 && stop->init == 1)
		report_add(&line, "all, unnamed without a usable /proc");
	else if (hit == -1)
		report_add(&line, "the main process's group");
	if (hit != 0)
		report_send(stop->report, &line);
}

/* No signal reports the exit of a process that is not init's child. */
bool
stop_others_remain(struct stop *stop)
{
	int64_t now;

	if (stop->init != 1 || stop_none_left(stop) == STOP_NOTHING ||
	    (kill(-1, 0) == -1 && errno == ESRCH))
		return false;
	now = stop_now_ms(stop);
	if (now < stop->look_at)
		return true;
	if (stop->look_at == 0)
		stop->look_pause = MIN_LOOK_MS;
	else if (stop_signal_rest(stop, 0, false, NULL) == 0)
		return false; /* zombies, or what may not be signalled */
	stop->look_at = now + stop->look_pause;
	if (stop->look_pause < MAX_LOOK_MS)
		stop->look_pause *= 2;
	return true;
}
