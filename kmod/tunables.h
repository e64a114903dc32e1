/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tunables: one list, from which the defaults, the module parameters and
 * the files under /proc/sys/net/tux/ are made, so that they cannot part.
 *
 * X(name, default, min, max): an unsigned integer. docs/sysctl.rst describes
 * each; main.c and sysctl.c say when a change takes effect.
 */
#ifndef _TUX_TUNABLES_H
#define _TUX_TUNABLES_H

#include <linux/limits.h>
#include <linux/types.h>

#include "http_response.h"
#include "limits.h"

#define TUX_UINT_TUNABLES(X)						\
	X(port,			80,	1,	65535)			\
	X(threads,		0,	0,	TUX_THREADS_MAX)	\
	X(accept_limit,		0,	0,	INT_MAX)		\
	X(accept_interval,	1,	1,	65535)			\
	X(accept_phase_usecs,	0,	0,	1000000)		\
	X(work_limit,		0,	0,	INT_MAX)		\
	X(work_phase_usecs,	0,	0,	1000000)		\
	X(max_backlog,		2048,	1,	65535)			\
	X(syn_admission,	1,	0,	1)			\
	X(max_accept_wait,	50,	0,	60000)			\
	X(abort_half_closed,	0,	0,	1)			\
	X(reset_refused,	0,	0,	1)			\
	X(max_connections,	16384,	1,	4194304)		\
	X(max_connections_per_ip, 0,	0,	4194304)		\
	X(header_timeout,	30,	0,	86400)			\
	X(keepalive_timeout,	60,	0,	86400)			\
	X(send_timeout,		60,	0,	86400)			\
	X(max_header_len,	16384,	256,	TUX_RX_SIZE)		\
	X(max_object_size,	0,	0,	UINT_MAX)		\
	X(max_output_bandwidth,	0,	0,	UINT_MAX)		\
	X(mode_allowed,		04,	0,	07777)			\
	X(mode_forbidden,	0,	0,	07777)			\
	X(hide_dot_files,	1,	0,	1)			\
	X(http_dir_indexing,	0,	0,	1)			\
	X(generate_etags,	1,	0,	1)			\
	X(http_precompressed,	1,	0,	1)

/* X(name, default, size): a string, its terminating NUL included in size. */
#define TUX_STRING_TUNABLES(X)						\
	X(documentroot,		"",		1024)			\
	X(index,		"index.html",	64)			\
	X(accept_policy,	"fixed",	16)			\
	X(cache_control,	"",		HTTP_CACHE_CONTROL_MAX + 1)

/**
 * struct tux_conf - the tunables of one network namespace
 *
 * Written under tux_net.lock, with WRITE_ONCE(); the workers read the integers
 * without it, with READ_ONCE(). Strings are written under tux_net.strings_lock
 * besides, under which a worker may copy one.
 */
struct tux_conf {
#define X(name, def, min, max) unsigned int name;
	TUX_UINT_TUNABLES(X)
#undef X
#define X(name, def, size) char name[size];
	TUX_STRING_TUNABLES(X)
#undef X
};

/* Initialiser of a struct tux_conf with the defaults. */
#define TUX_CONF_UINT_DEFAULT(name_, def, min, max) .name_ = def,
#define TUX_CONF_STRING_DEFAULT(name_, def, size) .name_ = def,
#define TUX_CONF_DEFAULTS {						\
	TUX_UINT_TUNABLES(TUX_CONF_UINT_DEFAULT)			\
	TUX_STRING_TUNABLES(TUX_CONF_STRING_DEFAULT)			\
}

#endif /* _TUX_TUNABLES_H */
