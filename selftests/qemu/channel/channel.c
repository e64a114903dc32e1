// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers and frames for the three programs of the channel; see channel.h.
 *
 * Memory that cannot be had ends the program: a rig without its channel is over,
 * and whoever waits for it notices at once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"

static void reserve(struct ch_buf *b, size_t more)
{
	if (b->pos) {
		memmove(b->data, b->data + b->pos, ch_pending(b));
		b->len -= b->pos;
		b->pos = 0;
	}
	if (b->len + more <= b->size)
		return;
	b->size = 2 * (b->len + more);
	b->data = realloc(b->data, b->size);
	if (!b->data) {
		fputs("channel: out of memory\n", stderr);
		abort();
	}
}

/* An error that only means: not now. */
bool ch_retry(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

void ch_put(struct ch_buf *b, const void *data, size_t len)
{
	if (!len)
		return;
	reserve(b, len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void ch_put_frame(struct ch_buf *b, uint32_t chan, uint32_t type, const void *data, size_t len)
{
	struct ch_head head = { .chan = chan, .type = type, .len = len };

	ch_put(b, &head, sizeof(head));
	ch_put(b, data, len);
}

/*
 * Take one frame from the front of @b.  The payload stays valid until @b is touched.
 * Return: 1 with a frame, 0 when it is not complete yet, -1 when this is no frame.
 */
int ch_get_frame(struct ch_buf *b, struct ch_head *head, const char **payload)
{
	if (ch_pending(b) < sizeof(*head))
		return 0;
	memcpy(head, b->data + b->pos, sizeof(*head));
	if (head->len > CH_MAX_FRAME)
		return -1;
	if (ch_pending(b) < sizeof(*head) + head->len)
		return 0;
	*payload = b->data + b->pos + sizeof(*head);
	b->pos += sizeof(*head) + head->len;
	return 1;
}

/* Read what is there. Return: 1 got some, 0 not now, -1 end of file or error. */
int ch_read(int fd, struct ch_buf *b)
{
	ssize_t n;

	reserve(b, CH_CHUNK);
	n = read(fd, b->data + b->len, b->size - b->len);
	if (n > 0) {
		b->len += n;
		return 1;
	}
	return n < 0 && ch_retry(errno) ? 0 : -1;
}

/* Write what can be written. Return: 1 all gone, 0 some is left, -1 error. */
int ch_write(int fd, struct ch_buf *b)
{
	ssize_t n;

	while (ch_pending(b)) {
		n = write(fd, b->data + b->pos, ch_pending(b));
		if (n < 0)
			return ch_retry(errno) ? 0 : -1;
		b->pos += n;
	}
	b->pos = 0;
	b->len = 0;
	return 1;
}

void ch_free(struct ch_buf *b)
{
	free(b->data);
	*b = (struct ch_buf){ 0 };
}
