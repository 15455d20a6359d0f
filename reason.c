/* SPDX-License-Identifier: MIT */
/*
 * reason.c: what an errno means, in the words that style and users expect.
 * Those only that init's few calls can give: strerror(3) brings 130 along.
 */
#include "minireap.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	unsigned char error;
	char text[33];
} reasons[] = {
    {EPERM, "operation not permitted"},
    {ENOENT, "no such file or directory"},
    {ESRCH, "no such process"},
    {EIO, "input/output error"},
    {E2BIG, "argument list too long"},
    {ENOEXEC, "exec format error"},
    {EBADF, "bad file descriptor"},
    {EAGAIN, "resource temporarily unavailable"},
    {ENOMEM, "cannot allocate memory"},
    {EACCES, "permission denied"},
    {ENOTDIR, "not a directory"},
    {EISDIR, "is a directory"},
    {EINVAL, "invalid argument"},
    {ENFILE, "too many open files in system"},
    {EMFILE, "too many open files"},
    {ETXTBSY, "text file busy"},
    {ENOSPC, "no space left on device"},
    {EROFS, "read-only file system"},
    {EPIPE, "broken pipe"},
    {ENAMETOOLONG, "file name too long"},
    {ENOSYS, "function not implemented"},
    {ELOOP, "too many symbolic links"},
    {ELIBBAD, "corrupted shared library"},
};

void
message_add_reason(struct message *message, int error)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].error == error) {
			message_add(message, "%s", reasons[i].text);
			return;
		}
	message_add(message, "error %d", error);
}
