// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: preconditions, ranges, and the heads of what they lead to.
 *
 * The input is a piece of header section with conditional fields; it is also
 * taken as a bare Range value. Every plan must lie within the file, send no byte twice, and
 * announce exactly the length that its parts add up to.
 */
#include "fuzz.h"
#include "http_response.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static const uint64_t sizes[] = { 0, 1, 2, 10, 100, 1000, 65536, INT64_MAX };

static void check_plan(const struct http_plan *plan, uint64_t size)
{
	unsigned int i, j;

	CHECK(plan->status == 200 || plan->status == 206 || plan->status == 304 ||
	      plan->status == 412 || plan->status == 416);
	CHECK((plan->status == 206) == (plan->nr_ranges > 0));
	CHECK(plan->nr_ranges <= HTTP_MAX_RANGES);
	for (i = 0; i < plan->nr_ranges; i++) {
		const struct http_range *a = &plan->range[i];

		CHECK(a->len && a->start < size && a->len <= size - a->start);
		for (j = 0; j < i; j++) {
			const struct http_range *b = &plan->range[j];

			CHECK(a->start > b->start + b->len || b->start > a->start + a->len);
		}
	}
}

/* a head is complete, has one line end a line, and says the right length */
static void check_head(const char *head, int len)
{
	int i;

	CHECK(len > 4 && !memcmp(head + len - 4, "\r\n\r\n", 4));
	for (i = 0; i < len; i++)
		CHECK((head[i] == '\n') == (i && head[i - 1] == '\r'));
	CHECK(memmem(head, len, "\r\n\r\n", 4) == head + len - 4);
}

static void check_response(const struct http_entity *e, const struct http_plan *plan,
			   uint64_t *seed)
{
	struct http_response r = { .date = DATE, .entity = e, .plan = plan };
	char buf[HTTP_RESPONSE_MAX], part[HTTP_PART_MAX], length[64];
	uint64_t sum = 0;
	char *small;
	unsigned int i;
	int len, n;

	r.status = plan->status;
	r.connection = fuzz_choose(seed, 3);
	r.flags = fuzz_choose(seed, 8);
	r.boundary = *seed;
	len = http_response_head(buf, sizeof(buf), &r);
	check_head(buf, len);
	n = fuzz_choose(seed, len);
	small = malloc(n ? n : 1);
	CHECK(http_response_head(small, n, &r) == -ENOSPC);
	free(small);
	if (plan->nr_ranges < 2)
		return;
	for (i = 0; i < plan->nr_ranges; i++) {
		n = http_multipart_head(part, sizeof(part), &r, i);
		check_head(part, n);
		sum += n + plan->range[i].len;
	}
	n = http_multipart_head(part, sizeof(part), &r, i);
	CHECK(n > 0);
	snprintf(length, sizeof(length), "\r\nContent-Length: %llu\r\n",
		 (unsigned long long)sum + n);
	CHECK(memmem(buf, len, length, strlen(length)));
}

static void make_entity(struct http_entity *e, uint64_t *seed)
{
	memset(e, 0, sizeof(*e));
	e->v.size = sizes[fuzz_choose(seed, 8)];
	e->v.has_mtime = fuzz_choose(seed, 4);
	e->v.mtime = 784111777;
	e->v.etag_weak = !fuzz_choose(seed, 4);
	e->coding = fuzz_choose(seed, HTTP_NR_CODINGS);
	e->flags = fuzz_choose(seed, 4);
	if (fuzz_choose(seed, 4)) {
		e->v.etag_len = 5;
		memcpy(e->v.etag, "\"abc\"", 5);
	}
	if (fuzz_choose(seed, 4))
		e->content_type = "text/plain";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char lead[] = "GET / HTTP/1.1\r\nHost: h\r\n", end[] = "\r\n\r\n";
	const struct http_limits lim = HTTP_DEFAULT_LIMITS;
	uint64_t seed = fuzz_seed(data, size);
	struct http_request req;
	struct http_entity e;
	struct http_plan plan;
	size_t len = sizeof(lead) - 1 + size + sizeof(end) - 1;
	char *in = fuzz_copy(data, size);

	make_entity(&e, &seed);
	http_parse_range(in, size, e.v.size, &plan);
	check_plan(&plan, e.v.size);
	check_response(&e, &plan, &seed);
	free(in);

	in = malloc(len);
	memcpy(in, lead, sizeof(lead) - 1);
	memcpy(in + sizeof(lead) - 1, data, size);
	memcpy(in + len - (sizeof(end) - 1), end, sizeof(end) - 1);
	http_request_init(&req);
	if (http_parse(&req, &lim, in, len) > 0) {
		int rc = http_evaluate(&req, in, &e.v, 784111777 + fuzz_choose(&seed, 4), &plan);

		CHECK(rc == plan.status && (http_is_conditional(&req) || rc == 200));
		check_plan(&plan, e.v.size);
		check_response(&e, &plan, &seed);
	}
	free(in);
	return 0;
}
