// SPDX-License-Identifier: GPL-2.0-only
/*
 * null - the floor: what any web server in the kernel has to pay
 *
 * Accepts, receives, sends and closes with the very code of tux (shared/), but
 * neither parses a request nor looks for a file: input that ends with an empty line
 * is a request, and the answer to it is always the same 1,000 bytes. So what tux
 * costs more than this is its HTTP and its files, and what a user-space server
 * costs more is that and the boundary.
 *
 * It stands in for what tux has above its connections: request.c, docroot.c, file.c,
 * sendfile.c, miss.c, and main.c. Nothing here ever hands out a file or an
 * errand for the miss pool, so the functions for these only have to exist.
 *
 * Serves in the network namespace it was loaded in, from load to unload:
 * insmod tux_null.ko [port=80] [backlog=2048] [accept_limit=0]
 *
 * Context: as in tux: requests in the worker's thread, the rest in process
 * context of insmod and rmmod. It owns one struct tux_net.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sizes.h>
#include <net/net_namespace.h>

#include "shared/conn.h"
#include "shared/docroot.h"
#include "shared/file.h"
#include "shared/limits.h"
#include "shared/miss.h"
#include "shared/request.h"
#include "shared/sendfile.h"
#include "shared/tux.h"

#define NULL_BODY_SIZE	1000

/* As long as tux's own head for such a file, within some bytes. */
#define NULL_HEAD							\
	"HTTP/1.1 200 OK\r\n"						\
	"Server: null\r\n"						\
	"Date: Thu, 01 Jan 2004 00:00:00 GMT\r\n"			\
	"Last-Modified: Thu, 01 Jan 2004 00:00:00 GMT\r\n"		\
	"ETag: \"0-3e8-0000000000000000\"\r\n"				\
	"Accept-Ranges: bytes\r\n"					\
	"Content-Type: text/html; charset=utf-8\r\n"			\
	"Content-Length: " __stringify(NULL_BODY_SIZE) "\r\n"		\
	"\r\n"

#define NULL_HEAD_SIZE		(sizeof(NULL_HEAD) - 1)
#define NULL_ANSWER_SIZE	(NULL_HEAD_SIZE + NULL_BODY_SIZE)

static char null_answer[NULL_ANSWER_SIZE];

static struct tux_net null_net = { .conf = TUX_CONF_DEFAULTS };

module_param_named(port, null_net.conf.port, uint, 0444);
MODULE_PARM_DESC(port, "where to listen (default 80)");
module_param_named(backlog, null_net.conf.max_backlog, uint, 0444);
MODULE_PARM_DESC(backlog, "length of the accept queue (default 2048)");
module_param_named(accept_limit, null_net.conf.accept_limit, uint, 0444);
MODULE_PARM_DESC(accept_limit, "connections accepted in one accept-phase (default 0: no limit)");

/* ---- in the place of request.c ---- */

/* Does the input end with an empty line? Clients of a benchmark do not pipeline. */
static bool null_request_complete(const struct tux_io *io)
{
	u32 len = io->rx_len - io->rx_off;

	return len >= 4 && !memcmp(io->rx + io->rx_len - 4, "\r\n\r\n", 4);
}

enum tux_verdict tux_request_next(struct tux_conn *c, struct tux_io *io)
{
	if (!null_request_complete(io))
		return TUX_NEED_INPUT;
	if (TUX_TX_SIZE - io->tx_len < NULL_ANSWER_SIZE)
		return TUX_NEED_ROOM;

	memcpy(io->tx + io->tx_len, null_answer, NULL_ANSWER_SIZE);
	io->tx_len += NULL_ANSWER_SIZE;
	io->rx_off = io->rx_len;
	c->end = TUX_END_KEEP;
	c->requests++;
	tux_stat_inc(&c->worker->stats, TUX_requests);
	return TUX_ANSWERED;
}

bool tux_request_begun(const struct tux_conn *c, const struct tux_io *io)
{
	return io->rx_off < io->rx_len;
}

void tux_request_timeout(struct tux_conn *c, struct tux_io *io)
{
}

/* ---- in the place of docroot.c, file.c, sendfile.c and miss.c ---- */

struct tux_docroot *tux_docroot_open(const char *name)
{
	return NULL;
}

void tux_docroot_put(struct tux_docroot *root)
{
}

void tux_file_put(struct tux_file *file)
{
}

void tux_file_get_stats(struct tux_docroot *root, struct tux_file_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
}

ssize_t tux_sendfile(struct socket *sock, struct tux_file *file, loff_t *pos, size_t count,
		     unsigned int flags)
{
	return TUX_SEND_TRUNCATED;
}

struct tux_miss *tux_miss_send(struct tux_conn *c)
{
	return NULL;
}

void tux_miss_submit(struct tux_miss *m)
{
}

void tux_miss_free(struct tux_miss *m)
{
}

void tux_miss_flush(void)
{
}

bool tux_miss_abandon(struct tux_conn *c)
{
	return false;
}

/* ---- in the place of main.c ---- */

static int __init null_init(void)
{
	int err;

	memcpy(null_answer, NULL_HEAD, NULL_HEAD_SIZE);
	memset(null_answer + NULL_HEAD_SIZE, 'n', NULL_BODY_SIZE);
	/* server.c wants one; it is never opened */
	strscpy(null_net.conf.documentroot, "/", sizeof(null_net.conf.documentroot));
	mutex_init(&null_net.lock);
	null_net.net = get_net(current->nsproxy->net_ns);

	err = tux_conn_init();
	if (err)
		goto put_net;
	mutex_lock(&null_net.lock);
	err = tux_server_start(&null_net);
	mutex_unlock(&null_net.lock);
	if (err)
		goto exit_conn;
	return 0;

exit_conn:
	tux_conn_exit();
put_net:
	put_net(null_net.net);
	return err;
}

static void __exit null_exit(void)
{
	mutex_lock(&null_net.lock);
	tux_server_stop(&null_net);
	mutex_unlock(&null_net.lock);
	tux_conn_exit();
	put_net(null_net.net);
}

module_init(null_init);
module_exit(null_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a canned answer over the connections of tux, for benchmarks");
