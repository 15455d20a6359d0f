/* SPDX-License-Identifier: MIT */
/*
 * oom.c: what this container's memory cgroup has on record about the OOM
 * killer.  A process that it has killed died of SIGKILL, and the only evidence
 * is the count in memory.events (v2) or memory.oom_control (v1).  cgroups(7)
 */
#include "report/report.h"

#include "system/system.h"

#include <stddef.h>

enum { TEXT_SIZE = 256 }; /* of what is in a file */

static const struct version {
	char controllers[8]; /* in /proc/self/cgroup */
	char mount[sizeof SYSTEM_CGROUP "/memory"];
	char events[19];
	char limit[22];
	char peak[26]; /* v2: Linux 5.19 */
} versions[] = {
    {"memory:", SYSTEM_CGROUP "/memory", "memory.oom_control",
	"memory.limit_in_bytes", "memory.max_usage_in_bytes"},
    {":", SYSTEM_CGROUP, "memory.events", "memory.max", "memory.peak"},
};

static long
read_kib(struct cgroup *cgroup, const char *name)
{
	const int64_t bytes = system_cgroup_number(cgroup, name);

	/* "max", or what v1 has for it: a number close to the largest. */
	return bytes == -1 || bytes > INT64_MAX / 2 ? OOM_UNKNOWN
						    : (long)(bytes / 1024);
}

static void
read_cgroup(
    struct cgroup *cgroup, const struct version *version, struct oom *oom)
{
	char text[TEXT_SIZE];
	const char *kills;

	if (system_cgroup_read(cgroup, version->events, text, sizeof text) <= 0)
		return;
	kills = system_find_line(text, "oom_kill ");
	oom->kills = (long)system_parse_number(kills, &kills, LONG_MAX);
	oom->limit_kib = read_kib(cgroup, version->limit);
	oom->peak_kib = read_kib(cgroup, version->peak);
}

struct oom
report_read_oom(void)
{
	struct oom oom = {.kills = OOM_UNKNOWN};

	for (size_t i = 0; i < 2 && oom.kills == OOM_UNKNOWN; i++) {
		struct cgroup cgroup;

		system_cgroup_find(
		    &cgroup, versions[i].mount, versions[i].controllers);
		read_cgroup(&cgroup, &versions[i], &oom);
		if (oom.kills != OOM_UNKNOWN)
			break;
		/* The counts of a group between belong to others, too. */
		while (system_cgroup_up(&cgroup))
			;
		read_cgroup(&cgroup, &versions[i], &oom);
	}
	return oom;
}
