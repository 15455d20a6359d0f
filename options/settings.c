/* SPDX-License-Identifier: MIT */
/*
 * settings.c: what options mean: their values, checked, in struct options.
 */
#include "options/options.h"

#include "system/system.h"

#include <signal.h>

#include <stddef.h>
#include <string.h>

#define TERMINATION_LOG "/dev/termination-log" /* Kubernetes' */

enum { MAX_UNITS = 100000000 }; /* of a time */

/* "F:T"; value is cut in two at the colon, and restored. */
static const char *
add_rewrite(struct options *options, char *value)
{
	char *colon = strchrnul(value, ':');
	int from;
	int to;

	if (*colon == '\0')
		return "not two signals, FROM:TO";
	*colon = '\0';
	from = system_signal_number(value);
	*colon = ':';
	to = system_signal_number(colon + 1);
	if (strcmp(colon + 1, "0") == 0 || strcmp(colon + 1, "none") == 0)
		to = 0;
	if (from == -1)
		return "not a signal before the colon";
	if (to == -1)
		return "not a signal after the colon";
	options->rewrite[from] = (uint8_t)to;
	return NULL;
}

static const char *
add_remap(struct options *options, const char *value)
{
	const char *rest = value;

	for (;;) {
		const int64_t status = system_parse_number(rest, &rest, 255);

		if (status == -1 || (*rest != ',' && *rest != '\0'))
			return "not an exit status from 0 to 255";
		options->remap[status / CHAR_BIT] |=
		    (uint8_t)(1 << status % CHAR_BIT);
		if (*rest++ == '\0')
			return NULL;
	}
}

static const char *
set_signal(int *setting, const char *value)
{
	const int sig = system_signal_number(value);

	if (sig == -1)
		return "not a signal";
	*setting = sig;
	return NULL;
}

/* Returns the milliseconds in a unit, or -1. */
static int64_t
unit_ms(const char *unit)
{
	if (strcmp(unit, "ms") == 0)
		return 1;
	if (*unit == '\0' || strcmp(unit, "s") == 0)
		return 1000;
	if (strcmp(unit, "m") == 0)
		return INT64_C(60) * 1000;
	if (strcmp(unit, "h") == 0)
		return INT64_C(60) * 60 * 1000;
	return -1;
}

/* "90", "1.5s", "200ms" */
static const char *
set_time(int64_t *setting, const char *value)
{
	static const char problem[] =
	    "not a time such as 500ms, 1.5s, 2m or 1h";
	const char *rest;
	const int64_t whole = system_parse_number(value, &rest, MAX_UNITS);
	int64_t thousandths = 0;
	int64_t unit;

	if (whole == -1)
		return problem;
	if (*rest == '.') {
		int64_t weight = 1000;

		if (*++rest < '0' || *rest > '9')
			return problem;
		for (; *rest >= '0' && *rest <= '9'; rest++)
			thousandths += (*rest - '0') * (weight /= 10);
	}
	unit = unit_ms(rest);
	if (unit == -1)
		return problem;
	*setting = whole * unit + thousandths * unit / 1000;
	return NULL;
}

static const char *
set_termination_log(struct options *options, const char *value)
{
	if (value != NULL && *value != '/')
		return "not an absolute path";
	options->termination_log = value == NULL ? TERMINATION_LOG : value;
	return NULL;
}

static void
apply_flag(struct options *options, char letter)
{
	switch (letter) {
	case 'c':
		options->scope = SCOPE_MAIN;
		break;
	case 'g':
		options->scope = SCOPE_GROUP;
		break;
	case OPTION_SESSION:
		options->scope = SCOPE_SESSION;
		break;
	case 'b':
		options->wait = true;
		break;
	case 'v':
		options->verbosity++;
		break;
	case 'w':
		options->warn = true;
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'P':
		options->pause = true;
		break;
	case 'h':
		options->text = options_help;
		break;
	case 'V':
		options->text = options->version;
		break;
	case 'l':
	case 'L':
		options->text = options_license;
		break;
	default: /* -s: orphans are adopted anyway */
		break;
	}
}

const char *
options_apply(struct options *options, char letter, char *value)
{
	switch (letter) {
	case 'r':
		return add_rewrite(options, value);
	case 'e':
		return add_remap(options, value);
	case 'p':
		return set_signal(&options->parent_death, value);
	case 'S':
		return set_signal(&options->stop_signal, value);
	case 'd':
		return set_time(&options->delay_ms, value);
	case 't':
		return set_time(&options->grace_ms, value);
	case 'T':
		return set_termination_log(options, value);
	case OPTION_INSTALL:
		options->install = value;
		return NULL;
	case OPTION_ZOMBIES:
		options->zombies = true;
		return value == NULL
		    ? NULL
		    : set_signal(&options->zombies_signal, value);
	default:
		apply_flag(options, letter);
		return NULL;
	}
}

/* Without -r a signal is sent as it came, or as a session needs it. */
static void
settle_rewrites(struct options *options)
{
	for (int sig = 1; sig <= SIGNAL_RTMAX; sig++) {
		const bool is_job_control =
		    sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;

		if (options->rewrite[sig] != REWRITE_UNSET)
			continue;
		options->rewrite[sig] =
		    is_job_control && options->scope == SCOPE_SESSION
		    ? SIGSTOP
		    : (uint8_t)sig;
	}
}

void
options_settle(struct options *options)
{
	settle_rewrites(options);
	if (options->quiet) {
		options->verbosity = 0;
		options->warn = false;
	}
}
