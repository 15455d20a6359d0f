/* SPDX-License-Identifier: MIT */
/*
 * options.h: the program's name, MINIREAP_OPTIONS and argv become one struct
 * options, which no one changes afterwards.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "minireap.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdint.h>

enum { OPTIONS_NAME_SIZE = 32 };

/* What is wrong: "option NAME VALUE: PROBLEM". */
struct options_error {
	bool in_variable; /* in MINIREAP_OPTIONS */
	char name[OPTIONS_NAME_SIZE]; /* "-e", "--rewrite"; "": no option */
	const char *value; /* or NULL */
	const char *problem;
};

/*
 * Reads them in this order, so that the command line has the last word.
 * MINIREAP_OPTIONS is removed from envp, and cut into words where it is.  0, or
 * -1 with error set; failure_status is right in both cases.
 */
int options_read(char **argv, char **envp, struct options *options,
    struct options_error *error);

/* Writes a line that says what is wrong. */
void
options_describe_error(struct message *line, const struct options_error *error);

/* Returns what init exits with for this status: -e. */
int options_remap(const struct options *options, int status);

/* ------------------------------------------------- between the files */

/* Does an option take a value?  An optional one must be joined to it. */
enum setting_value { VALUE_NONE, VALUE_NEEDED, VALUE_OPTIONAL };

/* An option. */
struct setting {
	char letter; /* or 0 */
	char name[16];
	uint8_t value; /* an enum setting_value */
	uint8_t kind; /* what settings.c does */
	uint16_t field; /* its offset in struct options, or an enum scope */
};

/* In options.rewrite until all options are read: as received. */
enum { REWRITE_UNSET = 255 };

/* Returns the option of that name, such as "-e" or "--remap", or NULL. */
const struct setting *options_find(const char *name);

/*
 * Does what the option asks for; value is NULL if there is none.  Returns NULL,
 * or what is wrong with value.
 */
const char *options_apply(
    struct options *options, const struct setting *setting, char *value);

/*
 * Sets the defaults of the init by whose name, argv[0] or NULL, the program was
 * called, as its environment variables change them; else minireap's own.
 */
void
options_set_defaults(const char *name, char **envp, struct options *options);

extern const char options_help[];
extern const char options_license[];
extern const char options_version[];
extern const char options_version_tini[];

#endif
