/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Media types: from the suffix of a file name to what Content-Type says.
 *
 * There is a built-in table; a table in the form of mime.types may be laid
 * over it while serving. Looking up reads under RCU and never sleeps.
 */
#ifndef TUX_MIME_H
#define TUX_MIME_H

#include <linux/types.h>

/* The largest table that can be loaded; Debian's mime.types has 72 KiB. */
#define TUX_MIME_TEXT_MAX	(256U << 10)

/* The longest value of Content-Type, its charset included. */
#define TUX_MIME_MAX	95

/**
 * tux_mime_lookup() - the media type for a file name
 * @name: the file's name; the suffix after its last dot counts, in any case.
 *	A path is all right, too: dots before the last slash do not count.
 * @len: its length
 * @type: receives the value for Content-Type, NUL-terminated
 *
 * The answer is copied, so it stays true when the table is replaced.
 *
 * Context: any.
 * Return: the length of the value, never 0 (application/octet-stream when
 * nothing else fits).
 */
size_t tux_mime_lookup(const char *name, size_t len, char type[TUX_MIME_MAX + 1]);

/**
 * tux_mime_set_table() - lay another table over the built-in one
 * @text: lines of `type suffix…`; `#` begins a comment. A type may carry
 *	parameters after a semicolon if it is written without blanks
 *	("text/html;charset=iso-8859-1"). A text/ type without parameters gets
 *	"; charset=utf-8". A suffix that is named twice counts as last named;
 *	one that is not named keeps its built-in type.
 * @len: length of @text, at most 256 KiB; 0 goes back to the built-in table
 *
 * Files resolved before the change keep the type they were resolved with:
 * to be followed by tux_file_renew().
 *
 * Context: process context; may sleep.
 * Return: 0, -EINVAL (malformed line; nothing is changed), -E2BIG or -ENOMEM.
 */
int tux_mime_set_table(const char *text, size_t len);

/**
 * tux_mime_exit() - free the loaded table
 *
 * Context: process context, after the last lookup.
 */
void tux_mime_exit(void);

#endif /* TUX_MIME_H */
