// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections: made when a sock is popped from the accept queue, run when
 * something happened to them, parked in between, closed once.
 *
 * tux_conn_run() is one turn: send what is left from the last one, then receive,
 * answer and send until there is nothing to do or the turn's budget is spent.
 * At its end the connection goes one of five ways (enum tux_turn). What does
 * not fit into the send buffer and what was received but not used moves from
 * the worker's buffers into the connection; so a parked connection that waits
 * for its next request holds no buffer at all.
 *
 * Teardown, in one place, tux_conn_close():
 *	1. off the timeout list and the list for /proc
 *	2. callbacks restored, so that no event finds it (sock.c)
 *	3. the sock closed, its client's count lowered
 *	4. buffers, file and miss note freed
 *	5. counted, memory freed, slot given back
 * When the server is stopped and the connection does not come back from the miss pool,
 * tux_conn_abandon() does the same with a reset in place of 3 and without freeing, and
 * the pool does the rest when it can, with tux_conn_bury().
 *
 * Contexts: tux_conn_event() in any, tux_conn_bury() in the miss pool; everything else
 * in the worker's thread.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "client_addr.h"
#include "conn.h"
#include "file.h"
#include "limits.h"
#include "listener.h"
#include "miss.h"
#include "request.h"
#include "sendfile.h"
#include "sock.h"
#include "tux.h"

/* How a turn ends */
enum tux_turn {
	TUX_TURN_GO_ON,		/* it does not, yet */
	TUX_TURN_PARK,		/* wait for a callback */
	TUX_TURN_REQUEUE,	/* budget spent: to the tail of work_pending */
	TUX_TURN_MISS,		/* to the miss pool with c->miss */
	TUX_TURN_CLOSE,
	TUX_TURN_ABORT,
};

static struct kmem_cache *tux_conn_cache;

/* Runs once for each object of the slab, not for each connection. */
static void tux_conn_construct(void *obj)
{
	struct tux_conn *c = obj;

	memset(c, 0, sizeof(*c));
	init_waitqueue_head(&c->sa.socket.wq.wait);
}

/**
 * tux_conn_init - make the slab cache
 *
 * Return: 0 or -ENOMEM.
 */
int tux_conn_init(void)
{
	tux_conn_cache = kmem_cache_create("tux_conn", sizeof(struct tux_conn), 0,
					   SLAB_TYPESAFE_BY_RCU | SLAB_ACCOUNT,
					   tux_conn_construct);
	return tux_conn_cache ? 0 : -ENOMEM;
}

/**
 * tux_conn_exit - undo tux_conn_init(); waits for the last readers
 */
void tux_conn_exit(void)
{
	kmem_cache_destroy(tux_conn_cache);
}

/* Everything but @sa, which the constructor made. */
static struct tux_conn *tux_conn_alloc(struct tux_worker *w)
{
	struct tux_conn *c = kmem_cache_alloc(tux_conn_cache, GFP_KERNEL | __GFP_NOWARN);

	if (!c)
		return NULL;
	memset((char *)c + offsetof(struct tux_conn, flags), 0,
	       sizeof(*c) - offsetof(struct tux_conn, flags));
	c->worker = w;
	c->flags = BIT(TUX_CONN_BUSY);
	c->born = jiffies;
	return c;
}

/**
 * tux_conn_take - take a parked connection from the wire
 * @c: the connection; the caller knows that it exists
 *
 * Context: any.
 * Return: true: the caller owns it now; false: somebody else does.
 */
bool tux_conn_take(struct tux_conn *c)
{
	return !test_and_set_bit(TUX_CONN_BUSY, &c->flags);
}

/**
 * tux_conn_event - something happened on a connection's socket
 * @c: the connection
 *
 * Context: any; called by the socket callbacks under sk_callback_lock.
 */
void tux_conn_event(struct tux_conn *c)
{
	set_bit(TUX_CONN_EVENT, &c->flags);
	/* EVENT before BUSY. Pairs with tux_conn_park(). */
	smp_mb__after_atomic();
	if (tux_conn_take(c))
		tux_worker_queue(c->worker, c);
}

/* Put the connection back onto the wire, unless something happened meanwhile. */
static void tux_conn_park(struct tux_conn *c)
{
	/* The next owner sees what this one did. Pairs with tux_conn_take(). */
	smp_mb__before_atomic();
	clear_bit(TUX_CONN_BUSY, &c->flags);
	/* BUSY before EVENT. Pairs with tux_conn_event(). */
	smp_mb__after_atomic();
	if (test_bit(TUX_CONN_EVENT, &c->flags) && tux_conn_take(c))
		tux_worker_queue(c->worker, c);
}

/*
 * Say what the connection waits for. The clock of a timeout goes on running
 * when the connection is parked again for the same reason, unless @restart.
 */
static void tux_conn_wait(struct tux_conn *c, enum tux_timeout kind, bool restart)
{
	if (c->waits == kind && !restart)
		return;
	c->waits = kind;
	c->since = jiffies;
	c->overdue = false;
	list_move_tail(&c->timeout, &c->worker->timeouts[kind]);
}

/*
 * abort_half_closed: is this a client that asked, and closed its side before we came to
 * read it? Under overload it has most likely given up, and an answer would cost as
 * much as one that somebody reads.
 */
static bool tux_client_gone(struct tux_worker *w, struct sock *sk)
{
	if (!READ_ONCE(w->srv->tn->conf.abort_half_closed) || !tux_sock_half_closed(sk) ||
	    !tux_sock_has_bytes(sk))
		return false;
	tux_stat_inc(&w->stats, TUX_half_closed);
	return true;
}

/**
 * tux_conn_accept - make a connection of a popped sock
 * @w: the worker that popped it, with a slot reserved for it
 * @sk: the sock
 *
 * Puts the connection onto work_pending, or onto the wire when its request is
 * not there yet. Without memory, at max_connections_per_ip, or when the client is
 * gone already, the sock is reset and the slot given back.
 *
 * Context: the worker's thread.
 */
void tux_conn_accept(struct tux_worker *w, struct sock *sk)
{
	struct tux_conn *c;

	if (tux_client_gone(w, sk))
		goto discard;
	c = tux_conn_alloc(w);
	if (!c) {
		tux_stat_inc(&w->stats, TUX_accept_nomem);
		goto discard;
	}
	/* Either it is counted here, or tux_worker_count_addrs() finds it in the list. */
	mutex_lock(&w->conns_lock);
	c->client = tux_client_addr_get(&w->srv->client_addrs, sk);
	if (IS_ERR(c->client)) {
		bool limited = PTR_ERR(c->client) == -EUSERS;

		tux_stat_inc(&w->stats, limited ? TUX_accept_per_ip : TUX_accept_nomem);
		goto free_conn;
	}
	if (!tux_sock_attach(c, sk)) {
		tux_stat_inc(&w->stats, TUX_accept_dead);
		goto put_client;
	}
	tux_stat_inc(&w->stats, TUX_accepted);

	list_add_tail(&c->all, &w->conns);
	mutex_unlock(&w->conns_lock);
	c->waits = TUX_TIMEOUT_HEADER;
	c->since = jiffies;
	list_add_tail(&c->timeout, &w->timeouts[TUX_TIMEOUT_HEADER]);

	if (tux_sock_quiet(c))
		tux_conn_park(c);
	else
		tux_worker_queue(w, c);
	return;

put_client:
	tux_client_addr_put(&w->srv->client_addrs, c->client);
free_conn:
	mutex_unlock(&w->conns_lock);
	kmem_cache_free(tux_conn_cache, c);
discard:
	tux_sock_discard(sk);
	tux_slot_put(w->srv);
}

static void tux_out_free(struct tux_out *out)
{
	kvfree(out->buf);
	out->buf = NULL;
	tux_file_put(out->file);
	out->file = NULL;
	kfree(out->parts);
	out->parts = NULL;
}

/* No timeout and no reader of /proc finds it any more. */
static void tux_conn_unlist(struct tux_conn *c)
{
	list_del(&c->timeout);
	mutex_lock(&c->worker->conns_lock);
	list_del(&c->all);
	mutex_unlock(&c->worker->conns_lock);
}

static void tux_conn_free(struct tux_conn *c)
{
	kfree(c->in);
	tux_out_free(&c->out);
	tux_miss_free(c->miss);
	kmem_cache_free(tux_conn_cache, c);
}

/* It has ended: for the counters, and for who waits for a slot. */
static void tux_conn_count_end(struct tux_worker *w, bool abort)
{
	tux_stat_inc(&w->stats, TUX_closed);
	if (abort)
		tux_stat_inc(&w->stats, TUX_aborted);
	tux_slot_put(w->srv);
}

/**
 * tux_conn_close - end a connection
 * @c: a connection owned by the caller, on no queue; gone afterwards
 * @abort: with a RST, for a client that is owed more than it will get
 *
 * Context: the worker's thread.
 */
void tux_conn_close(struct tux_conn *c, bool abort)
{
	struct tux_worker *w = c->worker;

	tux_conn_unlist(c);
	tux_sock_close(c, abort);
	tux_client_addr_put(&w->srv->client_addrs, c->client);
	tux_conn_free(c);
	tux_conn_count_end(w, abort);
}

/**
 * tux_conn_abandon - let go of a connection that the miss pool does not give back
 * @c: a connection in the miss pool, which is kept from giving it back meanwhile
 *
 * Context: the worker's thread.
 * Return: true: its client is reset, and it is the pool's alone; false: the network
 * namespace is about to go, nothing was done.
 */
bool tux_conn_abandon(struct tux_conn *c)
{
	struct tux_worker *w = c->worker;

	if (!tux_sock_abort(c))
		return false;
	tux_conn_unlist(c);
	tux_client_addr_put(&w->srv->client_addrs, c->client);
	tux_conn_count_end(w, true);
	return true;
}

/**
 * tux_conn_bury - free an abandoned connection
 * @c: the connection, and its errand with it
 *
 * Context: a thread of the miss pool; takes the socket lock.
 */
void tux_conn_bury(struct tux_conn *c)
{
	tux_sock_bury(c);
	tux_conn_free(c);
}

/* Keep the unused input for the next turn. */
static int tux_conn_save_input(struct tux_conn *c, struct tux_io *io)
{
	u32 len = io->rx_len - io->rx_off;
	struct tux_inbuf *in;

	if (!len)
		return 0;
	in = kmalloc(struct_size(in, data, len), GFP_KERNEL | __GFP_NOWARN);
	if (!in)
		return -ENOMEM;
	in->req = io->req;
	in->limits = io->limits;
	in->len = len;
	memcpy(in->data, io->rx + io->rx_off, len);
	c->in = in;
	return 0;
}

static void tux_conn_load_limits(struct tux_conn *c, struct tux_io *io)
{
	const struct http_limits limits = HTTP_DEFAULT_LIMITS;

	io->limits = limits;
	io->limits.max_header_len = READ_ONCE(c->worker->srv->tn->conf.max_header_len);
}

/* Begin a turn with empty buffers, or with the input of the last one. */
static void tux_conn_load_input(struct tux_conn *c, struct tux_io *io)
{
	struct tux_inbuf *in = c->in;

	io->tx_len = 0;
	io->rx_off = 0;
	io->rx_len = 0;
	if (!in) {
		tux_conn_load_limits(c, io);
		http_request_init(&io->req);
		return;
	}
	io->req = in->req;
	io->limits = in->limits;
	io->rx_len = in->len;
	memcpy(io->rx, in->data, in->len);
	c->in = NULL;
	kfree(in);
}

/* Keep the unsent part of tx for the next turn. */
static int tux_conn_save_output(struct tux_conn *c, const char *buf, u32 len)
{
	char *rest = kmemdup(buf, len, GFP_KERNEL | __GFP_NOWARN);

	if (!rest)
		return -ENOMEM;
	c->out.buf = rest;
	c->out.off = 0;
	c->out.len = len;
	return 0;
}

static void tux_conn_sent(struct tux_conn *c, size_t n)
{
	c->bytes += n;
	tux_stat_add(&c->worker->stats, TUX_bytes_sent, n);
}

static enum tux_turn tux_conn_send_full(struct tux_conn *c, bool progress)
{
	tux_stat_inc(&c->worker->stats, TUX_send_full);
	c->state = TUX_CONN_SEND;
	tux_conn_wait(c, TUX_TIMEOUT_SEND, progress);
	return TUX_TURN_PARK;
}

/*
 * Send bytes from memory. What has no room is kept, unless it is the kept
 * rest itself. Returns GO_ON when all of it is sent.
 */
static enum tux_turn tux_conn_send_bytes(struct tux_conn *c, const char *buf, u32 len, bool more)
{
	u32 off = 0;

	while (off < len) {
		ssize_t n = tux_sock_send(c, buf + off, len - off, more);

		if (n > 0) {
			tux_conn_sent(c, n);
			off += n;
			continue;
		}
		if (n != -EAGAIN)
			return TUX_TURN_ABORT;
		if (c->out.buf)
			c->out.off += off;
		else if (tux_conn_save_output(c, buf + off, len - off))
			return TUX_TURN_ABORT;
		return tux_conn_send_full(c, off);
	}
	return TUX_TURN_GO_ON;
}

static enum tux_turn tux_conn_send_cold(struct tux_conn *c)
{
	if (!tux_miss_send(c))
		return TUX_TURN_ABORT;
	tux_stat_inc(&c->worker->stats, TUX_misses);
	c->state = TUX_CONN_SEND;
	tux_conn_wait(c, TUX_TIMEOUT_SEND, true);
	return TUX_TURN_MISS;
}

/* Send the range of c->out. Returns GO_ON when all of it is sent. */
static enum tux_turn tux_conn_send_range(struct tux_conn *c, bool more)
{
	size_t *turn = &c->worker->io.sent;
	struct tux_out *out = &c->out;

	while (out->left) {
		ssize_t n;

		if (*turn >= TUX_RUN_BYTES) {
			c->state = TUX_CONN_SEND;
			tux_conn_wait(c, TUX_TIMEOUT_SEND, true);
			return TUX_TURN_REQUEUE;
		}
		n = tux_sendfile(&c->sa.socket, out->file, &out->pos, out->left,
				 TUX_SEND_NOWAIT | (more ? TUX_SEND_MORE : 0));
		if (n > 0) {
			tux_conn_sent(c, n);
			out->left -= n;
			*turn += n;
			continue;
		}
		if (n == TUX_SEND_FULL)
			return tux_conn_send_full(c, *turn);
		if (n == TUX_SEND_COLD)
			return tux_conn_send_cold(c);
		if (n == TUX_SEND_TRUNCATED)
			tux_stat_inc(&c->worker->stats, TUX_truncated);
		return TUX_TURN_ABORT;
	}
	return TUX_TURN_GO_ON;
}

/* Begin with the next part: its text, which is kept if there is no room. */
static enum tux_turn tux_conn_next_part(struct tux_conn *c, bool more)
{
	struct tux_parts *parts = c->out.parts;
	const struct tux_part *p = &parts->part[parts->next++];
	const char *text = parts->text;

	parts->text += p->text_len;
	c->out.pos = p->pos;
	c->out.left = p->len;
	return tux_conn_send_bytes(c, text, p->text_len, more || p->len);
}

/* Send what c->out has of a file. Returns GO_ON when all of it is sent. */
static enum tux_turn tux_conn_send_file(struct tux_conn *c, bool more)
{
	struct tux_out *out = &c->out;
	enum tux_turn turn;

	for (;;) {
		bool last = !out->parts || out->parts->next == out->parts->nr;

		turn = tux_conn_send_range(c, more || !last);
		if (turn != TUX_TURN_GO_ON)
			return turn;
		if (last)
			break;
		turn = tux_conn_next_part(c, more);
		if (turn != TUX_TURN_GO_ON)
			return turn;
	}
	tux_out_free(out);
	return TUX_TURN_GO_ON;
}

/*
 * All answers are sent: what the last one said comes next. A close with input
 * unread would be a reset, and the answer lost to it: then linger as well.
 */
static enum tux_turn tux_conn_sent_all(struct tux_conn *c)
{
	c->state = TUX_CONN_READ;
	if (c->end == TUX_END_KEEP)
		return TUX_TURN_GO_ON;
	if (c->end == TUX_END_CLOSE && !tux_sock_has_input(c))
		return TUX_TURN_CLOSE;
	tux_sock_shutdown(c);
	c->state = TUX_CONN_LINGER;
	tux_conn_wait(c, TUX_TIMEOUT_LINGER, true);
	return TUX_TURN_GO_ON;
}

/* Send c->out: the bytes, then the file. GO_ON when all answers are sent. */
static enum tux_turn tux_conn_send_out(struct tux_conn *c)
{
	enum tux_turn turn = TUX_TURN_GO_ON;
	bool fin = c->end != TUX_END_KEEP;
	struct tux_out *out = &c->out;

	if (out->buf) {
		turn = tux_conn_send_bytes(c, out->buf + out->off, out->len - out->off,
					   tux_out_follows(out) || fin);
		if (turn == TUX_TURN_GO_ON) {
			kvfree(out->buf);
			out->buf = NULL;
		}
	}
	if (turn == TUX_TURN_GO_ON && out->file)
		turn = tux_conn_send_file(c, fin);
	if (turn == TUX_TURN_GO_ON)
		turn = tux_conn_sent_all(c);
	return turn;
}

/*
 * Send what is gathered in tx, and what is to follow it: a file, or, with nothing
 * in tx, the bytes of c->out. When the connection is to be closed then, the last
 * segment waits for the FIN to go with it.
 */
static enum tux_turn tux_conn_flush(struct tux_conn *c, struct tux_io *io)
{
	bool fin = c->end != TUX_END_KEEP;
	enum tux_turn turn;

	turn = tux_conn_send_bytes(c, io->tx, io->tx_len, tux_out_follows(&c->out) || fin);
	io->tx_len = 0;
	if (turn == TUX_TURN_GO_ON)
		turn = tux_conn_send_out(c);
	return turn;
}

/* The miss pool brought pages, or sent by itself. */
static enum tux_turn tux_conn_after_miss(struct tux_conn *c)
{
	ssize_t sent = c->miss->sent;

	tux_miss_free(c->miss);
	c->miss = NULL;
	/* The client did not make it wait for the file system. */
	tux_conn_wait(c, TUX_TIMEOUT_SEND, true);
	if (sent > 0) {
		tux_conn_sent(c, sent);
		c->out.left -= sent;
	}
	if (sent == TUX_SEND_FULL)
		return tux_conn_send_full(c, false);
	if (sent == TUX_SEND_TRUNCATED)
		tux_stat_inc(&c->worker->stats, TUX_truncated);
	return sent < 0 ? TUX_TURN_ABORT : TUX_TURN_GO_ON;
}

/* Go on with the output of an earlier turn. GO_ON when all of it is sent. */
static enum tux_turn tux_conn_send_rest(struct tux_conn *c)
{
	enum tux_turn turn = TUX_TURN_GO_ON;

	if (c->miss)
		turn = tux_conn_after_miss(c);
	if (turn == TUX_TURN_GO_ON)
		turn = tux_conn_send_out(c);
	return turn;
}

/* Receive behind what is in rx. GO_ON when something came, or the end did. */
static enum tux_turn tux_conn_receive(struct tux_conn *c, struct tux_io *io)
{
	ssize_t n;

	if (c->eof)
		return TUX_TURN_CLOSE;
	if (io->rx_off) {
		io->rx_len -= io->rx_off;
		memmove(io->rx, io->rx + io->rx_off, io->rx_len);
		io->rx_off = 0;
	}
	/* The parser refuses a head that fills the room. */
	if (WARN_ON_ONCE(io->rx_len >= io->limits.max_header_len))
		return TUX_TURN_ABORT;
	if (tux_sock_quiet(c))
		return TUX_TURN_PARK;
	n = tux_sock_recv(c, io->rx + io->rx_len, io->limits.max_header_len - io->rx_len);
	if (n == -EAGAIN)
		return TUX_TURN_PARK;
	if (n < 0)
		return TUX_TURN_ABORT;
	c->eof = !n;
	io->rx_len += n;
	return TUX_TURN_GO_ON;
}

/* Nothing more to read for now: send the answers, then wait for the client. */
static enum tux_turn tux_conn_await(struct tux_conn *c, struct tux_io *io, bool answered)
{
	enum tux_turn turn = tux_conn_flush(c, io);

	if (turn != TUX_TURN_GO_ON)
		return turn;
	if (tux_request_begun(c, io) || !c->requests)
		tux_conn_wait(c, TUX_TIMEOUT_HEADER, answered);
	else
		tux_conn_wait(c, TUX_TIMEOUT_KEEPALIVE, answered);
	return TUX_TURN_PARK;
}

/* Answer requests until there are no more, or the budget is spent. */
static enum tux_turn tux_conn_answer(struct tux_conn *c, struct tux_io *io)
{
	unsigned int answered = 0;
	enum tux_turn turn;

	for (;;) {
		switch (tux_request_next(c, io)) {
		case TUX_NEED_INPUT:
			turn = tux_conn_receive(c, io);
			if (turn == TUX_TURN_PARK)
				return tux_conn_await(c, io, answered);
			if (turn == TUX_TURN_CLOSE && io->tx_len) {
				c->end = TUX_END_CLOSE;
				turn = tux_conn_flush(c, io);
			}
			break;
		case TUX_ANSWERED:
			answered++;
			turn = TUX_TURN_GO_ON;
			if (c->out.file || c->out.buf || c->end != TUX_END_KEEP)
				turn = tux_conn_flush(c, io);
			if (turn == TUX_TURN_GO_ON && answered >= TUX_RUN_REQUESTS) {
				tux_conn_wait(c, TUX_TIMEOUT_KEEPALIVE, true);
				turn = TUX_TURN_REQUEUE;
			}
			break;
		case TUX_NEED_ROOM:
			turn = tux_conn_flush(c, io);
			break;
		case TUX_IN_MISS_POOL:
			turn = TUX_TURN_MISS;
			break;
		default:
			c->end = TUX_END_LINGER;
			turn = tux_conn_flush(c, io);
			break;
		}
		if (turn != TUX_TURN_GO_ON || c->state == TUX_CONN_LINGER)
			return turn;
	}
}

/*
 * Before a connection that still has answers in tx leaves the worker, they are
 * sent. An errand for the miss pool is put off until there is room for them.
 */
static enum tux_turn tux_conn_leave(struct tux_conn *c, struct tux_io *io, enum tux_turn turn)
{
	enum tux_turn sent = tux_conn_flush(c, io);

	if (sent == TUX_TURN_GO_ON)
		return turn;
	/* The errand was not begun; the request asks for it anew. */
	tux_miss_free(c->miss);
	c->miss = NULL;
	return sent;
}

static enum tux_turn tux_conn_read(struct tux_conn *c)
{
	struct tux_io *io = &c->worker->io;
	enum tux_turn turn;

	tux_conn_load_input(c, io);
	turn = tux_conn_answer(c, io);
	if (io->tx_len && (turn == TUX_TURN_MISS || turn == TUX_TURN_REQUEUE))
		turn = tux_conn_leave(c, io, turn);
	if (turn == TUX_TURN_MISS || turn == TUX_TURN_REQUEUE || turn == TUX_TURN_PARK) {
		if (c->state != TUX_CONN_LINGER && tux_conn_save_input(c, io))
			turn = TUX_TURN_ABORT;
	}
	return turn;
}

/* Read and throw away until the client has closed its side, too. */
static enum tux_turn tux_conn_linger(struct tux_conn *c)
{
	struct tux_io *io = &c->worker->io;

	while (c->lingered < TUX_LINGER_BYTES) {
		ssize_t n = tux_sock_recv(c, io->rx, TUX_RX_SIZE);

		if (n == -EAGAIN)
			return TUX_TURN_PARK;
		if (n <= 0)
			return TUX_TURN_CLOSE;
		c->lingered += n;
	}
	return TUX_TURN_CLOSE;
}

static enum tux_turn tux_conn_turn(struct tux_conn *c)
{
	enum tux_turn turn = TUX_TURN_GO_ON;

	c->worker->io.sent = 0;
	if (c->state == TUX_CONN_READ && !c->requests && !c->in &&
	    tux_client_gone(c->worker, c->sk))
		return TUX_TURN_ABORT;
	if (c->state == TUX_CONN_SEND)
		turn = tux_conn_send_rest(c);
	if (turn == TUX_TURN_GO_ON && c->state == TUX_CONN_READ)
		turn = tux_conn_read(c);
	if (turn == TUX_TURN_GO_ON && c->state == TUX_CONN_LINGER)
		turn = tux_conn_linger(c);
	return turn;
}

/**
 * tux_conn_run - give a connection its turn
 * @c: a connection that was taken from work_pending; may be gone afterwards
 *
 * Context: the worker's thread.
 */
void tux_conn_run(struct tux_conn *c)
{
	/*
	 * That the miss pool found no room is older than the event, which may say that there
	 * is some again: then the event is left for another turn.
	 */
	if (!c->miss || c->miss->sent != TUX_SEND_FULL) {
		clear_bit(TUX_CONN_EVENT, &c->flags);
		/* What is looked at from here on is as new as the event. */
		smp_mb__after_atomic();
	}

	switch (tux_conn_turn(c)) {
	case TUX_TURN_REQUEUE:
		tux_worker_queue(c->worker, c);
		break;
	case TUX_TURN_MISS:
		tux_miss_submit(c->miss);
		break;
	case TUX_TURN_CLOSE:
		tux_conn_close(c, false);
		break;
	case TUX_TURN_ABORT:
		tux_conn_close(c, true);
		break;
	default:
		if (unlikely(c->overdue))
			tux_conn_expire(c);
		else
			tux_conn_park(c);
		break;
	}
}

/**
 * tux_conn_expire - a connection has waited for too long
 * @c: a connection that the caller took from the wire; gone afterwards
 *
 * Context: the worker's thread.
 */
void tux_conn_expire(struct tux_conn *c)
{
	static const u8 counter[TUX_NR_TIMEOUTS] = {
		[TUX_TIMEOUT_HEADER] = TUX_timeout_header,
		[TUX_TIMEOUT_KEEPALIVE] = TUX_timeout_keepalive,
		[TUX_TIMEOUT_SEND] = TUX_timeout_send,
		[TUX_TIMEOUT_LINGER] = TUX_timeout_linger,
	};
	struct tux_io *io = &c->worker->io;

	tux_stat_inc(&c->worker->stats, counter[c->waits]);
	if (c->waits == TUX_TIMEOUT_HEADER) {
		io->tx_len = 0;
		tux_worker_update_date(c->worker);
		tux_request_timeout(c, io);
		if (io->tx_len && tux_sock_send(c, io->tx, io->tx_len, true) > 0)
			tux_conn_sent(c, io->tx_len);
	}
	tux_conn_close(c, c->waits == TUX_TIMEOUT_SEND);
}
