// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preconditions and ranges. See http_cond.h for the contract.
 *
 * The order of evaluation is that of RFC 9110 13.2.2: If-Match or else
 * If-Unmodified-Since, then If-None-Match or else If-Modified-Since, then
 * If-Range and Range. A date that is not valid makes its condition disappear; a
 * list of entity tags that breaks off matches what came before the break.
 */
#include "http_chars.h"
#include "http_cond.h"
#include "http_date.h"

/* Last-Modified counts as a strong validator when it is older than this (RFC 9110 8.8.2.2) */
#define STRONG_DATE_AGE 2

static struct http_piece piece_of(const char *buf, const struct http_span *span)
{
	struct http_piece s = { buf + span->off, buf + span->off + span->len };

	return s;
}

/* ---- entity tags -------------------------------------------------------- */

/* etagc of RFC 9110 8.8.3: visible characters but the quote, and obs-text */
static bool is_etag_char(char c)
{
	return http_is(c, HTTP_C_VALUE) && c != '"' && !http_is_ows(c);
}

/*
 * Take an entity tag off the front of in.
 * Return: false when there is none; else tag is the opaque tag with its quotes.
 */
static bool take_tag(struct http_piece *in, struct http_piece *tag, bool *weak)
{
	const char *p = in->p;

	*weak = in->end - p >= 2 && p[0] == 'W' && p[1] == '/';
	if (*weak)
		p += 2;
	if (p == in->end || *p != '"')
		return false;
	tag->p = p++;
	while (p < in->end && is_etag_char(*p))
		p++;
	if (p == in->end || *p != '"')
		return false;
	tag->end = p + 1;
	in->p = tag->end;
	return true;
}

static bool same_tag(const struct http_validators *v, const struct http_piece *tag)
{
	return v->etag_len && http_piece_len(tag) == v->etag_len &&
	       !memcmp(tag->p, v->etag, v->etag_len);
}

static bool tag_in_line(struct http_piece in, const struct http_validators *v, bool strong)
{
	struct http_piece tag;
	bool weak;

	for (;;) {
		while (in.p < in.end && (http_is_ows(*in.p) || *in.p == ','))
			in.p++;
		if (!take_tag(&in, &tag, &weak))
			return false;
		if (same_tag(v, &tag) && !(strong && (weak || v->etag_weak)))
			return true;
		while (in.p < in.end && http_is_ows(*in.p))
			in.p++;
		if (in.p == in.end || *in.p != ',')
			return false;
	}
}

/*
 * Does If-Match or If-None-Match, all lines of it, name the file's tag? "*"
 * names any: the file exists, or nobody would ask.
 */
static bool tag_listed(const struct http_request *req, const char *buf, struct http_span span,
		       const char *name, const struct http_validators *v, bool strong)
{
	do {
		struct http_piece in = piece_of(buf, &span);

		if (http_piece_len(&in) == 1 && *in.p == '*')
			return true;
		if (tag_in_line(in, v, strong))
			return true;
	} while (http_next_line_of(req, buf, name, &span));
	return false;
}

/* ---- preconditions ------------------------------------------------------ */

/* A field holds a usable date: present once, valid, and there is a time to compare it with */
static bool usable_date(const struct http_request *req, const char *buf,
			const struct http_span *span, u8 repeated, const struct http_validators *v,
			time64_t now, time64_t *date)
{
	return span->off && !(req->repeated & repeated) && v->has_mtime &&
	       !http_date_parse(buf + span->off, span->len, now, date);
}

/* RFC 9110 13.2.2 steps 1 to 4. Return: 200 to go on, else 304 or 412. */
static int preconditions(const struct http_request *req, const char *buf,
			 const struct http_validators *v, time64_t now)
{
	time64_t date;

	if (req->if_match.off) {
		if (!tag_listed(req, buf, req->if_match, "if-match", v, true))
			return HTTP_STATUS_PRECONDITION_FAILED;
	} else if (usable_date(req, buf, &req->if_unmodified_since, HTTP_REP_IF_UNMODIFIED_SINCE, v,
			       now, &date)) {
		if (v->mtime > date)
			return HTTP_STATUS_PRECONDITION_FAILED;
	}
	if (req->if_none_match.off) {
		if (tag_listed(req, buf, req->if_none_match, "if-none-match", v, false))
			return HTTP_STATUS_NOT_MODIFIED;
	} else if (usable_date(req, buf, &req->if_modified_since, HTTP_REP_IF_MODIFIED_SINCE, v,
			       now, &date)) {
		if (v->mtime <= date)
			return HTTP_STATUS_NOT_MODIFIED;
	}
	return HTTP_STATUS_OK;
}

/* RFC 9110 13.1.5: strong comparison only; without the field the Range counts */
static bool if_range_holds(const struct http_request *req, const char *buf,
			   const struct http_validators *v, time64_t now)
{
	struct http_piece in = piece_of(buf, &req->if_range), tag;
	time64_t date;
	bool weak;

	if (!req->if_range.off)
		return true;
	if (req->repeated & HTTP_REP_IF_RANGE)
		return false;
	if (take_tag(&in, &tag, &weak))
		return in.p == in.end && !weak && !v->etag_weak && same_tag(v, &tag);
	return usable_date(req, buf, &req->if_range, HTTP_REP_IF_RANGE, v, now, &date) &&
	       date == v->mtime && now >= date && now - date >= STRONG_DATE_AGE;
}

/* ---- ranges ------------------------------------------------------------- */

/* digits at in->p; no file is longer than S64_MAX, so larger numbers stay there. False if none */
static bool take_number(struct http_piece *in, u64 *n)
{
	const char *s = in->p;

	*n = 0;
	for (; in->p < in->end && http_is(*in->p, HTTP_C_DIGIT); in->p++) {
		u32 digit = *in->p - '0';

		if (*n > S64_MAX / 10 || (*n == S64_MAX / 10 && digit > S64_MAX % 10))
			*n = S64_MAX;
		else
			*n = *n * 10 + digit;
	}
	return in->p > s;
}

/*
 * One range-spec as bytes first..last, not yet cut to the file.
 * Return: 1 satisfiable, 0 not, -1 malformed.
 */
static int parse_spec(struct http_piece in, u64 size, u64 *first, u64 *last)
{
	u64 n;

	if (*in.p == '-') {
		in.p++;
		if (!take_number(&in, &n) || in.p < in.end)
			return -1;
		*first = n < size ? size - n : 0;
		*last = size - 1;
		return n && size;
	}
	if (!take_number(&in, first) || in.p == in.end || *in.p++ != '-')
		return -1;
	*last = S64_MAX;
	if (in.p < in.end && (!take_number(&in, last) || in.p < in.end || *last < *first))
		return -1;
	if (*first >= size)
		return 0;
	*last = min(*last, size - 1);
	return 1;
}

/* do two ranges overlap or adjoin? */
static bool touch(const struct http_range *a, const struct http_range *b)
{
	return a->start <= b->start + b->len && b->start <= a->start + a->len;
}

static void join(struct http_range *a, const struct http_range *b)
{
	u64 end = max(a->start + a->len, b->start + b->len);

	a->start = min(a->start, b->start);
	a->len = end - a->start;
}

/*
 * Add a range, joining it with all it touches in the place of the first of
 * them: no byte is ever sent twice. The ones there do not touch each other, so
 * a joined range touches none of those that were passed already.
 */
static void add_range(struct http_plan *plan, u64 first, u64 last)
{
	struct http_range r = { first, last - first + 1 };
	unsigned int i, place = plan->nr_ranges;

	for (i = 0; i < plan->nr_ranges;) {
		struct http_range *other = &plan->range[i];

		if (!touch(other, &r)) {
			i++;
			continue;
		}
		join(&r, other);
		place = min(place, i);
		plan->nr_ranges--;
		memmove(other, other + 1, (plan->nr_ranges - i) * sizeof(*other));
	}
	place = min_t(unsigned int, place, plan->nr_ranges);
	memmove(&plan->range[place + 1], &plan->range[place],
		(plan->nr_ranges - place) * sizeof(r));
	plan->range[place] = r;
	plan->nr_ranges++;
}

static int planned(struct http_plan *plan, int status)
{
	if (status != HTTP_STATUS_PARTIAL_CONTENT)
		plan->nr_ranges = 0;
	plan->status = status;
	return status;
}

int http_parse_range(const char *s, u32 len, u64 size, struct http_plan *plan)
{
	struct http_piece list = { s + 6, s + len }, item;
	unsigned int specs = 0;
	bool empty_suffix = false;

	plan->nr_ranges = 0;
	if (len < 6 || !http_token_is(s, "bytes", 5) || s[5] != '=')
		return planned(plan, HTTP_STATUS_OK);
	while (http_list_next(&list, &item)) {
		u64 first, last;
		int rc;

		if (item.p == item.end)
			continue;
		rc = parse_spec(item, size, &first, &last);
		if (rc < 0 || ++specs > HTTP_MAX_RANGES)
			return planned(plan, HTTP_STATUS_OK);
		if (rc)
			add_range(plan, first, last);
		/* "-5" of an empty file is satisfiable, but no Content-Range could say so */
		empty_suffix |= !rc && !size && *item.p == '-';
	}
	if (!specs || (empty_suffix && !plan->nr_ranges))
		return planned(plan, HTTP_STATUS_OK);
	return planned(plan, plan->nr_ranges ? HTTP_STATUS_PARTIAL_CONTENT :
					       HTTP_STATUS_RANGE_NOT_SATISFIABLE);
}

int http_evaluate(const struct http_request *req, const char *buf, const struct http_validators *v,
		  time64_t now, struct http_plan *plan)
{
	int rc;

	plan->nr_ranges = 0;
	if (req->method != HTTP_GET && req->method != HTTP_HEAD)
		return planned(plan, HTTP_STATUS_OK);
	rc = preconditions(req, buf, v, now);
	if (rc != HTTP_STATUS_OK)
		return planned(plan, rc);
	if (req->method != HTTP_GET || !req->range.off || req->repeated & HTTP_REP_RANGE ||
	    !if_range_holds(req, buf, v, now))
		return planned(plan, HTTP_STATUS_OK);
	return http_parse_range(buf + req->range.off, req->range.len, v->size, plan);
}
