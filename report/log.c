/* SPDX-License-Identifier: MIT */
/*
 * log.c: messages on their way out, each written at once, and a write never
 * blocks: whoever does not read our stderr must not be able to stop the
 * reaping.  O_NONBLOCK is no way to that, because the open file description is
 * shared with main and everybody else.
 */
#include "interface.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum {
	FLAG_NOWAIT = 8, /* RWF_NOWAIT of pwritev2(2) */
	TERMINAL_CHUNK = 128, /* its buffers grow in steps of 256 bytes */
	TERMINAL_TRIES = 16,
};

/*
 * A terminal that poll(2) calls writable takes one thing more, but a newline
 * is a thing of its own.  Whoever else writes to it may come between.
 */
static bool
write_polling(int fd, const char *text, size_t length)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	size_t done = 0;

	while (done < length) {
		size_t chunk = 0;
		ssize_t n;

		do
			chunk++;
		while (chunk < TERMINAL_CHUNK && done + chunk < length &&
		    text[done + chunk] != '\n');
		if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
			return false;
		n = write(fd, text + done, chunk);
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* Opened anew, the terminal's flags are ours alone. */
static bool
write_to_terminal(int fd, const char *text, size_t length)
{
	char path[sizeof "/proc/self/fd/" + SYSTEM_NUMBER_SIZE];
	int own;
	ssize_t n;
	int tries = 0;

	system_format_number(stpcpy(path, "/proc/self/fd/"), (unsigned long)fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own == -1)
		return write_polling(fd, text, length);
	/* While another writes there is no room either, for a moment. */
	do
		n = write(own, text, length);
	while (n == -1 && errno == EAGAIN && ++tries < TERMINAL_TRIES &&
	    sched_yield() == 0);
	close(own);
	return n == (ssize_t)length;
}

/* Neither sockets nor terminals know RWF_NOWAIT. */
static bool
write_otherwise(int fd, const char *text, size_t length)
{
	if (send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	return errno != EAGAIN && write_to_terminal(fd, text, length);
}

/* Was text written?  Where it would block: no. */
static bool
write_now(int fd, const char *text, size_t length)
{
	struct iovec part = {.iov_base = (void *)text, .iov_len = length};
	int error;
	long n;

	/* Offset -1, in two words: where the description stands. */
	n = syscall(SYS_pwritev2, fd, &part, 1, -1L, -1L, FLAG_NOWAIT);
	if (n >= 0)
		return true;
	error = errno;
	switch (error) {
	case EAGAIN:
	case EOPNOTSUPP:
	case ENOSYS:
	case EINVAL:
	case EPERM: /* a seccomp profile older than the call */
		break;
	default:
		return false;
	}
	/* A file can seek, and a write to it ends; a pipe is just full. */
	if (lseek(fd, 0, SEEK_CUR) != -1)
		return write(fd, text, length) >= 0;
	return error != EAGAIN && write_otherwise(fd, text, length);
}

/* The count of what was lost goes in front, where it was lost. */
static bool
say_dropped(struct log *log)
{
	struct message notice;

	if (log->dropped == 0)
		return true;
	message_begin(&notice);
	message_add(
	    &notice, "%ld lines were dropped here\n", (long)log->dropped);
	if (!write_now(log->fd, notice.text, notice.length))
		return false;
	log->dropped = 0;
	return true;
}

void
log_send(struct log *log, struct message *message)
{
	if (log->fd == -1)
		return;
	message_end(message);
	if (!say_dropped(log) ||
	    !write_now(log->fd, message->text, message->length))
		log->dropped++;
	message->length--; /* for whoever goes on with it */
}

void
log_line(struct log *log, const char *format, ...)
{
	struct message line;
	va_list values;

	message_begin(&line);
	va_start(values, format);
	message_add_values(&line, format, values);
	va_end(values);
	log_send(log, &line);
}

int
log_print(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n > 0) {
			text += n;
			left -= (size_t)n;
		} else if (n == 0 || errno != EINTR)
			return -1;
	}
	return 0;
}
