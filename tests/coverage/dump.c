/* SPDX-License-Identifier: MIT */
/*
 * dump.c: write the coverage counters when init exits.  For a build with
 * --coverage and -Wl,--wrap=_exit: init calls _exit(2), which would lose them.
 * A child that shares init's memory leaves its counts for init to write.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;
void __gcov_dump(void);
void __wrap__exit(int status);
_Noreturn void __real__exit(int status);

static pid_t self;
static char **environment; /* as at the start */

__attribute__((constructor)) static void
remember(void)
{
	size_t n = 0;

	while (environ[n++] != NULL)
		;
	environment = malloc(n * sizeof *environment);
	if (environment == NULL)
		abort();
	memcpy(environment, environ, n * sizeof *environment);
	self = getpid();
}

void
__wrap__exit(int status)
{
	if (getpid() == self) {
		/* LISTEN_PID may be on the child's stack, which is unmapped. */
		environ = environment;
		__gcov_dump();
	}
	__real__exit(status);
}
