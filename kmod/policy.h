/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which phase a worker enters next, and for how long.
 *
 * One pure function of a small struct: no kernel types beyond the fixed-width
 * integers, no state, no side effect. The worker calls it at every end of a
 * phase; the unit tests and the simulator (selftests/sim) include the same file.
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
 * struct tux_policy_conf - the tunables that it obeys; docs/sysctl.rst
 * @adaptive: accept_policy is auto
 * @accept_limit: connections accepted consecutively, 0 = no limit
 * @accept_interval: work-phases for each accept-phase while there is work
 * @accept_phase_usecs: longest accept-phase in microseconds, 0 = no bound
 * @work_limit: items for each work-phase, 0 = no limit
 * @work_phase_usecs: longest work-phase in microseconds, 0 = no bound
 */
struct tux_policy_conf {
	bool adaptive;
	u32 accept_limit;
	u32 accept_interval;
	u32 accept_phase_usecs;
	u32 work_limit;
	u32 work_phase_usecs;
};

/**
 * struct tux_policy_in - what the decision is made from
 * @accept_queue: connections waiting in the accept queues of the worker's listeners
 * @crowded: one of these queues is more than half full
 * @backlog: the places of one of them
 * @ahead: connections that were taken together with another one since the worker has
 *	   slept, or found nobody waiting: tux_policy_ahead()
 * @work_pending: items waiting in the worker's work_pending queue
 * @free_slots: connections that may still be opened (max_connections)
 * @work_phases: work-phases since the last accept-phase
 * @conf: the tunables
 *
 * A worker that has slept begins anew: @work_phases is TUX_POLICY_RESTED.
 */
struct tux_policy_in {
	u32 accept_queue;
	bool crowded;
	u32 backlog;
	u32 ahead;
	u32 work_pending;
	u32 free_slots;
	u32 work_phases;
	struct tux_policy_conf conf;
};

#define TUX_POLICY_RESTED ((u32)~0)

/**
 * struct tux_policy_plan - the decision
 * @phase: the phase to enter
 * @budget: items after which it ends; 0 (work-phase only) = when its queue is
 *	    empty, with the items counted that arrive meanwhile
 * @usecs: microseconds after which it ends, 0 = never; one item is always taken
 */
struct tux_policy_plan {
	enum tux_phase phase;
	u32 budget;
	u32 usecs;
};

/* @ahead after the phase that was decided on from @in. */
static inline u32 tux_policy_ahead(const struct tux_policy_in *in,
				   const struct tux_policy_plan *plan)
{
	u32 taken = plan->budget < in->accept_queue ? plan->budget : in->accept_queue;

	if (!in->accept_queue || plan->phase == TUX_PHASE_SLEEP)
		return 0;
	if (plan->phase == TUX_PHASE_WORK || taken <= 1 || in->ahead >= in->backlog)
		return in->ahead;
	return in->ahead + taken - 1;
}

struct tux_policy_plan tux_policy_next(const struct tux_policy_in *in);

#endif /* _TUX_POLICY_H */
