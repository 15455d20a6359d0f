/* SPDX-License-Identifier: MIT */
/*
 * message.c: text without stdio.  A message is formatted into a fixed buffer
 * and written at once, and a write never blocks: whoever does not read our
 * stderr must not be able to stop the reaping.  O_NONBLOCK is no way to that,
 * because the open file description is shared with main and everybody else.
 */
#include "minireap.h"

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

static void
add_char(struct message *message, char c)
{
	if (message->length < sizeof message->text - 1)
		message->text[message->length++] = c;
}

static void
add_number(struct message *message, unsigned long value)
{
	char digits[TEXT_DECIMAL_MAX];

	text_decimal(digits, value);
	for (const char *s = digits; *s != '\0'; s++)
		add_char(message, *s);
}

static void
add_signed(struct message *message, long value)
{
	if (value < 0)
		add_char(message, '-');
	add_number(
	    message, value < 0 ? -(unsigned long)value : (unsigned long)value);
}

/* Bytes below lowest are escaped: control bytes, and in a word blanks. */
static void
add_escaped(struct message *message, const char *s, unsigned char lowest)
{
	if (*s == '\0' && lowest > ' ')
		add_char(message, '-');
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= lowest && c != 0x7f && c != '\\') {
			add_char(message, *s);
			continue;
		}
		add_char(message, '\\');
		if (c == '\\' || c == '\r' || c == '\n') {
			add_char(message,
			    (char)(c == '\r'	? 'r'
				    : c == '\n' ? 'n'
						: c));
			continue;
		}
		add_char(message, (char)('0' + (c >> 6)));
		add_char(message, (char)('0' + ((c >> 3) & 7)));
		add_char(message, (char)('0' + (c & 7)));
	}
}

static void
add_format(struct message *message, const char *format, va_list values)
{
	for (; *format != '\0'; format++) {
		bool wide = false;
		unsigned char lowest = ' ';

		if (*format != '%') {
			add_char(message, *format);
			continue;
		}
		if (*++format == '-') {
			lowest++;
			format++;
		}
		if (*format == 'l') {
			wide = true;
			format++;
		}
		switch (*format) {
		case 's':
			add_escaped(
			    message, va_arg(values, const char *), lowest);
			break;
		case 'd':
			add_signed(message,
			    wide ? va_arg(values, long) : va_arg(values, int));
			break;
		case 'u':
			add_number(message,
			    wide ? va_arg(values, unsigned long)
				 : va_arg(values, unsigned));
			break;
		case 'm':
			message_add_reason(message, errno);
			break;
		default:
			add_char(message, *format);
		}
	}
}

void
message_add(struct message *message, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	add_format(message, format, values);
	va_end(values);
}

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
	char path[sizeof "/proc/self/fd/" + TEXT_DECIMAL_MAX];
	int own;
	ssize_t n;
	int tries = 0;

	text_decimal(text_copy(path, "/proc/self/fd/"), (unsigned long)fd);
	own = file_open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
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
	return errno == ENOTSOCK && write_to_terminal(fd, text, length);
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
	message_add(&notice, "%u lines were dropped here\n", log->dropped);
	if (!write_now(log->fd, notice.text, notice.length))
		return false;
	log->dropped = 0;
	return true;
}

void
message_begin(struct message *message)
{
	message->length = 0;
	message_add(message, "minireap: ");
}

void
message_add_seconds(struct message *message, int64_t ms)
{
	const long rest = (long)(ms % 1000);

	message_add(message, "%ld.%ld%ld%lds", (long)(ms / 1000), rest / 100,
	    rest / 10 % 10, rest % 10);
}

void
message_add_cpu_time(struct message *message, const struct rusage *usage)
{
	const int64_t seconds =
	    (int64_t)usage->ru_utime.tv_sec + usage->ru_stime.tv_sec;
	const int64_t microseconds =
	    (int64_t)usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;

	message_add_seconds(message, seconds * 1000 + microseconds / 1000);
}

void
message_end(struct message *message)
{
	message->text[message->length++] = '\n'; /* always room for it */
}

void
message_send(struct log *log, struct message *message)
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
message_log(struct log *log, const char *format, ...)
{
	struct message line;
	va_list values;

	message_begin(&line);
	va_start(values, format);
	add_format(&line, format, values);
	va_end(values);
	message_send(log, &line);
}

int
message_print(int fd, const char *text)
{
	size_t left = text_until(text, '\0');

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
