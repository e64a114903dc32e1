// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page that lists a directory: escaping, order, and its bounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_dirlist.h"
#include "tap.h"

#define ENTRY(n, d, s, m) { n, sizeof(n) - 1, d, s, m }

/* The page as a string, of exactly the length that was counted before. */
static char *page(const char *path, const struct http_dir_entry *e, u32 nr, bool cut, u32 *len)
{
	struct http_out o;
	char *text;

	http_out_init(&o, NULL, 0);
	http_dir_page(&o, path, strlen(path), e, nr, cut);
	*len = o.len;
	text = malloc(*len + 1);
	http_out_init(&o, text, *len);
	http_dir_page(&o, path, strlen(path), e, nr, cut);
	tap_ok(o.len == *len, "dirlist: %u entries%s of %.10s: counted and written lengths agree",
	       nr, cut ? " cut" : "", path);
	text[*len] = '\0';
	return text;
}

static void test_names(void)
{
	static const struct {
		const char *name;
		bool ok;
	} names[] = {
		{ "a", true }, { ".a", true }, { "..a", true }, { "...", true }, { " ", true },
		{ "\xc3\xa4", true }, { "\xff", true }, { "<", true },
		{ "", false }, { ".", false }, { "..", false }, { "a\nb", false },
		{ "\x7f", false }, { "\x01", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i].name);
		char *copy = exact_copy(names[i].name, len);

		tap_ok(http_dir_name_ok(copy, len) == names[i].ok, "dirlist: name %zu is %s", i,
		       names[i].ok ? "listed" : "left out");
		free(copy);
	}
}

static int compare(const void *a, const void *b)
{
	return http_dir_compare(a, b);
}

static void test_order(void)
{
	struct http_dir_entry e[] = {
		ENTRY("b", false, 0, 0), ENTRY("a", false, 0, 0), ENTRY("ab", false, 0, 0),
		ENTRY("z", true, 0, 0), ENTRY("\xff", false, 0, 0), ENTRY("B", false, 0, 0),
	};
	char order[32] = "";
	size_t i;

	qsort(e, ARRAY_SIZE(e), sizeof(e[0]), compare);
	for (i = 0; i < ARRAY_SIZE(e); i++)
		snprintf(order + strlen(order), sizeof(order) - strlen(order), "%s ", e[i].name);
	tap_ok(!strcmp(order, "z B a ab b \xff "), "dirlist: directories first, then bytes");
	tap_ok(!http_dir_compare(&e[0], &e[0]), "dirlist: equal to itself");
}

static void test_text(void)
{
	static const struct http_dir_entry e[] = {
		ENTRY("sub", true, 4096, 784111777),
		ENTRY("<script>alert('x')</script>", false, 1, 0),
		ENTRY("a\"b&c?d#e f%.txt", false, 18446744073709551615ull, 784111777),
		ENTRY("javascript:alert(1)", false, 7, -1),
	};
	u32 len;
	char *text = page("/<d>&\"/", e, ARRAY_SIZE(e), false, &len);

	tap_ok(strstr(text, "<title>Index of /&lt;d&gt;&amp;&quot;/</title>"),
	       "dirlist: the path is escaped");
	tap_ok(strstr(text, "<td><a href=\"./sub/\">sub/</a><td><td>06 Nov 1994 08:49\n"),
	       "dirlist: a directory has a slash, a time and no size");
	tap_ok(strstr(text, "\"./%3Cscript%3Ealert%28%27x%27%29%3C/script%3E\"") &&
	       strstr(text, ">&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;<") &&
	       !strstr(text, "<script"), "dirlist: markup in a name is escaped");
	tap_ok(strstr(text, "\"./a%22b%26c%3Fd%23e%20f%25.txt\">a&quot;b&amp;c?d#e f%.txt</a>"),
	       "dirlist: what is special in a URL is encoded");
	tap_ok(strstr(text, "<td>18446744073709551615<td>"), "dirlist: the largest size");
	tap_ok(strstr(text, "href=\"./javascript%3A"), "dirlist: a name is no scheme");
	tap_ok(strstr(text, "href=\"../\""), "dirlist: a way up");
	tap_ok(!strstr(text, "too large"), "dirlist: complete, and does not say otherwise");
	free(text);

	text = page("/", e, 1, true, &len);
	tap_ok(!strstr(text, "../"), "dirlist: no way up from the root");
	tap_ok(strstr(text, "too large: only 1 of"), "dirlist: a list that was cut says so");
	free(text);
	text = page("/e/", NULL, 0, false, &len);
	tap_ok(strstr(text, "</table>"), "dirlist: an empty directory");
	free(text);
}

static void test_bound(void)
{
	u32 nr = 2048, len, i, rows = 0;
	struct http_dir_entry *e = calloc(nr, sizeof(*e));
	char name[255], want[64], path[1024], *text, *at;

	memset(name, '&', sizeof(name));
	memset(path, '"', sizeof(path));
	path[0] = '/';
	path[1022] = '/';
	path[1023] = '\0';
	for (i = 0; i < nr; i++) {
		e[i].name = name;
		e[i].len = sizeof(name);
	}
	text = page(path, e, nr, false, &len);
	tap_ok(len <= HTTP_DIR_PAGE_MAX, "dirlist: never longer than its bound");
	tap_ok(len > HTTP_DIR_PAGE_MAX - 4096, "dirlist: but as long as that allows");
	for (at = text; (at = strstr(at, "href=\"./")); at++)
		rows++;
	snprintf(want, sizeof(want), "only %u of its", rows);
	tap_ok(rows && strstr(text, want), "dirlist: it says how many of the entries it has");
	free(text);
	free(e);
}

void test_dirlist(void)
{
	test_names();
	test_order();
	test_text();
	test_bound();
}
