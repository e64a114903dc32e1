// SPDX-License-Identifier: GPL-2.0-only
/*
 * Response heads and short bodies. See http_response.h for the contract.
 *
 * The order of the fields is fixed, so that what changes with every answer
 * comes first and what belongs to the file comes last:
 *
 *   status line, Server, Date, Connection | validators and caching | the content
 *   ------ http_finish_head() adds ------   ---- http_prepare_object_head() ----
 *                                           -- a 304 ends here ---
 */
#include "http_out.h"
#include "http_response.h"
#include "http_url.h"

#define NOSNIFF "X-Content-Type-Options: nosniff\r\n"
#define HTML_TYPE "text/html; charset=utf-8"

/* A longer Location is not repeated in the page, where escaping could make it six times as long */
#define HTTP_LINK_MAX 128

/* "TUX" and 16 hexadecimal digits */
#define BOUNDARY_LEN 19

const char *http_reason(unsigned int status)
{
	static const char *const reasons[HTTP_NR_STATUS] = {
#define X(code, name, reason)  \
	[HTTP_SI_##name] = reason,
		HTTP_STATUS_LIST(X)
#undef X
	};

	return reasons[http_status_index(status)];
}

static void put_date(struct http_out *o, const char *name, time64_t t)
{
	char date[HTTP_DATE_LEN];

	http_date_format(date, t);
	http_put_str(o, name);
	http_put(o, date, sizeof(date));
	http_put_const(o, "\r\n");
}

static void put_field(struct http_out *o, const char *name, const char *value)
{
	http_put_str(o, name);
	http_put_str(o, value);
	http_put_const(o, "\r\n");
}

static void put_length(struct http_out *o, u64 length)
{
	http_put_const(o, "Content-Length: ");
	http_put_u64(o, length);
	http_put_const(o, "\r\n");
}

static void put_boundary(struct http_out *o, u64 n)
{
	static const char hex[] = "0123456789abcdef";
	char text[BOUNDARY_LEN] = "TUX";
	int i;

	for (i = BOUNDARY_LEN - 1; i >= 3; i--, n >>= 4)
		text[i] = hex[n & 15];
	http_put(o, text, sizeof(text));
}

/* bytes first-last/size; without a range the form for 416 */
static void put_content_range(struct http_out *o, const struct http_range *range, u64 size)
{
	http_put_const(o, "Content-Range: bytes ");
	if (range) {
		http_put_u64(o, range->start);
		http_put_const(o, "-");
		http_put_u64(o, range->start + range->len - 1);
	} else {
		http_put_const(o, "*");
	}
	http_put_const(o, "/");
	http_put_u64(o, size);
	http_put_const(o, "\r\n");
}

/* ---- the fields of a file ----------------------------------------------- */

static bool has_etag(const struct http_entity *e)
{
	return e->v.etag_len && e->v.etag_len <= HTTP_ETAG_MAX;
}

/* RFC 9110 15.4.5: the fields that a 304 carries too. Last-Modified only in place of a tag */
static void put_conditional(struct http_out *o, const struct http_entity *e)
{
	if (has_etag(e)) {
		http_put_const(o, "ETag: ");
		if (e->v.etag_weak)
			http_put_const(o, "W/");
		http_put(o, e->v.etag, e->v.etag_len);
		http_put_const(o, "\r\n");
	} else if (e->v.has_mtime) {
		put_date(o, "Last-Modified: ", e->v.mtime);
	}
	if (e->cache_control)
		put_field(o, "Cache-Control: ", e->cache_control);
	if (e->flags & HTTP_ENTITY_VARY)
		http_put_const(o, "Vary: Accept-Encoding\r\n");
}

/* What describes the content, but for its length and its media type */
static void put_content(struct http_out *o, const struct http_entity *e)
{
	static const char *const names[HTTP_NR_CODINGS] = {
		[HTTP_CODING_BR] = "br",
		[HTTP_CODING_ZSTD] = "zstd",
		[HTTP_CODING_GZIP] = "gzip",
	};

	if (has_etag(e) && e->v.has_mtime)
		put_date(o, "Last-Modified: ", e->v.mtime);
	if (e->coding < HTTP_NR_CODINGS && names[e->coding])
		put_field(o, "Content-Encoding: ", names[e->coding]);
	if (!(e->flags & HTTP_ENTITY_NO_RANGES))
		http_put_const(o, "Accept-Ranges: bytes\r\n");
	http_put_const(o, NOSNIFF);
}

/* ---- the usual answers -------------------------------------------------- */

int http_prepare_object_head(struct http_prepared *p, char *buf, u32 size,
			     const struct http_entity *e)
{
	struct http_out o;
	int len;

	http_out_init(&o, buf, size);
	put_conditional(&o, e);
	p->cond_len = o.len;
	put_content(&o, e);
	if (e->content_type)
		put_field(&o, "Content-Type: ", e->content_type);
	put_length(&o, e->v.size);
	http_put_const(&o, "\r\n");
	len = http_out_len(&o);
	if (len > U16_MAX)
		len = -ENOSPC;
	p->text = buf;
	p->len = len < 0 ? 0 : len;
	return len;
}

struct text {
	const char *s;
	u32 len;
};

#define TEXT(s) { s, sizeof(s) - 1 }

static char *append(char *p, const char *s, u32 len)
{
	memcpy(p, s, len);
	return p + len;
}

int http_finish_head(char *buf, u32 size, const struct http_prepared *p,
		     const struct http_response *r)
{
	/* [304][no Server] */
	static const struct text leads[2][2] = {
		{ TEXT("HTTP/1.1 200 OK\r\nServer: TUX\r\nDate: "),
		  TEXT("HTTP/1.1 200 OK\r\nDate: ") },
		{ TEXT("HTTP/1.1 304 Not Modified\r\nServer: TUX\r\nDate: "),
		  TEXT("HTTP/1.1 304 Not Modified\r\nDate: ") },
	};
	static const struct text connections[] = {
		[HTTP_CONN_NONE] = TEXT("\r\n"),
		[HTTP_CONN_KEEP_ALIVE] = TEXT("\r\nConnection: keep-alive\r\n"),
		[HTTP_CONN_CLOSE] = TEXT("\r\nConnection: close\r\n"),
	};
	bool unchanged = r->status == HTTP_STATUS_NOT_MODIFIED;
	const struct text *lead = &leads[unchanged][r->flags & HTTP_RESPONSE_NO_SERVER];
	const struct text *conn = &connections[r->connection];
	u32 len = unchanged ? p->cond_len : p->len;
	char *out = buf;

	if (lead->len + HTTP_DATE_LEN + conn->len + len + (unchanged ? 2 : 0) > size)
		return -ENOSPC;
	out = append(out, lead->s, lead->len);
	out = append(out, r->date, HTTP_DATE_LEN);
	out = append(out, conn->s, conn->len);
	out = append(out, p->text, len);
	if (unchanged)
		out = append(out, "\r\n", 2);
	return out - buf;
}

/* ---- any answer --------------------------------------------------------- */

static void put_lead(struct http_out *o, const struct http_response *r)
{
	unsigned int status = r->status;
	char code[3] = { '0' + status / 100 % 10, '0' + status / 10 % 10, '0' + status % 10 };

	http_put_const(o, "HTTP/1.1 ");
	http_put(o, code, sizeof(code));
	http_put_const(o, " ");
	http_put_str(o, http_reason(status));
	http_put_const(o, "\r\n");
	if (!(r->flags & HTTP_RESPONSE_NO_SERVER))
		http_put_const(o, "Server: TUX\r\n");
	http_put_const(o, "Date: ");
	http_put(o, r->date, HTTP_DATE_LEN);
	http_put_const(o, "\r\n");
	if (r->connection == HTTP_CONN_CLOSE)
		http_put_const(o, "Connection: close\r\n");
	else if (r->connection == HTTP_CONN_KEEP_ALIVE)
		http_put_const(o, "Connection: keep-alive\r\n");
	if (status == HTTP_STATUS_METHOD_NOT_ALLOWED || r->flags & HTTP_RESPONSE_ALLOW)
		http_put_const(o, "Allow: " HTTP_ALLOW "\r\n");
	if (r->location) {
		http_put_const(o, "Location: ");
		http_put(o, r->location, r->location_len);
		http_put_const(o, "\r\n");
	}
}

static void put_partial(struct http_out *o, const struct http_response *r)
{
	const struct http_entity *e = r->entity;
	const struct http_plan *plan = r->plan;

	if (plan->nr_ranges == 1) {
		put_content_range(o, &plan->range[0], e->v.size);
		if (e->content_type)
			put_field(o, "Content-Type: ", e->content_type);
		put_length(o, plan->range[0].len);
		return;
	}
	http_put_const(o, "Content-Type: multipart/byteranges; boundary=");
	put_boundary(o, r->boundary);
	http_put_const(o, "\r\n");
	put_length(o, http_multipart_length(r));
}

static void put_file_fields(struct http_out *o, const struct http_response *r)
{
	const struct http_entity *e = r->entity;

	put_conditional(o, e);
	if (r->status == HTTP_STATUS_NOT_MODIFIED)
		return;
	put_content(o, e);
	if (r->status == HTTP_STATUS_PARTIAL_CONTENT && r->plan) {
		put_partial(o, r);
		return;
	}
	if (e->content_type)
		put_field(o, "Content-Type: ", e->content_type);
	put_length(o, e->v.size);
}

/* generated answers: nothing about them may be guessed by the browser either */
static void put_plain_fields(struct http_out *o, const struct http_response *r)
{
	if (r->status == HTTP_STATUS_RANGE_NOT_SATISFIABLE && r->entity)
		put_content_range(o, NULL, r->entity->v.size);
	if (r->status == HTTP_STATUS_NOT_MODIFIED)
		return;
	if (r->content_type) {
		http_put_const(o, NOSNIFF);
		put_field(o, "Content-Type: ", r->content_type);
	}
	put_length(o, r->content_length);
}

static void put_head(struct http_out *o, const struct http_response *r)
{
	bool file = r->entity && (r->status == HTTP_STATUS_OK ||
				  r->status == HTTP_STATUS_PARTIAL_CONTENT ||
				  r->status == HTTP_STATUS_NOT_MODIFIED);

	put_lead(o, r);
	if (file)
		put_file_fields(o, r);
	else
		put_plain_fields(o, r);
	http_put_const(o, "\r\n");
}

int http_response_head(char *buf, u32 size, const struct http_response *r)
{
	struct http_out o;

	http_out_init(&o, buf, size);
	put_head(&o, r);
	return http_out_len(&o);
}

/* ---- short bodies ------------------------------------------------------- */

static void put_status_text(struct http_out *o, unsigned int status)
{
	http_put_u64(o, status);
	http_put_const(o, " ");
	http_put_str(o, http_reason(status));
}

static void put_page(struct http_out *o, const struct http_response *r)
{
	http_put_const(o, "<!DOCTYPE html>\n<html lang=\"en\"><head><title>");
	put_status_text(o, r->status);
	http_put_const(o, "</title></head>\n<body><h1>");
	put_status_text(o, r->status);
	http_put_const(o, "</h1>");
	if (r->location && r->location_len <= HTTP_LINK_MAX) {
		http_put_const(o, "<p><a href=\"");
		http_put_html(o, r->location, r->location_len);
		http_put_const(o, "\">It is here.</a></p>");
	}
	http_put_const(o, "</body></html>\n");
}

int http_short_response(char *buf, u32 size, const struct http_response *r)
{
	bool page = r->status >= HTTP_STATUS_MOVED_PERMANENTLY &&
		    r->status != HTTP_STATUS_NOT_MODIFIED;
	struct http_response head = *r;
	struct http_out o;

	head.content_type = page ? HTML_TYPE : NULL;
	head.content_length = 0;
	if (page) {
		http_out_init(&o, NULL, 0);
		put_page(&o, r);
		head.content_length = o.len;
	}
	http_out_init(&o, buf, size);
	put_head(&o, &head);
	if (page && !(r->flags & HTTP_RESPONSE_HEAD))
		put_page(&o, r);
	return http_out_len(&o);
}

/* ---- multipart/byteranges ----------------------------------------------- */

static void put_part(struct http_out *o, const struct http_response *r, unsigned int i)
{
	bool last = i >= r->plan->nr_ranges;

	if (i)
		http_put_const(o, "\r\n");
	http_put_const(o, "--");
	put_boundary(o, r->boundary);
	if (last) {
		http_put_const(o, "--\r\n");
		return;
	}
	http_put_const(o, "\r\n");
	if (r->entity->content_type)
		put_field(o, "Content-Type: ", r->entity->content_type);
	put_content_range(o, &r->plan->range[i], r->entity->v.size);
	http_put_const(o, "\r\n");
}

int http_multipart_head(char *buf, u32 size, const struct http_response *r, unsigned int i)
{
	struct http_out o;

	http_out_init(&o, buf, size);
	put_part(&o, r, i);
	return http_out_len(&o);
}

u64 http_multipart_length(const struct http_response *r)
{
	struct http_out o;
	u64 sum = 0;
	unsigned int i;

	http_out_init(&o, NULL, 0);
	for (i = 0; i <= r->plan->nr_ranges; i++) {
		put_part(&o, r, i);
		if (i < r->plan->nr_ranges)
			sum += r->plan->range[i].len;
	}
	return sum + o.len;
}
