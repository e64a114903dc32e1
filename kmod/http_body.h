/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Skipping request bodies.
 *
 * A static server has no use for a body, but must find its end, because the
 * next pipelined request begins there. Both framings are understood:
 * Content-Length, and chunked with extensions and trailers (RFC 9112 6 and 7).
 * The state is small enough to live in the connection, no byte is kept.
 *
 * Context: any; pure functions of their arguments.
 */
#ifndef TUX_HTTP_BODY_H
#define TUX_HTTP_BODY_H

#include "http_parse.h"

/* a chunk-size line with its extensions: nobody uses extensions, attackers like them */
#define HTTP_MAX_CHUNK_LINE 1024
/* the trailer section: read for its grammar alone */
#define HTTP_MAX_TRAILER_LEN 4096

/**
 * struct http_body - where in a request body we are
 * @left: bytes left of the Content-Length or of the chunk
 * @budget: bytes that may still be consumed, framing included
 * @line: bytes of the chunk-size line or the trailer section so far
 * @state: place in the grammar
 * @digits: the chunk-size line has its first digit
 */
struct http_body {
	u64 left;
	u32 budget;
	u16 line;
	u8 state;
	u8 digits;
};

/**
 * http_body_init() - is there a body, and may it be skipped?
 * @body: state to set up
 * @req: a complete request (http_parse() returned > 0)
 * @lim: max_body_skip bounds the body
 *
 * Return:
 * * 1: no body, the next request follows the head;
 * * 0: a body follows, feed it to http_body_skip();
 * * -413: a Content-Length above @lim->max_body_skip: answer (413, or what the request is
 *   due) and close.
 */
int http_body_init(struct http_body *body, const struct http_request *req,
		   const struct http_limits *lim);

/**
 * http_body_skip() - consume body bytes
 * @body: the state
 * @buf: the next bytes of the stream, in pieces of any size
 * @len: how many
 * @used: out: how many belong to the body; fewer than @len only when the body ended or on an error
 *
 * Return:
 * * 1: the body is over, the next request begins at @buf + *@used;
 * * 0: all of @buf was consumed, more is needed;
 * * < 0: negative status: -400 malformed, -413 above the bound, -431 trailers too long. Framing is
 *   lost: answer if no answer was sent yet, then close.
 */
int http_body_skip(struct http_body *body, const char *buf, u32 len, u32 *used);

#endif /* TUX_HTTP_BODY_H */
