/* SPDX-License-Identifier: MIT */
/*
 * environment.c: the environment as execve(2) takes it.  A variable is told
 * by its name and the =, "PATH="; the first one of a name counts, as for
 * getenv(3).  Nothing is copied, only the array of pointers changes.
 */
#include "minireap.h"

#include <stddef.h>

char *
environment_value(char **envp, const char *prefix)
{
	for (; *envp != NULL; envp++) {
		const char *value = text_behind(*envp, prefix);

		if (value != NULL)
			return *envp + (value - *envp);
	}
	return NULL;
}

void
environment_remove(char **envp, const char *prefix)
{
	char **kept = envp;

	for (; *envp != NULL; envp++)
		if (text_behind(*envp, prefix) == NULL)
			*kept++ = *envp;
	*kept = NULL;
}
