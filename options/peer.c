/* SPDX-License-Identifier: MIT */
/*
 * peer.c: the names of other inits.  An ENTRYPOINT line written for one of
 * them keeps working if minireap has its name: here are the defaults that
 * differ and the environment variables that count.
 */
#include "options/options.h"

#include "system/system.h"

#include <stddef.h>
#include <string.h>

static bool
equals(char **envp, const char *prefix, const char *wanted)
{
	const char *value = system_env_value(envp, prefix);

	return value != NULL && strcmp(value, wanted) == 0;
}

static void
as_dumb_init(char **envp, struct options *options)
{
	if (!equals(envp, "DUMB_INIT_SETSID=", "0"))
		options->scope = SCOPE_SESSION;
	if (equals(envp, "DUMB_INIT_DEBUG=", "1"))
		options->verbosity = 1;
}

/* TINI_SUBREAPER asks for what minireap does anyway. */
static void
as_tini(char **envp, struct options *options)
{
	const char *level = system_env_value(envp, "TINI_VERBOSITY=");

	if (system_env_value(envp, "TINI_KILL_PROCESS_GROUP=") != NULL)
		options->scope = SCOPE_GROUP;
	/* Its levels: 0 fatal, 1 (unset) warnings, 2 info, 3 debug. */
	if (level != NULL) {
		const int64_t number =
		    system_parse_number(level, NULL, INT_MAX);

		options->quiet = number == 0;
		options->verbosity = number > 1 ? (unsigned)number - 1 : 0;
	}
}

static void
as_catatonit(char **envp, struct options *options)
{
	if (system_env_value(envp, "CATATONIT_DEBUG=") != NULL)
		options->verbosity = 1;
}

static void
as_pause(char **envp, struct options *options)
{
	(void)envp;
	options->pause_by_name = true;
}

static const struct {
	char name[12];
	bool has_tini_version;
	void (*apply)(char **envp, struct options *options);
} peers[] = {
    {"dumb-init", false, as_dumb_init},
    {"tini", true, as_tini},
    {"tini-static", true, as_tini},
    {"docker-init", true, as_tini},
    {"podman-init", false, as_tini},
    {"catatonit", true, as_catatonit},
    {"pause", false, as_pause},
};

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
		peers[i].apply(envp, options);
		return;
	}
}
