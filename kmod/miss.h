/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The miss pool: what may block on a disk runs here instead of on a worker.
 */
#ifndef _TUX_MISS_H
#define _TUX_MISS_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct tux_conn;
struct tux_file;

/* What is to be done */
enum tux_miss_kind {
	TUX_MISS_LOOKUP,	/* find out what @path names */
	TUX_MISS_READ,		/* bring the beginning of @file into memory */
	TUX_MISS_SEND,		/* the same for the part to be sent next */
};

/**
 * struct tux_miss - a connection's errand in the miss pool
 * @work: the work item
 * @c: the connection; the pool owns it (BUSY) until the errand is done
 * @kind: what to do
 * @err: LOOKUP and READ: the result
 * @file: LOOKUP: the result; READ: the file to read
 * @sent: SEND: bytes sent by the pool itself, or a negative errno
 * @path: LOOKUP: what to look up
 */
struct tux_miss {
	struct work_struct	work;
	struct tux_conn		*c;
	enum tux_miss_kind	kind;
	int			err;
	ssize_t			sent;
	struct tux_file		*file;
	char			path[];
};

int tux_miss_init(void);
void tux_miss_exit(void);
void tux_miss_flush(void);

struct tux_miss *tux_miss_alloc(struct tux_conn *c, enum tux_miss_kind kind, const char *path,
				struct tux_file *file);
void tux_miss_submit(struct tux_miss *m);
void tux_miss_free(struct tux_conn *c);

#endif /* _TUX_MISS_H */
