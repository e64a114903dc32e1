/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections.
 *
 * Who owns a connection
 * ---------------------
 *
 *	            callback                    worker
 *	+--------+  sets BUSY   +--------------+ takes  +---------+
 *	| PARKED | -----------> | work_pending | -----> | RUNNING |
 *	+--------+              +--------------+        +---------+
 *	    ^                          ^                  |  |  |
 *	    |   clears BUSY            |  more to do      |  |  |
 *	    +--------------------------|------------------+  |  +--> closed
 *	                               |                     |
 *	                        +-----------+   may block    |
 *	                        | miss pool | <--------------+
 *	                        +-----------+
 *
 * TUX_CONN_BUSY is the token: whoever set it owns the connection, or has put
 * it where the next owner takes it from. A callback that finds it set leaves
 * TUX_CONN_EVENT behind; the worker looks at that when it has parked the
 * connection, so no event is lost and a connection is queued once at most.
 *
 * What it is doing
 * ----------------
 *
 *	READ --> SEND --> READ --> ...      keep-alive, pipelining
 *	  |        |
 *	  +--------+--> LINGER --> closed   refused: wait for the client's FIN
 */
#ifndef _TUX_CONN_H
#define _TUX_CONN_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/types.h>
#include <net/sock.h>

#include "http_body.h"
#include "http_parse.h"
#include "worker.h"

struct tux_client_addr;
struct tux_file;

/* Bits of tux_conn.flags */
#define TUX_CONN_BUSY	0	/* owned; see above */
#define TUX_CONN_EVENT	1	/* something happened while it was owned */

/**
 * enum tux_conn_state - what a connection is doing
 * @TUX_CONN_READ: waiting for a request, or in the middle of one
 * @TUX_CONN_SEND: an answer did not fit into the send buffer
 * @TUX_CONN_LINGER: our side is shut down; reading until the client's is
 */
enum tux_conn_state {
	TUX_CONN_READ,
	TUX_CONN_SEND,
	TUX_CONN_LINGER,
};

/* What happens to a connection when its answer is sent */
enum tux_conn_end {
	TUX_END_KEEP,		/* the next request */
	TUX_END_CLOSE,		/* the client knows: close */
	TUX_END_LINGER,		/* more may come in: close without losing the answer */
};

/**
 * struct tux_inbuf - input that waits for its connection's next turn
 * @req: the request at hand, as far as it is parsed
 * @limits: what the parser allows it; a tunable changed meanwhile does not count
 * @len: bytes in @data
 * @data: begins with the first byte of the request at hand
 */
struct tux_inbuf {
	struct http_request	req;
	struct http_limits	limits;
	u32			len;
	char			data[];
};

/**
 * struct tux_part - a piece of an answer that is made of several
 * @text_len: bytes of text that come first, the next ones of the answer's
 * @pos: where in the file the bytes behind them begin
 * @len: their number; 0 where only text follows
 */
struct tux_part {
	u32	text_len;
	u64	pos;
	u64	len;
};

/**
 * struct tux_parts - what follows when tux_out.left is down to 0
 * @next: the part that comes next
 * @nr: number of parts
 * @text: its text, behind @part in the same allocation
 * @part: the parts
 */
struct tux_parts {
	unsigned int		next;
	unsigned int		nr;
	const char		*text;
	struct tux_part		part[];
};

/**
 * struct tux_out - output that waits for room in the send buffer
 * @buf: rest of the heads and small bodies, or an answer that was made in the
 *	miss pool; for kvfree(), or NULL
 * @off: bytes of @buf that are sent
 * @len: bytes in @buf
 * @file: file to be sent behind it, or NULL
 * @pos: where in @file to go on
 * @left: bytes of @file to go, before the next part
 * @parts: further parts of the answer, from kmalloc(), or NULL; only with @file
 */
struct tux_out {
	char			*buf;
	u32			off;
	u32			len;
	struct tux_file		*file;
	loff_t			pos;
	u64			left;
	struct tux_parts	*parts;
};

/* Does anything follow behind the bytes in tux_out.buf? */
static inline bool tux_out_follows(const struct tux_out *out)
{
	return out->file && (out->left || (out->parts && out->parts->next < out->parts->nr));
}

/**
 * struct tux_conn - a connection
 * @sa: the struct socket that the sock is grafted to. It is part of the
 *	connection and no file system knows it: its inode only answers questions
 *	about owner and number (as /proc/net/tcp asks them)
 * @flags: TUX_CONN_*; atomic
 * @worker: whose connection it is
 * @work: on the worker's work_pending; under its work_lock
 * @sk: the sock
 * @client: where it is counted for max_connections_per_ip, or NULL; under conns_lock
 * @timeout: on one of the worker's timeout lists
 * @since: jiffies when it was put there
 * @waits: which list
 * @overdue: its time was over when it was no longer on the wire
 * @state: what it is doing
 * @end: what follows when the output is sent
 * @eof: the client has shut down its side
 * @skipping: a request body is being skipped
 * @all: on the worker's conns; under its conns_lock
 * @in: input left from the last turn, or NULL
 * @miss: result of the miss pool for the request at hand, or NULL
 * @out: output left from the last turn
 * @body: how far the body is skipped
 * @lingered: bytes thrown away while lingering
 * @requests: requests answered
 * @bytes: bytes sent
 * @born: jiffies when it was accepted
 *
 * Objects are reused without a grace period between (SLAB_TYPESAFE_BY_RCU),
 * because readers of sk_wq look at @sa under RCU alone: its wait queue is
 * initialised by the slab's constructor and stays so.
 */
struct tux_conn {
	struct socket_alloc	sa;

	unsigned long		flags;
	struct tux_worker	*worker;
	struct list_head	work;

	struct sock		*sk;
	struct tux_client_addr	*client;
	struct list_head	timeout;
	unsigned long		since;
	u8			waits;
	u8			state;
	u8			end;
	bool			overdue;
	bool			eof;
	bool			skipping;
	struct list_head	all;
	struct tux_inbuf	*in;
	struct tux_miss		*miss;
	struct tux_out		out;
	struct http_body	body;
	u32			lingered;
	u32			requests;
	u64			bytes;
	unsigned long		born;
};

int tux_conn_init(void);
void tux_conn_exit(void);

void tux_conn_accept(struct tux_worker *w, struct sock *sk);
void tux_conn_event(struct tux_conn *c);
bool tux_conn_take(struct tux_conn *c);
void tux_conn_run(struct tux_conn *c);
void tux_conn_expire(struct tux_conn *c);
void tux_conn_close(struct tux_conn *c, bool abort);
bool tux_conn_abandon(struct tux_conn *c);
void tux_conn_bury(struct tux_conn *c);

#endif /* _TUX_CONN_H */
