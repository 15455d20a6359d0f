/* SPDX-License-Identifier: MIT */
/*
 * environment.c: the environment as execve(2) takes it.  Nothing is copied;
 * only the array of pointers changes.
 */
#include "system/system.h"

#include <string.h>

char *
system_env_value(char **envp, const char *prefix)
{
	for (; *envp != NULL; envp++)
		if (system_skip_prefix(*envp, prefix) != NULL)
			return *envp + strlen(prefix);
	return NULL;
}

void
system_env_remove(char **envp, const char *prefix)
{
	char **kept = envp;

	for (; *envp != NULL; envp++)
		if (system_skip_prefix(*envp, prefix) == NULL)
			*kept++ = *envp;
	*kept = NULL;
}
