/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * window - the clock of the clients that measure, and the window in which they count
 *
 * Each of them is one file, which sets the window when it starts.  Used by tuxload
 * and udpload.
 */
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NSEC	1000000000ull

/* From the first to just before the second, by now_ns(). */
static uint64_t window_start, window_end;

/* End with errno's reason; program_invocation_short_name wants _GNU_SOURCE. */
static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

static inline bool in_window(uint64_t t)
{
	return t >= window_start && t < window_end;
}

#endif
