/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TUX_HTTP_CODING_H
#define TUX_HTTP_CODING_H

#include "http_chars.h"
#include "http_parse.h"

/* http_request.flags, beside those of http_parse.c: an Accept-Encoding line was there */
#define HTTP_FL_ACCEPT_ENC 0x40

/**
 * http_accept_encoding() - take in the value of an Accept-Encoding line
 * @req: the request
 * @v: the value
 *
 * Qualities are kept plus 1: 0 means "not mentioned". What makes no sense is skipped.
 */
void http_accept_encoding(struct http_request *req, struct http_piece v);

/**
 * http_choose_coding() - negotiate the content coding
 * @req: a complete request
 * @available: bit mask (1 << enum http_coding) of the representations that exist
 *
 * The client's highest quality wins, the order of enum http_coding among equals.
 * Without Accept-Encoding the answer is HTTP_CODING_IDENTITY (RFC 9110 12.5.3).
 *
 * Return: the coding to send, or -406 when the client refuses every available one.
 */
int http_choose_coding(const struct http_request *req, u32 available);

/**
 * http_accepts_coding() - would the client take any encoded representation?
 * @req: a complete request
 *
 * The quick test before looking for compressed siblings.
 *
 * Return: bit mask of codings with a quality above 0; 1 << HTTP_CODING_IDENTITY among them.
 */
u32 http_accepts_coding(const struct http_request *req);

/**
 * http_coding_order() - all that the client would take, what it wants most first
 * @req: a complete request
 * @available: bit mask (1 << enum http_coding) of what may be asked for
 * @order: receives enum http_coding, as http_choose_coding() would choose when all before is missing
 *
 * Return: number of entries in @order; 0 where http_choose_coding() says -406.
 */
unsigned int http_coding_order(const struct http_request *req, u32 available,
			       u8 order[HTTP_NR_CODINGS]);

/**
 * http_refuses_identity() - has the client said that it takes no content without a coding?
 * @req: a complete request
 *
 * The quick test whether a file without siblings may be sent.
 */
static inline bool http_refuses_identity(const struct http_request *req)
{
	u16 q = req->coding_q[HTTP_CODING_IDENTITY];

	/* 0 is not mentioned, 1 a quality of 0 */
	return (q ? q : req->any_q) == 1;
}

#endif /* TUX_HTTP_CODING_H */
