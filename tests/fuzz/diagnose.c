/* SPDX-License-Identifier: MIT */
/*
 * Why a file could not be executed: the input is the file, in memory, and
 * then part of a path.  Below a file that path leads nowhere: nothing of this
 * machine is opened.
 */
#include "fuzz.h"
#include "minireap.h"

#include <sys/mman.h>

#include <errno.h>
#include <unistd.h>

enum { PATH_SIZE = 256 };

static void
judge(const char *file, int error)
{
	char *path = text_of(file, strlen(file));
	struct message line;

	message_begin(&line);
	diagnose(&line, path, error);
	promise(line.length > strlen("minireap: "), "a reason is said");
	promise_clean(line.text, line.length);
	promise(strcmp(path, file) == 0, "the path is mended");
	free(path);
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
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		judge(file, errors[i]);
	snprintf(file + length, sizeof file - (size_t)length, "/%.*s",
	    (int)size, (const char *)data);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		judge(file, errors[i]);
	return 0;
}
