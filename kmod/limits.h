/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fixed limits and budgets of the server, each with its reason.
 *
 * What an administrator may want to change is a tunable (tunables.h); what is
 * here only bounds loops and memory and has no better value on another machine.
 */
#ifndef _TUX_LIMITS_H
#define _TUX_LIMITS_H

#include <linux/jiffies.h>
#include <linux/sizes.h>

/*
 * Requests answered for one connection before it goes to the tail of
 * work_pending: a client that pipelines without end gets as much of the worker
 * per turn as this many well-behaved ones.
 */
#define TUX_RUN_REQUESTS	16

/*
 * Bytes handed to one socket in one turn. Larger than a usual send buffer, so
 * that it binds only where net.ipv4.tcp_wmem was raised.
 */
#define TUX_RUN_BYTES		SZ_1M

/* Upper end of max_header_len, and so the size of a worker's receive buffer. */
#define TUX_RX_SIZE		SZ_32K

/*
 * A worker's transmit buffer: heads and small bodies are gathered in it, so
 * that an answer leaves in one call, and a pipelined batch as well.
 */
#define TUX_TX_SIZE		SZ_32K

/*
 * Bodies up to this size are copied behind their head. Above it the cost of
 * handing page references to the socket is lower than that of the copy.
 */
#define TUX_COPY_MAX		SZ_16K

/*
 * Send buffer of a connection that is paced (max_output_bandwidth): a second's
 * worth of it, so that room comes several times in a second and a send_timeout
 * stays a matter of the client, but within these bounds. The lower one keeps
 * some segments in flight; above the other the stack sizes the buffer as usual.
 */
#define TUX_PACED_SNDBUF_MIN	SZ_32K
#define TUX_PACED_SNDBUF_MAX	SZ_2M

/* Bytes of a refused request's rest that are read and thrown away. */
#define TUX_LINGER_BYTES	SZ_256K

/* Seconds that a refused connection may take to close its side. */
#define TUX_LINGER_SECONDS	5

/*
 * Requests that may block on a disk at the same time. Each is one kernel
 * thread for as long as it blocks; the original TUX used 64 per thread.
 */
#define TUX_MISS_THREADS	32

/*
 * An errand that is under way for so long counts as stuck, and keeps the module in
 * use: rmmod is refused from then on, rather than hang. Much longer than a disk that
 * works takes, so that a server under load can always be removed.
 */
#define TUX_MISS_STUCK		(5 * HZ)

/* How long stopping waits for errands, before it leaves them behind. */
#define TUX_STOP_WAIT		(2 * HZ)

/*
 * Listing a directory (http_dir_indexing): entries read of it, entries looked at
 * more closely, which costs a lookup each, and bytes of their names. So a
 * request for a huge directory costs no more than one for a large one.
 */
#define TUX_LIST_SEEN		65536
#define TUX_LIST_ENTRIES	2048
#define TUX_LIST_NAMES		SZ_128K

/*
 * Work items after which a worker looks at its timeouts again, so that a
 * work-phase without end does not keep dead connections open.
 */
#define TUX_EXPIRE_ITEMS	64

/*
 * Folios that one call gives to TCP. With fewer, what is left over between a call and a
 * segment costs more than the call; these are the 256 KiB of a turn where a folio is a
 * page. docs/files.rst has the measurement.
 */
#define TUX_SEND_FOLIOS		64

/* Connections closed by one look at the timeouts. */
#define TUX_EXPIRE_BUDGET	256

/*
 * Connections in an accept queue above which another worker is asked to take some
 * over. Waking an idle CPU, and moving what the connections touch to its caches,
 * costs about as much as serving this many; and a worker that is awake has a
 * queue of a few at any load.
 */
#define TUX_CROWD		8

/*
 * One in so many SYNs that syn_admission would refuse is let in: few enough that
 * handshakes in vain cost little under overload, and enough that a flood fills a
 * SYN queue within seconds.
 */
#define TUX_SYN_PROBE		16

/* Workers of one server: the bound of the `threads` tunable. */
#define TUX_THREADS_MAX		256

#endif /* _TUX_LIMITS_H */
