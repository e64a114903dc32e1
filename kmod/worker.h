/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workers: one kernel thread on one CPU, with its listeners, its work_pending
 * queue, its connections and their timeouts, its buffers and its counters.
 * Between workers only the count of connection slots is shared.
 */
#ifndef _TUX_WORKER_H
#define _TUX_WORKER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>

#include "file.h"
#include "http_date.h"
#include "http_parse.h"
#include "policy.h"
#include "stats.h"

struct tux_conn;
struct tux_listener;
struct tux_server;

/**
 * enum tux_timeout - what a connection is waiting for, and how long it may
 * @TUX_TIMEOUT_HEADER: the rest of a request
 * @TUX_TIMEOUT_KEEPALIVE: the next request
 * @TUX_TIMEOUT_SEND: room in the send buffer
 * @TUX_TIMEOUT_LINGER: the client's FIN after a refusal
 */
enum tux_timeout {
	TUX_TIMEOUT_HEADER,
	TUX_TIMEOUT_KEEPALIVE,
	TUX_TIMEOUT_SEND,
	TUX_TIMEOUT_LINGER,
	TUX_NR_TIMEOUTS,
};

/**
 * struct tux_io - the buffers of the connection that is running
 * @rx: what was received and not yet used: @rx_off to @rx_len
 * @rx_off: start of the request at hand
 * @rx_len: end of the received bytes
 * @tx: answers gathered to be sent with one call
 * @tx_len: bytes of @tx in use
 * @sent: bytes of files that this turn has sent
 * @limits: what the parser allows this request
 * @req: the request at hand
 * @body_follows: it has a body
 * @path: the file path that it asks for
 * @location: where a redirect leads to
 *
 * One for each worker. Nothing in it survives the turn of a connection; what
 * must, moves into the connection (tux_conn_save()).
 */
struct tux_io {
	char			*rx;
	u32			rx_off;
	u32			rx_len;
	char			*tx;
	u32			tx_len;
	size_t			sent;
	struct http_limits	limits;
	struct http_request	req;
	bool			body_follows;
	char			path[TUX_PATH_MAX];
	char			location[4 * TUX_PATH_MAX];
};

/**
 * struct tux_worker - an event loop
 * @srv: the server it belongs to
 * @task: its thread
 * @model: one of the server's listeners, for what all of them, and so the
 *	   connections, have in common: the protocol's operations and callbacks
 * @index: its number, from 0
 * @home: the CPU it belongs to
 * @cpu: the CPU its thread is bound to: @home, or another while that is offline
 * @active: it accepts; else it is retired
 * @chosen: it is to be active (placement.c)
 * @at_home: it is bound to @home (placement.c)
 * @sleeping: the thread is about to sleep or does: whoever adds work wakes it
 * @work_lock: protects @work_pending; taken in softirq
 * @work_pending: connections with something to do, in order of arrival
 * @nr_pending: their number
 * @help: the listener of another worker which asked for help last, or NULL
 * @turn: index into @listeners of the one that was popped last
 * @work_phases: work-phases since the last accept-phase, for the policy
 * @ahead: connections taken together with others of late, for the policy
 * @timer: wakes the thread when the first timeout is due
 * @timeouts: parked connections by what they wait for, longest wait first
 * @expired_at: jiffies when the timeouts were looked at last
 * @conns_lock: protects @conns against readers of /proc
 * @conns: every open connection
 * @io: buffers
 * @date_sec: the second that @date is written for
 * @date: value of the Date field
 * @stats: counters
 * @nr_listeners: entries of @listeners that count
 * @listeners: the listeners that it accepts from, room for all; written by
 *	       placement.c while the thread reads, and whatever it reads there
 *	       is a listener of the server
 */
struct tux_worker {
	struct tux_server	*srv;
	struct task_struct	*task;
	struct tux_listener	*model;
	unsigned int		index;
	unsigned int		home;
	unsigned int		cpu;
	bool			active;
	bool			chosen;
	bool			at_home;

	/* written by others, too */
	bool			sleeping ____cacheline_aligned_in_smp;
	spinlock_t		work_lock;
	struct list_head	work_pending;
	unsigned int		nr_pending;
	struct tux_listener	*help;

	/* the thread's own */
	unsigned int		turn ____cacheline_aligned_in_smp;
	u32			work_phases;
	u32			ahead;
	struct timer_list	timer;
	struct list_head	timeouts[TUX_NR_TIMEOUTS];
	unsigned long		expired_at;
	struct mutex		conns_lock;
	struct list_head	conns;
	struct tux_io		io;
	time64_t		date_sec;
	char			date[HTTP_DATE_LEN];
	struct tux_stats	stats;

	/* written by placement.c */
	unsigned int		nr_listeners;
	struct tux_listener	*listeners[];
};

struct tux_worker *tux_worker_create(struct tux_server *srv, unsigned int index, unsigned int cpu);
void tux_worker_stop(struct tux_worker *w);
void tux_worker_destroy(struct tux_worker *w);
void tux_worker_queue(struct tux_worker *w, struct tux_conn *c);
void tux_worker_wake(struct tux_worker *w);
void tux_worker_arrival(struct tux_listener *l);
int tux_worker_count_addrs(struct tux_worker *w);
void tux_worker_update_date(struct tux_worker *w);

#endif /* _TUX_WORKER_H */
