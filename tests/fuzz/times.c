/* SPDX-License-Identifier: MIT */
/* times.c: times, parsed in a second way as well, and the numbers in them. */
#include "fuzz.h"
#include "options/options.h"
#include "system/system.h"

#include <regex.h>

enum { MAX_UNITS = 100000000 }; /* of a time */

/* Returns the milliseconds in text, or -1, as minireap(1) describes them. */
static int64_t
parse_again(const char *text)
{
	static regex_t pattern;
	static bool is_compiled;
	regmatch_t part[4];
	char billionths[] = "000000000";
	int64_t ms;
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
	if (whole > MAX_UNITS) /* or ULONG_MAX, if it overflows */
		return -1;
	for (regoff_t i = part[2].rm_so + 1; i < part[2].rm_eo; i++)
		if (i - part[2].rm_so <= 9)
			billionths[i - part[2].rm_so - 1] = text[i];
	if (part[3].rm_so != -1 && part[3].rm_eo - part[3].rm_so == 2)
		unit = 1;
	else if (part[3].rm_so != -1 && text[part[3].rm_so] == 'm')
		unit = 60000;
	else if (part[3].rm_so != -1 && text[part[3].rm_so] == 'h')
		unit = 3600000;
	ms = (int64_t)whole * unit +
	    (atol(billionths) * unit + 500000000) / 1000000000;
	return ms == 0 && strpbrk(text, "123456789") != NULL ? 1 : ms;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_text(data, size);
	struct options options = {.grace_ms = TIME_UNSET};
	const char *problem = options_apply(&options, options_find("-t"), text);

	expect((problem == NULL) == (options.grace_ms != TIME_UNSET),
	    "the time is either set or refused");
	expect(options.grace_ms == parse_again(text),
	    "the time that minireap(1) describes");
	expect(system_parse_number(text, NULL, INT_MAX) <= INT_MAX,
	    "no number exceeds its limit");
	free(text);
	return 0;
}
