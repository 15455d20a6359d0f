/* SPDX-License-Identifier: MIT */
/* Times, and the numbers in them, beside a second way to read them. */
#include "fuzz.h"

#include "options/settings.c"

#include <regex.h>
#include <stdlib.h>

/* The milliseconds of text, or -1, as the manual has it. */
static int64_t
read_again(const char *text)
{
	static regex_t pattern;
	static bool is_compiled;
	regmatch_t part[4];
	char thousandths[] = "000";
	unsigned long whole;
	int64_t unit = 1000;

	if (!is_compiled &&
	    regcomp(&pattern, "^([0-9]+)(\\.[0-9]+)?(ms|s|m|h)?$",
		REG_EXTENDED) != 0)
		abort();
	is_compiled = true;
	if (regexec(&pattern, text, 4, part, 0) != 0)
		return -1;
	whole = strtoul(text, NULL, 10);
	if (whole > MAX_UNITS) /* also where it does not fit */
		return -1;
	for (regoff_t i = part[2].rm_so + 1; i < part[2].rm_eo; i++)
		if (i - part[2].rm_so <= 3)
			thousandths[i - part[2].rm_so - 1] = text[i];
	if (part[3].rm_so != -1 && part[3].rm_eo - part[3].rm_so == 2)
		unit = 1;
	else if (part[3].rm_so != -1 && text[part[3].rm_so] == 'm')
		unit = 60000;
	else if (part[3].rm_so != -1 && text[part[3].rm_so] == 'h')
		unit = 3600000;
	return (int64_t)whole * unit + atoi(thousandths) * unit / 1000;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	int64_t setting = TIME_UNSET;
	const char *problem = set_time(&setting, text);

	promise((problem == NULL) == (setting != TIME_UNSET),
	    "a time is set or complained of");
	promise(setting == read_again(text), "a time is what it says");
	promise(system_parse_number(text, NULL, INT_MAX) <= INT_MAX,
	    "a number keeps its limit");
	free(text);
	return 0;
}
