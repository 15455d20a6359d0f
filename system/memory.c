/* SPDX-License-Identifier: MIT */
/*
 * memory.c: pages for a short errand, by the kernel's own call: what a libc's
 * mmap(3) does beside that is 220 bytes.  There is no other memory than these
 * and the stack.
 */
#include "minireap.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <unistd.h>

enum {
	READ_WRITE = PROT_READ | PROT_WRITE,
	/* Only pages that are touched cost. */
	OUR_OWN = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
};

#if defined(SYS_mmap2) /* 32 bits: the offset counts in pages, and is 0 */
static long
map(size_t size)
{
	return syscall(SYS_mmap2, NULL, size, READ_WRITE, OUR_OWN, -1, 0);
}
#elif defined(__s390x__) /* one argument: where the six are */
static long
map(size_t size)
{
	return (long)mmap(NULL, size, READ_WRITE, OUR_OWN, -1, 0);
}
#else
static long
map(size_t size)
{
	return syscall(SYS_mmap, NULL, size, READ_WRITE, OUR_OWN, -1L, 0L);
}
#endif

void *
memory_map(size_t size)
{
	const long address = map(size);

	/* A system call gives pages as a number. */
	return address == -1
	    ? NULL
	    : (void *)address; /* NOLINT(performance-no-int-to-ptr) */
}

void
memory_unmap(void *memory, size_t size)
{
	syscall(SYS_munmap, memory, size);
}
