/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which phase a worker enters next, and for how long.
 *
 * One pure function of a small struct: no kernel types beyond the fixed-width
 * integers, no state, no side effect. The worker calls it at every end of a
 * phase; a user-space program can include the same file to test or simulate.
 */
#ifndef _TUX_POLICY_H
#define _TUX_POLICY_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint32_t u32;
#endif

/**
 * enum tux_phase - what a worker does between two decisions
 * @TUX_PHASE_SLEEP: nothing it may do; wait for a callback or a timeout
 * @TUX_PHASE_ACCEPT: take connections from the accept queue
 * @TUX_PHASE_WORK: process items of work_pending
 */
enum tux_phase {
	TUX_PHASE_SLEEP,
	TUX_PHASE_ACCEPT,
	TUX_PHASE_WORK,
};

/**
 * struct tux_policy_in - what the decision is made from
 * @accept_queue: connections waiting in the listener's accept queue
 * @work_pending: items waiting in the worker's work_pending queue
 * @free_slots: connections that may still be opened (max_connections)
 * @accept_limit: tunable; connections accepted consecutively, 0 = no limit
 * @last: the phase that just ended
 */
struct tux_policy_in {
	u32 accept_queue;
	u32 work_pending;
	u32 free_slots;
	u32 accept_limit;
	enum tux_phase last;
};

/**
 * struct tux_policy_plan - the decision
 * @phase: the phase to enter
 * @budget: items after which it ends; 0 (work-phase only) = when its queue is
 *	    empty, with the items counted that arrive meanwhile
 */
struct tux_policy_plan {
	enum tux_phase phase;
	u32 budget;
};

struct tux_policy_plan tux_policy_next(const struct tux_policy_in *in);

#endif /* _TUX_POLICY_H */
