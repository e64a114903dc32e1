// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placement: which workers accept, on which CPUs they run, and which listeners
 * are theirs.
 *
 * There is a listener for each possible CPU from start to stop, because closing
 * one resets its waiting clients. What changes while the server runs, with the
 * tunable `threads` and with CPUs that come and go, is the map from listeners to
 * workers. It is made anew here each time, from three things alone: how many
 * workers are wanted, which CPUs are online, and what the map was.
 *
 * A worker is active, and accepts, or retired. A retired one keeps its open
 * connections to their end, then sleeps until it is wanted again: softirqs may
 * hold a pointer to it, so it lives until the server stops. Each has a home, the
 * CPU that it runs on; while that is offline it runs somewhere else.
 *
 * The workers and softirqs follow without a lock: a listener's worker is one
 * pointer, and a worker's list of listeners holds pointers that stay good. Two
 * workers may pop the same queue for a moment, which is harmless. A worker that
 * sleeps on an old list is woken when the new one is complete.
 *
 * CPUs come and go with the locks of CPU hotplug held, under which nobody waits for
 * tux_net.lock; so the callbacks only start a work item, which does the rest when
 * the change is over. Until then the scheduler finds the threads a CPU.
 *
 * Context: process context; whatever looks at a server, under tux_net.lock.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "listener.h"
#include "placement.h"
#include "tux.h"
#include "worker.h"

/* What makes a worker fit to be chosen, the best first. */
enum tux_fitness {
	TUX_ACTIVE_AT_HOME,	/* goes on as it is */
	TUX_ACTIVE,		/* its home is offline or has a worker */
	TUX_RETIRED_AT_HOME,	/* comes back to a CPU that has no worker */
	TUX_RETIRED,
	TUX_NR_FITNESS,
};

static bool tux_home_free(const struct tux_worker *w, const struct cpumask *taken)
{
	return cpu_online(w->home) && !cpumask_test_cpu(w->home, taken);
}

static bool tux_worker_fits(const struct tux_worker *w, enum tux_fitness fitness,
			    const struct cpumask *taken)
{
	switch (fitness) {
	case TUX_ACTIVE_AT_HOME:
		return w->active && tux_home_free(w, taken);
	case TUX_ACTIVE:
		return w->active;
	case TUX_RETIRED_AT_HOME:
		return tux_home_free(w, taken);
	default:
		return true;
	}
}

/* The first online CPU without a worker; where all have one, in turn. */
static unsigned int tux_next_home(const struct cpumask *taken, unsigned int index)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (!cpumask_test_cpu(cpu, taken))
			return cpu;
	index %= num_online_cpus();
	for_each_online_cpu(cpu)
		if (!index--)
			return cpu;
	return cpumask_first(cpu_online_mask);
}

static int tux_placement_add(struct tux_server *srv, unsigned int home)
{
	struct tux_worker *w = tux_worker_create(srv, srv->nr_workers, home);

	if (IS_ERR(w))
		return PTR_ERR(w);
	w->chosen = true;
	srv->workers[srv->nr_workers] = w;
	/* Pairs with smp_load_acquire() in tux_worker_ask(). */
	smp_store_release(&srv->nr_workers, srv->nr_workers + 1);
	return 0;
}

/* Mark @wanted workers as chosen, those that fit best; make what is missing. */
static int tux_placement_choose(struct tux_server *srv, unsigned int wanted,
				struct cpumask *taken)
{
	enum tux_fitness fitness;
	unsigned int i, home;
	int err = 0;

	cpumask_clear(taken);
	for (i = 0; i < srv->nr_workers; i++)
		srv->workers[i]->chosen = false;

	for (fitness = 0; fitness < TUX_NR_FITNESS; fitness++) {
		for (i = 0; i < srv->nr_workers && wanted; i++) {
			struct tux_worker *w = srv->workers[i];

			if (w->chosen || !tux_worker_fits(w, fitness, taken))
				continue;
			w->chosen = true;
			cpumask_set_cpu(w->home, taken);
			wanted--;
		}
	}
	for (; wanted && !err; wanted--) {
		home = tux_next_home(taken, srv->nr_workers);
		cpumask_set_cpu(home, taken);
		err = tux_placement_add(srv, home);
	}
	return err;
}

/*
 * A CPU can go offline between the choice and this. Then the call fails, the
 * scheduler has found the thread another CPU, and the placement is updated soon.
 */
static void tux_worker_bind(struct tux_worker *w, unsigned int cpu)
{
	WRITE_ONCE(w->cpu, cpu);
	set_cpus_allowed_ptr(w->task, cpumask_of(cpu));
}

/*
 * Chosen workers first go home, as far as home is online and not taken by another one;
 * the others go where there is room. Two with the same home part for good when
 * there is another CPU, for nobody has to come back.
 */
static void tux_placement_bind(struct tux_server *srv, struct cpumask *taken)
{
	unsigned int i, cpu;

	cpumask_clear(taken);
	for (i = 0; i < srv->nr_workers; i++) {
		struct tux_worker *w = srv->workers[i];

		w->at_home = w->chosen && tux_home_free(w, taken);
		if (w->at_home) {
			cpumask_set_cpu(w->home, taken);
			tux_worker_bind(w, w->home);
		}
	}
	for (i = 0; i < srv->nr_workers; i++) {
		struct tux_worker *w = srv->workers[i];

		if (w->at_home)
			continue;
		if (w->chosen) {
			cpu = tux_next_home(taken, i);
			cpumask_set_cpu(cpu, taken);
			if (cpu_online(w->home))
				w->home = cpu;
		} else {
			cpu = cpu_online(w->home) ? w->home : cpumask_any(cpu_online_mask);
		}
		tux_worker_bind(w, cpu);
	}
}

/* The active worker on this CPU, or else the next one in turn, after *@turn. */
static struct tux_worker *tux_placement_worker_for(struct tux_server *srv, unsigned int cpu,
						   unsigned int *turn)
{
	unsigned int i;

	for (i = 0; i < srv->nr_workers; i++)
		if (srv->workers[i]->active && srv->workers[i]->cpu == cpu)
			return srv->workers[i];
	do {
		i = (*turn)++ % srv->nr_workers;
	} while (!srv->workers[i]->active);
	return srv->workers[i];
}

static void tux_worker_list_listeners(struct tux_worker *w)
{
	struct tux_server *srv = w->srv;
	unsigned int i, nr = 0;

	for (i = 0; i < srv->nr_listeners; i++)
		if (srv->listeners[i]->worker == w)
			WRITE_ONCE(w->listeners[nr++], srv->listeners[i]);
	/* Pairs with smp_load_acquire() in tux_worker_count_waiting() and _pop(). */
	smp_store_release(&w->nr_listeners, nr);
}

static void tux_placement_map(struct tux_server *srv)
{
	unsigned int i, turn = 0;

	for (i = 0; i < srv->nr_workers; i++)
		WRITE_ONCE(srv->workers[i]->active, srv->workers[i]->chosen);
	for (i = 0; i < srv->nr_listeners; i++) {
		struct tux_listener *l = srv->listeners[i];

		WRITE_ONCE(l->worker, tux_placement_worker_for(srv, l->cpu, &turn));
	}
	for (i = 0; i < srv->nr_workers; i++)
		tux_worker_list_listeners(srv->workers[i]);
	tux_placement_set_crowd(srv);
	/* Some have got clients that waited for another worker. */
	for (i = 0; i < srv->nr_workers; i++)
		tux_worker_wake(srv->workers[i]);
}

/**
 * tux_placement_set_crowd - say when a listener's worker needs help
 * @srv: the server
 *
 * A short accept queue is crowded when it is half full.
 */
void tux_placement_set_crowd(struct tux_server *srv)
	__must_hold(&srv->tn->lock)
{
	u32 crowded = clamp_t(u32, srv->tn->conf.max_backlog / 2, 1, TUX_CROWD);
	unsigned int i, active = 0;

	lockdep_assert_held(&srv->tn->lock);
	for (i = 0; i < srv->nr_workers; i++)
		active += srv->workers[i]->active;
	for (i = 0; i < srv->nr_listeners; i++)
		WRITE_ONCE(srv->listeners[i]->crowded, active > 1 ? crowded : U32_MAX);
}

/**
 * tux_placement_update - bring workers and map to what is wanted now
 * @srv: the server, with its listeners
 *
 * No connection is closed and no waiting client lost.
 *
 * Context: process context under tux_net.lock; may sleep.
 * Return: 0, or -ENOMEM; then everything is as it was.
 */
int tux_placement_update(struct tux_server *srv)
	__must_hold(&srv->tn->lock)
{
	unsigned int wanted = srv->tn->conf.threads ?: num_online_cpus();
	cpumask_var_t taken;
	int err;

	lockdep_assert_held(&srv->tn->lock);
	if (!alloc_cpumask_var(&taken, GFP_KERNEL))
		return -ENOMEM;
	err = tux_placement_choose(srv, min_t(unsigned int, wanted, TUX_THREADS_MAX), taken);
	if (!err) {
		tux_placement_bind(srv, taken);
		tux_placement_map(srv);
	}
	free_cpumask_var(taken);
	return err;
}

static enum cpuhp_state tux_cpuhp_state;

/* The CPU is up, or goes down. Context: its hotplug thread. */
static int tux_cpus_change(unsigned int cpu, struct hlist_node *node)
{
	struct tux_net *tn = hlist_entry(node, struct tux_net, cpus);

	queue_work(system_unbound_wq, &tn->cpus_work);
	return 0;
}

static void tux_cpus_work(struct work_struct *work)
{
	struct tux_net *tn = container_of(work, struct tux_net, cpus_work);

	/* Wait until the change is complete, or undone. */
	cpus_read_lock();
	cpus_read_unlock();
	mutex_lock(&tn->lock);
	if (tn->server && tux_placement_update(tn->server))
		pr_warn("tux: no memory to follow a change of the CPUs\n");
	mutex_unlock(&tn->lock);
}

/**
 * tux_placement_watch - follow the CPUs that come and go
 * @tn: the namespace
 *
 * Context: process context; may sleep.
 * Return: 0 or a negative errno.
 */
int tux_placement_watch(struct tux_net *tn)
{
	INIT_WORK(&tn->cpus_work, tux_cpus_work);
	return cpuhp_state_add_instance_nocalls(tux_cpuhp_state, &tn->cpus);
}

/**
 * tux_placement_unwatch - undo tux_placement_watch(); waits for the work item
 * @tn: the namespace, whose lock the caller must not hold
 */
void tux_placement_unwatch(struct tux_net *tn)
{
	cpuhp_state_remove_instance_nocalls(tux_cpuhp_state, &tn->cpus);
	cancel_work_sync(&tn->cpus_work);
}

/**
 * tux_placement_init - let namespaces follow the CPUs
 *
 * Return: 0 or a negative errno.
 */
int tux_placement_init(void)
{
	int ret = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "net/tux:online", tux_cpus_change,
					  tux_cpus_change);

	if (ret < 0)
		return ret;
	tux_cpuhp_state = ret;
	return 0;
}

/**
 * tux_placement_exit - undo tux_placement_init(); no namespace is left
 */
void tux_placement_exit(void)
{
	cpuhp_remove_multi_state(tux_cpuhp_state);
}
