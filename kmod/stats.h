/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters. Each worker has its own set and is their only writer, so counting
 * costs an increment; readers add the sets up. docs/counters.rst tells what
 * each one means.
 */
#ifndef _TUX_STATS_H
#define _TUX_STATS_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "http_status.h"

/* X(name): names as they appear in /proc/net/tux/stat */
#define TUX_COUNTERS(X)							\
	X(accepted)		/* connections taken from accept queues */ \
	X(closed)		/* of these, those closed again */	\
	X(accepts_stolen)	/* of these, those from another worker's */ \
	X(accept_dead)		/* found closed already when popped */	\
	X(accept_nomem)		/* closed at once for want of memory */	\
	X(accept_per_ip)	/* and for max_connections_per_ip */	\
	X(half_closed)		/* reset by abort_half_closed */	\
	X(requests)		/* complete request heads */		\
	X(bytes_sent)		/* bytes taken by the sockets */	\
	X(accept_phases)						\
	X(work_phases)							\
	X(work_items)		/* work_pending entries processed */	\
	X(sleeps)							\
	X(misses)		/* requests that went to the miss pool */ \
	X(send_full)		/* waits for room in a send buffer */	\
	X(truncated)		/* aborted: the file shrank meanwhile */ \
	X(aborted)		/* connections ended by a reset of ours */ \
	X(timeout_header)						\
	X(timeout_keepalive)						\
	X(timeout_send)							\
	X(timeout_linger)

enum tux_counter {
#define X(name) TUX_##name,
	TUX_COUNTERS(X)
#undef X
	TUX_STATUS_BASE,
	TUX_NR_COUNTERS = TUX_STATUS_BASE + HTTP_NR_STATUS
};

/*
 * Queue drops by the kinds of the paper, section 6.3, and by syn_admission; kept
 * per listener.
 */
#define TUX_DROPS(X)							\
	X(drop_synq_full)						\
	X(drop_acceptq_full)						\
	X(drop_request)							\
	X(drop_listen_overflow)						\
	X(drop_admission)

enum tux_drop {
#define X(name) TUX_##name,
	TUX_DROPS(X)
#undef X
	TUX_NR_DROPS
};

/**
 * struct tux_stats - the counters of one worker
 * @v: indexed by enum tux_counter; written by the worker alone
 */
struct tux_stats {
	u64 v[TUX_NR_COUNTERS];
};

static inline void tux_stat_add(struct tux_stats *s, unsigned int i, u64 n)
{
	WRITE_ONCE(s->v[i], s->v[i] + n);
}

static inline void tux_stat_inc(struct tux_stats *s, unsigned int i)
{
	tux_stat_add(s, i, 1);
}

const char *tux_counter_name(unsigned int i);
const char *tux_drop_name(unsigned int i);

#endif /* _TUX_STATS_H */
