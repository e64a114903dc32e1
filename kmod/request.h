/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: from received bytes to an answer.
 *
 * conn.c moves bytes between a socket and the worker's buffers and asks
 * tux_request_next() what they mean. Whoever provides these functions makes the
 * server; everything below does not know HTTP.
 */
#ifndef _TUX_REQUEST_H
#define _TUX_REQUEST_H

#include <linux/types.h>

struct tux_conn;
struct tux_io;

/**
 * enum tux_verdict - what came of looking at the input
 * @TUX_NEED_INPUT: nothing complete in it; receive more
 * @TUX_ANSWERED: one request used up; its answer is in tx, perhaps with a file
 *	to follow in @c->out, or, with nothing in tx, it is in @c->out.buf;
 *	@c->end says what comes after it
 * @TUX_NEED_ROOM: tx is too full; send it, then ask again
 * @TUX_IN_MISS_POOL: handed to the miss pool, which gives the connection back
 *	to work_pending; the input must be kept as it is
 * @TUX_HANG_UP: the input makes no sense and no answer is due: close
 */
enum tux_verdict {
	TUX_NEED_INPUT,
	TUX_ANSWERED,
	TUX_NEED_ROOM,
	TUX_IN_MISS_POOL,
	TUX_HANG_UP,
};

enum tux_verdict tux_request_next(struct tux_conn *c, struct tux_io *io);
bool tux_request_begun(const struct tux_conn *c, const struct tux_io *io);
void tux_request_timeout(struct tux_conn *c, struct tux_io *io);

#endif /* _TUX_REQUEST_H */
