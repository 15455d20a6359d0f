/* SPDX-License-Identifier: MIT */
/*
 * usage.c: the texts that --help, --version and --license print.  dockerd
 * reads the version: it wants " - git." and one word behind it.
 */
#include "interface.h"

#define VERSION MINIREAP_VERSION " - git." MINIREAP_COMMIT "\n"

const char usage_version[] = "minireap version " VERSION;

const char usage_version_tini[] =
    "tini version " MINIREAP_VERSION " (minireap) - git." MINIREAP_COMMIT "\n";

const char usage_help[] =
    "usage: minireap [OPTION]... [--] COMMAND [ARG]...\n"
    "       minireap -P | --zombies[=SIG] | --install FILE\n"
    "Run COMMAND as a container's init: forward signals, reap orphans.\n"
    "\n"
    "  -c, --single-child      signals go to COMMAND only (default)\n"
    "  -g, --group             signals go to its process group\n"
    "      --session           give it a session; signals go to its group\n"
    "  -r, --rewrite F:T       forward signal F as T (0 or none: drop it)\n"
    "  -S, --stop-signal SIG   the signal that starts a stop (default TERM)\n"
    "  -d, --delay TIME        hold the first stop signal that long\n"
    "  -t, --grace TIME        end all in order: TERM, and KILL after TIME\n"
    "  -b, --wait              stay until every descendant is gone\n"
    "  -e, --remap CODE,...    exit 0 where the status would be CODE\n"
    "  -p, --parent-death SIG  get SIG when our own parent dies\n"
    "  -s, --subreaper         no effect: orphans are always adopted\n"
    "  -T, --termination-log[=FILE]  append why it ended (Kubernetes)\n"
    "  -P, --pause             no COMMAND: reap; exit 0 on INT or TERM\n"
    "      --install FILE      copy this program to FILE\n"
    "      --zombies[=SIG]     list zombies that no init can reap; SIG: cure them\n"
    "  -v, --verbose           log what is done; twice: every signal and reaping\n"
    "  -w, --warn              log every reaped orphan\n"
    "  -q, --quiet             no messages but for failures of our own\n"
    "  -h, --help              -V, --version              -l, -L, --license\n"
    "\n"
    "SIG is a number or a name, as 15, TERM, SIGTERM, RTMIN+3, RTMAX-1.\n"
    "TIME is seconds, or has ms, s, m or h behind it, as 500ms or 1.5m.\n"
    "MINIREAP_OPTIONS in the environment holds options too.\n"
    "minireap(1) has the whole story.\n";

const char usage_license[] =
    "MIT License: free to use, copy, change and pass on, without warranty.\n"
    "Copyright (c) 2026 the minireap authors\n"
    "SPDX-License-Identifier: MIT, whose text is the source's file LICENSE.\n";
