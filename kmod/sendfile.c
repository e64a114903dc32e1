// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the page cache to the socket.
 *
 * A batch of pages that are in memory is handed to TCP by reference; TCP holds
 * the pages until the client has acknowledged them. Nothing is locked while
 * that is so: whoever writes to the file meanwhile changes what is still to be
 * sent, or sent again, as with sendfile(2). The size is looked at after the
 * pages were found, so that nothing beyond the end of a truncated file goes out
 * once the truncation is done.
 *
 * Pages that are not in memory are left to the miss pool, which reads them by
 * the file system's own read and comes back here. Where that does not bring
 * them into the page cache (no usable page cache; a hole in tmpfs) they are
 * read into pages of our own, which are sent in the same way.
 *
 * Contexts: tux_sendfile() is called by the connection's owner: a worker, with
 * TUX_SEND_NOWAIT, or a thread of the miss pool, without. It owns nothing.
 */
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "compat/compat_file.h"
#include "file_object.h"
#include "sendfile.h"

/* As many pages as one socket buffer can refer to, less one for the head. */
#define TUX_SEND_PAGES	16

/**
 * struct tux_batch - pages that go to the socket at once
 * @nr: entries in @bv
 * @len: bytes in them, perhaps less when the file ends earlier
 * @bv: the pages, each with a reference of ours
 */
struct tux_batch {
	unsigned int	nr;
	size_t		len;
	struct bio_vec	bv[TUX_SEND_PAGES];
};

static void tux_batch_put(struct tux_batch *b)
{
	while (b->nr)
		put_page(b->bv[--b->nr].bv_page);
}

/* The part of @folio from @pos on becomes the next entry; its reference too. */
static bool tux_batch_add(struct tux_batch *b, struct folio *folio, loff_t pos, size_t count)
{
	loff_t first = folio_pos(folio);
	size_t off = pos - first;

	if (b->nr == TUX_SEND_PAGES || pos < first || off >= folio_size(folio) ||
	    !folio_test_uptodate(folio))
		return false;
	b->bv[b->nr].bv_page = folio_page(folio, 0);
	b->bv[b->nr].bv_offset = off;
	b->bv[b->nr].bv_len = min_t(size_t, count, folio_size(folio) - off);
	b->len += b->bv[b->nr++].bv_len;
	return true;
}

/* Collect pages that are in memory, from @pos on, without a gap. */
static void tux_batch_resident(struct tux_batch *b, struct inode *inode, loff_t pos, size_t count)
{
	pgoff_t index = pos >> PAGE_SHIFT, end = (pos + count - 1) >> PAGE_SHIFT;
	struct folio_batch fb;
	bool go_on = true;
	unsigned int i;
	loff_t size;

	b->nr = 0;
	b->len = 0;
	end = min(end, index + TUX_SEND_PAGES - 1);
	folio_batch_init(&fb);
	filemap_get_folios_contig(inode->i_mapping, &index, end, &fb);
	for (i = 0; i < folio_batch_count(&fb); i++) {
		struct folio *folio = fb.folios[i];

		go_on = go_on && b->len < count &&
			tux_batch_add(b, folio, pos + b->len, count - b->len);
		if (go_on)
			folio_mark_accessed(folio);
		else
			folio_put(folio);
	}
	size = i_size_read(inode);
	if (pos >= size)
		b->len = 0;
	else
		b->len = min_t(loff_t, b->len, size - pos);
}

/* Read into fresh pages. Returns 0 with the batch filled (or empty at the end). */
static int tux_batch_read(struct tux_batch *b, struct file *file, loff_t pos, size_t count)
{
	struct iov_iter iter;
	size_t want = 0;
	ssize_t n;

	b->nr = 0;
	b->len = 0;
	count = min_t(size_t, count, TUX_SEND_PAGES * PAGE_SIZE);
	while (want < count) {
		struct page *page = alloc_page(GFP_KERNEL);
		size_t part = min_t(size_t, count - want, PAGE_SIZE);

		if (!page)
			break;
		b->bv[b->nr].bv_page = page;
		b->bv[b->nr].bv_offset = 0;
		b->bv[b->nr++].bv_len = part;
		want += part;
	}
	if (!want)
		return -ENOMEM;
	iov_iter_bvec(&iter, READ, b->bv, b->nr, want);
	n = vfs_iter_read(file, &iter, &pos, 0);
	if (n < 0) {
		tux_batch_put(b);
		return n;
	}
	b->len = n;
	return 0;
}

/* Bring the pages in, or read them into our own where that does not help. */
static int tux_batch_cold(struct tux_batch *b, struct tux_object *obj, loff_t pos, size_t count)
{
	struct file *file = tux_object_open(obj);
	int err = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (!obj->direct) {
		err = tux_object_warm(obj, file, pos, min_t(size_t, count, TUX_WARM_MAX));
		if (!err)
			tux_batch_resident(b, obj->inode, pos, count);
	}
	if (!err && !b->len) {
		tux_batch_put(b);
		err = tux_batch_read(b, file, pos, count);
	}
	tux_object_close(file);
	return err;
}

/* The next pages to send: 0, TUX_SEND_COLD, TUX_SEND_TRUNCATED or an error. */
static int tux_batch_fill(struct tux_batch *b, struct tux_object *obj, loff_t pos, size_t count,
			  unsigned int flags)
{
	int err;

	b->nr = 0;
	b->len = 0;
	if (!obj->direct)
		tux_batch_resident(b, obj->inode, pos, count);
	if (b->len)
		return 0;
	tux_batch_put(b);
	if (i_size_read(obj->inode) <= pos)
		return TUX_SEND_TRUNCATED;
	if (flags & TUX_SEND_NOWAIT)
		return TUX_SEND_COLD;
	err = tux_batch_cold(b, obj, pos, count);
	if (!err && !b->len)
		err = TUX_SEND_TRUNCATED;
	if (err)
		tux_batch_put(b);
	return err;
}

/*
 * No room, and a write_space callback promised? The flag comes first, then the
 * recheck: an acknowledgement between them either sees the flag or makes room
 * that we see. Pairs with the barrier in tcp_check_space().
 */
static bool tux_sock_full(struct socket *sock)
{
	if (sk_stream_memory_free(sock->sk))
		return false;
	set_bit(SOCK_NOSPACE, &sock->flags);
	/* As said above: the flag is seen before the space is looked at. */
	smp_mb__after_atomic();
	return !sk_stream_memory_free(sock->sk);
}

ssize_t tux_sendfile(struct socket *sock, struct tux_file *file, loff_t *pos, size_t count,
		     unsigned int flags)
{
	size_t budget = min_t(size_t, count, TUX_SEND_BUDGET);
	struct tux_object *obj = tux_object(file);
	struct tux_batch batch;
	size_t done = 0;
	ssize_t n = 0;

	while (done < budget) {
		bool more;

		n = TUX_SEND_FULL;
		if (tux_sock_full(sock))
			break;
		n = tux_batch_fill(&batch, obj, *pos, budget - done, flags);
		if (n < 0)
			break;
		more = done + batch.len < count || (flags & TUX_SEND_MORE);
		n = tux_compat_send_pages(sock, batch.bv, batch.nr, batch.len, more);
		tux_batch_put(&batch);
		if (n <= 0)
			break;
		done += n;
		*pos += n;
		if (n < batch.len)
			break;
		cond_resched();
	}
	return done ?: n;
}
