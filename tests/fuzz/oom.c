/* SPDX-License-Identifier: MIT */
/*
 * The memory cgroup's files.  The input is all of them, each behind a line
 * "== NAME"; a directory has no part in it, so that every group has them.
 */
#include "fuzz.h"
#include "minireap.h"

static const char *input;

/* In place of file.c's. */
ssize_t
file_read(const char *path, char *text, size_t size)
{
	promise(*path == '/', "every path is absolute");
	return give_file(input, text_last_name(path), text, size);
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
