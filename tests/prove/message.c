/* SPDX-License-Identifier: MIT */
/*
 * message.c: a line of text, to which any bytes are appended when it has any
 * length, so that every kind of cut occurs.  A text of any bytes that starts
 * anywhere in a buffer and ends with it is one of every length up to SIZE, a
 * character that is cut off at its end included.
 *
 * proves: add_char add_number printable_end add_escape add_escaped
 * proves: report_add_word report_add_values report_add report_begin
 * proves: report_add_seconds report_add_cpu_time report_end
 * eva: -eva-slevel 500 -eva-slevel-merge-after-loop add_escaped
 */
#include "prove.h"

#include <sys/time.h>

/* As glibc and musl define it; Frama-C lacks it. */
#define timeradd(a, b, sum)                                   \
	do {                                                  \
		(sum)->tv_sec = (a)->tv_sec + (b)->tv_sec;    \
		(sum)->tv_usec = (a)->tv_usec + (b)->tv_usec; \
		if ((sum)->tv_usec >= 1000000) {              \
			++(sum)->tv_sec;                      \
			(sum)->tv_usec -= 1000000;            \
		}                                             \
	} while (0)

#include "report/message.c"
#include "system/text.c"

enum { SIZE = 64 };

static char text[SIZE];

/* Replaces the one in report/error.c, which adds constant texts. */
void
report_add_error(struct message *line, int error)
{
	(void)error;
	add_escaped(line, text, ' ');
}

/* Sets line to any bytes, of any length that leaves room for the newline. */
static void
start(struct message *line)
{
	Frama_C_make_unknown(line->text, sizeof line->text - 1);
	line->length = (size_t)any(0, REPORT_LINE_SIZE - 1);
}

static void
prove_words(struct message *line, const char *s)
{
	start(line);
	report_add_word(line, s);
	/*@ assert line->length < REPORT_LINE_SIZE; */
}

static void
prove_formats(struct message *line, const char *s)
{
	start(line);
	report_add(line, "%s %d %u %ld %lu %m %%", s,
	    (int)any(INT_MIN, INT_MAX), (unsigned)any(0, UINT_MAX),
	    any(LONG_MIN, LONG_MAX), (unsigned long)any(LONG_MIN, LONG_MAX));
	/*@ assert line->length < REPORT_LINE_SIZE; */
}

static void
prove_times(struct message *line)
{
	struct rusage usage;

	start(line);
	report_add_seconds(line, any(LONG_MIN, LONG_MAX));
	/* The kernel counts nanoseconds in 64 bits. */
	usage.ru_utime.tv_sec = any(0, 1L << 35);
	usage.ru_utime.tv_usec = any(0, 999999);
	usage.ru_stime.tv_sec = any(0, 1L << 35);
	usage.ru_stime.tv_usec = any(0, 999999);
	report_add_cpu_time(line, &usage);
	/*@ assert line->length < REPORT_LINE_SIZE; */
}

int
main(void)
{
	const char *s = text + any(0, SIZE - 1);
	struct message line;

	fill(text, SIZE);
	report_begin(&line);
	prove_words(&line, s);
	prove_formats(&line, s);
	prove_times(&line);
	report_end(&line);
	return 0;
}
