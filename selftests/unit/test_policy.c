// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fixed accept policy, kmod/policy.c: phases alternate while both queues
 * have something, an accept-phase is bounded by accept_limit, a work-phase is not,
 * and at the connection limit there is nothing to accept (paper, section 4.3).
 */
#include "policy.h"
#include "tap.h"

static const struct {
	const char *name;
	struct tux_policy_in in;
	struct tux_policy_plan plan;
} cases[] = {
	{ "nothing to do", { .last = TUX_PHASE_WORK }, { TUX_PHASE_SLEEP, 0 } },
	{ "a client waits", { .accept_queue = 1, .free_slots = 1 }, { TUX_PHASE_ACCEPT, 1 } },
	{ "no limit: all that wait now", { .accept_queue = 70, .free_slots = 9 },
	  { TUX_PHASE_ACCEPT, 70 } },
	{ "accept_limit is the budget",
	  { .accept_queue = 9, .free_slots = 9, .accept_limit = 5 }, { TUX_PHASE_ACCEPT, 5 } },
	{ "work after accepting",
	  { .accept_queue = 9, .work_pending = 1, .free_slots = 9, .accept_limit = 1,
	    .last = TUX_PHASE_ACCEPT }, { TUX_PHASE_WORK, 0 } },
	{ "accepting after work",
	  { .accept_queue = 9, .work_pending = 1, .free_slots = 9, .accept_limit = 1,
	    .last = TUX_PHASE_WORK }, { TUX_PHASE_ACCEPT, 1 } },
	{ "accepting again when it made no work",
	  { .accept_queue = 9, .free_slots = 9, .accept_limit = 1, .last = TUX_PHASE_ACCEPT },
	  { TUX_PHASE_ACCEPT, 1 } },
	{ "sleep at the connection limit, clients waiting",
	  { .accept_queue = 100, .last = TUX_PHASE_WORK }, { TUX_PHASE_SLEEP, 0 } },
	{ "work at the connection limit",
	  { .accept_queue = 100, .work_pending = 1, .last = TUX_PHASE_WORK },
	  { TUX_PHASE_WORK, 0 } },
	{ "work when nobody waits", { .work_pending = 3, .free_slots = 1 },
	  { TUX_PHASE_WORK, 0 } },
};

void test_policy(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tux_policy_plan plan = tux_policy_next(&cases[i].in);

		tap_ok(plan.phase == cases[i].plan.phase && plan.budget == cases[i].plan.budget,
		       "policy: %s", cases[i].name);
	}
}
