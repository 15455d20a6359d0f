/* SPDX-License-Identifier: MIT */
/*
 * error.c: what an errno means, for the errors that init's few system calls
 * can give: strerror(3) has text for 130.
 */
#include "report/report.h"

#include <errno.h>

static const struct {
	unsigned char number;
	char text[26];
} errors[] = {{EPERM, "operation not permitted"},
    {ENOENT, "no such file or directory"}, {ESRCH, "no such process"},
    {EIO, "input/output error"}, {E2BIG, "argument list too long"},
    {ENOEXEC, "exec format error"}, {EBADF, "bad file descriptor"},
    {EAGAIN, "temporarily unavailable"}, {ENOMEM, "cannot allocate memory"},
    {EACCES, "permission denied"}, {ENOTDIR, "not a directory"},
    {EISDIR, "is a directory"}, {EINVAL, "invalid argument"},
    {ENFILE, "too many files in system"}, {EMFILE, "too many open files"},
    {ETXTBSY, "text file busy"}, {ENOSPC, "no space left on device"},
    {EROFS, "read-only file system"}, {ESPIPE, "not a regular file"},
    {EPIPE, "broken pipe"}, {ENAMETOOLONG, "file name too long"},
    {ENOSYS, "function not implemented"}, {ELOOP, "too many symbolic links"},
    {ELIBBAD, "corrupted shared library"}};

void
report_add_error(struct message *line, int error)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].number == error) {
			report_add(line, "%s", errors[i].text);
			return;
		}
	report_add(line, "error %d", error);
}
