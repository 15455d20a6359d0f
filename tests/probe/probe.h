/* SPDX-License-Identifier: MIT */
/*
 * probe: what the tests run as main, and beside it.  Each subcommand is a
 * function of the words behind its name, and ends by itself (alarm).
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdint.h>

#define ALL UINT64_MAX

/* Block all 64 signals of the kernel; those of a libc's set would not do. */
void block_all(void);

/* One signal of set; 0 after timeout_ms.  info may be NULL. */
int take_signal(uint64_t set, void *info, long timeout_ms);

long long now_us(void);
_Noreturn void fail(const char *what);

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
int leader_ends_main(int argc, char **argv);
int many_main(int argc, char **argv);
int zombies_main(int argc, char **argv);
int crowd_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int soak_main(int argc, char **argv);

#endif
