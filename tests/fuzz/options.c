/* SPDX-License-Identifier: MIT */
/*
 * Names, MINIREAP_OPTIONS and argv.  The input is lines: the environment, an
 * empty line, and the words of argv, its name first.
 */
#include "fuzz.h"
#include "options/options.h"

#include "system/system.h"

enum { MOST_WORDS = 64 };

/* Cut lines into words, each a block of its own.  What stands behind them. */
static const char *
cut(char **words, const char *lines, bool to_empty_line)
{
	size_t n = 0;

	while (*lines != '\0' && n < MOST_WORDS) {
		const size_t length = strcspn(lines, "\n");
		const bool is_end = to_empty_line && length == 0;

		if (!is_end)
			words[n++] = text_of(lines, length);
		lines += length + (lines[length] == '\n');
		if (is_end)
			break;
	}
	words[n] = NULL;
	return lines;
}

static void
release(char **words)
{
	for (; *words != NULL; words++)
		free(*words);
}

static void
judge_options(const struct options *options)
{
	promise(options->text != NULL ||
		(options->command != NULL) !=
		    (options->pause || options->zombies ||
			options->install != NULL),
	    "a command or what goes without one, not both");
	promise(options->zombies_signal >= 0 && options->zombies_signal <= SIGNAL_RTMAX,
	    "the cure's signal is one");
	promise(
	    options->stop_signal >= 1 && options->stop_signal <= SIGNAL_RTMAX,
	    "the stop signal is one");
	promise(options->parent_death >= 0 &&
		options->parent_death <= SIGNAL_RTMAX,
	    "the parent-death signal is one");
	promise(
	    options->delay_ms >= TIME_UNSET && options->grace_ms >= TIME_UNSET,
	    "no time is negative");
	for (int sig = 1; sig <= SIGNAL_RTMAX; sig++)
		promise(options->rewrite[sig] <= SIGNAL_RTMAX,
		    "every signal is sent as one, or dropped");
	promise(options->termination_log == NULL ||
		*options->termination_log == '/',
	    "-T has an absolute path");
	promise(!options->quiet || options->verbosity == 0,
	    "quiet and verbose are not both");
}

static void
judge_error(const struct options *options, const struct options_error *error)
{
	struct message line;

	promise(error->problem != NULL, "an error says what is wrong");
	promise(options->failure_status == STATUS_FAILURE ||
		options->failure_status == STATUS_PEER_FAILURE,
	    "an error has its status");
	options_describe_error(&line, error);
	promise_clean(line.text, line.length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	char *envp[MOST_WORDS + 1];
	char *argv[MOST_WORDS + 1];
	char *kept_envp[MOST_WORDS + 1];
	char *untouched[MOST_WORDS + 1];
	struct options options;
	struct options_error error;
	const char *words = cut(envp, text, true);

	cut(argv, words, false);
	cut(untouched, words, false);
	memcpy(kept_envp, envp, sizeof envp);
	if (options_read(argv, envp, &options, &error) == 0)
		judge_options(&options);
	else
		judge_error(&options, &error);
	promise(system_env_value(envp, "MINIREAP_OPTIONS=") == NULL,
	    "main does not see our variable");
	for (size_t i = 0; untouched[i] != NULL; i++)
		promise(strcmp(argv[i], untouched[i]) == 0,
		    "argv is as it was, for ps and for main");
	release(kept_envp);
	release(argv);
	release(untouched);
	free(text);
	return 0;
}
