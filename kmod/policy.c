// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accept policies. Pure code, see policy.h.
 *
 * fixed - that of the modified TUX in "accept()able Strategies for Improving Web
 * Server Performance" (USENIX 2004), section 4.3:
 *
 *	accept-phase: at most accept_limit consecutive accepts (0 = Inf: all
 *		      that wait when it begins)
 *	work-phase:   until work_pending is empty, new items included
 *
 * and the two take turns. Its section 6.1 wishes for bounds on each phase, and
 * for less than one connection per accept-phase: these are the other tunables.
 *
 * auto - found with the simulator (selftests/sim), explained in docs/policy.rst:
 *
 *	work-phase:   what is pending when it begins, one round
 *	accept-phase: one; with the accept queue more than half full all that wait, but
 *		      no more than a queue's length in this way until nobody waits
 *
 * Who waits in the accept queue costs nothing; who is accepted shares the CPU with those
 * who came before. So clients come in one by one, as long as the queue has room
 * for the next ones. When it fills up, taking all makes room for the rest of a burst, and
 * when the burst is over the queue is found empty. Under overload it never is: then
 * taking all would only let more and more connections share the CPU, and it ends with
 * one queue's length. A round is bounded, so persistent connections that never run
 * out of requests do not keep new clients out.
 */
#include "policy.h"

static u32 min_nonzero_u32(u32 a, u32 b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static u32 accept_budget_auto(const struct tux_policy_in *in)
{
	u32 left = in->ahead < in->backlog ? in->backlog - in->ahead : 0;
	u32 others = in->accept_queue - 1;

	if (!in->crowded)
		return 1;
	return 1 + (others < left ? others : left);
}

/*
 * Without a limit the phase takes what waits when it begins ("all currently
 * pending", section 4.1), not what arrives meanwhile: under overload the accept
 * queue is never empty, and a phase that waited for that would never end.
 */
static u32 accept_budget(const struct tux_policy_in *in)
{
	u32 limit = in->conf.accept_limit;

	if (in->conf.adaptive)
		return min_nonzero_u32(limit, accept_budget_auto(in));
	return limit ? limit : in->accept_queue;
}

static u32 work_budget(const struct tux_policy_in *in)
{
	return min_nonzero_u32(in->conf.work_limit, in->conf.adaptive ? in->work_pending : 0);
}

/* Without work there is nothing to put before the clients that wait. */
static bool accept_is_due(const struct tux_policy_in *in)
{
	if (!in->accept_queue || !in->free_slots)
		return false;
	return !in->work_pending || in->work_phases >= in->conf.accept_interval;
}

/**
 * tux_policy_next - decide the next phase of a worker
 * @in: state of its queues, what it did lately, and the tunables
 *
 * At the connection limit (no free slot) there is no accept-phase, however long
 * the accept queue is: the clients wait there, and a worker with no work sleeps.
 *
 * Context: any; no side effects.
 * Return: the phase, how many items it may take, and how long.
 */
struct tux_policy_plan tux_policy_next(const struct tux_policy_in *in)
{
	struct tux_policy_plan plan = { .phase = TUX_PHASE_SLEEP };

	if (accept_is_due(in)) {
		plan.phase = TUX_PHASE_ACCEPT;
		plan.budget = accept_budget(in);
		plan.usecs = in->conf.accept_phase_usecs;
	} else if (in->work_pending) {
		plan.phase = TUX_PHASE_WORK;
		plan.budget = work_budget(in);
		plan.usecs = in->conf.work_phase_usecs;
	}
	return plan;
}
