/* SPDX-License-Identifier: MIT */
/*
 * options.c: how options are written.  getopt_long(3) would print messages of
 * its own by stdio, reorder the command's arguments and accept abbreviations.
 */
#include "options/options.h"

#include "system/system.h"

#include <signal.h>

#include <string.h>

#define VARIABLE "MINIREAP_OPTIONS="
#define BLANKS " \t\n\v\f\r"

/* What options are read from, and how far. */
struct reader {
	struct options *options;
	struct options_error *error;
	char **words; /* the rest of argv; NULL: text is read */
	char *text; /* the rest of the variable; NULL: nothing is left */
};

static int
refuse(struct reader *reader, const char *value, const char *problem)
{
	reader->error->value = value;
	reader->error->problem = problem;
	return -1;
}

/* Returns the next word, or NULL.  Words of the variable are cut off. */
static char *
next_word(struct reader *reader)
{
	char *word;

	if (reader->words != NULL)
		return *reader->words == NULL ? NULL : *reader->words++;
	do
		word = strsep(&reader->text, BLANKS);
	while (word != NULL && *word == '\0');
	return word;
}

/* Keeps an option's name, as it was written, for a message. */
static void
set_name(struct reader *reader, const char *name, size_t length)
{
	char *to = reader->error->name;
	const size_t room = sizeof reader->error->name - 1;

	if (length > room)
		length = room;
	memcpy(to, name, length);
	to[length] = '\0';
}

/* Applies the option whose name is set; joined is its joined value, or NULL. */
static int
apply(struct reader *reader, const struct setting *setting, char *joined)
{
	char *value = joined;
	const char *problem;

	if (setting == NULL)
		return refuse(reader, NULL, "unknown (see --help)");
	if (setting->value == VALUE_NONE && value != NULL)
		return refuse(reader, value, "takes no value");
	if (setting->value == VALUE_NEEDED && value == NULL) {
		value = next_word(reader);
		if (value == NULL)
			return refuse(reader, NULL, "needs a value");
	}
	problem = options_apply(reader->options, setting, value);
	return problem == NULL ? 0 : refuse(reader, value, problem);
}

static int
read_long(struct reader *reader, char *word)
{
	const size_t length = strcspn(word, "=");

	set_name(reader, word, length);
	return apply(reader, options_find(reader->error->name),
	    word[length] == '=' ? word + length + 1 : NULL);
}

/* -gv, -e 3 or -e3: letters in one word, the last of which may have a value. */
static int
read_short(struct reader *reader, char *letters)
{
	char *value = NULL;

	for (; *letters != '\0' && value == NULL; letters++) {
		const char name[] = {'-', *letters, '\0'};
		const struct setting *setting = options_find(name);

		set_name(reader, name, 2);
		if (setting != NULL && setting->value != VALUE_NONE &&
		    letters[1] != '\0')
			value = letters + 1;
		if (apply(reader, setting, value) == -1)
			return -1;
	}
	return 0;
}

/* Reads options.  *word is the first word that is not one, or NULL. */
static int
read_options(struct reader *reader, char **word)
{
	while ((*word = next_word(reader)) != NULL && (*word)[0] == '-' &&
	    (*word)[1] != '\0' && strcmp(*word, "--") != 0) {
		const int result = (*word)[1] == '-'
		    ? read_long(reader, *word)
		    : read_short(reader, *word + 1);

		if (result == -1)
			return -1;
	}
	reader->error->name[0] = '\0';
	return 0;
}

static int
check_command(struct reader *reader)
{
	struct options *options = reader->options;
	bool is_alone;

	if (options->text != NULL)
		return 0;
	if (options->command == NULL && options->pause_by_name)
		options->pause = true;
	is_alone =
	    options->pause || options->install != NULL || options->zombies;
	if (options->command == NULL && !is_alone)
		return refuse(reader, NULL, "no command (see --help)");
	if (options->command != NULL && is_alone && !options->zombies)
		return refuse(reader, *options->command,
		    "--pause and --install take no command");
	return 0;
}

/* All options are read: sets what they left open. */
static void
settle(struct options *options)
{
	for (int sig = 1; sig <= SIGNAL_RTMAX; sig++) {
		const bool is_job_control =
		    sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;

		if (options->rewrite[sig] != REWRITE_UNSET)
			continue;
		options->rewrite[sig] = (uint8_t)sig;
		if (is_job_control && options->scope == SCOPE_SESSION)
			options->rewrite[sig] = SIGSTOP;
	}
	if (options->quiet) {
		options->verbosity = 0;
		options->warn = false;
	}
}

int
options_read(char **argv, char **envp, struct options *options,
    struct options_error *error)
{
	struct reader reader = {.options = options, .error = error};
	char *word;

	*options = (struct options){
	    .delay_ms = TIME_UNSET,
	    .grace_ms = TIME_UNSET,
	    .stop_signals = (uint64_t)1 << (SIGTERM - 1),
	    .stop_is_default = true,
	};
	memset(options->rewrite, REWRITE_UNSET, sizeof options->rewrite);
	options_set_defaults(argv[0], envp, options);
	*error = (struct options_error){.in_variable = true};
	reader.text = system_env_value(envp, VARIABLE);
	system_env_remove(envp, VARIABLE);
	if (read_options(&reader, &word) == -1)
		return -1;
	if (word != NULL)
		return refuse(&reader, word, "not an option");
	error->in_variable = false;
	options->stop_is_default = true;
	reader.words = argv[0] == NULL ? argv : argv + 1;
	if (read_options(&reader, &word) == -1)
		return -1;
	if (word != NULL && strcmp(word, "--") != 0)
		reader.words--;
	if (*reader.words != NULL)
		options->command = reader.words;
	settle(options);
	return check_command(&reader);
}

int
options_remap(const struct options *options, int status)
{
	return status ^ options->remap[status];
}

void
options_describe_error(struct message *line, const struct options_error *error)
{
	const char *value = error->value;

	report_begin(line);
	if (error->in_variable)
		report_add(line, "MINIREAP_OPTIONS: ");
	if (error->name[0] != '\0')
		report_add(line, "option %s%s", error->name,
		    value == NULL ? ": " : " ");
	if (value != NULL)
		report_add(line, "%s: ", *value == '\0' ? "''" : value);
	report_add(line, "%s", error->problem);
}
