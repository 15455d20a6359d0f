/* SPDX-License-Identifier: MIT */
/*
 * stop_model: stop.c alone, driven through random lives of a container, and
 * judged at every step by an oracle that knows the contract and not the
 * program: it keeps a diary of what happened and when, and derives from that
 * what had to be done, anew each time.  Nothing here is a state.
 *
 * usage: stop_model [SCHEDULES [SEED]]; a failure prints SEED and the diary.
 */
#include "stop/stop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LEAST = 1000, /* the rest has at least the smaller of TIME and 1 s */
	REAPING = 2000, /* what was killed is waited for no longer */
	MOST_EVENTS = 64,
	MOST_REST = 8,
	SIG_STOP = SIGTERM,
	AGES = 1000000,
};
#define NEVER INT64_MAX

/* ------------------------------------------------------------ the diary */

struct diary {
	int64_t delay, grace; /* TIME_UNSET */
	bool wait;
	int stop_signal;
	int64_t stops[MOST_EVENTS]; /* when the stop signal was received */
	int n_stops;
	int n_stops_with_main; /* of them, while main was there */
	int64_t main_end; /* when main was reaped */
	int64_t killed_main, killed_rest, told_rest; /* as it was done */
	int64_t hold_over; /* when the held stop signal was sent on, late or not */
};

static uint64_t seed;
static char log_text[16384];
static size_t log_length;

static void
say(const char *format, ...)
{
	va_list list;

	if (log_length > sizeof log_text - 256)
		return;
	va_start(list, format);
	log_length += (size_t)vsnprintf(log_text + log_length,
	    sizeof log_text - log_length, format, list);
	va_end(list);
}

static void
fail(const char *format, ...)
{
	va_list list;

	printf("seed %llu\n%s", (unsigned long long)seed, log_text);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	exit(1);
}

static uint64_t random_state;

static int64_t
up_to(int64_t most) /* 0..most; splitmix64 */
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (int64_t)((z ^ z >> 31) % (uint64_t)(most + 1));
}

/* ----------------------------------------------------------- the oracle */

/* When the rest is told by init itself: at main's end, but not with -b unless
 * a stop has been asked for. */
static int64_t
rest_told(const struct diary *d)
{
	if (d->main_end == NEVER)
		return NEVER;
	if (d->grace == TIME_UNSET && !d->wait)
		return NEVER;
	if (d->wait && d->n_stops_with_main == 0)
		return NEVER;
	return d->main_end;
}

/* When is, or was, the stop signal sent on; NEVER. */
static int64_t
sent_on(const struct diary *d)
{
	int64_t first = d->n_stops > 0 ? d->stops[0] : NEVER;
	int64_t second = d->n_stops > 1 ? d->stops[1] : NEVER;
	int64_t due;

	if (first == NEVER || d->delay == TIME_UNSET)
		return first;
	if (d->hold_over == NEVER && rest_told(d) != NEVER)
		return NEVER; /* main's own exit has ended the wait */
	due = d->hold_over != NEVER ? d->hold_over : first + d->delay;
	return second < due ? second : due;
}

static int64_t
plus(int64_t when, int64_t ms)
{
	return when == NEVER || ms == TIME_UNSET ? NEVER : when + ms;
}

/* When the rest is killed. */
static int64_t
rest_killed(const struct diary *d)
{
	const int64_t least = d->grace < LEAST ? d->grace : LEAST;
	const int64_t told = rest_told(d);
	int64_t end;

	if (d->grace == TIME_UNSET || d->main_end == NEVER)
		return NEVER;
	if (told == NEVER) /* -b: the clock is the stop signal's */
		return plus(sent_on(d), d->grace);
	if (sent_on(d) > told) /* main ended by itself */
		return told + d->grace;
	end = sent_on(d) + d->grace;
	return end > told + least ? end : told + least;
}

static int64_t
main_killed(const struct diary *d)
{
	return d->main_end != NEVER ? NEVER : plus(sent_on(d), d->grace);
}

/* When is the next thing due?  What was done is not due again. */
static int64_t
next_due(const struct diary *d)
{
	if (d->killed_rest != NEVER)
		return d->killed_rest + REAPING; /* at most */
	if (d->n_stops > 0 && d->delay != TIME_UNSET && d->hold_over == NEVER &&
	    rest_told(d) == NEVER && d->n_stops == 1)
		return d->stops[0] + d->delay;
	if (d->main_end == NEVER)
		return d->killed_main != NEVER ? d->killed_main + REAPING
					       : main_killed(d);
	return rest_killed(d);
}

static const char *const action_names[] = {
    [STOP_NOTHING] = "nothing",
    [STOP_SEND] = "send",
    [STOP_SEND_HELD] = "send what was held",
    [STOP_KILL_MAIN] = "kill main",
    [STOP_TERM_REST] = "tell the rest",
    [STOP_KILL_REST] = "kill the rest",
    [STOP_KILL_AGAIN] = "kill again",
    [STOP_EXIT] = "exit",
};

static void
expect(enum stop_action expected, enum stop_action came)
{
	if (expected != came)
		fail("expected: %s, came: %s", action_names[expected],
		    action_names[came]);
}

/* ------------------------------------------------------------ the world */

struct process {
	bool lives;
	int64_t answer; /* to TERM: so much later it ends; NEVER: ignored */
	int64_t end;
};

struct world {
	struct options options;
	struct stop stop;
	struct diary d;
	struct process main, rest[MOST_REST];
	int n_rest;
	int64_t now;
	struct {
		int64_t at;
		int sig;
	} signals[MOST_EVENTS];
	int n_signals, next_signal;
	int64_t stuck; /* how long the kernel takes to end what is killed */
	bool over;
};

static void
ask_to_end(struct world *w, struct process *p, int sig)
{
	if (!p->lives)
		return;
	if (sig == SIGKILL && p->end > w->now + w->stuck)
		p->end = w->now + w->stuck;
	else if (sig == SIGTERM && p->answer != NEVER &&
	    p->end > w->now + p->answer)
		p->end = w->now + p->answer;
}

static void
ask_rest(struct world *w, int sig)
{
	for (int i = 0; i < w->n_rest; i++)
		ask_to_end(w, &w->rest[i], sig);
}

/* As contract section 4 says who gets what init passes on. */
static void
pass_on(struct world *w, int sig)
{
	if (w->d.main_end == NEVER)
		ask_to_end(w, &w->main, sig);
	else
		ask_rest(w, sig);
}

static void
check_deadline(const struct world *w)
{
	const int64_t due = next_due(&w->d);

	if (w->over)
		return;
	if (w->d.killed_rest != NEVER ||
	    (w->d.killed_main != NEVER && w->d.main_end == NEVER)) {
		/* How often it looks again is its own affair. */
		if (w->stop.deadline > w->now + REAPING)
			fail("deadline %lld, later than the end of reaping",
			    (long long)(w->stop.deadline));
		return;
	}
	if (w->stop.deadline != due)
		fail("deadline: expected %lld, came %lld",
		    due == NEVER ? -1LL : (long long)due,
		    w->stop.deadline == NEVER ? -1LL
					      : (long long)w->stop.deadline);
}

static int64_t
init_now(const struct world *w)
{
	/* Where no option needs the time init does not read it. */
	return w->options.delay_ms == TIME_UNSET &&
		w->options.grace_ms == TIME_UNSET
	    ? 0
	    : w->now;
}

static void
receive(struct world *w, int sig)
{
	struct diary *d = &w->d;
	const bool is_stop = sig == d->stop_signal;
	bool held = false;
	enum stop_action came;

	say("%lld: signal %d\n", (long long)w->now, sig);
	if (is_stop && d->n_stops < MOST_EVENTS) {
		d->stops[d->n_stops++] = w->now;
		/* The first is held, unless all has been told to end. */
		held = d->n_stops == 1 && d->delay != TIME_UNSET &&
		    rest_told(d) == NEVER && d->killed_rest == NEVER;
		if (!held && d->n_stops == 1 && d->delay != TIME_UNSET)
			d->hold_over = w->now;
		if (d->n_stops == 2 && d->hold_over == NEVER)
			d->hold_over = w->now;
	}
	came = stop_received(&w->stop, sig, init_now(w));
	expect(held ? STOP_NOTHING : STOP_SEND, came);
	if (!held)
		pass_on(w, sig == SIGKILL ? 0 : sig);
}

static void
reap_main(struct world *w)
{
	struct diary *d = &w->d;
	enum stop_action came;

	say("%lld: main has ended\n", (long long)w->now);
	w->main.lives = false;
	d->main_end = w->now;
	d->n_stops_with_main = d->n_stops;
	came = stop_main_exited(&w->stop, init_now(w));
	if (d->grace == TIME_UNSET && !d->wait) {
		expect(STOP_EXIT, came);
		w->over = true;
		return;
	}
	if (d->killed_rest != NEVER) {
		expect(STOP_NOTHING, came);
		return;
	}
	expect(rest_told(d) == NEVER ? STOP_NOTHING : STOP_TERM_REST, came);
	if (came == STOP_TERM_REST) {
		d->told_rest = w->now;
		ask_rest(w, SIGTERM);
	}
}

static void
expire(struct world *w)
{
	struct diary *d = &w->d;
	const enum stop_action came = stop_expired(&w->stop, init_now(w));

	say("%lld: due: %s\n", (long long)w->now, action_names[came]);
	if (d->killed_rest != NEVER) {
		if (came == STOP_EXIT) {
			if (w->now < d->killed_rest + REAPING)
				fail("given up before what was killed is late");
			w->over = true;
			return;
		}
		expect(STOP_KILL_AGAIN, came);
		if (w->now > d->killed_rest + REAPING)
			fail("still waiting for what was killed");
		ask_rest(w, SIGKILL);
	} else if (d->main_end == NEVER && d->killed_main != NEVER) {
		/* Main cannot be reaped: that too must come to an end. */
		expect(STOP_KILL_REST, came);
		if (w->now < d->killed_main + REAPING)
			fail("given up before main, killed, is late");
		d->killed_rest = w->now;
		ask_rest(w, SIGKILL);
	} else if (d->hold_over == NEVER && d->delay != TIME_UNSET &&
	    d->n_stops == 1 && d->told_rest == NEVER) {
		expect(STOP_SEND_HELD, came);
		if (w->now < d->stops[0] + d->delay)
			fail("sent before its time");
		d->hold_over = w->now;
		pass_on(w, d->stop_signal);
	} else if (d->main_end == NEVER) {
		expect(STOP_KILL_MAIN, came);
		if (w->now < main_killed(d))
			fail("main killed before its time");
		d->killed_main = w->now;
		ask_to_end(w, &w->main, SIGKILL);
	} else {
		expect(STOP_KILL_REST, came);
		if (w->now < rest_killed(d))
			fail("the rest killed before its time");
		d->killed_rest = w->now;
		ask_rest(w, SIGKILL);
	}
}

static void
look_who_is_left(struct world *w)
{
	enum stop_action came;

	if (w->over)
		return;
	if (w->main.lives) { /* odd, but no reason to end */
		expect(STOP_NOTHING, stop_none_left(&w->stop));
		return;
	}
	for (int i = 0; i < w->n_rest; i++)
		if (w->rest[i].lives)
			return;
	came = stop_none_left(&w->stop);
	say("%lld: nobody is left\n", (long long)w->now);
	expect(STOP_EXIT, came);
	w->over = true;
}

/* ------------------------------------------------------------ schedules */

static int64_t
some_time(void)
{
	static const int64_t limits[] = {0, 1, 50, 500, 1000, 1500, 5000};

	return up_to(2) == 0 ? limits[up_to(6)] : up_to(4000);
}

static void
make_process(struct process *p)
{
	p->lives = true;
	p->answer = up_to(3) == 0 ? NEVER : some_time();
	p->end = up_to(2) == 0 ? some_time() : NEVER;
}

static void
make_world(struct world *w)
{
	memset(w, 0, sizeof *w);
	w->options.delay_ms = up_to(2) == 0 ? some_time() : TIME_UNSET;
	w->options.grace_ms = up_to(3) != 0 ? some_time() : TIME_UNSET;
	w->options.wait = up_to(2) == 0;
	w->options.stop_signal = up_to(3) != 0 ? SIG_STOP : 1 + (int)up_to(63);
	w->d.delay = w->options.delay_ms;
	w->d.grace = w->options.grace_ms;
	w->d.wait = w->options.wait;
	w->d.stop_signal = w->options.stop_signal;
	w->d.main_end = w->d.killed_main = w->d.killed_rest = NEVER;
	w->d.told_rest = w->d.hold_over = NEVER;
	w->stuck = up_to(5) == 0 ? some_time() : 0;
	w->now = up_to(3) == 0 ? up_to(1LL << 40) : 0;
	make_process(&w->main);
	w->n_rest = (int)up_to(MOST_REST);
	for (int i = 0; i < w->n_rest; i++)
		make_process(&w->rest[i]);
	w->n_signals = (int)up_to(8);
	for (int i = 0; i < w->n_signals; i++) {
		w->signals[i].at = up_to(1) == 0 ? some_time() : up_to(8000);
		w->signals[i].sig =
		    up_to(1) == 0 ? w->d.stop_signal : 1 + (int)up_to(63);
	}
	for (int i = 0; i < w->n_signals; i++) { /* all times from now on */
		for (int j = i + 1; j < w->n_signals; j++)
			if (w->signals[j].at < w->signals[i].at) {
				const int64_t at = w->signals[i].at;

				w->signals[i].at = w->signals[j].at;
				w->signals[j].at = at;
			}
		w->signals[i].at += w->now;
	}
	if (w->main.end != NEVER)
		w->main.end += w->now;
	for (int i = 0; i < w->n_rest; i++)
		if (w->rest[i].end != NEVER)
			w->rest[i].end += w->now;
	say("delay %lld grace %lld wait %d stop signal %d\n",
	    (long long)w->d.delay, (long long)w->d.grace, w->d.wait,
	    w->d.stop_signal);
	w->stop = (struct stop){.options = &w->options,
	    .deadline = STOP_NEVER};
}

/* The time of what comes next. */
static int64_t
next_time(const struct world *w)
{
	int64_t next = w->stop.deadline;

	if (w->next_signal < w->n_signals && w->signals[w->next_signal].at < next)
		next = w->signals[w->next_signal].at;
	if (w->main.lives && w->main.end < next)
		next = w->main.end;
	for (int i = 0; i < w->n_rest; i++)
		if (w->rest[i].lives && w->rest[i].end < next)
			next = w->rest[i].end;
	return next;
}

/* What is due at the same time comes in any order, but one by one. */
static void
step(struct world *w)
{
	const int64_t next = next_time(w);
	const bool signal_first = up_to(1) == 0;

	if (next > w->now)
		w->now = next + (up_to(3) == 0 ? up_to(30) : 0); /* late */
	for (int i = 0; i < w->n_rest; i++)
		if (w->rest[i].lives && w->rest[i].end <= w->now)
			w->rest[i].lives = false;
	if (signal_first && w->next_signal < w->n_signals &&
	    w->signals[w->next_signal].at <= w->now)
		receive(w, w->signals[w->next_signal++].sig);
	else if (w->main.lives && w->main.end <= w->now)
		reap_main(w);
	else if (w->stop.deadline <= w->now)
		expire(w);
	else if (w->next_signal < w->n_signals &&
	    w->signals[w->next_signal].at <= w->now)
		receive(w, w->signals[w->next_signal++].sig);
	look_who_is_left(w);
	check_deadline(w);
}

/* The promise that users reckon with. */
static void
check_bound(const struct world *w, int64_t asked)
{
	const struct diary *d = &w->d;
	int64_t most = d->grace;

	if (d->grace == TIME_UNSET || asked == NEVER || w->stuck > 0)
		return;
	most += (d->delay != TIME_UNSET ? d->delay : 0) +
	    (d->grace < LEAST ? d->grace : LEAST) + 500; /* lateness */
	if (w->now - asked > most)
		fail("ended %lld ms after the stop signal, more than %lld",
		    (long long)(w->now - asked), (long long)most);
}

/* Gives how many steps it took. */
static unsigned
live_once(void)
{
	static struct world world;
	struct world *w = &world;
	unsigned steps = 0;
	bool asked_again = false;

	make_world(w);
	while (!w->over) {
		if (next_time(w) == NEVER && !asked_again) {
			/* Nothing will happen: rightly so? */
			if (w->d.grace != TIME_UNSET && w->d.n_stops > 0)
				fail("hangs after a stop signal");
			w->signals[0].at = w->now + 1;
			w->signals[0].sig = w->d.stop_signal;
			w->signals[1] = w->signals[0];
			w->n_signals = 2;
			w->next_signal = 0;
			asked_again = true;
		} else if (next_time(w) == NEVER)
			break; /* no deadline, and a process that stays */
		if (++steps > 10000)
			fail("does not come to an end");
		step(w);
	}
	if (!w->over && w->d.grace != TIME_UNSET)
		fail("hangs");
	check_bound(w, w->d.n_stops > 0 ? w->d.stops[0] : NEVER);
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
		log_length = 0;
		log_text[0] = '\0';
		steps += live_once();
	}
	printf("%ld schedules, %lu steps\n", schedules, steps);
	return 0;
}
