/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The miss pool: what may block on a disk runs here instead of on a worker.
 */
#ifndef _TUX_MISS_H
#define _TUX_MISS_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "variant.h"

struct tux_conn;
struct tux_file;
struct tux_net;
struct tux_server;

/* What is to be done */
enum tux_miss_kind {
	TUX_MISS_LOOKUP,	/* find out what @path names */
	TUX_MISS_READ,		/* read a small body */
	TUX_MISS_LIST,		/* make a page of the directory @path */
	TUX_MISS_SEND,		/* bring the part that is sent next into memory */
};

/**
 * struct tux_miss - a connection's errand in the miss pool
 * @work: the work item
 * @c: the connection; the pool owns it (BUSY) until the errand is done
 * @srv: its server
 * @under_way: in the list of all errands that are not done; under tux_miss_lock
 * @since: jiffies when it was sent off
 * @pinned: it keeps the module in use; under tux_miss_lock
 * @abandoned: nobody waits for it any more, @c is its own; under tux_miss_lock
 * @kind: what to do
 * @err: LOOKUP, READ and LIST: the result
 * @wanted: LOOKUP: the codings that the client takes
 * @coding: LOOKUP: which of them @file is in; READ: the same, as it was found
 * @file: LOOKUP: the result; READ: the file to read
 * @pos: READ: where in @file the body begins
 * @len: READ: its length; LIST: that of the page
 * @body: READ: the result; LIST: the page, see tux_dirlist()
 * @sent: SEND: bytes sent by the pool itself, or a negative errno
 * @path: LOOKUP, LIST: what to look up
 */
struct tux_miss {
	struct work_struct	work;
	struct tux_conn		*c;
	struct tux_server	*srv;
	struct list_head	under_way;
	unsigned long		since;
	bool			pinned;
	bool			abandoned;
	enum tux_miss_kind	kind;
	int			err;
	struct tux_wanted	wanted;
	u8			coding;
	loff_t			pos;
	size_t			len;
	void			*body;
	ssize_t			sent;
	struct tux_file		*file;
	char			path[];
};

int tux_miss_init(void);
void tux_miss_exit(void);
void tux_miss_flush(void);
bool tux_miss_abandon(struct tux_conn *c);
unsigned int tux_miss_stuck(const struct tux_net *tn);

struct tux_miss *tux_miss_lookup(struct tux_conn *c, const char *path,
				 const struct tux_wanted *wanted);
struct tux_miss *tux_miss_list(struct tux_conn *c, const char *path);
struct tux_miss *tux_miss_read(struct tux_conn *c, struct tux_file *file, u8 coding, loff_t pos,
			       size_t len);
struct tux_miss *tux_miss_send(struct tux_conn *c);
void tux_miss_submit(struct tux_miss *m);
void tux_miss_free(struct tux_miss *m);

#endif /* _TUX_MISS_H */
