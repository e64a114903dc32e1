// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest: run a command in the guest. This is what $GUEST is.
 *
 *	$GUEST COMMAND [ARG...]
 *
 * Arguments arrive as they are: no shell takes them apart.  Standard input, output
 * and error are passed on, and the exit status is the command's (128 + N if
 * signal N ended it, 127 if there is no such program, 125 if the guest is gone).
 * When this program is ended, the command is sent SIGTERM.
 *
 * Finds the mux's socket beside its own executable, so any number of rigs can be
 * used side by side.  Reads standard input like ssh(1) does: in a `while read`
 * loop give it </dev/null.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel.h"

static struct ch_buf from_mux, to_mux;
static uint32_t credit = CH_WINDOW;	/* bytes of input that may still be sent */

static void __attribute__((noreturn)) gone(const char *why)
{
	fprintf(stderr, "guest: %s\n", why);
	exit(CH_EXIT_GONE);
}

static int connect_mux(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char exe[sizeof(sun.sun_path)];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *slash;

	if (n < 0 || fd < 0)
		gone(strerror(errno));
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	*slash = '\0';
	n = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/clients.sock", exe);
	if (n < 0 || (size_t)n >= sizeof(sun.sun_path))
		gone("the path to the rig is too long");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		gone("there is no guest");
	return fd;
}

/* Write all; whoever does not read our output any more ends us as usual. */
static void output(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, data, len);
		if (n < 0) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			if (!ch_retry(errno))
				exit(CH_EXIT_GONE);
			poll(&p, 1, -1);
			continue;
		}
		data += n;
		len -= n;
	}
}

static void frame(const struct ch_head *h, const char *data)
{
	uint32_t n = 0;

	switch (h->type) {
	case CH_OUT:
	case CH_ERR:
		output(h->type == CH_OUT ? 1 : 2, data, h->len);
		n = h->len;
		ch_put_frame(&to_mux, 0, CH_ACK, &n, sizeof(n));
		break;
	case CH_ACK:
		memcpy(&n, data, sizeof(n));
		credit += n;
		break;
	case CH_EXIT:
		memcpy(&n, data, sizeof(n));
		exit(n);
	}
}

/* Send some of our input. Return: false when there is no more. */
static bool input(void)
{
	char buf[CH_CHUNK];
	ssize_t n = read(0, buf, credit < sizeof(buf) ? credit : sizeof(buf));

	if (n < 0 && ch_retry(errno))
		return true;
	if (n < 0)
		n = 0;
	ch_put_frame(&to_mux, 0, CH_IN, buf, n);
	credit -= n;
	return n > 0;
}

int main(int argc, char **argv)
{
	struct ch_buf args = { 0 };
	bool more_input = true;
	struct ch_head head;
	const char *data;
	int fd, got;

	if (argc < 2) {
		fputs("usage: $GUEST COMMAND [ARG...]\n", stderr);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		ch_put(&args, argv[i], strlen(argv[i]) + 1);
	if (args.len > CH_MAX_FRAME) {
		fputs("guest: the arguments are too long\n", stderr);
		return 126;
	}
	fd = connect_mux();
	ch_put_frame(&to_mux, 0, CH_OPEN, args.data, args.len);
	signal(SIGPIPE, SIG_DFL);

	for (;;) {
		struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
					 { .fd = more_input && credit ? 0 : -1,
					   .events = POLLIN } };

		if (ch_write(fd, &to_mux) < 0)
			gone("the guest has gone");
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			gone(strerror(errno));
		if (fds[1].revents)
			more_input = input();
		if (fds[0].revents && ch_read(fd, &from_mux) < 0)
			gone("the guest has gone");
		while ((got = ch_get_frame(&from_mux, &head, &data)) > 0)
			frame(&head, data);
		if (got < 0)
			gone("the channel is broken");
	}
}
