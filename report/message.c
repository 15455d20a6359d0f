/* SPDX-License-Identifier: MIT */
/*
 * message.c: text without stdio: a message is formatted into a fixed buffer.
 * What does not fit is cut, and what a name holds can neither end a line nor
 * drive a terminal.  log.c writes it.
 */
#include "interface.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static void
add_char(struct message *message, char c)
{
	if (message->length < sizeof message->text - 1)
		message->text[message->length++] = c;
}

static void
add_number(struct message *message, unsigned long value)
{
	char digits[SYSTEM_NUMBER_SIZE];

	system_format_number(digits, value);
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

void
message_add_values(struct message *message, const char *format, va_list values)
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
		case 'u':
			add_signed(message,
			    wide ? va_arg(values, long) : va_arg(values, int));
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
	message_add_values(message, format, values);
	va_end(values);
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
