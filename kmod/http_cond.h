/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conditional and range requests: what of a file to send, if anything (RFC 9110 13 and 14).
 *
 * http_evaluate() is asked once the file has been found and may be read. It
 * applies the preconditions in the order of RFC 9110 13.2.2 and then the
 * Range field, and leaves a plan that the sender carries out.
 *
 * Context: any; pure functions of their arguments.
 */
#ifndef TUX_HTTP_COND_H
#define TUX_HTTP_COND_H

#include "http_parse.h"

/* the opaque tag with its quotes, without W/ */
#define HTTP_ETAG_MAX 64
/* range specifications taken from one request; one with more of them gets the whole file */
#define HTTP_MAX_RANGES 8

/**
 * struct http_validators - identity and size of a selected representation
 * @size: length in bytes
 * @mtime: modification time, seconds since 1970; valid when @has_mtime
 * @etag_len: length of @etag, 0 when there is none
 * @etag_weak: the tag is a weak one
 * @has_mtime: Last-Modified is known and may be sent: not in the future (RFC 9110 8.8.2.1)
 * @etag: opaque tag with the quotes, without "W/" and without NUL
 */
struct http_validators {
	u64 size;
	s64 mtime;
	u8 etag_len;
	bool etag_weak;
	bool has_mtime;
	char etag[HTTP_ETAG_MAX];
};

/**
 * struct http_range - bytes @start to @start + @len - 1 of the file
 * @start: first byte
 * @len: number of bytes, at least 1
 */
struct http_range {
	u64 start;
	u64 len;
};

/**
 * struct http_plan - what to answer
 * @status: 200, 206, 304, 412 or 416
 * @nr_ranges: 206: number of entries in @range; 1: a plain body, more: multipart/byteranges. Else 0
 * @range: in the order of the request, overlapping and adjoining ones joined; all within the file
 */
struct http_plan {
	u16 status;
	u16 nr_ranges;
	struct http_range range[HTTP_MAX_RANGES];
};

/**
 * http_evaluate() - apply preconditions and Range
 * @req: a complete request; methods other than GET and HEAD get 200 without looking
 * @buf: the buffer that was parsed
 * @v: the file
 * @now: the present, seconds since 1970
 * @plan: out
 *
 * To be called only when the answer would otherwise be 200 (RFC 9110 13.2.1).
 * Range is for GET alone. Ignored, with the whole file as the answer: an invalid
 * or repeated Range, another unit, more than HTTP_MAX_RANGES specifications, an
 * If-Range that does not match strongly, a suffix of an empty file.
 *
 * Return: @plan->status.
 */
int http_evaluate(const struct http_request *req, const char *buf, const struct http_validators *v,
		  time64_t now, struct http_plan *plan);

/**
 * http_is_conditional() - does the request carry any field that http_evaluate() looks at?
 * @req: a complete request
 *
 * Return: false: http_evaluate() would say 200, it need not be called.
 */
static inline bool http_is_conditional(const struct http_request *req)
{
	return (req->range.off | req->if_match.off | req->if_none_match.off |
		req->if_modified_since.off | req->if_unmodified_since.off) != 0;
}

/**
 * http_parse_range() - the Range field against a file size
 * @s: field value
 * @len: its length
 * @size: size of the file
 * @plan: out: status 200 (ignore the field), 206 with ranges, or 416
 *
 * Return: @plan->status.
 */
int http_parse_range(const char *s, u32 len, u64 size, struct http_plan *plan);

#endif /* TUX_HTTP_COND_H */
