/* SPDX-License-Identifier: MIT */
/*
 * text.c: numbers and words in text.  strtol(3) would accept blanks and signs
 * and follow the locale.
 */
#include "system/system.h"

#include <string.h>

int64_t
system_parse_number(const char *text, const char **end, int64_t max)
{
	const char *s = text;
	uint64_t value = 0;

	for (; *s >= '0' && *s <= '9'; s++) {
		if (value > (uint64_t)max / 10)
			return -1;
		value = value * 10 + (uint64_t)(*s - '0');
		if (value > (uint64_t)max)
			return -1;
	}
	if (end != NULL)
		*end = s;
	else if (*s != '\0')
		return -1;
	return s > text ? (int64_t)value : -1;
}

char *
system_format_number(char *to, unsigned long value)
{
	char digits[SYSTEM_NUMBER_SIZE];
	char *first = digits + sizeof digits - 1;

	*first = '\0';
	do
		*--first = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	return stpcpy(to, first);
}

const char *
system_skip_prefix(const char *text, const char *prefix)
{
	const size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

const char *
system_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

const char *
system_find_line(const char *text, const char *key)
{
	const char *value;

	while ((value = system_skip_prefix(text, key)) == NULL) {
		text = strchrnul(text, '\n');
		if (*text == '\0')
			return text;
		text++;
	}
	return value;
}
