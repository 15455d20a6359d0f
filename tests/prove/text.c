/* SPDX-License-Identifier: MIT */
/*
 * text.c: numbers and words in text.  No function knows a length: a text of any
 * bytes that starts anywhere in a buffer and ends with it is one of every
 * length up to SIZE.
 *
 * proves: system_parse_number system_format_number system_skip_prefix
 * proves: system_base_name system_find_line
 */
#include "prove.h"

#include "system/text.c"

enum { SIZE = 512 };

static char text[SIZE];

static void
prove_number(const char *s, int64_t max)
{
	const char *end = s;
	int64_t number = system_parse_number(s, NULL, max);

	/*@ assert within_max: -1 <= number <= max; */
	number = system_parse_number(s, &end, max);
	/*@ assert within_max_too: -1 <= number <= max; */
	/*@ assert end_in_text: \valid_read(end); */
}

static void
prove_format(void)
{
	char number[SYSTEM_NUMBER_SIZE];
	char *end = system_format_number(
	    number, (unsigned long)any(LONG_MIN, LONG_MAX));

	/*@ assert \valid(end); */
}

static void
prove_words(const char *s)
{
	const char *rest = system_skip_prefix(s, "Uid:\t");

	if (rest != NULL) {
		/*@ assert \valid_read(rest); */
	}
	rest = system_base_name(s);
	/*@ assert \valid_read(rest); */
	rest = system_find_line(s, "PPid:\t");
	/*@ assert \valid_read(rest); */
}

int
main(void)
{
	const char *s = text + any(0, SIZE - 1);

	fill(text, SIZE);
	/* The limits that minireap uses, and those of the type. */
	prove_number(s, 0);
	prove_number(s, 9);
	prove_number(s, 30);
	prove_number(s, 64);
	prove_number(s, 255);
	prove_number(s, SYSTEM_PID_LIMIT - 1);
	prove_number(s, 100000000);
	prove_number(s, INT_MAX);
	prove_number(s, UINT32_MAX);
	prove_number(s, INT64_MAX);
	prove_format();
	prove_words(s);
	return 0;
}
