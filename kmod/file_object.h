/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What file.c, file_walk.c, file_cache.c, sendfile.c and dirlist.c share; nobody else
 * includes it.
 *
 * A walk (file_walk.c) goes from the docroot to what a path names and notes
 * every step: the directory, link or file it met, and the sequence number of
 * that name at that moment. file.c makes an object of it. As long as every
 * step's number stands, the same walk would end at the same place.
 */
#ifndef _TUX_FILE_OBJECT_H
#define _TUX_FILE_OBJECT_H

#include <linux/dcache.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/page-flags.h>
#include <linux/path.h>

#include "file.h"

struct tux_docroot;
struct tux_file_cache;

/*
 * What makes a sequence number say too little: something may be mounted on the
 * dentry (in any namespace), the file system wants to be asked whether the
 * name is still good, or names are equal in its own way.
 */
#define TUX_DENTRY_UNSURE	(DCACHE_MANAGED_DENTRY | DCACHE_OP_HASH | DCACHE_OP_COMPARE | \
				 DCACHE_OP_REVALIDATE | DCACHE_OP_WEAK_REVALIDATE)

/**
 * enum tux_end - how a walk ended
 * @TUX_END_FOUND: at an inode, of whatever type
 * @TUX_END_MISSING: at a name that does not exist
 * @TUX_END_DENIED: at a directory that others may not search, names left to go
 * @TUX_END_NOT_DIR: at something that is no directory, names left to go
 */
enum tux_end {
	TUX_END_FOUND,
	TUX_END_MISSING,
	TUX_END_DENIED,
	TUX_END_NOT_DIR,
};

/**
 * struct tux_step - one name on the way
 * @path: what the name led to; a negative dentry where there was nothing;
 *	pinned, with its mount
 * @inode: its inode, NULL for a negative dentry; does not change while pinned
 * @seq: the dentry's sequence number when it was seen under this name, in the
 *	directory of the step before. It counts every rename, removal and (for a
 *	negative one) creation.
 * @parent: the step of the directory that it was found in; 0 for the docroot
 */
struct tux_step {
	struct path	path;
	struct inode	*inode;
	unsigned int	seq;
	unsigned int	parent;
};

/**
 * struct tux_walk - a walk in progress; too large for a stack
 * @root: where it begins
 * @end: how it ended
 * @cacheable: whether sequence numbers tell the whole truth about every step
 * @links: symbolic links followed
 * @nr: steps noted; each holds a reference
 * @target: the step where it ended
 * @dir: 1 + the step of the directory in which the path's last name was looked
 *	up; 0 when the walk did not come so far
 * @way: steps that lead to @target; behind them are those of siblings
 * @max: steps that there may be
 * @siblings: bit mask as in struct tux_file
 * @steps: the steps; the first is the docroot
 * @rest: names still to go
 * @name: the name being looked up
 */
struct tux_walk {
	const struct tux_docroot *root;
	enum tux_end	end;
	bool		cacheable;
	unsigned int	links;
	unsigned int	nr;
	unsigned int	target;
	unsigned int	dir;
	unsigned int	way;
	unsigned int	max;
	u8		siblings;
	struct tux_step	steps[TUX_STEPS_MAX + TUX_NR_SIBLINGS];
	char		rest[PATH_MAX];
	char		name[NAME_MAX + 1];
};

/**
 * struct tux_object - an answer: a path, the way it leads, what it names
 * @file: what callers see of it
 * @node: in the cache's hash table
 * @lru: in one of the cache's lists
 * @hash: of @name
 * @name_len: length of @name
 * @nr_steps: number of @steps
 * @nr_way: of these, the first ones that lead to the file; then come its
 *	siblings, there or not
 * @target: the step that @name leads to
 * @end: how the walk ended
 * @opened: opening it for reading was allowed (and then is not tried again
 *	while nothing changes)
 * @refusal: counts as a refusal in the cache; they have a share of their own
 * @cached: in the cache; under the cache's lock
 * @direct: the page cache cannot be used, bytes come through @reader only
 * @linked: symbolic links were followed on the way
 * @generation: of the policy that it was made under
 * @used: jiffies when it was last found
 * @stamp: jiffies when it was last put at the end of @lru
 * @expires: jiffies when it is to be made anew, 0 for never: what is not settled
 *	is so with time
 * @inode: whose page cache holds the bytes: the real one on overlayfs
 * @ctime: of @inode
 * @cred: rights to open it with
 * @reader: opened file, only where opening again could mean another file
 * @name: the path asked for, with the index file's name; behind @steps
 * @steps: the way
 */
struct tux_object {
	struct tux_file		file;
	struct hlist_node	node;
	struct list_head	lru;
	u32			hash;
	u16			name_len;
	u8			nr_steps;
	u8			nr_way;
	u8			target;
	u8			end;
	bool			opened;
	bool			refusal;
	bool			cached;
	bool			direct;
	bool			linked;
	u32			generation;
	unsigned long		used;
	unsigned long		stamp;
	unsigned long		expires;
	struct inode		*inode;
	struct timespec64	ctime;
	const struct cred	*cred;
	struct file		*reader;
	char			*name;
	struct tux_step		steps[];
};

static inline struct tux_object *tux_object(struct tux_file *file)
{
	return container_of(file, struct tux_object, file);
}

/*
 * May the bytes of this folio be sent? A page whose memory has failed stays in tmpfs, up to date
 * as before, so that readers get an error and not the file of old.
 */
static inline bool tux_folio_good(struct folio *folio)
{
	return folio_test_uptodate(folio) && likely(!folio_test_hwpoison(folio)) &&
	       !(folio_test_large(folio) && unlikely(folio_test_has_hwpoisoned(folio)));
}

/* file_walk.c */
int tux_walk(struct tux_walk *w, const struct tux_docroot *root, const char *path);
int tux_walk_siblings(struct tux_walk *w, const char *path);
void tux_walk_drop(struct tux_walk *w);
bool tux_steps_valid(const struct tux_step *steps, unsigned int nr, unsigned int unsure);
bool tux_sb_refused(const struct super_block *sb);

/* file_cache.c */
struct tux_file_cache *tux_cache_new(void);
void tux_cache_free(struct tux_file_cache *cache);
u32 tux_cache_hash(const struct tux_file_cache *cache, const char *name, size_t len);
struct tux_object *tux_cache_find(struct tux_file_cache *cache, const char *name, size_t len,
				  u32 hash);
void tux_cache_insert(struct tux_file_cache *cache, struct tux_object *obj);
void tux_cache_remove(struct tux_file_cache *cache, struct tux_object *obj);
void tux_cache_empty(struct tux_file_cache *cache);
void tux_cache_stats(struct tux_file_cache *cache, struct tux_file_stats *stats);
void tux_cache_count(struct tux_file_cache *cache, bool hit);
void tux_cache_count_stale(struct tux_file_cache *cache);
int tux_cache_init(void);
void tux_cache_exit(void);

/* Walks begun anew because something was moved meanwhile, before giving up. */
#define TUX_WALK_TRIES	16

/* file.c */
extern struct workqueue_struct *tux_file_wq;
void tux_objects_release(void);
struct file *tux_object_open(struct tux_object *obj);
void tux_object_close(struct file *file);
int tux_judge_way(const struct tux_step *steps, unsigned int nr, unsigned int except, int mask);
int tux_judge_step(const struct tux_step *s, loff_t size, const struct tux_file_policy *policy,
		   int mask);
int tux_object_warm(struct tux_object *obj, struct file *file, loff_t pos, size_t len);

#endif /* _TUX_FILE_OBJECT_H */
