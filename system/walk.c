/* SPDX-License-Identifier: MIT */
/*
 * walk.c: the numbers in a directory, /proc or /proc/self/fd, by
 * getdents64(2): readdir(3) needs a heap.
 */
#include "system/system.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <unistd.h>

/* getdents64(2) */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

int
system_walk_begin(struct proc_walk *walk, const char *directory)
{
	walk->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	walk->size = 0;
	walk->at = 0;
	return walk->fd == -1 ? -1 : 0;
}

int
system_walk_next(struct proc_walk *walk)
{
	for (;;) {
		const struct directory_entry *entry;
		int number;

		if (walk->at >= walk->size) {
			walk->at = 0;
			walk->size = syscall(SYS_getdents64, walk->fd,
			    walk->entries, sizeof walk->entries);
			if (walk->size <= 0)
				return -1;
		}
		entry = (const void *)(walk->entries + walk->at);
		walk->at += entry->length;
		number = (int)system_parse_number(entry->name, NULL, INT_MAX);
		if (number != -1)
			return number;
	}
}

void
system_walk_end(struct proc_walk *walk)
{
	close(walk->fd);
}
