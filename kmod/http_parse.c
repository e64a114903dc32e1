// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request head parser. See http_parse.h for the contract.
 *
 * A state machine that takes in bytes strictly in order, each state one small
 * function that consumes as much as it can:
 *
 *   START -> METHOD -> TARGET -> VERSION -> LINE_LF -> FIELD --CR--> END_LF
 *     |^                                                ^ |
 *     START_LF (empty lines)             VALUE_LF ------+ +-> NAME -> OWS -> VALUE -+
 *                                           ^--------------------------------------+
 *
 * What is judged, is judged when the byte arrives or when the line it belongs to
 * is complete, so the outcome cannot depend on how the bytes were cut up. A
 * state that runs out of bytes leaves its place in the request: pos (looked
 * at so far) and mark (where the current method, target, name or value began).
 */
#include "http_authority.h"
#include "http_chars.h"
#include "http_coding.h"
#include "http_parse.h"
#include "http_url.h"

enum state {
	S_START,	/* before the request-line, must stay 0: http_request_init() clears */
	S_START_LF,
	S_METHOD,
	S_TARGET,
	S_VERSION,
	S_LINE_LF,
	S_FIELD,
	S_NAME,
	S_OWS,
	S_VALUE,
	S_VALUE_LF,
	S_END_LF,
	S_DONE,
};

/* what a state function returns, if not a negative status */
enum step {
	NEXT,	/* go on with req->state */
	MORE,	/* out of bytes */
	DONE,	/* the head is complete */
};

/* header fields that mean something here */
enum field {
	F_OTHER,
	F_HOST,
	F_CONNECTION,
	F_CONTENT_LENGTH,
	F_TRANSFER_ENCODING,
	F_EXPECT,
	F_ACCEPT_ENCODING,
	F_RANGE,
	F_IF_RANGE,
	F_IF_MATCH,
	F_IF_NONE_MATCH,
	F_IF_MODIFIED_SINCE,
	F_IF_UNMODIFIED_SINCE,
	F_USER_AGENT,
	F_REFERER,
};

/* http_request.flags */
#define FL_HOST 0x01		/* a Host line was there */
#define FL_AUTHORITY 0x02	/* the target names the authority: Host does not count */
#define FL_CLOSE 0x04		/* Connection: close */
#define FL_KEEP_ALIVE 0x08	/* Connection: keep-alive */
#define FL_EXPECT_OTHER 0x10	/* an expectation that is not known */
#define FL_MISDIRECTED 0x20	/* absolute-form with a scheme other than http */
/* 0x40 is HTTP_FL_ACCEPT_ENC, http_coding.h */

/* http_request.te */
#define TE_SEEN 0x01
#define TE_CHUNKED 0x02		/* chunked was the last coding so far */
#define TE_UNKNOWN 0x04		/* a coding that is not known */
#define TE_BAD 0x08		/* something after chunked, or not a list of codings */

/**
 * struct scan - what one call of http_parse() works on
 * @req: the request
 * @lim: the limits
 * @buf: the bytes
 * @end: bytes that may be looked at, capped by the limit on the whole head
 */
struct scan {
	struct http_request *req;
	const struct http_limits *lim;
	const char *buf;
	u32 end;
};

static const char *const method_names[HTTP_NR_METHODS] = {
	[HTTP_GET] = "GET",	[HTTP_HEAD] = "HEAD",	  [HTTP_OPTIONS] = "OPTIONS",
	[HTTP_POST] = "POST",	[HTTP_PUT] = "PUT",	  [HTTP_DELETE] = "DELETE",
	[HTTP_PATCH] = "PATCH", [HTTP_TRACE] = "TRACE",	  [HTTP_CONNECT] = "CONNECT",
};

static void set_span(struct http_span *span, u32 off, u32 end)
{
	span->off = off;
	span->len = end - off;
}

/* ---- request-line ------------------------------------------------------- */

static int on_start(struct scan *s)
{
	struct http_request *req = s->req;

	if (req->pos == s->end)
		return MORE;
	req->start = req->pos;
	req->mark = req->pos;
	if (s->buf[req->pos] != '\r') {
		req->state = S_METHOD;
		return NEXT;
	}
	if (++req->empty_lines > HTTP_MAX_EMPTY_LINES)
		return -400;
	req->start = ++req->pos;
	req->state = S_START_LF;
	return NEXT;
}

static int expect_lf(struct scan *s, enum state next)
{
	struct http_request *req = s->req;

	if (req->pos == s->end)
		return MORE;
	if (s->buf[req->pos] != '\n')
		return -400;
	req->pos++;
	req->state = next;
	return NEXT;
}

static int on_start_lf(struct scan *s)
{
	int rc = expect_lf(s, S_START);

	s->req->start = s->req->pos;
	return rc;
}

static enum http_method find_method(const char *p, u32 len)
{
	unsigned int m;

	for (m = HTTP_GET; m < HTTP_NR_METHODS; m++)
		if (strlen(method_names[m]) == len && !memcmp(p, method_names[m], len))
			return m;
	return HTTP_UNKNOWN;
}

static void method_known(struct http_request *req, u32 end, enum http_method m)
{
	req->method = m;
	req->method_len = end - req->mark;
	req->pos = end + 1;
	req->mark = req->pos;
	req->state = S_TARGET;
}

static int on_method(struct scan *s)
{
	struct http_request *req = s->req;
	u32 p = req->pos;

	/* the one that nearly always comes, in one comparison */
	if (p == req->mark && s->end - p >= 4 && !memcmp(s->buf + p, "GET ", 4)) {
		method_known(req, p + 3, HTTP_GET);
		return NEXT;
	}
	while (p < s->end && http_is(s->buf[p], HTTP_C_TOKEN)) {
		p++;
		/* RFC 9112 3: longer than any implemented one */
		if (p - req->mark > HTTP_MAX_METHOD_LEN)
			return -501;
	}
	req->pos = p;
	if (p == s->end)
		return MORE;
	if (s->buf[p] != ' ' || p == req->mark)
		return -400;
	method_known(req, p, find_method(s->buf + req->mark, p - req->mark));
	return NEXT;
}

static int on_target(struct scan *s)
{
	struct http_request *req = s->req;
	const char *buf = s->buf;
	u32 limit = min_t(u32, s->lim->max_uri, HTTP_MAX_HEADER_LEN);
	u32 end = min_t(u32, s->end, req->mark + limit);
	u32 p = req->pos;

	for (;;) {
		while (p < end && http_is(buf[p], HTTP_C_TARGET))
			p++;
		if (p == end || buf[p] != '?')
			break;
		if (!req->query.off)
			req->query.off = p + 1;
		p++;
	}
	req->pos = p;
	if (p == s->end)
		return MORE;
	if (buf[p] != ' ')
		return p == end ? -414 : -400;
	if (p == req->mark)
		return -400;
	set_span(&req->target, req->mark, p);
	if (req->query.off)
		set_span(&req->query, req->query.off, p);
	req->pos = p + 1;
	req->mark = req->pos;
	req->state = S_VERSION;
	return NEXT;
}

/* scheme "://" authority path-abempty; p is at the beginning, end where the query begins */
static int absolute_form(struct http_request *req, const char *buf, u32 p, u32 end)
{
	u32 scheme = p, host;

	if (!http_is(buf[p], HTTP_C_ALPHA))
		return -400;
	while (p < end && (http_is(buf[p], HTTP_C_ALPHA | HTTP_C_DIGIT) || buf[p] == '+' ||
			   buf[p] == '-' || buf[p] == '.'))
		p++;
	if (end - p < 3 || memcmp(buf + p, "://", 3))
		return -400;
	if (p - scheme != 4 || !http_token_is(buf + scheme, "http", 4))
		req->flags |= FL_MISDIRECTED;
	host = p + 3;
	for (p = host; p < end && buf[p] != '/'; p++)
		;
	if (!http_valid_authority(buf + host, buf + p, false))
		return -400;
	set_span(&req->host, host, p);
	set_span(&req->path, p, end);
	req->flags |= FL_AUTHORITY;
	req->form = HTTP_ABSOLUTE_FORM;
	/* RFC 9112 3.2.4: how a proxy receives "OPTIONS *" for its origin */
	if (req->method == HTTP_OPTIONS && !req->path.len && !req->query.off)
		req->form = HTTP_ASTERISK_FORM;
	return 0;
}

/* The target is judged once the version is known: HTTP/2's preface has a right to its 505 */
static int judge_target(struct http_request *req, const char *buf)
{
	u32 p = req->target.off, end = p + req->target.len;
	u32 path_end = req->query.off ? req->query.off - 1u : end;

	if (req->method == HTTP_CONNECT) {
		if (!http_valid_authority(buf + p, buf + end, true))
			return -400;
		req->host = req->target;
		req->flags |= FL_AUTHORITY;
		req->form = HTTP_AUTHORITY_FORM;
		return 0;
	}
	if (buf[p] == '/') {
		req->form = HTTP_ORIGIN_FORM;
		set_span(&req->path, p, path_end);
		return 0;
	}
	if (buf[p] == '*') {
		req->form = HTTP_ASTERISK_FORM;
		return end - p == 1 && req->method == HTTP_OPTIONS ? 0 : -400;
	}
	return absolute_form(req, buf, p, path_end);
}

static int version_known(struct http_request *req, const char *buf, char major, char minor)
{
	int rc;

	if (major != '1')
		return -505;
	req->minor = minor != '0';
	rc = judge_target(req, buf);
	if (rc)
		return rc;
	req->state = S_LINE_LF;
	return NEXT;
}

static int on_version(struct scan *s)
{
	static const char form[] = "HTTP/9.9\r";
	struct http_request *req = s->req;
	const char *v = s->buf + req->mark;

	/* the usual ones in one comparison */
	if (req->pos == req->mark && s->end - req->pos >= sizeof(form) - 1 && v[8] == '\r' &&
	    !memcmp(v, "HTTP/1.", 7) && (v[7] == '1' || v[7] == '0')) {
		req->pos += sizeof(form) - 1;
		return version_known(req, s->buf, '1', v[7]);
	}
	while (req->pos < s->end) {
		u32 i = req->pos - req->mark;

		if (form[i] == '9' ? !http_is(v[i], HTTP_C_DIGIT) : v[i] != form[i])
			return -400;
		req->pos++;
		if (i == sizeof(form) - 2)
			return version_known(req, s->buf, v[5], v[7]);
	}
	return MORE;
}

/* ---- field values ------------------------------------------------------- */

static int on_host(struct http_request *req, const char *buf, const struct http_piece *v)
{
	/* RFC 9112 3.2: more than one line, or an invalid value, is 400 in any version */
	if (req->flags & FL_HOST || !http_valid_authority(v->p, v->end, false))
		return -400;
	req->flags |= FL_HOST;
	if (!(req->flags & FL_AUTHORITY))
		set_span(&req->host, v->p - buf, v->end - buf);
	return 0;
}

static void on_connection(struct http_request *req, struct http_piece v)
{
	struct http_piece item;

	while (http_list_next(&v, &item)) {
		if (http_piece_is(&item, "close"))
			req->flags |= FL_CLOSE;
		else if (http_piece_is(&item, "keep-alive"))
			req->flags |= FL_KEEP_ALIVE;
	}
}

static int on_content_length(struct http_request *req, const struct http_piece *v)
{
	const char *p;
	u64 n = 0;

	/* a second line is refused even when it says the same: someone upstream is confused */
	if (req->has_length || v->p == v->end)
		return -400;
	for (p = v->p; p < v->end; p++) {
		u32 digit = *p - '0';

		/* 10 * n + digit stays below 2^64 up to here; larger bodies do not exist */
		if (!http_is(*p, HTTP_C_DIGIT) || n > 1000000000000000000ULL)
			return -400;
		n = n * 10 + digit;
	}
	req->has_length = true;
	req->content_length = n;
	return 0;
}

/* One coding of Transfer-Encoding. Empty ones are refused: this list decides the framing. */
static u8 one_transfer_coding(u8 te, struct http_piece *item)
{
	struct http_piece name = { item->p, item->p };

	while (name.end < item->end && http_is(*name.end, HTTP_C_TOKEN))
		name.end++;
	if (te & TE_CHUNKED || name.p == name.end)
		return te | TE_BAD;
	if (!http_piece_is(&name, "chunked"))
		return te | TE_UNKNOWN;
	/* chunked has no parameters */
	return te | (name.end == item->end ? TE_CHUNKED : TE_BAD);
}

static void on_transfer_encoding(struct http_request *req, struct http_piece v)
{
	struct http_piece item;

	req->te |= TE_SEEN;
	while (http_list_next(&v, &item))
		req->te = one_transfer_coding(req->te, &item);
}

static void on_expect(struct http_request *req, struct http_piece v)
{
	struct http_piece item;

	while (http_list_next(&v, &item)) {
		if (http_piece_is(&item, "100-continue"))
			req->expect_100 = true;
		else if (item.p < item.end)
			req->flags |= FL_EXPECT_OTHER;
	}
}

/* remember where the first line's value is, and that there was another one */
static void keep_value(struct http_request *req, const char *buf, const struct http_piece *v,
		       struct http_span *span, u8 repeated)
{
	if (span->off)
		req->repeated |= repeated;
	else
		set_span(span, v->p - buf, v->end - buf);
}

/* The fields that are only remembered, for the evaluation of conditions and for the log */
static void remember_field(struct http_request *req, const char *buf, const struct http_piece *v)
{
	switch (req->field) {
	case F_RANGE:
		keep_value(req, buf, v, &req->range, HTTP_REP_RANGE);
		break;
	case F_IF_RANGE:
		keep_value(req, buf, v, &req->if_range, HTTP_REP_IF_RANGE);
		break;
	case F_IF_MATCH:
		keep_value(req, buf, v, &req->if_match, HTTP_REP_IF_MATCH);
		break;
	case F_IF_NONE_MATCH:
		keep_value(req, buf, v, &req->if_none_match, HTTP_REP_IF_NONE_MATCH);
		break;
	case F_IF_MODIFIED_SINCE:
		keep_value(req, buf, v, &req->if_modified_since, HTTP_REP_IF_MODIFIED_SINCE);
		break;
	case F_IF_UNMODIFIED_SINCE:
		keep_value(req, buf, v, &req->if_unmodified_since, HTTP_REP_IF_UNMODIFIED_SINCE);
		break;
	case F_USER_AGENT:
		keep_value(req, buf, v, &req->user_agent, 0);
		break;
	case F_REFERER:
		keep_value(req, buf, v, &req->referer, 0);
		break;
	}
}

/* A field line is complete: its value is buf[mark..value_end) */
static int field_known(struct http_request *req, const char *buf)
{
	struct http_piece v = { buf + req->mark, buf + req->value_end };

	while (v.end > v.p && http_is_ows(v.end[-1]))
		v.end--;
	switch (req->field) {
	case F_OTHER:
		return 0;
	case F_HOST:
		return on_host(req, buf, &v);
	case F_CONTENT_LENGTH:
		return on_content_length(req, &v);
	case F_CONNECTION:
		on_connection(req, v);
		return 0;
	case F_TRANSFER_ENCODING:
		on_transfer_encoding(req, v);
		return 0;
	case F_EXPECT:
		on_expect(req, v);
		return 0;
	case F_ACCEPT_ENCODING:
		http_accept_encoding(req, v);
		return 0;
	default:
		remember_field(req, buf, &v);
		return 0;
	}
}

/* ---- field lines -------------------------------------------------------- */

#define NAME_IS(word) http_token_is(p, word, sizeof(word) - 1)

/* length first, then at most two comparisons */
static enum field find_field(const char *p, u32 len)
{
	switch (len) {
	case 4:
		return NAME_IS("host") ? F_HOST : F_OTHER;
	case 5:
		return NAME_IS("range") ? F_RANGE : F_OTHER;
	case 6:
		return NAME_IS("expect") ? F_EXPECT : F_OTHER;
	case 7:
		return NAME_IS("referer") ? F_REFERER : F_OTHER;
	case 8:
		if (NAME_IS("if-match"))
			return F_IF_MATCH;
		return NAME_IS("if-range") ? F_IF_RANGE : F_OTHER;
	case 10:
		if (NAME_IS("connection"))
			return F_CONNECTION;
		return NAME_IS("user-agent") ? F_USER_AGENT : F_OTHER;
	case 13:
		return NAME_IS("if-none-match") ? F_IF_NONE_MATCH : F_OTHER;
	case 14:
		return NAME_IS("content-length") ? F_CONTENT_LENGTH : F_OTHER;
	case 15:
		return NAME_IS("accept-encoding") ? F_ACCEPT_ENCODING : F_OTHER;
	case 17:
		if (NAME_IS("if-modified-since"))
			return F_IF_MODIFIED_SINCE;
		return NAME_IS("transfer-encoding") ? F_TRANSFER_ENCODING : F_OTHER;
	case 19:
		return NAME_IS("if-unmodified-since") ? F_IF_UNMODIFIED_SINCE : F_OTHER;
	}
	return F_OTHER;
}

static int on_field(struct scan *s)
{
	struct http_request *req = s->req;

	if (req->pos == s->end)
		return MORE;
	req->mark = req->pos;
	if (s->buf[req->pos] == '\r') {
		req->pos++;
		req->state = S_END_LF;
		return NEXT;
	}
	if (req->nr_headers >= s->lim->max_headers)
		return -431;
	req->nr_headers++;
	req->state = S_NAME;
	return NEXT;
}

/* A space here is an obs-fold, or white space before the colon: not a token character, refused */
static int on_name(struct scan *s)
{
	struct http_request *req = s->req;
	const char *buf = s->buf;
	u32 p = req->pos;

	while (p < s->end && http_is(buf[p], HTTP_C_TOKEN))
		p++;
	req->pos = p;
	if (p == s->end)
		return MORE;
	if (buf[p] != ':' || p == req->mark)
		return -400;
	req->field = find_field(buf + req->mark, p - req->mark);
	req->pos = p + 1;
	req->state = S_OWS;
	return NEXT;
}

static int on_ows(struct scan *s)
{
	struct http_request *req = s->req;
	u32 p = req->pos;

	while (p < s->end && http_is_ows(s->buf[p]))
		p++;
	req->pos = p;
	if (p == s->end)
		return MORE;
	req->mark = p;
	req->state = S_VALUE;
	return NEXT;
}

/*
 * The first byte at or after p that may not stand in a field value, eight bytes at a time.
 * A lane's top bit gets set when the byte is below 0x20 or is 0x7f; borrows can only disturb
 * lanes above the first true one. A tab sets it as well and is looked at singly.
 */
static u32 skip_value(const char *buf, u32 p, u32 end)
{
	const u64 ones = 0x0101010101010101ULL;

	while (HTTP_LITTLE_ENDIAN && end - p >= 8) {
		u64 x = http_load64(buf + p);
		u64 bad = ((x - ones * 0x20) | ((x ^ ones * 0x7f) - ones)) & ~x & ones * 0x80;

		if (!bad) {
			p += 8;
			continue;
		}
		p += __builtin_ctzll(bad) >> 3;
		if (buf[p] != '\t')
			return p;
		p++;
	}
	while (p < end && http_is(buf[p], HTTP_C_VALUE))
		p++;
	return p;
}

static int on_value(struct scan *s)
{
	struct http_request *req = s->req;
	u32 p = skip_value(s->buf, req->pos, s->end);

	req->pos = p;
	if (p == s->end)
		return MORE;
	if (s->buf[p] != '\r')
		return -400;
	req->value_end = p;
	req->pos = p + 1;
	req->state = S_VALUE_LF;
	return NEXT;
}

static int on_value_lf(struct scan *s)
{
	int rc = expect_lf(s, S_FIELD);

	return rc ? rc : field_known(s->req, s->buf);
}

/* ---- the end of the head ------------------------------------------------ */

/* Message body length, RFC 9112 6.3: what is in doubt ends the connection */
static int judge_framing(struct http_request *req)
{
	if (!(req->te & TE_SEEN))
		return 0;
	if (!req->minor || req->has_length || req->te & TE_BAD || !(req->te & TE_CHUNKED))
		return -400;
	if (req->te & TE_UNKNOWN)
		return -501;
	req->chunked = true;
	return 0;
}

static u16 judge_request(const struct http_request *req)
{
	if (req->method == HTTP_UNKNOWN)
		return HTTP_STATUS_NOT_IMPLEMENTED;
	if (req->method > HTTP_OPTIONS)
		return HTTP_STATUS_METHOD_NOT_ALLOWED;
	if (req->flags & FL_MISDIRECTED)
		return HTTP_STATUS_MISDIRECTED_REQUEST;
	if (req->flags & FL_EXPECT_OTHER)
		return HTTP_STATUS_EXPECTATION_FAILED;
	return 0;
}

static bool judge_persistence(const struct http_request *req)
{
	bool body = req->chunked || req->content_length;

	if (req->flags & FL_CLOSE || req->method == HTTP_CONNECT || (req->expect_100 && body))
		return false;
	return req->minor || req->flags & FL_KEEP_ALIVE;
}

static int on_end_lf(struct scan *s)
{
	struct http_request *req = s->req;
	int rc = expect_lf(s, S_DONE);

	if (rc)
		return rc;
	if (req->minor && !(req->flags & FL_HOST))
		return -400;
	rc = judge_framing(req);
	if (rc)
		return rc;
	/* RFC 9110 10.1.1: HTTP/1.0 knows no expectations */
	if (!req->minor) {
		req->expect_100 = false;
		req->flags &= ~FL_EXPECT_OTHER;
	}
	req->status = judge_request(req);
	req->keep_alive = judge_persistence(req);
	req->head_len = req->pos;
	return DONE;
}

/* A field line from wherever the last call's bytes ended; nearly always all of it at once */
static __always_inline int field_line(struct scan *s)
{
	int rc;

	switch (s->req->state) {
	case S_FIELD:
		rc = on_field(s);
		if (rc || s->req->state != S_NAME)
			return rc;
		fallthrough;
	case S_NAME:
		rc = on_name(s);
		if (rc)
			return rc;
		fallthrough;
	case S_OWS:
		rc = on_ows(s);
		if (rc)
			return rc;
		fallthrough;
	case S_VALUE:
		rc = on_value(s);
		if (rc)
			return rc;
		fallthrough;
	default: /* S_VALUE_LF */
		return on_value_lf(s);
	}
}

static __always_inline int step(struct scan *s)
{
	switch (s->req->state) {
	case S_START:
		return on_start(s);
	case S_START_LF:
		return on_start_lf(s);
	case S_METHOD:
		return on_method(s);
	case S_TARGET:
		return on_target(s);
	case S_VERSION:
		return on_version(s);
	case S_LINE_LF:
		return expect_lf(s, S_FIELD);
	case S_END_LF:
		return on_end_lf(s);
	case S_DONE:
		return -400;
	default:
		return field_line(s);
	}
}

int http_parse(struct http_request *req, const struct http_limits *lim, const char *buf, u32 len)
{
	u32 cap = min_t(u32, lim->max_header_len, HTTP_MAX_HEADER_LEN);
	struct scan s = { .req = req, .lim = lim, .buf = buf, .end = min_t(u32, len, cap) };
	int rc;

	do
		rc = step(&s);
	while (rc == NEXT);

	if (rc == DONE)
		return req->head_len;
	if (rc == MORE) {
		if (s.end < cap)
			return 0;
		rc = req->state <= S_LINE_LF ? -414 : -431;
	}
	req->status = -rc;
	req->keep_alive = false;
	return rc;
}

/* ---- questions about a complete request --------------------------------- */

int http_request_path(const struct http_request *req, const char *buf, char *out, u32 size)
{
	if (req->form > HTTP_ABSOLUTE_FORM)
		return -400;
	return http_path_normalize(buf + req->path.off, req->path.len, out, size);
}

/* one complete, valid field line that begins at p: where its value is */
static struct http_piece line_value(const char *p, const char *end)
{
	struct http_piece v;

	v.p = p;
	while (*v.p != ':')
		v.p++;
	v.p++;
	for (v.end = v.p; v.end < end && *v.end != '\r'; v.end++)
		;
	http_trim(&v);
	return v;
}

bool http_next_line_of(const struct http_request *req, const char *buf, const char *name,
		       struct http_span *span)
{
	const char *p = buf + span->off + span->len, *end = buf + req->head_len - 2;
	u32 len = strlen(name);

	for (;;) {
		while (p < end && *p != '\n')
			p++;
		if (p++ >= end || p >= end)
			return false;
		if (end - p > len && p[len] == ':' && http_token_is(p, name, len)) {
			struct http_piece v = line_value(p, end);

			set_span(span, v.p - buf, v.end - buf);
			return true;
		}
	}
}
