/* SPDX-License-Identifier: MIT */
/*
 * cgroup.c: /proc/self/cgroup and the files of a cgroup, of any content.  The
 * mounts and file names are the longest that minireap uses.
 *
 * proves: system_cgroup_find system_cgroup_up system_cgroup_read
 * proves: system_cgroup_number
 */
#include "prove.h"

#include "system/cgroup.c"
#include "system/text.c"

/* Replaces the one in system/file.c: a file of any length, or none. */
ssize_t
system_read_file(const char *path, char *to, size_t size)
{
	(void)path;
	fill(to, size);
	return any(-1, (long)size - 1);
}

static void
prove_cgroup(const char *mount, const char *controllers, const char *name)
{
	struct cgroup cgroup;

	/* Eva forgets how much of the path is written: any bytes follow it. */
	Frama_C_make_unknown(cgroup.path, sizeof cgroup.path);
	system_cgroup_find(&cgroup, mount, controllers);
	/*@ assert cgroup.mount_length <= cgroup.length; */
	/*@ assert cgroup.length < cgroup.mount_length + PATH_MAX; */
	do
		system_cgroup_number(&cgroup, name);
	while (system_cgroup_up(&cgroup));
}

int
main(void)
{
	prove_cgroup("/sys/fs/cgroup/pids", "pids:", "pids.current");
	prove_cgroup(
	    "/sys/fs/cgroup/memory", "memory:", "memory.max_usage_in_bytes");
	return 0;
}
