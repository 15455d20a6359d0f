/* SPDX-License-Identifier: MIT */
/*
 * fuzz: what libFuzzer feeds to the parsers, and what must hold whatever it
 * feeds.  The sanitizers watch the memory; promise() watches the meaning.  Text
 * is copied to the heap in its exact size, so that one byte too far is seen.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is said must hold, or it is a find. */
static inline void
promise(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

/* The bytes as a C string, up to the first NUL in them; for free(3). */
static inline char *
text_of(const void *data, size_t size)
{
	char *text;

	size = strnlen(data, size);
	text = malloc(size + 1);
	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* As system_read_file() gives a file's text; behind it stands what is not its. */
static inline ssize_t
give(const char *from, size_t length, char *text, size_t size)
{
	if (length > size - 1)
		length = size - 1;
	memset(text, '1', size);
	memcpy(text, from, length);
	text[length] = '\0';
	return (ssize_t)length;
}

/*
 * Likewise, where the input is several files, each behind a line "== NAME".
 * -1: none has that name.
 */
static inline ssize_t
give_file(const char *input, const char *name, char *text, size_t size)
{
	static const char mark[] = "== ";
	const size_t length = strlen(name);

	for (const char *s = input; s != NULL; s = strstr(s, mark)) {
		const char *end;

		if (strncmp(s, mark, strlen(mark)) != 0)
			continue;
		s += strlen(mark);
		if (strncmp(s, name, length) != 0 || s[length] != '\n')
			continue;
		s += length + 1;
		end = strstr(s, mark);
		return give(
		    s, end == NULL ? strlen(s) : (size_t)(end - s), text, size);
	}
	return -1;
}

/* A line for a log can neither end early nor drive a terminal. */
static inline void
promise_clean(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		promise((unsigned char)text[i] >= ' ' && text[i] != 127,
		    "no control byte in a message");
}

#endif
