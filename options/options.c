/* SPDX-License-Identifier: MIT */
/*
 * options.c: how options are written.  getopt_long(3) would print messages of
 * its own by stdio, reorder the command's arguments and accept abbreviations.
 */
#include "options/options.h"

#include "system/system.h"

#include <signal.h>

#include <stddef.h>
#include <string.h>

#define VARIABLE "MINIREAP_OPTIONS="

/* An option's value; an optional one must be joined to it. */
enum { NONE, NEEDED, OPTIONAL };

static const struct name {
	char letter;
	uint8_t value;
	char text[16];
} names[] = {
    {'c', NONE, "single-child"},
    {'g', NONE, "group"},
    {OPTION_SESSION, NONE, "session"},
    {'r', NEEDED, "rewrite"},
    {'S', NEEDED, "stop-signal"},
    {'d', NEEDED, "delay"},
    {'t', NEEDED, "grace"},
    {'b', NONE, "wait"},
    {'e', NEEDED, "remap"},
    {'p', NEEDED, "parent-death"},
    {'s', NONE, "subreaper"},
    {'v', NONE, "verbose"},
    {'w', NONE, "warn"},
    {'q', NONE, "quiet"},
    {'T', OPTIONAL, "termination-log"},
    {'P', NONE, "pause"},
    {OPTION_INSTALL, NEEDED, "install"},
    {OPTION_ZOMBIES, OPTIONAL, "zombies"},
    {'h', NONE, "help"},
    {'V', NONE, "version"},
    {'l', NONE, "license"},
    {'L', NONE, "license"},
};

/* What options are read from, and how far. */
struct reader {
	struct options *options;
	struct options_error *error;
	char **words; /* the rest of argv; NULL: text is read */
	char *text;
};

static int
refuse(struct reader *reader, const char *value, const char *problem)
{
	reader->error->value = value;
	reader->error->problem = problem;
	return -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Returns the next word of the variable's text, cut off at its end, or NULL. */
static char *
next_of_text(struct reader *reader)
{
	char *word;

	while (is_blank(*reader->text))
		reader->text++;
	word = reader->text;
	while (*reader->text != '\0' && !is_blank(*reader->text))
		reader->text++;
	if (*reader->text != '\0')
		*reader->text++ = '\0';
	return *word == '\0' ? NULL : word;
}

static char *
next_word(struct reader *reader)
{
	if (reader->words == NULL)
		return next_of_text(reader);
	return *reader->words == NULL ? NULL : *reader->words++;
}

static int
apply_option(struct reader *reader, char letter, char *value)
{
	const char *problem = options_apply(reader->options, letter, value);

	return problem == NULL ? 0 : refuse(reader, value, problem);
}

/* Keeps an option's name, as it was written, for a message. */
static void
set_name(
    struct reader *reader, const char *dashes, const char *name, size_t length)
{
	char *to = stpcpy(reader->error->name, dashes);
	const size_t room = sizeof reader->error->name - 3;

	if (length > room)
		length = room;
	memcpy(to, name, length);
	to[length] = '\0';
}

static int
read_long(struct reader *reader, char *word)
{
	const size_t length = strcspn(word, "=");
	char *value = word[length] == '=' ? word + length + 1 : NULL;
	size_t i = 0;

	set_name(reader, "--", word, length);
	while (i < sizeof names / sizeof *names &&
	    (strlen(names[i].text) != length ||
		memcmp(names[i].text, word, length) != 0))
		i++;
	if (i == sizeof names / sizeof *names)
		return refuse(reader, NULL, "unknown (see --help)");
	if (names[i].value == NONE && value != NULL)
		return refuse(reader, value, "takes no value");
	if (names[i].value == NEEDED && value == NULL) {
		value = next_word(reader);
		if (value == NULL)
			return refuse(reader, NULL, "needs a value");
	}
	return apply_option(reader, names[i].letter, value);
}

/* -gv, -e 3 or -e3: letters in one word, the last of which may have a value. */
static int
read_short(struct reader *reader, char *letters)
{
	for (; *letters != '\0'; letters++) {
		char *value = NULL;
		size_t i = 0;

		set_name(reader, "-", letters, 1);
		while (i < sizeof names / sizeof *names &&
		    (names[i].letter != *letters ||
			*letters < OPTION_FIRST_LETTER))
			i++;
		if (i == sizeof names / sizeof *names)
			return refuse(reader, NULL, "unknown (see --help)");
		if (names[i].value != NONE && letters[1] != '\0')
			value = letters + 1;
		else if (names[i].value == NEEDED)
			value = next_word(reader);
		if (names[i].value == NEEDED && value == NULL)
			return refuse(reader, NULL, "needs a value");
		if (apply_option(reader, *letters, value) == -1)
			return -1;
		if (value != NULL)
			return 0;
	}
	return 0;
}

static int
read_option(struct reader *reader, char *word)
{
	return word[1] == '-' ? read_long(reader, word + 2)
			      : read_short(reader, word + 1);
}

static bool
is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && strcmp(word, "--") != 0;
}

static int
read_text(struct reader *reader)
{
	char *word;

	reader->error->in_variable = true;
	while ((word = next_word(reader)) != NULL) {
		if (!is_option(word)) {
			reader->error->name[0] = '\0';
			return refuse(reader, word, "not an option");
		}
		if (read_option(reader, word) == -1)
			return -1;
	}
	reader->error->in_variable = false;
	return 0;
}

static int
read_words(struct reader *reader)
{
	while (*reader->words != NULL && is_option(*reader->words))
		if (read_option(reader, *reader->words++) == -1)
			return -1;
	if (*reader->words != NULL && strcmp(*reader->words, "--") == 0)
		reader->words++;
	if (*reader->words != NULL)
		reader->options->command = reader->words;
	return 0;
}

static int
check_command(struct reader *reader)
{
	struct options *options = reader->options;
	bool is_alone;

	reader->error->name[0] = '\0';
	if (options->text != NULL)
		return 0;
	if (options->command == NULL && options->pause_by_name)
		options->pause = true;
	is_alone =
	    options->pause || options->install != NULL || options->zombies;
	if (options->command == NULL && !is_alone)
		return refuse(reader, NULL, "no command (see --help)");
	if (options->command != NULL && is_alone)
		return refuse(reader, *options->command,
		    "--pause, --install and --zombies take no command");
	return 0;
}

int
options_read(char **argv, char **envp, struct options *options,
    struct options_error *error)
{
	struct reader reader = {.options = options, .error = error};

	memset(options, 0, sizeof *options);
	memset(options->rewrite, REWRITE_UNSET, sizeof options->rewrite);
	options->delay_ms = TIME_UNSET;
	options->grace_ms = TIME_UNSET;
	options->stop_signal = SIGTERM;
	memset(error, 0, sizeof *error);
	options_set_defaults(argv[0], envp, options);
	reader.text = system_env_value(envp, VARIABLE);
	system_env_remove(envp, VARIABLE);
	if (reader.text != NULL && read_text(&reader) == -1)
		return -1;
	reader.words = argv[0] == NULL ? argv : argv + 1;
	if (read_words(&reader) == -1)
		return -1;
	options_settle(options);
	return check_command(&reader);
}

int
options_remap(const struct options *options, int status)
{
	const bool is_success =
	    (options->remap[status / CHAR_BIT] >> status % CHAR_BIT & 1) != 0;

	return is_success ? 0 : status;
}

void
options_describe_error(struct message *line, const struct options_error *error)
{
	report_begin(line);
	if (error->in_variable)
		report_add(line, "MINIREAP_OPTIONS: ");
	if (error->name[0] != '\0')
		report_add(line, "option %s", error->name);
	if (error->name[0] != '\0' && error->value != NULL)
		report_add(line, " ");
	if (error->value != NULL)
		report_add(
		    line, "%s", error->value[0] == '\0' ? "''" : error->value);
	if (error->name[0] != '\0' || error->value != NULL)
		report_add(line, ": ");
	report_add(line, "%s", error->problem);
}
