// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the body skipper.
 *
 * The first byte says how the body is framed: "c" chunked, a digit a Content-Length. The outcome
 * must not depend on how the bytes are cut, the bound must hold, and a decoder
 * that wants the whole body at once has to find the same end.
 */
#include "fuzz.h"
#include "http_body.h"

static int start(struct http_body *b, uint8_t kind, uint32_t max)
{
	struct http_limits lim = { .max_body_skip = max };
	struct http_request req;

	http_request_init(&req);
	req.chunked = kind == 'c';
	req.has_length = !req.chunked;
	req.content_length = kind % 64;
	return http_body_init(b, &req, &lim);
}

static int skip_in_pieces(struct http_body *b, const uint8_t *data, size_t size, uint64_t *seed,
			  size_t *used)
{
	uint32_t largest = 1 + fuzz_choose(seed, 16), n;
	bool exact = !fuzz_choose(seed, 8);
	int rc = 0;

	*used = 0;
	while (!rc && *used < size) {
		size_t piece = 1 + fuzz_choose(seed, largest);
		const char *next = (const char *)data + *used;
		char *copy = NULL;

		if (piece > size - *used)
			piece = size - *used;
		/* memory of exactly that size, but not always: it is slow */
		if (exact)
			copy = fuzz_copy(next, piece);
		rc = http_body_skip(b, copy ? copy : next, piece, &n);
		CHECK(n <= piece && (rc || n == piece));
		*used += n;
		free(copy);
	}
	return rc;
}

/*
 * The end of a chunked body that http_body_skip() accepted, found in a sloppy way:
 * sizes by strtoul(), lines by their line ends.
 */
static size_t sloppy_end(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t at = 0, n;

	memcpy(text, data, size);
	text[size] = 0;
	do {
		char *eol = memmem(text + at, size - at, "\r\n", 2);

		CHECK(eol);
		n = strtoul(text + at, NULL, 16);
		at = eol - text + 2;
		if (n)
			at += n + 2;
		CHECK(at <= size && !memcmp(text + at - 2, "\r\n", 2));
	} while (n);
	while (memcmp(text + at, "\r\n", 2)) {
		char *eol = memmem(text + at, size - at, "\r\n", 2);

		CHECK(eol);
		at = eol - text + 2;
	}
	free(text);
	return at + 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t seed = fuzz_seed(data, size);
	struct http_body whole, pieces;
	uint32_t used = 0, max;
	size_t pieces_used;
	char *copy;
	int rc;

	if (!size)
		return 0;
	max = fuzz_choose(&seed, 4) ? 65536 : fuzz_choose(&seed, 64);
	rc = start(&whole, data[0], max);
	CHECK(start(&pieces, data[0], max) == rc);
	if (rc)
		return 0;
	data++;
	size--;
	copy = fuzz_copy(data, size);
	rc = http_body_skip(&whole, copy, size, &used);
	free(copy);
	CHECK(used <= size && (rc || used == size));
	CHECK(rc < 0 || used <= max);
	CHECK(rc == 0 || rc == 1 || rc == -400 || rc == -413 || rc == -431);
	CHECK(skip_in_pieces(&pieces, data, size, &seed, &pieces_used) == rc);
	CHECK(pieces_used == used && !memcmp(&whole, &pieces, sizeof(whole)));
	if (rc == 1 && data[-1] == 'c')
		CHECK(sloppy_end(data, used) == used);
	return 0;
}
