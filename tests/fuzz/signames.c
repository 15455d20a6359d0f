/* SPDX-License-Identifier: MIT */
/* Signal names and numbers. */
#include "fuzz.h"
#include "minireap.h"
#include "system/system.h"

#include <ctype.h>

static void
judge_number(const char *text, int sig)
{
	char name[SYSTEM_SIGNAL_NAME_SIZE];
	char *lower = text_of(text, strlen(text));

	promise(sig == -1 || (sig >= 1 && sig <= SIGNAL_RTMAX),
	    "a signal is 1..64");
	for (char *s = lower; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
	promise(system_signal_number(lower) == sig, "upper and lower case are alike");
	free(lower);
	if (sig == -1 || sig == 32 || sig == 33) /* these two have no name */
		return;
	system_signal_name(sig, name);
	promise(system_signal_number(name) == sig, "a name means its number");
	promise(system_signal_number(name + strlen("SIG")) == sig,
	    "a name without SIG too");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);

	judge_number(text, system_signal_number(text));
	free(text);
	return 0;
}
