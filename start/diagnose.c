/* SPDX-License-Identifier: MIT */
/*
 * diagnose.c: why a file could not be executed.  execve(2) has one errno for
 * many reasons: "no such file" for a missing interpreter, "exec format error"
 * for a program of another machine, "permission denied" for a directory.
 */
#include "start/start.h"

#include "system/system.h"

#include <sys/vfs.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
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

/* Appends what is wrong with a directory of path, if anything is. */
static bool
add_directory(struct message *line, char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		const char next = slash[1];
		int error;

		/* With the slash, a file is refused as no directory. */
		slash[1] = '\0';
		error = access(path, X_OK) == -1 ? errno : 0;
		slash[1] = next;
		if (error == 0)
			continue;
		*slash = '\0';
		if (error == ENOENT)
			report_add(line, "%s does not exist", path);
		else if (error == ENOTDIR)
			report_add(line, "%s is not a directory", path);
		else
			report_add(line, "%s may not be searched", path);
		*slash = '/';
		return true;
	}
	return false;
}

/* Returns the path after #!, with a NUL after it; NULL if there is none. */
static char *
find_interpreter(struct head *head)
{
	char *rest = head->bytes + 2;
	char *start;

	if (system_skip_prefix(head->bytes, "#!") == NULL)
		return NULL;
	while (*rest == ' ' || *rest == '\t')
		rest++;
	start = strsep(&rest, " \t\n");
	return *start == '\0' ? NULL : start;
}

/* Either the file or something that it needs does not exist. */
static void
add_missing(struct message *line, char *file, int error)
{
	struct head head;
	const char *interpreter;

	if (access(file, F_OK) == -1) {
		if (!add_directory(line, file))
			report_add_error(line, error);
	} else if (!read_head(file, &head)) {
		report_add(line, "what it needs to run does not exist");
	} else if ((interpreter = find_interpreter(&head)) != NULL) {
		report_add(
		    line, "its interpreter %s does not exist", interpreter);
		if (strchr(interpreter, '\r') != NULL)
			report_add(
			    line, ": the script has Windows line endings");
	} else {
		start_explain_loader(line, &head);
	}
}

static void
add_denied(struct message *line, char *file)
{
	struct head head;
	struct statfs mount;
	const char *interpreter;

	if (add_directory(line, file))
		return;
	if (is_directory(file)) {
		report_add(line, "is a directory");
	} else if (access(file, X_OK) == 0 && read_head(file, &head) &&
	    (interpreter = find_interpreter(&head)) != NULL) {
		report_add(line,
		    "its interpreter %s cannot be executed: permission denied",
		    interpreter);
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
	else if (system_skip_prefix(head.bytes, ELFMAG) != NULL)
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
	case ENOTDIR:
		add_missing(line, file, error);
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
