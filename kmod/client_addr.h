/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Open connections by client address: max_connections_per_ip.
 */
#ifndef _TUX_CLIENT_ADDR_H
#define _TUX_CLIENT_ADDR_H

#include <linux/compiler.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>

struct sock;
struct tux_client_addr;

/**
 * struct tux_client_addrs - the addresses of a server's clients
 * @limit: connections that each may have; 0: they are not counted
 * @lock: protects the entries of @table, and their counts
 * @table: struct tux_client_addr by address, those with counted connections alone
 */
struct tux_client_addrs {
	unsigned int		limit;
	spinlock_t		lock ____cacheline_aligned_in_smp;
	struct rhashtable	table;
};

int tux_client_addrs_init(struct tux_client_addrs *addrs, unsigned int limit);
void tux_client_addrs_exit(struct tux_client_addrs *addrs);
unsigned int tux_client_addrs_len(const struct tux_client_addrs *addrs);

struct tux_client_addr *tux_client_addr_count(struct tux_client_addrs *addrs,
					      const struct sock *sk);
void tux_client_addr_uncount(struct tux_client_addrs *addrs, struct tux_client_addr *a);

/**
 * tux_client_addr_get - one connection more from an address, if it may have it
 * @addrs: the server's addresses
 * @sk: the connection's sock
 *
 * Context: process context; may sleep.
 * Return: the entry of the address, for tux_client_addr_put(); NULL where nobody
 * counts; or an ERR_PTR: -EUSERS at the limit, -ENOMEM or another for want of memory.
 */
static inline struct tux_client_addr *tux_client_addr_get(struct tux_client_addrs *addrs,
							  const struct sock *sk)
{
	return READ_ONCE(addrs->limit) ? tux_client_addr_count(addrs, sk) : NULL;
}

/**
 * tux_client_addr_put - one connection less
 * @addrs: the server's addresses
 * @a: what tux_client_addr_get() returned; gone afterwards when it was the last one
 *
 * Context: process context.
 */
static inline void tux_client_addr_put(struct tux_client_addrs *addrs, struct tux_client_addr *a)
{
	if (a)
		tux_client_addr_uncount(addrs, a);
}

#endif /* _TUX_CLIENT_ADDR_H */
