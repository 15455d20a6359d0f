/* SPDX-License-Identifier: MIT */
/*
 * signames.c: the names and numbers of signals.  Real-time signals are counted
 * from the kernel's 34, even if the libc keeps some to itself and says 35.
 */
#include "minireap.h"
#include "system/system.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

static const struct {
	unsigned char number;
	char name[7];
} names[] = {
    /* If a signal has two names, the first is printed. */
    {SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},
    {SIGTRAP, "TRAP"}, {SIGABRT, "ABRT"}, {SIGBUS, "BUS"}, {SIGFPE, "FPE"},
    {SIGKILL, "KILL"}, {SIGUSR1, "USR1"}, {SIGSEGV, "SEGV"}, {SIGUSR2, "USR2"},
    {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"}, {SIGTERM, "TERM"},
    {SIGSTKFLT, "STKFLT"}, {SIGCHLD, "CHLD"}, {SIGCONT, "CONT"},
    {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"}, {SIGTTIN, "TTIN"}, {SIGTTOU, "TTOU"},
    {SIGURG, "URG"}, {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"},
    {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"}, {SIGWINCH, "WINCH"},
    {SIGIO, "IO"}, {SIGPWR, "PWR"}, {SIGSYS, "SYS"}, {SIGABRT, "IOT"},
    {SIGCHLD, "CLD"}, {SIGIO, "POLL"}, {SIGSYS, "UNUSED"}};

/* "RTMIN", "RTMIN+n", "RTMAX" or "RTMAX-n". */
static int
real_time_number(const char *text)
{
	const bool is_min = strncasecmp(text, "RTMIN", 5) == 0;
	int n = 0;

	if (!is_min && strncasecmp(text, "RTMAX", 5) != 0)
		return -1;
	if (text[5] == (is_min ? '+' : '-'))
		n = (int)system_parse_number(
		    text + 6, NULL, SIGNAL_RTMAX - SIGNAL_RTMIN);
	else if (text[5] != '\0')
		return -1;
	if (n == -1)
		return -1;
	return is_min ? SIGNAL_RTMIN + n : SIGNAL_RTMAX - n;
}

int
system_signal_number(const char *text)
{
	const int n = (int)system_parse_number(text, NULL, SIGNAL_RTMAX);

	if (n != -1)
		return n > 0 ? n : -1;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strncasecmp(text, names[i].name, sizeof names[i].name) == 0)
			return names[i].number;
	/* As they are printed. */
	if (strcmp(text, "32") == 0)
		return 32;
	if (strcmp(text, "33") == 0)
		return 33;
	return real_time_number(text);
}

const char *
system_signal_name(int sig, char name[SYSTEM_SIGNAL_NAME_SIZE])
{
	char *end = stpcpy(name, "SIG");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == sig) {
			stpcpy(end, names[i].name);
			return name;
		}
	if (sig >= SIGNAL_RTMIN) {
		end = stpcpy(end, sig == SIGNAL_RTMIN ? "RTMIN" : "RTMIN+");
		sig -= SIGNAL_RTMIN;
	}
	if (sig > 0) /* 32, 33: a libc's own */
		system_format_number(end, (unsigned long)sig);
	return name;
}
