// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the path normaliser and the escapers.
 *
 * Whatever comes in, the path that comes out stays below the root, and survives
 * a way through a URL unchanged.
 */
#include "fuzz.h"
#include "http_out.h"
#include "http_url.h"

static void check_path(const char *path, int len)
{
	int i;

	CHECK(len >= 1 && path[0] == '/' && strlen(path) == (size_t)len);
	CHECK(!strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../"));
	CHECK(len < 2 || strcmp(path + len - 2, "/."));
	CHECK(len < 3 || strcmp(path + len - 3, "/.."));
	for (i = 0; i < len; i++)
		CHECK((unsigned char)path[i] >= 0x20 && path[i] != 0x7f);
}

/* escape, normalise again: the same path */
static void check_round_trip(const char *path, int len)
{
	char *url = malloc(len * 3), *again = malloc(len + 1);
	struct http_out o;
	int n;

	http_out_init(&o, url, len * 3);
	http_put_url(&o, path, len);
	n = http_out_len(&o);
	CHECK(n >= len);
	CHECK(!memchr(url, '"', n) && !memchr(url, '<', n) && !memchr(url, ' ', n));
	CHECK(http_path_normalize(url, n, again, len + 1) == len && !memcmp(again, path, len));
	free(url);
	free(again);
}

static void check_html(const char *text, int len)
{
	char *html = malloc(len * 6);
	struct http_out o;
	int n;

	http_out_init(&o, html, len * 6);
	http_put_html(&o, text, len);
	n = http_out_len(&o);
	CHECK(n >= len);
	CHECK(!memchr(html, '"', n) && !memchr(html, '<', n) && !memchr(html, '>', n) &&
	      !memchr(html, '\'', n) && !memchr(html, '\n', n));
	free(html);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t seed = fuzz_seed(data, size);
	uint32_t room = size + 2;
	char *in = fuzz_copy(data, size), *out = malloc(room);
	int len = http_path_normalize(in, size, out, room), again;

	if (len > 0) {
		check_path(out, len);
		check_round_trip(out, len);
		check_html(out, len);
		CHECK((uint32_t)len <= (size ? size : 1));
	} else {
		/* with that much room it always fits */
		CHECK(len == -400 || len == -404);
	}
	free(out);
	/* with less room: the same, or a refusal */
	room = fuzz_choose(&seed, room + 1);
	out = malloc(room ? room : 1);
	again = http_path_normalize(in, size, out, room);
	CHECK(again == len || again == -414);
	free(out);
	free(in);
	return 0;
}
