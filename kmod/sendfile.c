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
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/uio.h>
#include <linux/xarray.h>
#include <net/sock.h>

#include "compat/compat_file.h"
#include "file_object.h"
#include "sendfile.h"

/* Fresh pages that are read into at once, where the page cache cannot be used. */
#define TUX_READ_PAGES	16

/**
 * struct tux_batch - pages that go to the socket at once
 * @nr: entries in @folio
 * @off: where in the first of them they begin
 * @len: bytes in them from there on, perhaps less when the file ends earlier
 * @folio: with a reference of ours to each
 */
struct tux_batch {
	unsigned int	nr;
	size_t		off;
	size_t		len;
	struct folio	*folio[TUX_SEND_FOLIOS];
};

static void tux_batch_init(struct tux_batch *b)
{
	b->nr = 0;
	b->off = 0;
	b->len = 0;
}

static void tux_batch_put(struct tux_batch *b)
{
	while (b->nr)
		folio_put(b->folio[--b->nr]);
}

/* A reference to what @xas has found, if it is still there then. */
static bool tux_folio_get(struct xa_state *xas, struct folio *folio)
{
	if (!folio_try_get(folio))
		return false;
	if (likely(folio == xas_reload(xas)))
		return true;
	folio_put(folio);
	return false;
}

/*
 * Collect what is in memory and up to date, from @pos on, without a gap. It is what
 * filemap_get_folios_contig() does, without a batch of its own in between.
 *
 * Folios may be exchanged for larger ones meanwhile. Behind what was collected there may then
 * be the middle of a folio, whose bytes would not go on where the batch ends: it ends there.
 */
static void tux_batch_collect(struct tux_batch *b, struct inode *inode, loff_t pos, size_t count)
{
	XA_STATE(xas, &inode->i_mapping->i_pages, pos >> PAGE_SHIFT);
	pgoff_t last = (pos + count - 1) >> PAGE_SHIFT;
	struct folio *folio;

	rcu_read_lock();
	for (folio = xas_load(&xas); xas.xa_index <= last; folio = xas_next(&xas)) {
		if (xas_retry(&xas, folio))
			continue;
		/*
		 * A hole; something else than a page, as what was swapped out leaves; or
		 * the middle of a folio, which xas_next() shows as no pointer.
		 */
		if (!folio || xa_is_value(folio) || xa_is_sibling(folio))
			break;
		if (!tux_folio_get(&xas, folio)) {
			xas_reset(&xas);
			continue;
		}
		/* Only the first may begin before its index: @b->off is for that one alone. */
		if (!tux_folio_good(folio) || (b->nr && folio->index != xas.xa_index)) {
			folio_put(folio);
			break;
		}
		folio_mark_accessed(folio);
		b->folio[b->nr++] = folio;
		if (b->nr == TUX_SEND_FOLIOS)
			break;
		if (folio_test_large(folio))
			xas_advance(&xas, folio_next_index(folio) - 1);
	}
	rcu_read_unlock();
}

/* The pages from @pos on that are in memory, as far as the file goes now. */
static void tux_batch_resident(struct tux_batch *b, struct inode *inode, loff_t pos, size_t count)
{
	loff_t end;

	tux_batch_init(b);
	tux_batch_collect(b, inode, pos, count);
	if (!b->nr)
		return;
	end = (loff_t)folio_next_index(b->folio[b->nr - 1]) << PAGE_SHIFT;
	end = min(end, i_size_read(inode));
	b->off = pos - folio_pos(b->folio[0]);
	b->len = pos < end ? min_t(loff_t, count, end - pos) : 0;
}

/* Read into fresh pages. Returns 0 with the batch filled (or empty at the end). */
static int tux_batch_read(struct tux_batch *b, struct file *file, loff_t pos, size_t count)
{
	struct bio_vec bv[TUX_READ_PAGES];
	struct iov_iter iter;
	size_t want = 0;
	ssize_t n;

	tux_batch_init(b);
	count = min_t(size_t, count, TUX_READ_PAGES * PAGE_SIZE);
	while (want < count) {
		struct folio *folio = folio_alloc(GFP_KERNEL, 0);
		size_t part = min_t(size_t, count - want, PAGE_SIZE);

		if (!folio)
			break;
		bv[b->nr].bv_page = folio_page(folio, 0);
		bv[b->nr].bv_offset = 0;
		bv[b->nr].bv_len = part;
		b->folio[b->nr++] = folio;
		want += part;
	}
	if (!want)
		return -ENOMEM;
	iov_iter_bvec(&iter, READ, bv, b->nr, want);
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

	tux_batch_init(b);
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
		n = tux_compat_send_folios(sock, batch.folio, batch.nr, batch.off, batch.len,
					   more);
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
