// SPDX-License-Identifier: GPL-2.0-only
/*
 * The miss pool.
 *
 * A worker never waits for a disk. When a lookup, a read or a page to be sent
 * would block, the connection goes to this pool with a note of what is wanted;
 * a pool thread does it in the blocking way and puts the connection back onto
 * its worker's work_pending. The worker then repeats the step, with the result
 * at hand. The pool is a bounded workqueue: at most TUX_MISS_THREADS errands
 * block at the same time, further ones wait in its queue, one for each
 * connection at most.
 *
 * Contexts: the work items run in process context and may sleep for as long as
 * the file system does; everything else is called by the connection's owner.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "conn.h"
#include "dirlist.h"
#include "docroot.h"
#include "file.h"
#include "limits.h"
#include "miss.h"
#include "sendfile.h"
#include "tux.h"

static struct workqueue_struct *tux_miss_wq;

static void tux_miss_do_lookup(struct tux_miss *m)
{
	struct tux_server *srv = m->c->worker->srv;
	struct tux_file_policy policy = tux_file_policy_of(srv);
	int coding;

	m->err = tux_file_lookup(srv->root, &policy, m->path, 0, &m->file);
	if (m->err)
		return;
	coding = tux_variant_choose(srv->root, &policy, m->path, &m->wanted, 0, &m->file);
	if (coding < 0)
		m->err = coding;
	else
		m->coding = coding;
}

/*
 * That there is such a directory is looked up first, because the cache remembers
 * when there is not.
 */
static void tux_miss_do_list(struct tux_miss *m)
{
	struct tux_server *srv = m->c->worker->srv;
	struct tux_file_policy policy = tux_file_policy_of(srv);
	size_t len = strlen(m->path);
	struct tux_file *f;

	m->err = -EISDIR;
	if (len > 1) {
		m->path[len - 1] = '\0';
		m->err = tux_file_lookup(srv->root, &policy, m->path, 0, &f);
		m->path[len - 1] = '/';
		if (!m->err) {
			tux_file_put(f);
			m->err = -ENOENT;
		}
	}
	if (m->err == -EISDIR)
		m->err = tux_dirlist(srv->root, &policy, m->path, &m->body, &m->len);
}

static void tux_miss_do_read(struct tux_miss *m)
{
	ssize_t n;

	m->body = kvmalloc(m->len, GFP_KERNEL | __GFP_NOWARN);
	if (!m->body) {
		m->err = -ENOMEM;
		return;
	}
	n = tux_file_read(m->file, m->pos, m->body, m->len, false);
	if (n < 0)
		m->err = n;
	else if (n < m->len)
		m->err = -ESTALE;
}

/*
 * Where the page cache cannot be warmed the pool sends by itself: it owns the
 * connection as long as it runs.
 */
static void tux_miss_do_send(struct tux_miss *m)
{
	struct tux_out *out = &m->c->out;
	size_t count = min_t(u64, out->left, TUX_WARM_MAX);
	int err = tux_file_warm(out->file, out->pos, count);

	m->sent = err;
	if (err == -EOPNOTSUPP)
		m->sent = tux_sendfile(&m->c->sa.socket, out->file, &out->pos, count,
				       out->left > count || out->parts ? TUX_SEND_MORE : 0);
}

static void tux_miss_run(struct work_struct *work)
{
	struct tux_miss *m = container_of(work, struct tux_miss, work);
	struct tux_conn *c = m->c;

	switch (m->kind) {
	case TUX_MISS_LOOKUP:
		tux_miss_do_lookup(m);
		break;
	case TUX_MISS_READ:
		tux_miss_do_read(m);
		break;
	case TUX_MISS_LIST:
		tux_miss_do_list(m);
		break;
	case TUX_MISS_SEND:
		tux_miss_do_send(m);
		break;
	}
	/* The connection, and @m with it, is the worker's from here on. */
	tux_worker_queue(c->worker, c);
}

static struct tux_miss *tux_miss_alloc(struct tux_conn *c, enum tux_miss_kind kind,
				       size_t path_len)
{
	struct tux_miss *m;

	m = kzalloc(struct_size(m, path, path_len), GFP_KERNEL | __GFP_NOWARN);
	if (!m)
		return NULL;
	INIT_WORK(&m->work, tux_miss_run);
	m->c = c;
	m->kind = kind;
	c->miss = m;
	return m;
}

static struct tux_miss *tux_miss_path(struct tux_conn *c, enum tux_miss_kind kind,
				      const char *path)
{
	size_t len = strlen(path) + 1;
	struct tux_miss *m = tux_miss_alloc(c, kind, len);

	if (m)
		memcpy(m->path, path, len);
	return m;
}

/**
 * tux_miss_lookup - write the note for a lookup
 * @c: a connection owned by the caller, with no errand open
 * @path: what to look up
 * @wanted: in which codings
 *
 * Context: process context.
 * Return: the errand, also in @c->miss, or NULL without memory.
 */
struct tux_miss *tux_miss_lookup(struct tux_conn *c, const char *path,
				 const struct tux_wanted *wanted)
{
	struct tux_miss *m = tux_miss_path(c, TUX_MISS_LOOKUP, path);

	if (m)
		m->wanted = *wanted;
	return m;
}

/**
 * tux_miss_list - write the note for listing a directory
 * @c: a connection owned by the caller, with no errand open
 * @path: the directory, with a slash at its end
 *
 * Context: process context.
 * Return: the errand, also in @c->miss, or NULL without memory.
 */
struct tux_miss *tux_miss_list(struct tux_conn *c, const char *path)
{
	return tux_miss_path(c, TUX_MISS_LIST, path);
}

/**
 * tux_miss_read - write the note for reading a small body
 * @c: a connection owned by the caller, with no errand open
 * @file: the file; the errand takes over the reference when it is made
 * @coding: enum http_coding, how it is to be sent
 * @pos: where the body begins
 * @len: its length
 *
 * Context: process context.
 * Return: the errand, also in @c->miss, or NULL without memory.
 */
struct tux_miss *tux_miss_read(struct tux_conn *c, struct tux_file *file, u8 coding, loff_t pos,
			       size_t len)
{
	struct tux_miss *m = tux_miss_alloc(c, TUX_MISS_READ, 0);

	if (!m)
		return NULL;
	m->file = file;
	m->coding = coding;
	m->pos = pos;
	m->len = len;
	return m;
}

/**
 * tux_miss_send - write the note for going on with @c->out
 * @c: a connection owned by the caller, with no errand open
 *
 * Context: process context.
 * Return: the errand, also in @c->miss, or NULL without memory.
 */
struct tux_miss *tux_miss_send(struct tux_conn *c)
{
	return tux_miss_alloc(c, TUX_MISS_SEND, 0);
}

/**
 * tux_miss_submit - send an errand off
 * @m: the errand; its connection belongs to the pool from here on
 *
 * Everything that the worker needs later must be saved in the connection
 * before. Context: process context.
 */
void tux_miss_submit(struct tux_miss *m)
{
	queue_work(tux_miss_wq, &m->work);
}

/**
 * tux_miss_free - throw a note and its result away
 * @m: a finished errand, or NULL
 */
void tux_miss_free(struct tux_miss *m)
{
	if (!m)
		return;
	tux_file_put(m->file);
	kvfree(m->body);
	kfree(m);
}

/**
 * tux_miss_flush - wait until no pool thread looks at a worker any more
 *
 * Context: process context; the errands must be done.
 */
void tux_miss_flush(void)
{
	flush_workqueue(tux_miss_wq);
}

/**
 * tux_miss_init - make the pool
 *
 * Return: 0 or -ENOMEM.
 */
int tux_miss_init(void)
{
	tux_miss_wq = alloc_workqueue("tux_miss", WQ_UNBOUND, TUX_MISS_THREADS);
	return tux_miss_wq ? 0 : -ENOMEM;
}

/**
 * tux_miss_exit - undo tux_miss_init()
 */
void tux_miss_exit(void)
{
	destroy_workqueue(tux_miss_wq);
}
