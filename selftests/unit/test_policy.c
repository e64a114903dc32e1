// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accept policies, kmod/policy.c. fixed: phases alternate while both queues have
 * something, an accept-phase is bounded by accept_limit, a work-phase is not, and
 * at the connection limit there is nothing to accept (paper, section 4.3). Its
 * future work: bounds, and fewer accept-phases. auto: rounds, one by one, and
 * everybody of a burst.
 */
#include "policy.h"
#include "tap.h"

#define FIXED .accept_interval = 1
#define AUTO .adaptive = true, .accept_interval = 1
#define RESTED .work_phases = TUX_POLICY_RESTED
#define ACCEPT TUX_PHASE_ACCEPT
#define WORK TUX_PHASE_WORK
#define SLEEP TUX_PHASE_SLEEP

static const struct {
	const char *name;
	struct tux_policy_in in;
	struct tux_policy_plan plan;
} cases[] = {
	{ "nothing to do", { .conf = { FIXED } }, { SLEEP, 0, 0 } },
	{ "a client waits", { .accept_queue = 1, .free_slots = 1, RESTED, .conf = { FIXED } },
	  { ACCEPT, 1, 0 } },
	{ "no limit: all that wait now",
	  { .accept_queue = 70, .free_slots = 9, RESTED, .conf = { FIXED } }, { ACCEPT, 70, 0 } },
	{ "accept_limit is the budget",
	  { .accept_queue = 9, .free_slots = 9, .conf = { FIXED, .accept_limit = 5 } },
	  { ACCEPT, 5, 0 } },
	{ "also when fewer wait: others may come",
	  { .accept_queue = 2, .free_slots = 9, .conf = { FIXED, .accept_limit = 5 } },
	  { ACCEPT, 5, 0 } },
	{ "work after accepting",
	  { .accept_queue = 9, .work_pending = 1, .free_slots = 9,
	    .conf = { FIXED, .accept_limit = 1 } }, { WORK, 0, 0 } },
	{ "accepting after work",
	  { .accept_queue = 9, .work_pending = 1, .free_slots = 9, .work_phases = 1,
	    .conf = { FIXED, .accept_limit = 1 } }, { ACCEPT, 1, 0 } },
	{ "accepting again when it made no work",
	  { .accept_queue = 9, .free_slots = 9, .conf = { FIXED, .accept_limit = 1 } },
	  { ACCEPT, 1, 0 } },
	{ "accepting first after a rest",
	  { .accept_queue = 1, .work_pending = 1, .free_slots = 1, RESTED, .conf = { FIXED } },
	  { ACCEPT, 1, 0 } },
	{ "sleep at the connection limit, clients waiting",
	  { .accept_queue = 100, RESTED, .conf = { FIXED } }, { SLEEP, 0, 0 } },
	{ "work at the connection limit",
	  { .accept_queue = 100, .work_pending = 1, RESTED, .conf = { FIXED } }, { WORK, 0, 0 } },
	{ "work when nobody waits",
	  { .work_pending = 3, .free_slots = 1, RESTED, .conf = { FIXED } }, { WORK, 0, 0 } },

	{ "accept_interval: not yet",
	  { .accept_queue = 9, .work_pending = 1, .free_slots = 9, .work_phases = 2,
	    .conf = { .accept_interval = 3 } }, { WORK, 0, 0 } },
	{ "accept_interval: now",
	  { .accept_queue = 9, .work_pending = 1, .free_slots = 9, .work_phases = 3,
	    .conf = { .accept_interval = 3 } }, { ACCEPT, 9, 0 } },
	{ "accept_interval: at once without work",
	  { .accept_queue = 9, .free_slots = 9, .work_phases = 1,
	    .conf = { .accept_interval = 3 } }, { ACCEPT, 9, 0 } },
	{ "work_limit", { .work_pending = 9, .conf = { FIXED, .work_limit = 4 } }, { WORK, 4, 0 } },
	{ "work_phase_usecs",
	  { .work_pending = 9, .conf = { FIXED, .work_phase_usecs = 70, .accept_phase_usecs = 7 } },
	  { WORK, 0, 70 } },
	{ "accept_phase_usecs",
	  { .accept_queue = 9, .free_slots = 9,
	    .conf = { FIXED, .work_phase_usecs = 70, .accept_phase_usecs = 7 } },
	  { ACCEPT, 9, 7 } },

	{ "auto: nothing to do", { .conf = { AUTO } }, { SLEEP, 0, 0 } },
	{ "auto: one while others have room to wait",
	  { .accept_queue = 64, .backlog = 128, RESTED, .free_slots = 900, .conf = { AUTO } },
	  { ACCEPT, 1, 0 } },
	{ "auto: everybody of a burst",
	  { .accept_queue = 129, .crowded = true, .backlog = 128, RESTED,
	    .free_slots = 900, .conf = { AUTO } }, { ACCEPT, 129, 0 } },
	{ "auto: no more than a queue's length of it",
	  { .accept_queue = 129, .crowded = true, .backlog = 128, .ahead = 100,
	    .free_slots = 900, .conf = { AUTO } }, { ACCEPT, 29, 0 } },
	{ "auto: one by one under overload",
	  { .accept_queue = 129, .crowded = true, .backlog = 128, .ahead = 128,
	    .free_slots = 900, .conf = { AUTO } }, { ACCEPT, 1, 0 } },
	{ "auto: accept_limit holds",
	  { .accept_queue = 60, .crowded = true, .backlog = 60, RESTED, .free_slots = 900,
	    .conf = { AUTO, .accept_limit = 5 } }, { ACCEPT, 5, 0 } },
	{ "auto: a round of work",
	  { .accept_queue = 60, .work_pending = 17, .free_slots = 900,
	    .conf = { AUTO } }, { WORK, 17, 0 } },
	{ "auto: work_limit holds",
	  { .work_pending = 17, .free_slots = 900, .conf = { AUTO, .work_limit = 4 } },
	  { WORK, 4, 0 } },
	{ "auto: after it the others' turn",
	  { .accept_queue = 60, .work_pending = 17, .backlog = 128, .free_slots = 900,
	    .work_phases = 1, .conf = { AUTO } }, { ACCEPT, 1, 0 } },
	{ "auto: sleep at the connection limit",
	  { .accept_queue = 60, RESTED, .conf = { AUTO } },
	  { SLEEP, 0, 0 } },
	{ "auto: a queue of one place",
	  { .accept_queue = 2, .crowded = true, .backlog = 1, RESTED, .free_slots = 9,
	    .conf = { AUTO } }, { ACCEPT, 2, 0 } },
};

/* What is remembered of a phase. */
static const struct {
	const char *name;
	struct tux_policy_in in;
	struct tux_policy_plan plan;
	u32 ahead;
} phases[] = {
	{ "one by one", { .accept_queue = 9, .backlog = 128, .ahead = 7 }, { ACCEPT, 1, 0 }, 7 },
	{ "all at once", { .accept_queue = 129, .backlog = 128 }, { ACCEPT, 129, 0 }, 128 },
	{ "fewer than it may", { .accept_queue = 9, .backlog = 128, .ahead = 7 },
	  { ACCEPT, 50, 0 }, 15 },
	{ "no further than it matters", { .accept_queue = 129, .backlog = 128, .ahead = 128 },
	  { ACCEPT, 129, 0 }, 128 },
	{ "work while others wait", { .accept_queue = 9, .backlog = 128, .ahead = 7 },
	  { WORK, 9, 0 }, 7 },
	{ "nobody waits", { .work_pending = 9, .backlog = 128, .ahead = 128 }, { WORK, 9, 0 }, 0 },
	{ "a rest", { .accept_queue = 9, .backlog = 128, .ahead = 128 }, { SLEEP, 0, 0 }, 0 },
};

void test_policy(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tux_policy_plan plan = tux_policy_next(&cases[i].in);

		tap_ok(plan.phase == cases[i].plan.phase && plan.budget == cases[i].plan.budget &&
		       plan.usecs == cases[i].plan.usecs, "policy: %s", cases[i].name);
	}
	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		tap_ok(tux_policy_ahead(&phases[i].in, &phases[i].plan) == phases[i].ahead,
		       "policy: taken ahead: %s", phases[i].name);
	}
}
