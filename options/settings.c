/* SPDX-License-Identifier: MIT */
/*
 * settings.c: what options mean: their values, checked, in struct options.
 */
#include "options/options.h"

#include "system/system.h"

#include <ctype.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#define TERMINATION_LOG "/dev/termination-log" /* Kubernetes' */

enum { MAX_UNITS = 100000000 }; /* of a time */

/* What an option does. */
enum kind {
	NOTHING,
	FLAG,
	COUNT,
	SCOPE,
	SIGNAL,
	STOP,
	TIME,
	FILENAME,
	REWRITE,
	REMAP,
	LOG,
	ZOMBIES,
	HELP,
	VERSION,
	LICENSE
};

static const struct setting settings[] = {
    {'c', "single-child", VALUE_NONE, SCOPE, SCOPE_MAIN},
    {'g', "group", VALUE_NONE, SCOPE, SCOPE_GROUP},
    {0, "session", VALUE_NONE, SCOPE, SCOPE_SESSION},
    {0, "same-group", VALUE_NONE, SCOPE, SCOPE_SAME_GROUP},
    {'r', "rewrite", VALUE_NEEDED, REWRITE, 0},
    {'S', "stop-signal", VALUE_NEEDED, STOP, 0},
    {'d', "delay", VALUE_NEEDED, TIME, offsetof(struct options, delay_ms)},
    {'t', "grace", VALUE_NEEDED, TIME, offsetof(struct options, grace_ms)},
    {'b', "wait", VALUE_NONE, FLAG, offsetof(struct options, wait)},
    {'e', "remap", VALUE_NEEDED, REMAP, 0},
    {'p', "parent-death", VALUE_NEEDED, SIGNAL,
	offsetof(struct options, parent_death)},
    {'s', "subreaper", VALUE_NONE, NOTHING, 0}, /* init adopts anyway */
    {'v', "verbose", VALUE_NONE, COUNT, offsetof(struct options, verbosity)},
    {'w', "warn", VALUE_NONE, FLAG, offsetof(struct options, warn)},
    {'q', "quiet", VALUE_NONE, FLAG, offsetof(struct options, quiet)},
    {'T', "termination-log", VALUE_OPTIONAL, LOG, 0},
    {'P', "pause", VALUE_NONE, FLAG, offsetof(struct options, pause)},
    {0, "install", VALUE_NEEDED, FILENAME, offsetof(struct options, install)},
    {0, "zombies", VALUE_OPTIONAL, ZOMBIES, 0},
    {'h', "help", VALUE_NONE, HELP, 0},
    {'V', "version", VALUE_NONE, VERSION, 0},
    {'l', "license", VALUE_NONE, LICENSE, 0},
    {'L', "license", VALUE_NONE, LICENSE, 0},
};

const struct setting *
options_find(const char *name)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (name[1] == '-' ? strcmp(settings[i].name, name + 2) == 0
				   : settings[i].letter == name[1])
			return &settings[i];
	return NULL;
}

static const char not_a_signal[] = "not a signal";
static const char cannot_arrive[] = "SIGKILL and SIGSTOP are never received";

static bool
never_arrives(int sig)
{
	return sig == SIGKILL || sig == SIGSTOP;
}

/* Returns the signal that the text before end names, or -1. */
static int
signal_before(const char *text, char *end)
{
	const char next = *end;
	int sig;

	*end = '\0';
	sig = system_signal_number(text);
	*end = next;
	return sig;
}

/* "F:T" */
static const char *
add_rewrite(struct options *options, char *value)
{
	char *colon = strchr(value, ':');
	int from;
	int to;

	if (colon == NULL)
		return "not two signals, FROM:TO";
	from = signal_before(value, colon);
	to = system_signal_number(colon + 1);
	if (strcmp(colon + 1, "0") == 0 || strcmp(colon + 1, "none") == 0)
		to = 0;
	if (from == -1)
		return "not a signal before the colon";
	if (to == -1)
		return "not a signal after the colon";
	if (never_arrives(from))
		return cannot_arrive;
	options->rewrite[from] = (uint8_t)to;
	return NULL;
}

/* "143,130:0,137:75" */
static const char *
add_remap(struct options *options, const char *value)
{
	for (;; value++) {
		const int64_t code = system_parse_number(value, &value, 255);
		int64_t status = 0;

		if (code != -1 && *value == ':')
			status = system_parse_number(value + 1, &value, 255);
		if (code == -1 || status == -1 ||
		    (*value != ',' && *value != '\0'))
			return "not CODE or CODE:STATUS, each from 0 to 255";
		options->remap[code] = (uint8_t)(code ^ status);
		if (*value == '\0')
			return NULL;
	}
}

static const char *
set_scope(struct options *options, enum scope scope)
{
	const unsigned same = 1U << SCOPE_SAME_GROUP;

	options->scope = scope == SCOPE_MAIN ? options->single_scope : scope;
	options->scopes_given |= 1U << scope;
	/* Those above it are groups of main's own. */
	return (options->scopes_given & same) != 0 &&
		options->scopes_given >= 2 * same
	    ? "--same-group excludes -g and --session"
	    : NULL;
}

static const char *
set_signal(int *setting, const char *value)
{
	const int sig = system_signal_number(value);

	if (sig == -1)
		return not_a_signal;
	*setting = sig;
	return NULL;
}

/* "TERM,QUIT" */
static const char *
add_stop_signals(struct options *options, char *value)
{
	uint64_t set = options->stop_is_default ? 0 : options->stop_signals;

	for (;;) {
		char *comma = strchr(value, ',');
		const int sig = comma == NULL ? system_signal_number(value)
					      : signal_before(value, comma);

		if (sig == -1)
			return not_a_signal;
		if (never_arrives(sig))
			return cannot_arrive;
		set |= (uint64_t)1 << (sig - 1);
		if (comma == NULL)
			break;
		value = comma + 1;
	}
	options->stop_signals = set;
	options->stop_is_default = false;
	return NULL;
}

enum { NANO = 1000000000 };

/* Returns the digits after a point as billionths, and moves *text past them. */
static int64_t
parse_fraction(const char **text)
{
	int64_t fraction = 0;

	for (int64_t weight = NANO / 10; isdigit((unsigned char)**text);
	     weight /= 10)
		fraction += (*(*text)++ - '0') * weight;
	return fraction;
}

/* "90", "1.5s", "200ms".  A time that is not 0 never becomes 0. */
static const char *
set_time(int64_t *setting, const char *value)
{
	static const struct {
		char name[4];
		int64_t ms;
	} units[] = {
	    {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	const char *rest;
	const int64_t whole = system_parse_number(value, &rest, MAX_UNITS);
	int64_t fraction = 0;

	if (whole != -1 && *rest == '.' && isdigit((unsigned char)rest[1])) {
		rest++;
		fraction = parse_fraction(&rest);
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (whole == -1 || strcmp(rest, units[i].name) != 0)
			continue;
		*setting = whole * units[i].ms +
		    (fraction * units[i].ms + NANO / 2) / NANO;
		if (*setting == 0 && strpbrk(value, "123456789") != NULL)
			*setting = 1;
		return NULL;
	}
	return "not a time such as 500ms, 1.5s, 2m or 1h";
}

static const char *
set_termination_log(struct options *options, const char *value)
{
	if (value != NULL && *value != '/')
		return "not an absolute path";
	options->termination_log = value == NULL ? TERMINATION_LOG : value;
	return NULL;
}

static const char *
set_zombies(struct options *options, const char *value)
{
	options->zombies = true;
	return value == NULL ? NULL
			     : set_signal(&options->zombies_signal, value);
}

static void
set_text(struct options *options, enum kind kind)
{
	options->text = kind == HELP ? options_help
	    : kind == VERSION	     ? options->version
				     : options_license;
}

const char *
options_apply(
    struct options *options, const struct setting *setting, char *value)
{
	void *field = (char *)options + setting->field;

	switch ((enum kind)setting->kind) {
	case NOTHING:
		break;
	case FLAG:
		*(bool *)field = true;
		break;
	case COUNT:
		++*(unsigned *)field;
		break;
	case SCOPE:
		return set_scope(options, setting->field);
	case SIGNAL:
		return set_signal(field, value);
	case STOP:
		return add_stop_signals(options, value);
	case TIME:
		return set_time(field, value);
	case FILENAME:
		*(const char **)field = value;
		break;
	case REWRITE:
		return add_rewrite(options, value);
	case REMAP:
		return add_remap(options, value);
	case LOG:
		return set_termination_log(options, value);
	case ZOMBIES:
		return set_zombies(options, value);
	case HELP:
	case VERSION:
	case LICENSE:
		set_text(options, setting->kind);
		break;
	}
	return NULL;
}
