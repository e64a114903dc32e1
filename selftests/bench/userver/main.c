// SPDX-License-Identifier: GPL-2.0-only
/*
 * userver - a small web server in user space, to try accept strategies with
 *
 * The counterpart of tux in the experiments of docs/reproduction.rst, made after what
 * "accept()able Strategies for Improving Web Server Performance" says of its
 * user-mode servers (sections 4.1 and 4.2). It serves static files from memory
 * and does nothing else, so that what differs between two runs is when and
 * how many connections were accepted:
 *
 *	--mode event	one thread: get events (select, poll or epoll), accept up to
 *			accept_limit connections if there are any, then work on those
 *			that were ready before
 *	--mode knot-c	a fixed number of threads; each accepts up to accept_limit
 *			connections and serves them to their end
 *	--mode knot-a	one thread accepts, each connection has a thread of its own
 *	--mode udp	no web server: echoes datagrams on many ports
 *
 * Phases and accepts are counted in the file that --stats names; --show prints it
 * at any time, without disturbing the server.
 *
 * For benchmarks in a network of one's own, not for the world: everything below
 * --root is served to everybody.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "userver.h"

/* 15,000 connections are the paper's, 1,000 threads too; 128 is its backlog. */
struct options opt = {
	.mode = MODE_EVENT, .events = "epoll", .port = 80, .backlog = 128,
	.max_connections = 15000, .threads = 1000, .timeout = 60,
};

volatile sig_atomic_t stopped;

void die(const char *what)
{
	fprintf(stderr, "userver: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- options ---- */

static void usage(FILE *to)
{
	fputs("usage: userver --root DIR [OPTION...]   or   userver --mode udp --udp-ports N\n"
	      "       userver --show FILE\n"
	      "  --mode event|knot-c|knot-a|udp   default event\n"
	      "  --events select|poll|epoll       default epoll (event, udp)\n"
	      "  --accept-limit N                 accepted in a row; 0 (default): all\n"
	      "  --max-connections N              default 15000\n"
	      "  --threads N                      of knot-c, default 1000\n"
	      "  --port N --backlog N             default 80, 128\n"
	      "  --udp-ports N                    from --port on\n"
	      "  --timeout S                      without progress; 0: none; default 60\n"
	      "  --stats FILE                     counters; --show FILE prints them\n", to);
}

static unsigned int number(const char *name, const char *text, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || value > max) {
		fprintf(stderr, "userver: --%s takes a number up to %lu, not '%s'\n", name, max,
			text);
		exit(2);
	}
	return value;
}

static enum userver_mode find_mode(const char *name)
{
	static const char * const names[] = {
		[MODE_EVENT] = "event", [MODE_KNOT_C] = "knot-c",
		[MODE_KNOT_A] = "knot-a", [MODE_UDP] = "udp",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return i;
	fprintf(stderr, "userver: there is no mode '%s'\n", name);
	exit(2);
}

static const struct number_option {
	const char *name;
	unsigned int *to;
	unsigned int min, max;
} numbers[] = {
	{ "accept-limit", &opt.accept_limit, 0, 1000000 },
	{ "backlog", &opt.backlog, 1, 65535 },
	{ "max-connections", &opt.max_connections, 1, 1000000 },
	{ "threads", &opt.threads, 1, 30000 },
	{ "port", &opt.port, 1, 65535 },
	{ "timeout", &opt.timeout, 0, 1000000 },
	{ "udp-ports", &opt.udp_ports, 1, 65535 },
};

/* NAME and its value; false if there is no such option. */
static bool set_option(const char *name, const char *value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(numbers[i].name, name))
			continue;
		*numbers[i].to = number(name, value, numbers[i].max);
		return *numbers[i].to >= numbers[i].min;
	}
	if (!strcmp(name, "mode"))
		opt.mode = find_mode(value);
	else if (!strcmp(name, "events"))
		opt.events = value;
	else if (!strcmp(name, "root"))
		opt.root = value;
	else if (!strcmp(name, "stats"))
		opt.stats = value;
	else if (!strcmp(name, "show"))
		exit(stats_show(value));
	else
		return false;
	return true;
}

/* Every option is --NAME VALUE. */
static void parse_options(int argc, char **argv)
{
	int i;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		usage(stdout);
		exit(0);
	}
	for (i = 1; i < argc; i += 2) {
		if (strncmp(argv[i], "--", 2) || i + 1 == argc ||
		    !set_option(argv[i] + 2, argv[i + 1])) {
			usage(stderr);
			exit(2);
		}
	}
	if ((opt.mode == MODE_UDP) != !!opt.udp_ports || (opt.mode != MODE_UDP && !opt.root) ||
	    !events_find(opt.events) || opt.port + opt.udp_ports > 65536) {
		usage(stderr);
		exit(2);
	}
}

/* ---- start and end ---- */

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	/* no SA_RESTART: who waits shall wake up */
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* As many descriptors as are wanted, or as there may be; returns how many. */
static unsigned int raise_file_limit(unsigned int fds)
{
	struct rlimit limit;

	limit.rlim_cur = fds;
	limit.rlim_max = fds;
	if (!setrlimit(RLIMIT_NOFILE, &limit))
		return fds;
	/* more than we have needs a right; less does not */
	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max < fds ? limit.rlim_max : fds;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	return limit.rlim_cur;
}

/*
 * Accepted sockets inherit TCP_NODELAY and the timeouts, so they need no system call
 * of their own. The timeouts matter to the threads, whose sockets block.
 */
static int open_listener(void)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = htons(opt.port) };
	struct timeval limit = { .tv_sec = opt.timeout };
	int fd, one = 1, zero = 0;

	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)))
		die("setsockopt");
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, opt.backlog))
		die("listen");
	return fd;
}

/* Connections that can be open at a time; Knot-C is bounded by its threads alone. */
static unsigned int connections_possible(void)
{
	unsigned int limit = opt.accept_limit ? opt.accept_limit : opt.backlog + 1;
	uint64_t all = (uint64_t)opt.threads * limit;

	if (opt.mode == MODE_UDP)
		return opt.udp_ports;
	if (opt.mode != MODE_KNOT_C)
		return opt.max_connections;
	return all > 1000000 ? 1000000 : all;
}

/* Sockets have the descriptors below this; files those above, so select() need not look there. */
static unsigned int divide_descriptors(void)
{
	unsigned int sockets = connections_possible() + SPARE_FDS;
	unsigned int fds = raise_file_limit(sockets + MAX_OPEN_FILES);

	if (fds < sockets + MAX_OPEN_FILES) {
		if (fds < 2 * SPARE_FDS) {
			errno = EMFILE;
			die("RLIMIT_NOFILE");
		}
		sockets = fds > 2 * MAX_OPEN_FILES ? fds - MAX_OPEN_FILES : fds / 2;
		if (opt.max_connections > sockets - SPARE_FDS)
			opt.max_connections = sockets - SPARE_FDS;
		fprintf(stderr, "userver: descriptors for %u connections only\n",
			sockets - SPARE_FDS);
	}
	return sockets;
}

/*
 * Threads that count: each in a slot of its own, one for a connection by its descriptor. Not
 * more, for whoever looks at the counters reads all of them.
 */
static unsigned int counting_threads(unsigned int sockets)
{
	switch (opt.mode) {
	case MODE_KNOT_A:
		return sockets;
	case MODE_KNOT_C:
		return opt.threads;
	default:
		return 1;
	}
}

int main(int argc, char **argv)
{
	unsigned int sockets;
	int listen_fd;

	parse_options(argc, argv);
	catch_signals();
	sockets = divide_descriptors();
	if (opt.root)
		cache_load(opt.root, sockets);
	stats_open(opt.stats, counting_threads(sockets));
	if (opt.mode == MODE_UDP) {
		udp_run(sockets);
		return 0;
	}
	listen_fd = open_listener();
	if (opt.mode == MODE_EVENT)
		loop_run(listen_fd, sockets);
	else
		threads_run(listen_fd, sockets);
	return 0;
}
