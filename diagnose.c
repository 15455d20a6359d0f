/* SPDX-License-Identifier: MIT */
/*
 * diagnose.c: why a file could not be executed.  execve(2) has one errno for
 * many reasons: "no such file" for an interpreter that is missing, "exec
 * format error" for a program of another machine, "permission denied" for a
 * directory.  It is looked into only when it has failed, at its first page
 * only; and every offset in it may be a lie.
 */
#include "minireap.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	MOUNTED_NOEXEC = 8, /* ST_NOEXEC of statfs(2) */
	LEAST_ARGUMENTS = 131072, /* bytes, execve(2) */
	MOST_ARGUMENTS = 6291456,
};

/* The first page of a file, with a NUL behind it. */
struct head {
	size_t size;
	char bytes[PAGE + 1];
};

static bool
read_head(const char *file, struct head *head)
{
	const ssize_t size = file_read(file, head->bytes, sizeof head->bytes);

	head->size = size == -1 ? 0 : (size_t)size;
	return size != -1;
}

static bool
is_directory(const char *path)
{
	const int fd = file_open(path, O_RDONLY | O_DIRECTORY);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* ---------------------------------------------------------------- paths */

/*
 * Cut path behind the first directory in it that cannot be had in that mode
 * of access(2), and give it; or NULL.  *cut is where a slash stood, or NULL.
 */
static const char *
first_failing(char *path, char **cut, int mode)
{
	for (char *s = path; *s != '\0'; s++) {
		if (*s != '/' || s == path)
			continue;
		*s = '\0';
		*cut = s;
		if (access(path, mode) == -1 || !is_directory(path))
			return path;
		*s = '/';
	}
	*cut = NULL;
	return NULL;
}

/* Say what is wrong with a directory of path, if anything is. */
static bool
add_directory(struct message *line, char *path, int mode, const char *problem)
{
	char *cut;
	const char *directory = first_failing(path, &cut, mode);

	if (directory != NULL)
		message_add(line, "%s %s", directory, problem);
	if (cut != NULL)
		*cut = '/';
	return directory != NULL;
}

/* -------------------------------------------------------------- scripts */

/* The path behind #!, a NUL put behind it; NULL where there is none. */
static char *
find_interpreter(struct head *head)
{
	char *start = head->bytes + 2;
	char *end;

	if (text_behind(head->bytes, "#!") == NULL)
		return NULL;
	while (*start == ' ' || *start == '\t')
		start++;
	end = start;
	while (*end != '\0' && *end != ' ' && *end != '\t' && *end != '\n')
		end++;
	*end = '\0';
	return end == start ? NULL : start;
}

static void
add_interpreter(struct message *line, const char *path, int error)
{
	const size_t length = text_until(path, '\0');

	message_add(line, "its interpreter %s ", path);
	if (error != ENOENT && error != ENOTDIR) {
		message_add(line, "cannot be executed: ");
		message_add_reason(line, error);
		return;
	}
	message_add(line, "does not exist");
	if (length > 0 && path[length - 1] == '\r')
		message_add(line, ": the script has Windows line ends");
}

/* ------------------------------------------------------------------ ELF */

static const struct {
	uint16_t machine;
	char name[10];
} machines[] = {
    {EM_386, "i386"}, {EM_X86_64, "x86_64"}, {EM_ARM, "arm"},
    {EM_AARCH64, "aarch64"}, {EM_PPC, "ppc"}, {EM_PPC64, "ppc64"},
    {EM_S390, "s390x"}, {EM_MIPS, "mips"}, {EM_RISCV, "riscv"},
    {258, "loongarch"}, /* EM_LOONGARCH, too new for some elf.h */
};

static bool
is_elf(const struct head *head)
{
	return text_behind(head->bytes, ELFMAG) != NULL;
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

static void
add_machine(struct message *line, const struct head *head)
{
	const unsigned machine = machine_of(head);
	const bool is_64 = head->bytes[EI_CLASS] == ELFCLASS64;
	struct utsname here;
	size_t i = 0;

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

static void
add_loader(struct message *line, const struct head *head)
{
	const char *loader = find_loader(head);
	const char *name;

	if (loader == NULL) {
		message_add(line, "its loader, or a file it needs, is missing");
		return;
	}
	message_add(line, "its loader %s does not exist", loader);
	name = text_last_name(loader);
	if (text_behind(name, "ld") == NULL)
		return;
	message_add(line, ": it was linked with %s, which is not here",
	    text_behind(name, "ld-musl") != NULL ? "musl" : "glibc");
}

/* -------------------------------------------------------------- reasons */

/* The file is there, yet something that it needs is not. */
static void
add_missing(struct message *line, char *file)
{
	struct head head;
	char *interpreter;

	if (access(file, F_OK) == -1) {
		if (!add_directory(line, file, F_OK, "does not exist"))
			message_add_reason(line, ENOENT);
		return;
	}
	if (!read_head(file, &head)) {
		message_add(line, "what it needs to run does not exist");
		return;
	}
	interpreter = find_interpreter(&head);
	if (interpreter != NULL)
		add_interpreter(line, interpreter, ENOENT);
	else
		add_loader(line, &head);
}

static void
add_denied(struct message *line, char *file)
{
	struct head head;
	struct statfs mount;
	char *interpreter;

	if (add_directory(line, file, X_OK, "may not be searched"))
		return;
	if (is_directory(file)) {
		message_add(line, "is a directory");
	} else if (access(file, X_OK) == 0 && read_head(file, &head) &&
	    (interpreter = find_interpreter(&head)) != NULL) {
		add_interpreter(line, interpreter, EACCES);
	} else if (statfs(file, &mount) == 0 &&
	    ((unsigned long)mount.f_flags & MOUNTED_NOEXEC) != 0) {
		message_add(line, "its file system is mounted noexec");
	} else if (access(file, X_OK) == -1) {
		message_add(line, "not executable (chmod +x makes it so)");
	} else {
		message_add_reason(line, EACCES);
	}
}

static void
add_format(struct message *line, const char *file)
{
	struct head head;

	if (!read_head(file, &head))
		message_add_reason(line, ENOEXEC);
	else if (head.size == 0)
		message_add(line, "the file is empty");
	else if (is_elf(&head) && head.size < sizeof(Elf32_Ehdr))
		message_add(line, "a truncated program");
	else if (is_elf(&head))
		add_machine(line, &head);
	else if (text_behind(head.bytes, "#!") == NULL)
		message_add(line, "neither a program nor text");
	else if (find_interpreter(&head) == NULL)
		message_add(line, "its #! names no interpreter");
	else
		message_add(line, "its #! line is longer than 255 bytes");
}

static void
add_argument_limit(struct message *line)
{
	struct rlimit stack;
	uint64_t limit = LEAST_ARGUMENTS;

	message_add_reason(line, E2BIG);
	if (prlimit(0, RLIMIT_STACK, NULL, &stack) == -1)
		return;
	if (stack.rlim_cur / 4 > limit)
		limit = stack.rlim_cur / 4;
	if (limit > MOST_ARGUMENTS)
		limit = MOST_ARGUMENTS;
	message_add(line, " (with the environment %lu bytes at most, each %d)",
	    (unsigned long)limit, LEAST_ARGUMENTS);
}

void
diagnose(struct message *line, char *file, int error)
{
	switch (error) {
	case ENOENT:
		add_missing(line, file);
		break;
	case ENOTDIR:
		if (!add_directory(line, file, F_OK, "is not a directory"))
			message_add_reason(line, error);
		break;
	case EACCES:
		add_denied(line, file);
		break;
	case ENOEXEC:
		add_format(line, file);
		break;
	case E2BIG:
		add_argument_limit(line);
		break;
	default:
		message_add_reason(line, error);
	}
}
