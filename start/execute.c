/* SPDX-License-Identifier: MIT */
/*
 * execute.c: execve(2) as a user expects it: a command without a slash is
 * searched for in PATH, a text file without #! is a shell script.  Runs in a
 * child that shares init's memory: it calls only what is async-signal-safe.
 */
#include "start/start.h"

#include "system/system.h"

#include <errno.h>
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

/* Executes failure->file.  Returns errno, if it returns. */
static int
execute_file(struct start_failure *failure, char **argv, char **envp)
{
	char *name = argv[0];
	int error;

	execve(failure->file, argv, envp);
	error = errno;
	failure->by_shell = error == ENOEXEC && is_text(failure->file);
	if (!failure->by_shell)
		return error;
	argv[-1] = (char *)SHELL;
	argv[0] = failure->file;
	execve(SHELL, argv - 1, envp);
	error = errno;
	argv[0] = name;
	return error;
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

/* Writes the next file of PATH; false at its end.  *rest is what follows. */
static bool
next_file(char file[PATH_MAX], const char **rest, const char *name)
{
	bool fits = false;

	while (*rest != NULL && !fits) {
		const char *directory = *rest;
		const size_t length = strcspn(directory, ":");

		fits = join(file, directory, length, name);
		*rest =
		    directory[length] == '\0' ? NULL : directory + length + 1;
	}
	return fits;
}

/* Is the rest of PATH worth a look?  As in a libc's execvp(3). */
static bool
is_elsewhere(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES ||
	    error == ENODEV || error == ESTALE || error == ETIMEDOUT;
}

static int
execute_searching(struct start_failure *failure, char **argv, char **envp)
{
	const char *rest = failure->path;

	while (next_file(failure->file, &rest, argv[0])) {
		const int error = execute_file(failure, argv, envp);

		if (!is_elsewhere(error))
			return error;
	}
	/* The first that exists is to blame: what was wrong with it? */
	rest = failure->path;
	while (next_file(failure->file, &rest, argv[0]))
		if (access(failure->file, F_OK) == 0)
			return execute_file(failure, argv, envp);
	failure->file[0] = '\0';
	return ENOENT;
}

int
start_execute(struct start_failure *failure, char **argv, char **envp)
{
	const char *path = system_env_value(envp, "PATH=");
	const char *name = argv[0];

	failure->path = path == NULL ? DEFAULT_PATH : path;
	failure->by_shell = false;
	failure->file[0] = '\0';
	if (*name == '\0')
		return ENOENT;
	if (strchr(name, '/') == NULL)
		return execute_searching(failure, argv, envp);
	return join(failure->file, "", 0, name)
	    ? execute_file(failure, argv, envp)
	    : ENAMETOOLONG;
}
