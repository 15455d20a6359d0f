/* SPDX-License-Identifier: MIT */
/*
 * usage.c: the texts that --help, --version and --license print.  dockerd
 * parses the version: it expects " - git." followed by one word.
 */
#include "options/options.h"

#define VERSION MINIREAP_VERSION " - git." MINIREAP_COMMIT "\n"

const char options_version[] = "minireap version " VERSION;

const char options_version_tini[] =
    "tini version " MINIREAP_VERSION " (minireap) - git." MINIREAP_COMMIT "\n";

const char options_help[] =
    "usage: minireap [OPTION]... [--] COMMAND [ARG]...\n"
    "       minireap -P | --zombies[=SIG] [PID]... | --install FILE\n"
    "Run COMMAND as a container's init: forward signals, reap orphans.\n"
    "\n"
    " -c, --single-child     signals go to COMMAND only (default)\n"
    " -g, --group            signals go to its process group\n"
    "     --session          it gets a session; signals go to its group\n"
    "     --same-group       it stays in this process group\n"
    " -r, --rewrite F:T      forward signal F as T (none: drop it)\n"
    " -S, --stop-signal SIG  what starts a stop: TERM,QUIT (default TERM)\n"
    " -d, --delay TIME       hold the first stop signal for TIME\n"
    " -t, --grace TIME       stop in order: TERM, and KILL after TIME\n"
    " -b, --wait             stay until every descendant has exited\n"
    " -e, --remap C:S        exit with S (or 0) instead of C\n"
    " -p, --parent-death SIG receive SIG when init's parent dies\n"
    " -s, --subreaper        no effect\n"
    " -T, --termination-log[=FILE]  append why it exited\n"
    " -P, --pause            no COMMAND; exit 0 on INT or TERM\n"
    "     --install FILE     copy this program to FILE\n"
    "     --zombies[=SIG]    list zombies; SIG: signal their parents\n"
    " -v, --verbose          log what init does; twice: each signal, too\n"
    " -w, --warn             log every reaped orphan\n"
    " -q, --quiet            log only why a start failed\n"
    " -h, --help   -V, --version   -l, -L, --license\n"
    "\n"
    "SIG: 15, TERM, SIGTERM, RTMIN+3.  TIME: seconds, or 500ms, 1.5m, 2h.\n"
    "MINIREAP_OPTIONS holds options, too.  See minireap(1).\n";

const char options_license[] =
    "MIT License: free to use, copy, change and pass on, without warranty.\n"
    "Copyright (c) 2026 the minireap authors\n"
    "SPDX-License-Identifier: MIT; the text is in the file LICENSE.\n";
