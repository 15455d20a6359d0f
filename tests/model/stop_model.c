/* SPDX-License-Identifier: MIT */
/*
 * stop_model: run the state machine of stop/stop.c through random schedules.
 * An oracle checks each step.  It has no states of its own: it records what
 * happened and when, and derives from that what the manual requires.
 *
 * usage: stop_model [SCHEDULES [SEED]]; a failure prints its seed and events.
 */
#include "stop/stop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MIN_DRAIN = 1000, /* ms for the rest, unless TIME is shorter */
	REAP_LIMIT = 2000, /* ms to reap what was killed */
	MAX_EVENTS = 64,
	MAX_REST = 8,
	SIG_STOP = SIGTERM,
};
#define NEVER INT64_MAX

/* ------------------------------------------------------------ the history */

struct history {
	int64_t delay, grace; /* TIME_UNSET */
	bool wait;
	int stop_signal;
	int64_t stops[MAX_EVENTS]; /* when the stop signal was received */
	int n_stops;
	int n_stops_before_exit; /* of main */
	/* The times of these, or NEVER. */
	int64_t hold_end; /* of the stop signal */
	int64_t main_kill;
	int64_t main_exit; /* when it was reaped */
	int64_t rest_term;
	bool is_stuck; /* main, since rest_term */
	int64_t rest_kill;
};

static uint64_t seed;
static char events[16384];
static size_t events_length;

static void
record(const char *format, ...)
{
	va_list list;

	if (events_length > sizeof events - 256)
		return;
	va_start(list, format);
	events_length += (size_t)vsnprintf(events + events_length,
	    sizeof events - events_length, format, list);
	va_end(list);
}

static void
fail(const char *format, ...)
{
	va_list list;

	printf("seed %llu\n%s", (unsigned long long)seed, events);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	exit(1);
}

static uint64_t random_state;

static int64_t
random_upto(int64_t max) /* 0..max; splitmix64 */
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (int64_t)((z ^ z >> 31) % (uint64_t)(max + 1));
}

/* ----------------------------------------------------------- the oracle */

/*
 * When init must send TERM to the rest: when main exits, but with -b only after
 * a stop signal; or when main was not reaped in time after SIGKILL.
 */
static int64_t
rest_term_due(const struct history *h)
{
	if (h->is_stuck)
		return h->rest_term;
	if (h->main_exit == NEVER)
		return NEVER;
	if (h->grace == TIME_UNSET && !h->wait)
		return NEVER;
	if (h->wait && h->n_stops_before_exit == 0)
		return NEVER;
	return h->main_exit;
}

/* When the stop signal must be, or was, forwarded. */
static int64_t
stop_sent(const struct history *h)
{
	int64_t first = h->n_stops > 0 ? h->stops[0] : NEVER;
	int64_t second = h->n_stops > 1 ? h->stops[1] : NEVER;
	int64_t due;

	if (first == NEVER || h->delay == TIME_UNSET)
		return first;
	if (h->hold_end == NEVER && rest_term_due(h) != NEVER)
		return NEVER; /* main's exit has ended the delay */
	due = h->hold_end != NEVER ? h->hold_end : first + h->delay;
	return second < due ? second : due;
}

static int64_t
plus(int64_t when, int64_t ms)
{
	return when == NEVER || ms == TIME_UNSET ? NEVER : when + ms;
}

/* When the rest must be killed. */
static int64_t
rest_kill_due(const struct history *h)
{
	const int64_t min = h->grace < MIN_DRAIN ? h->grace : MIN_DRAIN;
	const int64_t term = rest_term_due(h);
	int64_t end;

	if (h->is_stuck)
		return h->rest_term + min;
	if (h->grace == TIME_UNSET || h->main_exit == NEVER)
		return NEVER;
	if (term == NEVER) /* -b: only a stop signal starts the clock */
		return plus(stop_sent(h), h->grace);
	if (stop_sent(h) > term) /* main exited by itself */
		return term + h->grace;
	end = stop_sent(h) + h->grace;
	return end > term + min ? end : term + min;
}

static int64_t
main_kill_due(const struct history *h)
{
	return h->main_exit != NEVER ? NEVER : plus(stop_sent(h), h->grace);
}

/* When the next action is due, of those that were not taken yet. */
static int64_t
next_due(const struct history *h)
{
	if (h->rest_kill != NEVER)
		return h->rest_kill + REAP_LIMIT; /* at the latest */
	if (h->n_stops > 0 && h->delay != TIME_UNSET && h->hold_end == NEVER &&
	    rest_term_due(h) == NEVER && h->n_stops == 1)
		return h->stops[0] + h->delay;
	if (h->main_exit == NEVER && !h->is_stuck)
		return h->main_kill != NEVER ? h->main_kill + REAP_LIMIT
					     : main_kill_due(h);
	return rest_kill_due(h);
}

static const char *const action_names[] = {
    [STOP_NOTHING] = "nothing",
    [STOP_SEND] = "send",
    [STOP_SEND_HELD] = "send the held signal",
    [STOP_KILL_MAIN] = "kill main",
    [STOP_TERM_REST] = "TERM to the rest",
    [STOP_KILL_REST] = "kill the rest",
    [STOP_KILL_AGAIN] = "kill again",
    [STOP_EXIT] = "exit",
};

static void
expect(enum stop_action expected, enum stop_action actual)
{
	if (expected != actual)
		fail("expected: %s, actual: %s", action_names[expected],
		    action_names[actual]);
}

/* ------------------------------------------------------------ the world */

struct process {
	bool lives;
	int64_t term_ms; /* ms from TERM to the exit; NEVER: ignores it */
	int64_t exit_at;
};

struct world {
	struct options options;
	struct stop stop;
	struct history h;
	struct process main, rest[MAX_REST];
	int n_rest;
	int64_t now;
	struct {
		int64_t at;
		int sig;
	} signals[MAX_EVENTS];
	int n_signals, next_signal;
	int64_t kill_ms; /* ms from KILL to the exit */
	bool over;
};

static void
signal_process(struct world *w, struct process *p, int sig)
{
	if (!p->lives)
		return;
	if (sig == SIGKILL && p->exit_at > w->now + w->kill_ms)
		p->exit_at = w->now + w->kill_ms;
	else if (sig == SIGTERM && p->term_ms != NEVER &&
	    p->exit_at > w->now + p->term_ms)
		p->exit_at = w->now + p->term_ms;
}

static void
signal_rest(struct world *w, int sig)
{
	for (int i = 0; i < w->n_rest; i++)
		signal_process(w, &w->rest[i], sig);
}

/* To main or, once main was reaped, to the rest. */
static void
forward(struct world *w, int sig)
{
	if (w->h.main_exit == NEVER)
		signal_process(w, &w->main, sig);
	else
		signal_rest(w, sig);
}

static void
check_deadline(const struct world *w)
{
	const int64_t due = next_due(&w->h);

	if (w->over)
		return;
	if (w->h.rest_kill != NEVER ||
	    (w->h.main_kill != NEVER && w->h.main_exit == NEVER)) {
		/* How often it kills again is not specified. */
		if (w->stop.deadline > w->now + REAP_LIMIT)
			fail("deadline %lld, after the limit for reaping",
			    (long long)(w->stop.deadline));
		return;
	}
	if (w->stop.deadline != due)
		fail("deadline: expected %lld, actual %lld",
		    due == NEVER ? -1LL : (long long)due,
		    w->stop.deadline == NEVER ? -1LL
					      : (long long)w->stop.deadline);
}

static int64_t
now_for_init(const struct world *w)
{
	/* Init does not read the clock if no option needs it. */
	return w->options.delay_ms == TIME_UNSET &&
		w->options.grace_ms == TIME_UNSET
	    ? 0
	    : w->now;
}

static void
receive(struct world *w, int sig)
{
	struct history *h = &w->h;
	const bool is_stop = sig == h->stop_signal;
	bool held = false, was_held = false;
	enum stop_action actual;

	record("%lld: signal %d\n", (long long)w->now, sig);
	if (is_stop && h->n_stops < MAX_EVENTS) {
		h->stops[h->n_stops++] = w->now;
		/* The first is held, unless the rest was signalled already. */
		held = h->n_stops == 1 && h->delay != TIME_UNSET &&
		    rest_term_due(h) == NEVER && h->rest_kill == NEVER;
		if (!held && h->n_stops == 1 && h->delay != TIME_UNSET)
			h->hold_end = w->now;
		was_held = h->n_stops == 2 && h->hold_end == NEVER &&
		    h->delay != TIME_UNSET && rest_term_due(h) == NEVER &&
		    h->rest_kill == NEVER;
		if (h->n_stops == 2 && h->hold_end == NEVER)
			h->hold_end = w->now;
	}
	actual = stop_received(&w->stop, sig, now_for_init(w));
	expect(held ? STOP_NOTHING : was_held ? STOP_SEND_HELD : STOP_SEND,
	    actual);
	if (!held)
		forward(w, sig == SIGKILL ? 0 : sig);
}

static void
reap_main(struct world *w)
{
	struct history *h = &w->h;
	enum stop_action actual;

	record("%lld: main was reaped\n", (long long)w->now);
	w->main.lives = false;
	h->main_exit = w->now;
	h->n_stops_before_exit = h->n_stops;
	actual = stop_main_exited(&w->stop, now_for_init(w));
	if (h->grace == TIME_UNSET && !h->wait) {
		expect(STOP_EXIT, actual);
		w->over = true;
		return;
	}
	if (h->rest_kill != NEVER || h->is_stuck) {
		expect(STOP_NOTHING, actual);
		return;
	}
	expect(
	    rest_term_due(h) == NEVER ? STOP_NOTHING : STOP_TERM_REST, actual);
	if (actual == STOP_TERM_REST) {
		h->rest_term = w->now;
		signal_rest(w, SIGTERM);
	}
}

static void
expire(struct world *w)
{
	struct history *h = &w->h;
	const enum stop_action actual = stop_expired(&w->stop, now_for_init(w));

	record("%lld: due: %s\n", (long long)w->now, action_names[actual]);
	if (h->rest_kill != NEVER) {
		if (actual == STOP_EXIT) {
			if (w->now < h->rest_kill + REAP_LIMIT)
				fail("gave up before the limit for reaping");
			w->over = true;
			return;
		}
		expect(STOP_KILL_AGAIN, actual);
		if (w->now > h->rest_kill + REAP_LIMIT)
			fail("waits longer than the limit for reaping");
		signal_rest(w, SIGKILL);
	} else if (h->main_exit == NEVER && h->main_kill != NEVER &&
	    !h->is_stuck) {
		/* Main cannot be reaped, but the rest has its time. */
		expect(STOP_TERM_REST, actual);
		if (w->now < h->main_kill + REAP_LIMIT)
			fail("gave up main before the limit for reaping");
		h->is_stuck = true;
		h->rest_term = w->now;
		signal_rest(w, SIGTERM);
	} else if (h->hold_end == NEVER && h->delay != TIME_UNSET &&
	    h->n_stops == 1 && h->rest_term == NEVER) {
		expect(STOP_SEND_HELD, actual);
		if (w->now < h->stops[0] + h->delay)
			fail("the held signal was sent too early");
		h->hold_end = w->now;
		forward(w, h->stop_signal);
	} else if (h->main_exit == NEVER && !h->is_stuck) {
		expect(STOP_KILL_MAIN, actual);
		if (w->now < main_kill_due(h))
			fail("main was killed too early");
		h->main_kill = w->now;
		signal_process(w, &w->main, SIGKILL);
	} else {
		expect(STOP_KILL_REST, actual);
		if (w->now < rest_kill_due(h))
			fail("the rest was killed too early");
		h->rest_kill = w->now;
		signal_rest(w, SIGKILL);
	}
}

static void
check_children(struct world *w)
{
	enum stop_action actual;

	if (w->over)
		return;
	if (w->main.lives) { /* impossible, but not a reason to exit */
		expect(STOP_NOTHING, stop_none_left(&w->stop));
		return;
	}
	for (int i = 0; i < w->n_rest; i++)
		if (w->rest[i].lives)
			return;
	actual = stop_none_left(&w->stop);
	record("%lld: no child is left\n", (long long)w->now);
	expect(STOP_EXIT, actual);
	w->over = true;
}

/* ------------------------------------------------------------ schedules */

static int64_t
random_ms(void)
{
	static const int64_t limits[] = {0, 1, 50, 500, 1000, 1500, 5000};

	return random_upto(2) == 0 ? limits[random_upto(6)] : random_upto(4000);
}

static void
random_process(struct process *p)
{
	p->lives = true;
	p->term_ms = random_upto(3) == 0 ? NEVER : random_ms();
	p->exit_at = random_upto(2) == 0 ? random_ms() : NEVER;
}

static void
random_world(struct world *w)
{
	memset(w, 0, sizeof *w);
	w->options.delay_ms = random_upto(2) == 0 ? random_ms() : TIME_UNSET;
	w->options.grace_ms = random_upto(3) != 0 ? random_ms() : TIME_UNSET;
	w->options.wait = random_upto(2) == 0;
	w->h.stop_signal =
	    random_upto(3) != 0 ? SIG_STOP : 1 + (int)random_upto(63);
	w->h.delay = w->options.delay_ms;
	w->h.grace = w->options.grace_ms;
	w->h.wait = w->options.wait;
	w->options.stop_signals = (uint64_t)1 << (w->h.stop_signal - 1);
	w->h.main_exit = w->h.main_kill = w->h.rest_kill = NEVER;
	w->h.rest_term = w->h.hold_end = NEVER;
	w->kill_ms = random_upto(5) == 0 ? random_ms() : 0;
	w->now = random_upto(3) == 0 ? random_upto(1LL << 40) : 0;
	random_process(&w->main);
	w->n_rest = (int)random_upto(MAX_REST);
	for (int i = 0; i < w->n_rest; i++)
		random_process(&w->rest[i]);
	w->n_signals = (int)random_upto(8);
	for (int i = 0; i < w->n_signals; i++) {
		w->signals[i].at =
		    random_upto(1) == 0 ? random_ms() : random_upto(8000);
		w->signals[i].sig = random_upto(1) == 0
		    ? w->h.stop_signal
		    : 1 + (int)random_upto(63);
	}
	for (int i = 0; i < w->n_signals; i++) {
		for (int j = i + 1; j < w->n_signals; j++)
			if (w->signals[j].at < w->signals[i].at) {
				const int64_t at = w->signals[i].at;

				w->signals[i].at = w->signals[j].at;
				w->signals[j].at = at;
			}
		w->signals[i].at += w->now;
	}
	if (w->main.exit_at != NEVER)
		w->main.exit_at += w->now;
	for (int i = 0; i < w->n_rest; i++)
		if (w->rest[i].exit_at != NEVER)
			w->rest[i].exit_at += w->now;
	record("delay %lld grace %lld wait %d stop signal %d\n",
	    (long long)w->h.delay, (long long)w->h.grace, w->h.wait,
	    w->h.stop_signal);
	w->stop = (struct stop){
	    .options = &w->options,
	    .deadline = STOP_NEVER,
	};
}

/* When the next event happens. */
static int64_t
next_time(const struct world *w)
{
	int64_t next = w->stop.deadline;

	if (w->next_signal < w->n_signals &&
	    w->signals[w->next_signal].at < next)
		next = w->signals[w->next_signal].at;
	if (w->main.lives && w->main.exit_at < next)
		next = w->main.exit_at;
	for (int i = 0; i < w->n_rest; i++)
		if (w->rest[i].lives && w->rest[i].exit_at < next)
			next = w->rest[i].exit_at;
	return next;
}

/* One event.  Those at the same time are in random order. */
static void
step(struct world *w)
{
	const int64_t next = next_time(w);
	const bool signal_first = random_upto(1) == 0;

	if (next > w->now)
		w->now = next + (random_upto(3) == 0 ? random_upto(30) : 0);
	for (int i = 0; i < w->n_rest; i++)
		if (w->rest[i].lives && w->rest[i].exit_at <= w->now)
			w->rest[i].lives = false;
	if (signal_first && w->next_signal < w->n_signals &&
	    w->signals[w->next_signal].at <= w->now)
		receive(w, w->signals[w->next_signal++].sig);
	else if (w->main.lives && w->main.exit_at <= w->now)
		reap_main(w);
	else if (w->stop.deadline <= w->now)
		expire(w);
	else if (w->next_signal < w->n_signals &&
	    w->signals[w->next_signal].at <= w->now)
		receive(w, w->signals[w->next_signal++].sig);
	check_children(w);
	check_deadline(w);
}

/* The longest time that a stop may take, as the manual promises it. */
static void
check_bound(const struct world *w, int64_t first_stop)
{
	const struct history *h = &w->h;
	int64_t max = h->grace;

	if (h->grace == TIME_UNSET || first_stop == NEVER || w->kill_ms > 0)
		return;
	max += (h->delay != TIME_UNSET ? h->delay : 0) +
	    (h->grace < MIN_DRAIN ? h->grace : MIN_DRAIN) +
	    500; /* events are late */
	if (w->now - first_stop > max)
		fail("exits %lld ms after the stop signal, more than %lld",
		    (long long)(w->now - first_stop), (long long)max);
}

/* Returns the number of steps. */
static unsigned
run_schedule(void)
{
	static struct world world;
	struct world *w = &world;
	unsigned steps = 0;
	bool stop_added = false;

	random_world(w);
	while (!w->over) {
		if (next_time(w) == NEVER && !stop_added) {
			/* Without -t, or a stop signal, init may wait. */
			if (w->h.grace != TIME_UNSET && w->h.n_stops > 0)
				fail("hangs after a stop signal");
			w->signals[0].at = w->now + 1;
			w->signals[0].sig = w->h.stop_signal;
			w->signals[1] = w->signals[0];
			w->n_signals = 2;
			w->next_signal = 0;
			stop_added = true;
		} else if (next_time(w) == NEVER)
			break; /* a process does not exit, without -t */
		if (++steps > 10000)
			fail("takes too many steps");
		step(w);
	}
	if (!w->over && w->h.grace != TIME_UNSET)
		fail("hangs");
	check_bound(w, w->h.n_stops > 0 ? w->h.stops[0] : NEVER);
	return steps;
}

int
main(int argc, char **argv)
{
	const long schedules = argc > 1 ? atol(argv[1]) : 20000;
	const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	unsigned long steps = 0;

	for (seed = first; seed < first + (uint64_t)schedules; seed++) {
		random_state = seed;
		events_length = 0;
		events[0] = '\0';
		steps += run_schedule();
	}
	printf("%ld schedules, %lu steps\n", schedules, steps);
	return 0;
}
