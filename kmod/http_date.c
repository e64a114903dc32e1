// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTTP dates. See http_date.h for the contract.
 *
 * Days are counted from Monday, 1 January of year 1 in the Gregorian calendar
 * (extended backwards), because then years, centuries and weekdays come out
 * of plain divisions.
 */
#include "http_chars.h"
#include "http_date.h"

#define SECS_PER_DAY 86400
/* days from 0001-01-01 to 1970-01-01 */
#define DAYS_TO_1970 719162
/* 9999-12-31 23:59:59 and 0001-01-01 00:00:00 in seconds since 1970 */
#define MAX_TIME 253402300799LL
#define MIN_TIME (-(s64)DAYS_TO_1970 * SECS_PER_DAY)
/* 50 mean Gregorian years of 365.2425 days */
#define FIFTY_YEARS (50 * 31556952LL)

#define DAYS_IN_YEAR 365
#define DAYS_IN_4_YEARS (4 * 365 + 1)
#define DAYS_IN_100_YEARS (25 * DAYS_IN_4_YEARS - 1)
#define DAYS_IN_400_YEARS (4 * DAYS_IN_100_YEARS + 1)

static const char day_names[7][10] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
};

static const char month_names[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

/* days of a common year before each month */
static const u16 days_before[13] = {
	0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365,
};

struct civil {
	u32 year;	/* 1 to 9999 */
	u32 month;	/* 0 to 11 */
	u32 day;	/* 1 to 31 */
	u32 weekday;	/* 0 = Monday */
	u32 hour;
	u32 minute;
	u32 second;
};

static bool is_leap(u32 year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static u32 month_start(u32 year, u32 month)
{
	return days_before[month] + (month > 1 && is_leap(year));
}

static u32 day_number(u32 year, u32 month, u32 day)
{
	u32 y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + month_start(year, month) + day - 1;
}

static void civil_day(struct civil *c, u32 days)
{
	u32 n400 = days / DAYS_IN_400_YEARS, n100, n4, n1;

	c->weekday = days % 7;
	days %= DAYS_IN_400_YEARS;
	/* the last day of a 400-year or 4-year cycle belongs to its last part */
	n100 = min_t(u32, days / DAYS_IN_100_YEARS, 3);
	days -= n100 * DAYS_IN_100_YEARS;
	n4 = days / DAYS_IN_4_YEARS;
	days -= n4 * DAYS_IN_4_YEARS;
	n1 = min_t(u32, days / DAYS_IN_YEAR, 3);
	days -= n1 * DAYS_IN_YEAR;
	c->year = n400 * 400 + n100 * 100 + n4 * 4 + n1 + 1;
	c->month = 0;
	while (c->month < 11 && days >= month_start(c->year, c->month + 1))
		c->month++;
	c->day = days - month_start(c->year, c->month) + 1;
}

static void put2(char *out, u32 n)
{
	out[0] = '0' + n / 10;
	out[1] = '0' + n % 10;
}

void http_date_format(char out[HTTP_DATE_LEN], time64_t t)
{
	struct civil c;
	u32 days, secs;

	t = t < MIN_TIME ? MIN_TIME : t > MAX_TIME ? MAX_TIME : t;
	days = div_u64_rem(t - MIN_TIME, SECS_PER_DAY, &secs);
	civil_day(&c, days);
	memcpy(out, "Mon, 01 Jan 0001 00:00:00 GMT", HTTP_DATE_LEN);
	memcpy(out, day_names[c.weekday], 3);
	put2(out + 5, c.day);
	memcpy(out + 8, month_names[c.month], 3);
	put2(out + 12, c.year / 100);
	put2(out + 14, c.year % 100);
	put2(out + 17, secs / 3600);
	put2(out + 20, secs / 60 % 60);
	put2(out + 23, secs % 60);
}

/* ---- reading ------------------------------------------------------------ */

/*
 * The three forms as patterns: D day name of three letters, L of full length, M month,
 * d day (two digits), e day (a space may stand for the first digit), Y year (four
 * digits), y (two), h m s time.
 */
static const char imf_form[] = "D, d M Y h:m:s GMT";
static const char rfc850_form[] = "L, d-M-y h:m:s GMT";
static const char asctime_form[] = "D M e h:m:s Y";

static bool get_number(struct http_piece *in, u32 digits, bool padded, u32 *n)
{
	if (http_piece_len(in) < digits)
		return false;
	*n = 0;
	if (padded && *in->p == ' ') {
		in->p++;
		digits--;
	}
	for (; digits; digits--, in->p++) {
		if (!http_is(*in->p, HTTP_C_DIGIT))
			return false;
		*n = *n * 10 + (*in->p - '0');
	}
	return true;
}

static bool get_day_name(struct http_piece *in, bool full, u32 *weekday)
{
	u32 i;

	for (i = 0; i < 7; i++) {
		u32 len = full ? strlen(day_names[i]) : 3;

		if (http_piece_len(in) >= len && !memcmp(in->p, day_names[i], len)) {
			in->p += len;
			*weekday = i;
			return true;
		}
	}
	return false;
}

static bool get_month(struct http_piece *in, u32 *month)
{
	u32 i;

	if (http_piece_len(in) < 3)
		return false;
	for (i = 0; i < 12; i++) {
		if (!memcmp(in->p, month_names[i], 3)) {
			in->p += 3;
			*month = i;
			return true;
		}
	}
	return false;
}

static bool get_item(struct http_piece *in, char what, struct civil *c)
{
	switch (what) {
	case 'D':
	case 'L':
		return get_day_name(in, what == 'L', &c->weekday);
	case 'M':
		return get_month(in, &c->month);
	case 'd':
	case 'e':
		return get_number(in, 2, what == 'e', &c->day);
	case 'Y':
		return get_number(in, 4, false, &c->year);
	case 'y':
		return get_number(in, 2, false, &c->year);
	case 'h':
		return get_number(in, 2, false, &c->hour);
	case 'm':
		return get_number(in, 2, false, &c->minute);
	case 's':
		return get_number(in, 2, false, &c->second);
	}
	return in->p < in->end && *in->p++ == what;
}

static bool get_form(struct http_piece in, const char *form, struct civil *c)
{
	/* "GMT" spells a pattern letter: it is compared as it is */
	for (; *form && *form != 'G'; form++)
		if (!get_item(&in, *form, c))
			return false;
	return http_piece_len(&in) == strlen(form) && !memcmp(in.p, form, strlen(form));
}

/* the time of a date whose fields were read; second 60 is a leap second */
static int civil_time(const struct civil *c, time64_t *t)
{
	u32 days;

	if (c->year < 1 || c->hour > 23 || c->minute > 59 || c->second > 60 || c->day < 1)
		return -EINVAL;
	if (c->day > month_start(c->year, c->month + 1) - month_start(c->year, c->month))
		return -EINVAL;
	days = day_number(c->year, c->month, c->day);
	*t = MIN_TIME + (s64)days * SECS_PER_DAY + c->hour * 3600 + c->minute * 60 + c->second;
	return days % 7 == c->weekday ? 0 : -EINVAL;
}

/* RFC 9110 5.6.7: a two-digit year more than 50 years ahead is one of the past */
static int two_digit_time(struct civil *c, time64_t now, time64_t *t)
{
	struct civil today;
	u32 short_year = c->year;
	int rc;

	now = now < MIN_TIME ? MIN_TIME : now > MAX_TIME ? MAX_TIME : now;
	civil_day(&today, div_u64_rem(now - MIN_TIME, SECS_PER_DAY, &today.second));
	c->year = today.year / 100 * 100 + short_year;
	rc = civil_time(c, t);
	/* a wrong weekday leaves *t valid: the century may be to blame */
	if (c->year > today.year + 50 || (c->year == today.year + 50 && *t - now > FIFTY_YEARS)) {
		if (c->year <= 100)
			return -EINVAL;
		c->year -= 100;
		rc = civil_time(c, t);
	}
	return rc;
}

int http_date_parse(const char *s, u32 len, time64_t now, time64_t *t)
{
	struct http_piece in = { s, s + len };
	struct civil c;

	*t = 0;
	memset(&c, 0, sizeof(c));
	if (get_form(in, imf_form, &c) || get_form(in, asctime_form, &c))
		return civil_time(&c, t);
	if (get_form(in, rfc850_form, &c))
		return two_digit_time(&c, now, t);
	return -EINVAL;
}
