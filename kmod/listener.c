// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening sockets: made here, read here, and the place where queue drops are
 * seen.
 *
 * A listener's children inherit its callbacks, its sk_user_data and its
 * icsk_af_ops. So that none of them can call into this module before a worker
 * has accepted it (or when nobody ever does), the listener gets a copy of
 * icsk_af_ops whose syn_recv_sock() gives every child its originals back. The
 * same copy counts the queue drops, per listener, with the kernel's own tests
 * in the kernel's order.
 *
 * Contexts: create, start, detach and destroy run in process context under
 * tux_net.lock; tux_listener_pop() in the worker; tux_listener_data_ready(),
 * tux_conn_request() and tux_syn_recv_sock() in softirq, inside an RCU
 * read-side section, on any CPU.
 */
#include <linux/in6.h>
#include <linux/slab.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/request_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "limits.h"
#include "listener.h"
#include "tux.h"
#include "worker.h"

static struct sock *tux_syn_recv_sock(const struct sock *sk, struct sk_buff *skb,
				      struct request_sock *req, struct dst_entry *dst,
				      struct request_sock *req_unhash, bool *own_req,
				      void (*opt_child_init)(struct sock *newsk,
							     const struct sock *sk));

/*
 * The listener that a socket belongs to, or NULL once it was detached: the
 * caller may have fetched our function just before that.
 */
static struct tux_listener *tux_listener_of(const struct sock *sk)
{
	const struct inet_connection_sock_af_ops *ops;

	/* Pairs with smp_store_release() in tux_listener_attach() and _detach(). */
	ops = smp_load_acquire(&inet_csk(sk)->icsk_af_ops);
	if (ops->syn_recv_sock != tux_syn_recv_sock)
		return NULL;
	return container_of(ops, struct tux_listener, af_ops);
}

static void tux_drop_count(struct tux_listener *l, enum tux_drop kind)
{
	atomic64_inc(&l->drops[kind]);
}

/* The kernel woke this listener up: a connection is in its accept queue. */
static void tux_listener_data_ready(struct sock *sk)
{
	struct tux_listener *l;

	read_lock_bh(&sk->sk_callback_lock);
	l = sk->sk_user_data;
	if (l && sk->sk_state == TCP_LISTEN)
		tux_worker_arrival(l);
	read_unlock_bh(&sk->sk_callback_lock);
}

/*
 * Would tcp_conn_request() drop this SYN for want of room? Its tests, in its
 * order (net/ipv4/tcp_input.c). The last one also asks whether the peer is
 * proven, which a module cannot; see tux_conn_request().
 */
static int tux_syn_verdict(struct sock *sk, struct sk_buff *skb)
{
	struct net *net = sock_net(sk);
	bool cookies = READ_ONCE(net->ipv4.sysctl_tcp_syncookies);
	int max = READ_ONCE(net->ipv4.sysctl_max_syn_backlog);
	bool recycled = TCP_SKB_CB(skb)->tcp_tw_isn;

	if (!recycled && !cookies && inet_csk_reqsk_queue_is_full(sk))
		return TUX_drop_synq_full;
	if (sk_acceptq_is_full(sk))
		return TUX_drop_acceptq_full;
	if (!recycled && !cookies && max - inet_csk_reqsk_queue_len(sk) < (max >> 2))
		return TUX_drop_request;
	return -1;
}

/* Handshakes that will come to their end; when the SYN queue is full the kernel decides alone. */
static unsigned int tux_syn_expected(const struct sock *sk)
{
	if (inet_csk_reqsk_queue_is_full(sk))
		return 0;
	return tux_admission_expected(reqsk_queue_len_young(&inet_csk(sk)->icsk_accept_queue),
				      inet_csk_reqsk_queue_len(sk));
}

/*
 * syn_admission: is there no room left in the accept queue for one more
 * handshake, besides those that wait there and those under way that will come
 * to their end? To let it in would cost a SYN-ACK, an ACK and a request that
 * are all thrown away, and the client 200 ms and more.
 *
 * One SYN of TUX_SYN_PROBE is let in all the same. So a flood of SYNs is not taken for a
 * crowd for long: a second later its handshakes are old, more are let in and fill the SYN
 * queue, and SYN cookies decide, or tcp_syncookies=0, as if this were not here.
 */
static bool tux_syn_has_no_room(struct tux_listener *l, const struct sock *sk,
				unsigned int expected)
{
	if (!READ_ONCE(l->conf->syn_admission) || inet_csk_reqsk_queue_is_full(sk))
		return false;
	if (READ_ONCE(sk->sk_ack_backlog) + expected <= READ_ONCE(sk->sk_max_ack_backlog))
		return false;
	return (unsigned int)atomic_inc_return(&l->no_room) % TUX_SYN_PROBE;
}

/*
 * max_accept_wait: is this client to wait for longer than that, in the queue or on its way
 * to it? Clients wait from our SYN-ACK on; a handshake that a SYN cookie completed has no
 * time. Where connections cannot be taken, because there is no slot, it is not the queue
 * that they wait for. The lock is never taken with softirqs on
 * (inet_csk_reqsk_queue_add(), reqsk_queue_remove()).
 */
static bool tux_syn_is_late(struct tux_listener *l, struct sock *sk, unsigned int expected)
{
	struct request_sock_queue *queue = &inet_csk(sk)->icsk_accept_queue;
	struct tux_pace_in in = {
		.limit = READ_ONCE(l->conf->max_accept_wait) * (u64)USEC_PER_MSEC,
	};
	bool late;

	if (!in.limit)
		return false;
	spin_lock(&queue->rskq_lock);
	in.now = tcp_clock_us();
	in.full = !tux_slots_free(READ_ONCE(l->worker)->srv);
	in.popped = atomic64_read(&l->popped);
	if (queue->rskq_accept_head) {
		in.head_since = tcp_rsk(queue->rskq_accept_head)->snt_synack;
		in.queue = READ_ONCE(sk->sk_ack_backlog);
	}
	tux_pace_update(&l->pace, &in);
	late = tux_pace_is_late(&l->pace, in.queue + expected);
	spin_unlock(&queue->rskq_lock);
	return late && !in.full;
}

static bool tux_syn_is_refused(struct tux_listener *l, struct sock *sk)
{
	unsigned int expected = tux_syn_expected(sk);

	return tux_syn_has_no_room(l, sk, expected) || tux_syn_is_late(l, sk, expected);
}

/* No reset answers what was sent to many. */
static bool tux_syn_is_unicast(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return !(skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST));
	return ipv6_unicast_destination(skb);
}

/*
 * A SYN is refused: its client tries again after a second, or with reset_refused is told.
 * The listener may be an IPv6 one and the SYN not. Nothing is left of the reset here if
 * there is no memory for it; the client then tries again.
 */
static void tux_syn_refuse(const struct tux_listener *l, struct sock *sk, struct sk_buff *skb)
{
	const struct proto *prot = skb->protocol == htons(ETH_P_IP) ? &tcp_prot : sk->sk_prot;

	tcp_listendrop(sk);
	if (READ_ONCE(l->conf->reset_refused) && tux_syn_is_unicast(skb))
		tux_compat_send_reset(prot->rsk_prot, sk, skb);
}

/* A SYN for this listener. */
static int tux_conn_request(struct sock *sk, struct sk_buff *skb)
{
	struct tux_listener *l = tux_listener_of(sk);
	int verdict = tux_syn_verdict(sk, skb);
	int before = inet_csk_reqsk_queue_len(sk);
	int ret;

	if (!l)
		return inet_csk(sk)->icsk_af_ops->conn_request(sk, skb);

	if (verdict < 0 && tux_syn_is_refused(l, sk)) {
		tux_drop_count(l, TUX_drop_admission);
		tux_syn_refuse(l, sk, skb);
		return 0;
	}
	if (verdict == TUX_drop_acceptq_full && READ_ONCE(l->conf->reset_refused)) {
		/* What the kernel would do with it, and the reset. */
		tux_drop_count(l, verdict);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_LISTENOVERFLOWS);
		tux_syn_refuse(l, sk, skb);
		return 0;
	}
	ret = l->orig_ops->conn_request(sk, skb);
	/*
	 * Above three quarters of tcp_max_syn_backlog a proven peer is let in
	 * all the same: then the SYN queue has grown.
	 */
	if (verdict == TUX_drop_request && inet_csk_reqsk_queue_len(sk) > before)
		verdict = -1;
	if (verdict >= 0)
		tux_drop_count(l, verdict);
	return ret;
}

/* The end of a handshake: make the child, and make it forget its parent. */
static struct sock *tux_syn_recv_sock(const struct sock *sk, struct sk_buff *skb,
				      struct request_sock *req, struct dst_entry *dst,
				      struct request_sock *req_unhash, bool *own_req,
				      void (*opt_child_init)(struct sock *newsk,
							     const struct sock *sk))
{
	struct tux_listener *l = tux_listener_of(sk);
	struct sock *child;

	if (!l)
		return inet_csk(sk)->icsk_af_ops->syn_recv_sock(sk, skb, req, dst, req_unhash,
								own_req, opt_child_init);
	if (sk_acceptq_is_full(sk))
		tux_drop_count(l, TUX_drop_listen_overflow);

	child = l->orig_ops->syn_recv_sock(sk, skb, req, dst, req_unhash, own_req, opt_child_init);
	if (!child)
		return NULL;

	child->sk_user_data = NULL;
	child->sk_data_ready = l->orig.data_ready;
	/* IPv4 children of an IPv6 listener have their own already. */
	if (inet_csk(child)->icsk_af_ops == &l->af_ops)
		inet_csk(child)->icsk_af_ops = l->orig_ops;
	/* The answer will carry the acknowledgement of the request. */
	inet_csk_enter_pingpong_mode(child);
	return child;
}

static int tux_listener_socket(struct net *net, struct socket **sock)
{
	int err = sock_create_kern(net, PF_INET6, SOCK_STREAM, IPPROTO_TCP, sock);

	if (err == -EAFNOSUPPORT)
		err = sock_create_kern(net, PF_INET, SOCK_STREAM, IPPROTO_TCP, sock);
	return err;
}

/* IPv4 and IPv6 on one socket, whatever net.ipv6.bindv6only says. */
static int tux_listener_bind(struct socket *sock, u16 port)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (sock->sk->sk_family == PF_INET)
		return kernel_bind(sock, (struct sockaddr *)&any4, sizeof(any4));
	sock->sk->sk_ipv6only = false;
	return kernel_bind(sock, (struct sockaddr *)&any6, sizeof(any6));
}

/*
 * What SO_REUSEPORT and SO_INCOMING_CPU do: of the listeners of a port the stack
 * takes the one of the CPU that a SYN is processed on.
 */
static int tux_listener_share(struct socket *sock, int cpu)
{
	sock->sk->sk_reuseport = true;
	return sock_setsockopt(sock, SOL_SOCKET, SO_INCOMING_CPU, KERNEL_SOCKPTR(&cpu),
			       sizeof(cpu));
}

/* What the socket and its children have of their own; known before any child is made. */
static void tux_listener_save(struct tux_listener *l)
{
	struct sock *sk = l->sk;

	l->orig.data_ready = sk->sk_data_ready;
	l->orig.state_change = sk->sk_state_change;
	l->orig.write_space = sk->sk_write_space;
	l->orig.error_report = sk->sk_error_report;
	l->orig_ops = inet_csk(sk)->icsk_af_ops;
	l->af_ops = *l->orig_ops;
	l->af_ops.conn_request = tux_conn_request;
	l->af_ops.syn_recv_sock = tux_syn_recv_sock;
}

/**
 * tux_listener_create - make a socket and bind it
 * @net: network namespace
 * @conf: the tunables; port, on all addresses of both families
 * @cpu: the CPU whose SYNs are to come here
 * @first: the first listener of this port, or NULL when this one is it
 *
 * The first one is bound without SO_REUSEPORT, so that a port which some other
 * server shares among its own sockets counts as in use. Where there is but one
 * CPU nothing is shared at all.
 *
 * Context: process context; may sleep.
 * Return: the listener, without a worker yet, or an ERR_PTR: -EADDRINUSE, ... Nobody
 * can connect before tux_listener_start().
 */
struct tux_listener *tux_listener_create(struct net *net, const struct tux_conf *conf,
					 unsigned int cpu, struct tux_listener *first)
{
	struct tux_listener *l;
	struct sock *sk;
	int err;

	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return ERR_PTR(-ENOMEM);

	err = tux_listener_socket(net, &l->sock);
	if (err)
		goto free_listener;
	sk = l->sock->sk;
	l->sk = sk;
	l->conf = conf;
	l->cpu = cpu;

	sock_set_reuseaddr(sk);
	tcp_sock_set_nodelay(sk);
	if (first)
		sk->sk_reuseport = true;
	err = tux_listener_bind(l->sock, conf->port);
	if (err)
		goto release_socket;
	if (num_possible_cpus() > 1)
		err = tux_listener_share(l->sock, cpu);
	if (err)
		goto release_socket;
	tux_listener_save(l);
	return l;

release_socket:
	sock_release(l->sock);
free_listener:
	kfree(l);
	return ERR_PTR(err);
}

static void tux_listener_attach(struct tux_listener *l)
{
	struct sock *sk = l->sk;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = l;
	sk->sk_data_ready = tux_listener_data_ready;
	/* Pairs with tux_listener_of(): the copy is complete when it is seen. */
	smp_store_release(&inet_csk(sk)->icsk_af_ops, &l->af_ops);
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
}

/**
 * tux_listener_start - listen
 * @l: a listener that has a worker
 *
 * The callbacks are there before the first client can come.
 *
 * Context: process context; may sleep.
 * Return: 0 or the socket's error; -EADDRINUSE when somebody else was faster. To be
 * followed by tux_listener_detach() in either case.
 */
int tux_listener_start(struct tux_listener *l)
{
	tux_listener_attach(l);
	return kernel_listen(l->sock, l->conf->max_backlog);
}

/**
 * tux_listener_detach - take the callbacks away again
 * @l: a listener that was started, or one that never was
 *
 * Children that are still in its queues run no code of this module.
 *
 * Context: process context. The caller waits for a grace period
 * (synchronize_net()) before it lets the workers or @l go.
 */
void tux_listener_detach(struct tux_listener *l)
{
	struct sock *sk = l->sk;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = l->orig.data_ready;
	sk->sk_user_data = NULL;
	/*
	 * Last: whoever sees the original operations makes children that
	 * inherit the original callbacks. Pairs with tux_listener_of().
	 */
	smp_store_release(&inet_csk(sk)->icsk_af_ops, l->orig_ops);
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
}

/**
 * tux_listener_destroy - close the socket; waiting clients are reset
 * @l: a listener that was detached, and a grace period since
 *
 * Context: process context; may sleep.
 */
void tux_listener_destroy(struct tux_listener *l)
{
	sock_release(l->sock);
	kfree(l);
}

/**
 * tux_listener_set_backlog - change the length of the accept queue
 * @l: a listener
 * @backlog: the new length, not clamped by somaxconn
 *
 * Context: process context; may sleep.
 * Return: 0 or the socket's error.
 */
int tux_listener_set_backlog(struct tux_listener *l, int backlog)
{
	return kernel_listen(l->sock, backlog);
}

/*
 * A Fast Open child is popped before its handshake is over: the request must
 * stay until then, and learns that the child was taken.
 */
static void tux_reqsk_done(struct request_sock_queue *queue, struct request_sock *req)
{
	if (tcp_rsk(req)->tfo_listener) {
		spin_lock_bh(&queue->fastopenq.lock);
		if (tcp_rsk(req)->tfo_listener) {
			req->sk = NULL;
			req = NULL;
		}
		spin_unlock_bh(&queue->fastopenq.lock);
	}
	if (req)
		reqsk_put(req);
}

/**
 * tux_listener_pop - take the connection at the head of the accept queue
 * @l: the listener
 *
 * What inet_csk_accept() does, but without the listener's lock: the queue has
 * a lock of its own.
 *
 * Context: process context, the worker.
 * Return: the connection's sock, with the queue's reference, or NULL.
 */
struct sock *tux_listener_pop(struct tux_listener *l)
{
	struct request_sock_queue *queue = &inet_csk(l->sk)->icsk_accept_queue;
	struct request_sock *req;
	struct sock *sk;

	if (reqsk_queue_empty(queue))
		return NULL;
	req = reqsk_queue_remove(queue, l->sk);
	if (!req)
		return NULL;
	atomic64_inc(&l->popped);
	sk = req->sk;
	tux_reqsk_done(queue, req);
	inet_init_csk_locks(sk);
	return sk;
}
