// SPDX-License-Identifier: GPL-2.0-only
/*
 * Request bodies: RFC 9112 sections 6 and 7, and the bounds.
 *
 * Every case is fed whole, cut in two at every position, and byte by byte; each
 * time the same result and the same number of consumed bytes have to come out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_body.h"
#include "tap.h"

#define NL "\r\n"
#define CHUNKED (~0ULL)

struct body_case {
	const char *name;
	u64 length;		/* of the Content-Length, or CHUNKED */
	u32 max;
	const char *in;
	size_t len;
	int rc;
	long used;		/* bytes of the body, -1: not looked at */
};

#define CASE(name, length, in, rc, used) { name, length, 65536, in, sizeof(in) - 1, rc, used }
#define CASE_MAX(name, length, max, in, rc) { name, length, max, in, sizeof(in) - 1, rc, -1 }

static const struct body_case cases[] = {
	CASE("Content-Length, exactly (6.2)", 5, "hello", 1, 5),
	CASE("Content-Length, next request behind (6.2)", 5, "helloGET", 1, 5),
	CASE("Content-Length, incomplete (6.2)", 5, "hell", 0, 4),
	CASE("last chunk alone (7.1)", CHUNKED, "0" NL NL, 1, 5),
	CASE("one chunk (7.1)", CHUNKED, "5" NL "hello" NL "0" NL NL "GET", 1, 15),
	CASE("two chunks (7.1)", CHUNKED, "5" NL "hello" NL "1" NL "x" NL "0" NL NL, 1, 21),
	CASE("data that looks like framing (7.1)", CHUNKED, "5" NL "0" NL NL NL "0" NL NL, 1, 15),
	CASE("hexadecimal size (7.1)", CHUNKED, "a" NL "0123456789" NL "0" NL NL, 1, 20),
	CASE("size in capitals (7.1)", CHUNKED, "A" NL "0123456789" NL "0" NL NL, 1, 20),
	CASE("size with leading zeros (7.1)", CHUNKED, "0005" NL "hello" NL "000" NL NL, 1, 20),
	CASE("incomplete size (7.1)", CHUNKED, "5", 0, 1),
	CASE("incomplete data (7.1)", CHUNKED, "5" NL "he", 0, 5),
	CASE("last chunk without its empty line (7.1)", CHUNKED, "0" NL, 0, 3),
	CASE("no size (7.1)", CHUNKED, NL "hello", -400, -1),
	CASE("size is no number (7.1)", CHUNKED, "x" NL, -400, -1),
	CASE("size with 0x (7.1)", CHUNKED, "0x5" NL "hello", -400, -1),
	CASE("negative size (7.1)", CHUNKED, "-5" NL, -400, -1),
	CASE("size with a plus (7.1)", CHUNKED, "+5" NL, -400, -1),
	CASE("size with a space before (7.1)", CHUNKED, " 5" NL, -400, -1),
	CASE("size with a space behind (7.1)", CHUNKED, "5 " NL "hello", -400, -1),
	CASE("size with an underscore (7.1)", CHUNKED, "1_0" NL, -400, -1),
	CASE("bare LF after the size (2.2)", CHUNKED, "5\nhello", -400, -1),
	CASE("bare CR after the size (2.2)", CHUNKED, "5\rhello", -400, -1),
	CASE("data longer than its size (7.1)", CHUNKED, "5" NL "hellox" NL, -400, -1),
	CASE("another byte instead of the CR after the data (7.1)", CHUNKED, "5" NL "hellox\n0" NL NL, -400, -1),
	CASE("bare LF after the data (2.2)", CHUNKED, "5" NL "hello\n0" NL NL, -400, -1),
	CASE("CR and no LF after the data (2.2)", CHUNKED, "5" NL "hello\r0" NL NL, -400, -1),
	CASE("size of 2^64 + 5 (7.1)", CHUNKED, "10000000000000005" NL "hello", -413, -1),
	CASE("size of 2^64 - 1 (7.1)", CHUNKED, "ffffffffffffffff" NL, -413, -1),
	CASE("extension name (7.1.1)", CHUNKED, "5;a" NL "hello" NL "0" NL NL, 1, 17),
	CASE("extension with a value (7.1.1)", CHUNKED, "0;a=b" NL NL, 1, 9),
	CASE("two extensions (7.1.1)", CHUNKED, "0;a=b;c" NL NL, 1, 11),
	CASE("white space around an extension (7.1.1)", CHUNKED, "0 ;\ta = b ; c" NL NL, 1, 17),
	CASE("quoted value (7.1.1)", CHUNKED, "0;a=\"b;\\\" c\"" NL NL, 1, 16),
	CASE("quoted value and another extension (7.1.1)", CHUNKED, "0;a=\"b\";c=d" NL NL, 1, 15),
	CASE("empty quoted value (7.1.1)", CHUNKED, "0;a=\"\"" NL NL, 1, 10),
	CASE("extension without a name (7.1.1)", CHUNKED, "0;" NL NL, -400, -1),
	CASE("extension without a value (7.1.1)", CHUNKED, "0;a=" NL NL, -400, -1),
	CASE("value without a name (7.1.1)", CHUNKED, "0;=b" NL NL, -400, -1),
	CASE("two values (7.1.1)", CHUNKED, "0;a=b c" NL NL, -400, -1),
	CASE("open quote (7.1.1)", CHUNKED, "0;a=\"b" NL NL, -400, -1),
	CASE("text after a quote (7.1.1)", CHUNKED, "0;a=\"b\"c" NL NL, -400, -1),
	CASE("white space after a name (7.1.1)", CHUNKED, "0;a " NL NL, -400, -1),
	CASE("bare LF in an extension (7.1.1)", CHUNKED, "0;a\n" NL, -400, -1),
	CASE("bare LF in a quoted value (7.1.1)", CHUNKED, "0;a=\"\n\"" NL NL, -400, -1),
	CASE("escaped line end (7.1.1)", CHUNKED, "0;a=\"\\" NL "\"" NL NL, -400, -1),
	CASE("NUL in an extension (7.1.1)", CHUNKED, "0;a=\"\0\"" NL NL, -400, -1),
	CASE("trailer (7.1.2)", CHUNKED, "0" NL "X: y" NL NL, 1, 11),
	CASE("two trailers (7.1.2)", CHUNKED, "0" NL "X: y" NL "Z:" NL NL "GET", 1, 15),
	CASE("trailer that is forbidden, skipped (7.1.2)", CHUNKED, "0" NL "Content-Length: 5" NL NL "hello", 1, 24),
	CASE("trailer without a colon (7.1.2)", CHUNKED, "0" NL "X" NL NL, -400, -1),
	CASE("trailer with a space before the colon (5.1)", CHUNKED, "0" NL "X : y" NL NL, -400, -1),
	CASE("trailer without a name (7.1.2)", CHUNKED, "0" NL ": y" NL NL, -400, -1),
	CASE("folded trailer (5.2)", CHUNKED, "0" NL "X: y" NL " z" NL NL, -400, -1),
	CASE("bare LF after a trailer (2.2)", CHUNKED, "0" NL "X: y\n" NL, -400, -1),
	CASE("bare CR in a trailer (2.2)", CHUNKED, "0" NL "X: y\rz" NL NL, -400, -1),
	CASE("NUL in a trailer (5.5 of 9110)", CHUNKED, "0" NL "X: \0" NL NL, -400, -1),
	CASE("next request instead of the empty line (7.1)", CHUNKED, "0" NL "GET / HTTP/1.1" NL NL, -400, -1),
	CASE("bare LF as the last line (2.2)", CHUNKED, "0" NL "\n", -400, -1),
	CASE("CR and no LF as the last line (2.2)", CHUNKED, "0" NL "\rX", -400, -1),
	CASE_MAX("chunk of exactly the bound, framing included", CHUNKED, 15, "5" NL "hello" NL "0" NL NL, 1),
	CASE_MAX("one byte above the bound in the framing: 413", CHUNKED, 14, "5" NL "hello" NL "0" NL NL, -413),
	CASE_MAX("chunk above the bound: 413 at its size", CHUNKED, 8, "9" NL, -413),
	CASE_MAX("sum of chunks above the bound: 413", CHUNKED, 12, "5" NL "hello" NL "5" NL, -413),
	CASE_MAX("Content-Length of exactly the bound", 5, 5, "hello", 1),
};

static int start(struct http_body *b, const struct body_case *c)
{
	struct http_limits lim = { .max_body_skip = c->max };
	struct http_request req;

	http_request_init(&req);
	req.chunked = c->length == CHUNKED;
	req.has_length = !req.chunked;
	req.content_length = req.has_length ? c->length : 0;
	return http_body_init(b, &req, &lim);
}

static int feed(struct http_body *b, const char *in, size_t len, long *used)
{
	char *copy = exact_copy(in, len);
	u32 n = ~0;
	int rc = http_body_skip(b, copy, len, &n);

	free(copy);
	*used += n;
	return rc;
}

/* in pieces: bytes up to cut, then the rest at once (step 0) or in steps */
static int skip_cut(const struct body_case *c, size_t cut, size_t step, long *used)
{
	struct http_body b;
	size_t at = cut;
	int rc = start(&b, c);

	*used = 0;
	if (rc)
		return rc;
	rc = feed(&b, c->in, cut, used);
	while (!rc && at < c->len) {
		size_t n = step ? step : c->len - at;

		rc = feed(&b, c->in + at, n, used);
		at += n;
	}
	return rc;
}

static void run_case(const struct body_case *c)
{
	long used, got;
	size_t cut;
	int rc = skip_cut(c, c->len, 0, &used);
	bool ok = rc == c->rc && (c->used < 0 || used == c->used);

	if (!ok)
		tap_note("got %d after %ld bytes", rc, used);
	for (cut = 0; ok && cut <= c->len; cut++) {
		ok = skip_cut(c, cut, 0, &got) == rc && got == used;
		if (!ok)
			tap_note("cut at %zu: after %ld bytes instead of %ld", cut, got, used);
	}
	if (ok && (skip_cut(c, 0, 1, &got) != rc || got != used)) {
		tap_note("byte by byte: after %ld bytes instead of %ld", got, used);
		ok = false;
	}
	corpus_add("body", c->length == CHUNKED ? "c" : "5", c->in, c->len);
	tap_ok(ok, "body: %s", c->name);
}

static int init_with(u64 length, bool has, bool chunked, u32 max)
{
	struct http_limits lim = { .max_body_skip = max };
	struct http_request req;
	struct http_body b;

	http_request_init(&req);
	req.has_length = has;
	req.content_length = length;
	req.chunked = chunked;
	return http_body_init(&b, &req, &lim);
}

/* a chunk-size line or trailer section of n bytes */
static int long_line(const char *before, size_t n, const char *after, char fill)
{
	const struct body_case c = { .length = CHUNKED, .max = 1 << 20 };
	size_t len = strlen(before) + n + strlen(after);
	char *in = malloc(len + 1);
	struct http_body b;
	u32 used;
	int rc;

	memset(in, fill, len);
	memcpy(in, before, strlen(before));
	memcpy(in + strlen(before) + n, after, strlen(after));
	start(&b, &c);
	rc = http_body_skip(&b, in, len, &used);
	free(in);
	return rc;
}

void test_body(void)
{
	struct http_body b;
	u32 used = 7;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	tap_ok(init_with(0, false, false, 10) == 1, "body: neither field: none (RFC 9112 6.3)");
	tap_ok(init_with(0, true, false, 10) == 1, "body: Content-Length 0: none (RFC 9112 6.3)");
	tap_ok(init_with(10, true, false, 10) == 0, "body: Content-Length at the bound");
	tap_ok(init_with(11, true, false, 10) == -413, "body: Content-Length above the bound: 413");
	tap_ok(init_with(~0ULL, true, false, ~0U) == -413, "body: huge Content-Length, huge bound: 413");
	tap_ok(init_with(0, false, true, 0) == 0, "body: chunked is always looked at");
	tap_ok(sizeof(b) <= 32, "body: the state is small");
	/* the CR and LF of the line count */
	tap_ok(long_line("0;", HTTP_MAX_CHUNK_LINE - 4, NL NL, 'a') == 1, "body: longest chunk-size line");
	tap_ok(long_line("0;", HTTP_MAX_CHUNK_LINE - 3, NL NL, 'a') == -400, "body: chunk-size line too long");
	tap_ok(long_line("", HTTP_MAX_CHUNK_LINE + 1, "", '0') == -400, "body: endless zeros");
	tap_ok(long_line("0" NL "X:", HTTP_MAX_TRAILER_LEN - 6, NL NL, 'a') == 1, "body: longest trailer section");
	tap_ok(long_line("0" NL "X:", HTTP_MAX_TRAILER_LEN - 5, NL NL, 'a') == -431, "body: trailer section too long: 431");
	start(&b, &(struct body_case){ .length = 1, .max = 10 });
	http_body_skip(&b, "x", 1, &used);
	tap_ok(http_body_skip(&b, "GET", 3, &used) == 1 && used == 0, "body: after the end nothing is consumed");
}
