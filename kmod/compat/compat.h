/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the supported kernels differ.
 *
 * The rest of the module speaks the API of 6.12. What an older kernel lacks or
 * does otherwise is made up for here, each entry with the version that brought
 * the change, so that it can be deleted when support for the older one ends.
 */
#ifndef _TUX_COMPAT_H
#define _TUX_COMPAT_H

#include <linux/version.h>
#include <linux/sysctl.h>
#include <net/net_namespace.h>
#include <net/request_sock.h>
#include <net/sock.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "TUX needs Linux 6.1 or later"
#endif

/* sock_rps_record_flow() moved to a header of its own in 6.10. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#include <net/rps.h>
#endif

/*
 * Reference of a kernel socket on its namespace. 6.12 (and stable kernels that
 * took the change) have sk_net_refcnt_upgrade(), which takes a reference of its
 * own; before, the reference from maybe_get_net() is the one that stays.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
static inline void tux_compat_net_upgrade(struct sock *sk)
{
	sk_net_refcnt_upgrade(sk);
	put_net(sock_net(sk));
}
#else
static inline void tux_compat_net_upgrade(struct sock *sk)
{
	sk->sk_net_refcnt = 1;
	netns_tracker_alloc(sock_net(sk), &sk->ns_tracker, GFP_KERNEL);
	sock_inuse_add(sock_net(sk), 1);
}
#endif

/*
 * 6.11 passes sysctl handlers a const table; 6.6 registers a table by its size,
 * and since 6.11 an empty last entry is an error, while before 6.6 it is the end.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define TUX_CTL_CONST const
#define TUX_CTL_SENTINEL 0
#else
#define TUX_CTL_CONST
#define TUX_CTL_SENTINEL 1
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
static inline struct ctl_table_header *tux_compat_register_sysctl(struct net *net,
								  const char *path,
								  struct ctl_table *table,
								  size_t n)
{
	return register_net_sysctl_sz(net, path, table, n);
}
#else
static inline struct ctl_table_header *tux_compat_register_sysctl(struct net *net,
								  const char *path,
								  struct ctl_table *table,
								  size_t n)
{
	return register_net_sysctl(net, path, table);
}
#endif

/* 6.10 brought reasons for a reset, which tracepoints show. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
static inline void tux_compat_send_reset(const struct request_sock_ops *ops, struct sock *sk,
					 struct sk_buff *skb)
{
	ops->send_reset(sk, skb, SK_RST_REASON_NOT_SPECIFIED);
}
#else
static inline void tux_compat_send_reset(const struct request_sock_ops *ops, struct sock *sk,
					 struct sk_buff *skb)
{
	ops->send_reset(sk, skb);
}
#endif

#endif /* _TUX_COMPAT_H */
