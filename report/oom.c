/* SPDX-License-Identifier: MIT */
/*
 * oom.c: what this container's memory cgroup has on record of the OOM killer.
 * A process that it has killed died of SIGKILL and nothing else is to be seen
 * of it: the count, in memory.events (v2) or memory.oom_control (v1), is the
 * only evidence.  Inside a container the path of /proc/self/cgroup may be the
 * host's, and then the mount's root is our group.  cgroups(7)
 */
#include "minireap.h"

#include <stddef.h>
#include <string.h>

enum {
	PATH_SIZE = 1024,
	NAME_SIZE = 32, /* of a file in a group */
	TEXT_MAX = 256, /* of what is in it */
};

static const struct version {
	const char *controllers; /* in /proc/self/cgroup */
	const char *mount;
	const char *events;
	const char *limit;
	const char *peak; /* v2: Linux 5.19 */
} versions[] = {
    {"memory:", "/sys/fs/cgroup/memory", "memory.oom_control",
	"memory.limit_in_bytes", "memory.max_usage_in_bytes"},
    {":", "/sys/fs/cgroup", "memory.events", "memory.max", "memory.peak"},
};

/* What stands behind the key, at the start of a line; NULL: nowhere. */
static const char *
find_line(const char *text, const char *key)
{
	while (*text != '\0' && text_behind(text, key) == NULL) {
		text += text_until(text, '\n');
		text += *text == '\n';
	}
	return text_behind(text, key);
}

/* Read the file of that name in the directory that ends at end. */
static bool
read_file(const char *path, char *end, const char *name, char text[TEXT_MAX])
{
	text_copy(text_copy(end, "/"), name);
	return file_read(path, text, TEXT_MAX) > 0;
}

static long
read_kib(const char *path, char *end, const char *name)
{
	char text[TEXT_MAX];
	const char *rest;
	int64_t bytes;

	if (!read_file(path, end, name, text))
		return OOM_UNKNOWN;
	/* "max", or what v1 says instead: as much as fits. */
	bytes = text_number(text, &rest, INT64_MAX);
	return bytes == -1 || bytes > INT64_MAX / 2 ? OOM_UNKNOWN
						    : (long)(bytes / 1024);
}

/* Read the group in the directory that ends at end.  False: not there. */
static bool
read_group(
    const char *path, char *end, const struct version *version, struct oom *oom)
{
	char text[TEXT_MAX];
	const char *kills = NULL;

	if (read_file(path, end, version->events, text))
		kills = find_line(text, "oom_kill ");
	if (kills == NULL)
		return false;
	oom->kills = (long)text_number(kills, &kills, LONG_MAX);
	oom->limit_kib = read_kib(path, end, version->limit);
	oom->peak_kib = read_kib(path, end, version->peak);
	return true;
}

struct oom
oom_read(void)
{
	struct oom oom = {.kills = OOM_UNKNOWN};

	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		char path[PATH_SIZE + NAME_SIZE];
		char *mount_end = text_copy(path, versions[i].mount);

		*mount_end = '\0';
		cgroup_copy_path(mount_end,
		    (size_t)(path + PATH_SIZE - mount_end),
		    versions[i].controllers);
		if (read_group(path, path + text_until(path, '\0'),
			&versions[i], &oom) ||
		    read_group(path, mount_end, &versions[i], &oom))
			break;
	}
	return oom;
}
