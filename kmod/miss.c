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
 * Nothing can end a thread that hangs in a file system. So that a dead one stops
 * neither the server nor its administrator, a server that is stopped leaves such errands
 * behind: an abandoned errand owns its connection, whose socket is reset already, and
 * a reference to what it needs of the server, and frees all that when it comes back.
 * The module stays in use as long (@pinned), as it does for every errand that takes
 * suspiciously long: once the module is on its way out nobody can call that off.
 *
 * Contexts: the work items run in process context and may sleep for as long as
 * the file system does; everything else is called by the connection's owner.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
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

static void tux_miss_watch(struct work_struct *work);

static struct workqueue_struct *tux_miss_wq;

/* Protects the list of errands and how they end; inside of it conns_lock, socket lock. */
static DEFINE_MUTEX(tux_miss_lock);
/* Oldest first. */
static LIST_HEAD(tux_miss_list_head);
static DECLARE_DELAYED_WORK(tux_miss_watcher, tux_miss_watch);

static void tux_miss_do_lookup(struct tux_miss *m)
{
	struct tux_server *srv = m->srv;
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
	struct tux_server *srv = m->srv;
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

static void tux_miss_do(struct tux_miss *m)
{
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
}

/* Nobody will have the result: free everything. */
static void tux_miss_bury(struct tux_miss *m)
{
	struct tux_server *srv = m->srv;

	tux_conn_bury(m->c);
	tux_server_put(srv);
}

static void tux_miss_run(struct work_struct *work)
{
	struct tux_miss *m = container_of(work, struct tux_miss, work);
	bool abandoned, pinned;

	if (!READ_ONCE(m->abandoned))
		tux_miss_do(m);

	mutex_lock(&tux_miss_lock);
	list_del_init(&m->under_way);
	abandoned = m->abandoned;
	pinned = m->pinned;
	/* The connection, and @m with it, is the worker's from here on. */
	if (!abandoned)
		tux_worker_queue(m->c->worker, m->c);
	mutex_unlock(&tux_miss_lock);

	if (abandoned)
		tux_miss_bury(m);
	/* The module may go now: its exit waits until the pool's threads have left it. */
	if (pinned)
		module_put(THIS_MODULE);
}

/* Keep the module in use until the errand is done, if it is not on its way out. */
static bool tux_miss_pin(struct tux_miss *m)
{
	lockdep_assert_held(&tux_miss_lock);
	if (!m->pinned)
		m->pinned = try_module_get(THIS_MODULE);
	return m->pinned;
}

/* As long as errands are under way: which of them take too long? */
static void tux_miss_watch(struct work_struct *work)
{
	struct tux_miss *m;

	mutex_lock(&tux_miss_lock);
	list_for_each_entry(m, &tux_miss_list_head, under_way) {
		if (time_before(jiffies, m->since + TUX_MISS_STUCK))
			break;
		tux_miss_pin(m);
	}
	if (!list_empty(&tux_miss_list_head))
		schedule_delayed_work(&tux_miss_watcher, HZ);
	mutex_unlock(&tux_miss_lock);
}

/**
 * tux_miss_abandon - leave an errand behind when the server is stopped
 * @c: a connection of the calling worker
 *
 * Not when the errand is done, and the connection about to come back; and neither
 * when the module or the network namespace is on its way out, because the errand
 * would outlive it.
 *
 * Context: the worker's thread.
 * Return: true: the connection is reset, and gone for the worker; else it comes back.
 */
bool tux_miss_abandon(struct tux_conn *c)
{
	struct tux_miss *m = c->miss;
	bool left;

	if (!m)
		return false;
	mutex_lock(&tux_miss_lock);
	left = !list_empty(&m->under_way) && tux_miss_pin(m) && tux_conn_abandon(c);
	if (left) {
		tux_server_get(m->srv);
		WRITE_ONCE(m->abandoned, true);
	}
	mutex_unlock(&tux_miss_lock);
	return left;
}

/**
 * tux_miss_stuck - count the errands that keep the module in use
 * @tn: the namespace whose servers have sent them off
 *
 * Context: process context.
 * Return: their number.
 */
unsigned int tux_miss_stuck(const struct tux_net *tn)
{
	struct tux_miss *m;
	unsigned int n = 0;

	mutex_lock(&tux_miss_lock);
	list_for_each_entry(m, &tux_miss_list_head, under_way)
		n += m->pinned && m->srv->tn == tn;
	mutex_unlock(&tux_miss_lock);
	return n;
}

static struct tux_miss *tux_miss_alloc(struct tux_conn *c, enum tux_miss_kind kind,
				       size_t path_len)
{
	struct tux_miss *m;

	m = kzalloc(struct_size(m, path, path_len), GFP_KERNEL | __GFP_NOWARN);
	if (!m)
		return NULL;
	INIT_WORK(&m->work, tux_miss_run);
	INIT_LIST_HEAD(&m->under_way);
	m->c = c;
	m->srv = c->worker->srv;
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
	mutex_lock(&tux_miss_lock);
	if (list_empty(&tux_miss_list_head))
		schedule_delayed_work(&tux_miss_watcher, TUX_MISS_STUCK);
	m->since = jiffies;
	list_add_tail(&m->under_way, &tux_miss_list_head);
	queue_work(tux_miss_wq, &m->work);
	mutex_unlock(&tux_miss_lock);
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
 * Context: process context; the errands must be done, or abandoned.
 */
void tux_miss_flush(void)
{
	mutex_lock(&tux_miss_lock);
	mutex_unlock(&tux_miss_lock);
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
	cancel_delayed_work_sync(&tux_miss_watcher);
	destroy_workqueue(tux_miss_wq);
}
