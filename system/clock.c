/* SPDX-License-Identifier: MIT */
/*
 * clock.c: the time, by the kernel's own call.  The libc's would look for the
 * vDSO, and so map and read it, at its first use.
 */
#include "minireap.h"

#include <sys/syscall.h>

#include <time.h>
#include <unistd.h>

/* musl's 32-bit ports hide the call whose seconds are longs. */
#ifndef SYS_clock_gettime
#define SYS_clock_gettime SYS_clock_gettime32
#endif

int64_t
clock_ns(int clock)
{
	struct kernel_timespec time = {0};

	syscall(SYS_clock_gettime, clock, &time);
	return (int64_t)time.seconds * 1000000000 + time.nanoseconds;
}

int64_t
clock_ms(int clock)
{
	return clock_ns(clock) / 1000000;
}

int64_t
clock_if_needed(const struct options *options)
{
	if (options->delay_ms == TIME_UNSET &&
	    options->grace_ms == TIME_UNSET && !options->warn)
		return 0;
	return clock_ms(CLOCK_MONOTONIC);
}
