// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of the counters, from the lists in stats.h and http_status.h.
 * Context: process; read by /proc/net/tux/stat alone.
 */
#include "stats.h"

static const char * const tux_counter_names[] = {
#define X(name) #name,
	TUX_COUNTERS(X)
#undef X
#define X(code, name, reason) "status_" #code,
	HTTP_STATUS_LIST(X)
#undef X
};

static const char * const tux_drop_names[] = {
#define X(name) #name,
	TUX_DROPS(X)
#undef X
};

/**
 * tux_counter_name - name of a counter
 * @i: enum tux_counter, or TUX_STATUS_BASE plus a status index
 *
 * Return: the name under which it stands in /proc/net/tux/stat.
 */
const char *tux_counter_name(unsigned int i)
{
	static_assert(sizeof(tux_counter_names) / sizeof(*tux_counter_names) == TUX_NR_COUNTERS);

	return tux_counter_names[i];
}

/**
 * tux_drop_name - name of a kind of queue drop
 * @i: enum tux_drop
 *
 * Return: the name under which it stands in /proc/net/tux/stat.
 */
const char *tux_drop_name(unsigned int i)
{
	return tux_drop_names[i];
}
