// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many connections each client address has open: max_connections_per_ip.
 *
 * One table for all workers of a server, so that the limit is exact wherever the
 * connections arrive. It has an entry for each address with counted connections, made
 * with the first and freed with the last one: max_connections bounds its memory. A
 * connection keeps a pointer to its entry, so closing it searches nothing, and
 * connections that were accepted uncounted are told apart.
 *
 * The whole address counts, an IPv4 one and its IPv4-mapped form as the same.
 *
 * Context: process context; the workers, and whoever writes the tunable.
 */
#include <linux/err.h>
#include <linux/in6.h>
#include <linux/slab.h>

#include "client_addr.h"
#include "sock.h"

/**
 * struct tux_client_addr - an address with open connections
 * @node: in the table
 * @addr: the address; IPv4 as a mapped one
 * @open: its counted connections, never 0 in the table
 * @rcu: a resize of the table may still be looking at a removed entry
 */
struct tux_client_addr {
	struct rhash_head	node;
	struct in6_addr		addr;
	unsigned int		open;
	struct rcu_head		rcu;
};

static const struct rhashtable_params tux_client_addr_params = {
	.head_offset		= offsetof(struct tux_client_addr, node),
	.key_offset		= offsetof(struct tux_client_addr, addr),
	.key_len		= sizeof_field(struct tux_client_addr, addr),
	.automatic_shrinking	= true,
};

/**
 * tux_client_addrs_init - make an empty table
 * @addrs: the server's addresses
 * @limit: max_connections_per_ip
 *
 * Return: 0 or -ENOMEM.
 */
int tux_client_addrs_init(struct tux_client_addrs *addrs, unsigned int limit)
{
	addrs->limit = limit;
	spin_lock_init(&addrs->lock);
	return rhashtable_init(&addrs->table, &tux_client_addr_params);
}

/**
 * tux_client_addrs_exit - free the table
 * @addrs: the server's addresses; all connections are closed
 */
void tux_client_addrs_exit(struct tux_client_addrs *addrs)
{
	WARN_ON_ONCE(tux_client_addrs_len(addrs));
	rhashtable_destroy(&addrs->table);
}

/**
 * tux_client_addrs_len - the number of addresses with counted connections
 * @addrs: the server's addresses
 *
 * Context: any; a snapshot.
 */
unsigned int tux_client_addrs_len(const struct tux_client_addrs *addrs)
{
	return atomic_read(&addrs->table.nelems);
}

/* Find the entry, or let @fresh be it, and count. NULL: there is none, and no @fresh. */
static struct tux_client_addr *tux_client_addr_take(struct tux_client_addrs *addrs,
						    const struct in6_addr *addr,
						    struct tux_client_addr *fresh,
						    unsigned int limit)
{
	struct tux_client_addr *a;
	int err = 0;

	spin_lock(&addrs->lock);
	a = rhashtable_lookup_fast(&addrs->table, addr, tux_client_addr_params);
	if (!a && fresh) {
		err = rhashtable_insert_fast(&addrs->table, &fresh->node, tux_client_addr_params);
		a = fresh;
	}
	if (a && a->open >= limit)
		err = -EUSERS;
	if (a && !err)
		a->open++;
	spin_unlock(&addrs->lock);
	return err ? ERR_PTR(err) : a;
}

/**
 * tux_client_addr_count - tux_client_addr_get() where there is a limit
 * @addrs: the server's addresses
 * @sk: the connection's sock
 *
 * Context: process context; may sleep.
 * Return: as tux_client_addr_get().
 */
struct tux_client_addr *tux_client_addr_count(struct tux_client_addrs *addrs,
					      const struct sock *sk)
{
	unsigned int limit = READ_ONCE(addrs->limit);
	struct in6_addr addr = tux_sock_peer(sk);
	struct tux_client_addr *a, *fresh;

	/* It may have been lifted just now. */
	if (!limit)
		return NULL;
	a = tux_client_addr_take(addrs, &addr, NULL, limit);
	if (a)
		return a;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL | __GFP_NOWARN);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	fresh->addr = addr;
	a = tux_client_addr_take(addrs, &addr, fresh, limit);
	if (a != fresh)
		kfree(fresh);
	return a;
}

/**
 * tux_client_addr_uncount - tux_client_addr_put() of a counted connection
 * @addrs: the server's addresses
 * @a: the entry of its address
 *
 * Context: process context.
 */
void tux_client_addr_uncount(struct tux_client_addrs *addrs, struct tux_client_addr *a)
{
	bool last;

	spin_lock(&addrs->lock);
	last = !--a->open;
	if (last)
		rhashtable_remove_fast(&addrs->table, &a->node, tux_client_addr_params);
	spin_unlock(&addrs->lock);
	if (last)
		kfree_rcu(a, rcu);
}
