/* SPDX-License-Identifier: MIT */
/*
 * prove.h: what the proofs share: input of every kind, and the libc functions
 * of which Frama-C has no body that is precise enough.  Eva knows the possible
 * values of each variable, but little about two of them together.  Therefore
 * these step a pointer and read one byte at a time: if *s is not NUL, then s is
 * before the last byte of its buffer.
 */
#ifndef PROVE_H
#define PROVE_H

#define _Alignas(n) /* Frama-C 25 lacks it; no access depends on it here */

#include <sys/types.h>

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <__fc_builtin.h>

/* As musl defines it: a test that Eva sees, not a call. */
#undef isdigit
#define isdigit(c) ((unsigned)(c) - '0' < 10)

/* Fills size bytes with any text: a NUL at the end, perhaps others before. */
static void
fill(char *text, size_t size)
{
	Frama_C_make_unknown(text, size - 1);
	text[size - 1] = '\0';
}

/* Returns any number from min to max. */
static long
any(long min, long max)
{
	return Frama_C_long_interval(min, max);
}

char *
stpcpy(char *to, const char *s)
{
	for (; *s != '\0'; s++)
		*to++ = *s;
	*to = '\0';
	return to;
}

char *
strchrnul(const char *s, int c)
{
	for (; *s != '\0'; s++)
		if (*s == (char)c)
			return (char *)s;
	return (char *)s;
}

char *
strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (; *s != '\0'; s++)
		if (*s == (char)c)
			last = s;
	return (char *)last;
}

static bool
is_in(char c, const char *set)
{
	for (size_t i = 0; set[i] != '\0'; i++)
		if (set[i] == c)
			return true;
	return false;
}

char *
strpbrk(const char *s, const char *accept)
{
	for (; *s != '\0'; s++)
		if (is_in(*s, accept))
			return (char *)s;
	return NULL;
}

size_t
strspn(const char *s, const char *accept)
{
	const char *end = s;

	while (*end != '\0' && is_in(*end, accept))
		end++;
	return (size_t)(end - s);
}

size_t
strcspn(const char *s, const char *reject)
{
	const char *end = s;

	while (*end != '\0' && !is_in(*end, reject))
		end++;
	return (size_t)(end - s);
}

char *
strsep(char **rest, const char *delimiters)
{
	char *word = *rest;
	char *end;

	if (word == NULL)
		return NULL;
	end = strpbrk(word, delimiters);
	if (end != NULL)
		*end++ = '\0';
	*rest = end;
	return word;
}

int
strcmp(const char *a, const char *b)
{
	for (size_t i = 0;; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
		if (a[i] == '\0')
			return 0;
	}
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
		if (a[i] == '\0')
			return 0;
	}
	return 0;
}

/* b is in capitals wherever minireap calls this. */
int
strncasecmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i] && a[i] != b[i] + 'a' - 'A')
			return a[i] < b[i] ? -1 : 1;
		if (a[i] == '\0')
			return 0;
	}
	return 0;
}

#endif
