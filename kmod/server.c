// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and stopping, and the one thing that the workers share: the count of
 * connection slots.
 *
 * Contexts: start, stop and the setters run in process context under
 * tux_net.lock; the slot functions in the workers and, to look only, in softirq.
 */
#include <linux/cpumask.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "docroot.h"
#include "listener.h"
#include "miss.h"
#include "placement.h"
#include "tux.h"
#include "worker.h"

/**
 * tux_slot_get - reserve a slot for a connection
 * @srv: the server
 *
 * To be called before the accept queue is popped, so that max_connections is
 * never exceeded.
 *
 * Context: any.
 * Return: true, or false at the limit.
 */
bool tux_slot_get(struct tux_server *srv)
{
	int limit = READ_ONCE(srv->tn->conf.max_connections);
	int n = atomic_read(&srv->connections);

	do {
		if (n >= limit)
			return false;
	} while (!atomic_try_cmpxchg(&srv->connections, &n, n + 1));
	return true;
}

/**
 * tux_slot_put - give a slot back
 * @srv: the server
 *
 * The one that ends the shortage wakes the workers whose clients wait.
 *
 * Context: process context, a worker.
 */
void tux_slot_put(struct tux_server *srv)
{
	int limit = READ_ONCE(srv->tn->conf.max_connections);
	unsigned int i;

	/* Fully ordered: pairs with smp_mb() in tux_worker_arrival(). */
	if (atomic_fetch_dec(&srv->connections) < limit)
		return;
	for (i = 0; i < srv->nr_listeners; i++)
		if (tux_listener_queue_len(srv->listeners[i]))
			tux_worker_wake(READ_ONCE(srv->listeners[i]->worker));
}

/**
 * tux_slots_free - connections that may still be opened
 * @srv: the server
 *
 * Context: any; a snapshot.
 * Return: their number, 0 at or above the limit.
 */
unsigned int tux_slots_free(const struct tux_server *srv)
{
	int left = READ_ONCE(srv->tn->conf.max_connections) - atomic_read(&srv->connections);

	return max(left, 0);
}

/**
 * tux_server_kick - make every worker look at the tunables anew
 * @tn: the namespace
 */
void tux_server_kick(struct tux_net *tn)
	__must_hold(&tn->lock)
{
	unsigned int i;

	lockdep_assert_held(&tn->lock);
	for (i = 0; tn->server && i < tn->server->nr_workers; i++)
		tux_worker_wake(tn->server->workers[i]);
}

/**
 * tux_server_set_backlog - bring max_backlog to the running listeners
 * @tn: the namespace
 *
 * Return: 0 or a socket's error.
 */
int tux_server_set_backlog(struct tux_net *tn)
	__must_hold(&tn->lock)
{
	unsigned int i;
	int err = 0;

	lockdep_assert_held(&tn->lock);
	for (i = 0; tn->server && i < tn->server->nr_listeners && !err; i++)
		err = tux_listener_set_backlog(tn->server->listeners[i], tn->conf.max_backlog);
	if (tn->server)
		tux_placement_set_crowd(tn->server);
	return err;
}

/**
 * tux_server_set_threads - bring threads to the running server
 * @tn: the namespace
 *
 * Return: 0 or -ENOMEM; then nothing has changed.
 */
int tux_server_set_threads(struct tux_net *tn)
	__must_hold(&tn->lock)
{
	lockdep_assert_held(&tn->lock);
	return tn->server ? tux_placement_update(tn->server) : 0;
}

/*
 * Count also those who are open already. In the meantime newcomers are counted but not
 * refused, so that the limit begins to count all at once.
 */
static int tux_server_count_addrs(struct tux_server *srv)
{
	unsigned int i;
	int err = 0;

	WRITE_ONCE(srv->client_addrs.limit, UINT_MAX);
	for (i = 0; i < srv->nr_workers && !err; i++)
		err = tux_worker_count_addrs(srv->workers[i]);
	if (err)
		WRITE_ONCE(srv->client_addrs.limit, 0);
	return err;
}

/**
 * tux_server_set_per_ip - bring max_connections_per_ip to the running server
 * @tn: the namespace
 *
 * Return: 0 or -ENOMEM; then nobody is limited, as before.
 */
int tux_server_set_per_ip(struct tux_net *tn)
	__must_hold(&tn->lock)
{
	unsigned int limit = tn->conf.max_connections_per_ip;
	struct tux_server *srv = tn->server;
	int err = 0;

	lockdep_assert_held(&tn->lock);
	if (!srv)
		return 0;
	if (limit && !srv->client_addrs.limit)
		err = tux_server_count_addrs(srv);
	if (!err)
		WRITE_ONCE(srv->client_addrs.limit, limit);
	return err;
}

/* Everything is there that a client needs: let them come. */
static int tux_server_listen(struct tux_server *srv)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < srv->nr_listeners && !err; i++)
		err = tux_listener_start(srv->listeners[i]);
	return err;
}

static struct tux_server *tux_server_alloc(struct tux_net *tn)
{
	struct tux_server *srv = kzalloc(sizeof(*srv), GFP_KERNEL);
	int err;

	if (!srv)
		return ERR_PTR(-ENOMEM);
	refcount_set(&srv->refs, 1);
	srv->tn = tn;
	strscpy(srv->index, tn->conf.index, sizeof(srv->index));
	err = tux_client_addrs_init(&srv->client_addrs, tn->conf.max_connections_per_ip);
	if (err)
		goto free_server;
	srv->root = tux_docroot_open(tn->conf.documentroot);
	if (IS_ERR(srv->root)) {
		err = PTR_ERR(srv->root);
		goto exit_client_addrs;
	}
	return srv;

exit_client_addrs:
	tux_client_addrs_exit(&srv->client_addrs);
free_server:
	kfree(srv);
	return ERR_PTR(err);
}

/* Listeners for all possible CPUs: those that are offline may come. */
static int tux_server_add_listeners(struct tux_server *srv)
{
	const struct tux_conf *conf = &srv->tn->conf;
	struct tux_listener *first = NULL;
	unsigned int cpu;

	srv->listeners = kcalloc(num_possible_cpus(), sizeof(*srv->listeners), GFP_KERNEL);
	if (!srv->listeners)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct tux_listener *l;

		l = tux_listener_create(srv->tn->net, conf, cpu, first);
		if (IS_ERR(l))
			return PTR_ERR(l);
		srv->listeners[srv->nr_listeners++] = l;
		first = srv->listeners[0];
	}
	return 0;
}

/**
 * tux_server_get - an errand is left behind
 * @srv: the server, which runs
 */
void tux_server_get(struct tux_server *srv)
{
	refcount_inc(&srv->refs);
}

/**
 * tux_server_put - the server has ended, or an errand that it left behind
 * @srv: the server; the last one frees it
 *
 * Context: process context; may sleep.
 */
void tux_server_put(struct tux_server *srv)
{
	if (!refcount_dec_and_test(&srv->refs))
		return;
	tux_docroot_put(srv->root);
	kfree(srv);
}

static void tux_server_free(struct tux_server *srv)
{
	unsigned int i;

	for (i = 0; i < srv->nr_workers; i++)
		tux_worker_destroy(srv->workers[i]);
	for (i = 0; i < srv->nr_listeners; i++)
		tux_listener_destroy(srv->listeners[i]);
	kfree(srv->listeners);
	tux_client_addrs_exit(&srv->client_addrs);
	tux_server_put(srv);
}

/* Afterwards nothing runs any more that knows of @srv; its counters stand still. */
static void tux_server_end_work(struct tux_server *srv)
{
	unsigned int i;

	/* 1. No new work, and nobody in the listeners' callbacks any more. */
	for (i = 0; i < srv->nr_listeners; i++)
		tux_listener_detach(srv->listeners[i]);
	synchronize_net();
	/* 2. The workers close their connections and end: all at once, for each may have to wait. */
	WRITE_ONCE(srv->ending, true);
	for (i = 0; i < srv->nr_workers; i++)
		tux_worker_wake(srv->workers[i]);
	for (i = 0; i < srv->nr_workers; i++)
		tux_worker_stop(srv->workers[i]);
	/* No pool thread is left that has just queued a connection. */
	tux_miss_flush();
	/* 3. Softirqs that still ran a connection's callback have left it. */
	synchronize_net();
}

/**
 * tux_server_start - start serving
 * @tn: the namespace; its tunables say what, where and how
 *
 * Context: process context of whoever starts the server, whose root directory
 * and rights decide which document root that is.
 * Return: 0 (also when it runs already), or -ENOENT without a document root,
 * -EADDRINUSE, -ENOMEM, or what opening the document root said.
 */
int tux_server_start(struct tux_net *tn)
	__must_hold(&tn->lock)
{
	struct tux_server *srv;
	int err;

	lockdep_assert_held(&tn->lock);
	if (tn->server)
		return 0;
	if (!tn->conf.documentroot[0])
		return -ENOENT;

	srv = tux_server_alloc(tn);
	if (IS_ERR(srv))
		return PTR_ERR(srv);
	err = tux_server_add_listeners(srv);
	if (!err)
		err = tux_placement_update(srv);
	if (!err)
		err = tux_server_listen(srv);
	if (err) {
		tux_server_end_work(srv);
		tux_server_free(srv);
		return err;
	}
	tn->server = srv;
	return 0;
}

static void tux_server_keep_file_counters(struct tux_net *tn, const struct tux_server *srv)
{
	struct tux_file_stats s;

	tux_file_get_stats(srv->root, &s);
	tn->past_files.hits += s.hits;
	tn->past_files.misses += s.misses;
	tn->past_files.stale += s.stale;
	tn->past_files.evicted += s.evicted;
}

static void tux_server_keep_counters(struct tux_net *tn, const struct tux_server *srv)
{
	unsigned int i, j;

	for (i = 0; i < srv->nr_workers; i++) {
		const struct tux_worker *w = srv->workers[i];

		for (j = 0; j < TUX_NR_COUNTERS; j++)
			tux_stat_add(&tn->past, j, w->stats.v[j]);
	}
	for (i = 0; i < srv->nr_listeners; i++)
		for (j = 0; j < TUX_NR_DROPS; j++)
			tn->past_drops[j] += atomic64_read(&srv->listeners[i]->drops[j]);
}

/**
 * tux_server_stop - stop serving: open connections are closed
 * @tn: the namespace
 *
 * Context: process context; waits for requests in the miss pool, but not for long
 * unless the module or the network namespace is going away.
 */
void tux_server_stop(struct tux_net *tn)
	__must_hold(&tn->lock)
{
	struct tux_server *srv = tn->server;

	lockdep_assert_held(&tn->lock);
	if (!srv)
		return;
	tux_server_end_work(srv);
	tux_server_keep_counters(tn, srv);
	tux_server_keep_file_counters(tn, srv);
	tn->server = NULL;
	/* Waiting clients are reset here. */
	tux_server_free(srv);
}
