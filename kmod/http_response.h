/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Response heads and short bodies, written into the caller's buffer.
 *
 * Two ways lead to a head. The usual answers (200 and 304 for a file) are put
 * together from a part that was prepared once per file, http_prepare_object_head(),
 * and the three lines that change, http_finish_head(). Everything else goes through
 * http_response_head(), or http_short_response() when the body is generated here too.
 *
 * Every writer checks the size of the destination; none writes a NUL.
 *
 * Context: any; pure functions of their arguments.
 */
#ifndef TUX_HTTP_RESPONSE_H
#define TUX_HTTP_RESPONSE_H

#include "http_cond.h"
#include "http_date.h"
#include "http_status.h"

/* this and the length of the Location are enough for any head or short response made here */
#define HTTP_RESPONSE_MAX 2048
/* longest content type and Cache-Control value that is taken */
#define HTTP_CONTENT_TYPE_MAX 128
#define HTTP_CACHE_CONTROL_MAX 128
/* enough for what http_prepare_object_head() writes */
#define HTTP_PREPARED_MAX 768
/* what http_finish_head() adds to the prepared part at most */
#define HTTP_FINISH_MAX 128
/* enough for the head of one part of multipart/byteranges, and for its end */
#define HTTP_PART_MAX 320

/* struct http_entity.flags */
#define HTTP_ENTITY_VARY 0x01		/* Vary: Accept-Encoding; a coded sibling exists */
#define HTTP_ENTITY_NO_RANGES 0x02	/* ranges are not served: no Accept-Ranges */

/**
 * struct http_entity - a representation and what its header fields say
 * @v: size and validators
 * @content_type: media type, NULL to send none
 * @cache_control: value of Cache-Control, NULL to send none
 * @coding: enum http_coding; Content-Encoding is sent unless it is HTTP_CODING_IDENTITY
 * @flags: HTTP_ENTITY_*
 *
 * The strings are NUL-terminated and free of control characters; their length is bounded by
 * HTTP_CONTENT_TYPE_MAX and HTTP_CACHE_CONTROL_MAX.
 */
struct http_entity {
	struct http_validators v;
	const char *content_type;
	const char *cache_control;
	u8 coding;
	u8 flags;
};

/**
 * struct http_prepared - the unchanging part of the heads of one file
 * @text: the text, in the buffer that was given to http_prepare_object_head()
 * @cond_len: bytes of it that a 304 carries too
 * @len: bytes of it that a 200 carries, up to and with the final empty line
 */
struct http_prepared {
	const char *text;
	u16 cond_len;
	u16 len;
};

/* what the Connection field says */
enum http_connection {
	HTTP_CONN_NONE,		/* nothing: HTTP/1.1 and the connection stays */
	HTTP_CONN_KEEP_ALIVE,	/* keep-alive: HTTP/1.0 and the connection stays */
	HTTP_CONN_CLOSE,	/* close */
};

/**
 * http_connection_for() - the Connection field of an answer
 * @req: the request that is answered (its version counts)
 * @keep: the server will keep the connection; must be false when @req->keep_alive is
 *
 * Return: enum http_connection.
 */
static inline enum http_connection http_connection_for(const struct http_request *req, bool keep)
{
	if (!keep)
		return HTTP_CONN_CLOSE;
	return req->minor ? HTTP_CONN_NONE : HTTP_CONN_KEEP_ALIVE;
}

/* struct http_response.flags */
#define HTTP_RESPONSE_NO_SERVER 0x01	/* leave out the Server field */
#define HTTP_RESPONSE_ALLOW 0x02	/* send Allow with a 200 (OPTIONS); a 405 always has it */
#define HTTP_RESPONSE_HEAD 0x04		/* for HEAD: http_short_response() leaves the body out */

/**
 * struct http_response - everything a head is made from
 * @status: one of HTTP_STATUS_LIST
 * @flags: HTTP_RESPONSE_*
 * @connection: enum http_connection
 * @date: HTTP_DATE_LEN bytes, the current Date
 * @entity: the file; NULL for answers without one (errors, redirects, OPTIONS)
 * @plan: what http_evaluate() said; needed for 206 and 416, may be NULL otherwise
 * @boundary: 206 with several ranges: any number that cannot be guessed, the same for the parts
 * @content_length: body length when @entity is NULL
 * @content_type: media type of the body when @entity is NULL; may be NULL
 * @location: 301: where to, already escaped
 * @location_len: its length
 */
struct http_response {
	u16 status;
	u8 flags;
	u8 connection;
	const char *date;
	const struct http_entity *entity;
	const struct http_plan *plan;
	u64 boundary;
	u64 content_length;
	const char *content_type;
	const char *location;
	u32 location_len;
};

/**
 * http_reason() - reason phrase of a status
 * @status: status code
 *
 * Return: a string constant; that of 500 when the status is not in the list.
 */
const char *http_reason(unsigned int status);

/**
 * http_response_head() - write a complete head
 * @buf: destination
 * @size: bytes in @buf
 * @r: the response
 *
 * Content-Length comes from @r->entity and @r->plan (200: the file; 206: the range, or the whole
 * multipart body), else from @r->content_length; a 304 has none. One head answers GET and HEAD.
 * For 416, @r->entity supplies the size in Content-Range alone.
 *
 * Return: bytes written, final empty line included, or -ENOSPC.
 */
int http_response_head(char *buf, u32 size, const struct http_response *r);

/**
 * http_short_response() - write a head and the short body that goes with it
 * @buf: destination
 * @size: bytes in @buf
 * @r: the response; @content_length and @content_type are ignored
 *
 * For everything that is not the content of a file: the body is a short HTML page that names the
 * status, with a link for a 301 whose Location is not long; there is none for 304 and for a 200
 * with HTTP_RESPONSE_ALLOW. With HTTP_RESPONSE_HEAD the head is the same and the body left out.
 *
 * Return: bytes written, or -ENOSPC.
 */
int http_short_response(char *buf, u32 size, const struct http_response *r);

/**
 * http_prepare_object_head() - write the part of the heads that stays the same for a file
 * @p: out; refers to @buf, which must live as long
 * @buf: destination, HTTP_PREPARED_MAX bytes are always enough
 * @size: bytes in @buf
 * @e: the file
 *
 * To be repeated whenever anything in @e changes.
 *
 * Return: bytes written, or -ENOSPC.
 */
int http_prepare_object_head(struct http_prepared *p, char *buf, u32 size,
			     const struct http_entity *e);

/**
 * http_finish_head() - the usual head: status line, Server, Date, Connection, prepared part
 * @buf: destination; @p->len + HTTP_FINISH_MAX bytes are always enough
 * @size: bytes in @buf
 * @p: the prepared part
 * @r: only @status (200 or 304), @flags (HTTP_RESPONSE_NO_SERVER), @connection, @date count
 *
 * Return: bytes written, or -ENOSPC.
 */
int http_finish_head(char *buf, u32 size, const struct http_prepared *p,
		     const struct http_response *r);

/**
 * http_multipart_head() - what precedes the bytes of one range in multipart/byteranges
 * @buf: destination, HTTP_PART_MAX bytes are always enough
 * @size: bytes in @buf
 * @r: a response with status 206, @entity, @plan and @boundary
 * @i: index of the range; @plan->nr_ranges gives what follows the last range's bytes
 *
 * Return: bytes written, or -ENOSPC.
 */
int http_multipart_head(char *buf, u32 size, const struct http_response *r, unsigned int i);

/**
 * http_multipart_length() - length of a whole multipart/byteranges body
 * @r: as for http_multipart_head()
 *
 * Return: the length in bytes, which http_response_head() sends as Content-Length.
 */
u64 http_multipart_length(const struct http_response *r);

#endif /* TUX_HTTP_RESPONSE_H */
