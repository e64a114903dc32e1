/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userver - a small web server in user space, to try accept strategies with
 *
 * What its parts know of one another. The story is in main.c; who owns what:
 *
 *	main.c		options, the listening socket, start and end
 *	stats.c		counters, in a file that anybody may look at meanwhile
 *	cache.c		the files, all in memory from the start
 *	http.c		what a request says; no sockets
 *	conn.c		one connection: receive, answer, send
 *	events.c	select, poll and epoll behind one interface
 *	loop.c		one thread, three phases
 *	threads.c	a thread for each connection, after Knot
 *	udp.c		many ports, of which few have something to read
 */
#ifndef USERVER_H
#define USERVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* A request's head is at most this long; browsers send some hundred bytes. */
#define REQUEST_MAX	4096
/* The longest head that we send, with the longest error page. */
#define HEAD_MAX	512
/* Descriptors beside connections and files: standard ones, listener, epoll, counters. */
#define SPARE_FDS	32
/* Files above the size for sendfile: 340 in a SPECweb99-like set of 20 directories. */
#define MAX_OPEN_FILES	4096

/* ---- main.c ---- */

enum userver_mode { MODE_EVENT, MODE_KNOT_C, MODE_KNOT_A, MODE_UDP };

struct options {
	enum userver_mode mode;
	const char *events;
	const char *root;
	const char *stats;
	unsigned int port;
	unsigned int backlog;
	unsigned int accept_limit;	/* 0: Inf, all that wait */
	unsigned int max_connections;
	unsigned int threads;		/* Knot-C */
	unsigned int timeout;		/* seconds without progress; 0: for ever */
	unsigned int udp_ports;
};

extern struct options opt;
extern volatile sig_atomic_t stopped;

/* the last words */
void die(const char *what) __attribute__((noreturn));

/* ---- stats.c ---- */

/*
 * getevents	calls of select, poll or epoll_wait
 * accept_phases	times that accepting began, whatever came of it
 * work_phases	times that at least one connection was worked on
 * work_items	connections worked on, a connection once for each time
 */
#define USERVER_COUNTERS(X)						\
	X(getevents) X(accept_phases) X(accepted) X(accept_errors)	\
	X(work_phases) X(work_items) X(requests) X(bytes_sent)		\
	X(closed) X(timed_out) X(datagrams)

/* One thread writes, anybody reads; as large as two cache lines. */
struct counters {
#define X(name) uint64_t name;
	USERVER_COUNTERS(X)
#undef X
} __attribute__((aligned(128)));

void stats_open(const char *path, unsigned int slots);
struct counters *stats_slot(unsigned int slot);
int stats_show(const char *path);

/* ---- cache.c ---- */

struct file {
	struct file *next;		/* with the same hash */
	char *path;			/* as in a request: /a/b.html */
	const char *body;
	size_t size;
	int fd;				/* for sendfile; -1: body goes by writev */
	char *fields;			/* the part of the head that is always the same */
	size_t fields_len;
};

void cache_load(const char *root, int first_fd);
const struct file *cache_find(const char *path, size_t len);

/* ---- http.c ---- */

struct request {
	int status;			/* 200, or why there is nothing to look for */
	bool head;			/* HEAD: no body */
	bool keep_alive;
	bool http10;
	const char *path;
	size_t path_len;
};

size_t http_parse(const char *in, size_t len, struct request *req);
const char *http_reason(int status);

/* ---- conn.c ---- */

enum conn_want { WANT_READ, WANT_WRITE, WANT_CLOSE };

struct conn_io;

/* What a connection costs while nothing happens; the rest is in io. */
struct conn {
	int fd;
	bool sending;			/* an answer is on its way */
	bool last;			/* and is the last one */
	bool stalled;			/* the socket had nothing, or no room */
	time_t active;			/* when something happened last */
	struct conn_io *io;		/* NULL between requests */
};

void conn_init(struct conn *c, int fd);
enum conn_want conn_work(struct conn *c, struct counters *count);
void conn_close(struct conn *c, struct counters *count);

/* ---- events.c ---- */

#define EVENT_IN	1u
#define EVENT_OUT	2u

struct ready {
	int fd;
	unsigned int mask;
};

/*
 * set() says which events of a descriptor are of interest, 0 for none; forget()
 * is told of a descriptor that is about to be closed; wait() returns how many
 * descriptors are ready, after timeout_ms at the latest.
 */
struct event_ops {
	const char *name;
	void (*init)(unsigned int max_fds);
	void (*set)(int fd, unsigned int mask);
	void (*forget)(int fd);
	int (*wait)(struct ready *ready, int timeout_ms);
};

const struct event_ops *events_find(const char *name);

/* ---- the modes ---- */

void loop_run(int listen_fd, unsigned int max_fds);
void threads_run(int listen_fd, unsigned int max_fds);
void udp_run(unsigned int max_fds);

#endif /* USERVER_H */
