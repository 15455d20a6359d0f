/* SPDX-License-Identifier: MIT */
/*
 * The memory cgroup's files.  The input is all of them, each behind a line
 * "== NAME"; a directory has no part in it, so that every group has them.
 */
#include "fuzz.h"
#include "minireap.h"

#define MARK "== "

static const char *input;

/* The text of that name in the input, and where it ends. */
static const char *
find(const char *name, const char **end)
{
	const size_t length = strlen(name);

	for (const char *s = input; s != NULL; s = strstr(s, MARK)) {
		if (strncmp(s, MARK, strlen(MARK)) != 0)
			continue;
		s += strlen(MARK);
		if (strncmp(s, name, length) != 0 || s[length] != '\n')
			continue;
		s += length + 1;
		*end = strstr(s, MARK);
		if (*end == NULL)
			*end = s + strlen(s);
		return s;
	}
	return NULL;
}

/* In place of file.c's. */
ssize_t
file_read(const char *path, char *text, size_t size)
{
	const char *end;
	const char *from = find(text_last_name(path), &end);
	size_t length;

	promise(*path == '/', "every path is absolute");
	if (from == NULL)
		return -1;
	length = (size_t)(end - from);
	if (length > size - 1)
		length = size - 1;
	memcpy(text, from, length);
	text[length] = '\0';
	return (ssize_t)length;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct oom oom;

	input = text;
	oom = oom_read();
	promise(oom.kills >= OOM_UNKNOWN && oom.limit_kib >= OOM_UNKNOWN &&
		oom.peak_kib >= OOM_UNKNOWN,
	    "what is known is not negative");
	free(text);
	return 0;
}
