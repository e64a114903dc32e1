// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast an accept queue moves, and so how many may wait in it. Pure code, see
 * admission.h; docs/policy.rst, max_accept_wait, says why.
 *
 * That the head of the queue has waited for longer than the limit is the only evidence
 * of a crowd; but to refuse newcomers until the head has waited for less is too
 * late by as much as it has: those behind it grow old too, the queue runs empty, and
 * then too many are let in again. So once there is a crowd no more may wait than were
 * taken from the queue in the time of the limit, until it is found empty.
 */
#include "admission.h"

/**
 * tux_pace_update - a SYN comes
 * @pace: of its listener
 * @in: its queue
 *
 * A measurement ends after half the limit, or when the first is taken after that; where
 * none is taken within the limit there is no room. Without a crowd the pace is that of
 * the arrivals, and is not asked for; when the head has waited for the limit, the last
 * measurement was of a queue that was never empty. While there is no slot time stands still:
 * that clients wait then is not the queue's doing, nor is it a moment after one is free.
 *
 * Context: any; the caller serialises.
 */
void tux_pace_update(struct tux_pace *pace, const struct tux_pace_in *in)
{
	u64 taken = in->popped - pace->popped;
	u64 age = in->now - pace->since;
	u64 since;

	if (age >= in->limit || (taken && age >= in->limit / 2)) {
		pace->room = div64_u64(taken * in->limit, age);
		pace->popped = in->popped;
		pace->since = in->now;
	}
	if (in->full)
		pace->held = in->now;
	since = in->head_since > pace->held ? in->head_since : pace->held;
	if (!in->queue)
		pace->crowd = false;
	else if (in->head_since && in->now - since > in->limit)
		pace->crowd = true;
}
