/* SPDX-License-Identifier: MIT */
/*
 * elf.c: what the first page of an ELF file says about its machine and its
 * loader, of either word size and byte order.  Every offset in it may be
 * false.  elf(5)
 */
#include "start/start.h"

#include "system/system.h"

#include <sys/utsname.h>

#include <elf.h>
#include <endian.h>
#include <string.h>

static const struct {
	uint16_t machine;
	uint8_t byte_order;
	char name[10];
} machines[] = {
    {EM_386, ELFDATA2LSB, "i386"}, {EM_X86_64, ELFDATA2LSB, "x86_64"},
    {EM_ARM, ELFDATA2LSB, "arm"}, {EM_AARCH64, ELFDATA2LSB, "aarch64"},
    {EM_PPC64, ELFDATA2LSB, "ppc64le"}, {EM_PPC64, ELFDATA2MSB, "ppc64"},
    {EM_S390, ELFDATA2MSB, "s390x"}, {EM_MIPS, ELFDATA2LSB, "mipsel"},
    {EM_MIPS, ELFDATA2MSB, "mips"}, {EM_RISCV, ELFDATA2LSB, "riscv"},
    {258, ELFDATA2LSB, "loongarch"}, /* EM_LOONGARCH in newer elf.h */
};

void
start_explain_machine(struct message *line, const struct head *head)
{
	const size_t count = sizeof machines / sizeof *machines;
	const uint8_t byte_order = (uint8_t)head->bytes[EI_DATA];
	Elf32_Ehdr header; /* the first fields are those of Elf64_Ehdr, too */
	struct utsname here;
	unsigned machine;
	size_t i = 0;

	if (head->size < sizeof header) {
		report_add(line, "a truncated program");
		return;
	}
	memcpy(&header, head->bytes, sizeof header);
	machine = byte_order == ELFDATA2MSB ? be16toh(header.e_machine)
					    : le16toh(header.e_machine);
	while (i < count &&
	    (machines[i].machine != machine ||
		machines[i].byte_order != byte_order))
		i++;
	if (i < count)
		report_add(line, "built for %s", machines[i].name);
	else
		report_add(line, "built for machine number %u", machine);
	if (uname(&here) == 0)
		report_add(line, " (%s bits), this machine is %s",
		    head->bytes[EI_CLASS] == ELFCLASS64 ? "64" : "32",
		    here.machine);
}

/* Returns the path of the dynamic loader, which PT_INTERP names, or NULL. */
static const char *
find_loader(const struct head *head)
{
	const bool is_64 = head->bytes[EI_CLASS] == ELFCLASS64;
	const size_t entry_size =
	    is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;
	uint64_t at;
	unsigned count;

	if (head->size < sizeof wide)
		return NULL;
	memcpy(&wide, head->bytes, sizeof wide);
	memcpy(&narrow, head->bytes, sizeof narrow);
	at = is_64 ? wide.e_phoff : narrow.e_phoff;
	count = is_64 ? wide.e_phnum : narrow.e_phnum;
	for (; count > 0 && at <= head->size && at + entry_size <= head->size;
	     count--, at += entry_size) {
		union {
			Elf64_Phdr wide;
			Elf32_Phdr narrow;
		} entry;
		uint64_t offset;
		uint64_t size;
		uint64_t end;

		memcpy(&entry, head->bytes + at, entry_size);
		if (entry.narrow.p_type != PT_INTERP)
			continue;
		offset = is_64 ? entry.wide.p_offset : entry.narrow.p_offset;
		size = is_64 ? entry.wide.p_filesz : entry.narrow.p_filesz;
		end = offset + size;
		/* If that has wrapped around, end is below offset. */
		return end <= head->size && end > offset && size > 1 &&
			head->bytes[end - 1] == '\0'
		    ? head->bytes + offset
		    : NULL;
	}
	return NULL;
}

void
start_explain_loader(struct message *line, const struct head *head)
{
	const char *loader = find_loader(head);
	const char *libc = "glibc";

	if (loader == NULL) {
		report_add(line, "its loader, or a file it needs, is missing");
		return;
	}
	report_add(line, "its loader %s does not exist", loader);
	loader = system_base_name(loader);
	if (system_skip_prefix(loader, "ld-musl") != NULL)
		libc = "musl";
	if (system_skip_prefix(loader, "ld") != NULL)
		report_add(line,
		    ": it was linked with %s, which is not installed here",
		    libc);
}
