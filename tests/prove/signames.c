/* SPDX-License-Identifier: MIT */
/*
 * signames.c: the names and numbers of signals.  A text of any bytes that
 * starts anywhere in a buffer and ends with it is one of every length up to
 * SIZE; the longest name, SIGVTALRM or SIGRTMIN+30, is shorter.
 *
 * proves: system_signal_number system_signal_name real_time_number
 * eva: -eva-slevel 500
 */
#include "prove.h"

#include "system/signames.c"
#include "system/text.c"

enum { SIZE = 32 };

static char text[SIZE];

static void
prove_name(void)
{
	for (int sig = 1; sig <= SIGNAL_RTMAX; sig++) {
		char name[SYSTEM_SIGNAL_NAME_SIZE];
		const char *s = system_signal_name(sig, name);

		/*@ assert s[0] == 'S' && s[1] == 'I' && s[2] == 'G'; */
		/*@ assert valid_read_string(s); */
	}
}

int
main(void)
{
	int sig;

	fill(text, SIZE);
	sig = system_signal_number(text + any(0, SIZE - 1));
	/*@ assert sig == -1 || 1 <= sig <= SIGNAL_RTMAX; */
	prove_name();
	return 0;
}
