// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the request head parser.
 *
 * The result must not depend on how the bytes are cut, and what is accepted must look right to
 * a second, naive reading: lines split at their ends, one Host, no byte that has no
 * place in a head, every remembered piece inside the head.
 */
#include <strings.h>

#include "fuzz.h"
#include "http_coding.h"
#include "http_parse.h"

/* Sometimes each call gets memory of exactly its size; always would be slow. */
static int parse_in_pieces(struct http_request *req, const struct http_limits *lim, const char *buf,
			   size_t size, uint64_t *seed)
{
	uint32_t largest = 1 + fuzz_choose(seed, 32);
	bool exact = !fuzz_choose(seed, 8);
	size_t have = 0;
	int rc;

	http_request_init(req);
	do {
		char *copy = exact ? fuzz_copy(buf, have) : NULL;

		rc = http_parse(req, lim, copy ? copy : buf, have);
		free(copy);
		if (rc || have == size)
			return rc;
		have += 1 + fuzz_choose(seed, largest);
		if (have > size)
			have = size;
	} while (1);
}

static void check_span(const struct http_request *req, struct http_span span)
{
	CHECK(!span.off || (span.off > req->start && span.off + span.len <= (int)req->head_len - 2));
}

static void check_spans(const struct http_request *req)
{
	check_span(req, req->target);
	check_span(req, req->path);
	check_span(req, req->query);
	check_span(req, req->host);
	check_span(req, req->range);
	check_span(req, req->if_match);
	check_span(req, req->if_none_match);
	check_span(req, req->if_modified_since);
	check_span(req, req->if_unmodified_since);
	check_span(req, req->if_range);
	check_span(req, req->user_agent);
	check_span(req, req->referer);
	CHECK(req->target.len == 0 || req->path.len <= req->target.len);
}

/* how often a field appears, by a naive reading of the lines */
static int count_field(const char *head, size_t len, const char *name)
{
	size_t n = strlen(name);
	const char *p = head, *end = head + len;
	int count = 0;

	while ((p = memchr(p, '\n', end - p))) {
		p++;
		if ((size_t)(end - p) > n && p[n] == ':' && !strncasecmp(p, name, n))
			count++;
	}
	return count;
}

static void check_head(const struct http_request *req, const char *head, size_t len)
{
	int hosts = count_field(head, len, "host"), lengths = count_field(head, len, "content-length");
	int codings = count_field(head, len, "transfer-encoding");
	size_t i;

	CHECK(len == req->head_len && !memcmp(head + len - 4, "\r\n\r\n", 4));
	CHECK(memmem(head + req->start, len - req->start, "\r\n\r\n", 4) == head + len - 4);
	for (i = 0; i < len; i++) {
		unsigned char c = head[i];

		CHECK(c != 0x7f && (c >= 0x20 || c == '\t' || c == '\r' || c == '\n'));
		CHECK((c == '\n') == (i && head[i - 1] == '\r'));
	}
	CHECK(!memmem(head + req->start, len - req->start, "\n ", 2) && !memmem(head, len, "\n\t", 2));
	CHECK(hosts <= 1 && (hosts == 1 || req->minor == 0));
	CHECK(lengths <= 1 && req->has_length == lengths);
	CHECK(req->chunked == !!codings && !(req->chunked && (req->has_length || !req->minor)));
	CHECK(!count_field(head, len, "host ") && !count_field(head, len, "content-length "));
}

static void check_path(const struct http_request *req, const char *buf)
{
	char path[256];
	int n = http_request_path(req, buf, path, sizeof(path));

	CHECK(n == -400 || n == -404 || n == -414 || n > 0);
	if (n <= 0)
		return;
	CHECK(path[0] == '/' && strlen(path) == (size_t)n && !strstr(path, "/../") &&
	      !strstr(path, "//"));
}

static void check_complete(struct http_request *req, const char *buf, int rc)
{
	struct http_span span = req->if_match;
	int coding = http_choose_coding(req, 15), lines = 0;
	u8 order[HTTP_NR_CODINGS];
	unsigned int n = http_coding_order(req, 15, order);

	CHECK(req->status == 0 || req->status == 405 || req->status == 501 || req->status == 417 ||
	      req->status == 421);
	CHECK((req->status == 501) == (req->method == HTTP_UNKNOWN));
	check_spans(req);
	check_head(req, buf, rc);
	check_path(req, buf);
	CHECK(coding == -406 || (coding >= 0 && http_accepts_coding(req) & 1 << coding));
	CHECK(n == (unsigned int)__builtin_popcount(http_accepts_coding(req)));
	CHECK(n ? order[0] == coding : coding == -406);
	CHECK(http_refuses_identity(req) == !(http_accepts_coding(req) & 1 << HTTP_CODING_IDENTITY));
	while (span.off && http_next_line_of(req, buf, "if-match", &span)) {
		check_span(req, span);
		lines++;
	}
	CHECK(!!lines == !!(req->repeated & HTTP_REP_IF_MATCH));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_limits lim = HTTP_DEFAULT_LIMITS;
	uint64_t seed = fuzz_seed(data, size);
	struct http_request whole, pieces;
	char *buf = fuzz_copy(data, size);
	int rc, again;

	if (!fuzz_choose(&seed, 4)) {
		lim.max_header_len = fuzz_choose(&seed, 256);
		lim.max_uri = fuzz_choose(&seed, 64);
		lim.max_headers = fuzz_choose(&seed, 8);
	}
	http_request_init(&whole);
	rc = http_parse(&whole, &lim, buf, size);
	again = parse_in_pieces(&pieces, &lim, buf, size, &seed);
	CHECK(rc == again);
	/* where exactly an error was noticed may differ, not what is answered */
	CHECK(rc < 0 || !memcmp(&whole, &pieces, sizeof(whole)));
	CHECK(whole.status == pieces.status && whole.method == pieces.method &&
	      whole.minor == pieces.minor);
	CHECK(rc == 0 || rc > 0 || rc == -400 || rc == -414 || rc == -431 || rc == -501 || rc == -505);
	CHECK(rc <= (int)size && rc <= (int)lim.max_header_len);
	CHECK(rc >= 0 || (!whole.keep_alive && whole.status == -rc));
	CHECK(rc || size < lim.max_header_len);
	if (rc > 0)
		check_complete(&whole, buf, rc);
	free(buf);
	return 0;
}
