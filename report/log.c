/* SPDX-License-Identifier: MIT */
/*
 * log.c: write messages without ever blocking: a reader that does not read
 * init's stderr must not be able to stop it from reaping.  O_NONBLOCK is no
 * way to that, since the open file description is shared with other processes.
 */
#include "report/report.h"

#include "system/system.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

enum {
	HELD_SIZE = 4096,
	FLAG_NOWAIT = 8, /* RWF_NOWAIT of pwritev2(2) */
	TERMINAL_CHUNK = 128, /* its buffers grow in steps of 256 bytes */
	TERMINAL_TRIES = 16,
};

/*
 * A terminal that poll(2) calls writable accepts one write more, and the
 * newline at the end counts as a write of its own.
 */
static bool
write_polling(int fd, const char *text, size_t length)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};

	while (length > 0) {
		size_t chunk = length > 1 ? length - 1 : 1;
		ssize_t n;

		if (chunk > TERMINAL_CHUNK)
			chunk = TERMINAL_CHUNK;
		if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
			return false;
		n = write(fd, text, chunk);
		if (n <= 0)
			return false;
		text += n;
		length -= (size_t)n;
	}
	return true;
}

/* A new open file description has flags of its own. */
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
	/* There is no room for a moment while another process writes. */
	do
		n = write(own, text, length);
	while (n == -1 && errno == EAGAIN && ++tries < TERMINAL_TRIES &&
	    sched_yield() == 0);
	close(own);
	return n == (ssize_t)length;
}

/* Was text written?  False if that would block. */
static bool
write_now(int fd, const char *text, size_t length)
{
	struct iovec part = {.iov_base = (void *)text, .iov_len = length};
	bool is_full;

	/* The offset, in two words, is -1: the current one. */
	if (syscall(SYS_pwritev2, fd, &part, 1, -1L, -1L, FLAG_NOWAIT) >= 0)
		return true;
	is_full = errno == EAGAIN;
	/* A file can seek, and a write to it returns. */
	if (lseek(fd, 0, SEEK_CUR) != -1)
		return write(fd, text, length) >= 0;
	if (is_full)
		return false;
	/* Not all sockets and no terminals support RWF_NOWAIT. */
	if (send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	return errno != EAGAIN && write_to_terminal(fd, text, length);
}

/* Writes length bytes of whole lines, or drops and counts them. */
static void
write_or_drop(struct report *report, const char *text, size_t length)
{
	struct message notice;

	if (report->dropped > 0) {
		report_begin(&notice);
		report_add(
		    &notice, "%u lines were dropped here", report->dropped);
		report_end(&notice);
		if (write_now(report->fd, notice.text, notice.length))
			report->dropped = 0;
	}
	if (report->dropped > 0 || !write_now(report->fd, text, length))
		while (length > 0)
			report->dropped += text[--length] == '\n';
}

void
report_flush(struct report *report)
{
	if (report->held_length > 0)
		write_or_drop(report, report->held, report->held_length);
	report->held_length = 0;
}

/* Keeps a line for a file until report_flush().  False: it is to be written. */
static bool
hold(struct report *report, const struct message *line)
{
	if (report->may_hold && report->held == NULL) {
		void *page = MAP_FAILED;

		if (lseek(report->fd, 0, SEEK_CUR) != -1)
			page = mmap(NULL, HELD_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		report->may_hold = page != MAP_FAILED;
		report->held = page;
	}
	if (!report->may_hold)
		return false;
	if (line->length > HELD_SIZE - report->held_length)
		report_flush(report);
	memcpy(report->held + report->held_length, line->text, line->length);
	report->held_length += line->length;
	return true;
}

void
report_send(struct report *report, struct message *line)
{
	if (report->fd == -1)
		return;
	report_end(line);
	if (!hold(report, line))
		write_or_drop(report, line->text, line->length);
	line->length--; /* the caller may add to it */
}

void
report_line(struct report *report, const char *format, ...)
{
	struct message line;
	va_list values;

	report_begin(&line);
	va_start(values, format);
	report_add_values(&line, format, values);
	va_end(values);
	report_send(report, &line);
}

void
report_print(struct report *report, const char *text, size_t length)
{
	while (length > 0) {
		const ssize_t n = write(STDOUT_FILENO, text, length);

		if (n <= 0)
			report_fail(report, "cannot write to stdout: %m");
		text += n;
		length -= (size_t)n;
	}
}
