// SPDX-License-Identifier: GPL-2.0-only
/*
 * udpload - datagrams to many ports, and how long their echoes take
 *
 *	udpload --ports FIRST:COUNT --rate R [--active N] [--warmup S] [--window S] ADDRESS
 *
 * R datagrams a second at equal distances, each to a port drawn from the first N of
 * the COUNT (default: all of them), come what may. A datagram carries the time it was
 * sent at, so nothing has to be remembered. Prints `name value` lines: how many
 * were sent and came back, and percentiles of the time in between. An echo that
 * takes longer than a second counts as lost.
 *
 * One thread; it sleeps in poll() until an echo comes or the next datagram is due.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "hist.h"
#include "window.h"

#define LOST_AFTER	NSEC

static struct sockaddr_in server = { .sin_family = AF_INET };
static unsigned int first_port, ports, active;
static double rate, warmup = 1, window = 10;
static uint64_t sent, received, sum_us, max_us;
static uint64_t hist[HIST_BUCKETS];
static int fd;

/* The same ports in every run: a fixed seed. */
static unsigned int draw_port(void)
{
	static uint64_t seed = 0x9e3779b97f4a7c15ull;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return first_port + (seed >> 11) % active;
}

static void send_one(void)
{
	uint64_t now;

	server.sin_port = htons(draw_port());
	now = now_ns();
	if (sendto(fd, &now, sizeof(now), 0, (struct sockaddr *)&server, sizeof(server)) < 0)
		die("sendto");
	if (in_window(now))
		sent++;
}

static void receive_one(void)
{
	uint64_t then, now, us;

	if (recv(fd, &then, sizeof(then), MSG_DONTWAIT) != sizeof(then))
		return;
	now = now_ns();
	if (!in_window(then) || now - then > LOST_AFTER)
		return;
	us = (now - then) / 1000;
	received++;
	sum_us += us;
	if (us > max_us)
		max_us = us;
	hist[hist_bucket(us)]++;
}

static void run(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t start = now_ns(), due = start, now = start;
	uint64_t end;
	int wait_ms;

	window_start = start + (uint64_t)(warmup * NSEC);
	window_end = window_start + (uint64_t)(window * NSEC);
	end = window_end + LOST_AFTER;
	while (now < end) {
		if (due <= now && now < window_end) {
			send_one();
			due += (uint64_t)(NSEC / rate);
		}
		wait_ms = due > now ? (due - now) / 1000000 : 0;
		if (now >= window_end)
			wait_ms = (end - now) / 1000000 + 1;
		if (poll(&p, 1, wait_ms) > 0)
			receive_one();
		now = now_ns();
	}
}

static double percentile_ms(double share)
{
	double left = share * received;
	unsigned int i;

	for (i = 0; i < HIST_BUCKETS - 1; i++) {
		left -= hist[i];
		if (left <= 0)
			break;
	}
	return hist_value(i) / 1000;
}

static void print_results(void)
{
	printf("sent %llu\nreceived %llu\nlost %llu\n", (unsigned long long)sent,
	       (unsigned long long)received, (unsigned long long)(sent - received));
	if (!received)
		return;
	printf("response_mean_ms %.4f\nresponse_p50_ms %.4f\nresponse_p90_ms %.4f\n"
	       "response_p99_ms %.4f\nresponse_max_ms %.4f\n", sum_us / 1000.0 / received,
	       percentile_ms(0.5), percentile_ms(0.9), percentile_ms(0.99), max_us / 1000.0);
}

static void usage(void)
{
	fputs("usage: udpload --ports FIRST:COUNT --rate R [--active N] [--warmup S]\n"
	      "               [--window S] ADDRESS\n", stderr);
	exit(2);
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ports", 1, NULL, 'p' }, { "rate", 1, NULL, 'r' }, { "active", 1, NULL, 'a' },
		{ "warmup", 1, NULL, 'u' }, { "window", 1, NULL, 'w' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'p' && sscanf(optarg, "%u:%u", &first_port, &ports) != 2)
			usage();
		else if (c == 'r')
			rate = atof(optarg);
		else if (c == 'a')
			active = atoi(optarg);
		else if (c == 'u')
			warmup = atof(optarg);
		else if (c == 'w')
			window = atof(optarg);
		else if (c == '?')
			usage();
	}
	if (!active)
		active = ports;
	if (!ports || active > ports || first_port + ports > 65536 || rate <= 0 ||
	    optind != argc - 1 || !inet_aton(argv[optind], &server.sin_addr))
		usage();
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	run();
	print_results();
	return 0;
}
