// SPDX-License-Identifier: GPL-2.0-only
/*
 * max_accept_wait, kmod/admission.c. A queue is a crowd from when its head has waited for
 * longer than the limit until it is found empty; then no more may wait than are taken
 * within the limit. A burst is none, and where nothing is taken nobody is let in.
 */
#include "admission.h"
#include "tap.h"

#define LIMIT 200000u

/* A server that takes one in @interval microseconds, a SYN each millisecond. */
static struct tux_pace crowded_pace(u64 interval)
{
	struct tux_pace pace = { 0 };
	struct tux_pace_in in = { .limit = LIMIT, .queue = 100 };

	for (in.now = 1000000; in.now < 2000000; in.now += 1000) {
		in.popped = in.now / interval;
		in.head_since = in.now - LIMIT - 1;
		tux_pace_update(&pace, &in);
	}
	return pace;
}

static void test_pace(void)
{
	struct tux_pace pace = crowded_pace(2000);
	struct tux_pace_in in = { .now = 2000000, .popped = 1000, .limit = LIMIT, .queue = 1,
				  .head_since = 2000000 - 10 };

	tap_ok(pace.crowd && pace.room == 100, "room for what is taken within the limit");
	tap_ok(!tux_pace_is_late(&pace, 99), "below it one is let in");
	tap_ok(tux_pace_is_late(&pace, 100), "and no more");
	tux_pace_update(&pace, &in);
	tap_ok(pace.crowd, "a young head does not end a crowd");
	in.queue = 0;
	tux_pace_update(&pace, &in);
	tap_ok(!pace.crowd, "an empty queue does");
	tap_ok(!tux_pace_is_late(&pace, 1000), "without a crowd nobody is late");

	pace = crowded_pace(10000000);
	tap_ok(pace.room == 0 && tux_pace_is_late(&pace, 0), "nothing is taken: nobody is let in");
}

static void test_burst(void)
{
	struct tux_pace_in in = { .now = 5000000, .head_since = 5000000 - LIMIT, .limit = LIMIT,
				  .queue = 128 };
	struct tux_pace pace = { 0 };

	tux_pace_update(&pace, &in);
	tap_ok(!pace.crowd, "a burst is no crowd before its head has waited");
	in.now++;
	tux_pace_update(&pace, &in);
	tap_ok(pace.crowd, "and one afterwards");
	pace.crowd = false;
	in.head_since = 0;
	tux_pace_update(&pace, &in);
	tap_ok(!pace.crowd, "a head without a time, from a SYN cookie, tells nothing");
}

/* At max_connections clients wait for others to leave, and are no crowd. */
static void test_full(void)
{
	struct tux_pace_in in = { .head_since = 1000000, .limit = LIMIT, .queue = 10,
				  .full = true };
	struct tux_pace pace = { 0 };

	for (in.now = 1000000; in.now < 3000000; in.now += 1000)
		tux_pace_update(&pace, &in);
	tap_ok(!pace.crowd, "no slot: however long the head has waited");
	in.full = false;
	tux_pace_update(&pace, &in);
	tap_ok(!pace.crowd, "nor when one is free for a moment");
	in.now += LIMIT + 1;
	tux_pace_update(&pace, &in);
	tap_ok(pace.crowd, "but when nobody has taken it after the limit");
}

/* Phases that are longer than half the limit: all at once, then nobody. */
static void test_batches(void)
{
	struct tux_pace_in in = { .limit = LIMIT, .queue = 10 };
	struct tux_pace pace = { 0 };

	for (in.now = 1000000; in.now < 2000000; in.now += 1000) {
		in.popped = in.now / 150000 * 60;
		tux_pace_update(&pace, &in);
	}
	tap_ok(pace.room >= 60 && pace.room <= 120, "batches: the pace is that of several");
}

static void test_expected(void)
{
	tap_ok(tux_admission_expected(0, 0) == 0, "no handshakes");
	tap_ok(tux_admission_expected(7, 7) == 7, "young ones are expected");
	tap_ok(tux_admission_expected(10, 100) == 1, "in a flood only their share");
	tap_ok(tux_admission_expected(8, 7) == 8, "counters that were read apart");
	tap_ok(tux_admission_expected(~0u, ~0u) == ~0u, "no overflow");
}

void test_admission(void)
{
	test_pace();
	test_burst();
	test_full();
	test_batches();
	test_expected();
}
