// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event loop.
 *
 *	accept queue --> accept-phase --+
 *	                                v
 *	socket callback ----------> work_pending --> work-phase
 *
 * A worker is one kernel thread bound to one CPU. Between two phases it asks the
 * policy (policy.c) what comes next. It never polls: with nothing to do it
 * sleeps, until a callback wakes it or the oldest timeout of a connection is
 * due; without connections, for good.
 *
 * Contexts: tux_worker_queue(), tux_worker_wake() and tux_worker_arrival()
 * in any; create, stop and destroy in process context under
 * tux_net.lock; everything else in the worker's thread.
 */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

#include "conn.h"
#include "listener.h"
#include "miss.h"
#include "tux.h"
#include "worker.h"

/**
 * tux_worker_wake - make the worker look at its queues
 * @w: the worker
 *
 * Context: any. What the worker is to see was written before the call.
 */
void tux_worker_wake(struct tux_worker *w)
{
	/* Pairs with smp_mb() by set_current_state() in tux_worker_sleep(). */
	smp_mb();
	if (READ_ONCE(w->sleeping))
		wake_up_process(w->task);
}

/*
 * The accept queue is long, so its worker has more to do than it can, or
 * softirqs leave it no time. Ask one other worker with each arrival, in turn: one
 * that sleeps helps at once, one that is busy when it has nothing left to do.
 * So nobody is woken in vain for long, and nobody is searched for.
 */
static void tux_worker_ask(struct tux_listener *l, const struct tux_worker *owner)
{
	struct tux_server *srv = owner->srv;
	/* Pairs with smp_store_release() in tux_placement_add(). */
	unsigned int nr = smp_load_acquire(&srv->nr_workers);
	unsigned int i = READ_ONCE(l->asked);
	struct tux_worker *w;

	i = (i + 1) % nr;
	if (srv->workers[i] == owner)
		i = (i + 1) % nr;
	WRITE_ONCE(l->asked, i);
	w = srv->workers[i];
	if (!READ_ONCE(w->active) || !tux_slots_free(srv))
		return;
	if (READ_ONCE(w->help) != l)
		WRITE_ONCE(w->help, l);
	tux_worker_wake(w);
}

/**
 * tux_worker_arrival - a connection arrived in an accept queue
 * @l: the listener
 *
 * At the connection limit the worker may not take it, so it is left alone;
 * whoever frees a slot then wakes it (tux_slot_put()).
 *
 * Context: any.
 */
void tux_worker_arrival(struct tux_listener *l)
{
	struct tux_worker *w = READ_ONCE(l->worker);

	/*
	 * The queue was filled before the count of slots is read. Pairs with
	 * the barrier in tux_slot_put(), which counts before it looks at the
	 * queue.
	 */
	smp_mb();
	if (READ_ONCE(w->sleeping) && tux_slots_free(w->srv))
		wake_up_process(w->task);
	if (unlikely(tux_listener_queue_len(l) > READ_ONCE(l->crowded)))
		tux_worker_ask(l, w);
}

/**
 * tux_worker_queue - put a connection at the tail of work_pending
 * @w: the connection's worker
 * @c: a connection whose BUSY token the caller holds, and gives up here
 *
 * Context: any.
 */
void tux_worker_queue(struct tux_worker *w, struct tux_conn *c)
{
	spin_lock_bh(&w->work_lock);
	list_add_tail(&c->work, &w->work_pending);
	WRITE_ONCE(w->nr_pending, w->nr_pending + 1);
	spin_unlock_bh(&w->work_lock);
	tux_worker_wake(w);
}

static struct tux_conn *tux_worker_dequeue(struct tux_worker *w)
{
	struct tux_conn *c;

	spin_lock_bh(&w->work_lock);
	c = list_first_entry_or_null(&w->work_pending, struct tux_conn, work);
	if (c) {
		list_del(&c->work);
		WRITE_ONCE(w->nr_pending, w->nr_pending - 1);
	}
	spin_unlock_bh(&w->work_lock);
	return c;
}

/**
 * tux_worker_count_addrs - count the open connections by client address
 * @w: the worker; those that it accepts from now on it counts by itself
 *
 * Context: process context under tux_net.lock; the worker accepts and closes nothing
 * meanwhile.
 * Return: 0 or -ENOMEM; those that were counted until then are.
 */
int tux_worker_count_addrs(struct tux_worker *w)
{
	struct tux_conn *c;
	int err = 0;

	mutex_lock(&w->conns_lock);
	list_for_each_entry(c, &w->conns, all) {
		if (c->client)
			continue;
		c->client = tux_client_addr_get(&w->srv->client_addrs, c->sk);
		err = PTR_ERR_OR_ZERO(c->client);
		if (err) {
			c->client = NULL;
			break;
		}
		cond_resched();
	}
	mutex_unlock(&w->conns_lock);
	return err;
}

/**
 * tux_worker_update_date - write the Date field for the current second
 * @w: the worker
 */
void tux_worker_update_date(struct tux_worker *w)
{
	time64_t now = ktime_get_real_seconds();

	if (now != w->date_sec) {
		w->date_sec = now;
		http_date_format(w->date, now);
	}
}

/*
 * What a worker may take over from the listener that asked it for help: half of
 * what is too much there, since its owner is at work as well.
 */
static u32 tux_worker_surplus(const struct tux_worker *w)
{
	const struct tux_listener *l = READ_ONCE(w->help);
	u32 len, crowded;

	if (!l || !READ_ONCE(w->active))
		return 0;
	len = tux_listener_queue_len(l);
	crowded = READ_ONCE(l->crowded);
	return len > crowded ? (len - crowded + 1) / 2 : 0;
}

static struct sock *tux_worker_steal(struct tux_worker *w)
{
	struct sock *sk = NULL;

	if (tux_worker_surplus(w))
		sk = tux_listener_pop(READ_ONCE(w->help));
	if (sk)
		tux_stat_inc(&w->stats, TUX_accepts_stolen);
	return sk;
}

/*
 * Connections waiting in the accept queues of the worker's listeners; for one
 * that has nothing to do, those that it may take over from another.
 */
static void tux_worker_count_waiting(const struct tux_worker *w, struct tux_policy_in *in)
{
	/* Pairs with smp_store_release() in tux_worker_list_listeners(). */
	unsigned int i, nr = smp_load_acquire(&w->nr_listeners);

	for (i = 0; i < nr; i++) {
		const struct tux_listener *l = READ_ONCE(w->listeners[i]);
		u32 len = tux_listener_queue_len(l);

		in->backlog = tux_listener_backlog(l);
		in->crowded |= len > in->backlog / 2;
		in->accept_queue += len;
	}
	if (!in->accept_queue && READ_ONCE(w->help) && !in->work_pending)
		in->accept_queue = tux_worker_surplus(w);
}

/*
 * Take a connection from the worker's listeners, from each in turn; when they
 * are empty, from one that asked for help.
 */
static struct sock *tux_worker_pop(struct tux_worker *w)
{
	/* Pairs with smp_store_release() in tux_worker_list_listeners(). */
	unsigned int i, nr = smp_load_acquire(&w->nr_listeners);

	for (i = 0; i < nr; i++) {
		struct sock *sk;

		if (++w->turn >= nr)
			w->turn = 0;
		sk = tux_listener_pop(READ_ONCE(w->listeners[w->turn]));
		if (sk)
			return sk;
	}
	return READ_ONCE(w->help) ? tux_worker_steal(w) : NULL;
}

/* The server is being stopped: no phase goes on, and the thread closes what is open. */
static bool tux_worker_ends(const struct tux_worker *w)
{
	return READ_ONCE(w->srv->ending);
}

/*
 * When a phase that may take @usecs has to end; the clock is not read for one
 * without a bound.
 */
static ktime_t tux_phase_end(u32 usecs)
{
	return usecs ? ktime_add_us(ktime_get(), usecs) : KTIME_MAX;
}

static bool tux_phase_over(ktime_t end)
{
	return end != KTIME_MAX && ktime_after(ktime_get(), end);
}

/* One accept-phase: at most @plan->budget consecutive accepts. */
static void tux_accept_phase(struct tux_worker *w, const struct tux_policy_plan *plan)
{
	ktime_t end = tux_phase_end(plan->usecs);
	u32 n = 0;

	tux_stat_inc(&w->stats, TUX_accept_phases);
	while (n < plan->budget) {
		struct sock *sk;

		if (!tux_slot_get(w->srv))
			break;
		sk = tux_worker_pop(w);
		if (!sk) {
			tux_slot_put(w->srv);
			break;
		}
		n++;
		tux_conn_accept(w, sk);
		cond_resched();
		if (tux_worker_ends(w) || tux_phase_over(end))
			break;
	}
}

static unsigned long tux_timeout_jiffies(const struct tux_worker *w, enum tux_timeout kind)
{
	const struct tux_conf *conf = &w->srv->tn->conf;

	switch (kind) {
	case TUX_TIMEOUT_HEADER:
		return READ_ONCE(conf->header_timeout) * HZ;
	case TUX_TIMEOUT_KEEPALIVE:
		return READ_ONCE(conf->keepalive_timeout) * HZ;
	case TUX_TIMEOUT_SEND:
		return READ_ONCE(conf->send_timeout) * HZ;
	default:
		return TUX_LINGER_SECONDS * HZ;
	}
}

/*
 * Connections of one kind are listed in the order in which they began to wait,
 * so the first that is not due ends the search. One that something else
 * already took from the wire has its turn first, and is then closed if it goes on
 * waiting for the same (tux_conn_run()): who sends a byte now and then gains nothing.
 */
static void tux_worker_expire_kind(struct tux_worker *w, enum tux_timeout kind)
{
	unsigned long timeout = tux_timeout_jiffies(w, kind);
	struct list_head *list = &w->timeouts[kind];
	unsigned int budget = TUX_EXPIRE_BUDGET;

	if (!timeout)
		return;
	while (!list_empty(list) && budget--) {
		struct tux_conn *c = list_first_entry(list, struct tux_conn, timeout);

		if (time_before(jiffies, c->since + timeout))
			break;
		if (tux_conn_take(c)) {
			tux_conn_expire(c);
		} else {
			c->overdue = true;
			c->since = jiffies;
			list_move_tail(&c->timeout, list);
		}
	}
}

/* Nothing becomes due but with a tick. */
static void tux_worker_expire(struct tux_worker *w)
{
	enum tux_timeout kind;

	if (w->expired_at == jiffies)
		return;
	w->expired_at = jiffies;
	for (kind = 0; kind < TUX_NR_TIMEOUTS; kind++)
		tux_worker_expire_kind(w, kind);
}

/* One work-phase: until work_pending is empty, new items included, or @plan is met. */
static void tux_work_phase(struct tux_worker *w, const struct tux_policy_plan *plan)
{
	ktime_t end = tux_phase_end(plan->usecs);
	struct tux_conn *c;
	u32 n = 0;

	tux_stat_inc(&w->stats, TUX_work_phases);
	tux_worker_update_date(w);
	while ((!plan->budget || n < plan->budget) && (c = tux_worker_dequeue(w))) {
		tux_stat_inc(&w->stats, TUX_work_items);
		tux_conn_run(c);
		cond_resched();
		if (tux_worker_ends(w) || tux_phase_over(end))
			break;
		if (++n % TUX_EXPIRE_ITEMS == 0) {
			tux_worker_update_date(w);
			tux_worker_expire(w);
		}
	}
}

/* What the policy decides from. */
static struct tux_policy_in tux_worker_look(const struct tux_worker *w)
{
	const struct tux_net *tn = w->srv->tn;
	const struct tux_conf *conf = &tn->conf;
	struct tux_policy_in in = {
		.ahead = w->ahead,
		.work_pending = READ_ONCE(w->nr_pending),
		.free_slots = tux_slots_free(w->srv),
		.work_phases = w->work_phases,
		.conf = {
			.adaptive = READ_ONCE(tn->adaptive),
			.accept_limit = READ_ONCE(conf->accept_limit),
			.accept_interval = READ_ONCE(conf->accept_interval),
			.accept_phase_usecs = READ_ONCE(conf->accept_phase_usecs),
			.work_limit = READ_ONCE(conf->work_limit),
			.work_phase_usecs = READ_ONCE(conf->work_phase_usecs),
		},
	};

	tux_worker_count_waiting(w, &in);
	return in;
}

static struct tux_policy_plan tux_worker_plan(const struct tux_worker *w)
{
	struct tux_policy_in in = tux_worker_look(w);

	return tux_policy_next(&in);
}

/* What the policy wants to know next time: the phase that it chose for @in begins. */
static void tux_worker_note_phase(struct tux_worker *w, const struct tux_policy_in *in,
				  const struct tux_policy_plan *plan)
{
	w->ahead = tux_policy_ahead(in, plan);
	switch (plan->phase) {
	case TUX_PHASE_ACCEPT:
		w->work_phases = 0;
		break;
	case TUX_PHASE_WORK:
		if (w->work_phases != TUX_POLICY_RESTED)
			w->work_phases++;
		break;
	case TUX_PHASE_SLEEP:
		w->work_phases = TUX_POLICY_RESTED;
		break;
	}
}

static void tux_worker_timer(struct timer_list *timer)
{
	tux_worker_wake(container_of(timer, struct tux_worker, timer));
}

/*
 * See that the worker wakes when the first timeout is due. The timer stays
 * armed from one sleep to the next: mostly the connection that it was set for
 * has moved on when it goes off, and then it is set for the next one. So it
 * costs nothing on the way of a request, and goes off once in a timeout's time.
 */
static void tux_worker_arm_timer(struct tux_worker *w)
{
	enum tux_timeout kind;

	for (kind = 0; kind < TUX_NR_TIMEOUTS; kind++) {
		const struct list_head *list = &w->timeouts[kind];
		unsigned long timeout, due;

		if (list_empty(list))
			continue;
		timeout = tux_timeout_jiffies(w, kind);
		if (!timeout)
			continue;
		due = list_first_entry(list, struct tux_conn, timeout)->since + timeout;
		if (!timer_pending(&w->timer) || time_before(due, w->timer.expires))
			mod_timer(&w->timer, max(due, jiffies + 1));
	}
}

/*
 * The timer is looked at when the thread can be woken already: one that has gone off before found
 * nobody to wake, and is set anew; one that goes off later ends the sleep.
 */
static void tux_worker_sleep(struct tux_worker *w)
{
	WRITE_ONCE(w->sleeping, true);
	/* Pairs with smp_mb() in tux_worker_wake() and tux_worker_arrival(). */
	set_current_state(TASK_IDLE);
	tux_worker_arm_timer(w);
	if (tux_worker_plan(w).phase == TUX_PHASE_SLEEP && !tux_worker_ends(w)) {
		tux_stat_inc(&w->stats, TUX_sleeps);
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	WRITE_ONCE(w->sleeping, false);
}

/* The connections that are left are all in the miss pool, or about to come from there. */
static void tux_worker_abandon(struct tux_worker *w)
{
	struct tux_conn *c, *next;
	unsigned int left = 0;

	list_for_each_entry_safe(c, next, &w->conns, all)
		left += tux_miss_abandon(c);
	if (left)
		pr_warn("tux: stopped without %u requests that wait for a file system; until they return the module stays in use\n",
			left);
	else
		pr_warn_ratelimited("tux: stopping waits for requests that wait for a file system\n");
}

/*
 * Close everything. Connections on the wire are taken from it, those on
 * work_pending as they come; those in the miss pool come back to work_pending, or are
 * left there after a while. Only this thread adds to or removes from w->conns, so it
 * may walk it without the lock.
 */
static void tux_worker_close_all(struct tux_worker *w)
{
	unsigned long patience = jiffies + TUX_STOP_WAIT;
	struct tux_conn *c, *next;

	while (!list_empty(&w->conns)) {
		while ((c = tux_worker_dequeue(w))) {
			tux_conn_close(c, c->state == TUX_CONN_SEND);
			cond_resched();
		}
		list_for_each_entry_safe(c, next, &w->conns, all) {
			if (tux_conn_take(c))
				tux_conn_close(c, c->state == TUX_CONN_SEND);
			cond_resched();
		}

		if (!list_empty(&w->conns) && time_after_eq(jiffies, patience)) {
			tux_worker_abandon(w);
			patience = jiffies + TUX_STOP_WAIT;
		}

		WRITE_ONCE(w->sleeping, true);
		/* Pairs with smp_mb() in tux_worker_wake(). */
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (!list_empty(&w->conns) && !READ_ONCE(w->nr_pending))
			schedule_timeout(TUX_STOP_WAIT);
		__set_current_state(TASK_RUNNING);
		WRITE_ONCE(w->sleeping, false);
	}
}

static int tux_worker_main(void *data)
{
	struct tux_worker *w = data;

	while (!tux_worker_ends(w)) {
		struct tux_policy_in in = tux_worker_look(w);
		struct tux_policy_plan plan = tux_policy_next(&in);

		tux_worker_note_phase(w, &in, &plan);
		switch (plan.phase) {
		case TUX_PHASE_ACCEPT:
			tux_accept_phase(w, &plan);
			break;
		case TUX_PHASE_WORK:
			tux_work_phase(w, &plan);
			break;
		case TUX_PHASE_SLEEP:
			tux_worker_sleep(w);
			break;
		}
		tux_worker_expire(w);
		cond_resched();
	}
	tux_worker_close_all(w);
	return 0;
}

static int tux_io_alloc(struct tux_io *io)
{
	io->rx = kvmalloc(TUX_RX_SIZE, GFP_KERNEL);
	io->tx = kvmalloc(TUX_TX_SIZE, GFP_KERNEL);
	return io->rx && io->tx ? 0 : -ENOMEM;
}

static void tux_io_free(struct tux_io *io)
{
	kvfree(io->rx);
	kvfree(io->tx);
}

/**
 * tux_worker_create - make a worker, without listeners yet, and start its thread
 * @srv: the server, whose listeners are there
 * @index: its number
 * @cpu: its home, and the CPU to bind it to
 *
 * Context: process context; may sleep.
 * Return: the worker or an ERR_PTR.
 */
struct tux_worker *tux_worker_create(struct tux_server *srv, unsigned int index, unsigned int cpu)
{
	struct tux_worker *w;
	unsigned int i;
	int err;

	w = kzalloc_node(struct_size(w, listeners, srv->nr_listeners), GFP_KERNEL,
			 cpu_to_node(cpu));
	if (!w)
		return ERR_PTR(-ENOMEM);

	w->srv = srv;
	w->model = srv->listeners[0];
	w->index = index;
	w->home = cpu;
	w->cpu = cpu;
	w->work_phases = TUX_POLICY_RESTED;
	spin_lock_init(&w->work_lock);
	INIT_LIST_HEAD(&w->work_pending);
	mutex_init(&w->conns_lock);
	INIT_LIST_HEAD(&w->conns);
	timer_setup(&w->timer, tux_worker_timer, 0);
	for (i = 0; i < TUX_NR_TIMEOUTS; i++)
		INIT_LIST_HEAD(&w->timeouts[i]);

	err = tux_io_alloc(&w->io);
	if (err)
		goto free_worker;
	w->task = kthread_create_on_node(tux_worker_main, w, cpu_to_node(cpu), "tux/%u", index);
	if (IS_ERR(w->task)) {
		err = PTR_ERR(w->task);
		goto free_worker;
	}
	kthread_bind(w->task, cpu);
	/* It ends before it is asked to (tux_worker_stop()), and is woken even after that. */
	get_task_struct(w->task);
	wake_up_process(w->task);
	return w;

free_worker:
	tux_io_free(&w->io);
	kfree(w);
	return ERR_PTR(err);
}

/**
 * tux_worker_stop - wait until the thread has closed its connections and ended
 * @w: a worker of a server that is ending (tux_server.ending), and was woken since
 *
 * Who has just queued a connection, or given a slot back, may still be about to wake it.
 *
 * Context: process context; waits for requests in the miss pool, but not for long
 * unless the module or the network namespace is going away.
 */
void tux_worker_stop(struct tux_worker *w)
{
	kthread_stop(w->task);
	del_timer_sync(&w->timer);
}

/**
 * tux_worker_destroy - free a worker that was stopped
 * @w: the worker; nobody is left who might wake it
 */
void tux_worker_destroy(struct tux_worker *w)
{
	put_task_struct(w->task);
	tux_io_free(&w->io);
	kfree(w);
}
