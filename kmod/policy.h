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
 * @refused: clients turned away at these listeners since the last accept-phase
 * @strain: accept-phases before which clients were refused, less those which found no
 *	    more waiting than had left: tux_policy_strain()
 * @work_pending: items waiting in the worker's work_pending queue
 * @free_slots: connections that may still be opened (max_connections)
 * @work_phases: work-phases since the last accept-phase
 * @closed: connections that this worker closed since then
 * @conf: the tunables
 *
 * A worker that has slept begins anew: @work_phases is TUX_POLICY_RESTED, and
 * @strain 0.
 */
struct tux_policy_in {
	u32 accept_queue;
	u32 refused;
	u32 strain;
	u32 work_pending;
	u32 free_slots;
	u32 work_phases;
	u32 closed;
	struct tux_policy_conf conf;
};

#define TUX_POLICY_RESTED ((u32)~0)

/*
 * So much strain is overload and no burst: the queue has been emptied as often before.
 * Found with the simulator: with less, bursts of twice the queue's length lose
 * clients; more make no difference. Twice as much is the most, so that it is
 * over as soon as it began.
 */
#define TUX_POLICY_OVERLOAD 6
#define TUX_POLICY_STRAIN_MAX (2 * TUX_POLICY_OVERLOAD)

/*
 * The strain when the accept-phase that was decided on from @in begins. It goes down only
 * when no more wait than have left: a short phase may see nobody refused by chance.
 */
static inline u32 tux_policy_strain(const struct tux_policy_in *in)
{
	if (in->refused)
		return in->strain < TUX_POLICY_STRAIN_MAX ? in->strain + 1 : in->strain;
	if (in->accept_queue > in->closed)
		return in->strain;
	return in->strain ? in->strain - 1 : 0;
}

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

struct tux_policy_plan tux_policy_next(const struct tux_policy_in *in);

#endif /* _TUX_POLICY_H */
