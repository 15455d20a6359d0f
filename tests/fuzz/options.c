/* SPDX-License-Identifier: MIT */
/*
 * options.c: the program's name, MINIREAP_OPTIONS and argv.  The input is
 * lines: the environment, an empty line, and argv with argv[0] first.
 */
#include "fuzz.h"

#include "options/options.h"
#include "system/system.h"

enum { MAX_WORDS = 64 };

/*
 * Copies each line to words, a NULL after the last, up to an empty line if
 * to_empty_line.  Returns the rest.
 */
static const char *
split(char **words, const char *lines, bool to_empty_line)
{
	size_t n = 0;

	while (*lines != '\0' && n < MAX_WORDS) {
		const size_t length = strcspn(lines, "\n");
		const bool is_end = to_empty_line && length == 0;

		if (!is_end)
			words[n++] = copy_text(lines, length);
		lines += length + (lines[length] == '\n');
		if (is_end)
			break;
	}
	words[n] = NULL;
	return lines;
}

static void
free_words(char **words)
{
	for (; *words != NULL; words++)
		free(*words);
}

static void
check_options(const struct options *options)
{
	expect(options->text != NULL || options->zombies ||
		(options->command != NULL) !=
		    (options->pause || options->install != NULL),
	    "either a command or an option that needs none");
	expect(options->zombies_signal >= 0 &&
		options->zombies_signal <= SIGNAL_RTMAX,
	    "--zombies has a signal or none");
	expect(
	    options->stop_signals != 0,
	    "the stop signal is a signal");
	expect(
	    options->parent_death >= 0 && options->parent_death <= SIGNAL_RTMAX,
	    "the parent-death signal is a signal or none");
	expect(
	    options->delay_ms >= TIME_UNSET && options->grace_ms >= TIME_UNSET,
	    "no time is negative");
	for (int sig = 1; sig <= SIGNAL_RTMAX; sig++)
		expect(options->rewrite[sig] <= SIGNAL_RTMAX,
		    "each signal is rewritten to a signal or dropped");
	expect(options->termination_log == NULL ||
		*options->termination_log == '/',
	    "the termination log has an absolute path");
	expect(!options->quiet || options->verbosity == 0,
	    "not both quiet and verbose");
}

static void
check_error(const struct options *options, const struct options_error *error)
{
	struct message line;

	expect(error->problem != NULL, "an error has a description");
	expect(options->failure_status == STATUS_FAILURE ||
		options->failure_status == STATUS_PEER_FAILURE,
	    "an error has an exit status");
	options_describe_error(&line, error);
	expect_printable(line.text, line.length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_text(data, size);
	char *envp[MAX_WORDS + 1];
	char *argv[MAX_WORDS + 1];
	char *envp_before[MAX_WORDS + 1];
	char *argv_before[MAX_WORDS + 1];
	struct options options;
	struct options_error error;
	const char *words = split(envp, text, true);

	split(argv, words, false);
	split(argv_before, words, false);
	memcpy(envp_before, envp, sizeof envp);
	if (options_read(argv, envp, &options, &error) == 0)
		check_options(&options);
	else
		check_error(&options, &error);
	expect(system_env_value(envp, "MINIREAP_OPTIONS=") == NULL,
	    "MINIREAP_OPTIONS is removed");
	for (size_t i = 0; argv_before[i] != NULL; i++)
		expect(strcmp(argv[i], argv_before[i]) == 0,
		    "argv is unchanged, for ps and for the main process");
	free_words(envp_before);
	free_words(argv);
	free_words(argv_before);
	free(text);
	return 0;
}
