/* SPDX-License-Identifier: MIT */
/*
 * The memory cgroup's files.  The input is all of them, each behind a line
 * "== NAME"; a directory has no part in it, so that every group has them.
 */
#include "fuzz.h"
#include "report/report.h"

#include "system/system.h"

static const char *input;

/* In place of system/file.c's. */
ssize_t
system_read_file(const char *path, char *text, size_t size)
{
	promise(*path == '/', "every path is absolute");
	return give_file(input, system_base_name(path), text, size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct oom oom;

	input = text;
	oom = report_read_oom();
	promise(oom.kills >= OOM_UNKNOWN && oom.limit_kib >= OOM_UNKNOWN &&
		oom.peak_kib >= OOM_UNKNOWN,
	    "what is known is not negative");
	free(text);
	return 0;
}
