// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preconditions (RFC 9110 13) and ranges (14).
 *
 * The fields of a case are parsed by the real parser behind a request-line and Host.
 * The file is 1000 bytes long, was modified on Sun, 06 Nov 1994 08:49:37 GMT and
 * has the strong tag "abc", unless the case says otherwise. The want is the
 * status, for 206 followed by the ranges as start+length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_cond.h"
#include "http_date.h"
#include "tap.h"

#define NL "\r\n"
#define MTIME 784111777
#define AT "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"
#define R "Range: bytes="

/* kinds of file */
enum { STRONG, WEAK, NO_TAG, NO_TIME, NOTHING, EMPTY, FRESH };

struct cond_case {
	const char *name;
	const char *rfc;
	int kind;
	const char *method;
	const char *fields;
	const char *want;
};

#define GET(name, rfc, fields, want) { name, rfc, STRONG, "GET", fields, want }
#define FILE_IS(kind, name, rfc, fields, want) { name, rfc, kind, "GET", fields, want }
#define METHOD(method, name, rfc, fields, want) { name, rfc, STRONG, method, fields, want }

static const struct cond_case cases[] = {
	GET("no condition", "13.2", "", "200"),

	/* If-Match */
	GET("If-Match, same tag", "13.1.1", "If-Match: \"abc\"" NL, "200"),
	GET("If-Match, other tag", "13.1.1", "If-Match: \"abd\"" NL, "412"),
	GET("If-Match, list", "13.1.1", "If-Match: \"x\", \"abc\" , \"y\"" NL, "200"),
	GET("If-Match, list without it", "13.1.1", "If-Match: \"x\", \"y\"" NL, "412"),
	GET("If-Match, weak in the field", "13.1.1", "If-Match: W/\"abc\"" NL, "412"),
	FILE_IS(WEAK, "If-Match, weak file", "13.1.1", "If-Match: \"abc\"" NL, "412"),
	FILE_IS(WEAK, "If-Match, both weak", "8.8.3.2", "If-Match: W/\"abc\"" NL, "412"),
	GET("If-Match: *", "13.1.1", "If-Match: *" NL, "200"),
	FILE_IS(NOTHING, "If-Match: * without a tag", "13.1.1", "If-Match: *" NL, "200"),
	FILE_IS(NO_TAG, "If-Match without a tag", "13.1.1", "If-Match: \"abc\"" NL, "412"),
	GET("If-Match, two lines", "5.3", "If-Match: \"x\"" NL "If-Match: \"abc\"" NL, "200"),
	GET("If-Match, two lines without it", "5.3", "If-Match: \"x\"" NL "If-Match: \"y\"" NL, "412"),
	GET("If-Match without quotes", "8.8.3", "If-Match: abc" NL, "412"),
	GET("If-Match, open quote", "8.8.3", "If-Match: \"abc" NL, "412"),
	GET("If-Match, empty", "13.1.1", "If-Match:" NL, "412"),
	GET("If-Match, w/ in lower case", "8.8.3", "If-None-Match: w/\"abc\"" NL, "200"),
	METHOD("HEAD", "If-Match with HEAD", "13.1.1", "If-Match: \"x\"" NL, "412"),

	/* If-Unmodified-Since */
	GET("If-Unmodified-Since, same time", "13.1.4", "If-Unmodified-Since: " AT NL, "200"),
	GET("If-Unmodified-Since, before", "13.1.4", "If-Unmodified-Since: " BEFORE NL, "412"),
	GET("If-Unmodified-Since, after", "13.1.4", "If-Unmodified-Since: " AFTER NL, "200"),
	GET("If-Unmodified-Since, no date", "13.1.4", "If-Unmodified-Since: yesterday" NL, "200"),
	GET("If-Unmodified-Since twice", "13.1.4", "If-Unmodified-Since: " BEFORE NL "If-Unmodified-Since: " BEFORE NL, "200"),
	FILE_IS(NO_TIME, "If-Unmodified-Since without a time", "13.1.4", "If-Unmodified-Since: " BEFORE NL, "200"),
	GET("If-Match puts If-Unmodified-Since aside", "13.2.2", "If-Match: \"abc\"" NL "If-Unmodified-Since: " BEFORE NL, "200"),
	GET("If-Match fails before If-Unmodified-Since", "13.2.2", "If-Match: \"x\"" NL "If-Unmodified-Since: " AFTER NL, "412"),

	/* If-None-Match */
	GET("If-None-Match, same tag", "13.1.2", "If-None-Match: \"abc\"" NL, "304"),
	GET("If-None-Match, other tag", "13.1.2", "If-None-Match: \"abd\"" NL, "200"),
	GET("If-None-Match, longer tag", "13.1.2", "If-None-Match: \"abcd\"" NL, "200"),
	GET("If-None-Match, list", "13.1.2", "If-None-Match: \"x\",\"abc\"" NL, "304"),
	GET("If-None-Match, list with empty elements", "5.6.1", "If-None-Match: , ,\"x\",,\"abc\",," NL, "304"),
	GET("If-None-Match, comma within a tag", "8.8.3", "If-None-Match: \"x,\", \"abc\"" NL, "304"),
	GET("If-None-Match, the tag within another", "8.8.3", "If-None-Match: \"x,\"abc\"" NL, "200"),
	GET("If-None-Match, weak in the field", "13.1.2", "If-None-Match: W/\"abc\"" NL, "304"),
	FILE_IS(WEAK, "If-None-Match, weak file", "13.1.2", "If-None-Match: \"abc\"" NL, "304"),
	FILE_IS(WEAK, "If-None-Match, both weak", "13.1.2", "If-None-Match: W/\"abc\"" NL, "304"),
	GET("If-None-Match: *", "13.1.2", "If-None-Match: *" NL, "304"),
	GET("If-None-Match, * in a list is no star", "13.1.2", "If-None-Match: \"x\", *" NL, "200"),
	GET("If-None-Match, two lines", "5.3", "If-None-Match: \"x\"" NL "If-None-Match: \"abc\"" NL, "304"),
	FILE_IS(NO_TAG, "If-None-Match without a tag", "13.1.2", "If-None-Match: \"abc\"" NL, "200"),
	FILE_IS(NO_TAG, "If-None-Match, empty tag without a tag", "13.1.2", "If-None-Match: \"\"" NL, "200"),
	GET("If-None-Match, garbage after a match", "8.8.3", "If-None-Match: \"abc\" x" NL, "304"),
	GET("If-None-Match, garbage before", "8.8.3", "If-None-Match: x, \"abc\"" NL, "200"),
	GET("If-None-Match, space within a tag", "8.8.3", "If-None-Match: \"x y\", \"abc\"" NL, "200"),
	METHOD("HEAD", "If-None-Match with HEAD", "13.1.2", "If-None-Match: \"abc\"" NL, "304"),
	METHOD("OPTIONS", "conditions with OPTIONS", "13.2.1", "If-None-Match: *" NL "If-Match: \"x\"" NL, "200"),

	/* If-Modified-Since */
	GET("If-Modified-Since, same time", "13.1.3", "If-Modified-Since: " AT NL, "304"),
	GET("If-Modified-Since, after", "13.1.3", "If-Modified-Since: " AFTER NL, "304"),
	GET("If-Modified-Since, before", "13.1.3", "If-Modified-Since: " BEFORE NL, "200"),
	GET("If-Modified-Since, RFC 850 form", "5.6.7", "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT" NL, "304"),
	GET("If-Modified-Since, asctime form", "5.6.7", "If-Modified-Since: Sun Nov  6 08:49:37 1994" NL, "304"),
	GET("If-Modified-Since, no date", "13.1.3", "If-Modified-Since: 784111777" NL, "200"),
	GET("If-Modified-Since, date and more", "13.1.3", "If-Modified-Since: " AT "; length=5" NL, "200"),
	GET("If-Modified-Since twice", "13.1.3", "If-Modified-Since: " AT NL "If-Modified-Since: " AT NL, "200"),
	FILE_IS(NO_TIME, "If-Modified-Since without a time", "13.1.3", "If-Modified-Since: " AFTER NL, "200"),
	METHOD("HEAD", "If-Modified-Since with HEAD", "13.1.3", "If-Modified-Since: " AT NL, "304"),
	GET("If-None-Match puts If-Modified-Since aside", "13.1.3", "If-None-Match: \"x\"" NL "If-Modified-Since: " AT NL, "200"),
	GET("If-None-Match matches, modified", "13.2.2", "If-None-Match: \"abc\"" NL "If-Modified-Since: " BEFORE NL, "304"),
	GET("If-Match holds, If-None-Match too", "13.2.2", "If-Match: \"abc\"" NL "If-None-Match: \"abc\"" NL, "304"),
	GET("If-Match fails, If-None-Match holds", "13.2.2", "If-Match: \"x\"" NL "If-None-Match: \"abc\"" NL, "412"),
	GET("unmodified since and modified since", "13.2.2", "If-Unmodified-Since: " AT NL "If-Modified-Since: " AT NL, "304"),

	/* one range */
	GET("first bytes", "14.1.2", R "0-99" NL, "206 0+100"),
	GET("one byte", "14.1.2", R "0-0" NL, "206 0+1"),
	GET("last byte", "14.1.2", R "999-999" NL, "206 999+1"),
	GET("open end", "14.1.2", R "500-" NL, "206 500+500"),
	GET("the whole file", "14.1.2", R "0-" NL, "206 0+1000"),
	GET("end beyond the file", "14.1.2", R "900-5000" NL, "206 900+100"),
	GET("suffix", "14.1.2", R "-100" NL, "206 900+100"),
	GET("suffix of one byte", "14.1.2", R "-1" NL, "206 999+1"),
	GET("suffix as long as the file", "14.1.2", R "-1000" NL, "206 0+1000"),
	GET("suffix longer than the file", "14.1.2", R "-5000" NL, "206 0+1000"),
	GET("suffix of 0", "14.1.2", R "-0" NL, "416"),
	GET("start at the end", "15.5.17", R "1000-" NL, "416"),
	GET("start beyond the end", "15.5.17", R "5000-6000" NL, "416"),
	GET("huge numbers", "14.1.2", R "0-99999999999999999999999" NL, "206 0+1000"),
	GET("huge start", "14.1.2", R "99999999999999999999999-" NL, "416"),
	GET("huge suffix", "14.1.2", R "-99999999999999999999999" NL, "206 0+1000"),
	GET("2^64", "14.1.2", R "18446744073709551616-18446744073709551617" NL, "416"),
	GET("leading zeros", "14.1.2", R "000-0009" NL, "206 0+10"),
	GET("unit in capitals", "14.1", "Range: BYTES=0-9" NL, "206 0+10"),
	GET("last before first", "14.1.1", R "9-5" NL, "200"),
	GET("last before first, beyond the end", "14.1.1", R "2000-1500" NL, "200"),
	GET("another unit", "14.2", "Range: lines=0-9" NL, "200"),
	GET("no unit", "14.2", "Range: 0-9" NL, "200"),
	GET("no ranges", "14.1.1", "Range: bytes=" NL, "200"),
	GET("empty elements alone", "14.1.1", "Range: bytes=, ," NL, "200"),
	GET("a hyphen alone", "14.1.1", R "-" NL, "200"),
	GET("a number alone", "14.1.1", R "5" NL, "200"),
	GET("letters", "14.1.1", R "a-b" NL, "200"),
	GET("negative numbers", "14.1.1", R "-5-9" NL, "200"),
	GET("space around the hyphen", "14.1.1", R "0 - 9" NL, "200"),
	GET("space before the equals sign", "14.1.1", "Range: bytes =0-9" NL, "200"),
	GET("space after the equals sign", "5.6.1", "Range: bytes= 0-9" NL, "206 0+10"),
	GET("text after the range", "14.1.1", R "0-9x" NL, "200"),
	GET("semicolon", "14.1.1", R "0-9;10-19" NL, "200"),
	GET("two Range lines", "5.3", R "0-9" NL R "0-9" NL, "200"),
	METHOD("HEAD", "Range with HEAD", "14.2", R "0-9" NL, "200"),
	FILE_IS(EMPTY, "range of an empty file", "15.5.17", R "0-" NL, "416"),
	FILE_IS(EMPTY, "suffix of an empty file", "14.1.2", R "-5" NL, "200"),
	FILE_IS(EMPTY, "range and suffix of an empty file", "14.1.2", R "0-5,-5" NL, "200"),

	/* several ranges */
	GET("two ranges", "14.6", R "0-9,20-29" NL, "206 0+10 20+10"),
	GET("the order stays", "15.3.7.2", R "500-509,0-9,-10" NL, "206 500+10 0+10 990+10"),
	GET("white space and empty elements", "5.6.1", R " 0-9 ,,\t20-29 ," NL, "206 0+10 20+10"),
	GET("overlapping ranges are joined", "15.3.7.2", R "0-9,5-19" NL, "206 0+20"),
	GET("adjoining ranges are joined", "15.3.7.2", R "0-9,10-19" NL, "206 0+20"),
	GET("the same range twice", "14.2", R "0-9,0-9" NL, "206 0+10"),
	GET("one range within another", "14.2", R "0-99,10-19" NL, "206 0+100"),
	GET("one range around another", "14.2", R "10-19,0-99" NL, "206 0+100"),
	GET("a range that joins two", "14.2", R "0-9,20-29,5-24" NL, "206 0+30"),
	GET("joined in the place of the first", "15.3.7.2", R "500-509,0-9,5-19" NL, "206 500+10 0+20"),
	GET("a range that joins the first and the last", "14.2", R "0-9,500-509,20-29,8-21" NL, "206 0+30 500+10"),
	GET("many whole files", "14.2", R "0-,0-,0-,0-,0-,0-,0-,0-" NL, "206 0+1000"),
	GET("eight ranges", "14.2", R "0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14" NL,
	    "206 0+1 2+1 4+1 6+1 8+1 10+1 12+1 14+1"),
	GET("nine ranges", "14.2", R "0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16" NL, "200"),
	GET("nine overlapping ranges", "14.2", R "0-,0-,0-,0-,0-,0-,0-,0-,0-" NL, "200"),
	GET("unsatisfiable ones are left out", "14.2", R "0-9,5000-" NL, "206 0+10"),
	GET("all unsatisfiable", "15.5.17", R "1000-,2000-3000,-0" NL, "416"),
	GET("one bad among good ones", "14.1.1", R "0-9,x,20-29" NL, "200"),

	/* If-Range, and ranges with conditions */
	GET("If-Range, same tag", "13.1.5", R "0-9" NL "If-Range: \"abc\"" NL, "206 0+10"),
	GET("If-Range, other tag", "13.1.5", R "0-9" NL "If-Range: \"x\"" NL, "200"),
	GET("If-Range, weak in the field", "13.1.5", R "0-9" NL "If-Range: W/\"abc\"" NL, "200"),
	FILE_IS(WEAK, "If-Range, weak file", "13.1.5", R "0-9" NL "If-Range: \"abc\"" NL, "200"),
	FILE_IS(NO_TAG, "If-Range, no tag", "13.1.5", R "0-9" NL "If-Range: \"abc\"" NL, "200"),
	GET("If-Range, two tags", "13.1.5", R "0-9" NL "If-Range: \"abc\", \"x\"" NL, "200"),
	GET("If-Range, star", "13.1.5", R "0-9" NL "If-Range: *" NL, "200"),
	GET("If-Range twice", "5.3", R "0-9" NL "If-Range: \"abc\"" NL "If-Range: \"abc\"" NL, "200"),
	GET("If-Range, same time", "13.1.5", R "0-9" NL "If-Range: " AT NL, "206 0+10"),
	GET("If-Range, later time is no match", "13.1.5", R "0-9" NL "If-Range: " AFTER NL, "200"),
	GET("If-Range, earlier time", "13.1.5", R "0-9" NL "If-Range: " BEFORE NL, "200"),
	GET("If-Range, no date", "13.1.5", R "0-9" NL "If-Range: now" NL, "200"),
	FILE_IS(FRESH, "If-Range, the time is too fresh to be strong", "8.8.2.2", R "0-9" NL "If-Range: " AT NL, "200"),
	FILE_IS(NO_TIME, "If-Range, no time", "13.1.5", R "0-9" NL "If-Range: " AT NL, "200"),
	GET("If-Range without Range", "13.1.5", "If-Range: \"x\"" NL, "200"),
	GET("If-Range fails, range unsatisfiable", "13.2.2", R "5000-" NL "If-Range: \"x\"" NL, "200"),
	GET("If-Range holds, range unsatisfiable", "14.2", R "5000-" NL "If-Range: \"abc\"" NL, "416"),
	GET("304 comes before the range", "13.2.2", R "0-9" NL "If-None-Match: \"abc\"" NL, "304"),
	GET("412 comes before the range", "13.2.2", R "5000-" NL "If-Match: \"x\"" NL, "412"),
	GET("If-Match and a range", "13.2.2", R "0-9" NL "If-Match: \"abc\"" NL, "206 0+10"),
};

static void make_file(struct http_validators *v, int kind)
{
	memset(v, 0, sizeof(*v));
	v->size = kind == EMPTY ? 0 : 1000;
	v->has_mtime = kind != NO_TIME && kind != NOTHING;
	v->mtime = MTIME;
	if (kind != NO_TAG && kind != NOTHING) {
		v->etag_len = 5;
		memcpy(v->etag, "\"abc\"", 5);
	}
	v->etag_weak = kind == WEAK;
}

static void describe(char *out, size_t size, const struct http_plan *plan)
{
	size_t n = snprintf(out, size, "%u", plan->status);
	unsigned int i;

	for (i = 0; i < plan->nr_ranges; i++)
		n += snprintf(out + n, size - n, " %llu+%llu",
			      (unsigned long long)plan->range[i].start,
			      (unsigned long long)plan->range[i].len);
}

static void run_case(const struct cond_case *c)
{
	const struct http_limits lim = HTTP_DEFAULT_LIMITS;
	time64_t now = c->kind == FRESH ? MTIME + 1 : MTIME + 1000000;
	struct http_validators v;
	struct http_request req;
	struct http_plan plan;
	char in[1024], got[512] = "not parsed";
	bool ok = false;
	char *copy;
	int len;

	len = snprintf(in, sizeof(in), "%s / HTTP/1.1\r\nHost: h\r\n%s\r\n", c->method, c->fields);
	copy = exact_copy(in, len);
	make_file(&v, c->kind);
	http_request_init(&req);
	if (http_parse(&req, &lim, copy, len) == len) {
		int rc = http_evaluate(&req, copy, &v, now, &plan);

		describe(got, sizeof(got), &plan);
		ok = rc == plan.status && !strcmp(got, c->want);
		/* the short cut may be taken only when it leads to the same place */
		if (!http_is_conditional(&req))
			ok = ok && rc == 200;
	}
	if (!ok)
		tap_note("got %s", got);
	corpus_add("cond", "", c->fields, strlen(c->fields));
	tap_ok(ok, "cond: %s (RFC 9110 %s)", c->name, c->rfc);
	free(copy);
}

void test_cond(void)
{
	struct http_plan plan;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	http_parse_range("bytes=9223372036854775806-", 26, INT64_MAX, &plan);
	tap_ok(plan.status == 206 && plan.range[0].start == INT64_MAX - 1 && plan.range[0].len == 1,
	       "cond: last byte of the largest file (RFC 9110 14.1.2)");
	http_parse_range("bytes=-1,0-", 11, INT64_MAX, &plan);
	tap_ok(plan.status == 206 && plan.nr_ranges == 1 && plan.range[0].len == INT64_MAX,
	       "cond: all of the largest file, joined (RFC 9110 14.2)");
}
