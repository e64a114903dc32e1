// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the date parser and formatter.
 *
 * A date that is understood is written and read back as the same second. The input's first bytes
 * also serve as a time of their own, which must survive being written and read.
 */
#include "fuzz.h"
#include "http_date.h"

#define MIN_TIME (-62135596800LL)
#define MAX_TIME 253402300799LL

static void check_time(time64_t t)
{
	char date[HTTP_DATE_LEN];
	char *copy;
	time64_t back;

	http_date_format(date, t);
	copy = fuzz_copy(date, sizeof(date));
	CHECK(!http_date_parse(copy, sizeof(date), 0, &back));
	if (t >= MIN_TIME && t <= MAX_TIME)
		CHECK(back == t);
	else
		CHECK(back == (t < 0 ? MIN_TIME : MAX_TIME));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *in = fuzz_copy(data, size);
	int64_t raw = 0;
	time64_t t, now;

	memcpy(&raw, data, size < sizeof(raw) ? size : sizeof(raw));
	check_time(raw);
	check_time(raw % MAX_TIME);
	now = raw;
	if (!http_date_parse(in, size, now, &t)) {
		/* a leap second at the end of the year 9999 is one too many */
		CHECK(t >= MIN_TIME && t <= MAX_TIME + 1);
		check_time(t);
	}
	free(in);
	return 0;
}
