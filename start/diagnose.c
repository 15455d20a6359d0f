/* SPDX-License-Identifier: MIT */
/*
 * diagnose.c: why a file could not be executed.  execve(2) has one errno for
 * many reasons: "no such file" for a missing interpreter, "exec format error"
 * for a program of another machine, "permission denied" for a directory.
 */
#include "start/start.h"

#include "system/system.h"

#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { MOUNTED_NOEXEC = 8 }; /* ST_NOEXEC of statfs(2) */

static bool
read_head(const char *file, struct head *head)
{
	const ssize_t size =
	    system_read_file(file, head->bytes, sizeof head->bytes);

	head->size = size == -1 ? 0 : (size_t)size;
	return size != -1;
}

static bool
is_directory(const char *path)
{
	const int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* ---------------------------------------------------------------- paths */

/*
 * Cuts path after the first directory that access(2) refuses in that mode, and
 * returns path; or NULL.  *cut is where the slash was, or NULL.
 */
static const char *
first_failing(char *path, char **cut, int mode)
{
	for (char *s = path; *s != '\0'; s++) {
		if (*s != '/' || s == path)
			continue;
		*s = '\0';
		*cut = s;
		if (access(path, mode) == -1 || !is_directory(path))
			return path;
		*s = '/';
	}
	*cut = NULL;
	return NULL;
}

/* Adds what is wrong with a directory of path, if anything is. */
static bool
add_directory(struct message *line, char *path, int mode, const char *problem)
{
	char *cut;
	const char *directory = first_failing(path, &cut, mode);

	if (directory != NULL)
		report_add(line, "%s %s", directory, problem);
	if (cut != NULL)
		*cut = '/';
	return directory != NULL;
}

/* -------------------------------------------------------------- scripts */

/* Returns the path after #!, with a NUL after it; NULL if there is none. */
static char *
find_interpreter(struct head *head)
{
	char *start = head->bytes + 2;
	char *end;

	if (system_skip_prefix(head->bytes, "#!") == NULL)
		return NULL;
	while (*start == ' ' || *start == '\t')
		start++;
	end = start;
	while (*end != '\0' && *end != ' ' && *end != '\t' && *end != '\n')
		end++;
	*end = '\0';
	return end == start ? NULL : start;
}

static void
add_interpreter(struct message *line, const char *path, int error)
{
	const size_t length = strlen(path);

	report_add(line, "its interpreter %s ", path);
	if (error != ENOENT && error != ENOTDIR) {
		report_add(line, "cannot be executed: ");
		report_add_error(line, error);
		return;
	}
	report_add(line, "does not exist");
	if (length > 0 && path[length - 1] == '\r')
		report_add(line, ": the script has Windows line endings");
}

/* -------------------------------------------------------------- reasons */

/* Either the file or something that it needs does not exist. */
static void
add_missing(struct message *line, char *file)
{
	struct head head;
	char *interpreter;

	if (access(file, F_OK) == -1) {
		if (!add_directory(line, file, F_OK, "does not exist"))
			report_add_error(line, ENOENT);
		return;
	}
	if (!read_head(file, &head)) {
		report_add(line, "what it needs to run does not exist");
		return;
	}
	interpreter = find_interpreter(&head);
	if (interpreter != NULL)
		add_interpreter(line, interpreter, ENOENT);
	else
		start_explain_loader(line, &head);
}

static void
add_denied(struct message *line, char *file)
{
	struct head head;
	struct statfs mount;
	char *interpreter;

	if (add_directory(line, file, X_OK, "may not be searched"))
		return;
	if (is_directory(file)) {
		report_add(line, "is a directory");
	} else if (access(file, X_OK) == 0 && read_head(file, &head) &&
	    (interpreter = find_interpreter(&head)) != NULL) {
		add_interpreter(line, interpreter, EACCES);
	} else if (statfs(file, &mount) == 0 &&
	    ((unsigned long)mount.f_flags & MOUNTED_NOEXEC) != 0) {
		report_add(line, "its file system is mounted noexec");
	} else if (access(file, X_OK) == -1) {
		report_add(line, "not executable (try chmod +x)");
	} else {
		report_add_error(line, EACCES);
	}
}

static void
add_format(struct message *line, const char *file)
{
	struct head head;

	if (!read_head(file, &head))
		report_add_error(line, ENOEXEC);
	else if (head.size == 0)
		report_add(line, "the file is empty");
	else if (start_is_elf(&head))
		start_explain_machine(line, &head);
	else if (system_skip_prefix(head.bytes, "#!") == NULL)
		report_add(line, "neither a program nor text");
	else if (find_interpreter(&head) == NULL)
		report_add(line, "its #! names no interpreter");
	else
		report_add(line, "its #! line is longer than 255 bytes");
}

void
start_explain(struct message *line, char *file, int error)
{
	switch (error) {
	case ENOENT:
		add_missing(line, file);
		break;
	case ENOTDIR:
		if (!add_directory(line, file, F_OK, "is not a directory"))
			report_add_error(line, error);
		break;
	case EACCES:
		add_denied(line, file);
		break;
	case ENOEXEC:
		add_format(line, file);
		break;
	default:
		report_add_error(line, error);
	}
}
