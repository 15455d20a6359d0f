/* SPDX-License-Identifier: MIT */
/*
 * text.c: decimal numbers, from text and to text, below every other room.
 * strtol(3) would accept blanks and signs, follow the locale and bring its
 * tables along.
 */
#include "minireap.h"

#include <stddef.h>

long
text_number(const char *text, const char **end, long most)
{
	const char *s = text;
	long value = 0;

	for (; *s >= '0' && *s <= '9'; s++) {
		const int digit = *s - '0';

		if (value > (most - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	if (end != NULL)
		*end = s;
	else if (*s != '\0')
		return -1;
	return s > text ? value : -1;
}

char *
text_decimal(char *to, unsigned long value)
{
	char digits[TEXT_DECIMAL_MAX];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	while (n > 0)
		*to++ = digits[--n];
	*to = '\0';
	return to;
}

const char *
text_behind(const char *text, const char *prefix)
{
	for (; *prefix != '\0'; text++, prefix++)
		if (*text != *prefix)
			return NULL;
	return text;
}
