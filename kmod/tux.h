/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of the server: one struct tux_net for each network namespace, and
 * while it serves a struct tux_server below it.
 *
 * Lock order: tux_net.lock, then everything else. The tunables' handlers and
 * the /proc views take tux_net.lock; so it must not be held while these are
 * unregistered.
 */
#ifndef _TUX_H
#define _TUX_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "client_addr.h"
#include "file.h"
#include "stats.h"
#include "tunables.h"

struct ctl_table;
struct ctl_table_header;
struct proc_dir_entry;
struct tux_docroot;
struct tux_listener;
struct tux_worker;

/**
 * struct tux_server - a running server: workers, listeners, what is served
 * @tn: the namespace it serves in; outlives it
 * @root: document root, pinned when the server was started
 * @index: name of a directory's index file; fixed while it runs
 * @nr_listeners: entries in @listeners
 * @listeners: a listening socket for each possible CPU, from start to stop
 * @nr_workers: entries in @workers, those of retired ones included
 * @ending: it is being stopped: the workers close their connections and end
 * @client_addrs: those by the client's address, for max_connections_per_ip
 * @connections: open connections of all workers, each slot taken before the
 *		 accept queue is popped; never above max_connections
 * @workers: the workers that were ever made; under tux_net.lock
 * @refs: one while it runs, and one of each errand that it left in the miss pool
 *
 * Made by tux_server_start(), ended by tux_server_stop(), both under
 * tux_net.lock. The workers refer to it without a count: they are stopped
 * before it goes. What abandoned errands may still look at is @tn, @root and @index;
 * the rest is gone then.
 */
struct tux_server {
	refcount_t		refs;
	struct tux_net		*tn;
	struct tux_docroot	*root;
	char			index[64];
	unsigned int		nr_listeners;
	struct tux_listener	**listeners;
	unsigned int		nr_workers;
	bool			ending;
	struct tux_client_addrs	client_addrs;
	atomic_t		connections ____cacheline_aligned_in_smp;
	struct tux_worker	*workers[TUX_THREADS_MAX] ____cacheline_aligned_in_smp;
};

/**
 * struct tux_net - everything of one network namespace
 * @net: the namespace; this struct is freed before it
 * @lock: serialises starting, stopping and writing tunables
 * @conf: the tunables
 * @adaptive: accept_policy is auto; what the workers read of that string
 * @strings_lock: protects the strings among them against workers that copy one
 * @server: the running server, NULL when stopped; under @lock
 * @cpus: its instance of the CPU hotplug state (placement.c)
 * @cpus_work: brings the workers to the CPUs that are online now
 * @past: counters of servers that were stopped; under @lock
 * @past_drops: their queue drops; under @lock
 * @past_files: what their file caches counted; under @lock
 * @ctl_table: this namespace's copy of the sysctl table
 * @ctl_header: its registration
 * @proc: /proc/net/tux
 */
struct tux_net {
	struct net		*net;
	struct mutex		lock;
	struct tux_conf		conf;
	bool			adaptive;
	spinlock_t		strings_lock;
	struct tux_server	*server;
	struct hlist_node	cpus;
	struct work_struct	cpus_work;
	struct tux_stats	past;
	u64			past_drops[TUX_NR_DROPS];
	struct tux_file_stats	past_files;
	struct ctl_table	*ctl_table;
	struct ctl_table_header	*ctl_header;
	struct proc_dir_entry	*proc;
};

struct tux_net *tux_net(const struct net *net);

/* server.c */
int tux_server_start(struct tux_net *tn);
void tux_server_stop(struct tux_net *tn);
void tux_server_get(struct tux_server *srv);
void tux_server_put(struct tux_server *srv);
int tux_server_set_backlog(struct tux_net *tn);
int tux_server_set_threads(struct tux_net *tn);
int tux_server_set_per_ip(struct tux_net *tn);
void tux_server_kick(struct tux_net *tn);
bool tux_slot_get(struct tux_server *srv);
void tux_slot_put(struct tux_server *srv);
unsigned int tux_slots_free(const struct tux_server *srv);

/* request.c */
struct tux_file_policy tux_file_policy_of(const struct tux_server *srv);

/* sysctl.c */
int tux_conf_check(const struct tux_conf *conf);
bool tux_conf_is_adaptive(const struct tux_conf *conf);
int tux_sysctl_register(struct tux_net *tn);
void tux_sysctl_unregister(struct tux_net *tn);

/* procfs.c */
int tux_proc_register(struct tux_net *tn);
void tux_proc_unregister(struct tux_net *tn);

#endif /* _TUX_H */
