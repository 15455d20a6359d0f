/* SPDX-License-Identifier: MIT */
/*
 * signames.c: signals' names and numbers.  The real-time ones are counted from
 * the kernel's 34, also where a libc that keeps some to itself says 35.
 */
#include "minireap.h"

#include <stddef.h>

static const struct {
	unsigned char number;
	char name[7];
} names[] = {
    {SIGHUP, "HUP"},
    {SIGINT, "INT"},
    {SIGQUIT, "QUIT"},
    {SIGILL, "ILL"},
    {SIGTRAP, "TRAP"},
    {SIGABRT, "ABRT"},
    {SIGBUS, "BUS"},
    {SIGFPE, "FPE"},
    {SIGKILL, "KILL"},
    {SIGUSR1, "USR1"},
    {SIGSEGV, "SEGV"},
    {SIGUSR2, "USR2"},
    {SIGPIPE, "PIPE"},
    {SIGALRM, "ALRM"},
    {SIGTERM, "TERM"},
    {SIGSTKFLT, "STKFLT"},
    {SIGCHLD, "CHLD"},
    {SIGCONT, "CONT"},
    {SIGSTOP, "STOP"},
    {SIGTSTP, "TSTP"},
    {SIGTTIN, "TTIN"},
    {SIGTTOU, "TTOU"},
    {SIGURG, "URG"},
    {SIGXCPU, "XCPU"},
    {SIGXFSZ, "XFSZ"},
    {SIGVTALRM, "VTALRM"},
    {SIGPROF, "PROF"},
    {SIGWINCH, "WINCH"},
    {SIGIO, "IO"},
    {SIGPWR, "PWR"},
    {SIGSYS, "SYS"},
    /* Second names stand behind the first ones, which are shown. */
    {SIGABRT, "IOT"},
    {SIGCHLD, "CLD"},
    {SIGIO, "POLL"},
    {SIGSYS, "UNUSED"},
};

static char
upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* What stands behind prefix in text, upper and lower case alike, or NULL. */
static const char *
behind(const char *text, const char *prefix)
{
	for (; *prefix != '\0'; text++, prefix++)
		if (upper(*text) != *prefix)
			return NULL;
	return text;
}

static int
real_time_number(const char *text)
{
	const char *rest = behind(text, "RTMIN");
	const bool from_least = rest != NULL;
	int n;

	if (rest == NULL)
		rest = behind(text, "RTMAX");
	if (rest == NULL)
		return -1;
	if (*rest == '\0')
		return from_least ? SIGNALS_RTMIN : SIGNALS_RTMAX;
	if (*rest != (from_least ? '+' : '-'))
		return -1;
	n = (int)text_number(rest + 1, NULL, SIGNALS_RTMAX - SIGNALS_RTMIN);
	if (n == -1)
		return -1;
	return from_least ? SIGNALS_RTMIN + n : SIGNALS_RTMAX - n;
}

int
signals_number(const char *text)
{
	const char *name;
	int n = (int)text_number(text, NULL, SIGNALS_RTMAX);

	if (n != -1)
		return n > 0 ? n : -1;
	name = behind(text, "SIG");
	if (name == NULL)
		name = text;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *rest = behind(name, names[i].name);

		if (rest != NULL && *rest == '\0')
			return names[i].number;
	}
	return real_time_number(name);
}

const char *
signals_name(int sig, char name[SIGNALS_NAME_MAX])
{
	size_t i = 0;

	while (i < sizeof names / sizeof *names && names[i].number != sig)
		i++;
	if (i < sizeof names / sizeof *names)
		text_copy(text_copy(name, "SIG"), names[i].name);
	else if (sig < SIGNALS_RTMIN) /* 32, 33: a libc's own, gdb's names */
		text_decimal(text_copy(name, "SIG"), (unsigned long)sig);
	else if (sig == SIGNALS_RTMIN)
		text_copy(name, "SIGRTMIN");
	else
		text_decimal(text_copy(name, "SIGRTMIN+"),
		    (unsigned long)(sig - SIGNALS_RTMIN));
	return name;
}
