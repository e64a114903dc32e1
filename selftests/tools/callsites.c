// SPDX-License-Identifier: GPL-2.0-only
/*
 * callsites - the places where a kernel module calls the kernel
 *
 *	callsites MODULE.ko
 *
 * One line for each: the function and the offset in it, and what is called, as in
 * "tux_miss_init+0x1c alloc_workqueue". They are taken from the relocations of the
 * module's code: a call, or a jump as a function's last act, to a symbol that the
 * module does not define. What the compiler has inlined is seen as what it calls;
 * calls by pointer are not seen. Runs in the guest, which has no binutils.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned char *file;
static const Elf64_Shdr *sections;
static const Elf64_Sym *symbols;
static size_t nr_symbols;
static const char *names;

static void die(const char *why)
{
	fprintf(stderr, "callsites: %s\n", why);
	exit(1);
}

static void map(const char *path)
{
	int fd = open(path, O_RDONLY);
	const Elf64_Ehdr *head;
	struct stat st;
	int i;

	if (fd < 0 || fstat(fd, &st) || (size_t)st.st_size < sizeof(*head))
		die("no such module");
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		die("it cannot be mapped");
	head = (const void *)file;
	if (memcmp(head->e_ident, ELFMAG, SELFMAG) || head->e_machine != EM_X86_64)
		die("not a module for x86-64");
	sections = (const void *)(file + head->e_shoff);
	for (i = 0; i < head->e_shnum; i++) {
		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		symbols = (const void *)(file + sections[i].sh_offset);
		nr_symbols = sections[i].sh_size / sizeof(*symbols);
		names = (const char *)file + sections[sections[i].sh_link].sh_offset;
	}
	if (!symbols)
		die("it has no symbols");
}

/* The function that an offset of a section is in: the last one that begins before. */
static const Elf64_Sym *function_at(unsigned int section, Elf64_Addr offset)
{
	const Elf64_Sym *found = NULL;
	size_t i;

	for (i = 0; i < nr_symbols; i++) {
		const Elf64_Sym *s = &symbols[i];

		if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_shndx != section ||
		    s->st_value > offset)
			continue;
		if (!found || s->st_value > found->st_value)
			found = s;
	}
	return found;
}

static void print_section(const Elf64_Shdr *rel)
{
	const Elf64_Rela *r = (const void *)(file + rel->sh_offset);
	const Elf64_Rela *end = r + rel->sh_size / sizeof(*r);
	const unsigned char *code = file + sections[rel->sh_info].sh_offset;

	for (; r < end; r++) {
		const Elf64_Sym *callee = &symbols[ELF64_R_SYM(r->r_info)];
		Elf64_Addr at = r->r_offset - 1;
		const Elf64_Sym *in;

		/* 0xe8 is a call, 0xe9 a jump. */
		if (ELF64_R_TYPE(r->r_info) != R_X86_64_PLT32 || callee->st_shndx != SHN_UNDEF ||
		    !r->r_offset || (code[at] != 0xe8 && code[at] != 0xe9))
			continue;
		in = function_at(rel->sh_info, at);
		if (!in)
			die("a call outside of every function");
		printf("%s+0x%lx %s\n", names + in->st_name, at - in->st_value,
		       names + callee->st_name);
	}
}

int main(int argc, char **argv)
{
	const Elf64_Ehdr *head;
	int i;

	if (argc != 2) {
		fprintf(stderr, "usage: callsites MODULE.ko\n");
		return 2;
	}
	map(argv[1]);
	head = (const void *)file;
	for (i = 0; i < head->e_shnum; i++) {
		const Elf64_Shdr *rel = &sections[i];
		const char *name = (const char *)file + sections[head->e_shstrndx].sh_offset;

		if (rel->sh_type != SHT_RELA || !(sections[rel->sh_info].sh_flags & SHF_EXECINSTR))
			continue;
		/* Replaces other instructions, or nothing, when the module is loaded. */
		if (strcmp(name + sections[rel->sh_info].sh_name, ".altinstr_replacement"))
			print_section(rel);
	}
	return 0;
}
