// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths out of URLs and into them, and into HTML. See http_url.h.
 *
 * The normaliser is what stands between the network and the file system: the
 * path it returns has no segment that could climb, no NUL that could cut it
 * short, and was decoded exactly once.
 */
#include "http_chars.h"
#include "http_out.h"
#include "http_url.h"

/* Decode the byte at *i; advances *i. Return: the byte, or a negative status. */
static int decode_byte(const char *src, u32 len, u32 *i)
{
	u8 c = src[*i];

	if (c == '%') {
		if (len - *i < 3 || !http_is(src[*i + 1], HTTP_C_HEX) ||
		    !http_is(src[*i + 2], HTTP_C_HEX))
			return -400;
		c = http_hex(src[*i + 1]) << 4 | http_hex(src[*i + 2]);
		*i += 2;
		if (c == '/')
			return -404;
	}
	*i += 1;
	if (c < 0x20 || c == 0x7f)
		return -400;
	return c;
}

/*
 * A segment out[seg..end) has been written: apply dot segments.
 * Return: where the next segment's text goes, or a negative status.
 */
static int close_segment(const char *out, int seg, int end)
{
	if (out[seg] != '.' || end - seg > 2 || end == seg)
		return end;
	if (end - seg == 1)
		return seg;
	if (out[seg + 1] != '.')
		return end;
	if (seg == 1)
		return -400;
	/* out[seg - 1] is the slash before "..": drop the segment in front of it */
	for (seg -= 2; out[seg] != '/'; seg--)
		;
	return seg + 1;
}

static int merge_slashes(char *out, int len)
{
	int i, o = 1;

	for (i = 1; i < len; i++)
		if (out[i] != '/' || out[o - 1] != '/')
			out[o++] = out[i];
	return o;
}

int http_path_normalize(const char *src, u32 len, char *out, u32 size)
{
	int seg = 1, o = 1, c;
	bool twice = false;
	u32 i = 1;

	if (size < 2)
		return -414;
	if (len && src[0] != '/')
		return -400;
	out[0] = '/';
	while (i < len) {
		if (src[i] == '/') {
			int end = close_segment(out, seg, o);

			if (end < 0)
				return end;
			i++;
			/* a dot segment takes its slash with it, an empty segment keeps it */
			twice |= o == seg;
			if (end == o) {
				if ((u32)o + 1 >= size)
					return -414;
				out[o++] = '/';
				end = o;
			}
			seg = o = end;
			continue;
		}
		/* the usual characters, which stand for themselves */
		if (http_is(src[i], HTTP_C_HOST) && (u32)o + 1 < size) {
			out[o++] = src[i++];
			continue;
		}
		c = decode_byte(src, len, &i);
		if (c < 0)
			return c;
		if ((u32)o + 1 >= size)
			return -414;
		out[o++] = c;
	}
	o = close_segment(out, seg, o);
	if (o < 0)
		return o;
	if (twice)
		o = merge_slashes(out, o);
	out[o] = '\0';
	return o;
}

void http_put_url(struct http_out *o, const char *src, u32 len)
{
	static const char hex[] = "0123456789ABCDEF";
	u32 i;

	for (i = 0; i < len; i++) {
		u8 c = src[i];
		char esc[3] = { '%', hex[c >> 4], hex[c & 15] };

		if (c == '/' || http_is(c, HTTP_C_UNRESERVED))
			http_put(o, &src[i], 1);
		else
			http_put(o, esc, sizeof(esc));
	}
}

void http_put_html(struct http_out *o, const char *src, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		u8 c = src[i];

		if (c == '&')
			http_put_const(o, "&amp;");
		else if (c == '<')
			http_put_const(o, "&lt;");
		else if (c == '>')
			http_put_const(o, "&gt;");
		else if (c == '"')
			http_put_const(o, "&quot;");
		else if (c == '\'')
			http_put_const(o, "&#39;");
		else if (c < 0x20 || c == 0x7f)
			http_put_const(o, "?");
		else
			http_put(o, &src[i], 1);
	}
}

int http_location(char *out, u32 size, const char *path, u32 path_len, const char *query,
		  u32 query_len)
{
	struct http_out o;

	http_out_init(&o, out, size);
	http_put_url(&o, path, path_len);
	http_put_const(&o, "/");
	if (query) {
		http_put_const(&o, "?");
		http_put(&o, query, query_len);
	}
	return http_out_len(&o);
}
