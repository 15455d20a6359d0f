/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/stat: any text, and then a line as the kernel writes it, with
 * the input as the process's name.
 */
#include "fuzz.h"

#include "system/proc.c"

static void
judge_any(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size < STAT_SIZE ? size : STAT_SIZE - 1);
	struct proc_stat stat;

	if (parse_stat(text, &stat) == 0) {
		promise(strlen(stat.name) < PROC_NAME_SIZE, "a name ends");
		promise(stat.parent >= -1 && stat.group >= -1 &&
			stat.session >= 0 && stat.threads >= -1,
		    "numbers are not negative");
	}
	free(text);
}

/* A process can call itself what it likes: 15 bytes, prctl(2). */
static void
judge_name(const uint8_t *data, size_t size)
{
	char *name = text_of(data, size < 15 ? size : 15);
	char line[STAT_SIZE];
	struct proc_stat stat;

	snprintf(line, sizeof line,
	    "7 (%s) S 2147483647 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 1",
	    name);
	promise(parse_stat(line, &stat) == 0, "every name can be read");
	promise(strcmp(stat.name, name) == 0, "the name is the name");
	promise(stat.state == 'S' && stat.parent == INT_MAX &&
		stat.group == 2 && stat.session == 3 && stat.threads == 9,
	    "a name changes no number");
	free(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	judge_any(data, size);
	judge_name(data, size);
	return 0;
}
