/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The channel between the host and the guest: what travels on it.
 *
 * One virtio-serial port carries any number of commands at once.  Three programs
 * speak this: `guest` (one per command, on the host), `mux` (one per rig, on the
 * host) and `agent` (process 1 of the guest).
 *
 *	guest --- unix socket ---+
 *	guest --- unix socket ---+-- mux -- virtio-serial port -- agent -- command
 *	guest --- unix socket ---+                                      `- command
 *
 * Everything is a frame: a header and len bytes.  The mux gives each client a
 * channel number and passes frames on unread; only it and the agent see numbers
 * other than 0.
 *
 * Flow control is end to end, between guest and agent: a side may have at most
 * CH_WINDOW bytes of a channel's data in one direction under way that were not
 * acknowledged with CH_ACK.  So no command can hold up another one, and the mux
 * never has to buffer more than that for a client that does not read.
 *
 * Byte order is the machine's: both ends run on the same one.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_WINDOW	(64 * 1024)	/* bytes under way in one direction */
#define CH_CHUNK	(16 * 1024)	/* data bytes in one frame at most */
#define CH_MAX_FRAME	(1024 * 1024)	/* a longer one means lost synchronism */

/* Name of the port, found in the guest as /sys/class/virtio-ports/.../name. */
#define CH_PORT_NAME	"org.tux.agent"

/* What $GUEST exits with when the guest is gone, as env(1) and timeout(1) do. */
#define CH_EXIT_GONE	125

enum ch_type {
	CH_HELLO = 1,	/* agent to mux, once, on channel 0: commands may come */
	CH_OPEN,	/* to agent: arguments, each ended by a NUL */
	CH_IN,		/* to agent: bytes for standard input; none: end of file */
	CH_OUT,		/* from agent: bytes of standard output */
	CH_ERR,		/* from agent: bytes of standard error */
	CH_ACK,		/* either way: uint32_t, so many bytes were taken */
	CH_EXIT,	/* from agent: uint32_t exit status; the channel is over */
	CH_CLOSE,	/* to agent: the client is gone, end the command */
};

struct ch_head {
	uint32_t chan;
	uint32_t type;
	uint32_t len;
};

/* Bytes waiting to be read or written; pos..len are the ones still to come. */
struct ch_buf {
	char *data;
	size_t pos, len, size;
};

static inline size_t ch_pending(const struct ch_buf *b)
{
	return b->len - b->pos;
}

void ch_put(struct ch_buf *b, const void *data, size_t len);
void ch_put_frame(struct ch_buf *b, uint32_t chan, uint32_t type, const void *data, size_t len);
int ch_get_frame(struct ch_buf *b, struct ch_head *head, const char **payload);
int ch_read(int fd, struct ch_buf *b);
int ch_write(int fd, struct ch_buf *b);
void ch_free(struct ch_buf *b);
bool ch_retry(int err);

#endif /* CHANNEL_H */
