// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuxclient - a small HTTP and TCP client for the tests
 *
 * It does what shell tools cannot: many connections at once, bytes split at
 * will, half-closed and reset connections, pipelines with the answers counted,
 * and a bounded load. Single-threaded, libc only, linked statically so that it
 * runs in the guest. Everything is bounded: in connections, in bytes kept and
 * in time. `tuxclient --help` describes the subcommands.
 *
 * The pieces: struct reply_parser counts complete answers in a byte stream;
 * cmd_hold(), cmd_send(), cmd_listen() and cmd_load() are the subcommands.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_TIMEOUT = 3,
	EXIT_RESET = 4,
};

/* A test that asks for more than this has a mistake in it. */
#define MAX_CONNS	200000
#define MAX_SECONDS	600
/* Response headers longer than this count as a protocol error. */
#define MAX_HEAD	16384
/* epoll events taken at once. */
#define EVENTS		256
/* Reply times are kept in buckets of 100 us, up to 10 s. */
#define BUCKET_US	100
#define BUCKETS		100000

static const char usage_text[] =
"usage: tuxclient hold   [options] ADDR PORT N     open N connections and keep them\n"
"       tuxclient send   [options] ADDR PORT [DATA...]   send bytes, print the answer\n"
"       tuxclient load   [options] ADDR PORT       bounded load, prints what came back\n"
"       tuxclient listen ADDR PORT                 occupy a port until a signal\n"
"ADDR is an IPv4 or IPv6 address; options come before it. All of them:\n"
"  --source ADDR     connect from this local address\n"
"  --timeout MS      give up on connecting or on the answer after MS (default 5000,\n"
"                    times TUX_SLOW)\n"
"  --rst             close with a reset instead of a FIN\n"
"  --rcvbuf N        receive buffer of N bytes, set before connecting\n"
"hold: prints 'open N' when all are open, waits for end of input or a signal, then\n"
"  prints 'closed N' (how many the server had closed) and 'bytes N' (received).\n"
"  --wait-signal     do not look at the input, wait for SIGTERM or SIGINT\n"
"  --send DATA       send DATA on each connection; --half-close: then shut down writing\n"
"send: each DATA is one write (C escapes: \\r \\n \\t \\0 \\\\ \\xHH; '-' is the input).\n"
"  --delay MS        wait between writes       --bytewise    one write per byte\n"
"  --repeat N        send all of it N times    --half-close  shut down writing after them\n"
"  --until N         stop after N complete answers (else: until the server closes)\n"
"  --head            the answers have no body  --no-read     close without reading\n"
"  --pause MS        wait before reading, until SIGUSR1 comes or that long\n"
"  --statuses        print status codes only\n"
"  --body            print the bodies only\n"
"load: at most T seconds, or until a signal; prints lines of 'name value'.\n"
"  --path P          what to get (default /)   --data DATA   send this instead\n"
"  --concurrency C   connections at once (1)   --connections N   in all (C)\n"
"  --requests M      per connection (1)        --depth D     of them unanswered (1)\n"
"  --time T          seconds (10)              --rate R      new connections a second\n"
"  --keep-open       leave the close to the server (default: close after M answers)\n"
"exit: 0 done, 1 failed, 2 usage, 3 timed out, 4 connection reset\n";

static struct {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	struct sockaddr_storage source;
	socklen_t source_len;
	int timeout_ms;
	int rcvbuf;
	bool rst;
	bool wait_signal;
	bool half_close;
	bool bytewise;
	bool head;
	bool no_read;
	bool statuses;
	bool body;
	bool keep_open;
	const char *data;
	const char *path;
	long delay_ms;
	long pause_ms;
	long repeat;
	long until;
	long concurrency;
	long connections;
	long requests;
	long depth;
	long time_s;
	long rate;
} opt = {
	.timeout_ms = 5000,
	.path = "/",
	.repeat = 1,
	.concurrency = 1,
	.requests = 1,
	.depth = 1,
	.time_s = 10,
};

static void usage_error(const char *what, const char *arg)
{
	fprintf(stderr, "tuxclient: %s '%s'; see tuxclient --help\n", what, arg);
	exit(EXIT_USAGE);
}

static void die(const char *what)
{
	fprintf(stderr, "tuxclient: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILED);
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/* ---- bytes ------------------------------------------------------------- */

struct bytes {
	char *data;
	size_t len;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape after its backslash; returns the characters used. */
static int unescape_one(const char *s, char *out)
{
	static const char from[] = "rnt0\\\"'";
	static const char to[] = "\r\n\t\0\\\"'";
	const char *at;

	if (s[0] == 'x' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
		*out = hex_digit(s[1]) * 16 + hex_digit(s[2]);
		return 3;
	}
	at = s[0] ? memchr(from, s[0], sizeof(from) - 1) : NULL;
	if (!at)
		usage_error("bad escape in", s);
	*out = to[at - from];
	return 1;
}

static struct bytes unescape(const char *s)
{
	struct bytes b = { .data = malloc(strlen(s) + 1) };

	if (!b.data)
		die("malloc");
	while (*s) {
		if (*s != '\\') {
			b.data[b.len++] = *s++;
			continue;
		}
		s++;
		s += unescape_one(s, &b.data[b.len++]);
	}
	return b;
}

static struct bytes read_input(void)
{
	struct bytes b = { NULL, 0 };
	size_t room = 0;
	ssize_t n;

	do {
		if (b.len == room) {
			room = room ? room * 2 : 65536;
			b.data = realloc(b.data, room);
			if (!b.data)
				die("realloc");
		}
		n = read(0, b.data + b.len, room - b.len);
		if (n < 0)
			die("read");
		b.len += n;
	} while (n > 0);
	return b;
}

/* ---- addresses and sockets --------------------------------------------- */

static socklen_t parse_addr(const char *host, const char *port, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	char *end;
	long n = strtol(port, &end, 10);

	if (*end || end == port || n < 0 || n > 65535)
		usage_error("not a port:", port);
	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(n);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(n);
		return sizeof(*in6);
	}
	usage_error("not an address:", host);
	return 0;
}

/*
 * Start connecting, non-blocking.
 * Return: the socket, or -1 with errno when it failed at once.
 */
static int start_connect(void)
{
	int one = 1;
	int fd;

	fd = socket(opt.addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (opt.rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &opt.rcvbuf, sizeof(opt.rcvbuf));
	if (opt.source_len) {
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&opt.source, opt.source_len) < 0)
			goto close_fd;
	}
	if (connect(fd, (struct sockaddr *)&opt.addr, opt.addr_len) == 0 ||
	    errno == EINPROGRESS)
		return fd;
close_fd:
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

static int socket_error(int fd)
{
	socklen_t len = sizeof(int);
	int err = 0;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	return err;
}

static void close_conn(int fd)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (opt.rst)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void raise_file_limit(long n)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < (rlim_t)n + 64) {
		rl.rlim_cur = n + 64;
		if (rl.rlim_max < rl.rlim_cur)
			rl.rlim_max = rl.rlim_cur;
		if (setrlimit(RLIMIT_NOFILE, &rl) < 0)
			die("open files limit");
	}
}

/* Wait for events on one socket until the deadline. */
static bool wait_fd(int fd, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now = now_us();

	if (now >= deadline)
		return false;
	return poll(&p, 1, (int)((deadline - now + 999) / 1000)) > 0;
}

/* ---- answers in a byte stream ------------------------------------------ */

/**
 * struct reply_parser - counts complete answers in the bytes of a connection
 * @head: the header block collected so far, NUL-terminated
 * @head_len: its length
 * @in_body: the header block is complete
 * @body_left: bytes of the body still to come; -1: until the connection closes
 * @no_body: answers have no body, whatever Content-Length says (HEAD)
 * @status: of the answer now being read
 */
struct reply_parser {
	char head[MAX_HEAD];
	size_t head_len;
	bool in_body;
	int64_t body_left;
	bool no_body;
	int status;
};

static int64_t content_length(const char *head)
{
	static const char name[] = "\ncontent-length:";
	const char *s;

	for (s = strchr(head, '\n'); s; s = strchr(s + 1, '\n'))
		if (strncasecmp(s, name, sizeof(name) - 1) == 0)
			return strtoll(s + sizeof(name) - 1, NULL, 10);
	return -1;
}

static bool status_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

/* The header block is complete: what follows it? Return: false if it is no HTTP. */
static bool head_complete(struct reply_parser *rp)
{
	if (strncmp(rp->head, "HTTP/1.", 7) != 0 || rp->head_len < 12)
		return false;
	rp->status = atoi(rp->head + 9);
	if (rp->status < 100 || rp->status > 599)
		return false;
	rp->body_left = 0;
	if (!rp->no_body && status_has_body(rp->status))
		rp->body_left = content_length(rp->head);
	rp->in_body = true;
	return true;
}

static void print_body(const char *data, size_t len)
{
	if (opt.body)
		fwrite(data, 1, len, stdout);
}

static bool take_head(struct reply_parser *rp, const char *data, size_t len, size_t *used)
{
	while (*used < len && !rp->in_body) {
		if (rp->head_len + 1 >= sizeof(rp->head))
			return false;
		rp->head[rp->head_len++] = data[(*used)++];
		if (rp->head_len < 4 || memcmp(rp->head + rp->head_len - 4, "\r\n\r\n", 4) != 0)
			continue;
		rp->head[rp->head_len] = '\0';
		if (!head_complete(rp))
			return false;
	}
	return true;
}

/*
 * Take bytes up to the end of one answer.
 * Return: 1 one answer is complete (its code in rp->status), 0 more bytes are
 * needed, -1 this is no HTTP. *used says how many bytes were taken.
 */
static int reply_take(struct reply_parser *rp, const char *data, size_t len, size_t *used)
{
	size_t n;

	*used = 0;
	if (!take_head(rp, data, len, used))
		return -1;
	if (!rp->in_body)
		return 0;
	n = len - *used;
	if (rp->body_left < 0) {
		print_body(data + *used, n);
		*used = len;
		return 0;
	}
	if ((int64_t)n > rp->body_left)
		n = rp->body_left;
	print_body(data + *used, n);
	*used += n;
	rp->body_left -= n;
	if (rp->body_left)
		return 0;
	rp->in_body = false;
	rp->head_len = 0;
	/* 1xx is no final answer: go on with what follows. */
	if (rp->status < 200) {
		int ret = reply_take(rp, data + *used, len - *used, &n);

		*used += n;
		return ret;
	}
	return 1;
}

/* The server closed: does that complete an answer? */
static bool reply_at_close(struct reply_parser *rp)
{
	return rp->in_body && rp->body_left < 0;
}

/* ---- hold -------------------------------------------------------------- */

struct hold {
	int *fds;
	bool *closed;
	long n;
	long open;
	uint64_t bytes;
};

static void hold_established(struct hold *h, int fd, const struct bytes *data)
{
	h->open++;
	if (data->len && send(fd, data->data, data->len, MSG_NOSIGNAL) != (ssize_t)data->len)
		fprintf(stderr, "tuxclient: send: %s\n", strerror(errno));
	if (opt.half_close)
		shutdown(fd, SHUT_WR);
}

/* Wait until every started connection is open, has failed, or time is up. */
static void hold_connect_all(struct hold *h, const struct bytes *data)
{
	uint64_t deadline = now_us() + (uint64_t)opt.timeout_ms * 1000;
	int err;
	long i;

	for (i = 0; i < h->n; i++) {
		h->fds[i] = start_connect();
		if (h->fds[i] < 0)
			fprintf(stderr, "tuxclient: connection %ld: %s\n", i, strerror(errno));
	}
	for (i = 0; i < h->n; i++) {
		if (h->fds[i] < 0)
			continue;
		err = wait_fd(h->fds[i], POLLOUT, deadline) ? socket_error(h->fds[i]) : ETIMEDOUT;
		if (!err) {
			hold_established(h, h->fds[i], data);
			continue;
		}
		fprintf(stderr, "tuxclient: connection %ld: %s\n", i, strerror(err));
		close(h->fds[i]);
		h->fds[i] = -1;
	}
}

static int termination_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void wait_for_end(int sigfd)
{
	struct pollfd p[2] = {
		{ .fd = sigfd, .events = POLLIN },
		{ .fd = opt.wait_signal ? -1 : 0, .events = POLLIN },
	};
	char sink[512];

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[0].revents)
			return;
		if (p[1].revents && read(0, sink, sizeof(sink)) <= 0)
			return;
	}
}

/* What came in meanwhile, and who was closed? */
static long hold_count_closed(struct hold *h)
{
	static char sink[65536];
	long closed = 0;
	ssize_t got;
	long i;

	for (i = 0; i < h->n; i++) {
		if (h->fds[i] < 0)
			continue;
		/* One look is enough at those that are reset: the server may go on for long. */
		do {
			got = recv(h->fds[i], sink, sizeof(sink), MSG_DONTWAIT);
			if (got > 0)
				h->bytes += got;
		} while (got > 0 && !opt.rst);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			closed++;
	}
	return closed;
}

static int cmd_hold(const char *count)
{
	struct bytes data = { NULL, 0 };
	struct hold h = { 0 };
	int sigfd;
	char *end;
	long i;

	h.n = strtol(count, &end, 10);
	if (*end || h.n < 1 || h.n > MAX_CONNS)
		usage_error("not a number of connections:", count);
	if (opt.data)
		data = unescape(opt.data);
	raise_file_limit(h.n);
	h.fds = calloc(h.n, sizeof(*h.fds));
	if (!h.fds)
		die("calloc");
	sigfd = termination_fd();
	hold_connect_all(&h, &data);
	printf("open %ld\n", h.open);
	fflush(stdout);
	wait_for_end(sigfd);
	printf("closed %ld\n", hold_count_closed(&h));
	printf("bytes %llu\n", (unsigned long long)h.bytes);
	for (i = 0; i < h.n; i++)
		if (h.fds[i] >= 0)
			close_conn(h.fds[i]);
	return h.open == h.n ? EXIT_OK : EXIT_FAILED;
}

/* ---- send -------------------------------------------------------------- */

/**
 * struct exchange - one connection of `send`: bytes out, answers in
 * @fd: the socket
 * @deadline: when to give up, on now_us()'s clock
 * @rp: counts the answers
 * @replies: complete answers so far
 * @result: an EXIT_* value, -1 while it goes on
 */
struct exchange {
	int fd;
	uint64_t deadline;
	struct reply_parser rp;
	long replies;
	int result;
};

static void exchange_restart_clock(struct exchange *x)
{
	x->deadline = now_us() + (uint64_t)opt.timeout_ms * 1000;
}

static void count_replies(struct exchange *x, const char *data, size_t len)
{
	size_t used;
	int ret;

	while (len) {
		ret = reply_take(&x->rp, data, len, &used);
		if (ret < 0) {
			if (opt.until || opt.statuses || opt.body) {
				fprintf(stderr, "tuxclient: the answer is no HTTP/1.x\n");
				x->result = EXIT_FAILED;
			}
			return;
		}
		data += used;
		len -= used;
		if (ret == 0)
			return;
		x->replies++;
		if (opt.statuses)
			printf("%d\n", x->rp.status);
		if (opt.until && x->replies == opt.until)
			x->result = EXIT_OK;
	}
}

static void exchange_closed(struct exchange *x)
{
	if (reply_at_close(&x->rp)) {
		x->replies++;
		if (opt.statuses)
			printf("%d\n", x->rp.status);
	}
	x->result = EXIT_OK;
	if (opt.until && x->replies < opt.until) {
		fprintf(stderr, "tuxclient: closed after %ld of %ld answers\n",
			x->replies, opt.until);
		x->result = EXIT_FAILED;
	}
}

static void exchange_read(struct exchange *x)
{
	static char buf[65536];
	ssize_t n = recv(x->fd, buf, sizeof(buf), 0);

	if (n > 0) {
		if (!opt.statuses && !opt.body)
			fwrite(buf, 1, n, stdout);
		count_replies(x, buf, n);
	} else if (n == 0) {
		exchange_closed(x);
	} else if (errno != EAGAIN && errno != EINTR) {
		fprintf(stderr, "tuxclient: %s\n", strerror(errno));
		x->result = errno == ECONNRESET || errno == EPIPE ? EXIT_RESET : EXIT_FAILED;
	}
}

/* Write all of it; answers that arrive meanwhile are read, or both sides would
 * wait for each other. A server that closed its side may still be written to.
 */
static void exchange_write(struct exchange *x, const char *data, size_t len)
{
	struct pollfd p = { .fd = x->fd, .events = POLLOUT };
	bool may_read = !opt.no_read && !opt.pause_ms;
	ssize_t n;

	while (len && x->result < 0) {
		p.events = POLLOUT | (may_read ? POLLIN : 0);
		if (now_us() >= x->deadline || poll(&p, 1, opt.timeout_ms) == 0) {
			x->result = EXIT_TIMEOUT;
			return;
		}
		if (may_read && (p.revents & POLLIN))
			exchange_read(x);
		if (x->result >= 0 || !(p.revents & (POLLOUT | POLLERR)))
			continue;
		n = send(x->fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n < 0) {
			/* The answer that explains it may still be there. */
			if (may_read)
				exchange_read(x);
			if (x->result < 0)
				x->result = EXIT_RESET;
			return;
		}
		data += n;
		len -= n;
	}
}

static void exchange_write_args(struct exchange *x, char **args, int count)
{
	struct bytes b;
	size_t step;
	size_t at;
	int i;

	for (i = 0; i < count && x->result < 0; i++) {
		b = strcmp(args[i], "-") == 0 ? read_input() : unescape(args[i]);
		step = opt.bytewise ? 1 : b.len;
		for (at = 0; at < b.len && x->result < 0; at += step) {
			exchange_restart_clock(x);
			exchange_write(x, b.data + at, step);
			if (opt.delay_ms && (opt.bytewise || i + 1 < count))
				sleep_ms(opt.delay_ms);
		}
		free(b.data);
	}
}

/* The signal counts from the start on, also when it comes before the wait. */
static void pause_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGUSR1);
	sigprocmask(SIG_BLOCK, set, NULL);
}

static void pause_wait(const sigset_t *set)
{
	struct timespec ts = {
		.tv_sec = opt.pause_ms / 1000,
		.tv_nsec = (opt.pause_ms % 1000) * 1000000,
	};

	sigtimedwait(set, NULL, &ts);
}

static int cmd_send(char **args, int count)
{
	static struct exchange x;
	sigset_t enough;
	long round;
	int err;

	pause_block(&enough);
	x.result = -1;
	x.rp.no_body = opt.head;
	exchange_restart_clock(&x);
	x.fd = start_connect();
	if (x.fd < 0)
		die("connect");
	err = wait_fd(x.fd, POLLOUT, x.deadline) ? socket_error(x.fd) : ETIMEDOUT;
	if (err) {
		errno = err;
		fprintf(stderr, "tuxclient: connect: %s\n", strerror(err));
		return err == ETIMEDOUT ? EXIT_TIMEOUT : EXIT_FAILED;
	}
	for (round = 0; round < opt.repeat && x.result < 0; round++)
		exchange_write_args(&x, args, count);
	if (opt.half_close)
		shutdown(x.fd, SHUT_WR);
	if (opt.no_read && x.result < 0)
		x.result = EXIT_OK;
	if (opt.pause_ms && x.result < 0)
		pause_wait(&enough);
	exchange_restart_clock(&x);
	while (x.result < 0) {
		if (!wait_fd(x.fd, POLLIN, x.deadline)) {
			fprintf(stderr, "tuxclient: no answer, or no end of it, in %d ms\n",
				opt.timeout_ms);
			x.result = EXIT_TIMEOUT;
			break;
		}
		exchange_read(&x);
	}
	close_conn(x.fd);
	fflush(stdout);
	return x.result;
}

/* ---- listen ------------------------------------------------------------ */

static int cmd_listen(void)
{
	int sigfd = termination_fd();
	int one = 1;
	int fd;

	fd = socket(opt.addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&opt.addr, opt.addr_len) < 0)
		die("bind");
	if (listen(fd, 16) < 0)
		die("listen");
	printf("listening\n");
	fflush(stdout);
	opt.wait_signal = true;
	wait_for_end(sigfd);
	return EXIT_OK;
}

/* ---- load -------------------------------------------------------------- */

/* Why a connection ended before all its answers were there. */
enum load_error {
	ERR_CONNECT,	/* refused or unreachable */
	ERR_RESET,
	ERR_TIMEOUT,
	ERR_CLOSED,	/* the server closed before the last answer */
	ERR_PROTOCOL,	/* what came was no HTTP */
	ERR_KINDS
};

static const char *const load_error_name[ERR_KINDS] = {
	[ERR_CONNECT] = "connect",
	[ERR_RESET] = "reset",
	[ERR_TIMEOUT] = "timeout",
	[ERR_CLOSED] = "closed",
	[ERR_PROTOCOL] = "protocol",
};

/**
 * struct load_conn - one of the connections at work at a time
 * @fd: the socket; -1: this slot is free
 * @connected: the handshake is through
 * @sent: requests written completely
 * @sent_bytes: bytes written of the request being written
 * @answered: answers received completely
 * @since: when it last made progress
 * @asked: when the oldest unanswered request was written
 * @rp: counts the answers
 */
struct load_conn {
	int fd;
	bool connected;
	long sent;
	size_t sent_bytes;
	long answered;
	uint64_t since;
	uint64_t asked;
	struct reply_parser rp;
};

static struct {
	struct load_conn *conns;
	struct bytes request;
	int epfd;
	long started;
	long active;
	long replies;
	long complete;
	uint64_t bytes;
	uint64_t begin;
	long errors[ERR_KINDS];
	long status[600];
	uint32_t bucket[BUCKETS];
} load;

static void load_end(struct load_conn *c)
{
	close_conn(c->fd);
	c->fd = -1;
	load.active--;
}

static void load_fail(struct load_conn *c, enum load_error kind)
{
	load.errors[kind]++;
	load_end(c);
}

static void load_watch(struct load_conn *c, int op)
{
	bool want_write = !c->connected || c->sent_bytes ||
			  (c->sent < opt.requests && c->sent - c->answered < opt.depth);
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLRDHUP | (want_write ? EPOLLOUT : 0),
		.data.ptr = c,
	};

	epoll_ctl(load.epfd, op, c->fd, &ev);
}

static void load_start(struct load_conn *c)
{
	load.started++;
	c->fd = start_connect();
	if (c->fd < 0) {
		load.errors[ERR_CONNECT]++;
		return;
	}
	load.active++;
	c->connected = false;
	c->sent = 0;
	c->sent_bytes = 0;
	c->answered = 0;
	c->since = now_us();
	c->rp.head_len = 0;
	c->rp.in_body = false;
	c->rp.no_body = opt.head;
	load_watch(c, EPOLL_CTL_ADD);
}

static void load_write(struct load_conn *c)
{
	ssize_t n;

	while (c->sent < opt.requests && c->sent - c->answered < opt.depth) {
		n = send(c->fd, load.request.data + c->sent_bytes,
			 load.request.len - c->sent_bytes, MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN)
				load_fail(c, ERR_RESET);
			return;
		}
		c->since = now_us();
		if (c->sent == c->answered && c->sent_bytes == 0)
			c->asked = c->since;
		c->sent_bytes += n;
		if (c->sent_bytes < load.request.len)
			return;
		c->sent_bytes = 0;
		c->sent++;
	}
}

static void load_answer(struct load_conn *c)
{
	uint64_t now = now_us();
	uint64_t b = (now - c->asked) / BUCKET_US;

	c->answered++;
	c->asked = now;
	load.replies++;
	load.status[c->rp.status]++;
	load.bucket[b < BUCKETS ? b : BUCKETS - 1]++;
}

/* Return: false when the connection is over. */
static bool load_take(struct load_conn *c, const char *data, size_t len)
{
	size_t used;
	int ret;

	while (len) {
		ret = reply_take(&c->rp, data, len, &used);
		if (ret < 0) {
			load_fail(c, ERR_PROTOCOL);
			return false;
		}
		data += used;
		len -= used;
		if (ret == 0)
			return true;
		load_answer(c);
		if (c->answered == opt.requests && !opt.keep_open) {
			load.complete++;
			load_end(c);
			return false;
		}
	}
	return true;
}

static void load_closed(struct load_conn *c)
{
	if (reply_at_close(&c->rp))
		load_answer(c);
	if (c->answered < opt.requests) {
		load_fail(c, ERR_CLOSED);
		return;
	}
	load.complete++;
	load_end(c);
}

/* Return: false when the connection is over. */
static bool load_read(struct load_conn *c)
{
	static char buf[65536];
	ssize_t n;

	do {
		n = recv(c->fd, buf, sizeof(buf), 0);
		if (n > 0) {
			load.bytes += n;
			c->since = now_us();
			if (!load_take(c, buf, n))
				return false;
		} else if (n == 0) {
			load_closed(c);
			return false;
		} else if (errno != EAGAIN) {
			load_fail(c, ERR_RESET);
			return false;
		}
	} while (n == (ssize_t)sizeof(buf));
	return true;
}

static void load_event(struct load_conn *c, uint32_t events)
{
	if (!c->connected) {
		if (socket_error(c->fd)) {
			load_fail(c, ERR_CONNECT);
			return;
		}
		if (!(events & EPOLLOUT))
			return;
		c->connected = true;
	}
	if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) && !load_read(c))
		return;
	load_write(c);
	if (c->fd >= 0)
		load_watch(c, EPOLL_CTL_MOD);
}

static void load_expire(uint64_t now)
{
	uint64_t limit = (uint64_t)opt.timeout_ms * 1000;
	long i;

	for (i = 0; i < opt.concurrency; i++)
		if (load.conns[i].fd >= 0 && now - load.conns[i].since > limit)
			load_fail(&load.conns[i], ERR_TIMEOUT);
}

/* Start as many connections as slots, number and rate allow. */
static void load_fill(uint64_t now)
{
	long allowed = opt.connections;
	long i;

	if (opt.rate) {
		uint64_t due = (now - load.begin) * opt.rate / 1000000 + 1;

		if (due < (uint64_t)allowed)
			allowed = due;
	}
	for (i = 0; i < opt.concurrency && load.started < allowed; i++)
		if (load.conns[i].fd < 0)
			load_start(&load.conns[i]);
}

static double load_percentile(double share)
{
	uint64_t want = (uint64_t)(share * (load.replies - 1));
	uint64_t seen = 0;
	long b;

	for (b = 0; b < BUCKETS; b++) {
		seen += load.bucket[b];
		if (seen > want)
			break;
	}
	return (b + 1) * BUCKET_US / 1000.0;
}

static void load_report(double seconds)
{
	long errors = 0;
	int i;

	for (i = 0; i < ERR_KINDS; i++)
		errors += load.errors[i];
	printf("connections %ld\n", load.started);
	printf("complete %ld\n", load.complete);
	printf("replies %ld\n", load.replies);
	printf("errors %ld\n", errors);
	for (i = 0; i < ERR_KINDS; i++)
		printf("error_%s %ld\n", load_error_name[i], load.errors[i]);
	for (i = 0; i < 600; i++)
		if (load.status[i])
			printf("status_%d %ld\n", i, load.status[i]);
	printf("unfinished %ld\n", load.active);
	printf("bytes %llu\n", (unsigned long long)load.bytes);
	printf("seconds %.3f\n", seconds);
	printf("replies_per_second %.1f\n", seconds > 0 ? load.replies / seconds : 0);
	if (load.replies) {
		printf("reply_ms_p50 %.1f\n", load_percentile(0.50));
		printf("reply_ms_p99 %.1f\n", load_percentile(0.99));
		printf("reply_ms_max %.1f\n", load_percentile(1));
	}
}

static void load_prepare(void)
{
	char *text;
	long i;

	if (!opt.connections)
		opt.connections = opt.concurrency;
	if (opt.data) {
		load.request = unescape(opt.data);
	} else {
		if (asprintf(&text, "%s %s HTTP/1.1\r\nHost: test\r\n\r\n",
			     opt.head ? "HEAD" : "GET", opt.path) < 0)
			die("asprintf");
		load.request = (struct bytes){ text, strlen(text) };
	}
	if (!load.request.len)
		usage_error("nothing to send:", opt.data);
	raise_file_limit(opt.concurrency);
	load.conns = calloc(opt.concurrency, sizeof(*load.conns));
	if (!load.conns)
		die("calloc");
	for (i = 0; i < opt.concurrency; i++)
		load.conns[i].fd = -1;
	load.epfd = epoll_create1(EPOLL_CLOEXEC);
	if (load.epfd < 0)
		die("epoll_create1");
}

static int cmd_load(void)
{
	/* Without a connection: a signal has come. */
	struct epoll_event stop = { .events = EPOLLIN };
	struct epoll_event events[EVENTS];
	bool stopped = false;
	uint64_t next_expiry;
	uint64_t deadline;
	uint64_t now;
	int i, n;

	load_prepare();
	epoll_ctl(load.epfd, EPOLL_CTL_ADD, termination_fd(), &stop);
	now = now_us();
	load.begin = now;
	deadline = now + (uint64_t)opt.time_s * 1000000;
	next_expiry = now;
	while (!stopped && now < deadline && (load.active || load.started < opt.connections)) {
		load_fill(now);
		n = epoll_wait(load.epfd, events, EVENTS, opt.rate ? 1 : 20);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr)
				load_event(events[i].data.ptr, events[i].events);
			else
				stopped = true;
		}
		now = now_us();
		if (now >= next_expiry) {
			load_expire(now);
			next_expiry = now + 100000;
		}
	}
	load_report((now - load.begin) / 1e6);
	for (i = 0; i < ERR_KINDS; i++)
		if (load.errors[i])
			return EXIT_FAILED;
	return load.replies ? EXIT_OK : EXIT_FAILED;
}

/* ---- options ----------------------------------------------------------- */

enum {
	OPT_SOURCE = 256, OPT_TIMEOUT, OPT_RST, OPT_RCVBUF, OPT_WAIT_SIGNAL, OPT_DATA,
	OPT_HALF_CLOSE, OPT_DELAY, OPT_BYTEWISE, OPT_REPEAT, OPT_UNTIL, OPT_HEAD,
	OPT_NO_READ, OPT_PAUSE, OPT_STATUSES, OPT_BODY, OPT_PATH, OPT_CONCURRENCY,
	OPT_CONNECTIONS, OPT_REQUESTS, OPT_DEPTH, OPT_TIME, OPT_RATE, OPT_KEEP_OPEN,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "source", required_argument, NULL, OPT_SOURCE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "rst", no_argument, NULL, OPT_RST },
	{ "rcvbuf", required_argument, NULL, OPT_RCVBUF },
	{ "wait-signal", no_argument, NULL, OPT_WAIT_SIGNAL },
	{ "send", required_argument, NULL, OPT_DATA },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "half-close", no_argument, NULL, OPT_HALF_CLOSE },
	{ "delay", required_argument, NULL, OPT_DELAY },
	{ "bytewise", no_argument, NULL, OPT_BYTEWISE },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "head", no_argument, NULL, OPT_HEAD },
	{ "no-read", no_argument, NULL, OPT_NO_READ },
	{ "pause", required_argument, NULL, OPT_PAUSE },
	{ "statuses", no_argument, NULL, OPT_STATUSES },
	{ "body", no_argument, NULL, OPT_BODY },
	{ "path", required_argument, NULL, OPT_PATH },
	{ "concurrency", required_argument, NULL, OPT_CONCURRENCY },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "requests", required_argument, NULL, OPT_REQUESTS },
	{ "depth", required_argument, NULL, OPT_DEPTH },
	{ "time", required_argument, NULL, OPT_TIME },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "keep-open", no_argument, NULL, OPT_KEEP_OPEN },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static long number(const char *s, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(s, &end, 10);
	if (errno || *end || end == s || n < min || n > max)
		usage_error("out of range:", s);
	return n;
}

/* Options without an argument. Return: false if it is not one of them. */
static bool take_flag(int c)
{
	switch (c) {
	case OPT_RST:
		opt.rst = true;
		return true;
	case OPT_WAIT_SIGNAL:
		opt.wait_signal = true;
		return true;
	case OPT_HALF_CLOSE:
		opt.half_close = true;
		return true;
	case OPT_BYTEWISE:
		opt.bytewise = true;
		return true;
	case OPT_HEAD:
		opt.head = true;
		return true;
	case OPT_NO_READ:
		opt.no_read = true;
		return true;
	case OPT_STATUSES:
		opt.statuses = true;
		return true;
	case OPT_BODY:
		opt.body = true;
		return true;
	case OPT_KEEP_OPEN:
		opt.keep_open = true;
		return true;
	case OPT_HELP:
		fputs(usage_text, stdout);
		exit(EXIT_OK);
	}
	return false;
}

static void take_value(int c, const char *arg)
{
	switch (c) {
	case OPT_SOURCE:
		opt.source_len = parse_addr(arg, "0", &opt.source);
		break;
	case OPT_TIMEOUT:
		opt.timeout_ms = number(arg, 1, MAX_SECONDS * 1000L);
		break;
	case OPT_RCVBUF:
		opt.rcvbuf = number(arg, 1, 1 << 30);
		break;
	case OPT_DATA:
		opt.data = arg;
		break;
	case OPT_DELAY:
		opt.delay_ms = number(arg, 0, 60000);
		break;
	case OPT_REPEAT:
		opt.repeat = number(arg, 1, 1000000);
		break;
	case OPT_UNTIL:
		opt.until = number(arg, 1, 1000000);
		break;
	case OPT_PAUSE:
		opt.pause_ms = number(arg, 0, MAX_SECONDS * 1000L);
		break;
	case OPT_PATH:
		opt.path = arg;
		break;
	case OPT_CONCURRENCY:
		opt.concurrency = number(arg, 1, MAX_CONNS);
		break;
	case OPT_CONNECTIONS:
		opt.connections = number(arg, 1, 100000000);
		break;
	case OPT_REQUESTS:
		opt.requests = number(arg, 1, 100000000);
		break;
	case OPT_DEPTH:
		opt.depth = number(arg, 1, 1000000);
		break;
	case OPT_TIME:
		opt.time_s = number(arg, 1, MAX_SECONDS);
		break;
	case OPT_RATE:
		opt.rate = number(arg, 1, 1000000);
		break;
	default:
		exit(EXIT_USAGE);
	}
}

int main(int argc, char **argv)
{
	const char *slow = getenv("TUX_SLOW");
	const char *cmd;
	int c;

	if (slow && atoi(slow) > 1 && atoi(slow) < 100)
		opt.timeout_ms *= atoi(slow);
	signal(SIGPIPE, SIG_IGN);
	/* '+': DATA that begins with a dash is no option once ADDR was seen. */
	if (argc < 2) {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	cmd = argv[1];
	if (strcmp(cmd, "--help") != 0) {
		argc--;
		argv++;
	}
	while ((c = getopt_long(argc, argv, "+", long_options, NULL)) != -1)
		if (!take_flag(c))
			take_value(c, optarg);
	argc -= optind;
	argv += optind;
	if (argc < 2) {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	opt.addr_len = parse_addr(argv[0], argv[1], &opt.addr);
	if (strcmp(cmd, "hold") == 0 && argc == 3)
		return cmd_hold(argv[2]);
	if (strcmp(cmd, "send") == 0)
		return cmd_send(argv + 2, argc - 2);
	if (strcmp(cmd, "load") == 0 && argc == 2)
		return cmd_load();
	if (strcmp(cmd, "listen") == 0 && argc == 2)
		return cmd_listen();
	usage_error("not understood:", cmd);
	return EXIT_USAGE;
}
