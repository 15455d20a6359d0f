/* SPDX-License-Identifier: MIT */
/*
 * vfork.S: vfork(2) for the processors where musl, 1.2.3 at least, has but a
 * fork of that name: page tables would be copied, and the reason of a failed
 * exec would not come back from the child.  It cannot be written in C: the
 * child goes on with our stack and returns from here first, so nothing that
 * the second return needs may lie there.  What the kernel refuses is asked for
 * again by the libc, as a fork, which sets errno.
 */
#include <features.h>

#define CLONE_VM_VFORK_SIGCHLD 0x4111
#define SIGCHLD 17

#if defined __aarch64__ && !defined __GLIBC__
	.text
	.globl	vfork
	.type	vfork, %function
vfork:
	mov	x8, 220 /* clone(2) */
	mov	x0, CLONE_VM_VFORK_SIGCHLD
	mov	x1, 0
	svc	0
	tbnz	x0, 63, 1f
	ret
1:	mov	x0, 220
	mov	x1, SIGCHLD
	mov	x2, 0
	b	syscall
	.size	vfork, . - vfork
#endif

#if defined __powerpc64__ && !defined __GLIBC__
	.abiversion 2
	.text
	.globl	vfork
	.type	vfork, @function
vfork:
	li	0, 189 /* vfork(2) */
	sc
	bso	1f
	blr
1:	mflr	0
	std	0, 16(1)
	stdu	1, -96(1) /* room for the arguments of syscall(2) */
	li	3, 2 /* fork(2) */
	bl	syscall
	nop
	addi	1, 1, 96
	ld	0, 16(1)
	mtlr	0
	blr
	.size	vfork, . - vfork
#endif

	.section .note.GNU-stack, "", %progbits
