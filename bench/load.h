/* SPDX-License-Identifier: MIT */
/* load.h: what load.c and the runner have agreed upon. */
#ifndef LOAD_H
#define LOAD_H

enum { ORPHANS = 200 };

#endif
