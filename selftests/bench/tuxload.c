// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuxload - a small HTTP client for what httperf cannot measure
 *
 * httperf gives no percentiles, holds a thousand connections a process, and
 * needs a library or two.  This client is one static program, so that it runs in
 * the guest as well, and has three ways to work:
 *
 *	open	--rate R	connections begin R times a second, come what may
 *	closed	--concurrency C	C connections at a time, the next follows the last
 *	serial	--serial N	N requests, one after another, with blocking calls
 *				and nothing else, giving way to the server: the client
 *				that costs least, for counting instructions
 *
 * Besides, --idle N opens N connections first and holds them while the others
 * work; at the end each is asked for one reply, and those that do not give it
 * are counted as lost.  With --hold there are no others: they are held until
 * standard input ends.
 *
 * What is measured: replies completed inside the window, exactly; the times to
 * connect, from the request's first byte to the reply's first byte (response),
 * and to its last (complete).  Each reply's status, length and, on demand,
 * content are checked.  Prints `name value` lines.
 *
 * One thread, epoll, no allocation after the start but for the table of idle
 * connections.  A connection is on the list of deadlines as long as it is open;
 * all deadlines are equally long, so that the list is in order by itself.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hist.h"
#include "window.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MAX_HEAD	4096	/* a reply's head; ours and the comparators' are < 500 */
#define MAX_REQUEST	2048
#define READ_SIZE	(256 * 1024)
#define MAX_EVENTS	256
#define MAX_BURST	64	/* connections begun before looking at replies again */
#define SPARE_CONNS	1024	/* beyond those that waiting out the timeout takes */
#define IDLE_PENDING	512	/* idle connections being set up at a time */
#define IDLE_BATCH	64	/* idle connections asked for a reply at a time */

enum conn_state { CONN_FREE, CONN_CONNECTING, CONN_HEAD, CONN_BODY };

struct conn {
	struct conn *next, *prev;	/* list of deadlines, or next free */
	enum conn_state state;
	int fd;
	unsigned int done;		/* replies so far */
	unsigned int head_len;
	uint64_t started;		/* connect() */
	uint64_t asked;			/* request sent */
	uint64_t deadline;
	uint64_t body_len;
	uint64_t body_seen;
	bool first_byte;
	bool last;			/* the server said it will close */
	char head[MAX_HEAD];
};

struct reply {
	int status;
	bool has_length;
	bool close;
	uint64_t length;
};

static struct options {
	struct sockaddr_in addr;
	const char *uri;
	double rate;
	bool poisson;
	unsigned int concurrency;
	uint64_t serial;
	unsigned int requests;		/* a connection */
	uint64_t count;			/* stop after so many replies; 0: by time */
	double warmup, window, timeout;
	bool close;
	bool conditional;
	int expect_status;
	int expect_length;		/* -1: any */
	const char *content_file;
	unsigned int idle;
	bool hold;
	double idle_rate;
	struct in_addr source;
	unsigned int sources;
	uint64_t skip;			/* serial: replies before the clock starts */
	unsigned int files;		/* serial: ask for so many in turn */
} opt = {
	.uri = "/", .requests = 1, .warmup = 2, .window = 10, .timeout = 2,
	.expect_length = -1, .idle_rate = 4000, .sources = 1, .skip = 100, .files = 1,
};

static struct counts {
	uint64_t attempted, connected, replies, bytes;
	uint64_t timeouts, refused, resets, closed_early, bad_status, bad_length;
	uint64_t bad_content, no_slot, other;
} total, window;

static uint64_t hist_connect[HIST_BUCKETS];
static uint64_t hist_response[HIST_BUCKETS];
static uint64_t hist_complete[HIST_BUCKETS];

static char extra_headers[MAX_REQUEST];
static char request[MAX_REQUEST];
static size_t request_len;
static char buf[READ_SIZE];
static char *content;
static size_t content_len;

static struct conn *conns;
static unsigned int max_conns;		/* active ones; idle ones are apart */
static struct conn *free_conns;
static struct conn deadlines = { .next = &deadlines, .prev = &deadlines };
static unsigned int open_conns, open_conns_max;
static int epfd;
static unsigned int next_source;

static void hist_add(uint64_t *hist, uint64_t from, uint64_t to)
{
	if (in_window(to))
		hist[hist_bucket((to - from) / 1000)]++;
}

/* ---- the request, and what a reply's head says ---- */

static void build_request(const char *conditions)
{
	request_len = snprintf(request, sizeof(request),
			       "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", opt.uri,
			       inet_ntoa(opt.addr.sin_addr), opt.close ? "Connection: close\r\n" : "",
			       extra_headers, conditions);
	if (request_len >= sizeof(request)) {
		errno = E2BIG;
		die("request");
	}
}

/* The value of a header of a NUL-terminated head, or NULL. */
static const char *header_value(const char *head, const char *name)
{
	size_t len = strlen(name);
	const char *line;

	for (line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (!strncasecmp(line, name, len) && line[len] == ':') {
			line += len + 1;
			return line + strspn(line, " \t");
		}
	}
	return NULL;
}

static void parse_head(const char *head, struct reply *reply)
{
	const char *value;

	memset(reply, 0, sizeof(*reply));
	if (!strncmp(head, "HTTP/1.", 7) && strlen(head) > 12)
		reply->status = atoi(head + 9);
	value = header_value(head, "Content-Length");
	if (value) {
		reply->has_length = true;
		reply->length = strtoull(value, NULL, 10);
	}
	if (reply->status == 304 || reply->status == 204) {
		reply->has_length = true;
		reply->length = 0;
	}
	value = header_value(head, "Connection");
	reply->close = value && !strncasecmp(value, "close", 5);
}

static void check_reply(const struct reply *reply)
{
	if (opt.expect_status && reply->status != opt.expect_status)
		total.bad_status++;
	else if (!opt.expect_status && (reply->status < 200 || reply->status > 399))
		total.bad_status++;
	if (opt.expect_length >= 0 && reply->length != (uint64_t)opt.expect_length)
		total.bad_length++;
}

static void check_content(uint64_t offset, const char *data, size_t len)
{
	if (!content)
		return;
	if (offset + len > content_len || memcmp(content + offset, data, len))
		total.bad_content++;
}

/* ---- sockets ---- */

static int open_socket(int flags)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	int one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!opt.source.s_addr)
		return fd;
	from.sin_addr.s_addr = htonl(ntohl(opt.source.s_addr) + next_source++ % opt.sources);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void count_error(int err)
{
	switch (err) {
	case ECONNREFUSED:
		total.refused++;
		break;
	case ECONNRESET:
	case EPIPE:
		total.resets++;
		break;
	case ETIMEDOUT:
		total.timeouts++;
		break;
	default:
		total.other++;
	}
}

/* ---- connections of the open and the closed mode ---- */

static void unlink_conn(struct conn *conn)
{
	conn->prev->next = conn->next;
	conn->next->prev = conn->prev;
}

static void set_deadline(struct conn *conn, uint64_t now)
{
	conn->deadline = now + (uint64_t)(opt.timeout * NSEC);
	conn->prev = deadlines.prev;
	conn->next = &deadlines;
	deadlines.prev->next = conn;
	deadlines.prev = conn;
}

static void end_conn(struct conn *conn)
{
	close(conn->fd);
	unlink_conn(conn);
	conn->state = CONN_FREE;
	conn->next = free_conns;
	free_conns = conn;
	open_conns--;
}

static void fail_conn(struct conn *conn, int err)
{
	count_error(err);
	end_conn(conn);
}

static void ask(struct conn *conn)
{
	ssize_t n;

	conn->asked = now_ns();
	conn->state = CONN_HEAD;
	conn->head_len = 0;
	conn->first_byte = false;
	n = send(conn->fd, request, request_len, MSG_NOSIGNAL);
	if (n != (ssize_t)request_len)
		fail_conn(conn, n < 0 ? errno : EIO);
}

static void begin_conn(uint64_t now)
{
	struct epoll_event ev = { .events = EPOLLOUT };
	struct conn *conn = free_conns;

	total.attempted++;
	if (in_window(now))
		window.attempted++;
	if (!conn) {
		total.no_slot++;
		return;
	}
	conn->fd = open_socket(SOCK_NONBLOCK);
	if (conn->fd < 0) {
		count_error(errno);
		return;
	}
	free_conns = conn->next;
	if (++open_conns > open_conns_max)
		open_conns_max = open_conns;
	conn->state = CONN_CONNECTING;
	conn->done = 0;
	conn->started = now_ns();
	set_deadline(conn, now);
	ev.data.ptr = conn;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, conn->fd, &ev))
		die("epoll_ctl");
	if (connect(conn->fd, (struct sockaddr *)&opt.addr, sizeof(opt.addr)) &&
	    errno != EINPROGRESS)
		fail_conn(conn, errno);
}

static void connected(struct conn *conn)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = conn };
	socklen_t len = sizeof(int);
	uint64_t now;
	int err = 0;

	getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		fail_conn(conn, err);
		return;
	}
	now = now_ns();
	total.connected++;
	hist_add(hist_connect, conn->started, now);
	epoll_ctl(epfd, EPOLL_CTL_MOD, conn->fd, &ev);
	/* as with httperf: the timeout is for connecting, then for each reply */
	unlink_conn(conn);
	set_deadline(conn, now);
	ask(conn);
}

static void reply_done(struct conn *conn)
{
	uint64_t now = now_ns();

	total.replies++;
	if (in_window(now))
		window.replies++;
	hist_add(hist_complete, conn->asked, now);
	conn->done++;
	if (conn->done >= opt.requests || conn->last) {
		end_conn(conn);
		return;
	}
	unlink_conn(conn);
	set_deadline(conn, now);
	ask(conn);
}

static void take_body(struct conn *conn, const char *data, size_t len)
{
	check_content(conn->body_seen, data, len);
	conn->body_seen += len;
	if (conn->body_seen > conn->body_len)
		total.bad_length++;
	if (conn->body_seen >= conn->body_len)
		reply_done(conn);
}

/* The head is complete when its empty line came; what follows is body. */
static void take_head(struct conn *conn, const char *data, size_t len)
{
	size_t room = sizeof(conn->head) - 1 - conn->head_len;
	size_t old = conn->head_len;
	struct reply reply;
	size_t head_len;
	char *end;

	if (!conn->first_byte) {
		conn->first_byte = true;
		hist_add(hist_response, conn->asked, now_ns());
	}
	memcpy(conn->head + old, data, len < room ? len : room);
	conn->head_len += len < room ? len : room;
	conn->head[conn->head_len] = '\0';
	end = strstr(conn->head, "\r\n\r\n");
	if (!end) {
		if (conn->head_len == sizeof(conn->head) - 1)
			fail_conn(conn, EMSGSIZE);
		return;
	}
	head_len = end + 4 - conn->head;
	end[2] = '\0';
	parse_head(conn->head, &reply);
	check_reply(&reply);
	if (!reply.has_length) {
		fail_conn(conn, EPROTO);
		return;
	}
	conn->last = reply.close;
	conn->state = CONN_BODY;
	conn->body_len = reply.length;
	conn->body_seen = 0;
	take_body(conn, data + (head_len - old), len - (head_len - old));
}

static void readable(struct conn *conn)
{
	ssize_t n = recv(conn->fd, buf, sizeof(buf), 0);

	if (n < 0) {
		if (errno != EAGAIN)
			fail_conn(conn, errno);
		return;
	}
	if (!n) {
		total.closed_early++;
		end_conn(conn);
		return;
	}
	total.bytes += n;
	if (in_window(now_ns()))
		window.bytes += n;
	if (conn->state == CONN_HEAD)
		take_head(conn, buf, n);
	else
		take_body(conn, buf, n);
}

static void expire(uint64_t now)
{
	while (deadlines.next != &deadlines && deadlines.next->deadline <= now) {
		total.timeouts++;
		end_conn(deadlines.next);
	}
}

/* ---- when the next connection begins (open mode) ---- */

static double next_gap(void)
{
	/* a fixed seed: two runs offer the same arrivals */
	static uint64_t seed = 0x9e3779b97f4a7c15ull;
	double u;

	if (!opt.poisson)
		return NSEC / opt.rate;
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	u = ((seed >> 11) + 0.5) / (double)(1ull << 53);
	return -log(u) * NSEC / opt.rate;
}

static bool finished(uint64_t now)
{
	if (opt.count)
		return total.replies >= opt.count;
	return now >= window_end;
}

/* Begin what is due; returns how many nanoseconds there is nothing to begin. */
static uint64_t begin_due(double *next)
{
	uint64_t now = now_ns();
	unsigned int burst = 0;

	if (!opt.rate) {
		while (open_conns < opt.concurrency && free_conns && burst++ < MAX_BURST)
			begin_conn(now_ns());
		return NSEC / 100;
	}
	while (*next <= now && burst++ < MAX_BURST) {
		begin_conn(now_ns());
		*next += next_gap();
	}
	now = now_ns();
	return *next <= now ? 0 : (uint64_t)(*next - now);
}

static void handle(const struct epoll_event *ev)
{
	struct conn *conn = ev->data.ptr;

	if (conn->state == CONN_FREE)
		return;
	if (conn->state == CONN_CONNECTING)
		connected(conn);
	else
		readable(conn);
}

static void run_events(void)
{
	static struct epoll_event ev[MAX_EVENTS];
	double next = now_ns();
	struct timespec wait;
	uint64_t nap;
	int i, n;

	while (!finished(now_ns())) {
		nap = begin_due(&next);
		if (nap > NSEC / 100)
			nap = NSEC / 100;
		wait.tv_sec = 0;
		wait.tv_nsec = nap;
		n = epoll_pwait2(epfd, ev, MAX_EVENTS, &wait, NULL);
		if (n < 0 && errno != EINTR)
			die("epoll_pwait2");
		for (i = 0; i < n; i++)
			handle(&ev[i]);
		expire(now_ns());
	}
}

/* ---- serial mode: the cheapest client ---- */

static int connect_blocking(void)
{
	int fd = open_socket(0);

	if (fd < 0)
		die("socket");
	total.attempted++;
	if (connect(fd, (struct sockaddr *)&opt.addr, sizeof(opt.addr)))
		die("connect");
	total.connected++;
	return fd;
}

static ssize_t recv_some(int fd, char *to, size_t len)
{
	ssize_t n = recv(fd, to, len, 0);

	if (n < 0)
		die("recv");
	if (!n) {
		errno = ECONNRESET;
		die("the server closed in the middle of a reply");
	}
	total.bytes += n;
	return n;
}

/*
 * Ask for another of the files: the '#' of the URI become the digits of its
 * number. In an order in which neighbours are far apart, and each comes once
 * before the first comes again.
 */
static void next_file(void)
{
	static const uint64_t stride = 2654435761;	/* a prime, larger than any N */
	static uint64_t number;
	uint64_t digits = number;
	size_t i;

	number = (number + stride) % opt.files;
	for (i = strlen(opt.uri); i--;) {
		if (opt.uri[i] != '#')
			continue;
		request[sizeof("GET ") - 1 + i] = '0' + digits % 10;
		digits /= 10;
	}
}

/* One request and its reply; the head stays in buf as a string. */
static void serial_request(int fd, struct reply *reply)
{
	size_t have = 0;
	size_t head_len;
	char *end = NULL;
	uint64_t seen;
	ssize_t n;

	next_file();
	if (send(fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
		die("send");
	while (!end) {
		if (have == sizeof(buf) - 1) {
			errno = EMSGSIZE;
			die("head");
		}
		have += recv_some(fd, buf + have, sizeof(buf) - 1 - have);
		buf[have] = '\0';
		end = strstr(buf, "\r\n\r\n");
	}
	head_len = end + 4 - buf;
	end[2] = '\0';
	parse_head(buf, reply);
	check_reply(reply);
	seen = have - head_len;
	check_content(0, buf + head_len, seen);
	while (seen < reply->length) {
		n = recv_some(fd, buf + head_len, sizeof(buf) - head_len);
		check_content(seen, buf + head_len, n);
		seen += n;
	}
	total.replies++;
}

static void serial_requests(uint64_t count)
{
	struct reply reply;
	unsigned int i;
	int fd;

	while (count) {
		fd = connect_blocking();
		for (i = 0; i < opt.requests && count; i++, count--) {
			serial_request(fd, &reply);
			if (reply.close && i + 1 < opt.requests && count > 1) {
				close(fd);
				fd = connect_blocking();
			}
		}
		close(fd);
	}
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

/*
 * As a task that runs only when nobody else wants to, the client never takes the
 * processor from the server, and the server takes it at once when a request
 * comes. Otherwise who preempts whom is a matter of luck, settled at the start of a
 * run, and worth 8 % of the instructions.
 */
static void yield_to_server(void)
{
	struct sched_param param = { 0 };

	if (sched_setscheduler(0, SCHED_IDLE, &param))
		die("sched_setscheduler");
}

static void run_serial(void)
{
	uint64_t start, end, cpu;

	yield_to_server();
	serial_requests(opt.skip);
	memset(&total, 0, sizeof(total));
	cpu = thread_cpu_ns();
	start = now_ns();
	serial_requests(opt.serial);
	end = now_ns();
	cpu = thread_cpu_ns() - cpu;
	printf("elapsed_ns %llu\n", (unsigned long long)(end - start));
	printf("client_ns %llu\n", (unsigned long long)cpu);
	printf("ns_per_request %.1f\n", (double)(end - start) / total.replies);
	printf("client_ns_per_request %.1f\n", (double)cpu / total.replies);
	printf("ns_per_byte %.4f\n", (double)(end - start) / total.bytes);
}

/* Ask once, and put what identifies the version of the file into the request. */
static void learn_conditions(void)
{
	char conditions[512] = "";
	const char *value;
	struct reply reply;
	size_t len = 0;
	int fd, status;

	status = opt.expect_status;
	opt.expect_status = 200;
	fd = connect_blocking();
	serial_request(fd, &reply);
	close(fd);
	opt.expect_status = status;
	value = header_value(buf, "ETag");
	if (value)
		len += snprintf(conditions, sizeof(conditions), "If-None-Match: %.*s\r\n",
				(int)strcspn(value, "\r"), value);
	value = header_value(buf, "Last-Modified");
	if (value && len < sizeof(conditions))
		len += snprintf(conditions + len, sizeof(conditions) - len,
				"If-Modified-Since: %.*s\r\n", (int)strcspn(value, "\r"), value);
	if (!len || len >= sizeof(conditions)) {
		errno = EPROTO;
		die("the reply has neither ETag nor Last-Modified");
	}
	build_request(conditions);
	memset(&total, 0, sizeof(total));
}

/* ---- idle connections ---- */

static int *idle_fds;
static unsigned int idle_open, idle_failed, idle_lost;

/* Waits until the oldest of the connections being set up is there, or is not. */
static bool idle_ready(int fd, double seconds)
{
	struct epoll_event ev = { .events = EPOLLOUT };
	socklen_t len = sizeof(int);
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int err = ETIMEDOUT;

	if (ep < 0)
		die("epoll_create1");
	if (!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) &&
	    epoll_wait(ep, &ev, 1, (int)(seconds * 1000)) == 1)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	close(ep);
	return !err;
}

static void idle_settle(unsigned int index)
{
	if (idle_fds[index] < 0)
		return;
	if (idle_ready(idle_fds[index], opt.timeout)) {
		idle_open++;
		return;
	}
	close(idle_fds[index]);
	idle_fds[index] = -1;
	idle_failed++;
}

static void open_idle(void)
{
	uint64_t start = now_ns();
	struct timespec nap = { 0 };
	unsigned int i;
	uint64_t due, now;

	idle_fds = calloc(opt.idle, sizeof(*idle_fds));
	if (!idle_fds)
		die("calloc");
	for (i = 0; i < opt.idle; i++) {
		due = start + (uint64_t)(i / opt.idle_rate * NSEC);
		now = now_ns();
		if (due > now + NSEC / 1000) {
			nap.tv_nsec = (due - now) % NSEC;
			nanosleep(&nap, NULL);
		}
		idle_fds[i] = open_socket(SOCK_NONBLOCK);
		if (idle_fds[i] >= 0 &&
		    connect(idle_fds[i], (struct sockaddr *)&opt.addr, sizeof(opt.addr)) &&
		    errno != EINPROGRESS) {
			close(idle_fds[i]);
			idle_fds[i] = -1;
		}
		if (idle_fds[i] < 0)
			idle_failed++;
		if (i >= IDLE_PENDING)
			idle_settle(i - IDLE_PENDING);
	}
	for (i = opt.idle > IDLE_PENDING ? opt.idle - IDLE_PENDING : 0; i < opt.idle; i++)
		idle_settle(i);
	printf("idle_open %u\nidle_failed %u\nidle_setup_s %.2f\n", idle_open, idle_failed,
	       (now_ns() - start) / 1e9);
	fflush(stdout);
}

static bool idle_ask(int fd)
{
	struct timeval tv = { .tv_sec = (time_t)opt.timeout + 1 };

	if (fcntl(fd, F_SETFL, 0) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)))
		return false;
	return send(fd, request, request_len, MSG_NOSIGNAL) == (ssize_t)request_len;
}

static bool idle_answers(int fd)
{
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	return n > 12 && !memcmp(buf, "HTTP/1.", 7);
}

/* One batch: ask all, then listen to all. */
static void verify_batch(int *fds, unsigned int count)
{
	bool asked[IDLE_BATCH];
	unsigned int i;

	for (i = 0; i < count; i++)
		asked[i] = fds[i] >= 0 && idle_ask(fds[i]);
	for (i = 0; i < count; i++) {
		if (fds[i] < 0)
			continue;
		if (!asked[i] || !idle_answers(fds[i]))
			idle_lost++;
		close(fds[i]);
	}
}

/* A connection held all the time must still give a reply. */
static void verify_idle(void)
{
	unsigned int i, left;

	for (i = 0; i < opt.idle; i += IDLE_BATCH) {
		left = opt.idle - i;
		verify_batch(idle_fds + i, left < IDLE_BATCH ? left : IDLE_BATCH);
	}
	printf("idle_lost %u\n", idle_lost);
}

/* ---- the start and the end ---- */

static double percentile_ms(const uint64_t *hist, double share)
{
	uint64_t all = 0;
	double left;
	unsigned int i;

	for (i = 0; i < HIST_BUCKETS; i++)
		all += hist[i];
	if (!all)
		return NAN;
	left = share * all;
	for (i = 0; i < HIST_BUCKETS; i++) {
		left -= hist[i];
		if (left <= 0)
			break;
	}
	return hist_value(i) / 1000;
}

static void print_times(const char *name, const uint64_t *hist)
{
	static const struct { const char *name; double share; } points[] = {
		{ "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 },
		{ "max", 1.0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		printf("%s_%s_ms %.3f\n", name, points[i].name,
		       percentile_ms(hist, points[i].share));
}

static void print_errors(void)
{
	const struct { const char *name; uint64_t value; } errors[] = {
		{ "timeouts", total.timeouts }, { "refused", total.refused },
		{ "resets", total.resets }, { "closed_early", total.closed_early },
		{ "bad_status", total.bad_status }, { "bad_length", total.bad_length },
		{ "bad_content", total.bad_content }, { "no_slot", total.no_slot },
		{ "other_errors", total.other },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		printf("%s %llu\n", errors[i].name, (unsigned long long)errors[i].value);
}

static void print_window(uint64_t from, uint64_t to)
{
	double seconds = (to - from) / 1e9;

	printf("window_s %.3f\n", seconds);
	printf("attempted_per_s %.2f\n", window.attempted / seconds);
	printf("replies_per_s %.2f\n", window.replies / seconds);
	printf("mbit_per_s %.2f\n", window.bytes * 8 / 1e6 / seconds);
	printf("open_max %u\n", open_conns_max);
	print_times("connect", hist_connect);
	print_times("response", hist_response);
	print_times("complete", hist_complete);
}

static void load_content(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		die(path);
	content_len = st.st_size;
	content = malloc(content_len + 1);
	if (!content || read(fd, content, content_len) != (ssize_t)content_len)
		die(path);
	close(fd);
}

static void raise_file_limit(void)
{
	struct rlimit limit = { 0 };

	limit.rlim_cur = opt.idle + max_conns + 64;
	limit.rlim_max = limit.rlim_cur;
	if (!setrlimit(RLIMIT_NOFILE, &limit))
		return;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void make_conns(void)
{
	unsigned int i;

	conns = calloc(max_conns, sizeof(*conns));
	if (!conns)
		die("calloc");
	for (i = 0; i < max_conns; i++) {
		conns[i].next = free_conns;
		free_conns = &conns[i];
	}
	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd < 0)
		die("epoll_create1");
}

static void run_measured(void)
{
	uint64_t start = now_ns();

	make_conns();
	window_start = opt.count ? start : start + (uint64_t)(opt.warmup * NSEC);
	window_end = opt.count ? UINT64_MAX : window_start + (uint64_t)(opt.window * NSEC);
	run_events();
	print_window(window_start, opt.count ? now_ns() : window_end);
}

static void wait_for_end(void)
{
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf, sizeof(buf));
	} while (n > 0 || (n < 0 && errno == EINTR));
}

static void print_usage(FILE *to)
{
	fputs("usage: tuxload [--rate R | --concurrency C | --serial N | --hold] [OPTION...]\n"
	      "       ADDRESS[:PORT]\n"
	      "  --uri URI --header 'Name: value' --close --requests N (a connection)\n"
	      "  --conditional    ask first, then with If-None-Match and If-Modified-Since\n"
	      "  --poisson        arrivals at random, not at equal distances\n"
	      "  --warmup S --window S | --count N (replies);  --skip N (--serial: warm-up)\n"
	      "  --timeout S      for the connection and each reply\n"
	      "  --expect STATUS --length N --content FILE   what replies must be\n"
	      "  --files N        (--serial) N files in turn: digits in the place of the URI's '#'\n"
	      "  --idle N --idle-rate R                      held while the others work\n"
	      "  --idle N --hold                             held until standard input ends\n"
	      "  --source ADDRESS[/COUNT]                    from these addresses in turn\n", to);
}

static void add_header(char *header)
{
	size_t len = strlen(extra_headers);

	snprintf(extra_headers + len, sizeof(extra_headers) - len, "%s\r\n", header);
}

static void parse_source(char *arg)
{
	char *slash = strchr(arg, '/');

	if (slash) {
		*slash = '\0';
		opt.sources = strtoul(slash + 1, NULL, 10);
	}
	if (!inet_aton(arg, &opt.source) || !opt.sources) {
		errno = EINVAL;
		die("--source");
	}
}

static void parse_address(char *arg)
{
	char *colon = strchr(arg, ':');

	opt.addr.sin_family = AF_INET;
	opt.addr.sin_port = htons(colon ? atoi(colon + 1) : 80);
	if (colon)
		*colon = '\0';
	if (!inet_aton(arg, &opt.addr.sin_addr)) {
		errno = EINVAL;
		die(arg);
	}
}

/* What an option's argument is, and where it goes. */
enum option_kind { OPT_FLAG, OPT_DOUBLE, OPT_INT, OPT_UINT, OPT_U64, OPT_STRING, OPT_CALL };

struct known_option {
	const char *name;
	enum option_kind kind;
	void *to;
	void (*call)(char *arg);
};

static void show_help(char *arg)
{
	(void)arg;
	print_usage(stdout);
	exit(0);
}

static const struct known_option known_options[] = {
	{ "rate", OPT_DOUBLE, &opt.rate, NULL },
	{ "concurrency", OPT_UINT, &opt.concurrency, NULL },
	{ "serial", OPT_U64, &opt.serial, NULL },
	{ "uri", OPT_STRING, &opt.uri, NULL },
	{ "header", OPT_CALL, NULL, add_header },
	{ "close", OPT_FLAG, &opt.close, NULL },
	{ "requests", OPT_UINT, &opt.requests, NULL },
	{ "conditional", OPT_FLAG, &opt.conditional, NULL },
	{ "poisson", OPT_FLAG, &opt.poisson, NULL },
	{ "warmup", OPT_DOUBLE, &opt.warmup, NULL },
	{ "window", OPT_DOUBLE, &opt.window, NULL },
	{ "count", OPT_U64, &opt.count, NULL },
	{ "skip", OPT_U64, &opt.skip, NULL },
	{ "files", OPT_UINT, &opt.files, NULL },
	{ "timeout", OPT_DOUBLE, &opt.timeout, NULL },
	{ "expect", OPT_INT, &opt.expect_status, NULL },
	{ "length", OPT_INT, &opt.expect_length, NULL },
	{ "content", OPT_STRING, &opt.content_file, NULL },
	{ "idle", OPT_UINT, &opt.idle, NULL },
	{ "hold", OPT_FLAG, &opt.hold, NULL },
	{ "idle-rate", OPT_DOUBLE, &opt.idle_rate, NULL },
	{ "source", OPT_CALL, NULL, parse_source },
	{ "help", OPT_FLAG, NULL, show_help },
};

#define NR_OPTIONS	ARRAY_SIZE(known_options)

static void set_option(const struct known_option *known, char *arg)
{
	switch (known->kind) {
	case OPT_FLAG:
		if (known->to)
			*(bool *)known->to = true;
		else
			known->call(arg);
		break;
	case OPT_DOUBLE:
		*(double *)known->to = atof(arg);
		break;
	case OPT_INT:
		*(int *)known->to = atoi(arg);
		break;
	case OPT_UINT:
		*(unsigned int *)known->to = strtoul(arg, NULL, 10);
		break;
	case OPT_U64:
		*(uint64_t *)known->to = strtoull(arg, NULL, 10);
		break;
	case OPT_STRING:
		*(const char **)known->to = arg;
		break;
	case OPT_CALL:
		known->call(arg);
		break;
	}
}

static void parse_options(int argc, char **argv)
{
	struct option longopts[NR_OPTIONS + 1] = { { NULL, 0, NULL, 0 } };
	unsigned int i;
	int index, c;

	for (i = 0; i < NR_OPTIONS; i++) {
		longopts[i].name = known_options[i].name;
		if (known_options[i].kind != OPT_FLAG)
			longopts[i].has_arg = required_argument;
	}
	while ((c = getopt_long(argc, argv, "", longopts, &index)) != -1) {
		if (c == '?') {
			print_usage(stderr);
			exit(2);
		}
		set_option(&known_options[index], optarg);
	}
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	if (optind != argc - 1 || !opt.requests || !opt.files || (opt.hold && !opt.idle) ||
	    !!opt.rate + !!opt.concurrency + !!opt.serial + opt.hold != 1) {
		print_usage(stderr);
		return 2;
	}
	parse_address(argv[optind]);
	if (opt.content_file)
		load_content(opt.content_file);
	/* each may wait out one timeout to connect and one for its reply */
	max_conns = opt.concurrency + (unsigned int)(opt.rate * opt.timeout * 2) + SPARE_CONNS;
	raise_file_limit();
	build_request("");
	if (opt.conditional)
		learn_conditions();
	if (opt.idle)
		open_idle();
	if (opt.hold)
		wait_for_end();
	else if (opt.serial)
		run_serial();
	else
		run_measured();
	if (opt.idle)
		verify_idle();
	printf("attempted %llu\nconnected %llu\nreplies %llu\n",
	       (unsigned long long)total.attempted, (unsigned long long)total.connected,
	       (unsigned long long)total.replies);
	print_errors();
	return 0;
}
