/* SPDX-License-Identifier: MIT */
/*
 * reason.c: what an errno means, in the words that style and users expect.
 * Those only that init's few calls can give: strerror(3) brings 130 along.
 */
#include "interface.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const unsigned char errors[] = {
    EPERM,
    ENOENT,
    ESRCH,
    EIO,
    E2BIG,
    ENOEXEC,
    EBADF,
    EAGAIN,
    ENOMEM,
    EACCES,
    ENOTDIR,
    EISDIR,
    EINVAL,
    ENFILE,
    EMFILE,
    ETXTBSY,
    ENOSPC,
    EROFS,
    EPIPE,
    ENAMETOOLONG,
    ENOSYS,
    ELOOP,
    ELIBBAD,
};

/* In that order, one behind the other: a table has its longest row's width. */
static const char reasons[] = "operation not permitted\0"
			      "no such file or directory\0"
			      "no such process\0"
			      "input/output error\0"
			      "argument list too long\0"
			      "exec format error\0"
			      "bad file descriptor\0"
			      "resource temporarily unavailable\0"
			      "cannot allocate memory\0"
			      "permission denied\0"
			      "not a directory\0"
			      "is a directory\0"
			      "invalid argument\0"
			      "too many open files in system\0"
			      "too many open files\0"
			      "text file busy\0"
			      "no space left on device\0"
			      "read-only file system\0"
			      "broken pipe\0"
			      "file name too long\0"
			      "function not implemented\0"
			      "too many symbolic links\0"
			      "corrupted shared library";

void
message_add_reason(struct message *message, int error)
{
	const char *reason = reasons;
	size_t i = 0;

	for (; i < sizeof errors && errors[i] != error; i++)
		reason += strlen(reason) + 1;
	if (i < sizeof errors)
		message_add(message, "%s", reason);
	else
		message_add(message, "error %d", error);
}
