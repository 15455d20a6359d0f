/* SPDX-License-Identifier: MIT */
/*
 * Why a file could not be executed, and whether a shell is to read it: the
 * input is the file, in memory, and then part of a path.  Below a file that
 * path leads nowhere: nothing of this machine is opened.
 */
#include "fuzz.h"

#include "start/execute.c"

#include <sys/mman.h>

enum { PATH_SIZE = 256, START_SIZE = 128 };

static void
judge(const char *file, int error)
{
	char *path = text_of(file, strlen(file));
	struct message line;

	report_begin(&line);
	start_explain(&line, path, error);
	promise(line.length > strlen("minireap: "), "a reason is said");
	promise_clean(line.text, line.length);
	promise(strcmp(path, file) == 0, "the path is mended");
	free(path);
}

/* What a shell would read as a script; a program never is, whole or not. */
static void
judge_text(const char *file, const uint8_t *data, size_t size)
{
	const size_t start = size < START_SIZE ? size : START_SIZE;
	const bool is_known = (size >= 2 && memcmp(data, "#!", 2) == 0) ||
	    (size >= 4 && memcmp(data, "\177ELF", 4) == 0);

	promise(is_text(file) ==
		(size > 0 && memchr(data, '\0', start) == NULL && !is_known),
	    "text is what has no NUL in its start, nor a program's mark");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int errors[] = {ENOENT, ENOEXEC, EACCES, ENOTDIR};
	static int fd = -1;
	char file[PATH_SIZE];
	int length;

	if (fd == -1)
		fd = memfd_create("input", MFD_CLOEXEC);
	if (fd == -1 || ftruncate(fd, 0) == -1 ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	length = snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
	judge_text(file, data, size);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		judge(file, errors[i]);
	snprintf(file + length, sizeof file - (size_t)length, "/%.*s",
	    (int)size, (const char *)data);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		judge(file, errors[i]);
	return 0;
}
