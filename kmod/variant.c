// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content negotiation: from a file and Accept-Encoding to what is sent.
 *
 * Beside index.html may lie index.html.br, .zst or .gz. The lookup of
 * index.html says whether there is something of that name (file.h), and is
 * outdated when that changes. What it is, whether it may be read and how old it
 * is, its own lookup says, which is as exact as any other. A sibling older than
 * its file was made of something else and is passed over.
 *
 * Context: the worker's thread with TUX_LOOKUP_NOWAIT, the miss pool without.
 * Owns nothing.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "docroot.h"
#include "file.h"
#include "variant.h"

/* Bits of tux_file.siblings are codings. */
static_assert(TUX_NR_SIBLINGS == HTTP_CODING_IDENTITY);

/**
 * tux_wanted_init - read Accept-Encoding
 * @wanted: receives what the client would take
 * @req: its request
 *
 * Context: any.
 */
void tux_wanted_init(struct tux_wanted *wanted, const struct http_request *req)
{
	wanted->nr = http_coding_order(req, BIT(HTTP_NR_CODINGS) - 1, wanted->coding);
}

/* The sibling's path: a directory stands for its index. */
static int tux_sibling_path(char name[TUX_PATH_MAX], const struct tux_file_policy *policy,
			    const char *path, const char *suffix)
{
	size_t len = strlen(path);
	const char *index = len && path[len - 1] == '/' ? policy->index : "";
	int n = snprintf(name, TUX_PATH_MAX, "%s%s%s", path, index, suffix);

	return n < TUX_PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* 0 with the sibling in @res, -EAGAIN, or another error: there is none to send. */
static noinline_for_stack int tux_sibling_lookup(struct tux_docroot *root,
						 const struct tux_file_policy *policy,
						 const char *path, unsigned int coding,
						 unsigned int flags, const struct tux_file *of,
						 struct tux_file **res)
{
	char name[TUX_PATH_MAX];
	int err;

	err = tux_sibling_path(name, policy, path, tux_sibling_suffix[coding]);
	if (err)
		return err;
	err = tux_file_lookup(root, policy, name, flags, res);
	if (err)
		return err;
	if (timespec64_compare(&(*res)->mtime, &of->mtime) >= 0)
		return 0;
	tux_file_put(*res);
	return -ESTALE;
}

/**
 * tux_variant_choose - choose between a file and its siblings
 * @root: the document root
 * @policy: as for the lookup of the file
 * @path: the path that it was found by
 * @wanted: what the client would take
 * @flags: as for tux_file_lookup()
 * @res: in: the file, with a reference; out: what is to be sent, with a
 *	reference in place of that, or NULL with an error
 *
 * Return: enum http_coding of what is to be sent; -EAGAIN (only with
 * TUX_LOOKUP_NOWAIT: ask again in the miss pool); TUX_NOT_ACCEPTABLE.
 */
int tux_variant_choose(struct tux_docroot *root, const struct tux_file_policy *policy,
		       const char *path, const struct tux_wanted *wanted, unsigned int flags,
		       struct tux_file **res)
{
	struct tux_file *file = *res, *sibling;
	unsigned int i;
	int err;

	for (i = 0; i < wanted->nr; i++) {
		unsigned int coding = wanted->coding[i];

		if (coding == HTTP_CODING_IDENTITY)
			return coding;
		if (!(file->siblings & BIT(coding)))
			continue;
		err = tux_sibling_lookup(root, policy, path, coding, flags, file, &sibling);
		if (!err) {
			tux_file_put(file);
			*res = sibling;
			return coding;
		}
		if (err == -EAGAIN)
			break;
	}
	tux_file_put(file);
	*res = NULL;
	return i < wanted->nr ? -EAGAIN : TUX_NOT_ACCEPTABLE;
}
