// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories as pages: reading one, and leaving out what is not to be seen.
 *
 * The way to the directory is walked as that to a file is, with the same rights
 * asked; others must be able to read it besides. On the page is what a request
 * would get: regular files that the tunables and their modes allow, and
 * directories that others may search. A link is listed as what it leads to,
 * if that is within the document root.
 *
 * Everything is bounded: the entries looked at, those remembered, their names,
 * and the page (http_dirlist.h). What is left out for that is said on the page.
 * Nothing is kept from one request to the next, so a page is as new as its
 * request.
 *
 * Context: the miss pool; blocks. It owns struct tux_dirlist while it works; the
 * page belongs to the caller.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/stat.h>
#include <linux/string.h>

#include "compat/compat_file.h"
#include "dirlist.h"
#include "docroot.h"
#include "file_object.h"
#include "http_dirlist.h"
#include "limits.h"

/**
 * struct tux_dirlist - a directory being listed; too large for a stack
 * @ctx: for iterate_dir()
 * @root: the document root
 * @policy: what may be served
 * @dir: the walk to the directory
 * @link: a walk to what one of its entries leads to
 * @path: the directory's path, which ends with a slash, and an entry's name
 * @path_len: length of the directory's path
 * @seen: entries looked at
 * @nr: entries remembered
 * @cut: there are more
 * @names_len: bytes of @names in use
 * @names: the names of @entry
 * @entry: the entries
 */
struct tux_dirlist {
	struct dir_context		ctx;
	struct tux_docroot		*root;
	const struct tux_file_policy	*policy;
	struct tux_walk			dir;
	struct tux_walk			link;
	char				path[TUX_PATH_MAX];
	size_t				path_len;
	unsigned int			seen;
	unsigned int			nr;
	bool				cut;
	size_t				names_len;
	char				names[TUX_LIST_NAMES];
	struct http_dir_entry		entry[TUX_LIST_ENTRIES];
};

/* Not worth a look: hidden, of a kind that is not served, or cannot be asked for. */
static bool tux_list_skips(const struct tux_dirlist *l, const char *name, int len,
			   unsigned int type)
{
	if (type != DT_UNKNOWN && type != DT_REG && type != DT_DIR && type != DT_LNK)
		return true;
	if (*name == '.' && l->policy->hide_dot_files)
		return true;
	return !http_dir_name_ok(name, len) || l->path_len + len >= sizeof(l->path);
}

/* An entry, as the file system says it. Returns false to stop. */
static bool tux_list_actor(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
			   unsigned int type)
{
	struct tux_dirlist *l = container_of(ctx, struct tux_dirlist, ctx);
	struct http_dir_entry *e = &l->entry[l->nr];

	l->seen++;
	if (tux_list_skips(l, name, len, type)) {
		l->cut = l->seen >= TUX_LIST_SEEN;
		return !l->cut;
	}
	l->cut = l->seen >= TUX_LIST_SEEN || l->nr == TUX_LIST_ENTRIES ||
		 len > sizeof(l->names) - l->names_len;
	if (l->cut)
		return false;
	memcpy(l->names + l->names_len, name, len);
	e->name = l->names + l->names_len;
	e->len = len;
	l->names_len += len;
	l->nr++;
	return true;
}

/* Read the names. The looks at the files come after, without the directory's lock. */
static int tux_list_read(struct tux_dirlist *l, struct file *file)
{
	unsigned int before;
	int err;

	do {
		before = l->seen;
		err = iterate_dir(file, &l->ctx);
		cond_resched();
	} while (!err && !l->cut && l->seen != before);
	return err;
}

/* Would it be served? Then what the page says of it is noted. */
static bool tux_list_judge(struct tux_dirlist *l, const struct tux_step *s,
			   struct http_dir_entry *e)
{
	struct kstat stat;
	int err;

	if (vfs_getattr(&s->path, &stat, STATX_SIZE | STATX_MTIME, AT_STATX_SYNC_AS_STAT))
		return false;
	e->size = stat.size;
	e->mtime = stat.mtime.tv_sec;
	err = tux_judge_step(s, stat.size, l->policy, 0);
	e->dir = err == -EISDIR;
	if (e->dir)
		err = tux_judge_way(s, 1, 1, 0);
	return !err;
}

/* A link, or something mounted: the whole way is walked, as for a request. */
static bool tux_list_follow(struct tux_dirlist *l, struct http_dir_entry *e)
{
	struct tux_walk *w = &l->link;
	bool ok;

	memcpy(l->path + l->path_len, e->name, e->len);
	l->path[l->path_len + e->len] = '\0';
	ok = !tux_walk(w, l->root, l->path) && w->end == TUX_END_FOUND &&
	     !tux_judge_way(w->steps, w->nr, w->target, 0) &&
	     tux_list_judge(l, &w->steps[w->target], e) &&
	     tux_steps_valid(w->steps, w->nr, 0);
	tux_walk_drop(w);
	l->path[l->path_len] = '\0';
	return ok;
}

/* Is this entry to be on the page? */
static bool tux_list_look(struct tux_dirlist *l, struct http_dir_entry *e)
{
	const struct path *dir = &l->dir.steps[l->dir.target].path;
	struct tux_step s = { .path.mnt = dir->mnt };
	struct dentry *d;
	bool ok = false;

	d = lookup_one_unlocked(tux_compat_idmap(dir->mnt), e->name, dir->dentry, e->len);
	if (IS_ERR(d))
		return false;
	s.path.dentry = d;
	s.inode = d_backing_inode(d);
	if (d_is_symlink(d) || (READ_ONCE(d->d_flags) & DCACHE_MANAGED_DENTRY))
		ok = tux_list_follow(l, e);
	else if (d_is_positive(d))
		ok = tux_list_judge(l, &s, e);
	dput(d);
	return ok;
}

static void tux_list_look_at_all(struct tux_dirlist *l)
{
	unsigned int i, nr = 0;

	for (i = 0; i < l->nr; i++) {
		if (tux_list_look(l, &l->entry[i]))
			l->entry[nr++] = l->entry[i];
		cond_resched();
	}
	l->nr = nr;
}

static int tux_list_compare(const void *a, const void *b)
{
	return http_dir_compare(a, b);
}

/* Walk to the directory and open it. -ESTALE: something was moved meanwhile. */
static struct file *tux_list_open(struct tux_dirlist *l)
{
	struct tux_walk *w = &l->dir;
	const struct tux_step *s;
	struct file *file;
	int err;

	err = tux_walk(w, l->root, l->path);
	if (err)
		return ERR_PTR(err);
	if (w->end != TUX_END_FOUND)
		return ERR_PTR(w->end == TUX_END_DENIED ? -EACCES : -ENOENT);
	s = &w->steps[w->target];
	if (!S_ISDIR(s->inode->i_mode))
		return ERR_PTR(-ENOENT);
	err = tux_judge_way(w->steps, w->nr, w->nr, 0);
	if (err)
		return ERR_PTR(err);
	if (!(READ_ONCE(s->inode->i_mode) & S_IROTH) || tux_sb_refused(s->inode->i_sb) ||
	    inode_permission(tux_compat_idmap(s->path.mnt), s->inode, MAY_READ))
		return ERR_PTR(-EACCES);
	file = dentry_open(&s->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOATIME,
			   l->root->cred);
	if (!IS_ERR(file) && !tux_steps_valid(w->steps, w->nr, 0)) {
		tux_object_close(file);
		return ERR_PTR(-ESTALE);
	}
	return file;
}

/* Under the credentials of the document root. */
static int tux_list_collect(struct tux_dirlist *l)
{
	unsigned int tries = TUX_WALK_TRIES;
	struct file *file;
	int err;

	for (;;) {
		file = tux_list_open(l);
		if (file != ERR_PTR(-ESTALE) || !--tries)
			break;
		tux_walk_drop(&l->dir);
	}
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
	} else {
		err = tux_list_read(l, file);
		if (!err)
			tux_list_look_at_all(l);
		tux_object_close(file);
	}
	tux_walk_drop(&l->dir);
	return err == -EPERM ? -EACCES : err;
}

/* The page, in memory just large enough. */
static int tux_list_page(const struct tux_dirlist *l, void **buf, size_t *len)
{
	struct http_out o;

	http_out_init(&o, NULL, 0);
	http_dir_page(&o, l->path, l->path_len, l->entry, l->nr, l->cut);
	*buf = kvmalloc(TUX_DIRLIST_HEADROOM + o.len, GFP_KERNEL | __GFP_NOWARN);
	if (!*buf)
		return -ENOMEM;
	http_out_init(&o, *buf + TUX_DIRLIST_HEADROOM, o.len);
	http_dir_page(&o, l->path, l->path_len, l->entry, l->nr, l->cut);
	*len = o.len;
	return 0;
}

/**
 * tux_dirlist - make the page of a directory
 * @root: the document root
 * @policy: what may be served
 * @path: the directory: as for tux_file_lookup(), with a slash at its end
 * @buf: receives the page, behind TUX_DIRLIST_HEADROOM free bytes; for kvfree()
 * @len: receives its length
 *
 * Context: the miss pool; blocks.
 * Return: 0, or -ENOENT, -EACCES, -ENOMEM, or another error of
 * tux_file_lookup().
 */
int tux_dirlist(struct tux_docroot *root, const struct tux_file_policy *policy, const char *path,
		void **buf, size_t *len)
{
	const struct cred *old;
	struct tux_dirlist *l;
	int err;

	l = kvmalloc(sizeof(*l), GFP_KERNEL | __GFP_NOWARN);
	if (!l)
		return -ENOMEM;
	memset(l, 0, offsetof(struct tux_dirlist, dir));
	l->ctx.actor = tux_list_actor;
	l->root = root;
	l->policy = policy;
	l->seen = 0;
	l->nr = 0;
	l->cut = false;
	l->names_len = 0;
	err = strscpy(l->path, path, sizeof(l->path));
	if (err < 0) {
		err = -ENAMETOOLONG;
		goto out;
	}
	l->path_len = err;

	old = override_creds(root->cred);
	err = tux_list_collect(l);
	revert_creds(old);
	if (err)
		goto out;
	sort(l->entry, l->nr, sizeof(l->entry[0]), tux_list_compare, NULL);
	err = tux_list_page(l, buf, len);
out:
	kvfree(l);
	return err;
}
