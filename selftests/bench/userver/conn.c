// SPDX-License-Identifier: GPL-2.0-only
/*
 * conn - one connection: receive, answer, send
 *
 *	receiving --- head complete ---> sending --- all sent ---> receiving, or closed
 *
 * Works on sockets that block (threads) and on those that do not (the loop): each
 * call of conn_work() reads once, answers everything that is complete, and
 * stops where the socket has no room. Several requests in one segment are
 * answered one after another.
 *
 * The buffers exist only while a request is under way, so that connections without one
 * cost next to nothing. A client that is refused may see a reset instead of the
 * reason if it had sent more than was read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "userver.h"

struct conn_io {
	size_t in_len;
	size_t head_len;
	size_t sent;			/* of head and body together */
	size_t body_len;
	const char *body;
	int body_fd;			/* -1: from body */
	char in[REQUEST_MAX];
	char head[HEAD_MAX];
};

void conn_init(struct conn *c, int fd)
{
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->active = time(NULL);
}

void conn_close(struct conn *c, struct counters *count)
{
	free(c->io);
	c->io = NULL;
	/* before somebody else can have this descriptor, and with it our counters */
	count->closed++;
	close(c->fd);
}

/* ---- the answer ---- */

/* "Date: ...\r\n", made once a second for each thread. */
static size_t put_date(char *to)
{
	static __thread char line[64];
	static __thread size_t len;
	static __thread time_t made;
	time_t now = time(NULL);
	struct tm tm;

	if (now != made || !len) {
		gmtime_r(&now, &tm);
		len = strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
		made = now;
	}
	memcpy(to, line, len);
	return len;
}

static size_t put(char *to, const char *text, size_t len)
{
	memcpy(to, text, len);
	return len;
}

#define PUT(to, literal)	put(to, literal, sizeof(literal) - 1)

/* What says whether the connection stays, where the version alone does not. */
static size_t put_end(char *to, const struct request *req)
{
	if (!req->keep_alive)
		return PUT(to, "Connection: close\r\n\r\n");
	if (req->http10)
		return PUT(to, "Connection: keep-alive\r\n\r\n");
	return PUT(to, "\r\n");
}

static void answer_file(struct conn_io *io, const struct request *req, const struct file *file)
{
	char *to = io->head;

	to += PUT(to, "HTTP/1.1 200 OK\r\nServer: userver\r\n");
	to += put_date(to);
	to += put(to, file->fields, file->fields_len);
	to += put_end(to, req);
	io->head_len = to - io->head;
	io->body = file->body;
	io->body_fd = file->fd;
	io->body_len = req->head ? 0 : file->size;
}

/* The page is part of the head's buffer: "404 Not Found\n". */
static void answer_error(struct conn_io *io, const struct request *req, int status)
{
	const char *reason = http_reason(status);
	char *to = io->head;

	to += sprintf(to, "HTTP/1.1 %d %s\r\nServer: userver\r\n", status, reason);
	to += put_date(to);
	to += sprintf(to, "Content-Type: text/plain\r\nContent-Length: %zu\r\n",
		      strlen(reason) + 5);
	to += put_end(to, req);
	if (!req->head)
		to += sprintf(to, "%d %s\n", status, reason);
	io->head_len = to - io->head;
	io->body_len = 0;
}

/* Take the next request, if it is complete, and make its answer. */
static bool next_request(struct conn *c, struct counters *count)
{
	const struct file *file = NULL;
	struct conn_io *io = c->io;
	struct request req = { 0 };
	size_t len;

	len = http_parse(io->in, io->in_len, &req);
	if (!len) {
		if (io->in_len < REQUEST_MAX)
			return false;
		req.status = 431;
		len = io->in_len;
	}
	if (req.status == 200) {
		file = cache_find(req.path, req.path_len);
		if (!file)
			req.status = 404;
	}
	if (file)
		answer_file(io, &req, file);
	else
		answer_error(io, &req, req.status);
	io->in_len -= len;
	memmove(io->in, io->in + len, io->in_len);
	io->sent = 0;
	c->sending = true;
	c->last = !req.keep_alive;
	count->requests++;
	return true;
}

/* ---- the wire ---- */

/* Head and what is left of the body by one call, if the body is in memory. */
static ssize_t send_mapped(struct conn *c)
{
	struct conn_io *io = c->io;
	struct iovec iov[2];
	size_t body;
	int n = 0;

	if (io->sent < io->head_len) {
		iov[n].iov_base = io->head + io->sent;
		iov[n++].iov_len = io->head_len - io->sent;
	}
	body = io->sent < io->head_len ? 0 : io->sent - io->head_len;
	if (body < io->body_len) {
		iov[n].iov_base = (char *)io->body + body;
		iov[n++].iov_len = io->body_len - body;
	}
	return writev(c->fd, iov, n);
}

static ssize_t send_some(struct conn *c)
{
	struct conn_io *io = c->io;
	off_t offset;

	if (!io->body_len || io->body_fd < 0)
		return send_mapped(c);
	/* MSG_MORE: the head waits for the body's first bytes */
	if (io->sent < io->head_len)
		return send(c->fd, io->head + io->sent, io->head_len - io->sent,
			    MSG_MORE | MSG_NOSIGNAL);
	offset = io->sent - io->head_len;
	return sendfile(c->fd, io->body_fd, &offset, io->body_len - offset);
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static enum conn_want send_answer(struct conn *c, struct counters *count)
{
	struct conn_io *io = c->io;
	ssize_t n;

	while (io->sent < io->head_len + io->body_len) {
		n = send_some(c);
		/* 0: a file that was cut short; the client has been promised more */
		if (n <= 0) {
			c->stalled = true;
			return n < 0 && would_block() ? WANT_WRITE : WANT_CLOSE;
		}
		io->sent += n;
		count->bytes_sent += n;
	}
	c->sending = false;
	return c->last ? WANT_CLOSE : WANT_READ;
}

static enum conn_want receive(struct conn *c)
{
	struct conn_io *io = c->io;
	ssize_t n = recv(c->fd, io->in + io->in_len, REQUEST_MAX - io->in_len, 0);

	if (n > 0) {
		io->in_len += n;
		return WANT_READ;
	}
	c->stalled = true;
	return n < 0 && would_block() ? WANT_READ : WANT_CLOSE;
}

static enum conn_want receive_and_answer(struct conn *c, struct counters *count)
{
	enum conn_want want;

	if (!c->sending) {
		want = receive(c);
		if (want != WANT_READ || c->stalled)
			return want;
	}
	while (c->sending || next_request(c, count)) {
		want = send_answer(c, count);
		if (want != WANT_READ)
			return want;
	}
	return WANT_READ;
}

/**
 * conn_work() - do what can be done for a connection
 * @c: the connection, for which something can be read or written
 * @count: what is done is counted here
 *
 * @c->stalled says afterwards that it ended because the socket had nothing, or no
 * room; on a socket that blocks that is a timeout.
 *
 * Return: what it waits for now; WANT_CLOSE if the caller shall close it.
 */
enum conn_want conn_work(struct conn *c, struct counters *count)
{
	enum conn_want want;

	count->work_items++;
	c->stalled = false;
	c->active = time(NULL);
	if (!c->io) {
		c->io = malloc(sizeof(*c->io));
		if (!c->io)
			return WANT_CLOSE;
		c->io->in_len = 0;
	}
	want = receive_and_answer(c, count);
	if (want == WANT_READ && !c->io->in_len) {
		free(c->io);
		c->io = NULL;
	}
	return want;
}
