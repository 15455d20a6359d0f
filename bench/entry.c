/* SPDX-License-Identifier: MIT */
/*
 * entry.c: the entry point of a program without a C library.  It passes the
 * initial stack pointer to begin().
 */
#include "nolibc.h"

#if defined(__x86_64__)

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call begin\n");

#elif defined(__aarch64__)

__asm__(".globl _start\n"
	"_start:\n"
	"	mov x0, sp\n"
	"	bl begin\n");

#endif
