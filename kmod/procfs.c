// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files under /proc/net/tux, one set for each network namespace: the
 * read-only views stat, workers and connections, and mime_types, which takes a
 * table. docs/counters.rst describes their contents.
 *
 * Context: process context, the reader or writer. The views take tux_net.lock,
 * so that the server neither starts nor stops meanwhile; the workers are not
 * disturbed, but for the time in which their list of connections is copied.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/ipv6.h>

#include "conn.h"
#include "docroot.h"
#include "file.h"
#include "listener.h"
#include "mime.h"
#include "miss.h"
#include "tux.h"
#include "worker.h"

static u64 tux_sum_counter(const struct tux_net *tn, unsigned int i)
{
	u64 sum = tn->past.v[i];
	unsigned int n;

	for (n = 0; tn->server && n < tn->server->nr_workers; n++)
		sum += READ_ONCE(tn->server->workers[n]->stats.v[i]);
	return sum;
}

static u64 tux_sum_drops(const struct tux_net *tn, unsigned int i)
{
	u64 sum = tn->past_drops[i];
	unsigned int n;

	for (n = 0; tn->server && n < tn->server->nr_listeners; n++)
		sum += atomic64_read(&tn->server->listeners[n]->drops[i]);
	return sum;
}

static void tux_show_gauges(struct seq_file *m, const struct tux_net *tn)
{
	u32 accept_queue = 0, syn_queue = 0, pending = 0;
	struct tux_server *srv = tn->server;
	unsigned int n;

	for (n = 0; srv && n < srv->nr_listeners; n++) {
		accept_queue += tux_listener_queue_len(srv->listeners[n]);
		syn_queue += tux_listener_syn_len(srv->listeners[n]);
	}
	for (n = 0; srv && n < srv->nr_workers; n++)
		pending += READ_ONCE(srv->workers[n]->nr_pending);
	seq_printf(m, "connections %d\n", srv ? atomic_read(&srv->connections) : 0);
	seq_printf(m, "connections_max %u\n", tn->conf.max_connections);
	seq_printf(m, "accept_queue %u\n", accept_queue);
	seq_printf(m, "syn_queue %u\n", syn_queue);
	seq_printf(m, "work_pending %u\n", pending);
	seq_printf(m, "misses_stuck %u\n", tux_miss_stuck(tn));
	seq_printf(m, "client_addresses %u\n", srv ? tux_client_addrs_len(&srv->client_addrs) : 0);
}

static void tux_show_file_cache(struct seq_file *m, const struct tux_net *tn)
{
	struct tux_file_stats s = { 0 };

	if (tn->server)
		tux_file_get_stats(tn->server->root, &s);
	seq_printf(m, "cache_objects %lu\n", s.objects);
	seq_printf(m, "cache_negative %lu\n", s.negative);
	seq_printf(m, "cache_hits %llu\n", tn->past_files.hits + s.hits);
	seq_printf(m, "cache_misses %llu\n", tn->past_files.misses + s.misses);
	seq_printf(m, "cache_stale %llu\n", tn->past_files.stale + s.stale);
	seq_printf(m, "cache_evicted %llu\n", tn->past_files.evicted + s.evicted);
}

static int tux_stat_show(struct seq_file *m, void *v)
{
	struct tux_net *tn = m->private;
	unsigned int i;
	int err;

	err = mutex_lock_interruptible(&tn->lock);
	if (err)
		return err;
	tux_show_gauges(m, tn);
	for (i = 0; i < TUX_NR_COUNTERS; i++)
		seq_printf(m, "%s %llu\n", tux_counter_name(i), tux_sum_counter(tn, i));
	for (i = 0; i < TUX_NR_DROPS; i++)
		seq_printf(m, "%s %llu\n", tux_drop_name(i), tux_sum_drops(tn, i));
	/* There is no access log that could lose a record. */
	seq_puts(m, "log_lost 0\n");
	tux_show_file_cache(m, tn);
	mutex_unlock(&tn->lock);
	return 0;
}

/* Two counters at two moments: the difference can be below zero for one. */
static u64 tux_worker_connections(const struct tux_worker *w)
{
	s64 closed = READ_ONCE(w->stats.v[TUX_closed]);
	s64 accepted = READ_ONCE(w->stats.v[TUX_accepted]);

	return max(accepted - closed, 0LL);
}

static void tux_show_worker(struct seq_file *m, const struct tux_worker *w)
{
	u64 phases = READ_ONCE(w->stats.v[TUX_accept_phases]);
	u64 accepts = READ_ONCE(w->stats.v[TUX_accepted]);
	u64 mean = phases ? div64_u64(accepts * 100, phases) : 0;
	u64 connections = tux_worker_connections(w);
	u32 accept_queue = 0;
	unsigned int i;

	if (!w->active && !connections)
		return;
	for (i = 0; i < w->nr_listeners; i++)
		accept_queue += tux_listener_queue_len(w->listeners[i]);
	seq_printf(m, "%u %u %u %u %llu %llu %llu.%02llu %u %llu\n", w->index, w->cpu,
		   accept_queue, READ_ONCE(w->nr_pending), phases,
		   READ_ONCE(w->stats.v[TUX_work_phases]), mean / 100, mean % 100,
		   w->nr_listeners, connections);
}

static int tux_workers_show(struct seq_file *m, void *v)
{
	struct tux_net *tn = m->private;
	unsigned int n;
	int err;

	err = mutex_lock_interruptible(&tn->lock);
	if (err)
		return err;
	seq_puts(m, "worker cpu accept_queue work_pending accept_phases work_phases mean_accepts");
	seq_puts(m, " listeners connections\n");
	for (n = 0; tn->server && n < tn->server->nr_workers; n++)
		tux_show_worker(m, tn->server->workers[n]);
	mutex_unlock(&tn->lock);
	return 0;
}

/**
 * struct tux_conn_row - a connection as it was when the file was opened
 * @peer: address of the client; IPv4 as a mapped one
 * @port: port of the client
 * @state: index into tux_state_names
 * @age: seconds since it was accepted
 * @requests: requests answered
 * @bytes: bytes sent
 */
struct tux_conn_row {
	struct in6_addr	peer;
	u16		port;
	u8		state;
	u32		age;
	u32		requests;
	u64		bytes;
};

/**
 * struct tux_conn_rows - a snapshot of all connections
 * @n: rows taken
 * @max: rows that there is room for
 * @row: the rows
 *
 * A copy is taken at open, so that reading it at leisure keeps nothing busy.
 */
struct tux_conn_rows {
	size_t			n;
	size_t			max;
	struct tux_conn_row	row[];
};

static const char * const tux_state_names[] = {
	"reading", "sending", "lingering", "idle", "disk",
};

static u8 tux_row_state(const struct tux_conn *c)
{
	u8 state = READ_ONCE(c->state);

	if (READ_ONCE(c->miss))
		return 4;
	if (state == TUX_CONN_READ && READ_ONCE(c->waits) == TUX_TIMEOUT_KEEPALIVE)
		return 3;
	return state;
}

static void tux_row_fill(struct tux_conn_row *row, const struct tux_conn *c)
{
	const struct sock *sk = c->sk;

	row->peer = tux_sock_peer(sk);
	row->port = ntohs(sk->sk_dport);
	row->state = tux_row_state(c);
	row->age = (jiffies - c->born) / HZ;
	row->requests = READ_ONCE(c->requests);
	row->bytes = READ_ONCE(c->bytes);
}

static void tux_rows_take(struct tux_conn_rows *rows, struct tux_worker *w)
{
	const struct tux_conn *c;

	mutex_lock(&w->conns_lock);
	list_for_each_entry(c, &w->conns, all) {
		if (rows->n == rows->max)
			break;
		tux_row_fill(&rows->row[rows->n++], c);
		cond_resched();
	}
	mutex_unlock(&w->conns_lock);
}

static struct tux_conn_rows *tux_rows_snapshot(struct tux_net *tn)
	__must_hold(&tn->lock)
{
	struct tux_server *srv = tn->server;
	/* Some may be accepted while the rows are taken. */
	size_t max = srv ? atomic_read(&srv->connections) + 64 : 0;
	struct tux_conn_rows *rows;
	unsigned int i;

	lockdep_assert_held(&tn->lock);
	rows = kvzalloc(struct_size(rows, row, max), GFP_KERNEL_ACCOUNT);
	if (!rows)
		return NULL;
	rows->max = max;
	for (i = 0; srv && i < srv->nr_workers; i++)
		tux_rows_take(rows, srv->workers[i]);
	return rows;
}

static void *tux_rows_start(struct seq_file *m, loff_t *pos)
{
	struct tux_conn_rows *rows = m->private;

	if (!*pos)
		return SEQ_START_TOKEN;
	return *pos <= rows->n ? &rows->row[*pos - 1] : NULL;
}

static void *tux_rows_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return tux_rows_start(m, pos);
}

static void tux_rows_stop(struct seq_file *m, void *v)
{
}

static int tux_rows_show(struct seq_file *m, void *v)
{
	const struct tux_conn_row *row = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "peer state age requests bytes\n");
		return 0;
	}
	if (ipv6_addr_v4mapped(&row->peer))
		seq_printf(m, "%pI4:%u", &row->peer.s6_addr32[3], row->port);
	else
		seq_printf(m, "[%pI6c]:%u", &row->peer, row->port);
	seq_printf(m, " %s %u %u %llu\n", tux_state_names[row->state], row->age, row->requests,
		   row->bytes);
	return 0;
}

static const struct seq_operations tux_rows_ops = {
	.start	= tux_rows_start,
	.next	= tux_rows_next,
	.stop	= tux_rows_stop,
	.show	= tux_rows_show,
};

static int tux_connections_open(struct inode *inode, struct file *file)
{
	struct tux_net *tn = pde_data(inode);
	struct tux_conn_rows *rows;
	int err;

	err = mutex_lock_interruptible(&tn->lock);
	if (err)
		return err;
	rows = tux_rows_snapshot(tn);
	mutex_unlock(&tn->lock);
	if (!rows)
		return -ENOMEM;

	err = seq_open(file, &tux_rows_ops);
	if (err) {
		kvfree(rows);
		return err;
	}
	((struct seq_file *)file->private_data)->private = rows;
	return 0;
}

static int tux_connections_release(struct inode *inode, struct file *file)
{
	kvfree(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

static const struct proc_ops tux_connections_ops = {
	.proc_open	= tux_connections_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= tux_connections_release,
};

/*
 * A table of media types: one write is the whole of it. The table is the
 * module's, in whatever namespace it is written; so CAP_NET_ADMIN is asked for in
 * the initial user namespace, as for the tunables.
 */
static ssize_t tux_mime_types_write(struct file *file, const char __user *buf, size_t len,
				    loff_t *ppos)
{
	char *text;
	int err;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	/* Further writes are the rest of one that was cut. */
	if (*ppos)
		return -EINVAL;
	if (len > TUX_MIME_TEXT_MAX)
		return -E2BIG;
	text = vmemdup_user(buf, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = tux_mime_set_table(text, len);
	kvfree(text);
	if (err)
		return err;
	tux_file_renew();
	*ppos = len;
	return len;
}

static const struct proc_ops tux_mime_types_ops = {
	.proc_write	= tux_mime_types_write,
	.proc_lseek	= noop_llseek,
};

/**
 * tux_proc_register - make /proc/net/tux
 * @tn: the namespace
 *
 * Who is connected is for root alone; the rest anybody may read.
 *
 * Return: 0 or -ENOMEM.
 */
int tux_proc_register(struct tux_net *tn)
{
	tn->proc = proc_mkdir("tux", tn->net->proc_net);
	if (!tn->proc)
		return -ENOMEM;
	if (!proc_create_single_data("stat", 0444, tn->proc, tux_stat_show, tn) ||
	    !proc_create_single_data("workers", 0444, tn->proc, tux_workers_show, tn) ||
	    !proc_create_data("connections", 0400, tn->proc, &tux_connections_ops, tn) ||
	    !proc_create_data("mime_types", 0200, tn->proc, &tux_mime_types_ops, tn)) {
		proc_remove(tn->proc);
		return -ENOMEM;
	}
	return 0;
}

/**
 * tux_proc_unregister - remove it; waits for readers
 * @tn: the namespace, whose lock the caller must not hold
 */
void tux_proc_unregister(struct tux_net *tn)
{
	proc_remove(tn->proc);
}
