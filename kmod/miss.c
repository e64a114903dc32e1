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
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "conn.h"
#include "docroot.h"
#include "file.h"
#include "limits.h"
#include "miss.h"
#include "sendfile.h"
#include "tux.h"

static struct workqueue_struct *tux_miss_wq;

static void tux_miss_lookup(struct tux_miss *m)
{
	struct tux_server *srv = m->c->worker->srv;
	struct tux_file_policy policy = tux_file_policy_of(srv);

	m->err = tux_file_lookup(srv->root, &policy, m->path, 0, &m->file);
}

/*
 * Where the page cache cannot be warmed the pool sends by itself: it owns the
 * connection as long as it runs.
 */
static void tux_miss_send(struct tux_miss *m)
{
	struct tux_out *out = &m->c->out;
	size_t count = min_t(u64, out->left, TUX_WARM_MAX);
	int err = tux_file_warm(out->file, out->pos, count);

	m->sent = err;
	if (err == -EOPNOTSUPP)
		m->sent = tux_sendfile(&m->c->sa.socket, out->file, &out->pos, count,
				       out->left > count ? TUX_SEND_MORE : 0);
}

static void tux_miss_run(struct work_struct *work)
{
	struct tux_miss *m = container_of(work, struct tux_miss, work);
	struct tux_conn *c = m->c;

	switch (m->kind) {
	case TUX_MISS_LOOKUP:
		tux_miss_lookup(m);
		break;
	case TUX_MISS_READ:
		m->err = tux_file_warm(m->file, 0, m->file->size);
		break;
	case TUX_MISS_SEND:
		tux_miss_send(m);
		break;
	}
	/* The connection, and @m with it, is the worker's from here on. */
	tux_worker_queue(c->worker, c);
}

/**
 * tux_miss_alloc - write the note for an errand
 * @c: a connection owned by the caller, with no errand open
 * @kind: what to do
 * @path: LOOKUP: the path; else NULL
 * @file: READ: the file, whose reference moves to the errand; else NULL
 *
 * Context: process context.
 * Return: the errand, also in @c->miss, or NULL without memory.
 */
struct tux_miss *tux_miss_alloc(struct tux_conn *c, enum tux_miss_kind kind, const char *path,
				struct tux_file *file)
{
	size_t len = path ? strlen(path) + 1 : 0;
	struct tux_miss *m;

	m = kmalloc(struct_size(m, path, len), GFP_KERNEL | __GFP_NOWARN);
	if (!m)
		return NULL;
	INIT_WORK(&m->work, tux_miss_run);
	m->c = c;
	m->kind = kind;
	m->err = 0;
	m->sent = 0;
	m->file = file;
	memcpy(m->path, path, len);
	c->miss = m;
	return m;
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
 * tux_miss_free - throw the note and its result away
 * @c: a connection owned by the caller, perhaps with a finished errand
 */
void tux_miss_free(struct tux_conn *c)
{
	struct tux_miss *m = c->miss;

	if (!m)
		return;
	c->miss = NULL;
	tux_file_put(m->file);
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
