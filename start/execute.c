/* SPDX-License-Identifier: MIT */
/*
 * execute.c: execve(2) as a user expects it: a command without a slash is
 * searched for in PATH, a text file without #! is a shell script.  Runs in a
 * child that shares init's memory: it calls only what is async-signal-safe.
 */
#include "start/start.h"

#include "system/system.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define SHELL "/bin/sh"
#define DEFAULT_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum { HEAD_SIZE = 128 }; /* bytes that tell a text file from a program */

/* Is it text, for a shell?  POSIX, execvp(): no NUL at its start. */
static bool
is_text(const char *path)
{
	char head[HEAD_SIZE + 1];
	const ssize_t length = system_read_file(path, head, sizeof head);

	/* What the kernel knows and refuses is not a shell script. */
	return length > 0 && strlen(head) == (size_t)length &&
	    system_skip_prefix(head, "#!") == NULL &&
	    system_skip_prefix(head, "\177ELF") == NULL;
}

/* Runs file by a shell: its name takes the place of argv[0]. */
static void
execute_by_shell(char *file, char **argv, char **envp)
{
	char *name = argv[0];

	argv[-1] = (char *)SHELL;
	argv[0] = file;
	execve(SHELL, argv - 1, envp);
	argv[0] = name;
}

/* Executes failure->file.  Returns errno, if it returns. */
static int
execute_file(struct start_failure *failure, char **argv, char **envp)
{
	int error;

	execve(failure->file, argv, envp);
	error = errno;
	failure->by_shell = error == ENOEXEC && is_text(failure->file);
	if (!failure->by_shell)
		return error;
	execute_by_shell(failure->file, argv, envp);
	return errno;
}

static const char *
search_path(char **envp)
{
	const char *value = system_env_value(envp, "PATH=");

	return value == NULL ? DEFAULT_PATH : value;
}

/* Writes "DIRECTORY/NAME"; an empty directory is the current one. */
static bool
join(
    char file[PATH_MAX], const char *directory, size_t length, const char *name)
{
	const size_t name_size = strlen(name) + 1;

	if (length + 1 + name_size > PATH_MAX)
		return false;
	memcpy(file, directory, length);
	if (length > 0)
		file[length++] = '/';
	memcpy(file + length, name, name_size);
	return true;
}

/* Is the rest of PATH worth a look?  As in a libc's execvp(3). */
static bool
is_elsewhere(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case ENODEV:
	case ESTALE:
	case ETIMEDOUT:
		return true;
	default:
		return false;
	}
}

/* Finds the first file in PATH, none of which could be executed. */
static bool
find_first(struct start_failure *failure, const char *name)
{
	const char *directory = failure->path;

	for (;;) {
		const size_t length = strcspn(directory, ":");

		if (join(failure->file, directory, length, name) &&
		    access(failure->file, F_OK) == 0)
			return true;
		if (directory[length] == '\0')
			break;
		directory += length + 1;
	}
	failure->file[0] = '\0';
	return false;
}

static int
execute_searching(struct start_failure *failure, char **argv, char **envp)
{
	const char *name = argv[0];
	const char *directory = search_path(envp);

	failure->path = directory;
	for (;;) {
		const size_t length = strcspn(directory, ":");

		if (join(failure->file, directory, length, name)) {
			const int error = execute_file(failure, argv, envp);

			if (!is_elsewhere(error))
				return error;
		}
		if (directory[length] == '\0')
			break;
		directory += length + 1;
	}
	/* What was wrong with it is not known any more. */
	return find_first(failure, name) ? execute_file(failure, argv, envp)
					 : ENOENT;
}

int
start_execute(struct start_failure *failure, char **argv, char **envp)
{
	const char *name = argv[0];

	failure->file[0] = '\0';
	if (*name == '\0')
		return ENOENT;
	if (strchr(name, '/') == NULL)
		return execute_searching(failure, argv, envp);
	return join(failure->file, "", 0, name)
	    ? execute_file(failure, argv, envp)
	    : ENAMETOOLONG;
}

int
start_exit_status(int error)
{
	return error == ENOENT || error == ENOTDIR ? STATUS_NOT_FOUND
						   : STATUS_CANNOT_EXECUTE;
}
