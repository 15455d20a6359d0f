/* SPDX-License-Identifier: MIT */
/*
 * execute.c: the files that PATH leads to.  DIRECTORY_SIZE is more than fits,
 * and every length is tried.  PATH_SIZE is for a path with several directories,
 * with names after which none, some or all of them fit.
 *
 * proves: join next_file
 * eva: -eva-slevel 500
 */
#include "prove.h"

#include "start/execute.c"
#include "system/text.c"

enum { DIRECTORY_SIZE = PATH_MAX + 2, PATH_SIZE = 6 };

static char directory[DIRECTORY_SIZE];
static char name[DIRECTORY_SIZE];

static void
prove_join(size_t length)
{
	char file[PATH_MAX];

	join(file, directory + DIRECTORY_SIZE - 1 - length, length, name);
}

static void
prove_path(void)
{
	char path[PATH_SIZE];
	const char *rest = path;
	char file[PATH_MAX];

	fill(path, sizeof path);
	while (next_file(file, &rest, name))
		;
}

int
main(void)
{
	fill(directory, sizeof directory);
	fill(name, sizeof name);
	/*@ loop unroll DIRECTORY_SIZE; */
	for (size_t length = 0; length < DIRECTORY_SIZE; length++)
		prove_join(length);
	prove_path();
	return 0;
}
