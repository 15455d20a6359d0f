/* SPDX-License-Identifier: MIT */
/*
 * observe.c: read the figures that the kernel keeps about a process, from
 * proc(5), which does not make the process itself run.
 */
#include "bench.h"

#include <sys/sysinfo.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MINFLT_FIELD = 8 }; /* spaces after comm: proc_pid_stat(5) */

static void
read_proc(pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];
	FILE *stream;
	size_t length;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	stream = fopen(path, "re");
	if (stream == NULL)
		fail(path);
	length = fread(text, 1, size - 1, stream);
	fclose(stream);
	text[length] = '\0';
}

double
observe_field(
    const struct sandbox *sandbox, const char *file, const char *field)
{
	char text[8192];
	const char *found;

	read_proc(sandbox->pid, file, text, sizeof text);
	found = strstr(text, field);
	return found == NULL ? 0 : strtod(found + strlen(field), NULL);
}

double
observe_cpu(const struct sandbox *sandbox)
{
	return observe_field(sandbox, "schedstat", "") / 1000;
}

double
observe_switches(const struct sandbox *sandbox)
{
	return observe_field(sandbox, "status", "\nvoluntary_ctxt_switches:") +
	    observe_field(sandbox, "status", "nonvoluntary_ctxt_switches:");
}

double
observe_faults(pid_t pid)
{
	char text[1024];
	const char *at;

	read_proc(pid, "stat", text, sizeof text);
	at = strrchr(text, ')');
	for (int i = 0; at != NULL && i < MINFLT_FIELD; i++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		die("cannot parse /proc/PID/stat");
	return strtod(at, NULL);
}

pid_t
observe_main(const struct sandbox *sandbox)
{
	char file[64];
	char text[64];

	snprintf(file, sizeof file, "task/%d/children", (int)sandbox->pid);
	read_proc(sandbox->pid, file, text, sizeof text);
	return (pid_t)strtol(text, NULL, 10);
}

double
observe_tasks(void)
{
	struct sysinfo info;

	if (sysinfo(&info) == -1)
		fail("sysinfo");
	return info.procs;
}

void
observe_until_settled(const struct sandbox *sandbox, int interval_ms)
{
	const struct timespec pause = {.tv_nsec = interval_ms * 1000000L};
	double before;
	double now = -1;

	do {
		before = now;
		nanosleep(&pause, NULL);
		now = observe_cpu(sandbox);
	} while (now != before);
}
