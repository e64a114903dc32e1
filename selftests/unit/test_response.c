// SPDX-License-Identifier: GPL-2.0-only
/*
 * Response heads and short bodies: RFC 9110 and 9112 on what must be sent.
 *
 * A response is checked against its whole text, and with every smaller buffer: it has to be
 * refused, with no byte written beyond the end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_response.h"
#include "tap.h"

#define NL "\r\n"
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define LEAD(status) "HTTP/1.1 " status NL "Server: TUX" NL "Date: " DATE NL
#define FILE_COND "ETag: \"abc\"" NL "Cache-Control: max-age=60" NL "Vary: Accept-Encoding" NL
#define FILE_CONTENT                                                                        \
	"Last-Modified: Thu, 01 Jan 1970 00:16:40 GMT" NL "Accept-Ranges: bytes" NL         \
	"X-Content-Type-Options: nosniff" NL

static const struct http_entity file = {
	.v = { .size = 1000, .mtime = 1000, .has_mtime = true, .etag_len = 5, .etag = "\"abc\"" },
	.content_type = "text/html; charset=utf-8",
	.cache_control = "max-age=60",
	.coding = HTTP_CODING_IDENTITY,
	.flags = HTTP_ENTITY_VARY,
};

static const struct http_entity gzip = {
	.v = { .size = 0, .mtime = 1000, .has_mtime = true, .etag_len = 5, .etag = "\"abc\"",
	       .etag_weak = true },
	.content_type = "text/css",
	.coding = HTTP_CODING_GZIP,
	.flags = HTTP_ENTITY_VARY | HTTP_ENTITY_NO_RANGES,
};

static const struct http_entity bare = {
	.v = { .size = ~0ULL, .mtime = 1000, .has_mtime = true },
	.coding = HTTP_CODING_IDENTITY,
};

static const struct http_plan one_range = { 206, 1, { { 10, 20 } } };
static const struct http_plan three_ranges = { 206, 3, { { 0, 1 }, { 10, 20 }, { 999, 1 } } };

typedef int (*writer)(char *buf, u32 size, const struct http_response *r);

/* the whole text, then every buffer that is too small */
static bool text_is(writer write, const struct http_response *r, const char *want)
{
	size_t len = strlen(want), size;
	char buf[HTTP_RESPONSE_MAX];
	int rc = write(buf, sizeof(buf), r);

	if (rc != (int)len || memcmp(buf, want, len)) {
		tap_note("got %d: %.*s", rc, rc > 0 ? rc : 0, buf);
		return false;
	}
	for (size = 0; size <= len; size++) {
		char *small = malloc(size ? size : 1);

		rc = write(small, size, r);
		free(small);
		if (rc != (size < len ? -ENOSPC : (int)len)) {
			tap_note("with %zu bytes: %d", size, rc);
			return false;
		}
	}
	return true;
}

static int finish(char *buf, u32 size, const struct http_response *r)
{
	char text[HTTP_PREPARED_MAX];
	struct http_prepared p;
	int rc = http_prepare_object_head(&p, text, sizeof(text), r->entity);

	return rc < 0 ? rc : http_finish_head(buf, size, &p, r);
}

/* The quick way and the general way have to say the same, but for the order of fields */
static bool same_fields(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *line, *end;
	char copy[HTTP_RESPONSE_MAX + 1];

	if (a_len != b_len)
		return false;
	memcpy(copy, b, b_len);
	copy[b_len] = 0;
	for (line = a; line < a + a_len; line = end + 1) {
		char text[512];

		end = memchr(line, '\n', a + a_len - line);
		snprintf(text, sizeof(text), "%.*s", (int)(end - line + 1), line);
		if (!strstr(copy, text))
			return false;
	}
	return true;
}

static void test_quick(void)
{
	static const struct http_entity *const files[] = { &file, &gzip, &bare };
	unsigned int i, combination;
	bool same = true;

	for (i = 0; i < 3; i++) {
		for (combination = 0; combination < 12; combination++) {
			struct http_response r = { .date = DATE, .entity = files[i] };
			char quick[HTTP_RESPONSE_MAX], slow[HTTP_RESPONSE_MAX];
			int a, b;

			r.status = combination & 1 ? 304 : 200;
			r.flags = combination & 2 ? HTTP_RESPONSE_NO_SERVER : 0;
			r.connection = combination / 4;
			a = finish(quick, sizeof(quick), &r);
			b = http_response_head(slow, sizeof(slow), &r);
			if (a < 0 || b < 0 || !same_fields(quick, a, slow, b)) {
				tap_note("%.*s%.*s", a, quick, b, slow);
				same = false;
			}
		}
	}
	tap_ok(same, "head: prepared and general heads say the same");
}

static void test_files(void)
{
	struct http_response r = { .status = 200, .date = DATE, .entity = &file };

	tap_ok(text_is(finish, &r, LEAD("200 OK") FILE_COND FILE_CONTENT
		       "Content-Type: text/html; charset=utf-8" NL "Content-Length: 1000" NL NL),
	       "head: 200 of a file (RFC 9110 15.3.1)");
	r.connection = HTTP_CONN_KEEP_ALIVE;
	r.status = 304;
	tap_ok(text_is(finish, &r, LEAD("304 Not Modified") "Connection: keep-alive" NL FILE_COND NL),
	       "head: 304 in HTTP/1.0, kept (RFC 9110 15.4.5)");
	r.connection = HTTP_CONN_CLOSE;
	r.flags = HTTP_RESPONSE_NO_SERVER;
	tap_ok(text_is(finish, &r, "HTTP/1.1 304 Not Modified" NL "Date: " DATE NL
		       "Connection: close" NL FILE_COND NL),
	       "head: 304 without Server, closing (RFC 9112 9.6)");
	r = (struct http_response){ .status = 304, .date = DATE, .entity = &bare };
	tap_ok(text_is(finish, &r, LEAD("304 Not Modified")
		       "Last-Modified: Thu, 01 Jan 1970 00:16:40 GMT" NL NL),
	       "head: 304 without a tag has Last-Modified (RFC 9110 15.4.5)");
	r.status = 200;
	tap_ok(text_is(finish, &r, LEAD("200 OK")
		       "Last-Modified: Thu, 01 Jan 1970 00:16:40 GMT" NL "Accept-Ranges: bytes" NL
		       "X-Content-Type-Options: nosniff" NL
		       "Content-Length: 18446744073709551615" NL NL),
	       "head: no media type, largest length (RFC 9110 8.6)");
	r.entity = &gzip;
	tap_ok(text_is(finish, &r, LEAD("200 OK") "ETag: W/\"abc\"" NL "Vary: Accept-Encoding" NL
		       "Last-Modified: Thu, 01 Jan 1970 00:16:40 GMT" NL "Content-Encoding: gzip" NL
		       "X-Content-Type-Options: nosniff" NL "Content-Type: text/css" NL
		       "Content-Length: 0" NL NL),
	       "head: weak tag, coding, no ranges, empty (RFC 9110 8.4)");
	r = (struct http_response){ .status = 206, .date = DATE, .entity = &file, .plan = &one_range };
	tap_ok(text_is(http_response_head, &r, LEAD("206 Partial Content") FILE_COND FILE_CONTENT
		       "Content-Range: bytes 10-29/1000" NL "Content-Type: text/html; charset=utf-8" NL
		       "Content-Length: 20" NL NL),
	       "head: 206 of one range (RFC 9110 15.3.7.1)");
}

static void test_multipart(void)
{
	struct http_response r = { .status = 206, .date = DATE, .entity = &file,
				   .plan = &three_ranges, .boundary = 0x0123456789abcdef };
	char part[HTTP_PART_MAX], want[64];
	u64 sum = 1 + 20 + 1;
	unsigned int i;
	char *small;
	int rc;

	tap_ok(text_is(http_response_head, &r, LEAD("206 Partial Content") FILE_COND FILE_CONTENT
		       "Content-Type: multipart/byteranges; boundary=TUX0123456789abcdef" NL
		       "Content-Length: 347" NL NL),
	       "multipart: head (RFC 9110 15.3.7.2)");
	rc = http_multipart_head(part, sizeof(part), &r, 0);
	snprintf(want, sizeof(want), "--TUX0123456789abcdef" NL);
	tap_ok(rc > 0 && !memcmp(part, want, strlen(want)), "multipart: first boundary (RFC 2046 5.1.1)");
	tap_ok(rc == (int)strlen("--TUX0123456789abcdef" NL "Content-Type: text/html; charset=utf-8" NL
				 "Content-Range: bytes 0-0/1000" NL NL),
	       "multipart: nothing but the two fields (RFC 9110 14.6)");
	rc = http_multipart_head(part, sizeof(part), &r, 1);
	tap_ok(rc > 0 && !memcmp(part, NL "--", 4), "multipart: line end before the next boundary");
	rc = http_multipart_head(part, sizeof(part), &r, 3);
	tap_ok(rc == 27 && !memcmp(part, NL "--TUX0123456789abcdef--" NL, 27),
	       "multipart: last boundary (RFC 2046 5.1.1)");
	for (i = 0; i <= 3; i++)
		sum += http_multipart_head(part, sizeof(part), &r, i);
	tap_ok(sum == http_multipart_length(&r) && sum == 347, "multipart: length is the sum of the parts");
	small = malloc(26);
	tap_ok(http_multipart_head(small, 26, &r, 3) == -ENOSPC, "multipart: no room");
	free(small);
}

#define PAGE(status, more)                                                      \
	"<!DOCTYPE html>\n<html lang=\"en\"><head><title>" status               \
	"</title></head>\n<body><h1>" status "</h1>" more "</body></html>\n"
#define PAGE_FIELDS(length)                                                     \
	"X-Content-Type-Options: nosniff" NL "Content-Type: text/html; charset=utf-8" NL \
	"Content-Length: " length NL NL

static void test_short(void)
{
	struct http_response r = { .status = 404, .date = DATE };

	tap_ok(text_is(http_short_response, &r, LEAD("404 Not Found") PAGE_FIELDS("117")
		       PAGE("404 Not Found", "")),
	       "short: 404 (RFC 9110 15.5.5)");
	r.flags = HTTP_RESPONSE_HEAD;
	tap_ok(text_is(http_short_response, &r, LEAD("404 Not Found") PAGE_FIELDS("117")),
	       "short: 404 for HEAD has the same head and no body (RFC 9110 9.3.2)");
	r = (struct http_response){ .status = 405, .date = DATE, .connection = HTTP_CONN_CLOSE };
	tap_ok(text_is(http_short_response, &r, LEAD("405 Method Not Allowed") "Connection: close" NL
		       "Allow: GET, HEAD, OPTIONS" NL PAGE_FIELDS("135")
		       PAGE("405 Method Not Allowed", "")),
	       "short: 405 has Allow (RFC 9110 15.5.6)");
	r = (struct http_response){ .status = 200, .date = DATE, .flags = HTTP_RESPONSE_ALLOW };
	tap_ok(text_is(http_short_response, &r, LEAD("200 OK") "Allow: GET, HEAD, OPTIONS" NL
		       "Content-Length: 0" NL NL),
	       "short: OPTIONS (RFC 9110 9.3.7)");
	r = (struct http_response){ .status = 301, .date = DATE, .location = "/a%20b/?x&y",
				    .location_len = 11 };
	tap_ok(text_is(http_short_response, &r, LEAD("301 Moved Permanently")
		       "Location: /a%20b/?x&y" NL PAGE_FIELDS("181")
		       PAGE("301 Moved Permanently",
			    "<p><a href=\"/a%20b/?x&amp;y\">It is here.</a></p>")),
	       "short: 301 with Location and link (RFC 9110 15.4.2)");
	r = (struct http_response){ .status = 416, .date = DATE, .entity = &file };
	tap_ok(text_is(http_short_response, &r, LEAD("416 Range Not Satisfiable")
		       "Content-Range: bytes */1000" NL PAGE_FIELDS("141")
		       PAGE("416 Range Not Satisfiable", "")),
	       "short: 416 has Content-Range (RFC 9110 15.5.17)");
	r = (struct http_response){ .status = 412, .date = DATE, .entity = &file };
	tap_ok(text_is(http_short_response, &r, LEAD("412 Precondition Failed") PAGE_FIELDS("137")
		       PAGE("412 Precondition Failed", "")),
	       "short: 412 (RFC 9110 15.5.13)");
	r = (struct http_response){ .status = 200, .date = DATE, .content_length = 5,
				    .content_type = "text/plain" };
	tap_ok(text_is(http_response_head, &r, LEAD("200 OK") "X-Content-Type-Options: nosniff" NL
		       "Content-Type: text/plain" NL "Content-Length: 5" NL NL),
	       "head: 200 of a generated page (RFC 9110 8.6)");
}

/* every status of the list has a head that is well-formed and ends where it should */
static void test_statuses(void)
{
#define X(code, name, reason) code,
	static const int codes[] = { HTTP_STATUS_LIST(X) };
#undef X
	bool ok = true, unique = true;
	unsigned int i;

	for (i = 0; i < HTTP_NR_STATUS; i++) {
		struct http_response r = { .status = codes[i], .date = DATE };
		char buf[HTTP_RESPONSE_MAX], want[64];
		int rc = http_short_response(buf, sizeof(buf), &r);

		snprintf(want, sizeof(want), "HTTP/1.1 %d %s\r\n", codes[i], http_reason(codes[i]));
		ok = ok && rc > 0 && !memcmp(buf, want, strlen(want));
		unique = unique && http_status_index(codes[i]) == i;
	}
	tap_ok(ok, "status: every one has its status line (RFC 9112 4)");
	tap_ok(unique, "status: every one has its own index");
	tap_ok(http_status_index(299) == HTTP_SI_INTERNAL_SERVER_ERROR, "status: an unknown one counts as 500");
	tap_ok(!strcmp(http_reason(299), "Internal Server Error"), "status: an unknown one has a reason");
}

static void test_connection(void)
{
	struct http_request req = { .minor = 1 };

	tap_ok(http_connection_for(&req, true) == HTTP_CONN_NONE, "connection: 1.1 kept (RFC 9112 9.3)");
	tap_ok(http_connection_for(&req, false) == HTTP_CONN_CLOSE, "connection: 1.1 closed (RFC 9112 9.6)");
	req.minor = 0;
	tap_ok(http_connection_for(&req, true) == HTTP_CONN_KEEP_ALIVE, "connection: 1.0 kept (RFC 9112 C.2.2)");
	tap_ok(http_connection_for(&req, false) == HTTP_CONN_CLOSE, "connection: 1.0 closed (RFC 9112 9.6)");
}

/* the largest entity still fits the sizes that the header promises */
static void test_promises(void)
{
	static char type[HTTP_CONTENT_TYPE_MAX + 1], cache[HTTP_CACHE_CONTROL_MAX + 1];
	static struct http_entity big;
	struct http_plan plan = { .status = 206, .nr_ranges = 1, .range = { { ~0ULL - 2, 1 } } };
	struct http_response r = { .status = 200, .date = DATE, .entity = &big, .plan = &plan,
				   .connection = HTTP_CONN_KEEP_ALIVE, .boundary = ~0ULL };
	char text[HTTP_PREPARED_MAX], out[HTTP_PREPARED_MAX + HTTP_FINISH_MAX], part[HTTP_PART_MAX];
	static char location[400], all[4096];
	struct http_prepared p;
	int rc, worst = 0;

	memset(type, 't', HTTP_CONTENT_TYPE_MAX);
	memset(cache, 'c', HTTP_CACHE_CONTROL_MAX);
	big = (struct http_entity){ .content_type = type, .cache_control = cache,
				    .coding = HTTP_CODING_ZSTD, .flags = HTTP_ENTITY_VARY };
	big.v = (struct http_validators){ .size = ~0ULL, .mtime = 1000, .has_mtime = true,
					  .etag_len = HTTP_ETAG_MAX, .etag_weak = true };
	memset(big.v.etag, 'e', HTTP_ETAG_MAX);
	rc = http_prepare_object_head(&p, text, sizeof(text), &big);
	tap_ok(rc > 0 && rc == p.len, "promise: HTTP_PREPARED_MAX is enough");
	r.status = 304;
	tap_ok(rc > 0 && http_finish_head(out, p.len + HTTP_FINISH_MAX, &p, &r) > 0,
	       "promise: HTTP_FINISH_MAX is enough");
	memset(location, '\'', sizeof(location));
	r.location = location;
	for (r.location_len = 0; r.location_len <= sizeof(location); r.location_len++)
		worst = max(worst, http_short_response(all, sizeof(all), &(struct http_response){
			.status = 301, .date = DATE, .connection = HTTP_CONN_KEEP_ALIVE,
			.location = location, .location_len = r.location_len }) -
			(int)r.location_len);
	tap_ok(worst > 0 && worst <= HTTP_RESPONSE_MAX, "promise: HTTP_RESPONSE_MAX and the Location are enough");
	r.location = NULL;
	r.status = 206;
	tap_ok(http_response_head(all, HTTP_RESPONSE_MAX, &r) > 0, "promise: HTTP_RESPONSE_MAX is enough for a file");
	plan.range[0] = (struct http_range){ ~0ULL - 2, 1 };
	tap_ok(http_multipart_head(part, sizeof(part), &r, 0) > 0, "promise: HTTP_PART_MAX is enough");
	tap_ok(http_prepare_object_head(&p, text, 100, &big) == -ENOSPC && p.len == 0,
	       "promise: no room for the prepared part is an error");
}

void test_response(void)
{
	test_files();
	test_quick();
	test_multipart();
	test_short();
	test_statuses();
	test_connection();
	test_promises();
}
