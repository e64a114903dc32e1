// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk from the document root to what a path names.
 *
 * It goes one name at a time and only ever downwards: each name is looked up by
 * the kernel in a directory that an earlier step holds, ".." (which only the
 * body of a symbolic link can contain) goes back to the step that the directory
 * was found by, and the body of an absolute link begins again at the docroot.
 * So there is no way out of the docroot, whatever lies there: it is the same
 * confinement as chroot(2) or LOOKUP_IN_ROOT, without trusting "..".
 *
 * What remains is a directory that is moved out while the walk stands in it.
 * Therefore the caller asks tux_steps_valid() at the end: if no name of the
 * way changed, then there was one moment at which the whole way was as walked.
 *
 * Directories on the way must be searchable by others in the strict sense of
 * the mode bits, and by the docroot's credentials.
 *
 * Contexts: tux_walk() runs in the miss pool under the docroot's credentials
 * and blocks; tux_steps_valid() anywhere.
 */
#include <linux/fs.h>
#include <linux/delayed_call.h>		/* relies on fs.h for NULL */
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/string.h>

#include "compat/compat_file.h"
#include "docroot.h"
#include "file_object.h"

/*
 * What makes answers below a docroot unsure. Its own name is not part of any
 * way, so nobody's revalidation of that matters (on an ext4 that could encrypt,
 * the root directory has such an operation), nor what is mounted on it.
 */
#define TUX_DOCROOT_UNSURE	(TUX_DENTRY_UNSURE & ~(DCACHE_MOUNTED | DCACHE_OP_REVALIDATE | \
						       DCACHE_OP_WEAK_REVALIDATE))

/* As many as the kernel follows in one lookup of its own. */
#define TUX_LINKS_MAX	40

/**
 * tux_sb_refused() - is nothing to be served from this file system?
 * @sb: its superblock
 *
 * File systems that show the kernel's state: their files' sizes are untrue,
 * reading has effects, and some of their links jump anywhere.
 */
bool tux_sb_refused(const struct super_block *sb)
{
	if (sb->s_iflags & SB_I_USERNS_VISIBLE)		/* proc, sysfs */
		return true;
	switch (sb->s_magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case AAFS_MAGIC:
	case SELINUX_MAGIC:
	case SMACK_MAGIC:
	case BPF_FS_MAGIC:
	case PSTOREFS_MAGIC:
	case EFIVARFS_MAGIC:
	case DEVPTS_SUPER_MAGIC:
	case BINFMTFS_MAGIC:
	case NSFS_MAGIC:
	case PIPEFS_MAGIC:
	case SOCKFS_MAGIC:
		return true;
	}
	return false;
}

/*
 * File systems on which nothing changes but by this kernel's own system calls.
 * FUSE can have a block device under it, too, and is the world's all the same.
 */
static bool tux_sb_local(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
		return true;
	case FUSE_SUPER_MAGIC:
		return false;
	}
	return sb->s_type->fs_flags & FS_REQUIRES_DEV;
}

/**
 * tux_steps_valid() - does the way still lead where it led?
 * @steps: the steps of a walk
 * @nr: their number
 * @unsure: dentry flags that make it unsure, but for the docroot itself
 *	(we are below whatever is mounted on it): TUX_DENTRY_UNSURE or 0
 *
 * A sequence number never comes back. So if all of them stand, each checked
 * after this call began, then all stood together when it began.
 *
 * Context: any; the caller holds references on the steps.
 */
bool tux_steps_valid(const struct tux_step *steps, unsigned int nr, unsigned int unsure)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct dentry *d = steps[i].path.dentry;

		if (read_seqcount_retry(&d->d_seq, steps[i].seq))
			return false;
		if (i && unlikely(READ_ONCE(d->d_flags) & unsure))
			return false;
	}
	return true;
}

/*
 * Note a step. Takes over the reference on @path. The name must be checked once
 * more together with the sequence number, since the lookup ended before.
 */
static int tux_walk_note(struct tux_walk *w, unsigned int parent, const struct path *path)
{
	struct tux_step *s = &w->steps[w->nr];
	const struct tux_step *dir = &w->steps[parent];
	struct dentry *d = path->dentry;
	size_t len = strlen(w->name);
	int err = 0;

	if (w->nr == w->max) {
		path_put(path);
		return -ENAMETOOLONG;
	}
	s->path = *path;
	s->parent = parent;
	w->nr++;

	spin_lock(&d->d_lock);
	s->seq = read_seqcount_begin(&d->d_seq);
	s->inode = d->d_inode;
	if (path->mnt != dir->path.mnt)
		w->cacheable = false;
	else if (d->d_parent != dir->path.dentry)
		err = -ESTALE;
	else if (d->d_flags & (DCACHE_OP_HASH | DCACHE_OP_COMPARE))
		w->cacheable = false;
	else if (d->d_name.len != len || memcmp(d->d_name.name, w->name, len))
		err = -ESTALE;
	if (d_unhashed(d) || (d->d_flags & TUX_DENTRY_UNSURE) || !tux_sb_local(d->d_sb))
		w->cacheable = false;
	spin_unlock(&d->d_lock);
	return err;
}

/* Nothing of that name: note the negative dentry that says so. */
static int tux_walk_missing(struct tux_walk *w, unsigned int cur)
{
	const struct path *dir = &w->steps[cur].path;
	struct path path = { .mnt = dir->mnt };
	int err;

	w->end = TUX_END_MISSING;
	path.dentry = lookup_one_unlocked(tux_compat_idmap(dir->mnt), w->name, dir->dentry,
					  strlen(w->name));
	if (IS_ERR(path.dentry)) {
		w->cacheable = false;
		return PTR_ERR(path.dentry) == -ENOENT ? 0 : PTR_ERR(path.dentry);
	}
	mntget(path.mnt);
	err = tux_walk_note(w, cur, &path);
	if (!err && w->steps[w->nr - 1].inode)
		err = -ESTALE;			/* it appeared just now */
	return err;
}

/* Look up w->name in the directory of step @cur. */
static int tux_walk_down(struct tux_walk *w, unsigned int cur)
{
	const struct path *dir = &w->steps[cur].path;
	struct path path;
	int err;

	err = vfs_path_lookup(dir->dentry, dir->mnt, w->name,
			      LOOKUP_NO_MAGICLINKS | LOOKUP_AUTOMOUNT, &path);
	if (err == -ENOENT)
		return tux_walk_missing(w, cur);
	if (err)
		return err;
	if (d_is_negative(path.dentry)) {
		path_put(&path);
		return -ESTALE;
	}
	return tux_walk_note(w, cur, &path);
}

/* Put the body of the link at step @at in front of the names left in @rest. */
static int tux_walk_link(struct tux_walk *w, unsigned int at, const char *rest)
{
	struct dentry *d = w->steps[at].path.dentry;
	DEFINE_DELAYED_CALL(done);
	size_t len, rest_len;
	const char *body;
	int err = 0;

	if (++w->links > TUX_LINKS_MAX || (w->steps[at].path.mnt->mnt_flags & MNT_NOSYMFOLLOW))
		return -ELOOP;
	body = vfs_get_link(d, &done);
	if (IS_ERR_OR_NULL(body)) {
		do_delayed_call(&done);
		return body ? PTR_ERR(body) : -ELOOP;	/* NULL: it jumped */
	}
	len = strlen(body);
	rest_len = strlen(rest);
	if (!len)
		err = -ENOENT;
	else if (len + rest_len + 2 > sizeof(w->rest))
		err = -ENAMETOOLONG;
	if (!err) {
		memmove(w->rest + len + !!rest_len, rest, rest_len + 1);
		memcpy(w->rest, body, len);
		if (rest_len)
			w->rest[len] = '/';
	}
	do_delayed_call(&done);
	return err;
}

/* Take the next name out of @rest into w->name; NULL when there is none left. */
static const char *tux_walk_name(struct tux_walk *w, const char *rest, int *err)
{
	size_t len;

	rest += strspn(rest, "/");
	len = strcspn(rest, "/");
	if (!len)
		return NULL;
	if (len > NAME_MAX) {
		*err = -ENAMETOOLONG;
		return NULL;
	}
	memcpy(w->name, rest, len);
	w->name[len] = '\0';
	return rest + len;
}

/* May the walk go on from step @cur to a further name? Else how did it end? */
static bool tux_walk_may_descend(struct tux_walk *w, unsigned int cur)
{
	const struct inode *inode = w->steps[cur].inode;

	if (!S_ISDIR(inode->i_mode))
		w->end = TUX_END_NOT_DIR;
	else if (!(inode->i_mode & S_IXOTH) || tux_sb_refused(inode->i_sb))
		w->end = TUX_END_DENIED;
	else
		return true;
	return false;
}

static int tux_walk_names(struct tux_walk *w)
{
	const char *rest = w->rest;
	unsigned int cur = 0;
	bool slash = false;
	int err = 0;

	w->end = TUX_END_FOUND;
	while ((rest = tux_walk_name(w, rest, &err))) {
		slash = *rest == '/';
		w->target = cur;
		/* The path's own last name, not the last one of a link's body. */
		if (!*rest && !w->dir)
			w->dir = cur + 1;
		if (!tux_walk_may_descend(w, cur))
			return 0;
		if (!strcmp(w->name, "."))
			continue;
		if (!strcmp(w->name, "..")) {
			cur = w->steps[cur].parent;
			continue;
		}
		err = tux_walk_down(w, cur);
		if (err == -EACCES)
			w->end = TUX_END_DENIED;	/* but for that the step is good */
		if (err)
			return err == -EACCES ? 0 : err;
		w->target = w->nr - 1;
		if (w->end == TUX_END_MISSING)
			return 0;
		if (d_is_symlink(w->steps[w->nr - 1].path.dentry)) {
			if (tux_sb_refused(w->steps[w->nr - 1].inode->i_sb)) {
				w->end = TUX_END_DENIED;
				return 0;
			}
			err = tux_walk_link(w, w->nr - 1, rest);
			if (err)
				return err;
			rest = w->rest;
			if (*rest == '/')
				cur = 0;
			continue;
		}
		cur = w->nr - 1;
	}
	if (err)
		return err;
	w->target = cur;
	if (slash && !S_ISDIR(w->steps[cur].inode->i_mode))
		w->end = TUX_END_NOT_DIR;
	return 0;
}

const char *const tux_sibling_suffix[TUX_NR_SIBLINGS] = { ".br", ".zst", ".gz" };

static bool tux_name_ends(const char *name, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && !memcmp(name + len - n, suffix, n);
}

/* What is compressed has no compressed siblings. */
static bool tux_name_is_sibling(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < TUX_NR_SIBLINGS; i++)
		if (tux_name_ends(name, len, tux_sibling_suffix[i]))
			return true;
	return false;
}

static int tux_walk_sibling(struct tux_walk *w, const char *name, size_t len, unsigned int i)
{
	const char *suffix = tux_sibling_suffix[i];
	size_t suffix_len = strlen(suffix);
	const struct tux_step *s;
	int err;

	/* A name that cannot be. */
	if (len + suffix_len > NAME_MAX)
		return 0;
	memcpy(w->name, name, len);
	memcpy(w->name + len, suffix, suffix_len + 1);
	err = tux_walk_down(w, w->dir - 1);
	if (err == -ENAMETOOLONG)
		return 0;
	if (err)
		return err;
	if (w->end == TUX_END_MISSING) {
		w->end = TUX_END_FOUND;
		return 0;
	}
	s = &w->steps[w->nr - 1];
	if (S_ISREG(s->inode->i_mode) || S_ISLNK(s->inode->i_mode))
		w->siblings |= BIT(i);
	return 0;
}

/**
 * tux_walk_siblings() - note the compressed siblings of what was found
 * @w: a walk that ended at a regular file
 * @path: the path that was walked
 *
 * They are looked up beside the path's last name, also when that is a link to
 * somewhere else. Those that are missing are noted as well, since their coming
 * is a change.
 *
 * Context: as tux_walk().
 * Return: 0, with @w->siblings set, or an error as from tux_walk().
 */
int tux_walk_siblings(struct tux_walk *w, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	size_t len = strlen(name);
	unsigned int i;
	int err = 0;

	if (!w->dir || tux_name_is_sibling(name, len))
		return 0;
	w->max = w->nr + TUX_NR_SIBLINGS;
	for (i = 0; i < TUX_NR_SIBLINGS && !err; i++)
		err = tux_walk_sibling(w, name, len, i);
	return err;
}

/**
 * tux_walk_drop() - give back what a walk holds
 * @w: the walk
 */
void tux_walk_drop(struct tux_walk *w)
{
	while (w->nr)
		path_put(&w->steps[--w->nr].path);
}

/**
 * tux_walk() - walk a path
 * @w: receives the way; the caller gives it back by tux_walk_drop()
 * @root: where to begin
 * @path: the path, below TUX_PATH_MAX bytes
 *
 * Context: process context, under the docroot's credentials; blocks.
 * Return: 0, then @w->end says what was found, -ESTALE if something moved
 * meanwhile, or another error. To be followed by tux_steps_valid().
 */
int tux_walk(struct tux_walk *w, const struct tux_docroot *root, const char *path)
{
	struct dentry *d = root->path.dentry;
	int err;

	w->root = root;
	w->links = 0;
	w->target = 0;
	w->dir = 0;
	w->siblings = 0;
	w->max = TUX_STEPS_MAX;
	w->cacheable = tux_sb_local(d->d_sb) && !(d->d_flags & TUX_DOCROOT_UNSURE);
	w->nr = 1;
	w->steps[0].path = root->path;
	path_get(&root->path);
	w->steps[0].inode = d_inode(d);
	w->steps[0].parent = 0;
	w->steps[0].seq = read_seqcount_begin(&d->d_seq);
	strscpy(w->rest, path, sizeof(w->rest));
	err = tux_walk_names(w);
	w->way = w->nr;
	return err;
}
