// SPDX-License-Identifier: GPL-2.0-only
/*
 * loop - one thread, three phases
 *
 *	get events	which connections can be worked on, and does anybody wait?
 *	accept		if so, take up to accept_limit of them
 *	work		on those that had events before the accept-phase, each once
 *
 * New connections are not worked on in the turn in which they came, only when an
 * event says that there is something to read. When max_connections are open, the
 * listener is left alone until one is closed.
 *
 * Connections are in a table by descriptor, so nothing is searched.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "userver.h"

#define SWEEP_MS	1000	/* how often timeouts are looked for */

static struct {
	const struct event_ops *ops;
	struct counters *count;
	struct ready *ready;
	struct conn **conns;		/* by descriptor */
	unsigned int max_fds;
	unsigned int open;
	int listen_fd;
	bool listening;			/* the listener's events are of interest */
	time_t swept;
} loop;

static void listen_while_room(void)
{
	bool room = loop.open < opt.max_connections;

	if (room == loop.listening)
		return;
	loop.ops->set(loop.listen_fd, room ? EVENT_IN : 0);
	loop.listening = room;
}

static void open_conn(int fd)
{
	struct conn *c = malloc(sizeof(*c));

	if (!c)
		die("malloc");
	conn_init(c, fd);
	loop.conns[fd] = c;
	loop.open++;
	loop.count->accepted++;
	loop.ops->set(fd, EVENT_IN);
}

static void close_conn(struct conn *c)
{
	loop.ops->forget(c->fd);
	loop.conns[c->fd] = NULL;
	loop.open--;
	conn_close(c, loop.count);
	free(c);
}

static void accept_phase(void)
{
	unsigned int n = 0;
	int fd;

	loop.count->accept_phases++;
	while ((!opt.accept_limit || n < opt.accept_limit) && loop.open < opt.max_connections) {
		fd = accept4(loop.listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == ECONNABORTED)
				continue;
			if (errno != EAGAIN)
				loop.count->accept_errors++;
			break;
		}
		open_conn(fd);
		n++;
	}
}

static void work_on(const struct ready *r)
{
	struct conn *c = loop.conns[r->fd];
	bool was_sending = c->sending;

	if (conn_work(c, loop.count) == WANT_CLOSE)
		close_conn(c);
	else if (c->sending != was_sending)
		loop.ops->set(c->fd, c->sending ? EVENT_OUT : EVENT_IN);
}

static void work_phase(int n)
{
	int i;

	loop.count->work_phases++;
	for (i = 0; i < n; i++)
		work_on(&loop.ready[i]);
}

/* Take the listener out of those that are ready; was it among them? */
static bool take_listener(int *n)
{
	int i;

	for (i = 0; i < *n; i++) {
		if (loop.ready[i].fd != loop.listen_fd)
			continue;
		loop.ready[i] = loop.ready[--*n];
		return true;
	}
	return false;
}

static void close_stale(void)
{
	time_t now = time(NULL);
	unsigned int fd;
	struct conn *c;

	if (!opt.timeout || now == loop.swept)
		return;
	loop.swept = now;
	for (fd = 0; fd < loop.max_fds; fd++) {
		c = loop.conns[fd];
		if (c && now - c->active > (time_t)opt.timeout) {
			loop.count->timed_out++;
			close_conn(c);
		}
	}
}

/**
 * loop_run() - serve until a signal says stop
 * @listen_fd: the listening socket
 * @max_fds: no descriptor of a socket is as high as this
 */
void loop_run(int listen_fd, unsigned int max_fds)
{
	int n;

	loop.ops = events_find(opt.events);
	loop.count = stats_slot(0);
	loop.ready = calloc(max_fds, sizeof(*loop.ready));
	loop.conns = calloc(max_fds, sizeof(*loop.conns));
	if (!loop.ready || !loop.conns)
		die("calloc");
	loop.max_fds = max_fds;
	loop.listen_fd = listen_fd;
	loop.ops->init(max_fds);
	while (!stopped) {
		listen_while_room();
		loop.count->getevents++;
		n = loop.ops->wait(loop.ready, SWEEP_MS);
		if (take_listener(&n))
			accept_phase();
		if (n)
			work_phase(n);
		close_stale();
	}
}
