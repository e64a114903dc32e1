/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bounded writer: appends text to a buffer and remembers when it did not fit.
 *
 * Writers append without looking and ask once, at the end. With no buffer (size
 * 0) it only counts, which is how lengths are known before the text is written.
 *
 * Context: any; the caller owns buffer and writer.
 */
#ifndef TUX_HTTP_OUT_H
#define TUX_HTTP_OUT_H

#include "http_platform.h"

/**
 * struct http_out - a bounded writer
 * @buf: destination, may be NULL when @size is 0
 * @size: bytes in @buf
 * @len: bytes appended so far, those that did not fit included
 */
struct http_out {
	char *buf;
	u32 size;
	u32 len;
};

static inline void http_out_init(struct http_out *o, char *buf, u32 size)
{
	o->buf = buf;
	o->size = size;
	o->len = 0;
}

/* Return: bytes written, or -ENOSPC when not everything fitted. */
static inline int http_out_len(const struct http_out *o)
{
	return o->len <= o->size ? (int)o->len : -ENOSPC;
}

/* Once something did not fit nothing more is written, however short: @len only grows. */
static inline void http_put(struct http_out *o, const char *s, u32 len)
{
	if (len && o->len <= o->size && len <= o->size - o->len)
		memcpy(o->buf + o->len, s, len);
	o->len += len;
}

#define http_put_const(o, s) http_put(o, s, sizeof(s) - 1)

static inline void http_put_str(struct http_out *o, const char *s)
{
	http_put(o, s, strlen(s));
}

static inline void http_put_u64(struct http_out *o, u64 n)
{
	char digits[20];
	u32 i = sizeof(digits), rem;

	do {
		n = div_u64_rem(n, 10, &rem);
		digits[--i] = '0' + rem;
	} while (n);
	http_put(o, digits + i, sizeof(digits) - i);
}

/**
 * http_put_url() - append a file path, percent-encoded for a URL
 * @o: where to
 * @src: raw bytes; "/" is left as it is
 * @len: how many
 *
 * Decoding the result gives @src again. It contains nothing that is special in
 * HTML attributes or header fields, and is at most 3 times as long.
 */
void http_put_url(struct http_out *o, const char *src, u32 len);

/**
 * http_put_html() - append text made safe inside HTML, attribute values included
 * @o: where to
 * @src: raw bytes; control characters become "?"
 * @len: how many
 *
 * The result is at most 6 times as long.
 */
void http_put_html(struct http_out *o, const char *src, u32 len);

#endif /* TUX_HTTP_OUT_H */
