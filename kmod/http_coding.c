// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content codings: what Accept-Encoding says of them, and the choice (RFC 9110 12.5.3).
 *
 * Context: any; pure functions of their arguments.
 */
#include "http_chars.h"
#include "http_coding.h"

/*
 * weight of RFC 9110 12.4.2: OWS ";" OWS "q=" qvalue; p is after the coding's name.
 * Return: 0 to 1000, or -1 when it is malformed.
 */
static int parse_weight(const char *p, const char *end)
{
	int q, unit;

	while (p < end && http_is_ows(*p))
		p++;
	if (p == end)
		return 1000;
	if (*p++ != ';')
		return -1;
	while (p < end && http_is_ows(*p))
		p++;
	if (end - p < 3 || (*p | 0x20) != 'q' || p[1] != '=' || (p[2] != '0' && p[2] != '1'))
		return -1;
	q = (p[2] - '0') * 1000;
	p += 3;
	if (p == end)
		return q;
	if (*p++ != '.')
		return -1;
	for (unit = 100; p < end; unit /= 10, p++) {
		if (!unit || !http_is(*p, HTTP_C_DIGIT))
			return -1;
		q += (*p - '0') * unit;
	}
	return q <= 1000 ? q : -1;
}

static u16 *coding_slot(struct http_request *req, const struct http_piece *name)
{
	switch (http_piece_len(name)) {
	case 1:
		return *name->p == '*' ? &req->any_q : NULL;
	case 2:
		return http_piece_is(name, "br") ? &req->coding_q[HTTP_CODING_BR] : NULL;
	case 4:
		if (http_piece_is(name, "gzip"))
			return &req->coding_q[HTTP_CODING_GZIP];
		return http_piece_is(name, "zstd") ? &req->coding_q[HTTP_CODING_ZSTD] : NULL;
	case 6:
		return http_piece_is(name, "x-gzip") ? &req->coding_q[HTTP_CODING_GZIP] : NULL;
	case 8:
		return http_piece_is(name, "identity") ? &req->coding_q[HTTP_CODING_IDENTITY] :
							 NULL;
	}
	return NULL;
}

void http_accept_encoding(struct http_request *req, struct http_piece v)
{
	struct http_piece item;

	req->flags |= HTTP_FL_ACCEPT_ENC;
	while (http_list_next(&v, &item)) {
		struct http_piece name = { item.p, item.p };
		u16 *slot;
		int q;

		while (name.end < item.end && http_is(*name.end, HTTP_C_TOKEN))
			name.end++;
		slot = coding_slot(req, &name);
		if (!slot)
			continue;
		q = parse_weight(name.end, item.end);
		if (q >= 0)
			*slot = q + 1;
	}
}

/* The client's quality of a coding plus 1; 0 when neither it nor "*" was mentioned */
static u32 stated_quality(const struct http_request *req, unsigned int coding)
{
	return req->coding_q[coding] ? req->coding_q[coding] : req->any_q;
}

/* The same, after the defaults: identity is always acceptable but wanted least, others are not */
static u32 quality(const struct http_request *req, unsigned int coding)
{
	u32 q = stated_quality(req, coding);

	if (q)
		return (q - 1) * 2;
	return coding == HTTP_CODING_IDENTITY;
}

u32 http_accepts_coding(const struct http_request *req)
{
	u32 mask = 0;
	unsigned int i;

	if (!(req->flags & HTTP_FL_ACCEPT_ENC))
		return 1 << HTTP_CODING_IDENTITY;
	for (i = 0; i < HTTP_NR_CODINGS; i++)
		if (quality(req, i))
			mask |= 1 << i;
	return mask;
}

int http_choose_coding(const struct http_request *req, u32 available)
{
	int best = -HTTP_STATUS_NOT_ACCEPTABLE;
	unsigned int i;
	u32 best_q = 0;

	if (!(req->flags & HTTP_FL_ACCEPT_ENC) && available & 1 << HTTP_CODING_IDENTITY)
		return HTTP_CODING_IDENTITY;
	available &= http_accepts_coding(req);
	for (i = 0; i < HTTP_NR_CODINGS; i++) {
		u32 q = quality(req, i);

		if (available & 1 << i && q > best_q) {
			best_q = q;
			best = i;
		}
	}
	return best;
}

unsigned int http_coding_order(const struct http_request *req, u32 available,
			       u8 order[HTTP_NR_CODINGS])
{
	unsigned int n = 0;
	int best;

	for (;;) {
		best = http_choose_coding(req, available);
		if (best < 0)
			return n;
		order[n++] = best;
		available &= ~(1U << best);
	}
}
