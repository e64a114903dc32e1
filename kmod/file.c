// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: what a path names, whether it may be served, and its bytes.
 *
 * The way of a lookup:
 *
 *	path ─→ cache ─→ object ─→ still true? ─→ allowed now? ─→ file or refusal
 *	          │                    │ no              │ cannot say without blocking
 *	          └── not there ──────→┴────────────────→┴─→ miss pool: walk anew
 *
 * "Still true" is decided for each request, not by time: all names on the way
 * stand (tux_steps_valid()), and the inode's change counter, size and times are
 * those that the object was made with. "Allowed" is asked for each request,
 * too, of the live inodes: mode bits, access lists, security modules. So an
 * object is never wrong, only out of date, and then it is made anew.
 * docs/files.rst has the argument in full.
 *
 * What an object owns: its steps (dentries and mounts, which pin the inodes), a
 * reference on the credentials, the prepared response head. No open file:
 * those are a scarce thing of the whole machine; one is opened when cold
 * pages have to be read, in the miss pool, and closed there. Only where opening
 * again could give another file (network file systems) one stays open, for the
 * one request that uses the object.
 *
 * Contexts: lookups with TUX_LOOKUP_NOWAIT and reads with @nowait on workers;
 * without, in the miss pool; the last put anywhere, the release in a work item.
 */
#include <linux/cred.h>
#include <linux/dax.h>
#include <linux/fadvise.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/iversion.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/swap.h>
#include <linux/uio.h>
#include <linux/workqueue.h>

#include "compat/compat_file.h"
#include "docroot.h"
#include "file_object.h"
#include "mime.h"

/* Brought into memory when a file is resolved: what goes out with the head. */
#define TUX_WARM_FIRST		(64U << 10)
/* A time stamp younger than this may be given to a later change as well. */
#define TUX_TIME_GRAIN		(2 * TICK_NSEC)

/*
 * Said by tux_judge(): what made the object end where it does is no longer so. Not an errno,
 * since file systems and security modules may say any of these.
 */
#define TUX_OUTDATED		1

struct workqueue_struct *tux_file_wq;

/* Counts the changes of what heads are made of; see tux_file_renew(). */
static atomic_t tux_files_generation = ATOMIC_INIT(0);

/* Objects whose last reference was put, waiting for tux_objects_release(). */
static LLIST_HEAD(tux_released);

/* --- the life of an object --- */

/**
 * tux_object_close() - close a file that tux_object_open() opened
 * @file: the file
 *
 * At once where that is possible, so that the file system is free for umount
 * when this returns: fput() leaves it to a later moment.
 */
void tux_object_close(struct file *file)
{
	if (current->flags & PF_KTHREAD)
		__fput_sync(file);
	else
		fput(file);
}

static void tux_object_free(struct tux_object *obj)
{
	unsigned int i;

	if (obj->reader)
		tux_object_close(obj->reader);
	for (i = 0; i < obj->nr_steps; i++)
		path_put(&obj->steps[i].path);
	put_cred(obj->cred);
	for (i = 0; i < TUX_NR_ROLES; i++)
		kfree(obj->file.head[i]);
	kfree_rcu(obj, file.rcu);
}

/**
 * tux_objects_release() - free every object whose last reference was put
 *
 * Context: process context; may block on a file system.
 */
void tux_objects_release(void)
{
	struct llist_node *list = llist_del_all(&tux_released);
	struct tux_object *obj, *next;

	llist_for_each_entry_safe(obj, next, list, file.free_node) {
		tux_object_free(obj);
		cond_resched();
	}
}

static void tux_release_work_fn(struct work_struct *work)
{
	tux_objects_release();
}

static DECLARE_WORK(tux_release_work, tux_release_work_fn);

void tux_file_put(struct tux_file *file)
{
	if (!file || !refcount_dec_and_test(&file->refs))
		return;
	if (llist_add(&file->free_node, &tux_released))
		queue_work(tux_file_wq, &tux_release_work);
}

void tux_file_flush(void)
{
	flush_workqueue(tux_file_wq);
	/* Other items of the queue may have put objects meanwhile. */
	flush_work(&tux_release_work);
}

int tux_file_init(void)
{
	int err;

	tux_file_wq = alloc_workqueue("tux_file", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!tux_file_wq)
		return -ENOMEM;
	err = tux_cache_init();
	if (err)
		destroy_workqueue(tux_file_wq);
	return err;
}

void tux_file_exit(void)
{
	tux_cache_exit();
	tux_file_flush();
	destroy_workqueue(tux_file_wq);
	tux_mime_exit();
}

void *tux_file_set_head(struct tux_file *file, enum tux_file_role role, void *head)
{
	/* Pairs with smp_load_acquire() in tux_file_head(). */
	void *old = cmpxchg_release(&file->head[role], NULL, head);

	if (!old)
		return head;
	kfree(head);
	/* The other's head must be seen whole. */
	return tux_file_head(file, role);
}

u32 tux_file_generation(void)
{
	/* Before the settings. Pairs with tux_file_renew(). */
	return atomic_read_acquire(&tux_files_generation);
}

void tux_file_renew(void)
{
	/* Fully ordered: the settings come first. */
	atomic_inc_return(&tux_files_generation);
}

/* --- is it still true? --- */

static struct dentry *tux_object_dentry(const struct tux_object *obj)
{
	return obj->steps[obj->target].path.dentry;
}

static bool tux_object_is_file(const struct tux_object *obj)
{
	return obj->end == TUX_END_FOUND && S_ISREG(obj->steps[obj->target].inode->i_mode);
}

/*
 * How old a file's ctime has to be so that no later change is given the same. FAT keeps it in
 * steps of two seconds, whatever it says of its times' granularity.
 */
static s64 tux_time_grain(const struct super_block *sb)
{
	if (sb->s_magic == MSDOS_SUPER_MAGIC)
		return 4LL * NSEC_PER_SEC;
	return max_t(s64, TUX_TIME_GRAIN, 2LL * sb->s_time_gran);
}

/*
 * What tells two contents apart, as one number. The mtime can be set back, so it does not
 * without the ctime; inode numbers are used again, with another generation.
 */
static u64 tux_object_tag(const struct tux_object *obj)
{
	static const siphash_key_t spread;	/* no secret: tags outlive the server */
	const struct tux_file *f = &obj->file;
	const u64 parts[] = {
		obj->inode->i_ino,
		obj->inode->i_generation,
		f->version,
		f->mtime.tv_sec,
		f->mtime.tv_nsec,
		obj->ctime.tv_sec,
		obj->ctime.tv_nsec,
	};

	return siphash(parts, sizeof(parts), &spread);
}

/*
 * Is somebody just writing? First the counter and the times are moved, then the bytes, and
 * meanwhile the inode is locked, or counts direct I/O. Others lock it, too: that does no harm.
 */
static bool tux_inode_changing(struct inode *inode)
{
	/* Counter and times were read before: whoever had moved them is seen here. */
	smp_rmb();
	return inode_is_locked(inode) || atomic_read(&inode->i_dio_count);
}

/*
 * Note what the file is like. The change counter comes first: a change after
 * it moves the counter, and one that is just happening moves the size or a time
 * after it.
 */
static void tux_object_sample(struct tux_object *obj)
{
	struct inode *inode = d_real_inode(tux_object_dentry(obj));
	s64 grain = tux_time_grain(inode->i_sb);
	struct timespec64 now;
	s64 age;

	obj->inode = inode;
	obj->file.version = IS_I_VERSION(inode) ? inode_query_iversion(inode) : 0;
	obj->file.size = i_size_read(inode);
	obj->file.mtime = tux_compat_mtime(inode);
	obj->ctime = tux_compat_ctime(inode);
	obj->file.tag = tux_object_tag(obj);

	if (tux_inode_changing(inode)) {
		obj->file.settled = false;
		grain = TUX_TIME_GRAIN;
	} else {
		ktime_get_coarse_real_ts64(&now);
		age = timespec64_to_ns(&now) - timespec64_to_ns(&obj->ctime);
		obj->file.settled = IS_I_VERSION(inode) || age >= grain;
	}
	obj->expires = obj->file.settled ? 0 : (jiffies + nsecs_to_jiffies(grain) + 1) ?: 1;
}

static bool tux_same_time(struct timespec64 a, struct timespec64 b)
{
	return a.tv_nsec == b.tv_nsec && a.tv_sec == b.tv_sec;
}

/* Has the file of an object not been changed, nor exchanged by a copy-up? */
static bool tux_content_valid(const struct tux_object *obj)
{
	const struct inode *inode = obj->inode;

	if (unlikely(d_real_inode(tux_object_dentry(obj)) != inode))
		return false;
	if (IS_I_VERSION(inode) && inode_peek_iversion(inode) != obj->file.version)
		return false;
	if (unlikely(obj->expires && time_after(jiffies, obj->expires)))
		return false;
	return i_size_read(inode) == obj->file.size &&
	       tux_same_time(tux_compat_mtime(inode), obj->file.mtime) &&
	       tux_same_time(tux_compat_ctime(inode), obj->ctime);
}

static bool tux_object_valid(const struct tux_object *obj)
{
	/* Kept are only ways on one mount. It may have been mounted anew, with nosymfollow. */
	if (unlikely(obj->linked) &&
	    (READ_ONCE(obj->steps[0].path.mnt->mnt_flags) & MNT_NOSYMFOLLOW))
		return false;
	return tux_steps_valid(obj->steps, obj->nr_steps, TUX_DENTRY_UNSURE) &&
	       (!obj->inode || tux_content_valid(obj));
}

/* --- may it be served? --- */

/* Ask everybody but the mode bits of "others", which the callers look at. */
static int tux_may(const struct tux_step *s, int mask)
{
	int err = inode_permission(tux_compat_idmap(s->path.mnt), s->inode, mask);

	return err == -EPERM ? -EACCES : err;
}

/**
 * tux_judge_way() - may every directory on the way be searched?
 * @steps: the way
 * @nr: number of steps
 * @except: one that need not be, since it is what was asked for; or @nr
 * @mask: MAY_NOT_BLOCK, under RCU, or 0
 *
 * Context: under the docroot's credentials.
 * Return: 0, -EACCES, or -ECHILD: cannot be told without blocking.
 */
int tux_judge_way(const struct tux_step *steps, unsigned int nr, unsigned int except, int mask)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		const struct tux_step *s = &steps[i];

		if (i == except || !s->inode || !S_ISDIR(s->inode->i_mode))
			continue;
		if (!(READ_ONCE(s->inode->i_mode) & S_IXOTH))
			return -EACCES;
		err = tux_may(s, mask | MAY_EXEC);
		if (err)
			return err;
	}
	return 0;
}

/**
 * tux_judge_step() - may this file be served?
 * @s: the step that led to it
 * @size: its size
 * @policy: what may be served
 * @mask: MAY_NOT_BLOCK, under RCU, or 0
 *
 * Context: under the docroot's credentials.
 * Return: 0, -EISDIR for a directory, -EACCES, -EFBIG, or -ECHILD: cannot be
 * told without blocking.
 */
int tux_judge_step(const struct tux_step *s, loff_t size, const struct tux_file_policy *policy,
		   int mask)
{
	umode_t mode = READ_ONCE(s->inode->i_mode);
	int err;

	if (S_ISDIR(mode))
		return -EISDIR;
	if (!S_ISREG(mode) || tux_sb_refused(s->inode->i_sb))
		return -EACCES;
	if (policy->mode_allowed && !(mode & policy->mode_allowed))
		return -EACCES;
	if (mode & policy->mode_forbidden)
		return -EACCES;
	err = tux_may(s, mask | MAY_READ);
	if (err)
		return err;
	if (policy->max_object_size && size > policy->max_object_size)
		return -EFBIG;
	return 0;
}

/*
 * The answer that an object stands for, as things are now. @mask is
 * MAY_NOT_BLOCK, under RCU, or 0.
 *
 * -ECHILD: cannot be told without blocking. TUX_OUTDATED: the walk had stopped at
 * a directory that may now be searched, or the file was never opened because it
 * was refused.
 */
static int tux_judge(const struct tux_object *obj, const struct tux_file_policy *policy, int mask)
{
	bool found = obj->end == TUX_END_FOUND;
	int err = tux_judge_way(obj->steps, obj->nr_way, found ? obj->target : obj->nr_way, mask);

	if (err)
		return err;
	switch ((enum tux_end)obj->end) {
	case TUX_END_FOUND:
		err = tux_judge_step(&obj->steps[obj->target], obj->file.size, policy, mask);
		return err || obj->opened ? err : TUX_OUTDATED;
	case TUX_END_DENIED:
		return TUX_OUTDATED;
	case TUX_END_MISSING:
	case TUX_END_NOT_DIR:
		break;
	}
	return -ENOENT;
}

/* As tux_judge(), for an object from the cache, but -ESTALE: make it anew. */
static int tux_object_answer(const struct tux_docroot *root, const struct tux_object *obj,
			     const struct tux_file_policy *policy, bool nowait)
{
	const struct cred *old;
	int err;

	if (obj->generation != policy->generation || !tux_object_valid(obj))
		return -ESTALE;
	old = override_creds(root->cred);
	if (nowait) {
		rcu_read_lock();
		err = tux_judge(obj, policy, MAY_NOT_BLOCK);
		rcu_read_unlock();
	} else {
		err = tux_judge(obj, policy, 0);
	}
	revert_creds(old);
	return err == TUX_OUTDATED ? -ESTALE : err;
}

/* --- making an object --- */

static bool tux_walk_at_file(const struct tux_walk *w)
{
	return w->end == TUX_END_FOUND && S_ISREG(w->steps[w->target].inode->i_mode);
}

/* The steps of the walk become the object's. */
static struct tux_object *tux_object_new(struct tux_walk *w, const char *name, size_t len,
					 u32 hash)
{
	struct tux_object *obj;

	obj = kzalloc(struct_size(obj, steps, w->nr) + len + 1, GFP_KERNEL);
	if (!obj)
		return NULL;
	refcount_set(&obj->file.refs, 1);
	obj->hash = hash;
	obj->name = (char *)&obj->steps[w->nr];
	obj->name_len = len;
	memcpy(obj->name, name, len);
	obj->cred = get_cred(w->root->cred);
	obj->end = w->end;
	obj->target = w->target;
	obj->nr_steps = w->nr;
	obj->nr_way = w->way;
	obj->linked = w->links;
	obj->file.siblings = w->siblings;
	memcpy(obj->steps, w->steps, w->nr * sizeof(*w->steps));
	w->nr = 0;
	if (tux_object_is_file(obj)) {
		obj->file.type_len = tux_mime_lookup(name, len, obj->file.type);
		tux_object_sample(obj);
	}
	return obj;
}

/**
 * tux_object_open() - open a file to read it
 * @obj: the object of a regular file
 *
 * Whether it may be read was decided by the lookup; this is for the file
 * system. Without waiting for whoever holds a lease, and without access times.
 *
 * Context: process context; may block.
 * Return: the file, to be closed by tux_object_close(), or an ERR_PTR.
 */
struct file *tux_object_open(struct tux_object *obj)
{
	struct file *file;

	if (obj->reader)
		return get_file(obj->reader);
	file = dentry_open(&obj->steps[obj->target].path,
			   O_RDONLY | O_LARGEFILE | O_NONBLOCK | O_NOATIME, obj->cred);
	if (file == ERR_PTR(-EAGAIN))
		return ERR_PTR(-EBUSY);
	/* Of NFS, for open(2) to look the name up anew. */
	if (file == ERR_PTR(-EOPENSTALE))
		return ERR_PTR(-ESTALE);
	return file;
}

/* Is there a page cache in which the bytes of this file are found as they are? */
static bool tux_page_cache_usable(const struct inode *inode)
{
	const struct address_space_operations *a_ops = inode->i_mapping->a_ops;

	return !IS_DAX(inode) &&
	       (a_ops->read_folio || a_ops->readahead || shmem_mapping(inode->i_mapping));
}

/*
 * What the inode says is only as good as the last answer of whoever else may
 * change the file, where there is such a one: have it brought up to date.
 */
static int tux_object_refresh(struct tux_object *obj)
{
	struct kstat stat;
	int err;

	err = vfs_getattr(&obj->steps[obj->target].path, &stat, STATX_BASIC_STATS,
			  AT_STATX_SYNC_AS_STAT);
	if (!err)
		tux_object_sample(obj);
	return err == -EPERM ? -EACCES : err;
}

/* Open it once: everybody who has a say in that is asked, and the file read on. */
static int tux_object_first_open(struct tux_object *obj, bool cacheable)
{
	struct file *file = tux_object_open(obj);

	if (IS_ERR(file))
		return PTR_ERR(file) == -EPERM ? -EACCES : PTR_ERR(file);
	obj->opened = true;
	obj->direct = !cacheable || !tux_page_cache_usable(obj->inode);
	if (!obj->direct)
		tux_object_warm(obj, file, 0, TUX_WARM_FIRST);
	if (cacheable)
		tux_object_close(file);
	else
		obj->reader = file;
	return 0;
}

/*
 * One walk and what comes of it. *@res is set, with a reference, unless an error
 * left nothing to keep. -ESTALE, which may come from the file system as well, is such
 * an error: whoever asks again gets another object.
 */
static int tux_object_make(struct tux_walk *w, const struct tux_docroot *root,
			   const struct tux_file_policy *policy, const char *name, size_t len,
			   u32 hash, struct tux_object **res)
{
	struct tux_object *obj;
	int err;

	*res = NULL;
	err = tux_walk(w, root, name);
	if (!err && policy->siblings && tux_walk_at_file(w))
		err = tux_walk_siblings(w, name);
	if (err)
		goto drop_walk;
	obj = tux_object_new(w, name, len, hash);
	if (!obj) {
		err = -ENOMEM;
		goto drop_walk;
	}
	if (tux_object_is_file(obj) && !w->cacheable)
		err = tux_object_refresh(obj);
	if (!err)
		err = tux_judge(obj, policy, 0);
	if (err == TUX_OUTDATED)
		err = obj->end == TUX_END_DENIED ? -EACCES :
						   tux_object_first_open(obj, w->cacheable);
	if (err == -ESTALE || !tux_steps_valid(obj->steps, obj->nr_steps, 0)) {
		tux_file_put(&obj->file);
		return -ESTALE;
	}
	obj->generation = policy->generation;
	obj->refusal = err;
	*res = obj;
	return err;

drop_walk:
	tux_walk_drop(w);
	return err;
}

/* What is not -ENOENT, -EACCES, … of the file itself is not worth keeping. */
static bool tux_answer_lasts(int answer)
{
	switch (answer) {
	case 0:
	case -ENOENT:
	case -EACCES:
	case -EISDIR:
	case -EFBIG:
		return true;
	}
	return false;
}

/* Walk, as often as it takes; keep what was found. */
static int tux_file_resolve(struct tux_docroot *root, const struct tux_file_policy *policy,
			    const char *name, size_t len, u32 hash, struct tux_file **res)
{
	unsigned int tries = TUX_WALK_TRIES;
	struct tux_object *obj;
	const struct cred *old;
	struct tux_walk *w;
	int err;

	w = kmalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;
	old = override_creds(root->cred);
	do {
		err = tux_object_make(w, root, policy, name, len, hash, &obj);
	} while (err == -ESTALE && --tries);
	revert_creds(old);
	if (obj && w->cacheable && tux_answer_lasts(err))
		tux_cache_insert(root->cache, obj);
	kfree(w);
	if (!err)
		*res = &obj->file;
	else if (obj)
		tux_file_put(&obj->file);
	return err == -EAGAIN ? -EBUSY : err;
}

/* --- lookup --- */

static int tux_lookup_name(struct tux_docroot *root, const struct tux_file_policy *policy,
			   const char *name, size_t len, unsigned int flags,
			   struct tux_file **res)
{
	bool nowait = flags & TUX_LOOKUP_NOWAIT;
	u32 hash = tux_cache_hash(root->cache, name, len);
	struct tux_object *obj;
	int err = -ESTALE;

	obj = tux_cache_find(root->cache, name, len, hash);
	if (obj) {
		err = tux_object_answer(root, obj, policy, nowait);
		if (!err) {
			tux_cache_count(root->cache, true);
			*res = &obj->file;
			return 0;
		}
		if (err == -ESTALE) {
			tux_cache_remove(root->cache, obj);
			tux_cache_count_stale(root->cache);
		}
		tux_file_put(&obj->file);
	}
	if (err != -ESTALE && err != -ECHILD) {
		tux_cache_count(root->cache, true);
		return err;
	}
	if (nowait)
		return -EAGAIN;
	tux_cache_count(root->cache, false);
	return tux_file_resolve(root, policy, name, len, hash, res);
}

/* A path that ends in a slash: the directory's index file is meant. */
static noinline_for_stack int tux_lookup_index(struct tux_docroot *root,
					       const struct tux_file_policy *policy,
					       const char *path, size_t len, unsigned int flags,
					       struct tux_file **res)
{
	size_t index_len = strlen(policy->index);
	char name[TUX_PATH_MAX];
	int err;

	if (!index_len)
		return -ENOENT;
	if (len + index_len >= sizeof(name))
		return -ENAMETOOLONG;
	memcpy(name, path, len);
	memcpy(name + len, policy->index, index_len + 1);
	err = tux_lookup_name(root, policy, name, len + index_len, flags, res);
	/* An index that is a directory is no index. */
	return err == -EISDIR ? -ENOENT : err;
}

/* One pass: the length, and whether any name begins with a dot. */
static size_t tux_path_scan(const char *path, bool *dot)
{
	const char *p = path;
	char before = 0;

	*dot = false;
	for (; *p; before = *p++)
		if (*p == '.' && before == '/')
			*dot = true;
	return p - path;
}

int tux_file_lookup(struct tux_docroot *root, const struct tux_file_policy *policy,
		    const char *path, unsigned int flags, struct tux_file **res)
{
	size_t len;
	bool dot;

	*res = NULL;
	len = tux_path_scan(path, &dot);
	if (!len || *path != '/')
		return -ENOENT;
	if (len >= TUX_PATH_MAX)
		return -ENAMETOOLONG;
	if (dot && policy->hide_dot_files)
		return -ENOENT;
	if (path[len - 1] == '/')
		return tux_lookup_index(root, policy, path, len, flags, res);
	return tux_lookup_name(root, policy, path, len, flags, res);
}

void tux_file_plain_type(const struct tux_file *file, const char *suffix,
			 char type[TUX_MIME_MAX + 1])
{
	const struct tux_object *obj = container_of(file, struct tux_object, file);

	tux_mime_lookup(obj->name, obj->name_len - strlen(suffix), type);
}

void tux_file_forget(struct tux_docroot *root)
{
	tux_cache_empty(root->cache);
}

void tux_file_get_stats(struct tux_docroot *root, struct tux_file_stats *stats)
{
	tux_cache_stats(root->cache, stats);
}

/* --- bytes --- */

static bool tux_page_resident(struct inode *inode, loff_t pos)
{
	struct folio *folio = tux_compat_get_folio(inode->i_mapping, pos >> PAGE_SHIFT);
	bool resident;

	if (!folio)
		return false;
	resident = tux_folio_good(folio);
	folio_put(folio);
	return resident;
}

/**
 * tux_object_warm() - bring a part of a file into the page cache
 * @obj: its object
 * @file: the file, open
 * @pos: from where
 * @len: how much
 *
 * Reads without copying anything, and has the file system begin with what
 * comes next. Already resident pages at the beginning cost next to nothing.
 *
 * Context: process context; blocks.
 * Return: 0, -ESTALE (the file ends before @pos), or an error.
 */
int tux_object_warm(struct tux_object *obj, struct file *file, loff_t pos, size_t len)
{
	loff_t size = i_size_read(obj->inode);
	struct iov_iter iter;
	ssize_t n;

	if (pos >= size)
		return size == obj->file.size ? 0 : -ESTALE;
	len = min_t(loff_t, len, size - pos);
	if (len <= PAGE_SIZE && tux_page_resident(obj->inode, pos) &&
	    tux_page_resident(obj->inode, pos + len - 1))
		return 0;
	while (len) {
		iov_iter_discard(&iter, READ, len);
		n = vfs_iter_read(file, &iter, &pos, 0);
		if (n <= 0)
			return n;
		len -= n;
		cond_resched();
	}
	if (pos < size)
		vfs_fadvise(file, pos, TUX_WARM_MAX, POSIX_FADV_WILLNEED);
	return 0;
}

int tux_file_warm(struct tux_file *file, loff_t pos, size_t len)
{
	struct tux_object *obj = tux_object(file);
	struct file *reader;
	int err;

	if (obj->direct)
		return -EOPNOTSUPP;
	reader = tux_object_open(obj);
	if (IS_ERR(reader))
		return PTR_ERR(reader);
	err = tux_object_warm(obj, reader, pos, min_t(size_t, len, TUX_WARM_MAX));
	tux_object_close(reader);
	/* A hole in a tmpfs file has no pages, however often it is read. */
	if (!err && pos < file->size && !tux_page_resident(obj->inode, pos))
		err = -EOPNOTSUPP;
	return err;
}

/*
 * Copy what is in memory, up to the first page that is not. Short of @len it
 * says by @cold whether that was the reason, or the end of the file.
 */
static size_t tux_copy_resident(struct inode *inode, loff_t pos, void *buf, size_t len, bool *cold)
{
	size_t done = 0;

	*cold = false;
	while (done < len) {
		pgoff_t index = (pos + done) >> PAGE_SHIFT;
		size_t off = offset_in_page(pos + done);
		size_t n = min_t(size_t, len - done, PAGE_SIZE - off);
		struct folio *folio = tux_compat_get_folio(inode->i_mapping, index);
		loff_t size;

		if (!folio || !tux_folio_good(folio)) {
			if (folio)
				folio_put(folio);
			*cold = i_size_read(inode) > pos + done;
			break;
		}
		/* After the page was found in place: what lies beyond is not the file's. */
		size = i_size_read(inode);
		if (pos + done >= size)
			n = 0;
		else
			n = min_t(loff_t, n, size - pos - done);
		memcpy_from_page(buf + done, folio_file_page(folio, index), off, n);
		folio_mark_accessed(folio);
		folio_put(folio);
		if (!n)
			break;
		done += n;
	}
	return done;
}

/* Read the rest the slow way. */
static ssize_t tux_copy_reading(struct tux_object *obj, loff_t pos, void *buf, size_t len)
{
	struct file *file = tux_object_open(obj);
	size_t done = 0;
	ssize_t n = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	while (done < len) {
		n = kernel_read(file, buf + done, len - done, &pos);
		if (n <= 0)
			break;
		done += n;
	}
	tux_object_close(file);
	return n < 0 ? n : done;
}

ssize_t tux_file_read(struct tux_file *file, loff_t pos, void *buf, size_t len, bool nowait)
{
	struct tux_object *obj = tux_object(file);
	bool cold = true;
	size_t done = 0;
	ssize_t n;

	if (!obj->direct)
		done = tux_copy_resident(obj->inode, pos, buf, len, &cold);
	if (done == len || !cold)
		return done;
	if (nowait)
		return -EAGAIN;
	n = tux_copy_reading(obj, pos + done, buf + done, len - done);
	return n < 0 ? n : done + n;
}
