/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page that lists a directory.
 *
 * Only its text is made here; dirlist.c reads the directory and decides what
 * may be on the page.
 *
 * Context: any; pure functions of their arguments.
 */
#ifndef TUX_HTTP_DIRLIST_H
#define TUX_HTTP_DIRLIST_H

#include "http_out.h"

/* No page is longer, whatever is in the directory: it is kept until the client has taken it. */
#define HTTP_DIR_PAGE_MAX (256U << 10)

/**
 * struct http_dir_entry - a line of the list
 * @name: its name, raw, not NUL-terminated
 * @len: length of @name
 * @dir: it is a directory
 * @size: bytes in the file
 * @mtime: when it was last changed
 */
struct http_dir_entry {
	const char *name;
	u32 len;
	bool dir;
	u64 size;
	time64_t mtime;
};

/**
 * http_dir_name_ok() - could a client ask for this name?
 * @name: a name in a directory
 * @len: its length
 *
 * Return: false for names with control characters, which http_path_normalize() refuses, for "."
 * and for "..".
 */
bool http_dir_name_ok(const char *name, u32 len);

/**
 * http_dir_compare() - the order of the list
 * @a: an entry
 * @b: another one
 *
 * Directories first, then by the bytes of the names.
 *
 * Return: less than, equal to or more than 0, as for qsort().
 */
int http_dir_compare(const struct http_dir_entry *a, const struct http_dir_entry *b);

/**
 * http_dir_page() - write the page
 * @o: where to; with no buffer (size 0) it only counts
 * @path: the directory's path, which ends with a slash
 * @path_len: its length, less than 16 KiB
 * @e: the entries, in order
 * @nr: their number
 * @cut: there are more, which are not in @e
 *
 * At most HTTP_DIR_PAGE_MAX bytes: entries beyond that are left out. When some are, or @cut is
 * set, the page says so.
 */
void http_dir_page(struct http_out *o, const char *path, u32 path_len,
		   const struct http_dir_entry *e, u32 nr, bool cut);

#endif /* TUX_HTTP_DIRLIST_H */
