// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTTP dates, RFC 9110 5.6.7. gmtime() and timegm() of the C library are the witnesses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http_date.h"
#include "tap.h"

/* 2026-11-21 12:00:00 */
#define NOW 1795262400LL
#define BAD INT64_MIN

struct date_case {
	const char *in;
	long long want;
	const char *why;
};

static const struct date_case cases[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777, "IMF-fixdate" },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777, "RFC 850" },
	{ "Sun Nov  6 08:49:37 1994", 784111777, "asctime" },
	{ "Wed Nov 16 08:49:37 1994", 784975777, "asctime with a two-digit day" },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0, "the epoch" },
	{ "Wed, 31 Dec 1969 23:59:59 GMT", -1, "before the epoch" },
	{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400, "leap day of 2000" },
	{ "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000, "leap day of 2024" },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799LL, "last second" },
	{ "Mon, 01 Jan 0001 00:00:00 GMT", -62135596800LL, "first second" },
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800, "leap second" },
	{ "Mon, 01 Mar 2100 00:00:00 GMT", 4107542400LL, "after February of 2100" },
	{ "Mon, 29 Feb 2100 00:00:00 GMT", BAD, "2100 is no leap year" },
	{ "Wed, 29 Feb 2023 00:00:00 GMT", BAD, "no leap year" },
	{ "Mon, 06 Nov 1994 08:49:37 GMT", BAD, "wrong weekday" },
	{ "sun, 06 Nov 1994 08:49:37 GMT", BAD, "weekday in lower case" },
	{ "Sun, 06 nov 1994 08:49:37 GMT", BAD, "month in lower case" },
	{ "Sun, 06 Nov 1994 08:49:37 gmt", BAD, "gmt in lower case" },
	{ "Sun, 06 Nov 1994 08:49:37 UTC", BAD, "UTC" },
	{ "Sun, 06 Nov 1994 08:49:37 +0000", BAD, "numeric zone" },
	{ "Sun, 06 Nov 1994 08:49:37", BAD, "no zone" },
	{ "Sun, 06 Nov 1994 08:49:37 GMTx", BAD, "text behind" },
	{ "Sun, 06 Nov 1994 08:49:37 GMT ", BAD, "space behind" },
	{ " Sun, 06 Nov 1994 08:49:37 GMT", BAD, "space in front" },
	{ "Sun, 6 Nov 1994 08:49:37 GMT", BAD, "one-digit day" },
	{ "Sun,  6 Nov 1994 08:49:37 GMT", BAD, "padded day outside asctime" },
	{ "Sun Nov 06 08:49:37 1994 GMT", BAD, "asctime with a zone" },
	{ "Sun Nov 6 08:49:37 1994", BAD, "asctime with an unpadded day" },
	{ "Sun Nov    08:49:37 1994", BAD, "asctime with an empty day" },
	{ "Sun, 06 Nov 94 08:49:37 GMT", BAD, "two-digit year in IMF form" },
	{ "Sunday, 06-Nov-1994 08:49:37 GMT", BAD, "four-digit year in RFC 850 form" },
	{ "Sun, 06-Nov-94 08:49:37 GMT", BAD, "short weekday in RFC 850 form" },
	{ "Sun, 00 Nov 1994 08:49:37 GMT", BAD, "day 0" },
	{ "Thu, 31 Nov 1994 08:49:37 GMT", BAD, "31 November" },
	{ "Sun, 32 Oct 1994 08:49:37 GMT", BAD, "day 32" },
	{ "Sun, 06 Nov 1994 24:00:00 GMT", BAD, "hour 24" },
	{ "Sun, 06 Nov 1994 08:60:37 GMT", BAD, "minute 60" },
	{ "Sun, 06 Nov 1994 08:49:61 GMT", BAD, "second 61" },
	{ "Sun, 06 Nov 0000 08:49:37 GMT", BAD, "year 0" },
	{ "Sun, 06 Foo 1994 08:49:37 GMT", BAD, "no month" },
	{ "Sun, 06 Nov -994 08:49:37 GMT", BAD, "negative year" },
	{ "", BAD, "empty" },
	{ "Sun", BAD, "weekday alone" },
	{ "784111777", BAD, "seconds" },
	/* two-digit years as seen in 2026 */
	{ "Wednesday, 01-Jan-70 00:00:00 GMT", 3155760000LL, "RFC 850, 2070 is 44 years ahead" },
	{ "Thursday, 01-Jan-70 00:00:00 GMT", BAD, "RFC 850, 1970 is not meant" },
	{ "Friday, 20-Nov-76 12:00:00 GMT", 3373099200LL, "RFC 850, just under 50 years ahead" },
	{ "Tuesday, 23-Nov-76 12:00:00 GMT", 217598400, "RFC 850, just above 50 years ahead: 1976" },
	{ "Saturday, 01-Jan-77 00:00:00 GMT", 220924800, "RFC 850, 51 years ahead: 1977" },
	{ "Friday, 31-Dec-99 23:59:59 GMT", 946684799, "RFC 850, 1999" },
	{ "Saturday, 01-Jan-00 00:00:00 GMT", 946684800, "RFC 850, 2000" },
};

static void run_case(const struct date_case *c)
{
	size_t len = strlen(c->in);
	char *in = exact_copy(c->in, len);
	time64_t t;
	int rc = http_date_parse(in, len, NOW, &t);
	bool ok = c->want == BAD ? rc != 0 : rc == 0 && t == c->want;
	size_t n;

	if (!ok)
		tap_note("got %d %lld", rc, (long long)t);
	/* no beginning of a date is one; in memory of exactly that size */
	for (n = 0; c->want != BAD && n < len; n++) {
		char *part = exact_copy(c->in, n);

		ok = ok && http_date_parse(part, n, NOW, &t);
		free(part);
	}
	corpus_add("date", "", c->in, strlen(c->in));
	tap_ok(ok, "date: %s: %s", c->why, c->in);
	free(in);
}

static bool format_is(time64_t t, const char *want)
{
	char out[HTTP_DATE_LEN];

	http_date_format(out, t);
	if (!memcmp(out, want, sizeof(out)))
		return true;
	tap_note("got %.29s", out);
	return false;
}

/* format as the C library does, and read our own back in all three forms */
static bool agrees(time64_t t)
{
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y",
					     "%A, %d-%b-%y %H:%M:%S GMT" };
	char want[64];
	time_t tt = t;
	time64_t back;
	struct tm tm;
	int i;

	gmtime_r(&tt, &tm);
	for (i = 0; i < 3; i++) {
		strftime(want, sizeof(want), forms[i], &tm);
		if (i == 0 && !format_is(t, want))
			return false;
		if (http_date_parse(want, strlen(want), t, &back) || back != t) {
			tap_note("%s: %lld, want %lld", want, (long long)back, (long long)t);
			return false;
		}
	}
	return true;
}

void test_date(void)
{
	bool ok = true;
	time64_t t;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	tap_ok(format_is(784111777, "Sun, 06 Nov 1994 08:49:37 GMT"), "date: the RFC's example");
	tap_ok(format_is(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"), "date: clamped at the end");
	tap_ok(format_is(INT64_MIN, "Mon, 01 Jan 0001 00:00:00 GMT"), "date: clamped at the beginning");
	/* every day of four centuries and a bit, at different times of the day */
	for (t = -11676096000LL; ok && t < 4102444800LL; t += 86400 + 61)
		ok = agrees(t);
	tap_ok(ok, "date: 1600 to 2100 as the C library has it, read back in all three forms");
	/* and with large steps up to the year 9999; strftime needs four digits */
	for (t = -30609792000LL; ok && t < 253402300799LL; t += 86400 * 17 + 12345)
		ok = agrees(t);
	tap_ok(ok, "date: 1000 to 9999 as the C library has it");
}
