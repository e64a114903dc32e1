// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TCP socket of a connection.
 *
 * A sock that was popped from the accept queue is grafted to the struct socket
 * inside its connection, and gets callbacks that do one thing: tell the
 * connection that something happened. Receiving and sending never wait.
 *
 * Contexts: the callbacks run in softirq, or in process context when a socket
 * lock is released; everything else in process context, by the connection's
 * owner. The pointer from the sock to the connection (sk_user_data) is read
 * and changed under sk_callback_lock.
 */
#include <linux/uio.h>
#include <net/inet_connection_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "conn.h"
#include "limits.h"
#include "listener.h"
#include "sock.h"
#include "tux.h"
#include "worker.h"

static void tux_sock_event(struct sock *sk)
{
	struct tux_conn *c;

	read_lock_bh(&sk->sk_callback_lock);
	c = sk->sk_user_data;
	if (c)
		tux_conn_event(c);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* The original clears SOCK_NOSPACE when there is enough room to be worth it. */
static void tux_sock_write_space(struct sock *sk)
{
	struct tux_conn *c;

	read_lock_bh(&sk->sk_callback_lock);
	c = sk->sk_user_data;
	if (c) {
		c->worker->model->orig.write_space(sk);
		if (!test_bit(SOCK_NOSPACE, &c->sa.socket.flags))
			tux_conn_event(c);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

/*
 * What sock_graft() does, without its security hook: that one wants an inode
 * which the file system made, and only copies a label to it.
 */
static void tux_sock_graft(struct tux_conn *c, struct sock *sk)
	__must_hold(&sk->sk_callback_lock)
{
	struct socket *sock = &c->sa.socket;

	lockdep_assert_held_write(&sk->sk_callback_lock);

	sock->type = SOCK_STREAM;
	sock->flags = 0;
	sock->file = NULL;
	sock->ops = c->worker->model->sock->ops;
	sock->sk = sk;
	sock->state = SS_CONNECTED;
	rcu_assign_pointer(sk->sk_wq, &sock->wq);
	sk_set_socket(sk, sock);
	sk->sk_uid = SOCK_INODE(sock)->i_uid;
}

/*
 * What SO_MAX_PACING_RATE does: TCP, or the fq queueing discipline where there
 * is one, spreads the segments over time. max_output_bandwidth as it is now
 * counts for this connection until its end.
 */
static void tux_sock_pace(const struct tux_conn *c, struct sock *sk)
{
	unsigned long rate = READ_ONCE(c->worker->srv->tn->conf.max_output_bandwidth);

	if (!rate)
		return;
	cmpxchg(&sk->sk_pacing_status, SK_PACING_NONE, SK_PACING_NEEDED);
	WRITE_ONCE(sk->sk_max_pacing_rate, rate);
	WRITE_ONCE(sk->sk_pacing_rate, min(READ_ONCE(sk->sk_pacing_rate), rate));
	if (rate > TUX_PACED_SNDBUF_MAX)
		return;
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sk_sndbuf, max_t(int, rate, TUX_PACED_SNDBUF_MIN));
}

/**
 * tux_sock_peer - the client's address
 * @sk: the sock of a connection, open or not
 *
 * Context: any.
 * Return: the address; IPv4 as a mapped one.
 */
struct in6_addr tux_sock_peer(const struct sock *sk)
{
	struct in6_addr peer;

	if (sk->sk_family == AF_INET6)
		peer = sk->sk_v6_daddr;
	else
		ipv6_addr_set_v4mapped(sk->sk_daddr, &peer);
	return peer;
}

/**
 * tux_sock_attach - graft a popped sock to its connection
 * @c: a connection with @worker set, owned by the caller
 * @sk: the sock, from tux_listener_pop()
 *
 * Events that came before are not replayed: the caller looks once
 * (tux_sock_quiet()).
 *
 * Context: process context; takes the socket lock.
 * Return: true, or false when the connection is closed already, or somebody else's: a
 * BPF program may have put it into a sockmap when it was established. The caller
 * then still owns @sk.
 */
bool tux_sock_attach(struct tux_conn *c, struct sock *sk)
{
	bool ours;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	ours = sk->sk_state != TCP_CLOSE && !sk->sk_user_data;
	if (ours) {
		sock_rps_record_flow(sk);
		tux_sock_pace(c, sk);
		tux_sock_graft(c, sk);
		c->sk = sk;
		sk->sk_user_data = c;
		sk->sk_data_ready = tux_sock_event;
		sk->sk_state_change = tux_sock_event;
		sk->sk_error_report = tux_sock_event;
		sk->sk_write_space = tux_sock_write_space;
	}
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
	return ours;
}

static void tux_sock_detach(struct tux_conn *c)
{
	const struct tux_sock_callbacks *orig = &c->worker->model->orig;
	struct sock *sk = c->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = orig->data_ready;
	sk->sk_state_change = orig->state_change;
	sk->sk_error_report = orig->error_report;
	sk->sk_write_space = orig->write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

/**
 * tux_sock_has_input - is there something unread, be it a FIN?
 * @c: a connection owned by the caller
 *
 * Context: any; a snapshot.
 */
bool tux_sock_has_input(const struct tux_conn *c)
{
	return !skb_queue_empty_lockless(&c->sk->sk_receive_queue);
}

/**
 * tux_sock_half_closed - has the client's FIN arrived?
 * @sk: a sock that the caller holds
 *
 * Context: any; a snapshot.
 */
bool tux_sock_half_closed(const struct sock *sk)
{
	return READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN;
}

/**
 * tux_sock_has_bytes - is there something unread, besides a FIN?
 * @sk: a sock that the caller holds
 *
 * Context: any; a snapshot.
 */
bool tux_sock_has_bytes(struct sock *sk)
{
	return tcp_inq(sk) > 0;
}

/**
 * tux_sock_quiet - nothing to receive, no end, no error?
 * @c: a connection owned by the caller
 *
 * A test without the socket lock, to spare a receive that would find nothing.
 * What arrives after it is announced by a callback.
 *
 * Context: any.
 */
bool tux_sock_quiet(const struct tux_conn *c)
{
	const struct sock *sk = c->sk;

	return !tux_sock_has_input(c) && !tux_sock_half_closed(sk) && !READ_ONCE(sk->sk_err);
}

static int tux_recv_actor(read_descriptor_t *desc, struct sk_buff *skb, unsigned int offset,
			  size_t len)
{
	size_t n = min(len, desc->count);

	if (n && skb_copy_bits(skb, offset, desc->arg.data, n))
		return -EFAULT;
	desc->arg.data = (char *)desc->arg.data + n;
	desc->count -= n;
	return n;
}

/**
 * tux_sock_recv - take received bytes
 * @c: a connection owned by the caller
 * @buf: to where
 * @len: how many at most, not 0
 *
 * Context: process context; takes the socket lock, does not wait for data.
 * Return: the number of bytes; 0 at the client's FIN; -EAGAIN when there is
 * nothing now (a callback will come); another negative errno when the
 * connection is broken.
 */
ssize_t tux_sock_recv(struct tux_conn *c, void *buf, size_t len)
{
	read_descriptor_t desc = { .count = len, .arg.data = buf };
	struct sock *sk = c->sk;
	ssize_t n;

	lock_sock(sk);
	/*
	 * Urgent data is read in line, as RFC 6093 6 has it: tcp_read_sock() would
	 * never get past an urgent byte.
	 */
	if (unlikely(tcp_sk(sk)->urg_data))
		WRITE_ONCE(tcp_sk(sk)->urg_data, 0);
	n = tcp_read_sock(sk, &desc, tux_recv_actor);
	if (!n) {
		if (sk->sk_err)
			n = -sk->sk_err;
		else if (!(sk->sk_shutdown & RCV_SHUTDOWN) && sk->sk_state != TCP_CLOSE)
			n = -EAGAIN;
	}
	release_sock(sk);
	return n;
}

/**
 * tux_sock_send - copy bytes into the send buffer
 * @c: a connection owned by the caller
 * @buf: from where
 * @len: how many
 * @more: more follows at once (another send, or the close): hold back a
 *	  segment that is not full
 *
 * Context: process context; takes the socket lock, does not wait for room.
 * Return: the number of bytes taken, more than 0; -EAGAIN when there is no
 * room (the write_space callback will come); another negative errno when the
 * connection is broken.
 */
ssize_t tux_sock_send(struct tux_conn *c, const void *buf, size_t len, bool more)
{
	struct kvec kv = { .iov_base = (void *)buf, .iov_len = len };
	struct msghdr msg = {
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0),
	};

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &kv, 1, len);
	return tcp_sendmsg(c->sk, &msg, len);
}

/**
 * tux_sock_shutdown - send our FIN, go on receiving
 * @c: a connection owned by the caller
 *
 * Context: process context; takes the socket lock.
 */
void tux_sock_shutdown(struct tux_conn *c)
{
	struct sock *sk = c->sk;

	lock_sock(sk);
	sk->sk_shutdown |= SEND_SHUTDOWN;
	sk->sk_prot->shutdown(sk, SEND_SHUTDOWN);
	release_sock(sk);
}

/*
 * The children of a kernel socket hold no reference on their network namespace,
 * and closing such a sock kills its timers: a last segment that gets lost would
 * never be sent again, and the sock stay for ever. So take a reference before.
 * Not in a namespace that is going away: there the connection is aborted.
 */
static bool tux_sock_hold_net(struct sock *sk)
{
	if (sk->sk_net_refcnt)
		return true;
	if (!maybe_get_net(sock_net(sk)))
		return false;
	tux_compat_net_upgrade(sk);
	return true;
}

/**
 * tux_sock_close - give the sock back to the protocol
 * @c: a connection owned by the caller; @c->sk is gone afterwards
 * @abort: end with a RST; else what was sent is still delivered, then a FIN
 *
 * Context: process context; takes the socket lock. No callback runs for @c
 * after it.
 */
void tux_sock_close(struct tux_conn *c, bool abort)
{
	struct sock *sk = c->sk;

	tux_sock_detach(c);
	if (abort || !tux_sock_hold_net(sk))
		sock_no_linger(sk);
	sk->sk_prot->close(sk, 0);
	c->sk = NULL;
	c->sa.socket.sk = NULL;
}

/**
 * tux_sock_abort - reset a connection, but keep its sock
 * @c: the connection; somebody else may be about to send on it, and gets an error
 *
 * Context: process context; takes the socket lock. No callback runs for @c after it.
 * Return: true; or false in a namespace that is going away, which a sock must not
 * outlive: then nothing was done.
 */
bool tux_sock_abort(struct tux_conn *c)
{
	if (!tux_sock_hold_net(c->sk))
		return false;
	tux_sock_detach(c);
	tcp_abort(c->sk, ECONNABORTED);
	return true;
}

/**
 * tux_sock_bury - give a sock back after tux_sock_abort()
 * @c: the connection; @c->sk is gone afterwards
 *
 * Context: process context; takes the socket lock.
 */
void tux_sock_bury(struct tux_conn *c)
{
	c->sk->sk_prot->close(c->sk, 0);
	c->sk = NULL;
	c->sa.socket.sk = NULL;
}

/**
 * tux_sock_discard - reset a popped sock that no connection will have
 * @sk: the sock, from tux_listener_pop()
 *
 * Context: process context; takes the socket lock.
 */
void tux_sock_discard(struct sock *sk)
{
	sock_no_linger(sk);
	sk->sk_prot->close(sk, 0);
}
