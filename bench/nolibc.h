/* SPDX-License-Identifier: MIT */
/*
 * nolibc.h: system calls without a C library, for programs whose own start must
 * not be seen in what is measured.  The program is begin(); see entry.c.
 */
#ifndef NOLIBC_H
#define NOLIBC_H

#include <sys/syscall.h>

#include <stdint.h>
#include <time.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* stack: argc, argv, NULL, environment, NULL. */
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
#error "the bench knows x86_64 and aarch64"
#endif

ALWAYS_INLINE void
quit(int status)
{
	for (;;)
		call(SYS_exit_group, status, 0, 0, 0);
}

ALWAYS_INLINE void
sleep_for_ever(void)
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

/* An init's child: no signal blocked, and the command behind its own name. */
ALWAYS_INLINE void
become_main(char **argv, char **envp)
{
	const uint64_t none = 0;

	call(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, (long)&none, 0,
	    sizeof none);
	call(SYS_execve, (long)argv[1], (long)(argv + 1), (long)envp, 0);
	quit(127);
}

/* Wait for one signal of any kind; gives its number. */
ALWAYS_INLINE int
take_signal(void)
{
	uint64_t all = UINT64_MAX;
	long sig;

	do
		sig = call(SYS_rt_sigtimedwait, (long)&all, 0, 0, sizeof all);
	while (sig < 0);
	return (int)sig;
}

#endif
