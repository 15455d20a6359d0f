/* SPDX-License-Identifier: MIT */
/*
 * nolibc.h: system calls without a C library, so that a program's own start-up
 * does not add to what is measured.  Execution starts in begin(): see entry.c.
 */
#ifndef NOLIBC_H
#define NOLIBC_H

#include <sys/syscall.h>

#include <stdint.h>
#include <time.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* stack points to argc, followed by argv, NULL, the environment, NULL. */
_Noreturn void begin(long *stack);

#if defined(__x86_64__)

ALWAYS_INLINE long
call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

ALWAYS_INLINE long
call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
			 : "memory");
	return x0;
}

#else
#error "the bench supports x86_64 and aarch64 only"
#endif

_Noreturn ALWAYS_INLINE void
quit(int status)
{
	for (;;)
		call(SYS_exit_group, status, 0, 0, 0);
}

_Noreturn ALWAYS_INLINE void
sleep_forever(void)
{
	for (;;)
		call(SYS_ppoll, 0, 0, 0, 0);
}

ALWAYS_INLINE void
block_all(void)
{
	uint64_t all = UINT64_MAX;

	call(
	    SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, (long)&all, 0, sizeof all);
}

/* In an init's child: unblock all signals and run argv[1]. */
_Noreturn ALWAYS_INLINE void
exec_main(char **argv, char **envp)
{
	const uint64_t none = 0;

	call(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, (long)&none, 0,
	    sizeof none);
	call(SYS_execve, (long)argv[1], (long)(argv + 1), (long)envp, 0);
	quit(127);
}

/* Wait for any blocked signal and return its number. */
ALWAYS_INLINE int
wait_for_signal(void)
{
	uint64_t all = UINT64_MAX;
	long sig;

	do
		sig = call(SYS_rt_sigtimedwait, (long)&all, 0, 0, sizeof all);
	while (sig < 0);
	return (int)sig;
}

#endif
