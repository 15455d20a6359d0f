/* SPDX-License-Identifier: MIT */
/*
 * latency.c: signals that go through init, from kill(2) of init to main having
 * them in its hands.
 */
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "load.h"

enum {
	SETTLE_MS = 1,
	SIGNALS = 50,
	REST_NS = 200000,
	STORM_SIGNALS = 100,
	TICK_NS = 5000000,
	LATE_US = 1000000,
	RATE_PART = 4, /* of a second */
	RATE_MOST = 30000, /* fewer than may be queued: RLIMIT_SIGPENDING */
};

/* All rest before each one, as in life. */
void
measure_signal(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "echo");
	const struct timespec rest = {.tv_nsec = REST_NS};
	double latencies[SIGNALS];

	sandbox_hear(&sandbox);
	look_settle(&sandbox, SETTLE_MS);
	for (int i = 0; i < SIGNALS; i++) {
		uint64_t sent;

		nanosleep(&rest, NULL);
		sent = sandbox_now();
		kill(sandbox.pid, SIGUSR1);
		sandbox_hear(&sandbox); /* which one */
		latencies[i] = microseconds(sent, sandbox_hear(&sandbox));
	}
	values[0] = median(latencies, SIGNALS);
	sandbox_end(&sandbox);
}

/* ---------------------------------------------------------------- storm */

/* Signals on their way, and what became of them. */
struct post {
	int sig[STORM_SIGNALS];
	uint64_t sent[STORM_SIGNALS];
	double took[STORM_SIGNALS]; /* microseconds, or -1: not there yet */
	int count;
	int arrived;
};

/*
 * One of them in a while a standard one, on both sides of SIGCHLD, each once:
 * they would merge.  The others queue, and arrive in order.
 */
static int
choose_signal(int i)
{
	static const int standard[] = {SIGTERM, SIGWINCH, SIGUSR1, SIGCONT};

	return i % 25 == 0 ? standard[i / 25] : FIRST_QUEUED + i % QUEUED;
}

static void
post_send(struct post *post, const struct sandbox *sandbox)
{
	const int i = post->count++;

	post->sig[i] = choose_signal(i);
	post->took[i] = -1;
	post->sent[i] = sandbox_now();
	kill(sandbox->pid, post->sig[i]);
}

static void
post_arrived(struct post *post, int sig, uint64_t when)
{
	int i = 0;

	while (i < post->count && (post->sig[i] != sig || post->took[i] >= 0))
		i++;
	if (i == post->count)
		die("main was sent what nobody sent");
	post->took[i] = microseconds(post->sent[i], when);
	post->arrived++;
}

static void
post_receive(struct post *post, const struct sandbox *sandbox, uint64_t until)
{
	uint64_t sig;

	while (sandbox_now() < until && post->arrived < STORM_SIGNALS)
		if (sandbox_overhear(sandbox, 1, &sig))
			post_arrived(post, (int)sig, sandbox_hear(sandbox));
}

/*
 * While so many processes make children of init as fast as they can: how many
 * signals in a hundred are late by over a second, and in how many milliseconds
 * 99 are there.
 */
void
measure_storm(const struct candidate *init, double *values)
{
	struct post post = {.count = 0};
	struct sandbox sandbox;
	char task[32];

	snprintf(task, sizeof task, "storm %ld", init->number);
	sandbox = sandbox_start(init, false, task);
	sandbox_hear(&sandbox);
	while (post.count < STORM_SIGNALS) {
		const uint64_t next = sandbox_now() + TICK_NS;

		post_send(&post, &sandbox);
		while (sandbox_now() < next)
			post_receive(&post, &sandbox, next);
	}
	post_receive(&post, &sandbox, sandbox_now() + LATE_US * 1000ULL);
	for (int i = 0; i < STORM_SIGNALS; i++) {
		if (post.took[i] < 0) /* at least that long */
			post.took[i] =
			    microseconds(post.sent[i], sandbox_now());
		values[0] += post.took[i] > LATE_US;
	}
	sandbox_end(&sandbox);
	values[0] *= 100.0 / STORM_SIGNALS;
	(void)median(post.took, STORM_SIGNALS); /* which sorts them */
	values[1] = post.took[STORM_SIGNALS * 99 / 100 - 1] / 1000;
}

/* ----------------------------------------------------------------- rate */

/* So many a second, for a while: what comes through a second; CPU for each. */
void
measure_rate(const struct candidate *init, double *values)
{
	const long part = init->number / RATE_PART;
	const long count = part < RATE_MOST ? part : RATE_MOST;
	struct sandbox sandbox;
	uint64_t begin;
	char task[32];
	double cpu;

	snprintf(task, sizeof task, "count %ld", count);
	sandbox = sandbox_start(init, false, task);
	sandbox_hear(&sandbox);
	look_settle(&sandbox, SETTLE_MS);
	cpu = look_cpu(&sandbox);
	begin = sandbox_now();
	for (long i = 0; i < count; i++) {
		const uint64_t due = begin +
		    1000000000ULL * (uint64_t)i / (uint64_t)init->number;

		while (sandbox_now() < due)
			;
		kill(sandbox.pid, FIRST_QUEUED);
	}
	values[0] =
	    (double)count * 1e6 / microseconds(begin, sandbox_hear(&sandbox));
	look_settle(&sandbox, SETTLE_MS);
	values[1] = (look_cpu(&sandbox) - cpu) / (double)count;
	sandbox_end(&sandbox);
}
