// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tunables as files under /proc/sys/net/tux, one set for each network
 * namespace.
 *
 * Every write needs CAP_NET_ADMIN in the initial user namespace: file modes
 * cannot ask for that, since the root user of a container that owns a network
 * namespace counts as the owner of its sysctls. In such namespaces the files
 * are read-only besides.
 *
 * A value is parsed into a copy and checked against its range; only a good one
 * reaches tux_net.conf. All of it happens under tux_net.lock.
 *
 * Context: process context, the reader or writer of the file.
 */
#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "tux.h"

/* Bounds for proc_douintvec_minmax(); module data, but never written. */
struct tux_range {
	unsigned int min;
	unsigned int max;
};

enum tux_uint_tunable {
#define X(name, def, min, max) TUX_UINT_##name,
	TUX_UINT_TUNABLES(X)
#undef X
	TUX_NR_UINTS
};

static struct tux_range tux_ranges[] = {
#define X(name, def, min, max) { min, max },
	TUX_UINT_TUNABLES(X)
#undef X
};

static struct tux_net *tux_net_of(const struct ctl_table *table)
{
	return table->extra2;
}

static int tux_may_write(int write)
{
	return write && !capable(CAP_NET_ADMIN) ? -EPERM : 0;
}

/* Make a running server notice a changed number. */
static int tux_apply_uint(struct tux_net *tn, const unsigned int *value)
{
	if (value == &tn->conf.max_backlog)
		return tux_server_set_backlog(tn);
	if (value == &tn->conf.max_connections_per_ip)
		return tux_server_set_per_ip(tn);
	if (value == &tn->conf.threads)
		return tux_server_set_threads(tn);
	if (value == &tn->conf.generate_etags || value == &tn->conf.http_precompressed)
		tux_file_renew();
	else
		tux_server_kick(tn);
	return 0;
}

static int tux_do_uint(TUX_CTL_CONST struct ctl_table *table, int write, void *buffer,
		       size_t *lenp, loff_t *ppos)
{
	const struct tux_range *range = table->extra1;
	struct tux_net *tn = tux_net_of(table);
	unsigned int *value = table->data;
	unsigned int copy;
	struct ctl_table tmp = {
		.data = &copy,
		.maxlen = sizeof(copy),
		.extra1 = (void *)&range->min,
		.extra2 = (void *)&range->max,
	};
	int err;

	err = tux_may_write(write);
	if (err)
		return err;
	mutex_lock(&tn->lock);
	copy = *value;
	err = proc_douintvec_minmax(&tmp, write, buffer, lenp, ppos);
	if (!err && write && copy != *value) {
		unsigned int old = *value;

		WRITE_ONCE(*value, copy);
		err = tux_apply_uint(tn, value);
		if (err)
			WRITE_ONCE(*value, old);
	}
	mutex_unlock(&tn->lock);
	return err;
}

static int tux_check_documentroot(const char *s)
{
	return *s == '/' || !*s ? 0 : -EINVAL;
}

/* One name, without a way out of its directory. */
static int tux_check_index(const char *s)
{
	return strchr(s, '/') || !strcmp(s, ".") || !strcmp(s, "..") ? -EINVAL : 0;
}

static int tux_check_accept_policy(const char *s)
{
	return strcmp(s, "fixed") && strcmp(s, "auto") ? -EINVAL : 0;
}

/**
 * tux_conf_is_adaptive - does accept_policy say auto?
 * @conf: tunables, valid and under their lock
 */
bool tux_conf_is_adaptive(const struct tux_conf *conf)
{
	return !strcmp(conf->accept_policy, "auto");
}

/* It becomes a line of a response head as it is. */
static int tux_check_cache_control(const char *s)
{
	size_t len = strlen(s);

	if (len && (s[0] == ' ' || s[len - 1] == ' '))
		return -EINVAL;
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return -EINVAL;
	return 0;
}

/* What the range is to a number, this is to a string. */
static int (* const tux_string_checks[])(const char *s) = {
#define X(name, def, size) tux_check_##name,
	TUX_STRING_TUNABLES(X)
#undef X
};

enum tux_string_tunable {
#define X(name, def, size) TUX_STRING_##name,
	TUX_STRING_TUNABLES(X)
#undef X
};

/**
 * tux_conf_check - are the strings valid?
 * @conf: tunables from module parameters, whose numbers were checked already
 *
 * Return: 0 or -EINVAL.
 */
int tux_conf_check(const struct tux_conf *conf)
{
#define X(name, def, size)						\
	if (tux_check_##name(conf->name))				\
		return -EINVAL;
	TUX_STRING_TUNABLES(X)
#undef X
	return 0;
}

/* Up to its end of line; proc_dostring() would cut it silently. */
static bool tux_string_fits(const char *s, size_t len, size_t size)
{
	const char *nl = memchr(s, '\n', len);

	return (nl ? nl - s : len) < size;
}

/* Takes effect, for the workers, when this returns. */
static void tux_set_string(struct tux_net *tn, char *to, const char *from, size_t size)
{
	spin_lock(&tn->strings_lock);
	strscpy(to, from, size);
	spin_unlock(&tn->strings_lock);
	if (to == tn->conf.cache_control)
		tux_file_renew();
	if (to == tn->conf.accept_policy)
		WRITE_ONCE(tn->adaptive, tux_conf_is_adaptive(&tn->conf));
}

static int tux_do_string(TUX_CTL_CONST struct ctl_table *table, int write, void *buffer,
			 size_t *lenp, loff_t *ppos)
{
	struct tux_net *tn = tux_net_of(table);
	struct ctl_table tmp = { .maxlen = table->maxlen };
	int err;

	err = tux_may_write(write);
	if (err)
		return err;
	if (write && !tux_string_fits(buffer, *lenp, table->maxlen))
		return -EINVAL;
	tmp.data = kzalloc(table->maxlen, GFP_KERNEL);
	if (!tmp.data)
		return -ENOMEM;

	mutex_lock(&tn->lock);
	strscpy(tmp.data, table->data, table->maxlen);
	err = proc_dostring(&tmp, write, buffer, lenp, ppos);
	if (!err && write)
		err = (*(typeof(&tux_string_checks[0]))table->extra1)(tmp.data);
	if (!err && write)
		tux_set_string(tn, table->data, tmp.data, table->maxlen);
	mutex_unlock(&tn->lock);
	kfree(tmp.data);
	return err;
}

/* serve: reads 0 or 1; writing starts and stops. */
static int tux_do_serve(TUX_CTL_CONST struct ctl_table *table, int write, void *buffer,
			size_t *lenp, loff_t *ppos)
{
	struct tux_net *tn = tux_net_of(table);
	unsigned int serve;
	struct ctl_table tmp = {
		.data = &serve,
		.maxlen = sizeof(serve),
		.extra1 = SYSCTL_ZERO,
		.extra2 = SYSCTL_ONE,
	};
	int err;

	err = tux_may_write(write);
	if (err)
		return err;
	mutex_lock(&tn->lock);
	serve = tn->server != NULL;
	err = proc_douintvec_minmax(&tmp, write, buffer, lenp, ppos);
	if (!err && write && serve)
		err = tux_server_start(tn);
	else if (!err && write)
		tux_server_stop(tn);
	mutex_unlock(&tn->lock);
	return err;
}

static const struct ctl_table tux_ctl_template[] = {
	{
		.procname	= "serve",
		.mode		= 0644,
		.maxlen		= sizeof(unsigned int),
		.proc_handler	= tux_do_serve,
	},
#define X(name_, def, min, max)						\
	{								\
		.procname	= #name_,				\
		.data		= (void *)offsetof(struct tux_conf, name_), \
		.maxlen		= sizeof(unsigned int),			\
		.mode		= 0644,					\
		.proc_handler	= tux_do_uint,				\
		.extra1		= &tux_ranges[TUX_UINT_##name_],	\
	},
	TUX_UINT_TUNABLES(X)
#undef X
#define X(name_, def, size)						\
	{								\
		.procname	= #name_,				\
		.data		= (void *)offsetof(struct tux_conf, name_), \
		.maxlen		= size,					\
		.mode		= 0644,					\
		.proc_handler	= tux_do_string,			\
		.extra1		= (void *)&tux_string_checks[TUX_STRING_##name_], \
	},
	TUX_STRING_TUNABLES(X)
#undef X
};

#define TUX_NR_CTL ARRAY_SIZE(tux_ctl_template)

/**
 * tux_sysctl_register - make the files
 * @tn: the namespace
 *
 * Context: process context; may sleep.
 * Return: 0 or -ENOMEM.
 */
int tux_sysctl_register(struct tux_net *tn)
{
	bool writable = tn->net->user_ns == &init_user_ns;
	unsigned int i;

	tn->ctl_table = kcalloc(TUX_NR_CTL + TUX_CTL_SENTINEL, sizeof(*tn->ctl_table), GFP_KERNEL);
	if (!tn->ctl_table)
		return -ENOMEM;
	memcpy(tn->ctl_table, tux_ctl_template, sizeof(tux_ctl_template));
	for (i = 0; i < TUX_NR_CTL; i++) {
		struct ctl_table *t = &tn->ctl_table[i];

		if (t->proc_handler != tux_do_serve)
			t->data = (char *)&tn->conf + (unsigned long)t->data;
		t->extra2 = tn;
		if (!writable)
			t->mode = 0444;
	}
	tn->ctl_header = tux_compat_register_sysctl(tn->net, "net/tux", tn->ctl_table, TUX_NR_CTL);
	if (!tn->ctl_header) {
		kfree(tn->ctl_table);
		return -ENOMEM;
	}
	return 0;
}

/**
 * tux_sysctl_unregister - remove the files; waits for handlers that run
 * @tn: the namespace, whose lock the caller must not hold
 */
void tux_sysctl_unregister(struct tux_net *tn)
{
	unregister_net_sysctl_table(tn->ctl_header);
	kfree(tn->ctl_table);
}
