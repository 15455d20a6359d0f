/* SPDX-License-Identifier: MIT */
/*
 * text.c: text, and decimal numbers in it, below every other room.  strtol(3)
 * would accept blanks and signs, follow the locale and bring its tables along;
 * a libc's string functions are made for long strings, and long themselves.
 */
#include "minireap.h"

#include <stddef.h>

int64_t
text_number(const char *text, const char **end, int64_t most)
{
	const char *s = text;
	int64_t value = 0;

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

char *
text_copy(char *to, const char *from)
{
	while ((*to = *from++) != '\0')
		to++;
	return to;
}

size_t
text_until(const char *text, char stop)
{
	size_t length = 0;

	while (text[length] != '\0' && text[length] != stop)
		length++;
	return length;
}

const char *
text_last_name(const char *path)
{
	const char *name = path;

	for (; *path != '\0'; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}
