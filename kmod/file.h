/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files: from the path of a request to something that can be sent.
 *
 * A struct tux_file is what one path named at one moment: a regular file,
 * its size, validators and media type. It never changes; when the file
 * changes, the next lookup gives another struct tux_file. The bytes are not in
 * it, they stay in the page cache and are read (tux_file_read()) or sent from
 * there (sendfile.h).
 *
 * Who may block: nothing here blocks on a disk, a directory or a remote server
 * when it is told not to (TUX_LOOKUP_NOWAIT, @nowait). The answer is then
 * -EAGAIN and the same call is made again, without the flag, in the miss pool.
 */
#ifndef TUX_FILE_H
#define TUX_FILE_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "mime.h"

struct tux_docroot;

/*
 * The longest path that is looked up, its leading slash, the index file's
 * name and the final NUL included. Longer ones are -ENAMETOOLONG.
 */
#define TUX_PATH_MAX	1024

/*
 * The most names that one walk may pass, those in symbolic links included: what
 * a cached answer costs to keep and to check is proportional to it.
 */
#define TUX_STEPS_MAX	64

/*
 * Suffixes of a file's compressed siblings: index.html may lie beside
 * index.html.br. The index is enum http_coding.
 */
#define TUX_NR_SIBLINGS		3
extern const char *const tux_sibling_suffix[TUX_NR_SIBLINGS];

/* For tux_file_lookup(): do not block, say -EAGAIN instead. */
#define TUX_LOOKUP_NOWAIT	0x1

/**
 * struct tux_file_policy - what may be served, as the tunables say now
 * @index: name of a directory's index file, "" for none
 * @mode_allowed: permission bits of which a file must have at least one; 0
 *	does not ask
 * @mode_forbidden: permission bits of which a file must have none
 * @hide_dot_files: names that begin with a dot do not exist
 * @max_object_size: larger files are refused (-EFBIG); 0 means no limit
 * @siblings: look for compressed siblings
 * @generation: tux_file_generation() before the rest was filled in
 *
 * Consulted anew at every lookup, so a change counts from the next request on.
 * Whatever is here comes on top of the rights of the docroot's credentials.
 */
struct tux_file_policy {
	const char	*index;
	umode_t		mode_allowed;
	umode_t		mode_forbidden;
	bool		hide_dot_files;
	loff_t		max_object_size;
	bool		siblings;
	u32		generation;
};

#define TUX_FILE_POLICY_DEFAULT {		\
	.index		= "index.html",		\
	.mode_allowed	= S_IROTH,		\
	.mode_forbidden	= 0,			\
	.hide_dot_files	= true,			\
	.max_object_size = 0,			\
}

/* A file may be sent as itself, or in the place of the one it is a sibling of. */
enum tux_file_role { TUX_ROLE_PLAIN, TUX_ROLE_SIBLING, TUX_NR_ROLES };

/**
 * struct tux_file - a regular file as one path named it
 * @size: its length when it was resolved
 * @mtime: its time of last change, for Last-Modified
 * @tag: for the ETag: with @size it tells this content from any other that the
 *	path has led to or will lead to, if @settled
 * @version: change counter; 0 where the file system has none
 * @settled: whether validators may be told. Not while somebody writes to the
 *	file, because its counter and times move before its bytes do, nor while
 *	a further change could leave @tag as it is
 * @siblings: bit i: there is something named like it with tux_sibling_suffix[i]
 *	added; whether it may be served its own lookup says. Siblings are part of
 *	what makes a lookup's answer: when one comes or goes there is another
 *	struct tux_file
 * @type: value for Content-Type
 * @type_len: its length
 *
 * Readers outside of file.c and sendfile.c use these members and the
 * functions below; everything after them is private.
 */
struct tux_file {
	loff_t			size;
	struct timespec64	mtime;
	u64			tag;
	u64			version;
	bool			settled;
	u8			siblings;
	u8			type_len;
	char			type[TUX_MIME_MAX + 1];
	/* private: */
	refcount_t		refs;
	void			*head[TUX_NR_ROLES];	/* see tux_file_head() */
	union {
		struct llist_node	free_node;	/* after the last put */
		struct rcu_head		rcu;
	};
};

/**
 * tux_file_init() - prepare this part of the module
 *
 * Context: process context, module load, before any other call here.
 * Return: 0 or -ENOMEM.
 */
int tux_file_init(void);

/**
 * tux_file_exit() - undo tux_file_init()
 *
 * Waits until everything that was put is given back. Every docroot and file
 * must have been put before.
 *
 * Context: process context, module unload.
 */
void tux_file_exit(void);

/**
 * tux_file_flush() - wait until what was put before is given back
 *
 * After the last put of a docroot and of the files found below it, and then
 * this call, the file system can be unmounted.
 *
 * Context: process context; may sleep.
 */
void tux_file_flush(void);

/**
 * tux_file_lookup() - find what a path names
 * @root: the document root
 * @policy: what may be served
 * @path: percent-decoded, NUL-terminated; begins with "/", has no empty, "."
 *	or ".." component. A slash at its end asks for the directory's index.
 * @flags: TUX_LOOKUP_NOWAIT or 0
 * @res: receives the file, with a reference for the caller, when 0 is returned
 *
 * What a system call changed before this call began, the answer shows.
 *
 * Context: process context. With TUX_LOOKUP_NOWAIT it does not block on I/O,
 * takes no sleeping lock and allocates nothing. Called under no lock.
 *
 * Return: 0, or
 *
 * * -EAGAIN: only with TUX_LOOKUP_NOWAIT: ask again in the miss pool
 * * -ENOENT: nothing there, or hidden, or no index file in the directory, or
 *   the path ends in a slash and is no directory
 * * -EACCES: not for others to read, or neither file nor directory
 * * -EISDIR: a directory, named without its slash: redirect to path + "/"
 * * -EFBIG: larger than max_object_size
 * * -ELOOP: too many symbolic links, or one on a mount with nosymfollow
 * * -ENAMETOOLONG: longer than TUX_PATH_MAX, or more names than TUX_STEPS_MAX
 * * -EBUSY: somebody holds a lease on it
 * * -ESTALE: directories were moved about so fast that no walk was sure, or the
 *   file system says again and again that the file has become another
 * * -ENOMEM, -EIO, or what the file system says
 *
 * For the four most frequent refusals (-ENOENT, -EACCES, -EISDIR, -EFBIG)
 * repeated asking is as cheap as a hit.
 */
int tux_file_lookup(struct tux_docroot *root, const struct tux_file_policy *policy,
		    const char *path, unsigned int flags, struct tux_file **res);

/**
 * tux_file_get() - take another reference
 * @file: a file that the caller holds a reference on
 *
 * Context: any.
 * Return: @file.
 */
static inline struct tux_file *tux_file_get(struct tux_file *file)
{
	refcount_inc(&file->refs);
	return file;
}

/**
 * tux_file_put() - give a reference back
 * @file: the file, or NULL
 *
 * The last one hands the work of closing to a work item.
 *
 * Context: any.
 */
void tux_file_put(struct tux_file *file);

/**
 * tux_file_read() - copy a part of a file out of the page cache
 * @file: the file
 * @pos: from where
 * @buf: to where
 * @len: how much; @pos + @len must not lie beyond @file->size
 * @nowait: do not block: say -EAGAIN when a page is not in memory
 *
 * For bodies that go out together with their header. It checks nothing about
 * rights: the lookup of the same request did.
 *
 * Context: process context. With @nowait called under no spinlock, does not
 * block on I/O.
 *
 * Return: number of bytes copied. Less than @len means that the file has been
 * truncated since it was looked up. -EAGAIN (only with @nowait: call again in
 * the miss pool), -EIO, -ENOMEM or another error of the file system.
 */
ssize_t tux_file_read(struct tux_file *file, loff_t pos, void *buf, size_t len, bool nowait);

/**
 * tux_file_warm() - bring a part of a file into the page cache
 * @file: the file
 * @pos: from where
 * @len: how much; at most TUX_WARM_MAX of it is read
 *
 * For the miss pool, when tux_sendfile() said TUX_SEND_COLD and the connection
 * is to go on sending on its worker. It is a hint: pages may be gone again.
 *
 * Context: process context; blocks.
 * Return: 0, -ESTALE (truncated), -EOPNOTSUPP (this file can only be sent by
 * tux_sendfile() in the miss pool) or another error of the file system.
 */
int tux_file_warm(struct tux_file *file, loff_t pos, size_t len);
#define TUX_WARM_MAX	(512U << 10)

/**
 * tux_file_head() - the response head kept with a file
 * @file: the file
 * @role: there is one for each
 *
 * Context: any.
 * Return: what tux_file_set_head() stored, or NULL. Lives as long as @file.
 */
static inline void *tux_file_head(const struct tux_file *file, enum tux_file_role role)
{
	/* Pairs with cmpxchg_release() in tux_file_set_head(). */
	return smp_load_acquire(&file->head[role]);
}

/**
 * tux_file_set_head() - keep a prepared response head with a file
 * @file: the file
 * @role: as whom it is sent
 * @head: from kmalloc(); belongs to @file afterwards and is freed with it by
 *	kfree(), at once if another CPU was quicker
 *
 * Only what depends on the file alone may be in it (no date, no connection
 * options), because it is used for every request that finds @file.
 *
 * Context: any.
 * Return: the head that is kept now.
 */
void *tux_file_set_head(struct tux_file *file, enum tux_file_role role, void *head);

/**
 * tux_file_plain_type() - the media type of what a file is a sibling of
 * @file: the file
 * @suffix: its suffix, one of tux_sibling_suffix
 * @type: receives the value for Content-Type
 *
 * Context: any.
 */
void tux_file_plain_type(const struct tux_file *file, const char *suffix,
			 char type[TUX_MIME_MAX + 1]);

/**
 * tux_file_forget() - drop everything that is cached for a docroot
 * @root: the docroot
 *
 * Never needed for correctness of what files say.
 *
 * Context: process context; may sleep.
 */
void tux_file_forget(struct tux_docroot *root);

/**
 * tux_file_generation() - the number of changes that tux_file_renew() told of
 *
 * To be asked before what may change is looked at.
 *
 * Context: any. Return: the number.
 */
u32 tux_file_generation(void);

/**
 * tux_file_renew() - what is kept of files was prepared under old settings
 *
 * For changes of what goes into response heads (tux_file_set_head()). To be
 * called when the change is made: a lookup whose policy is newer than this call
 * finds nothing that was resolved before it. Concerns all docroots.
 *
 * Context: any.
 */
void tux_file_renew(void);

/**
 * struct tux_file_stats - what the cache of a docroot holds and did
 * @objects: gauge: paths that are cached
 * @negative: gauge: those of them that say "nothing there"
 * @hits: lookups answered from it
 * @misses: lookups that had to walk
 * @stale: cached answers that turned out to be outdated
 * @evicted: answers dropped for want of room
 */
struct tux_file_stats {
	unsigned long	objects;
	unsigned long	negative;
	u64		hits;
	u64		misses;
	u64		stale;
	u64		evicted;
};

/**
 * tux_file_get_stats() - read the counters
 * @root: the docroot
 * @stats: receives them
 *
 * Context: process context.
 */
void tux_file_get_stats(struct tux_docroot *root, struct tux_file_stats *stats);

#endif /* TUX_FILE_H */
