// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads - a thread for each connection, after Knot
 *
 * Knot-C: a fixed number of threads. Each takes up to accept_limit connections, as
 * many as wait, but at least one, and serves them to their end, one after another,
 * before it accepts again. With a limit of 1 that is a thread for each connection
 * and a bound on their number; with more, connections wait in a thread that is
 * busy with an earlier one.
 *
 * Knot-A: one thread accepts, up to accept_limit in a row, and starts a thread for each;
 * max_connections bounds them.
 *
 * These are threads of the kernel, not Capriccio's: what a switch costs, and when it
 * happens, is not the same.
 *
 * Who accepts holds accept_lock, so that one thread alone waits for the listener
 * and none is woken in vain.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "userver.h"

/* A thread's own calls are shallow; the C library wants 16 KiB itself. */
#define STACK_SIZE	(64 * 1024)

static pthread_mutex_t accept_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int open_threads;	/* Knot-A, changed atomically */
static unsigned int max_fd;
static int listener;

/* Serve one connection to its end. */
static void serve(int fd, struct counters *count)
{
	struct conn c;

	conn_init(&c, fd);
	do {
		if (conn_work(&c, count) == WANT_CLOSE)
			break;
		/* this socket blocks: it had its time */
		if (c.stalled)
			count->timed_out++;
	} while (!c.stalled);
	conn_close(&c, count);
}

/* Up to LIMIT connections into FDS; waits for the first. */
static unsigned int accept_some(int *fds, unsigned int limit, struct counters *count)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	unsigned int n = 0;

	count->accept_phases++;
	while (n < limit) {
		fds[n] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fds[n] >= 0 && fds[n] < (int)max_fd) {
			count->accepted++;
			n++;
			continue;
		}
		if (fds[n] >= 0) {
			close(fds[n]);
			count->accept_errors++;
		} else if (errno != EAGAIN && errno != ECONNABORTED) {
			count->accept_errors++;
		}
		if (n)
			break;
		count->getevents++;
		poll(&p, 1, -1);
	}
	return n;
}

/* Inf is whatever the accept queue can hold. */
static unsigned int limit_of_phase(void)
{
	return opt.accept_limit ? opt.accept_limit : opt.backlog + 1;
}

static int *new_fds(void)
{
	int *fds = calloc(limit_of_phase(), sizeof(*fds));

	if (!fds)
		die("calloc");
	return fds;
}

static void *knot_c(void *slot)
{
	struct counters *count = stats_slot((uintptr_t)slot);
	int *fds = new_fds();
	unsigned int i, n;

	for (;;) {
		pthread_mutex_lock(&accept_lock);
		n = accept_some(fds, limit_of_phase(), count);
		pthread_mutex_unlock(&accept_lock);
		count->work_phases++;
		for (i = 0; i < n; i++)
			serve(fds[i], count);
	}
	return NULL;
}

/* Its counters are those of its descriptor, which nobody else has meanwhile. */
static void *knot_a_worker(void *fd)
{
	struct counters *count = stats_slot((uintptr_t)fd);

	count->work_phases++;
	serve((uintptr_t)fd, count);
	__atomic_sub_fetch(&open_threads, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void make_thread(void *(*run)(void *), uintptr_t arg, struct counters *count)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, run, (void *)arg);
	pthread_attr_destroy(&attr);
	if (!err)
		return;
	errno = err;
	if (run == knot_c)
		die("pthread_create");
	/* one client less */
	count->accept_errors++;
	count->closed++;
	__atomic_sub_fetch(&open_threads, 1, __ATOMIC_RELAXED);
	close(arg);
}

static unsigned int room(void)
{
	unsigned int now = __atomic_load_n(&open_threads, __ATOMIC_RELAXED);

	return now < opt.max_connections ? opt.max_connections - now : 0;
}

/* The acceptor's own slot is that of the listener, which is no worker's. */
static void *knot_a(void *slot)
{
	struct counters *count = stats_slot((uintptr_t)slot);
	unsigned int i, n, limit;
	int *fds = new_fds();

	for (;;) {
		limit = limit_of_phase();
		if (limit > room())
			limit = room();
		if (!limit) {
			/* rare, and a millisecond is nothing to who waits here */
			poll(NULL, 0, 1);
			continue;
		}
		n = accept_some(fds, limit, count);
		__atomic_add_fetch(&open_threads, n, __ATOMIC_RELAXED);
		for (i = 0; i < n; i++)
			make_thread(knot_a_worker, fds[i], count);
	}
	return NULL;
}

/**
 * threads_run() - serve until a signal says stop
 * @listen_fd: the listening socket, which does not block
 * @max_fds: no descriptor of a socket is as high as this
 */
void threads_run(int listen_fd, unsigned int max_fds)
{
	unsigned int i;
	sigset_t set, old;

	listener = listen_fd;
	max_fd = max_fds;
	/* signals are for this thread, which does nothing but wait for one */
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	if (opt.mode == MODE_KNOT_A)
		make_thread(knot_a, listen_fd, stats_slot(listen_fd));
	else
		for (i = 0; i < opt.threads; i++)
			make_thread(knot_c, i, stats_slot(i));
	while (!stopped)
		sigsuspend(&old);
}
