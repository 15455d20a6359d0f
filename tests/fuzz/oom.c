/* SPDX-License-Identifier: MIT */
/*
 * oom.c: the files of the memory cgroup.  The input is all of them, each
 * preceded by a line "== NAME"; the directory is ignored, so that every cgroup
 * has the same files.
 */
#include "fuzz.h"
#include "report/report.h"
#include "system/system.h"

static const char *input;

/* Replaces the one in system/file.c. */
ssize_t
system_read_file(const char *path, char *text, size_t size)
{
	expect(*path == '/', "an absolute path");
	return read_named(input, system_base_name(path), text, size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_text(data, size);
	struct oom oom;

	input = text;
	oom = report_read_oom();
	expect(oom.kills >= OOM_UNKNOWN && oom.limit_kib >= OOM_UNKNOWN &&
		oom.peak_kib >= OOM_UNKNOWN,
	    "each value is unknown or not negative");
	free(text);
	return 0;
}
