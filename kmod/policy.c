// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fixed accept policy of "accept()able Strategies for Improving Web Server
 * Performance" (USENIX 2004), section 4.3, as the paper's modified TUX has it:
 *
 *	accept-phase: at most accept_limit consecutive accepts (0 = Inf: all
 *		      that wait when it begins)
 *	work-phase:   until work_pending is empty, new items included
 *
 * and the two take turns. Pure code, see policy.h.
 */
#include "policy.h"

/**
 * tux_policy_next - decide the next phase of a worker
 * @in: state of its queues, and the tunables
 *
 * The phases alternate while both have something to do. At the connection
 * limit (no free slot) there is no accept-phase, however long the accept queue
 * is: the clients wait there, and a worker with no work sleeps.
 *
 * Without a limit the phase takes what waits when it begins ("all currently
 * pending", section 4.1), not what arrives meanwhile: under overload the accept
 * queue is never empty, and a phase that waited for that would never end.
 *
 * Context: any; no side effects.
 * Return: the phase and how many items it may take.
 */
struct tux_policy_plan tux_policy_next(const struct tux_policy_in *in)
{
	bool may_accept = in->accept_queue && in->free_slots;
	struct tux_policy_plan plan = { .phase = TUX_PHASE_SLEEP };

	if (may_accept && !(in->last == TUX_PHASE_ACCEPT && in->work_pending)) {
		plan.phase = TUX_PHASE_ACCEPT;
		plan.budget = in->accept_limit ? in->accept_limit : in->accept_queue;
	} else if (in->work_pending) {
		plan.phase = TUX_PHASE_WORK;
	}
	return plan;
}
