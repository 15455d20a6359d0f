/* SPDX-License-Identifier: MIT */
/*
 * diagnose.c: why a file could not be executed.  execve(2) has one errno for
 * many reasons: "no such file" for an interpreter that is missing, "exec
 * format error" for a program of another machine, "permission denied" for a
 * directory.  It is looked into only when it has failed, at its first page
 * only.
 */
#include "interface.h"

#include <sys/resource.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum {
	MOUNTED_NOEXEC = 8, /* ST_NOEXEC of statfs(2) */
	LEAST_ARGUMENTS = 131072, /* bytes, execve(2) */
	MOST_ARGUMENTS = 6291456,
};

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
 * Cut path behind the first directory in it that cannot be had in that mode
 * of access(2), and give it; or NULL.  *cut is where a slash stood, or NULL.
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

/* Say what is wrong with a directory of path, if anything is. */
static bool
add_directory(struct message *line, char *path, int mode, const char *problem)
{
	char *cut;
	const char *directory = first_failing(path, &cut, mode);

	if (directory != NULL)
		message_add(line, "%s %s", directory, problem);
	if (cut != NULL)
		*cut = '/';
	return directory != NULL;
}

/* -------------------------------------------------------------- scripts */

/* The path behind #!, a NUL put behind it; NULL where there is none. */
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

	message_add(line, "its interpreter %s ", path);
	if (error != ENOENT && error != ENOTDIR) {
		message_add(line, "cannot be executed: ");
		message_add_reason(line, error);
		return;
	}
	message_add(line, "does not exist");
	if (length > 0 && path[length - 1] == '\r')
		message_add(line, ": the script has Windows line ends");
}

/* -------------------------------------------------------------- reasons */

/* The file is there, yet something that it needs is not. */
static void
add_missing(struct message *line, char *file)
{
	struct head head;
	char *interpreter;

	if (access(file, F_OK) == -1) {
		if (!add_directory(line, file, F_OK, "does not exist"))
			message_add_reason(line, ENOENT);
		return;
	}
	if (!read_head(file, &head)) {
		message_add(line, "what it needs to run does not exist");
		return;
	}
	interpreter = find_interpreter(&head);
	if (interpreter != NULL)
		add_interpreter(line, interpreter, ENOENT);
	else
		elf_add_loader(line, &head);
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
		message_add(line, "is a directory");
	} else if (access(file, X_OK) == 0 && read_head(file, &head) &&
	    (interpreter = find_interpreter(&head)) != NULL) {
		add_interpreter(line, interpreter, EACCES);
	} else if (statfs(file, &mount) == 0 &&
	    ((unsigned long)mount.f_flags & MOUNTED_NOEXEC) != 0) {
		message_add(line, "its file system is mounted noexec");
	} else if (access(file, X_OK) == -1) {
		message_add(line, "not executable (chmod +x makes it so)");
	} else {
		message_add_reason(line, EACCES);
	}
}

static void
add_format(struct message *line, const char *file)
{
	struct head head;

	if (!read_head(file, &head))
		message_add_reason(line, ENOEXEC);
	else if (head.size == 0)
		message_add(line, "the file is empty");
	else if (elf_is_program(&head))
		elf_add_machine(line, &head);
	else if (system_skip_prefix(head.bytes, "#!") == NULL)
		message_add(line, "neither a program nor text");
	else if (find_interpreter(&head) == NULL)
		message_add(line, "its #! names no interpreter");
	else
		message_add(line, "its #! line is longer than 255 bytes");
}

static void
add_argument_limit(struct message *line)
{
	struct rlimit stack;
	uint64_t limit = LEAST_ARGUMENTS;

	message_add_reason(line, E2BIG);
	if (prlimit(0, RLIMIT_STACK, NULL, &stack) == -1)
		return;
	if (stack.rlim_cur / 4 > limit)
		limit = stack.rlim_cur / 4;
	if (limit > MOST_ARGUMENTS)
		limit = MOST_ARGUMENTS;
	message_add(line, " (with the environment %lu bytes at most, each %d)",
	    (unsigned long)limit, LEAST_ARGUMENTS);
}

void
diagnose(struct message *line, char *file, int error)
{
	switch (error) {
	case ENOENT:
		add_missing(line, file);
		break;
	case ENOTDIR:
		if (!add_directory(line, file, F_OK, "is not a directory"))
			message_add_reason(line, error);
		break;
	case EACCES:
		add_denied(line, file);
		break;
	case ENOEXEC:
		add_format(line, file);
		break;
	case E2BIG:
		add_argument_limit(line);
		break;
	default:
		message_add_reason(line, error);
	}
}
