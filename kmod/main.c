// SPDX-License-Identifier: GPL-2.0-only
/*
 * TUX: a web server in the kernel.
 *
 * Module load and unload, module parameters, and the birth and end of the
 * state that each network namespace has. Only the order of things is here.
 *
 * Context: process context.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "conn.h"
#include "file.h"
#include "mime.h"
#include "miss.h"
#include "placement.h"
#include "tux.h"

static unsigned int tux_net_id;

/* What insmod said: the tunables of every namespace begin with it. */
static struct tux_conf tux_load_conf = TUX_CONF_DEFAULTS;

/*
 * One parameter for each tunable, with the tunable's range.
 */
#define X(name_, def_, min_, max_)						\
static int tux_param_set_##name_(const char *val, const struct kernel_param *kp) \
{										\
	return param_set_uint_minmax(val, kp, min_, max_);			\
}										\
static const struct kernel_param_ops tux_param_ops_##name_ = {			\
	.set = tux_param_set_##name_,						\
	.get = param_get_uint,							\
};										\
module_param_cb(name_, &tux_param_ops_##name_, &tux_load_conf.name_, 0444);	\
MODULE_PARM_DESC(name_, "net.tux." #name_ " to begin with (default " #def_ ")");
TUX_UINT_TUNABLES(X)
#undef X

#define X(name_, def_, size_)							\
static struct kparam_string tux_kps_##name_ = {					\
	.string = tux_load_conf.name_, .maxlen = size_,				\
};										\
module_param_cb(name_, &param_ops_string, &tux_kps_##name_, 0444);		\
MODULE_PARM_DESC(name_, "net.tux." #name_ " to begin with (default " #def_ ")");
TUX_STRING_TUNABLES(X)
#undef X

/**
 * tux_net - the state of a network namespace
 * @net: the namespace
 *
 * Context: any, while the namespace is alive and the module loaded.
 */
struct tux_net *tux_net(const struct net *net)
{
	return net_generic(net, tux_net_id);
}

static int __net_init tux_net_init(struct net *net)
{
	struct tux_net *tn = tux_net(net);
	int err;

	tn->net = net;
	mutex_init(&tn->lock);
	spin_lock_init(&tn->strings_lock);
	tn->conf = tux_load_conf;
	tn->adaptive = tux_conf_is_adaptive(&tn->conf);
	err = tux_placement_watch(tn);
	if (err)
		return err;
	err = tux_proc_register(tn);
	if (err)
		goto unwatch;
	err = tux_sysctl_register(tn);
	if (err)
		goto unregister_proc;
	return 0;

unregister_proc:
	tux_proc_unregister(tn);
unwatch:
	tux_placement_unwatch(tn);
	return err;
}

/*
 * The namespace goes away, or the module does. First the files, whose handlers
 * take the lock and could start the server again; then the server.
 */
static void __net_exit tux_net_exit(struct net *net)
{
	struct tux_net *tn = tux_net(net);

	tux_sysctl_unregister(tn);
	tux_proc_unregister(tn);
	tux_placement_unwatch(tn);
	mutex_lock(&tn->lock);
	tux_server_stop(tn);
	mutex_unlock(&tn->lock);
	mutex_destroy(&tn->lock);
}

static struct pernet_operations tux_net_ops = {
	.init	= tux_net_init,
	.exit	= tux_net_exit,
	.id	= &tux_net_id,
	.size	= sizeof(struct tux_net),
};

/* insmod tux.ko documentroot=/srv/www: serve at once, where insmod was run. */
static int __init tux_autostart(void)
{
	struct tux_net *tn = tux_net(current->nsproxy->net_ns);
	int err;

	if (!tux_load_conf.documentroot[0])
		return 0;
	mutex_lock(&tn->lock);
	err = tux_server_start(tn);
	mutex_unlock(&tn->lock);
	if (err)
		pr_err("tux: cannot serve %s on port %u: error %d\n", tux_load_conf.documentroot,
		       tux_load_conf.port, err);
	return err;
}

static int __init tux_init(void)
{
	int err;

	err = tux_conf_check(&tux_load_conf);
	if (err)
		return err;
	err = tux_conn_init();
	if (err)
		return err;
	err = tux_miss_init();
	if (err)
		goto exit_conn;
	err = tux_file_init();
	if (err)
		goto exit_miss;
	err = tux_placement_init();
	if (err)
		goto exit_file;
	err = register_pernet_subsys(&tux_net_ops);
	if (err)
		goto exit_placement;
	err = tux_autostart();
	if (err)
		goto unregister_pernet;
	return 0;

unregister_pernet:
	unregister_pernet_subsys(&tux_net_ops);
exit_placement:
	tux_placement_exit();
exit_file:
	tux_file_exit();
exit_miss:
	tux_miss_exit();
exit_conn:
	tux_conn_exit();
	return err;
}

static void __exit tux_exit(void)
{
	unregister_pernet_subsys(&tux_net_ops);
	tux_placement_exit();
	tux_file_exit();
	tux_mime_exit();
	tux_miss_exit();
	tux_conn_exit();
}

module_init(tux_init);
module_exit(tux_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TUX, a web server in the kernel");
MODULE_AUTHOR("The TUX developers");
MODULE_VERSION("0.1");
