/* SPDX-License-Identifier: MIT */
/*
 * program.c: the first page of a program or script, of any bytes, when it could
 * not be executed, and the start of a file that may be a script without #!.
 * PATH_SIZE is for a path with several directories.
 *
 * proves: start_explain start_explain_machine start_explain_loader
 * proves: find_loader find_interpreter read_head is_directory
 * proves: add_directory add_missing add_denied add_format is_text
 * eva: -eva-slevel 500
 */
#include "prove.h"

#include <fcntl.h>

/* What Frama-C's headers lack. */
#define O_PATH 010000000 /* open(2) */
#define be16toh(n) ((uint16_t)((n) << 8 | (n) >> 8)) /* endian(3) */
#define le16toh(n) (n)

struct statfs { /* statfs(2) */
	long f_flags;
};

int statfs(const char *path, struct statfs *mount);

/* Eva's own strchr() forgets which bytes are before the one that it found. */
#define strchr find_char

static char *
find_char(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (*s == '\0')
			return NULL;
	return (char *)s;
}

#include "start/diagnose.c"
#include "start/elf.c"
#include "start/execute.c"
#include "system/text.c"

enum { PATH_SIZE = 8 };

/* Replaces the one in report/message.c: reads what it would read. */
void
report_add(struct message *line, const char *format, ...)
{
	va_list values;

	(void)line;
	va_start(values, format);
	for (; *format != '\0'; format++) {
		if (*format != '%')
			continue;
		if (*++format == 's')
			for (const char *s = va_arg(values, const char *);
			     *s != '\0'; s++)
				;
		else
			va_arg(values, unsigned);
	}
	va_end(values);
}

void
report_add_error(struct message *line, int error)
{
	(void)line;
	(void)error;
}

/* Replaces the one in system/file.c: a file of any length, or none. */
ssize_t
system_read_file(const char *path, char *to, size_t size)
{
	(void)path;
	fill(to, size);
	return any(-1, (long)size - 1);
}

int
access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	errno = (int)any(1, 133);
	return (int)any(-1, 0);
}

int
open(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	return (int)any(-1, INT_MAX);
}

int
close(int fd)
{
	(void)fd;
	return (int)any(-1, 0);
}

int
statfs(const char *path, struct statfs *mount)
{
	(void)path;
	if (any(0, 1) == 1)
		return -1;
	Frama_C_make_unknown((char *)mount, sizeof *mount);
	return 0;
}

int
uname(struct utsname *here)
{
	if (any(0, 1) == 1)
		return -1;
	fill(here->machine, sizeof here->machine);
	return 0;
}

int
main(void)
{
	struct message line;
	char file[] = "d/f";
	char path[PATH_SIZE];

	is_text(file);
	start_explain(&line, file, (int)any(1, 133));
	fill(path, PATH_SIZE);
	add_directory(&line, path);
	return 0;
}
