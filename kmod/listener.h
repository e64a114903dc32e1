/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listening sockets.
 */
#ifndef _TUX_LISTENER_H
#define _TUX_LISTENER_H

#include <linux/atomic.h>
#include <linux/net.h>
#include <net/inet_connection_sock.h>

#include "admission.h"
#include "sock.h"
#include "stats.h"

struct tux_conf;
struct tux_worker;

/**
 * struct tux_listener - a listening socket and what it counts
 * @sock: the socket; its accept queue is read directly by the worker
 * @sk: its sock
 * @cpu: the CPU whose SYNs come here
 * @worker: who is woken when a connection arrives; written by placement.c while
 *	    the callback reads
 * @crowded: with more in the accept queue other workers are asked to help;
 *	     written by placement.c, U32_MAX where there is only one
 * @asked: the worker that was asked last; any CPU writes it, and a lost
 *	   update does no harm
 * @orig: the socket's own callbacks, which its children have as well; this and the
 *	  next two are complete when the listener is made
 * @orig_ops: the socket's own operations, for the children and for the end
 * @af_ops: the copy of @orig_ops that stands in while the server runs
 * @conf: the tunables
 * @no_room: SYNs for which there was no room
 * @popped: connections taken from the accept queue, ever
 * @pace: how fast that goes, for max_accept_wait; under the queue's rskq_lock
 * @drops: queue drops by enum tux_drop; written in softirq on any CPU
 */
struct tux_listener {
	struct socket		*sock;
	struct sock		*sk;
	unsigned int		cpu;
	struct tux_worker	*worker;
	u32			crowded;
	unsigned int		asked;
	struct tux_sock_callbacks orig;
	const struct inet_connection_sock_af_ops *orig_ops;
	struct inet_connection_sock_af_ops af_ops;
	const struct tux_conf	*conf;
	atomic_t		no_room;
	atomic64_t		popped;
	struct tux_pace		pace;
	atomic64_t		drops[TUX_NR_DROPS];
};

struct tux_listener *tux_listener_create(struct net *net, const struct tux_conf *conf,
					 unsigned int cpu, struct tux_listener *first);
int tux_listener_start(struct tux_listener *l);
void tux_listener_detach(struct tux_listener *l);
void tux_listener_destroy(struct tux_listener *l);
int tux_listener_set_backlog(struct tux_listener *l, int backlog);
struct sock *tux_listener_pop(struct tux_listener *l);

/* Connections waiting in the accept queue. Context: any. */
static inline u32 tux_listener_queue_len(const struct tux_listener *l)
{
	return READ_ONCE(l->sk->sk_ack_backlog);
}

/* Its places; one more may wait. Context: any. */
static inline u32 tux_listener_backlog(const struct tux_listener *l)
{
	return READ_ONCE(l->sk->sk_max_ack_backlog);
}

/* Handshakes in progress. Context: any. */
static inline u32 tux_listener_syn_len(const struct tux_listener *l)
{
	return inet_csk_reqsk_queue_len(l->sk);
}

#endif /* _TUX_LISTENER_H */
