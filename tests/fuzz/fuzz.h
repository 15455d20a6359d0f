/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h: what the fuzzers share.  The sanitizers check memory accesses,
 * expect() checks results.  Inputs are copied to blocks of exactly their size,
 * so that a read of one byte more is found.
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

/* Aborts unless condition holds; libFuzzer then saves the input. */
static inline void
expect(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "expected: %s\n", what);
	abort();
}

/* A line for a log must not contain a newline or control a terminal. */
static inline void
expect_printable(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		expect((unsigned char)text[i] >= ' ' && text[i] != 127,
		    "no control byte in a message");
}

/* Returns the bytes up to the first NUL as a string; for free(3). */
static inline char *
copy_text(const void *data, size_t size)
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

/*
 * As system_read_file(), for a file of length bytes.  The rest of text is
 * filled with digits, which change the result of a parser that reads too far.
 */
static inline ssize_t
read_bytes(const char *file, size_t length, char *text, size_t size)
{
	if (length > size - 1)
		length = size - 1;
	memset(text, '1', size);
	memcpy(text, file, length);
	text[length] = '\0';
	return (ssize_t)length;
}

/*
 * As read_bytes(), if input is several files, each preceded by a line
 * "== NAME".  -1 if none of them has that name.
 */
static inline ssize_t
read_named(const char *input, const char *name, char *text, size_t size)
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
		return read_bytes(
		    s, end == NULL ? strlen(s) : (size_t)(end - s), text, size);
	}
	return -1;
}

#endif
