/* SPDX-License-Identifier: MIT */
/* signames.c: the names and numbers of signals. */
#include "fuzz.h"
#include "minireap.h"
#include "system/system.h"

#include <ctype.h>

static void
check_number(const char *text, int sig)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];
	char *lower = copy_text(text, strlen(text));

	expect(sig == -1 || (sig >= 1 && sig <= SIGNAL_RTMAX),
	    "a signal from 1 to 64");
	for (char *s = lower; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
	expect(system_signal_number(lower) == sig, "case does not matter");
	free(lower);
	if (sig == -1 || sig == 32 || sig == 33) /* these two have no name */
		return;
	system_signal_name(sig, name);
	expect(system_signal_number(name) == sig, "the name has that number");
	expect(system_signal_number(name + strlen("SIG")) == sig,
	    "the name without SIG has that number");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_text(data, size);

	check_number(text, system_signal_number(text));
	free(text);
	return 0;
}
