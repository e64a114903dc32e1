/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TCP socket of a connection: callbacks in, bytes out.
 */
#ifndef _TUX_SOCK_H
#define _TUX_SOCK_H

#include <linux/in6.h>
#include <linux/types.h>

struct sock;
struct tux_conn;

/**
 * struct tux_sock_callbacks - callbacks of a sock as the protocol set them
 * @data_ready: data or a FIN arrived
 * @state_change: the TCP state changed
 * @write_space: acknowledged data made room in the send buffer
 * @error_report: sk_err was set
 */
struct tux_sock_callbacks {
	void (*data_ready)(struct sock *sk);
	void (*state_change)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	void (*error_report)(struct sock *sk);
};

struct in6_addr tux_sock_peer(const struct sock *sk);
bool tux_sock_attach(struct tux_conn *c, struct sock *sk);
bool tux_sock_has_input(const struct tux_conn *c);
bool tux_sock_half_closed(const struct sock *sk);
bool tux_sock_has_bytes(struct sock *sk);
bool tux_sock_quiet(const struct tux_conn *c);
ssize_t tux_sock_recv(struct tux_conn *c, void *buf, size_t len);
ssize_t tux_sock_send(struct tux_conn *c, const void *buf, size_t len, bool more);
void tux_sock_shutdown(struct tux_conn *c);
void tux_sock_close(struct tux_conn *c, bool abort);
bool tux_sock_abort(struct tux_conn *c);
void tux_sock_bury(struct tux_conn *c);
void tux_sock_discard(struct sock *sk);

#endif /* _TUX_SOCK_H */
