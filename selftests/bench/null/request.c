// SPDX-License-Identifier: GPL-2.0-only
/*
 * The null responder: what any in-kernel server must pay on this kernel.
 *
 * Stands in for kmod/request.c and is linked with everything else of the
 * server, so sockets, queues, phases and timeouts are the same; but it parses
 * nothing and opens nothing. Each empty line in the input ends a request, and
 * each request gets the same 1,000 bytes. Not a web server: for benchmarks only.
 *
 * Context: the worker's thread, for the connection that it owns.
 */
#include <linux/string.h>

#include "../../../kmod/conn.h"
#include "../../../kmod/request.h"
#include "../../../kmod/tux.h"

#define NULL_BODY	"0123456789abcdef0123456789abcdef0123456789abcdef" /* 48 bytes */
#define NULL_BODY_8	NULL_BODY NULL_BODY NULL_BODY NULL_BODY \
			NULL_BODY NULL_BODY NULL_BODY NULL_BODY

/* 20 times 48 bytes and 40 more are 1,000. */
static const char null_answer[] =
	"HTTP/1.1 200 OK\r\n"
	"Server: null\r\n"
	"Content-Type: text/plain\r\n"
	"Content-Length: 1000\r\n"
	"\r\n"
	NULL_BODY_8 NULL_BODY_8 NULL_BODY NULL_BODY NULL_BODY NULL_BODY
	"0123456789abcdef0123456789abcdef01234567";

/* Bytes up to and with the first empty line, 0 without one. */
static u32 null_request_len(const char *p, u32 len)
{
	const char *end = strnstr(p, "\r\n\r\n", len);

	return end ? end + 4 - p : 0;
}

enum tux_verdict tux_request_next(struct tux_conn *c, struct tux_io *io)
{
	const u32 answer_len = sizeof(null_answer) - 1;
	u32 len = null_request_len(io->rx + io->rx_off, io->rx_len - io->rx_off);

	if (!len && io->rx_len - io->rx_off >= io->limits.max_header_len)
		return TUX_HANG_UP;
	if (!len)
		return TUX_NEED_INPUT;
	if (TUX_TX_SIZE - io->tx_len < answer_len)
		return TUX_NEED_ROOM;
	memcpy(io->tx + io->tx_len, null_answer, answer_len);
	io->tx_len += answer_len;
	io->rx_off += len;
	c->end = TUX_END_KEEP;
	c->requests++;
	tux_stat_inc(&c->worker->stats, TUX_requests);
	return TUX_ANSWERED;
}

bool tux_request_begun(const struct tux_conn *c, const struct tux_io *io)
{
	return io->rx_off < io->rx_len;
}

void tux_request_timeout(struct tux_conn *c, struct tux_io *io)
{
}

struct tux_file_policy tux_file_policy_of(const struct tux_server *srv)
{
	return (struct tux_file_policy) TUX_FILE_POLICY_DEFAULT;
}
