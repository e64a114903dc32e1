// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths: what a URL's path becomes, and how paths get into URLs and HTML.
 *
 * The want of a case is the normalised path, or a negative status.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_out.h"
#include "http_url.h"
#include "tap.h"

struct path_case {
	const char *in;
	const char *want;
	int status;
	const char *why;
};

static const struct path_case cases[] = {
	{ "/", "/", 0, "root" },
	{ "", "/", 0, "empty path is the root (RFC 9112 3.2.2)" },
	{ "/a", "/a", 0, "name" },
	{ "/a/b/", "/a/b/", 0, "final slash stays" },
	{ "/.", "/", 0, "dot (RFC 3986 5.2.4)" },
	{ "/./", "/", 0, "dot and slash" },
	{ "/a/./b", "/a/b", 0, "dot in the middle" },
	{ "/a/.", "/a/", 0, "dot at the end keeps the slash" },
	{ "/a/..", "/", 0, "dot-dot at the end" },
	{ "/a/../b", "/b", 0, "dot-dot in the middle" },
	{ "/a/b/..", "/a/", 0, "dot-dot keeps the slash" },
	{ "/a/b/c/./../../g", "/a/g", 0, "the RFC's example" },
	{ "/a/b/../../c", "/c", 0, "two dot-dots" },
	{ "/a/b/../..", "/", 0, "two dot-dots to the root" },
	{ "/..", NULL, -400, "dot-dot above the root" },
	{ "/../etc/passwd", NULL, -400, "dot-dot above the root and down" },
	{ "/a/../..", NULL, -400, "one dot-dot too many" },
	{ "/a/../../a", NULL, -400, "one dot-dot too many and down" },
	{ "/./..", NULL, -400, "dot does not count as a segment" },
	{ "/...", "/...", 0, "three dots are a name" },
	{ "/..a", "/..a", 0, "name beginning with dots" },
	{ "/a..", "/a..", 0, "name ending with dots" },
	{ "/.a", "/.a", 0, "hidden name" },
	{ "/a/.../b", "/a/.../b", 0, "three dots in the middle" },
	{ "/%2e", "/", 0, "encoded dot" },
	{ "/a/%2e%2e/b", "/b", 0, "encoded dot-dot" },
	{ "/a/.%2E/b", "/b", 0, "half encoded dot-dot" },
	{ "/%2e%2e", NULL, -400, "encoded dot-dot above the root" },
	{ "/%2e%2e/%2e%2e/etc/passwd", NULL, -400, "encoded climb" },
	{ "/%252e%252e/x", "/%2e%2e/x", 0, "decoded once only" },
	{ "/%25", "/%", 0, "encoded percent sign" },
	{ "//", "/", 0, "two slashes" },
	{ "//a", "/a", 0, "two slashes in front" },
	{ "/a//b", "/a/b", 0, "two slashes in the middle" },
	{ "/a///b////", "/a/b/", 0, "many slashes" },
	{ "/a//../b", "/a/b", 0, "dot-dot takes the empty segment (RFC 3986 5.2.4)" },
	{ "//..", "/", 0, "dot-dot takes the empty segment at the root" },
	{ "//../..", NULL, -400, "and then it is above the root" },
	{ "/a%2Fb", NULL, -404, "encoded slash" },
	{ "/..%2f..%2fetc", NULL, -404, "encoded slashes with dots" },
	{ "/%00", NULL, -400, "encoded NUL" },
	{ "/a%00.html", NULL, -400, "encoded NUL in a name" },
	{ "/a%0a", NULL, -400, "encoded line feed" },
	{ "/a%0D%0Ab", NULL, -400, "encoded line end" },
	{ "/a%1f", NULL, -400, "encoded unit separator" },
	{ "/a%7f", NULL, -400, "encoded DEL" },
	{ "/a\tb", NULL, -400, "bare tab" },
	{ "/%", NULL, -400, "percent sign alone" },
	{ "/%4", NULL, -400, "one digit" },
	{ "/%4g", NULL, -400, "bad second digit" },
	{ "/%g4", NULL, -400, "bad first digit" },
	{ "/%%41", NULL, -400, "percent sign twice" },
	{ "/a%20b", "/a b", 0, "space" },
	{ "/a+b", "/a+b", 0, "plus stays" },
	{ "/%C3%A4%c3%bc", "/\xc3\xa4\xc3\xbc", 0, "UTF-8" },
	{ "/%ff", "/\xff", 0, "bytes that are no UTF-8 are names too" },
	{ "/%5c..%5c", "/\\..\\", 0, "backslashes are part of a name" },
	{ "/%3f%23", "/?#", 0, "encoded question mark and number sign" },
	{ "/%41%5a%61", "/AZa", 0, "letters" },
	{ "a", NULL, -400, "no slash in front" },
	{ "../a", NULL, -400, "relative" },
};

static void run_case(const struct path_case *c)
{
	size_t len = strlen(c->in);
	char *in = exact_copy(c->in, len);
	size_t size;
	char *out;
	bool ok;
	int rc;

	out = malloc(len + 2);
	rc = http_path_normalize(in, len, out, len + 2);
	if (c->want)
		ok = rc == (int)strlen(c->want) && !memcmp(out, c->want, rc + 1);
	else
		ok = rc == c->status;
	if (!ok)
		tap_note("got %d %s", rc, rc > 0 ? out : "");
	free(out);
	/* in smaller buffers: the same, or 414, but never a byte beyond */
	for (size = 0; ok && size < len + 2; size++) {
		int got;

		out = malloc(size ? size : 1);
		got = http_path_normalize(in, len, out, size);
		ok = got == rc || got == -414;
		if (!ok)
			tap_note("with %zu bytes: %d", size, got);
		free(out);
	}
	corpus_add("path", "", c->in, strlen(c->in));
	tap_ok(ok, "path: %s: %s", c->why, c->in);
	free(in);
}

static void test_room(void)
{
	char out[8];

	tap_ok(http_path_normalize("/abcdef", 7, out, 8) == 7, "path: fits exactly");
	tap_ok(http_path_normalize("/abcdefg", 8, out, 8) == -414, "path: one byte too long");
	tap_ok(http_path_normalize("/", 1, out, 1) == -414, "path: no room for the NUL");
}

struct escape_case {
	void (*put)(struct http_out *o, const char *src, u32 len);
	const char *in;
	const char *want;
	const char *why;
};

static const struct escape_case escapes[] = {
	{ http_put_url, "/a-b_c.d~e/9", "/a-b_c.d~e/9", "url: what needs none" },
	{ http_put_url, "/a b", "/a%20b", "url: space" },
	{ http_put_url, "/\xc3\xa4", "/%C3%A4", "url: UTF-8" },
	{ http_put_url, "%\"<>&'?#\\", "%25%22%3C%3E%26%27%3F%23%5C", "url: special characters" },
	{ http_put_url, "a\r\nb", "a%0D%0Ab", "url: line end" },
	{ http_put_html, "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;", "html: special characters" },
	{ http_put_html, "\xc3\xa4 b", "\xc3\xa4 b", "html: UTF-8 stays" },
	{ http_put_html, "a\nb\x7f", "a?b?", "html: control characters" },
};

static void run_escape(const struct escape_case *c)
{
	size_t want = strlen(c->want), size;
	struct http_out o;
	bool ok = true;
	int rc;

	for (size = 0; size <= want + 1; size++) {
		char *out = malloc(size ? size : 1);

		http_out_init(&o, out, size);
		c->put(&o, c->in, strlen(c->in));
		rc = http_out_len(&o);
		if (size < want)
			ok = ok && rc == -ENOSPC;
		else
			ok = ok && rc == (int)want && !memcmp(out, c->want, want);
		free(out);
	}
	tap_ok(ok, "escape: %s", c->why);
}

static bool location_is(const char *path, const char *query, const char *want)
{
	char out[64];
	int rc = http_location(out, sizeof(out), path, strlen(path), query,
			       query ? strlen(query) : 0);

	return rc == (int)strlen(want) && !memcmp(out, want, rc);
}

void test_path(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	test_room();
	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		run_escape(&escapes[i]);
	tap_ok(location_is("/a b", NULL, "/a%20b/"), "location: slash added, escaped (RFC 9110 10.2.2)");
	tap_ok(location_is("/a", "x=y&z", "/a/?x=y&z"), "location: the query stays");
	tap_ok(location_is("/a", "", "/a/?"), "location: an empty query stays");
}
