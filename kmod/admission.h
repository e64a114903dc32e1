/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is let in when a SYN comes: the pure part of syn_admission and max_accept_wait.
 *
 * Like policy.h without kernel types: the listener calls it in softirq, the unit tests and
 * the simulator (selftests/sim) include the same file.
 */
#ifndef _TUX_ADMISSION_H
#define _TUX_ADMISSION_H

#ifdef __KERNEL__
#include <linux/math64.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint32_t u32;
typedef uint64_t u64;
#define div64_u64(a, b) ((a) / (b))
#endif

/**
 * struct tux_pace - how fast an accept queue moves
 * @since: when this measurement began, microseconds
 * @popped: connections that had been taken from the queue by then
 * @room: how many were taken in max_accept_wait, by the measurement before
 * @held: when clients last had to wait for a slot rather than for the queue
 * @crowd: its head has waited for longer than that, and it was not found empty since
 */
struct tux_pace {
	u64 since;
	u64 popped;
	u64 room;
	u64 held;
	bool crowd;
};

/**
 * struct tux_pace_in - the queue when a SYN comes
 * @now: microseconds
 * @popped: connections taken from it, ever
 * @head_since: since when the client at its head waits, 0 = not known
 * @queue: clients in it
 * @limit: max_accept_wait, microseconds, not 0
 * @full: no slot is free (max_connections), so nobody is taken
 */
struct tux_pace_in {
	u64 now;
	u64 popped;
	u64 head_since;
	u64 limit;
	u32 queue;
	bool full;
};

void tux_pace_update(struct tux_pace *pace, const struct tux_pace_in *in);

/**
 * tux_admission_expected - handshakes under way that will come to their end
 * @young: those whose SYN-ACK was sent once
 * @all: all of them
 *
 * Those whose SYN-ACK had to be sent again are not expected to, and of the young ones
 * only the share that the young are of all.
 *
 * Context: any.
 */
static inline u32 tux_admission_expected(u32 young, u32 all)
{
	return young < all ? (u32)div64_u64((u64)young * young, all) : young;
}

/**
 * tux_pace_is_late - would one more client wait for longer than max_accept_wait?
 * @pace: up to date
 * @waiting: clients that wait or are expected
 *
 * Context: any.
 */
static inline bool tux_pace_is_late(const struct tux_pace *pace, u32 waiting)
{
	return pace->crowd && waiting >= pace->room;
}

#endif /* _TUX_ADMISSION_H */
