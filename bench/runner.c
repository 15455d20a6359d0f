/* SPDX-License-Identifier: MIT */
/*
 * runner.c: measure some inits in turn, A B C A B C, and print
 *
 *	METRIC <tab> NAME <tab> MEDIAN <tab> QUARTILE <tab> QUARTILE
 *
 * usage: runner METRIC[:NUMBER] ROUNDS NAME=COMMAND...
 *
 * A NUMBER is appended to METRIC in the output: reap:1000 prints reap1000.
 * COMMAND is an init with its options, to which main's command is appended; if
 * it is empty, main is started without an init.  BENCH_LOAD is the path of
 * load.c's binary; BENCH_GROUP, if set, is a cgroup to run in.
 */
#include "bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WARM_UP_ROUNDS = 3,
	MANY_ROUNDS = 10, /* no warm-up for fewer: each one takes long */
	MAX_CANDIDATES = 16,
	MAX_ROUNDS = 10000,
};

static const char usage[] =
    "usage: runner METRIC[:NUMBER] ROUNDS NAME=COMMAND...";

static const struct metric metrics[] = {
    {"start", {"start"}, .is_added = true, .measure = measure_start},
    {"exit", {"exit"}, .is_added = true, .measure = measure_exit},
    {"calls", {"calls"}, .needs_init = true, .measure = measure_calls},
    {"instructions", {"instructions"}, .needs_init = true,
	.measure = measure_instructions},
    {"faults", {"faults"}, .is_added = true, .measure = measure_faults},
    {"memory", {"rss", "dirty", "tables"}, .needs_init = true,
	.measure = measure_memory},
    {"crowd", {"crowd"}, .needs_init = true, .measure = measure_crowd},
    {"pause", {"pause"}, .needs_init = true, .measure = measure_pause},
    {"idle", {"idle"}, .needs_init = true, .measure = measure_idle},
    {"signal", {"signal"}, .measure = measure_signal},
    {"rate", {"passed", "passing"}, .measure = measure_rate},
    {"storm", {"late", "p99"}, .needs_init = true, .needs_all_cpus = true,
	.measure = measure_storm},
    {"reap", {"reap"}, .needs_init = true, .measure = measure_reap},
    {"burst", {"burst", "pace"}, .needs_init = true, .measure = measure_burst},
    {"flood", {"flood"}, .needs_init = true, .needs_all_cpus = true,
	.measure = measure_flood},
    {"limited", {"failed"}, .needs_init = true, .needs_all_cpus = true,
	.measure = measure_limited},
};

/* name is METRIC or METRIC:NUMBER, and cut at the colon. */
static const struct metric *
find_metric(char *name, long *number)
{
	char *colon = strchr(name, ':');

	*number = 0;
	if (colon != NULL) {
		*colon = '\0';
		*number = strtol(colon + 1, NULL, 10);
	}
	for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
		if (strcmp(metrics[i].name, name) == 0)
			return &metrics[i];
	die("unknown metric");
}

/* Split "NAME=WORD WORD..." in place. */
static struct candidate
parse_candidate(char *text)
{
	struct candidate candidate = {.name = text};
	char *word = strchr(text, '=');

	if (word == NULL)
		die(usage);
	*word++ = '\0';
	for (word = strtok(word, " "); word != NULL; word = strtok(NULL, " ")) {
		if (candidate.word_count == MAX_WORDS)
			die("too many words in a command");
		candidate.words[candidate.word_count++] = word;
	}
	return candidate;
}

/*
 * Run everything on one CPU, the last one allowed, so that the results do not
 * depend on where the scheduler places init and main.
 */
static void
pin_to_one_cpu(void)
{
	cpu_set_t allowed;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof allowed, &allowed) == -1)
		fail("sched_getaffinity");
	while (!CPU_ISSET(cpu, &allowed))
		cpu--;
	CPU_ZERO(&allowed);
	CPU_SET(cpu, &allowed);
	if (sched_setaffinity(0, sizeof allowed, &allowed) == -1)
		fail("sched_setaffinity");
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

double
median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

/* samples[round][candidate][value] */
typedef double samples[MAX_CANDIDATES][MAX_VALUES];

static void
print(const struct metric *metric, const struct candidate *candidate,
    size_t index, samples *rounds, size_t count)
{
	double *column = calloc(count, sizeof *column);

	if (column == NULL)
		fail("calloc");
	for (size_t v = 0; metric->values[v] != NULL; v++) {
		for (size_t r = 0; r < count; r++)
			column[r] = rounds[r][index][v];
		fputs(metric->values[v], stdout);
		if (candidate->number > 0)
			printf("%ld", candidate->number);
		printf("\t%s\t%.2f", candidate->name, median(column, count));
		printf("\t%.2f\t%.2f\n", column[count / 4],
		    column[count - 1 - count / 4]);
	}
	free(column);
}

/* Subtract each round's value without an init from the others. */
static void
subtract(samples *rounds, size_t count, size_t candidates, size_t none)
{
	for (size_t r = 0; r < count; r++)
		for (size_t c = 0; c < candidates; c++)
			if (c != none)
				rounds[r][c][0] -= rounds[r][none][0];
}

static void
measure(const struct metric *metric, const struct candidate *candidates,
    size_t candidate_count, size_t count)
{
	const size_t warm_up = count < MANY_ROUNDS ? 0 : WARM_UP_ROUNDS;
	samples *all = calloc(warm_up + count, sizeof *all);
	samples *rounds = all + warm_up;

	if (all == NULL)
		fail("calloc");
	for (size_t r = 0; r < warm_up + count; r++)
		for (size_t c = 0; c < candidate_count; c++)
			metric->measure(&candidates[c], all[r][c]);
	for (size_t c = 0; c < candidate_count && metric->is_added; c++)
		if (candidates[c].word_count == 0)
			subtract(rounds, count, candidate_count, c);
	for (size_t c = 0; c < candidate_count; c++)
		print(metric, &candidates[c], c, rounds, count);
	free(all);
}

int
main(int argc, char **argv)
{
	struct candidate candidates[MAX_CANDIDATES];
	const struct metric *metric;
	size_t count = 0;
	long number;
	long rounds;

	if (argc < 4 || getenv("BENCH_LOAD") == NULL)
		die(usage);
	if (argc - 3 > MAX_CANDIDATES)
		die("too many inits");
	metric = find_metric(argv[1], &number);
	rounds = strtol(argv[2], NULL, 10);
	if (rounds < 1 || rounds > MAX_ROUNDS)
		die("ROUNDS must be 1 to 10000");
	for (char **arg = argv + 3; *arg != NULL; arg++) {
		candidates[count] = parse_candidate(*arg);
		candidates[count].number = number;
		if (candidates[count].word_count > 0 || !metric->needs_init)
			count++;
	}
	if (!metric->needs_all_cpus)
		pin_to_one_cpu();
	sandbox_prepare();
	sandbox_set_group(getenv("BENCH_GROUP"));
	measure(metric, candidates, count, (size_t)rounds);
	return 0;
}
