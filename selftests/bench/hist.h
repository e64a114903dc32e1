/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hist - a histogram of times with a bounded relative error
 *
 * Log-linear: 16 steps an octave, so a step is at most 6 % wide, from one
 * microsecond to an hour and more in HIST_BUCKETS counters.  Used by the clients
 * that measure (tuxload, replycount); load.py knows the same rule.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS	4
#define HIST_SUB	(1u << HIST_SUB_BITS)
#define HIST_BUCKETS	512

static inline unsigned int hist_bucket(uint64_t us)
{
	unsigned int octave;
	unsigned int bucket;

	if (us < HIST_SUB)
		return us;
	octave = 63 - __builtin_clzll(us);
	bucket = (octave - HIST_SUB_BITS + 1) * HIST_SUB +
		 (us >> (octave - HIST_SUB_BITS)) % HIST_SUB;
	return bucket < HIST_BUCKETS ? bucket : HIST_BUCKETS - 1;
}

/* The middle of a bucket, in microseconds. */
static inline double hist_value(unsigned int bucket)
{
	unsigned int octave = bucket / HIST_SUB;

	if (!octave)
		return bucket;
	return (HIST_SUB + bucket % HIST_SUB + 0.5) * (double)(1ull << (octave - 1));
}

#endif
