/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending a file: from the page cache to a TCP socket without a copy.
 */
#ifndef TUX_SENDFILE_H
#define TUX_SENDFILE_H

#include <linux/errno.h>
#include <linux/types.h>

struct socket;
struct tux_file;

/* Flags for tux_sendfile() */
#define TUX_SEND_NOWAIT		0x1	/* do not read cold pages, say TUX_SEND_COLD */
#define TUX_SEND_MORE		0x2	/* the caller has more to send after @count */

/* What tux_sendfile() says when it cannot go on; all are negative errnos. */
#define TUX_SEND_FULL		(-EAGAIN)	/* the socket: wait for its write_space */
#define TUX_SEND_COLD		(-ENODATA)	/* the disk: ask again in the miss pool */
#define TUX_SEND_TRUNCATED	(-ESTALE)	/* file ends too early: abort the connection */

/*
 * The most that one call sends: the queue of a worker must not wait for one
 * fat connection, and a socket's send buffer is rarely larger.
 */
#define TUX_SEND_BUDGET		(256U << 10)

/**
 * tux_sendfile() - send a range of a file, as far as it goes now
 * @sock: connected TCP socket; the caller is its only sender
 * @file: the file
 * @pos: where to go on; moved forward by what was sent
 * @count: how much is left of the range; beyond TUX_SEND_BUDGET bytes the
 *	call ends with part of it sent
 * @flags: TUX_SEND_*
 *
 * Never waits for the socket. Without TUX_SEND_NOWAIT it may wait for the
 * disk. The pages are referenced by the socket buffers, not copied, so a
 * client may see old or new bytes of this file when it is changed meanwhile,
 * as with sendfile(2); never another file's.
 *
 * Files on file systems without a page cache that can be used, and holes of
 * tmpfs, are read into fresh pages instead, in the miss pool only: with
 * TUX_SEND_NOWAIT they are always TUX_SEND_COLD.
 *
 * Context: process context, socket lock not held.
 *
 * Return: number of bytes sent, more than 0 (0 only if @count is 0), or, if
 * nothing could be sent, TUX_SEND_FULL, TUX_SEND_COLD, TUX_SEND_TRUNCATED, or
 * another negative error of the socket (-EPIPE, -ECONNRESET, …) or of the file
 * system (-EIO, -ENOMEM, …), after which the connection has to be aborted,
 * since its length was promised. After TUX_SEND_FULL the socket has
 * SOCK_NOSPACE set and the space was rechecked: a write_space callback comes.
 */
ssize_t tux_sendfile(struct socket *sock, struct tux_file *file, loff_t *pos,
		     size_t count, unsigned int flags);

#endif /* TUX_SENDFILE_H */
