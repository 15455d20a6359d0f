/* SPDX-License-Identifier: MIT */
/*
 * cgroup.c: which control group this process is in.  /proc/self/cgroup has a
 * line "0::PATH" for version 2 and "N:CONTROLLERS:PATH" for each hierarchy of
 * version 1.  cgroups(7)
 */
#include "minireap.h"

#include <stddef.h>
#include <string.h>

enum { GROUPS_MAX = 4096 }; /* all of /proc/self/cgroup */

void
cgroup_copy_path(char *path, size_t size, const char *controllers)
{
	char groups[GROUPS_MAX];
	const char *line = groups;

	if (file_read("/proc/self/cgroup", groups, sizeof groups) == -1)
		return;
	while (*line != '\0') {
		const size_t length = text_until(line, '\n');
		const char *colon = line + text_until(line, ':');
		const char *group =
		    *colon == '\0' ? NULL : text_behind(colon + 1, controllers);

		if (group != NULL && group <= line + length && length < size) {
			memcpy(path, group, (size_t)(line + length - group));
			path[line + length - group] = '\0';
			return;
		}
		line += length + (line[length] == '\n');
	}
}
