/* SPDX-License-Identifier: MIT */
/*
 * options.c: the values of options, of any bytes.  SIZE is enough for the
 * longest that is accepted: "SIGVTALRM:SIGRTMIN+30".
 *
 * proves: options_find options_apply add_rewrite add_remap add_stop_signals
 * proves: signal_before set_signal set_time parse_fraction set_scope
 * proves: set_termination_log set_zombies set_text never_arrives
 * eva: -eva-slevel 500
 */
#include "prove.h"

#include "options/settings.c"
#include "system/signames.c"
#include "system/text.c"

enum { SIZE = 24 };

const char options_help[] = "";
const char options_license[] = "";

static char value[SIZE];

static void
prove_option(const struct setting *setting, char *s)
{
	struct options options = {
	    .delay_ms = TIME_UNSET,
	    .grace_ms = TIME_UNSET,
	    .stop_signals = (uint64_t)any(LONG_MIN, LONG_MAX),
	    .stop_is_default = any(0, 1) == 1,
	    .scopes_given = (unsigned)any(0, 15),
	    .verbosity = (unsigned)any(0, UINT_MAX),
	};

	fill(value, SIZE);
	options_apply(&options, setting, s);
	/*@ assert 0 <= options.zombies_signal <= SIGNAL_RTMAX; */
	/*@ assert 0 <= options.parent_death <= SIGNAL_RTMAX; */
	/*@ assert \forall integer i; 0 <= i <= SIGNAL_RTMAX ==>
		options.rewrite[i] <= SIGNAL_RTMAX; */
}

int
main(void)
{
	char name[16];

	fill(name, sizeof name);
	options_find(name);
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		if (settings[i].value != VALUE_NEEDED)
			prove_option(&settings[i], NULL);
		if (settings[i].value != VALUE_NONE)
			prove_option(&settings[i], value);
	}
	return 0;
}
