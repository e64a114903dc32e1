// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp - many ports, of which few have something to read
 *
 * The test of the thesis "Event dispatch in virtual hosts" (its section 4.5.3): what does
 * it cost to find the one socket that has a datagram among many that have none?
 * Every datagram is sent back as it came.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "userver.h"

#define DATAGRAM_MAX	2048
#define WAIT_MS		1000

static int open_port(unsigned int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("a port");
	return fd;
}

static void echo(int fd, struct counters *count)
{
	static char data[DATAGRAM_MAX];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;

	count->work_items++;
	n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);
	if (n < 0)
		return;
	if (sendto(fd, data, n, 0, (struct sockaddr *)&from, len) == n)
		count->datagrams++;
}

/**
 * udp_run() - echo until a signal says stop
 * @max_fds: no descriptor of a socket is as high as this
 */
void udp_run(unsigned int max_fds)
{
	const struct event_ops *ops = events_find(opt.events);
	struct ready *ready = calloc(max_fds, sizeof(*ready));
	struct counters *count = stats_slot(0);
	unsigned int port;
	int i, n;

	if (!ready)
		die("calloc");
	ops->init(max_fds);
	for (port = 0; port < opt.udp_ports; port++)
		ops->set(open_port(opt.port + port), EVENT_IN);
	while (!stopped) {
		count->getevents++;
		n = ops->wait(ready, WAIT_MS);
		for (i = 0; i < n; i++)
			echo(ready[i].fd, count);
		count->work_phases += !!n;
	}
}
