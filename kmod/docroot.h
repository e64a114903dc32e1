/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The document root: what is served, and with whose rights.
 *
 * A docroot is made once, in the context of whoever starts the server: it
 * pins the directory as that task sees it (its root, its mount namespace) and
 * credentials that may do less than anybody: no capabilities, no groups, a
 * user that owns nothing here. Every later look at the file system, from
 * whatever thread, goes through these two and never through the thread's own.
 *
 * It also owns the cache of resolved files (see file.h), since a cached
 * answer is only true for one root and one set of rights.
 */
#ifndef TUX_DOCROOT_H
#define TUX_DOCROOT_H

#include <linux/cred.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

struct tux_file_cache;

/**
 * struct tux_docroot - a pinned directory and the rights to read below it
 * @path: the directory; pins its mount, so that the file system stays
 * @cred: lowered credentials, used for every access below @path
 * @cache: resolved files; owned by the docroot
 * @refs: users; see tux_docroot_get()
 * @release_work: gives everything back from process context that may block
 */
struct tux_docroot {
	struct path		path;
	const struct cred	*cred;
	struct tux_file_cache	*cache;
	refcount_t		refs;
	struct work_struct	release_work;
};

/**
 * tux_docroot_open() - pin a directory to be served
 * @name: its name, absolute (as the caller's root sees it)
 *
 * The name is resolved with the caller's own credentials and root, so that
 * nobody can have a directory served that he could not reach himself.
 *
 * Context: process context of the task that starts the server; may sleep.
 * Return: the docroot with one reference, or an ERR_PTR: -EINVAL (@name is
 * empty or not absolute), -ENOENT, -ENOTDIR, -EACCES, -ENAMETOOLONG,
 * -ENOMEM, or whatever the file system says.
 */
struct tux_docroot *tux_docroot_open(const char *name);

/**
 * tux_docroot_get() - take a reference
 * @root: a docroot that the caller already holds a reference on
 *
 * Context: any.
 * Return: @root.
 */
static inline struct tux_docroot *tux_docroot_get(struct tux_docroot *root)
{
	refcount_inc(&root->refs);
	return root;
}

/**
 * tux_docroot_put() - give a reference back
 * @root: the docroot, or NULL
 *
 * The last reference empties the cache and unpins the directory, from a work
 * item, because that may block. Files that are still being sent are not
 * touched: each struct tux_file holds what it needs by itself. When the
 * directory has to be free for umount on return, call tux_file_flush() after
 * the last put.
 *
 * Context: any context that may not sleep, too.
 */
void tux_docroot_put(struct tux_docroot *root);

#endif /* TUX_DOCROOT_H */
