/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The request head: request-line and header fields of HTTP/1.0 and 1.1 (RFC 9110, RFC 9112).
 *
 * http_parse() reads a head out of a growing, contiguous buffer that begins
 * at the request's first byte. It writes nothing into the buffer, allocates
 * nothing and looks at each byte a bounded number of times, however small the
 * pieces are in which the head arrives. What it finds is kept in struct
 * http_request as offsets into the buffer, so the buffer may be moved or
 * reallocated between calls as long as it still begins with the same bytes.
 *
 * What is ambiguous is refused; docs/http.rst lists every rule.
 *
 * Context of everything here: any; pure functions of their arguments.
 */
#ifndef TUX_HTTP_PARSE_H
#define TUX_HTTP_PARSE_H

#include "http_platform.h"
#include "http_status.h"

/* RFC 9112 section 3 wants request-lines of 8000 octets to be possible */
#define HTTP_DEFAULT_MAX_URI 8000
/* a request-line of that size and as much again of header fields */
#define HTTP_DEFAULT_MAX_HEADER_LEN 16384
/* browsers send 10 to 20 fields, a chain of proxies some more */
#define HTTP_DEFAULT_MAX_HEADERS 100
/* a body is only read to find the next request: above this closing is cheaper */
#define HTTP_DEFAULT_MAX_BODY_SKIP (64 * 1024)
/* offsets are 16 bits wide, so no head can be longer, whatever the limits say */
#define HTTP_MAX_HEADER_LEN 65535
/* empty lines skipped before a request-line (RFC 9112 2.2 wants at least one) */
#define HTTP_MAX_EMPTY_LINES 4
/* no registered method is longer than 17 letters */
#define HTTP_MAX_METHOD_LEN 32

/* the methods that are served: value of the Allow field */
#define HTTP_ALLOW "GET, HEAD, OPTIONS"

/**
 * struct http_limits - bounds that the caller sets on a request
 * @max_header_len: bytes of the whole head, empty lines before it included; beyond: 431
 *                  (414 when it is the request-line that does not fit)
 * @max_uri: bytes of the request-target; beyond: 414
 * @max_headers: header field lines; beyond: 431
 * @max_body_skip: bytes of a request body including its chunk framing; beyond: 413
 */
struct http_limits {
	u32 max_header_len;
	u32 max_uri;
	u32 max_headers;
	u32 max_body_skip;
};

#define HTTP_DEFAULT_LIMITS                                      \
	{                                                        \
		.max_header_len = HTTP_DEFAULT_MAX_HEADER_LEN,   \
		.max_uri = HTTP_DEFAULT_MAX_URI,                 \
		.max_headers = HTTP_DEFAULT_MAX_HEADERS,         \
		.max_body_skip = HTTP_DEFAULT_MAX_BODY_SKIP,     \
	}

/* Known methods: the first three are served, the others get 405, HTTP_UNKNOWN gets 501 */
enum http_method {
	HTTP_UNKNOWN,
	HTTP_GET,
	HTTP_HEAD,
	HTTP_OPTIONS,
	HTTP_POST,
	HTTP_PUT,
	HTTP_DELETE,
	HTTP_PATCH,
	HTTP_TRACE,
	HTTP_CONNECT,
	HTTP_NR_METHODS
};

/* The four forms of a request-target, RFC 9112 3.2 */
enum http_target_form {
	HTTP_ORIGIN_FORM,	/* /path?query */
	HTTP_ABSOLUTE_FORM,	/* http://host/path?query */
	HTTP_AUTHORITY_FORM,	/* host:port, for CONNECT alone */
	HTTP_ASTERISK_FORM,	/* *, for OPTIONS alone; "OPTIONS http://host" counts as it too */
};

/* Content codings that may be negotiated; the order is the server's preference, best first. */
enum http_coding {
	HTTP_CODING_BR,
	HTTP_CODING_ZSTD,
	HTTP_CODING_GZIP,
	HTTP_CODING_IDENTITY,
	HTTP_NR_CODINGS
};

/**
 * struct http_span - a piece of the request head
 * @off: bytes from the beginning of the buffer given to http_parse(); 0 when absent
 *       (nothing that is referred to can begin at 0, where the method is)
 * @len: length in bytes; may be 0 for a field that is present and empty
 */
struct http_span {
	u16 off;
	u16 len;
};

/**
 * struct http_request - a request head, in the making or complete
 * @pos: bytes looked at; the next call goes on from here
 * @start: where the request-line begins (after skipped empty lines)
 * @head_len: bytes of the whole head with its final empty line; 0 while incomplete
 * @status: 0: to be served. Otherwise the status to answer with although the head is well-formed
 *          and its framing understood: 405 (send Allow), 501, 417, 421. When http_parse()
 *          failed: its status
 * @method: enum http_method
 * @minor: minor version: 0 for HTTP/1.0, 1 for HTTP/1.1 and any later 1.x
 * @form: enum http_target_form
 * @keep_alive: the connection may carry another request after this one (RFC 9112 9.3). False also
 *              when the client waits for 100 (Continue) with a body: such a request gets its final
 *              answer at once and nobody can tell whether the body will follow; and for CONNECT
 * @chunked: the body is in chunked transfer coding
 * @has_length: there was a Content-Length
 * @expect_100: the client waits for 100 (Continue) (never set in HTTP/1.0)
 * @repeated: a bit HTTP_REP_* per field that appeared on more than one line
 * @nr_headers: header field lines seen
 * @coding_q: what Accept-Encoding said per enum http_coding; for http_choose_coding()
 * @any_q: the same for "*"
 * @content_length: valid when @has_length
 * @method_name: the method as sent, which begins at @start: only its length is stored
 * @target: the request-target as sent (for the log)
 * @path: path part of the target, still encoded; empty for "http://host" and "*"
 * @query: after the "?", not decoded; absent when there is no "?"
 * @host: authority of the target in absolute-form and authority-form, else the Host field; checked
 *        against the grammar, port included
 * @range: Range field
 * @if_match: first If-Match field line; the evaluator finds the others
 * @if_none_match: first If-None-Match field line
 * @if_modified_since: If-Modified-Since
 * @if_unmodified_since: If-Unmodified-Since
 * @if_range: If-Range
 * @user_agent: first User-Agent (for the log)
 * @referer: first Referer (for the log)
 *
 * The rest belongs to the parser.
 */
struct http_request {
	u32 pos;
	u32 start;
	u32 head_len;
	u16 status;
	u8 method;
	u8 minor;
	u8 form;
	bool keep_alive;
	bool chunked;
	bool has_length;
	bool expect_100;
	u8 repeated;
	u16 nr_headers;
	u16 coding_q[HTTP_NR_CODINGS];
	u16 any_q;
	u64 content_length;

	u16 method_len;
	struct http_span target;
	struct http_span path;
	struct http_span query;
	struct http_span host;
	struct http_span range;
	struct http_span if_match;
	struct http_span if_none_match;
	struct http_span if_modified_since;
	struct http_span if_unmodified_since;
	struct http_span if_range;
	struct http_span user_agent;
	struct http_span referer;

	/* private: where in the grammar pos is, and what the fields said so far */
	u8 state;
	u8 field;
	u8 empty_lines;
	u8 te;
	u32 mark;
	u32 value_end;
	u16 flags;
};

/* bits of http_request.repeated */
#define HTTP_REP_IF_MATCH 0x01
#define HTTP_REP_IF_NONE_MATCH 0x02
#define HTTP_REP_IF_MODIFIED_SINCE 0x04
#define HTTP_REP_IF_UNMODIFIED_SINCE 0x08
#define HTTP_REP_IF_RANGE 0x10
#define HTTP_REP_RANGE 0x20

/**
 * http_request_init() - make ready for a new request
 * @req: the request, any content
 *
 * Called before the first http_parse() of every request of a connection.
 */
static inline void http_request_init(struct http_request *req)
{
	memset(req, 0, sizeof(*req));
}

/**
 * http_request_begun() - has a byte of the request-line arrived?
 * @req: a request that http_parse() has seen
 *
 * Tells a connection that waits for its next request (keep-alive timeout) from
 * one that is in the middle of a head (header timeout). Skipped empty
 * lines do not count.
 *
 * Return: true when the request-line has begun.
 */
static inline bool http_request_begun(const struct http_request *req)
{
	return req->pos > req->start;
}

/**
 * http_parse() - take in as much of a request head as there is
 * @req: the request, made ready by http_request_init() before the first call
 * @lim: the limits; must not change while one head is being parsed
 * @buf: the bytes from the first one of the request on; not terminated, not written to
 * @len: number of bytes in @buf now; never less than in the call before. May reach into the
 *       next request
 *
 * The outcome does not depend on the pieces in which the bytes came. A
 * return of 0 with @len >= @lim->max_header_len does not happen, so a buffer of
 * max_header_len bytes is always enough.
 *
 * Return:
 * * > 0: the head is complete and this long; @req->status says whether to serve it (0) or what
 *   to answer instead; a body, if any, follows it (see http_body_init());
 * * 0: incomplete, call again with more bytes;
 * * < 0: the negative status to answer with (-400, -414, -431, -501, -505). Framing is lost or in
 *   doubt: @req->keep_alive is false and the connection must be closed after the answer.
 *   @req->method and @req->minor are set as far as they were understood. Must not be called
 *   again for this request.
 */
int http_parse(struct http_request *req, const struct http_limits *lim, const char *buf, u32 len);

/**
 * http_request_path() - the normalised file path of a request
 * @req: a complete request in origin-form or absolute-form
 * @buf: the buffer that was parsed
 * @out: where the path is written, NUL-terminated
 * @size: bytes in @out, at least 2
 *
 * Percent-decoded once, dot segments removed, repeated slashes merged: see
 * http_path_normalize(), whose result this is. An empty path gives "/".
 *
 * Return: the length without the NUL (at least 1), or a negative status: -400 malformed,
 * -404 cannot name a file, -414 does not fit. Framing is not in doubt, the connection may be kept.
 */
int http_request_path(const struct http_request *req, const char *buf, char *out, u32 size);

/**
 * http_next_line_of() - step through the field lines of one name
 * @req: a complete request
 * @buf: the buffer that was parsed
 * @name: field name in lower case
 * @span: in: one line's value; out: that of the next line with this name
 *
 * For list-valued fields on several lines, which mean the same as one line
 * with commas (RFC 9110 5.3). Only needed when the name's HTTP_REP_* bit is set.
 *
 * Return: true when there is another line.
 */
bool http_next_line_of(const struct http_request *req, const char *buf, const char *name,
		       struct http_span *span);

#endif /* TUX_HTTP_PARSE_H */
