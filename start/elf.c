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
#include <stddef.h>
#include <string.h>

static const struct {
	uint16_t machine;
	char name[10];
} machines[] = {
    {EM_386, "i386"}, {EM_X86_64, "x86_64"}, {EM_ARM, "arm"},
    {EM_AARCH64, "aarch64"}, {EM_PPC, "ppc"}, {EM_PPC64, "ppc64"},
    {EM_S390, "s390x"}, {EM_MIPS, "mips"}, {EM_RISCV, "riscv"},
    {258, "loongarch"}, /* EM_LOONGARCH, too new for some elf.h */
};

bool
start_is_elf(const struct head *head)
{
	return system_skip_prefix(head->bytes, ELFMAG) != NULL;
}

/* Headers of both sizes have the machine at the same offset. */
static unsigned
machine_of(const struct head *head)
{
	const unsigned char *at = (const unsigned char *)head->bytes +
	    offsetof(Elf64_Ehdr, e_machine);

	return head->bytes[EI_DATA] == ELFDATA2MSB ? at[0] << 8U | at[1]
						   : at[1] << 8U | at[0];
}

void
start_explain_machine(struct message *line, const struct head *head)
{
	const unsigned machine = machine_of(head);
	const bool is_64 = head->bytes[EI_CLASS] == ELFCLASS64;
	struct utsname here;
	size_t i = 0;

	if (head->size < sizeof(Elf32_Ehdr)) {
		report_add(line, "a truncated program");
		return;
	}
	while (i < sizeof machines / sizeof *machines &&
	    machines[i].machine != machine)
		i++;
	report_add(line, "built for ");
	if (i < sizeof machines / sizeof *machines)
		report_add(line, "%s%s%s", machines[i].name,
		    machine == EM_RISCV || machine == 258 ? is_64 ? "64" : "32"
							  : "",
		    machine == EM_PPC64 && head->bytes[EI_DATA] == ELFDATA2LSB
			? "le"
			: "");
	else
		report_add(line, "machine number %u", machine);
	if (uname(&here) == 0)
		report_add(line, " (%s bits), this machine is %s",
		    is_64 ? "64" : "32", here.machine);
}

/* Is a range of size bytes at offset within head? */
static bool
contains(const struct head *head, uint64_t offset, uint64_t size)
{
	return offset <= head->size && size <= head->size - offset;
}

/* Finds where PT_INTERP points to, and its size. */
static bool
find_segment(const struct head *head, uint64_t *offset, uint64_t *size)
{
	const bool is_64 = head->bytes[EI_CLASS] == ELFCLASS64;
	const size_t entry = is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;
	uint64_t at;
	unsigned count;

	memcpy(&wide, head->bytes, sizeof wide);
	memcpy(&narrow, head->bytes, sizeof narrow);
	at = is_64 ? wide.e_phoff : narrow.e_phoff;
	count = is_64 ? wide.e_phnum : narrow.e_phnum;
	for (; count > 0 && contains(head, at, entry); count--, at += entry) {
		Elf64_Phdr wide_entry;
		Elf32_Phdr narrow_entry;

		memcpy(&wide_entry, head->bytes + at, entry);
		memcpy(&narrow_entry, head->bytes + at, sizeof narrow_entry);
		if (wide_entry.p_type != PT_INTERP)
			continue;
		*offset = is_64 ? wide_entry.p_offset : narrow_entry.p_offset;
		*size = is_64 ? wide_entry.p_filesz : narrow_entry.p_filesz;
		return true;
	}
	return false;
}

/* Returns the path of the dynamic loader, or NULL. */
static const char *
find_loader(const struct head *head)
{
	uint64_t offset;
	uint64_t size;

	if (head->size < sizeof(Elf64_Ehdr) ||
	    !find_segment(head, &offset, &size) ||
	    !contains(head, offset, size) || size < 2 ||
	    head->bytes[offset + size - 1] != '\0')
		return NULL;
	return head->bytes + offset;
}

void
start_explain_loader(struct message *line, const struct head *head)
{
	const char *loader = find_loader(head);
	const char *name;

	if (loader == NULL) {
		report_add(line, "its loader, or a file it needs, is missing");
		return;
	}
	report_add(line, "its loader %s does not exist", loader);
	name = system_base_name(loader);
	if (system_skip_prefix(name, "ld") == NULL)
		return;
	report_add(line, ": it was linked with %s, which is not installed here",
	    system_skip_prefix(name, "ld-musl") != NULL ? "musl" : "glibc");
}
