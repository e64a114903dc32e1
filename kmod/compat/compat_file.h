/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the supported kernels differ in what the file side uses. As in
 * compat.h: the code speaks 6.12, this makes it up on older ones.
 */
#ifndef _TUX_COMPAT_FILE_H
#define _TUX_COMPAT_FILE_H

#include <linux/bvec.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/key.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/net.h>
#include <linux/pagemap.h>
#include <linux/shrinker.h>
#include <linux/version.h>
#include <net/sock.h>

#include "../limits.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/folio_queue.h>
#endif

/* 6.5 moved the declaration from fs/internal.h to a header that modules see. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);
#endif

/* 6.3: a mount's mapping of ids has a type of its own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define tux_compat_idmap(mnt)	mnt_idmap(mnt)
#else
#define tux_compat_idmap(mnt)	mnt_user_ns(mnt)
#endif

/* 6.7: times of inodes are read by functions. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
static inline struct timespec64 tux_compat_mtime(const struct inode *inode)
{
	return inode_get_mtime(inode);
}

static inline struct timespec64 tux_compat_ctime(const struct inode *inode)
{
	return inode_get_ctime(inode);
}
#else
static inline struct timespec64 tux_compat_mtime(const struct inode *inode)
{
	return inode->i_mtime;
}

static inline struct timespec64 tux_compat_ctime(const struct inode *inode)
{
	return inode->i_ctime;
}
#endif

/* 6.4: "no such page" is an error pointer and no longer NULL. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
static inline struct folio *tux_compat_get_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = __filemap_get_folio(mapping, index, 0, 0);

	return IS_ERR(folio) ? NULL : folio;
}
#else
static inline struct folio *tux_compat_get_folio(struct address_space *mapping, pgoff_t index)
{
	return __filemap_get_folio(mapping, index, 0, 0);
}
#endif

/* 6.7: shrinkers are allocated. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
static inline struct shrinker *
tux_compat_shrinker_new(unsigned long (*count)(struct shrinker *, struct shrink_control *),
			unsigned long (*scan)(struct shrinker *, struct shrink_control *))
{
	struct shrinker *s = shrinker_alloc(0, "tux-file");

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	shrinker_register(s);
	return s;
}

static inline void tux_compat_shrinker_free(struct shrinker *s)
{
	shrinker_free(s);
}
#else
static inline struct shrinker *
tux_compat_shrinker_new(unsigned long (*count)(struct shrinker *, struct shrink_control *),
			unsigned long (*scan)(struct shrinker *, struct shrink_control *))
{
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	s->seeks = DEFAULT_SEEKS;
	if (register_shrinker(s, "tux-file")) {
		kfree(s);
		return NULL;
	}
	return s;
}

static inline void tux_compat_shrinker_free(struct shrinker *s)
{
	unregister_shrinker(s);
	kfree(s);
}
#endif

/*
 * Send @len bytes of page cache by reference, from @off in the first of @nr folios
 * (TUX_SEND_FOLIOS at most) on. 6.1 has the sendpage family for it, 6.12
 * MSG_SPLICE_PAGES. (6.1.192 defines the flag as well and ignores it.) 6.12 has lists of
 * folios to send from, which TCP takes apart eight pages at a time; of an array it takes
 * entry by entry.
 * Never waits. Returns the bytes sent, or a negative errno if there were none.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define TUX_SEND_QUEUES	DIV_ROUND_UP(TUX_SEND_FOLIOS, PAGEVEC_SIZE)

static inline ssize_t tux_compat_send_folios(struct socket *sock, struct folio **folio,
					     unsigned int nr, size_t off, size_t len, bool more)
{
	struct msghdr msg = {
		.msg_flags = MSG_SPLICE_PAGES | MSG_DONTWAIT | MSG_NOSIGNAL |
			     (more ? MSG_MORE : 0),
	};
	struct folio_queue queue[TUX_SEND_QUEUES], *q = queue;
	unsigned int i;

	folioq_init(q, 0);
	for (i = 0; i < nr; i++) {
		if (folioq_full(q)) {
			folioq_init(q + 1, 0);
			q[1].prev = q;
			q->next = q + 1;
			q++;
		}
		folioq_append(q, folio[i]);
	}
	iov_iter_folio_queue(&msg.msg_iter, ITER_SOURCE, queue, 0, off, len);
	return sock_sendmsg(sock, &msg);
}
#else
static inline ssize_t tux_compat_send_folio(struct sock *sk, struct folio *folio, size_t off,
					    size_t len, int flags)
{
	size_t done = 0;

	while (done < len) {
		size_t at = off + done;
		size_t n = min_t(size_t, len - done, PAGE_SIZE - offset_in_page(at));
		int ret;

		ret = kernel_sendpage_locked(sk, folio_page(folio, at >> PAGE_SHIFT),
					     offset_in_page(at), n,
					     done + n < len ? flags | MSG_MORE : flags);
		if (ret <= 0)
			return done ?: ret;
		done += ret;
		if (ret < n)
			break;
	}
	return done;
}

static inline ssize_t tux_compat_send_folios(struct socket *sock, struct folio **folio,
					     unsigned int nr, size_t off, size_t len, bool more)
{
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	struct sock *sk = sock->sk;
	ssize_t ret = 0;
	size_t done = 0;

	lock_sock(sk);
	for (; nr && done < len; nr--, folio++) {
		size_t n = min(folio_size(*folio) - off, len - done);
		bool last = !more && done + n == len;

		ret = tux_compat_send_folio(sk, *folio, off, n, last ? flags : flags | MSG_MORE);
		if (ret <= 0)
			break;
		done += ret;
		if (ret < n)
			break;
		off = 0;
	}
	release_sock(sk);
	return done ?: ret;
}
#endif

/* Not a matter of versions but of configuration: credentials may carry keys. */
#ifdef CONFIG_KEYS
static inline void tux_compat_drop_keyrings(struct cred *cred)
{
	key_put(cred->session_keyring);
	cred->session_keyring = NULL;
	key_put(cred->process_keyring);
	cred->process_keyring = NULL;
	key_put(cred->thread_keyring);
	cred->thread_keyring = NULL;
	key_put(cred->request_key_auth);
	cred->request_key_auth = NULL;
}
#else
static inline void tux_compat_drop_keyrings(struct cred *cred)
{
}
#endif

#endif /* _TUX_COMPAT_FILE_H */
