// SPDX-License-Identifier: GPL-2.0-only
/*
 * events - select, poll and epoll behind one interface
 *
 * All three tell of a descriptor as long as there is something (level-triggered), so that
 * the loop behaves the same with each, and what differs is what asking costs. Each has
 * its own state below, made by its init(); only one is used in a process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "userver.h"

static unsigned int max_fds;

static void *zalloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		die("calloc");
	return p;
}

/* ---- select: bitmaps of our own, longer than the C library's fd_set ---- */

#define BITS		(8 * sizeof(unsigned long))

static struct {
	unsigned long *in, *out;		/* what is of interest */
	unsigned long *in_ready, *out_ready;	/* what the kernel said */
	int highest;
} sel;

static void select_init(unsigned int fds)
{
	size_t words = (fds + BITS - 1) / BITS;

	max_fds = fds;
	sel.in = zalloc(words, sizeof(long));
	sel.out = zalloc(words, sizeof(long));
	sel.in_ready = zalloc(words, sizeof(long));
	sel.out_ready = zalloc(words, sizeof(long));
	sel.highest = -1;
}

static void assign_bit(unsigned long *map, int fd, bool on)
{
	unsigned long bit = 1ul << (fd % BITS);

	map[fd / BITS] = on ? map[fd / BITS] | bit : map[fd / BITS] & ~bit;
}

static bool test_bit(const unsigned long *map, int fd)
{
	return map[fd / BITS] >> (fd % BITS) & 1;
}

static void select_set(int fd, unsigned int mask)
{
	assign_bit(sel.in, fd, mask & EVENT_IN);
	assign_bit(sel.out, fd, mask & EVENT_OUT);
	if (mask && fd > sel.highest)
		sel.highest = fd;
	while (sel.highest >= 0 && !test_bit(sel.in, sel.highest) &&
	       !test_bit(sel.out, sel.highest))
		sel.highest--;
}

static void select_forget(int fd)
{
	select_set(fd, 0);
}

static int select_collect(struct ready *ready, int words)
{
	unsigned long both;
	int n = 0, i, fd;

	for (i = 0; i < words; i++) {
		both = sel.in_ready[i] | sel.out_ready[i];
		for (; both; both &= both - 1) {
			fd = i * BITS + __builtin_ctzl(both);
			ready[n].fd = fd;
			ready[n].mask = (test_bit(sel.in_ready, fd) ? EVENT_IN : 0) |
					(test_bit(sel.out_ready, fd) ? EVENT_OUT : 0);
			n++;
		}
	}
	return n;
}

static int select_wait(struct ready *ready, int timeout_ms)
{
	struct timeval limit = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	int words = (sel.highest + BITS) / BITS;

	memcpy(sel.in_ready, sel.in, words * sizeof(long));
	memcpy(sel.out_ready, sel.out, words * sizeof(long));
	if (select(sel.highest + 1, (fd_set *)sel.in_ready, (fd_set *)sel.out_ready, NULL,
		   &limit) <= 0)
		return 0;
	return select_collect(ready, words);
}

/* ---- poll: an array without holes, and where each descriptor is in it ---- */

static struct {
	struct pollfd *fds;
	int *index;			/* by descriptor: place + 1, 0 for none */
	unsigned int count;
} pol;

static void poll_init(unsigned int fds)
{
	max_fds = fds;
	pol.fds = zalloc(fds, sizeof(*pol.fds));
	pol.index = zalloc(fds, sizeof(*pol.index));
}

static void poll_forget(int fd)
{
	int i = pol.index[fd] - 1;

	if (i < 0)
		return;
	pol.index[fd] = 0;
	pol.count--;
	if ((unsigned int)i == pol.count)
		return;
	pol.fds[i] = pol.fds[pol.count];
	pol.index[pol.fds[i].fd] = i + 1;
}

static void poll_set(int fd, unsigned int mask)
{
	struct pollfd *p;

	if (!mask) {
		poll_forget(fd);
		return;
	}
	if (!pol.index[fd])
		pol.index[fd] = ++pol.count;
	p = &pol.fds[pol.index[fd] - 1];
	p->fd = fd;
	p->events = (mask & EVENT_IN ? POLLIN : 0) | (mask & EVENT_OUT ? POLLOUT : 0);
}

/* Errors are for whoever waits: the next call on the socket tells of them. */
static int poll_wait(struct ready *ready, int timeout_ms)
{
	int left = poll(pol.fds, pol.count, timeout_ms);
	unsigned int i;
	int n = 0;

	for (i = 0; i < pol.count && left > 0; i++) {
		if (!pol.fds[i].revents)
			continue;
		ready[n].fd = pol.fds[i].fd;
		ready[n++].mask = pol.fds[i].revents & POLLOUT ? EVENT_OUT : EVENT_IN;
		left--;
	}
	return n;
}

/* ---- epoll: the kernel remembers what is of interest ---- */

static struct {
	int fd;
	struct epoll_event *events;
	bool *known;			/* by descriptor */
} ep;

static void epoll_init(unsigned int fds)
{
	max_fds = fds;
	ep.events = zalloc(fds, sizeof(*ep.events));
	ep.known = zalloc(fds, sizeof(*ep.known));
	ep.fd = epoll_create1(EPOLL_CLOEXEC);
	if (ep.fd < 0)
		die("epoll_create1");
}

static void epoll_set(int fd, unsigned int mask)
{
	struct epoll_event ev = { .data.fd = fd };
	int op = EPOLL_CTL_MOD;

	ev.events = (mask & EVENT_IN ? EPOLLIN : 0) | (mask & EVENT_OUT ? EPOLLOUT : 0);
	if (!ep.known[fd])
		op = EPOLL_CTL_ADD;
	else if (!mask)
		op = EPOLL_CTL_DEL;
	ep.known[fd] = mask;
	if (epoll_ctl(ep.fd, op, fd, &ev))
		die("epoll_ctl");
}

/* close() takes a descriptor out by itself. */
static void epoll_forget(int fd)
{
	ep.known[fd] = false;
}

static int epoll_collect(struct ready *ready, int timeout_ms)
{
	int i, n = epoll_wait(ep.fd, ep.events, max_fds, timeout_ms);

	for (i = 0; i < n; i++) {
		ready[i].fd = ep.events[i].data.fd;
		ready[i].mask = ep.events[i].events & EPOLLOUT ? EVENT_OUT : EVENT_IN;
	}
	return n < 0 ? 0 : n;
}

static const struct event_ops all_ops[] = {
	{ "select", select_init, select_set, select_forget, select_wait },
	{ "poll", poll_init, poll_set, poll_forget, poll_wait },
	{ "epoll", epoll_init, epoll_set, epoll_forget, epoll_collect },
};

const struct event_ops *events_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all_ops); i++)
		if (!strcmp(all_ops[i].name, name))
			return &all_ops[i];
	return NULL;
}
