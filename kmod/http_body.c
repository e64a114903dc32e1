// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the end of a request body. See http_body.h for the contract.
 *
 * Content-Length is a countdown. Chunked (RFC 9112 7.1) is a state machine over
 * single bytes, except for chunk data, which is skipped at once:
 *
 *   chunk-size [ BWS ";" BWS name [ BWS "=" BWS value ] ]... CR LF
 *   data CR LF                            ... until a chunk of size 0, then
 *   [ trailer field lines ] CR LF
 *
 * Extensions are checked against the grammar because a sloppy reading of them
 * is how two servers come to disagree about where a request begins.
 */
#include "http_body.h"
#include "http_chars.h"

enum state {
	B_LENGTH,	/* counting down a Content-Length */
	B_SIZE,		/* chunk-size digits */
	B_SIZE_WS,	/* white space after something complete: only ";" may follow */
	B_EXT,		/* after ";" */
	B_EXT_NAME,
	B_EXT_NAME_WS,	/* white space after a name: "=" or ";" may follow */
	B_EXT_EQ,	/* after "=" */
	B_EXT_TOKEN,
	B_EXT_QUOTED,
	B_EXT_ESCAPED,	/* after a backslash in a quoted string */
	B_EXT_END,	/* after the closing quote */
	B_SIZE_LF,
	B_DATA,
	B_DATA_CR,
	B_DATA_LF,
	B_TRAILER,	/* beginning of a trailer line */
	B_TRAILER_NAME,
	B_TRAILER_VALUE,
	B_TRAILER_LF,
	B_END_LF,
	B_DONE,
};

/* a Content-Length above this is not read, whatever the limit says: sums stay in range */
#define MAX_BUDGET 0x7fffffffU

int http_body_init(struct http_body *body, const struct http_request *req,
		   const struct http_limits *lim)
{
	memset(body, 0, sizeof(*body));
	body->budget = min_t(u32, lim->max_body_skip, MAX_BUDGET);
	if (req->chunked) {
		body->state = B_SIZE;
		return 0;
	}
	body->left = req->has_length ? req->content_length : 0;
	if (!body->left) {
		body->state = B_DONE;
		return 1;
	}
	if (body->left > body->budget)
		return -413;
	body->state = B_LENGTH;
	return 0;
}

static int to(struct http_body *b, u8 state)
{
	b->state = state;
	return 0;
}

static int size_digit(struct http_body *b, char c)
{
	/* far above any budget, far below an overflow */
	if (b->left >> 48)
		return -413;
	b->left = b->left << 4 | http_hex(c);
	b->digits = 1;
	return 0;
}

/* what may follow a complete size, name or value */
static int after_item(struct http_body *b, char c)
{
	if (c == ';')
		return to(b, B_EXT);
	if (c == '\r')
		return to(b, B_SIZE_LF);
	if (http_is_ows(c))
		return to(b, B_SIZE_WS);
	return -400;
}

static int size_line_over(struct http_body *b)
{
	b->line = 0;
	b->digits = 0;
	if (!b->left)
		return to(b, B_TRAILER);
	if (b->left > b->budget)
		return -413;
	return to(b, B_DATA);
}

/* one byte of an extension */
static int ext_byte(struct http_body *b, char c)
{
	switch (b->state) {
	case B_EXT:
		if (http_is_ows(c))
			return 0;
		return http_is(c, HTTP_C_TOKEN) ? to(b, B_EXT_NAME) : -400;
	case B_EXT_NAME:
		if (http_is(c, HTTP_C_TOKEN))
			return 0;
		if (http_is_ows(c))
			return to(b, B_EXT_NAME_WS);
		return c == '=' ? to(b, B_EXT_EQ) : after_item(b, c);
	case B_EXT_NAME_WS:
		if (http_is_ows(c))
			return 0;
		if (c == ';')
			return to(b, B_EXT);
		return c == '=' ? to(b, B_EXT_EQ) : -400;
	case B_EXT_EQ:
		if (http_is_ows(c))
			return 0;
		if (c == '"')
			return to(b, B_EXT_QUOTED);
		return http_is(c, HTTP_C_TOKEN) ? to(b, B_EXT_TOKEN) : -400;
	case B_EXT_TOKEN:
		return http_is(c, HTTP_C_TOKEN) ? 0 : after_item(b, c);
	case B_EXT_QUOTED:
		if (c == '"')
			return to(b, B_EXT_END);
		if (c == '\\')
			return to(b, B_EXT_ESCAPED);
		return http_is(c, HTTP_C_VALUE) ? 0 : -400;
	case B_EXT_ESCAPED:
		return http_is(c, HTTP_C_VALUE) ? to(b, B_EXT_QUOTED) : -400;
	default: /* B_EXT_END */
		return after_item(b, c);
	}
}

/* one byte of the chunk-size line */
static int size_line_byte(struct http_body *b, char c)
{
	if (++b->line > HTTP_MAX_CHUNK_LINE)
		return -400;
	switch (b->state) {
	case B_SIZE:
		if (http_is(c, HTTP_C_HEX))
			return size_digit(b, c);
		return b->digits ? after_item(b, c) : -400;
	case B_SIZE_WS:
		if (http_is_ows(c))
			return 0;
		return c == ';' ? to(b, B_EXT) : -400;
	case B_SIZE_LF:
		return c == '\n' ? size_line_over(b) : -400;
	default:
		return ext_byte(b, c);
	}
}

/* one byte of the trailer section; 1 when it was the last */
static int trailer_byte(struct http_body *b, char c)
{
	if (++b->line > HTTP_MAX_TRAILER_LEN)
		return -431;
	switch (b->state) {
	case B_TRAILER:
		if (c == '\r')
			return to(b, B_END_LF);
		return http_is(c, HTTP_C_TOKEN) ? to(b, B_TRAILER_NAME) : -400;
	case B_TRAILER_NAME:
		if (c == ':')
			return to(b, B_TRAILER_VALUE);
		return http_is(c, HTTP_C_TOKEN) ? 0 : -400;
	case B_TRAILER_VALUE:
		if (c == '\r')
			return to(b, B_TRAILER_LF);
		return http_is(c, HTTP_C_VALUE) ? 0 : -400;
	case B_TRAILER_LF:
		return c == '\n' ? to(b, B_TRAILER) : -400;
	default: /* B_END_LF */
		if (c != '\n')
			return -400;
		b->state = B_DONE;
		return 1;
	}
}

static int framing_byte(struct http_body *b, char c)
{
	if (!b->budget)
		return -413;
	b->budget--;
	if (b->state < B_DATA)
		return size_line_byte(b, c);
	if (b->state >= B_TRAILER)
		return trailer_byte(b, c);
	if (b->state == B_DATA_CR)
		return c == '\r' ? to(b, B_DATA_LF) : -400;
	return c == '\n' ? to(b, B_SIZE) : -400;
}

/* Skip what is there of the counted bytes. Return: how many. */
static u32 skip_counted(struct http_body *b, u32 len)
{
	u32 n = b->left < len ? (u32)b->left : len;

	b->left -= n;
	b->budget -= n;
	if (!b->left)
		b->state = b->state == B_LENGTH ? B_DONE : B_DATA_CR;
	return n;
}

int http_body_skip(struct http_body *body, const char *buf, u32 len, u32 *used)
{
	u32 i = 0;
	int rc = body->state == B_DONE;

	while (i < len && !rc) {
		if (body->state == B_LENGTH || body->state == B_DATA) {
			i += skip_counted(body, len - i);
			rc = body->state == B_DONE;
		} else {
			rc = framing_byte(body, buf[i++]);
		}
	}
	*used = i;
	return rc;
}
