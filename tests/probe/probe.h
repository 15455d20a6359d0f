/* SPDX-License-Identifier: MIT */
/*
 * probe: the program that the tests run as main or next to it.  Each subcommand
 * is a function that receives its name and arguments.  All but soak set an
 * alarm(2) of a minute, so that none is left behind.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdint.h>

#define ALL UINT64_MAX

/* Block all 64 signals; libc's sigset_t leaves some of them out. */
void block_all(void);

/* Wait for a signal of set; returns 0 after timeout_ms.  info may be NULL. */
int take_signal(uint64_t set, void *info, long timeout_ms);

/*
 * Create a child of our parent, not of ours, that exits at once; returns its
 * pid, or -1.  If we are an orphan, it is a child of init.
 */
int clone_sibling(void);

long long now_us(void);
_Noreturn void fail(const char *what); /* appends strerror(errno) */

int listen_main(int argc, char **argv);
int hear_main(int argc, char **argv);
int queue_main(int argc, char **argv);
int send_main(int argc, char **argv);
int storm_main(int argc, char **argv);
int mask_main(int argc, char **argv);
int hold_main(int argc, char **argv);
int orphans_main(int argc, char **argv);
int orphans_at_once_main(int argc, char **argv);
int latency_main(int argc, char **argv);
int leaves_main(int argc, char **argv);
int leader_ends_main(int argc, char **argv);
int many_main(int argc, char **argv);
int zombies_main(int argc, char **argv);
int crowd_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int soak_main(int argc, char **argv);

#endif
