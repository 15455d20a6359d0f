/* SPDX-License-Identifier: MIT */
/*
 * cgroup.c: this process's cgroup and the files in it.  /proc/self/cgroup has
 * a line "0::PATH" for version 2 and "N:CONTROLLERS:PATH" for each hierarchy
 * of version 1.  cgroups(7)
 */
#include "system/system.h"

#include <string.h>

enum { CGROUP_FILE_SIZE = 4096 }; /* all of /proc/self/cgroup */

/* Returns the PATH in a line of /proc/self/cgroup, or NULL: another one. */
static const char *
path_in_line(const char *line, const char *controllers)
{
	const char *colon = strchr(line, ':');

	return colon == NULL ? NULL
			     : system_skip_prefix(colon + 1, controllers);
}

void
system_cgroup_find(
    struct cgroup *cgroup, const char *mount, const char *controllers)
{
	char text[CGROUP_FILE_SIZE];
	char *line = text;

	cgroup->mount_length =
	    (size_t)(stpcpy(cgroup->path, mount) - cgroup->path);
	cgroup->length = cgroup->mount_length;
	if (system_read_file("/proc/self/cgroup", text, sizeof text) == -1)
		return;
	while (*line != '\0') {
		char *end = strchrnul(line, '\n');
		const bool is_last = *end == '\0';
		const char *path;

		*end = '\0';
		path = path_in_line(line, controllers);
		if (path != NULL &&
		    cgroup->mount_length + strlen(path) < PATH_MAX) {
			char *to = cgroup->path + cgroup->mount_length;

			cgroup->length =
			    (size_t)(stpcpy(to, path) - cgroup->path);
			return;
		}
		line = is_last ? end : end + 1;
	}
}

bool
system_cgroup_up(struct cgroup *cgroup)
{
	if (cgroup->length == cgroup->mount_length)
		return false;
	do
		cgroup->length--;
	while (cgroup->length > cgroup->mount_length &&
	    cgroup->path[cgroup->length] != '/');
	return true;
}

ssize_t
system_cgroup_read(
    struct cgroup *cgroup, const char *name, char *text, size_t size)
{
	char *end = cgroup->path + cgroup->length;

	stpcpy(stpcpy(end, "/"), name);
	return system_read_file(cgroup->path, text, size);
}
