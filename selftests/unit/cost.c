// SPDX-License-Identifier: GPL-2.0-only
/*
 * What parsing a request and making its response costs, for count-cost to measure:
 *
 *	cost NAME COUNT
 *
 * does COUNT times what the server does for one request of the kind NAME in the
 * pure code: parse, find the path, choose a coding, evaluate the conditions, write
 * the head out of the prepared part.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_coding.h"
#include "http_response.h"

#define NL "\r\n"

static const char httperf[] =
	"GET /index.html HTTP/1.1" NL "User-Agent: httperf/0.9.0" NL "Host: 192.0.2.2" NL NL;

#define BROWSER                                                                                   \
	"GET /static/css/site.css?v=20240611 HTTP/1.1" NL "Host: www.example.com" NL              \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0" NL    \
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8" NL    \
	"Accept-Language: en-US,en;q=0.5" NL "Accept-Encoding: gzip, deflate, br, zstd" NL         \
	"Connection: keep-alive" NL "Referer: http://www.example.com/index.html" NL                \
	"Cookie: session=0123456789abcdef0123456789abcdef" NL "Upgrade-Insecure-Requests: 1" NL    \
	"Priority: u=2" NL

static const char browser[] = BROWSER NL;
static const char reload[] = BROWSER "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT" NL
	"If-None-Match: \"5f3a1c-1f4-62a4b1c3d\"" NL NL;

static const struct {
	const char *name;
	const char *in;
	u32 len;
} kinds[] = {
	{ "httperf", httperf, sizeof(httperf) - 1 },
	{ "browser", browser, sizeof(browser) - 1 },
	{ "reload", reload, sizeof(reload) - 1 },
};

static const struct http_entity file = {
	.v = { .size = 500, .mtime = 784111777, .has_mtime = true, .etag_len = 24,
	       .etag = "\"5f3a1c-1f4-62a4b1c3d\"" },
	.content_type = "text/html; charset=utf-8",
	.coding = HTTP_CODING_IDENTITY,
};

/* one request, from its bytes to the bytes of the head */
static noinline int one_request(const char *in, u32 len, const struct http_prepared *p,
				const struct http_validators *v, char *out)
{
	const struct http_limits lim = HTTP_DEFAULT_LIMITS;
	struct http_response r = { .status = 200, .date = "Sun, 06 Nov 1994 08:49:37 GMT" };
	struct http_request req;
	struct http_plan plan;
	char path[512];

	http_request_init(&req);
	if (http_parse(&req, &lim, in, len) != (int)len || req.status ||
	    http_request_path(&req, in, path, sizeof(path)) < 0 || http_choose_coding(&req, 8) < 0)
		return -1;
	if (http_is_conditional(&req))
		r.status = http_evaluate(&req, in, v, 1700000000, &plan);
	r.connection = http_connection_for(&req, req.keep_alive);
	return http_finish_head(out, 2048, p, &r);
}

int main(int argc, char **argv)
{
	static char text[HTTP_PREPARED_MAX], out[2048];
	struct http_entity e = file;
	struct http_prepared p;
	unsigned int i;
	long n;

	e.v.etag_len = strlen(e.v.etag);
	for (i = 0; argc == 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[1]))
			continue;
		http_prepare_object_head(&p, text, sizeof(text), &e);
		for (n = atol(argv[2]); n > 0; n--)
			if (one_request(kinds[i].in, kinds[i].len, &p, &e.v, out) < 0)
				return 1;
		return 0;
	}
	fprintf(stderr, "usage: cost httperf|browser|reload COUNT\n");
	return 2;
}
