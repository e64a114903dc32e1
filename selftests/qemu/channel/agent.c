// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: process 1 of the guest, runs commands for the host.
 *
 *	agent		(started by /init with exec, see selftests/qemu/init)
 *
 * Linked statically.  It owns the virtio-serial port and one struct cmd for each
 * command under way.  It waits in poll() and nowhere else, so an idle guest stays
 * idle.  Each command gets a session of its own, pipes for its three standard files,
 * and is over when its first process is: what that one left running in the background
 * goes on without anyone to read its output.  A command whose client has gone
 * is sent SIGTERM with its whole process group.
 *
 * As process 1 it also collects every orphan.  If it dies the kernel panics, which the
 * rig sees at once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"

/* Process 1 answers before others do, also on a busy guest; commands run at 0. */
#define AGENT_NICE	-15

struct cmd {
	struct cmd *next;
	uint32_t chan;
	pid_t pid;		/* 0 once it was collected */
	int status;
	int in;			/* our end of its standard input, or -1 */
	int out[2];		/* of its standard output and error, or -1 */
	struct ch_buf inq;	/* bytes not yet written to in */
	bool in_end;		/* close in when inq is empty */
	uint32_t credit;	/* bytes of output that may still be sent */
	struct pollfd *poll[3];	/* in, out, err in this round, or NULL */
};

static struct cmd *cmds;
static struct ch_buf from_host, to_host;
static sigset_t old_mask;

static void die(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Open the port whose name in sysfs is ours. */
static int open_port(void)
{
	static const char dir[] = "/sys/class/virtio-ports";
	char path[512], name[64];
	struct dirent *e;
	DIR *d;
	int fd = -1;

	d = opendir(dir);
	if (!d)
		die(dir);
	while (fd < 0 && (e = readdir(d))) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s/name", dir, e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f)) {
			name[strcspn(name, "\n")] = '\0';
			snprintf(path, sizeof(path), "/dev/%s", e->d_name);
			if (!strcmp(name, CH_PORT_NAME))
				fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		}
		fclose(f);
	}
	closedir(d);
	if (fd < 0)
		die("no port " CH_PORT_NAME);
	return fd;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the child: become the command. */
static void __attribute__((noreturn)) become(char **argv, const int fds[3])
{
	int err;

	setsid();
	setpriority(PRIO_PROCESS, 0, 0);
	for (int i = 0; i < 3; i++)
		dup2(fds[i], i);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	execvp(argv[0], argv);
	err = errno;
	dprintf(2, "guest: %s: %s\n", argv[0], strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}

/* Split the arguments, each ended by a NUL. Return: NULL if that is not what they are. */
static char **split(const char *args, size_t len)
{
	size_t n = 0, i = 0;
	char **argv;

	if (!len || args[len - 1])
		return NULL;
	for (size_t k = 0; k < len; k++)
		n += !args[k];
	argv = calloc(n + 1, sizeof(*argv));
	if (!argv)
		return NULL;
	for (const char *p = args; p < args + len; p += strlen(p) + 1)
		argv[i++] = (char *)p;
	return argv;
}

/*
 * Pipes for the three standard files: theirs[] for the command, below 3 never because
 * agent's own 0, 1 and 2 are the console.
 */
static int make_pipes(struct cmd *c, int theirs[3])
{
	int p[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };

	for (int i = 0; i < 3; i++)
		if (pipe2(p[i], O_CLOEXEC))
			goto err_close;
	theirs[0] = p[0][0];
	c->in = p[0][1];
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 2; i++) {
		theirs[i + 1] = p[i + 1][1];
		c->out[i] = p[i + 1][0];
		fcntl(c->out[i], F_SETFL, O_NONBLOCK);
	}
	return 0;

err_close:
	for (int i = 0; i < 3; i++) {
		close_fd(&p[i][0]);
		close_fd(&p[i][1]);
	}
	return -1;
}

static void send_exit(uint32_t chan, uint32_t status)
{
	ch_put_frame(&to_host, chan, CH_EXIT, &status, sizeof(status));
}

static void start(uint32_t chan, const char *args, size_t len)
{
	char **argv = split(args, len);
	struct cmd *c = calloc(1, sizeof(*c));
	int theirs[3];

	if (!argv || !c)
		goto err_free;
	c->chan = chan;
	c->credit = CH_WINDOW;
	if (make_pipes(c, theirs))
		goto err_free;
	c->pid = fork();
	if (!c->pid)
		become(argv, theirs);
	for (int i = 0; i < 3; i++)
		close(theirs[i]);
	if (c->pid < 0)
		goto err_close;
	free(argv);
	c->next = cmds;
	cmds = c;
	return;

err_close:
	close_fd(&c->in);
	close_fd(&c->out[0]);
	close_fd(&c->out[1]);
err_free:
	free(argv);
	free(c);
	send_exit(chan, 126);
}

/* Write to the command what it takes, and tell the client how much that was. */
static void feed(struct cmd *c)
{
	size_t before = ch_pending(&c->inq);
	uint32_t n;

	if (c->in >= 0 && ch_write(c->in, &c->inq) < 0)
		close_fd(&c->in);	/* it no longer reads */
	if (c->in < 0)
		c->inq.pos = c->inq.len;
	n = before - ch_pending(&c->inq);
	if (n)
		ch_put_frame(&to_host, c->chan, CH_ACK, &n, sizeof(n));
	if (c->in_end && !ch_pending(&c->inq))
		close_fd(&c->in);
}

/* Pass on output as far as the client's credit goes. Return: true when there is no more. */
static bool drain(struct cmd *c)
{
	static const uint32_t type[2] = { CH_OUT, CH_ERR };
	char buf[CH_CHUNK];

	for (int i = 0; i < 2; i++) {
		while (c->out[i] >= 0) {
			size_t want = c->credit < sizeof(buf) ? c->credit : sizeof(buf);
			ssize_t n;

			if (!want)
				return false;
			n = read(c->out[i], buf, want);
			if (n < 0 && ch_retry(errno))
				break;
			if (n <= 0) {
				close_fd(&c->out[i]);
				break;
			}
			c->credit -= n;
			ch_put_frame(&to_host, c->chan, type[i], buf, n);
		}
	}
	return true;
}

static struct cmd *find(uint32_t chan)
{
	struct cmd *c;

	for (c = cmds; c && c->chan != chan; c = c->next)
		;
	return c;
}

static void frame(const struct ch_head *h, const char *data)
{
	struct cmd *c = find(h->chan);
	uint32_t n;

	if (h->type == CH_OPEN) {
		start(h->chan, data, h->len);
		return;
	}
	if (!c)
		return;		/* it has ended meanwhile */
	switch (h->type) {
	case CH_IN:
		if (!h->len)
			c->in_end = true;
		ch_put(&c->inq, data, h->len);
		feed(c);
		break;
	case CH_ACK:
		if (h->len == sizeof(n)) {
			memcpy(&n, data, sizeof(n));
			c->credit += n;
		}
		break;
	case CH_CLOSE:
		if (c->pid)
			kill(-c->pid, SIGTERM);
		c->credit = UINT32_MAX / 2;	/* nobody reads: let it all go by */
		c->in_end = true;
		feed(c);
		break;
	}
}

/* Collect every process that has ended, ours or not. */
static void reap(int sigfd)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(sigfd, &info, sizeof(info)) == sizeof(info))
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (struct cmd *c = cmds; c; c = c->next) {
			if (c->pid != pid)
				continue;
			c->pid = 0;
			c->status = WIFEXITED(status) ? WEXITSTATUS(status) :
							128 + WTERMSIG(status);
		}
	}
}

/* Say goodbye for every command that has ended and said all. */
static void finish(void)
{
	struct cmd **link = &cmds;

	while (*link) {
		struct cmd *c = *link;

		if (c->pid || !drain(c)) {
			link = &c->next;
			continue;
		}
		send_exit(c->chan, c->status);
		close_fd(&c->in);
		close_fd(&c->out[0]);
		close_fd(&c->out[1]);
		ch_free(&c->inq);
		*link = c->next;
		free(c);
	}
}

static size_t count_cmds(void)
{
	size_t n = 0;

	for (struct cmd *c = cmds; c; c = c->next)
		n++;
	return n;
}

static struct pollfd *watch(struct pollfd **at, int fd, short events, bool wanted)
{
	if (fd < 0 || !wanted)
		return NULL;
	**at = (struct pollfd){ .fd = fd, .events = events };
	return (*at)++;
}

static void one_round(int port, int sigfd)
{
	struct pollfd fds[2 + 3 * count_cmds()], *at = fds, *on_port, *on_sig;
	struct cmd *c, *next;
	struct ch_head head;
	const char *data;
	int got;

	on_port = watch(&at, port, POLLIN | (ch_pending(&to_host) ? POLLOUT : 0), true);
	on_sig = watch(&at, sigfd, POLLIN, true);
	for (c = cmds; c; c = c->next) {
		c->poll[0] = watch(&at, c->in, POLLOUT, ch_pending(&c->inq));
		c->poll[1] = watch(&at, c->out[0], POLLIN, c->credit);
		c->poll[2] = watch(&at, c->out[1], POLLIN, c->credit);
	}
	if (poll(fds, at - fds, -1) < 0 && errno != EINTR)
		die("poll");

	for (c = cmds; c; c = next) {
		next = c->next;
		if (c->poll[0] && c->poll[0]->revents)
			feed(c);
		if ((c->poll[1] && c->poll[1]->revents) || (c->poll[2] && c->poll[2]->revents))
			drain(c);
	}
	if (on_sig->revents)
		reap(sigfd);
	if ((on_port->revents & ~POLLOUT) && ch_read(port, &from_host) < 0)
		die("host closed the port");
	while ((got = ch_get_frame(&from_host, &head, &data)) > 0)
		frame(&head, data);
	if (got < 0)
		die("no frame");
	finish();
	if (ch_write(port, &to_host) < 0)
		die("write to the port");
}

int main(void)
{
	int port = open_port();
	sigset_t mask;
	int sigfd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, &old_mask);
	sigfd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (sigfd < 0)
		die("signalfd");
	setpriority(PRIO_PROCESS, 0, AGENT_NICE);

	ch_put_frame(&to_host, 0, CH_HELLO, NULL, 0);
	for (;;)
		one_round(port, sigfd);
}
