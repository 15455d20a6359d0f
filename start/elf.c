/* SPDX-License-Identifier: MIT */
/*
 * elf.c: what a program's first page says that matters where it could not be
 * executed: its machine, and its loader.  Either word size, either order of
 * bytes; every offset in it may be a lie.  elf(5)
 */
#include "interface.h"

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
elf_is_program(const struct head *head)
{
	return system_skip_prefix(head->bytes, ELFMAG) != NULL;
}

/* Both sizes of the header have the machine in one place, in its own order. */
static unsigned
machine_of(const struct head *head)
{
	const unsigned char *at = (const unsigned char *)head->bytes +
	    offsetof(Elf64_Ehdr, e_machine);

	return head->bytes[EI_DATA] == ELFDATA2MSB ? at[0] << 8U | at[1]
						   : at[1] << 8U | at[0];
}

void
elf_add_machine(struct message *line, const struct head *head)
{
	const unsigned machine = machine_of(head);
	const bool is_64 = head->bytes[EI_CLASS] == ELFCLASS64;
	struct utsname here;
	size_t i = 0;

	if (head->size < sizeof(Elf32_Ehdr)) {
		message_add(line, "a truncated program");
		return;
	}
	while (i < sizeof machines / sizeof *machines &&
	    machines[i].machine != machine)
		i++;
	message_add(line, "built for ");
	if (i < sizeof machines / sizeof *machines)
		message_add(line, "%s%s%s", machines[i].name,
		    machine == EM_RISCV || machine == 258 ? is_64 ? "64" : "32"
							  : "",
		    machine == EM_PPC64 && head->bytes[EI_DATA] == ELFDATA2LSB
			? "le"
			: "");
	else
		message_add(line, "machine number %u", machine);
	if (uname(&here) == 0)
		message_add(line, " (%s bits), this machine is %s",
		    is_64 ? "64" : "32", here.machine);
}

/* Are size bytes from offset on in head? */
static bool
holds(const struct head *head, uint64_t offset, uint64_t size)
{
	return offset <= head->size && size <= head->size - offset;
}

/* Where PT_INTERP points to, with its size, for either word size. */
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
	for (; count > 0 && holds(head, at, entry); count--, at += entry) {
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

/* The dynamic loader's path in head, or NULL. */
static const char *
find_loader(const struct head *head)
{
	uint64_t offset;
	uint64_t size;

	if (head->size < sizeof(Elf64_Ehdr) ||
	    !find_segment(head, &offset, &size) || !holds(head, offset, size) ||
	    size < 2 || head->bytes[offset + size - 1] != '\0')
		return NULL;
	return head->bytes + offset;
}

void
elf_add_loader(struct message *line, const struct head *head)
{
	const char *loader = find_loader(head);
	const char *name;

	if (loader == NULL) {
		message_add(line, "its loader, or a file it needs, is missing");
		return;
	}
	message_add(line, "its loader %s does not exist", loader);
	name = system_base_name(loader);
	if (system_skip_prefix(name, "ld") == NULL)
		return;
	message_add(line, ": it was linked with %s, which is not here",
	    system_skip_prefix(name, "ld-musl") != NULL ? "musl" : "glibc");
}
