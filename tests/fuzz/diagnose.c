/* SPDX-License-Identifier: MIT */
/*
 * diagnose.c: why a file could not be executed, and whether it is a script for
 * a shell.  The input is first the contents of the file, then part of its path.
 * That path leads below a file, so that no file of the machine is opened.
 */
#include "fuzz.h"

#include "start/execute.c"

#include <sys/mman.h>

enum { PATH_SIZE = 256, TEXT_SIZE = 128 };

static void
check_reason(const char *file, int error)
{
	char *path = copy_text(file, strlen(file));
	struct message line;

	report_begin(&line);
	start_explain(&line, path, error);
	expect(line.length > strlen("minireap: "), "a reason");
	expect_printable(line.text, line.length);
	expect(strcmp(path, file) == 0, "the path is restored");
	free(path);
}

static void
check_is_text(const char *file, const uint8_t *data, size_t size)
{
	const size_t start = size < TEXT_SIZE ? size : TEXT_SIZE;
	const bool is_program = (size >= 2 && memcmp(data, "#!", 2) == 0) ||
	    (size >= 4 && memcmp(data, "\177ELF", 4) == 0);

	expect(is_text(file) ==
		(size > 0 && memchr(data, '\0', start) == NULL && !is_program),
	    "text has no NUL near its start, and neither #! nor ELF there");
}

static void
check_reasons(const char *file)
{
	static const int errors[] = {ENOENT, ENOEXEC, EACCES, ENOTDIR};

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		check_reason(file, errors[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char file[PATH_SIZE];
	int length;

	if (fd == -1)
		fd = memfd_create("input", MFD_CLOEXEC);
	if (fd == -1 || ftruncate(fd, 0) == -1 ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	length = snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
	check_is_text(file, data, size);
	check_reasons(file);
	snprintf(file + length, sizeof file - (size_t)length, "/%.*s",
	    (int)size, (const char *)data);
	check_reasons(file);
	return 0;
}
