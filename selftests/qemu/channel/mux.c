// SPDX-License-Identifier: GPL-2.0-only
/*
 * mux: the host's end of the channel; passes frames between clients and the guest.
 *
 *	mux [--ready] PORT-SOCKET CLIENT-SOCKET
 *
 * Listens on both unix sockets.  QEMU connects to the first one with the virtio-serial
 * port, every `guest` to the second.  Clients may come before the guest is up: nothing
 * is passed on until the agent has said hello, since bytes sent to a port that
 * nobody has opened are lost.  A guest that was saved and wakes up again has said so
 * long ago, hence --ready.  When QEMU goes the mux goes, and with it every
 * client's connection: that is how `guest` learns of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel.h"

#define BACKLOG	1024	/* clients that may start at the same moment */

struct client {
	struct client *next;
	int fd;
	uint32_t chan;
	struct ch_buf in, out;
	struct pollfd *poll;
};

static struct client *clients;
static struct ch_buf from_guest, to_guest;
static uint32_t last_chan;
static bool ready;		/* the agent has said hello */

static void die(const char *what)
{
	fprintf(stderr, "mux: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_at(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(sun.sun_path))
		die(path);
	strcpy(sun.sun_path, path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) || listen(fd, BACKLOG))
		die(path);
	return fd;
}

static void welcome(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c;

	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		die("client");
	c->fd = fd;
	c->chan = ++last_chan;
	c->next = clients;
	clients = c;
}

static void drop(struct client *c)
{
	close(c->fd);
	c->fd = -1;	/* swept away at the end of the round */
}

/* The client sent something or went away. */
static void from_client(struct client *c)
{
	struct ch_head h;
	const char *data;
	int got;

	if (ch_read(c->fd, &c->in) < 0) {
		ch_put_frame(&to_guest, c->chan, CH_CLOSE, NULL, 0);
		drop(c);
		return;
	}
	while ((got = ch_get_frame(&c->in, &h, &data)) > 0)
		ch_put_frame(&to_guest, c->chan, h.type, data, h.len);
	if (got < 0)
		drop(c);
}

static void from_agent(int port)
{
	struct ch_head h;
	const char *data;
	struct client *c;
	int got;

	if (ch_read(port, &from_guest) < 0)
		exit(0);	/* QEMU has gone */
	while ((got = ch_get_frame(&from_guest, &h, &data)) > 0) {
		if (h.type == CH_HELLO)
			ready = true;
		for (c = clients; c; c = c->next)
			if (c->chan == h.chan && c->fd >= 0)
				ch_put_frame(&c->out, 0, h.type, data, h.len);
	}
	if (got < 0)
		die("no frame from the guest");
}

static void sweep(void)
{
	struct client **link = &clients;

	while (*link) {
		struct client *c = *link;

		if (c->fd >= 0 && ch_write(c->fd, &c->out) < 0)
			drop(c);
		if (c->fd >= 0) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		ch_free(&c->in);
		ch_free(&c->out);
		free(c);
	}
}

static size_t count_clients(void)
{
	size_t n = 0;

	for (struct client *c = clients; c; c = c->next)
		n++;
	return n;
}

static void one_round(int port, int listener)
{
	struct pollfd fds[2 + count_clients()];
	struct client *c;
	size_t n = 2;

	fds[0] = (struct pollfd){ .fd = port, .events = POLLIN };
	if (ready && ch_pending(&to_guest))
		fds[0].events |= POLLOUT;
	fds[1] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (c = clients; c; c = c->next) {
		c->poll = &fds[n++];
		*c->poll = (struct pollfd){ .fd = c->fd, .events = POLLIN };
		if (ch_pending(&c->out))
			c->poll->events |= POLLOUT;
	}
	if (poll(fds, n, -1) < 0 && errno != EINTR)
		die("poll");

	if (fds[0].revents & ~POLLOUT)
		from_agent(port);
	for (c = clients; c; c = c->next)
		if (c->poll->revents & ~POLLOUT)
			from_client(c);
	if (fds[1].revents)
		welcome(listener);
	sweep();
	if (ready && ch_write(port, &to_guest) < 0)
		exit(0);
}

int main(int argc, char **argv)
{
	int port, listener;

	if (argc > 1 && !strcmp(argv[1], "--ready")) {
		ready = true;
		argv++;
		argc--;
	}
	if (argc != 3) {
		fputs("usage: mux [--ready] PORT-SOCKET CLIENT-SOCKET\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	listener = listen_at(argv[2]);
	port = listen_at(argv[1]);
	port = accept4(port, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (port < 0)
		die("accept");
	for (;;)
		one_round(port, listener);
}
