/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Character classes and small text helpers of the HTTP code.
 *
 * Context: any; pure functions of their arguments.
 */
#ifndef TUX_HTTP_CHARS_H
#define TUX_HTTP_CHARS_H

#include "http_platform.h"

#define HTTP_C_TOKEN 0x01	/* tchar, RFC 9110 5.6.2 */
#define HTTP_C_TARGET 0x02	/* may stand in a request-target before or after the "?" */
#define HTTP_C_HEX 0x04
#define HTTP_C_DIGIT 0x08
#define HTTP_C_HOST 0x10	/* unreserved and sub-delims of RFC 3986: a registered name */
#define HTTP_C_UNRESERVED 0x20	/* unreserved of RFC 3986: never needs escaping */
#define HTTP_C_VALUE 0x40	/* field value: HTAB, SP, visible, obs-text; RFC 9110 5.5 */
#define HTTP_C_ALPHA 0x80

extern const u8 http_class[256];

static inline bool http_is(char c, u8 class)
{
	return http_class[(u8)c] & class;
}

/* value of a hexadecimal digit that is known to be one */
static inline unsigned int http_hex(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static inline u64 http_load64(const char *p)
{
	u64 x;

	__builtin_memcpy(&x, p, sizeof(x));
	return x;
}

static inline u32 http_load32(const char *p)
{
	u32 x;

	__builtin_memcpy(&x, p, sizeof(x));
	return x;
}

/*
 * Is the token at p the lower-case word, letters compared without case? Both
 * are len bytes long. Setting bit 5 maps only A-Z onto a-z and, among the token
 * characters, nothing else onto a letter or "-". With a constant word the
 * comparison is a few loads, the last of which overlaps.
 */
static __always_inline bool http_token_is(const char *p, const char *word, u32 len)
{
	const u64 fold = 0x2020202020202020ULL;
	const u32 fold4 = 0x20202020;
	u32 i;

	if (len >= 8) {
		for (i = 0; i + 8 < len; i += 8)
			if ((http_load64(p + i) | fold) != http_load64(word + i))
				return false;
		return (http_load64(p + len - 8) | fold) == http_load64(word + len - 8);
	}
	if (len >= 4)
		return (http_load32(p) | fold4) == http_load32(word) &&
		       (http_load32(p + len - 4) | fold4) == http_load32(word + len - 4);
	for (i = 0; i < len; i++)
		if ((p[i] | 0x20) != word[i])
			return false;
	return true;
}

/**
 * struct http_piece - a piece of text
 * @p: its first byte
 * @end: after its last byte
 */
struct http_piece {
	const char *p;
	const char *end;
};

static inline u32 http_piece_len(const struct http_piece *s)
{
	return s->end - s->p;
}

/* is the piece this word, whatever its case? */
#define http_piece_is(s, word)                      \
	(http_piece_len(s) == sizeof(word) - 1 &&   \
	 http_token_is((s)->p, word, sizeof(word) - 1))

static inline bool http_is_ows(char c)
{
	return c == ' ' || c == '\t';
}

/* cut white space off both ends */
static inline void http_trim(struct http_piece *s)
{
	while (s->p < s->end && http_is_ows(*s->p))
		s->p++;
	while (s->p < s->end && http_is_ows(s->end[-1]))
		s->end--;
}

/**
 * http_list_next() - take the next element off a comma-separated list
 * @list: what is left of the list; shortened
 * @item: out: the element without surrounding white space, possibly empty
 *
 * For lists whose elements hold no quoted strings.
 *
 * Return: false when the list is used up.
 */
bool http_list_next(struct http_piece *list, struct http_piece *item);

#endif /* TUX_HTTP_CHARS_H */
