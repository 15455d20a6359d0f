/* SPDX-License-Identifier: MIT */
/*
 * latency.c: how fast init forwards signals, from the runner's kill(2) of init
 * until main has accepted the signal.
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
	INTERVAL_NS = 5000000,
	LATE_US = 1000000,
	RATE_DIVISOR = 4, /* send for a quarter of a second */
	MAX_RATE_SIGNALS = 30000, /* below RLIMIT_SIGPENDING */
};

/* All processes sleep before each signal, as they usually do. */
void
measure_signal(const struct candidate *init, double *values)
{
	struct sandbox sandbox = sandbox_start(init, false, "echo");
	const struct timespec rest = {.tv_nsec = REST_NS};
	double latencies[SIGNALS];

	sandbox_receive(&sandbox);
	observe_until_settled(&sandbox, SETTLE_MS);
	for (int i = 0; i < SIGNALS; i++) {
		uint64_t sent;

		nanosleep(&rest, NULL);
		sent = sandbox_now();
		kill(sandbox.pid, SIGUSR1);
		sandbox_receive(&sandbox); /* the signal's number */
		latencies[i] = microseconds(sent, sandbox_receive(&sandbox));
	}
	values[0] = median(latencies, SIGNALS);
	sandbox_kill(&sandbox);
}

/* ---------------------------------------------------------------- storm */

/* The signals sent in a storm, in order. */
struct traffic {
	int sig[STORM_SIGNALS];
	uint64_t sent[STORM_SIGNALS];
	double latency_us[STORM_SIGNALS]; /* -1: has not arrived */
	int sent_count;
	int arrived_count;
};

/*
 * Real-time signals, which are queued and arrive in order, and a few standard
 * ones, numbered below and above SIGCHLD.  Pending standard signals coalesce,
 * so each of those is sent once.
 */
static int
choose_signal(int i)
{
	static const int standard[] = {SIGTERM, SIGWINCH, SIGUSR1, SIGCONT};

	return i % 25 == 0 ? standard[i / 25] : FIRST_QUEUED + i % QUEUED;
}

static void
traffic_send(struct traffic *traffic, const struct sandbox *sandbox)
{
	const int i = traffic->sent_count++;

	traffic->sig[i] = choose_signal(i);
	traffic->latency_us[i] = -1;
	traffic->sent[i] = sandbox_now();
	kill(sandbox->pid, traffic->sig[i]);
}

static void
traffic_arrived(struct traffic *traffic, int sig, uint64_t when)
{
	int i = 0;

	while (i < traffic->sent_count &&
	    (traffic->sig[i] != sig || traffic->latency_us[i] >= 0))
		i++;
	if (i == traffic->sent_count)
		die("main received a signal that was not sent");
	traffic->latency_us[i] = microseconds(traffic->sent[i], when);
	traffic->arrived_count++;
}

static void
traffic_receive(
    struct traffic *traffic, const struct sandbox *sandbox, uint64_t until)
{
	uint64_t sig;

	while (sandbox_now() < until && traffic->arrived_count < STORM_SIGNALS)
		if (sandbox_receive_within(sandbox, 1, &sig))
			traffic_arrived(
			    traffic, (int)sig, sandbox_receive(sandbox));
}

/*
 * While init->number processes create children of init as fast as they can:
 * the percentage of signals that take more than a second, and the 99th
 * percentile of the latency in milliseconds.
 */
void
measure_storm(const struct candidate *init, double *values)
{
	struct traffic traffic = {.sent_count = 0};
	struct sandbox sandbox;
	char task[32];

	snprintf(task, sizeof task, "storm %ld", init->number);
	sandbox = sandbox_start(init, false, task);
	sandbox_receive(&sandbox);
	while (traffic.sent_count < STORM_SIGNALS) {
		const uint64_t next = sandbox_now() + INTERVAL_NS;

		traffic_send(&traffic, &sandbox);
		while (sandbox_now() < next)
			traffic_receive(&traffic, &sandbox, next);
	}
	traffic_receive(&traffic, &sandbox, sandbox_now() + LATE_US * 1000ULL);
	for (int i = 0; i < STORM_SIGNALS; i++) {
		double *latency_us = &traffic.latency_us[i];

		if (*latency_us < 0) /* still missing: at least this long */
			*latency_us =
			    microseconds(traffic.sent[i], sandbox_now());
		values[0] += *latency_us > LATE_US;
	}
	sandbox_kill(&sandbox);
	values[0] *= 100.0 / STORM_SIGNALS;
	(void)median(traffic.latency_us, STORM_SIGNALS); /* to sort them */
	values[1] = traffic.latency_us[STORM_SIGNALS * 99 / 100 - 1] / 1000;
}

/* ----------------------------------------------------------------- rate */

/*
 * While init->number signals per second are sent: the number that main
 * receives per second, and init's CPU time for each.
 */
void
measure_rate(const struct candidate *init, double *values)
{
	const long part = init->number / RATE_DIVISOR;
	const long count = part < MAX_RATE_SIGNALS ? part : MAX_RATE_SIGNALS;
	struct sandbox sandbox;
	uint64_t begin;
	char task[32];
	double cpu;

	snprintf(task, sizeof task, "count %ld", count);
	sandbox = sandbox_start(init, false, task);
	sandbox_receive(&sandbox);
	observe_until_settled(&sandbox, SETTLE_MS);
	cpu = observe_cpu(&sandbox);
	begin = sandbox_now();
	for (long i = 0; i < count; i++) {
		const uint64_t due = begin +
		    1000000000ULL * (uint64_t)i / (uint64_t)init->number;

		while (sandbox_now() < due)
			;
		kill(sandbox.pid, FIRST_QUEUED);
	}
	values[0] = (double)count * 1e6 /
	    microseconds(begin, sandbox_receive(&sandbox));
	observe_until_settled(&sandbox, SETTLE_MS);
	values[1] = (observe_cpu(&sandbox) - cpu) / (double)count;
	sandbox_kill(&sandbox);
}
