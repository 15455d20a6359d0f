/* SPDX-License-Identifier: MIT */
/*
 * peer.c: the names of other inits.  An ENTRYPOINT line written for one of
 * them keeps working if minireap has its name: here are the defaults that
 * differ and the environment variables that count.
 */
#include "options/options.h"

#include "system/system.h"

#include <string.h>

enum kind { DUMB_INIT, TINI, CATATONIT, PAUSE };

static const struct {
	char name[12];
	uint8_t kind;
	bool has_tini_version;
} peers[] = {{"dumb-init", DUMB_INIT, false}, {"tini", TINI, true},
    {"tini-static", TINI, true}, {"docker-init", TINI, true},
    {"podman-init", TINI, false}, {"catatonit", CATATONIT, true},
    {"pause", PAUSE, false}};

static bool
equals(char **envp, const char *prefix, const char *wanted)
{
	const char *value = system_env_value(envp, prefix);

	return value != NULL && strcmp(value, wanted) == 0;
}

/* TINI_SUBREAPER asks for what minireap does anyway. */
static void
apply_peer(struct options *options, enum kind kind, char **envp)
{
	const char *level = system_env_value(envp, "TINI_VERBOSITY=");
	/* 0: fatal errors, 1: warnings, 2: information, 3: debug */
	const int64_t number =
	    level == NULL ? 1 : system_parse_number(level, NULL, INT_MAX);

	switch (kind) {
	case DUMB_INIT:
		options->single_scope = SCOPE_SAME_GROUP;
		options->scope = equals(envp, "DUMB_INIT_SETSID=", "0")
		    ? SCOPE_SAME_GROUP
		    : SCOPE_SESSION;
		options->verbosity = equals(envp, "DUMB_INIT_DEBUG=", "1");
		break;
	case TINI:
		if (system_env_value(envp, "TINI_KILL_PROCESS_GROUP=") != NULL)
			options->scope = SCOPE_GROUP;
		options->quiet = number == 0;
		options->verbosity = number > 1 ? (unsigned)number - 1 : 0;
		break;
	case CATATONIT:
		options->verbosity =
		    system_env_value(envp, "CATATONIT_DEBUG=") != NULL;
		break;
	case PAUSE:
		options->pause_by_name = true;
	}
}

void
options_set_defaults(const char *name, char **envp, struct options *options)
{
	options->failure_status = STATUS_FAILURE;
	options->version = options_version;
	if (name == NULL)
		return;
	name = system_base_name(name);
	for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
		if (strcmp(name, peers[i].name) != 0)
			continue;
		options->failure_status = STATUS_PEER_FAILURE;
		if (peers[i].has_tini_version)
			options->version = options_version_tini;
		apply_peer(options, peers[i].kind, envp);
	}
}
