/* SPDX-License-Identifier: MIT */
/*
 * message.c: a line of text in a fixed buffer, without stdio.  What does not
 * fit is cut, and text from outside can neither end the line nor drive a
 * terminal.
 */
#include "report/report.h"

#include "system/system.h"

#include <sys/time.h>

#include <errno.h>

static void
add_char(struct message *line, char c)
{
	if (line->length < sizeof line->text - 1)
		line->text[line->length++] = c;
}

static void
add_number(struct message *line, unsigned long value)
{
	char digits[SYSTEM_NUMBER_SIZE];

	system_format_number(digits, value);
	for (const char *s = digits; *s != '\0'; s++)
		add_char(line, *s);
}

/*
 * Returns the end of the character at s, which has 1 to 4 bytes, if it is valid
 * UTF-8 and may be printed: no control, no separator of lines, no override of
 * the direction of writing.  Else s.
 */
static const unsigned char *
printable_end(const unsigned char *s, unsigned char lowest)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const int length = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	uint32_t c = *s & 0x7fU >> length;

	if (length == 1)
		return s + (*s >= lowest && *s != 0x7f && *s != '\\');
	for (int i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return s;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (*s < 0xc0 || *s >= 0xf8 || c < least[length] || c > 0x10ffff ||
	    c >> 11 == 0xd800 >> 11)
		return s;
	return c < 0xa0 || (c >= 0x2028 && c <= 0x202e) ||
		(c >= 0x2066 && c <= 0x2069)
	    ? s
	    : s + length;
}

static void
add_escape(struct message *line, unsigned char c)
{
	add_char(line, '\\');
	if (c == '\\')
		add_char(line, '\\');
	else if (c == '\r')
		add_char(line, 'r');
	else if (c == '\n')
		add_char(line, 'n');
	else
		for (int shift = 6; shift >= 0; shift -= 3)
			add_char(line, (char)('0' + (c >> shift & 7)));
}

/* Appends text; bytes below lowest and what may not be printed are escaped. */
static void
add_escaped(struct message *line, const char *text, unsigned char lowest)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		const unsigned char *end = printable_end(s, lowest);

		if (s == end)
			add_escape(line, *s++);
		while (s < end)
			add_char(line, (char)*s++);
	}
}

void
report_add_word(struct message *line, const char *text)
{
	if (*text == '\0')
		add_char(line, '-');
	add_escaped(line, text, ' ' + 1);
}

void
report_add_values(struct message *line, const char *format, va_list values)
{
	long n;

	for (; *format != '\0'; format++) {
		const bool is_long = format[0] == '%' && format[1] == 'l';

		if (*format != '%') {
			add_char(line, *format);
			continue;
		}
		format += is_long ? 2 : 1;
		switch (*format) {
		case 's':
			add_escaped(line, va_arg(values, const char *), ' ');
			break;
		case 'd':
			n = is_long ? va_arg(values, long)
				    : va_arg(values, int);
			if (n < 0)
				add_char(line, '-');
			add_number(
			    line, n < 0 ? -(unsigned long)n : (unsigned long)n);
			break;
		case 'u':
			add_number(line,
			    is_long ? va_arg(values, unsigned long)
				    : va_arg(values, unsigned));
			break;
		case 'm':
			report_add_error(line, errno);
			break;
		default: /* %% */
			add_char(line, *format);
		}
	}
}

void
report_add(struct message *line, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	report_add_values(line, format, values);
	va_end(values);
}

void
report_append(struct message *line, const struct message *part)
{
	for (size_t i = 0; i < part->length; i++)
		add_char(line, part->text[i]);
}

void
report_begin(struct message *line)
{
	line->length = 0;
	report_add(line, "minireap: ");
}

void
report_add_seconds(struct message *line, int64_t ms)
{
	const long rest = (long)(ms % 1000);

	report_add(line, "%ld.%ld%ld%lds", (long)(ms / 1000), rest / 100,
	    rest / 10 % 10, rest % 10);
}

void
report_add_cpu_time(struct message *line, const struct rusage *usage)
{
	struct timeval sum;

	timeradd(&usage->ru_utime, &usage->ru_stime, &sum);
	report_add(line, " cpu=");
	report_add_seconds(
	    line, (int64_t)sum.tv_sec * 1000 + sum.tv_usec / 1000);
}

void
report_end(struct message *line)
{
	line->text[line->length++] = '\n';
}
