/* SPDX-License-Identifier: MIT */
/*
 * cgroup.c: this process's cgroup and the files in it.  /proc/self/cgroup has
 * a line "0::PATH" for version 2 and "N:CONTROLLERS:PATH" for each hierarchy
 * of version 1.  cgroups(7)
 */
#include "system/system.h"

#include <string.h>

void
system_cgroup_find(
    struct cgroup *cgroup, const char *mount, const char *controllers)
{
	char text[PATH_MAX]; /* a path in it fits into cgroup->path */
	char *rest = text;
	char *line;
	char *end = stpcpy(cgroup->path, mount);

	cgroup->mount_length = (size_t)(end - cgroup->path);
	cgroup->length = cgroup->mount_length;
	if (system_read_file(SYSTEM_PROC "/self/cgroup", text, sizeof text) ==
	    -1)
		return;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *path = strchr(line, ':');

		if (path != NULL)
			path = system_skip_prefix(path + 1, controllers);
		if (path != NULL) {
			cgroup->length =
			    (size_t)(stpcpy(end, path) - cgroup->path);
			return;
		}
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

int64_t
system_cgroup_number(struct cgroup *cgroup, const char *name)
{
	char text[SYSTEM_NUMBER_SIZE];
	const char *end;

	return system_cgroup_read(cgroup, name, text, sizeof text) <= 0
	    ? -1
	    : system_parse_number(text, &end, INT64_MAX);
}
