/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of a file's representations a client gets: the file itself, or one of
 * its compressed siblings.
 */
#ifndef _TUX_VARIANT_H
#define _TUX_VARIANT_H

#include <linux/types.h>

#include "file.h"
#include "http_coding.h"

struct tux_docroot;

/* The client takes none of what there is; no file system says this. */
#define TUX_NOT_ACCEPTABLE	(-ENOMSG)

/**
 * struct tux_wanted - what a client would take
 * @nr: entries in @coding
 * @coding: enum http_coding, what it wants most first
 */
struct tux_wanted {
	u8	nr;
	u8	coding[HTTP_NR_CODINGS];
};

/**
 * tux_variant_asked - is there anything to choose, or the file itself refused?
 * @f: the file
 * @req: the request for it
 *
 * Context: any.
 * Return: false: the file itself is to be sent.
 */
static inline bool tux_variant_asked(const struct tux_file *f, const struct http_request *req)
{
	return f->siblings || http_refuses_identity(req);
}

void tux_wanted_init(struct tux_wanted *wanted, const struct http_request *req);
int tux_variant_choose(struct tux_docroot *root, const struct tux_file_policy *policy,
		       const char *path, const struct tux_wanted *wanted, unsigned int flags,
		       struct tux_file **res);

#endif /* _TUX_VARIANT_H */
