// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults_debug: one deliberate fault for each detector of the debug kernels.
 *
 * For tests only (selftests/qemu/tests-debug/run): it proves that a detector which
 * is configured also reports.  Writing a kind's name to
 *
 *	/sys/module/faults_debug/parameters/commit
 *
 * commits that fault in the context of the writer and returns when it is over;
 * reading lists the kinds.  A fault does as little damage as will be noticed:
 * the kernel goes on, and the module can be unloaded.
 *
 * The module owns the lists, locks and timers below.  What a fault leaks on
 * purpose is never given back.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

/* Any size that has a slab of its own with a red zone behind it. */
#define OBJECT_SIZE	64

/*
 * Longer than each of the watchdogs waits, once the test has lowered its limit. The longest
 * is RCU's: PROVE_RCU adds 5 seconds (RCU_STALL_DELAY_DELTA) to the 3 that are the least.
 */
static unsigned int hang_seconds = 12;
module_param(hang_seconds, uint, 0600);
MODULE_PARM_DESC(hang_seconds, "how long hung_task, the lockups, the stalls and the race take");

/* Where results go that nobody wants, so that the compiler keeps the access. */
static volatile unsigned long sink;

/* KASAN: read a byte of an object that was freed. */
static void use_after_free(void)
{
	volatile u8 *p = kmalloc(OBJECT_SIZE, GFP_KERNEL);

	if (!p)
		return;
	kfree((void *)p);
	sink = p[8];
}

/* KASAN: read the byte behind an object. */
static void out_of_bounds(void)
{
	size_t size = OBJECT_SIZE - 3;
	volatile u8 *p;

	OPTIMIZER_HIDE_VAR(size);
	p = kmalloc(size, GFP_KERNEL);
	if (!p)
		return;
	sink = p[size];
	kfree((void *)p);
}

/* UBSAN: shift by more bits than there are. */
static void shift(void)
{
	volatile int bits = 40;

	sink = 1U << bits;
}

/*
 * UBSAN: an index beyond its array.  The memory there is the struct's own, so that
 * KASAN has no reason to speak first.
 */
static void array_index(void)
{
	static struct {
		int a[4];
		int behind[4];
	} s;
	volatile int i = 5;

	sink = s.a[i];
}

static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);

/* lockdep: two locks in this order, and in the other one. */
static void lock_inversion(void)
{
	mutex_lock(&lock_a);
	mutex_lock(&lock_b);
	mutex_unlock(&lock_b);
	mutex_unlock(&lock_a);

	mutex_lock(&lock_b);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	mutex_unlock(&lock_b);
}

static DEFINE_SPINLOCK(timer_lock);
static DECLARE_COMPLETION(timer_ran);

static void lock_in_softirq(struct timer_list *unused)
{
	spin_lock(&timer_lock);
	spin_unlock(&timer_lock);
	complete(&timer_ran);
}

static DEFINE_TIMER(lock_timer, lock_in_softirq);

/* lockdep: a lock that softirqs take, taken here with softirqs enabled. */
static void irq_state(void)
{
	mod_timer(&lock_timer, jiffies + 1);
	wait_for_completion(&timer_ran);
	spin_lock(&timer_lock);
	spin_unlock(&timer_lock);
}

/* DEBUG_ATOMIC_SLEEP: an allocation that may sleep, under a spinlock. */
static void atomic_sleep(void)
{
	static DEFINE_SPINLOCK(lock);
	void *p;

	spin_lock(&lock);
	p = kmalloc(OBJECT_SIZE, GFP_KERNEL);
	spin_unlock(&lock);
	kfree(p);
}

/* PROVE_RCU: look at an RCU pointer without rcu_read_lock(). */
static void rcu_usage(void)
{
	static unsigned long __rcu *pointer;

	sink = (unsigned long)rcu_dereference(pointer);
}

/* DEBUG_LIST: take an entry off its list twice. */
static void list_corruption(void)
{
	static LIST_HEAD(head);
	struct list_head entry;

	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
}

static void no_timer(struct timer_list *unused)
{
}

/* DEBUG_OBJECTS: set up a timer that is running. */
static void object_init(void)
{
	static struct timer_list timer;

	timer_setup(&timer, no_timer, 0);
	mod_timer(&timer, jiffies + 3600 * HZ);
	timer_setup(&timer, no_timer, 0);
	del_timer_sync(&timer);
}

/* DEBUG_OBJECTS: free the memory that a running timer is in. */
static void object_free(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, no_timer, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
}

/* refcount_t: take a reference to what has none left. */
static void refcount(void)
{
	refcount_t count = REFCOUNT_INIT(1);

	sink = refcount_dec_and_test(&count);
	refcount_inc(&count);
}

/* slab: destroy a cache that has an object in use. */
static void cache_leak(void)
{
	struct kmem_cache *cache;

	cache = kmem_cache_create("faults_debug", OBJECT_SIZE, 0,
				  SLAB_NO_MERGE, NULL);
	if (!cache)
		return;
	sink = (unsigned long)kmem_cache_alloc(cache, GFP_KERNEL);
	sink = 0;
	kmem_cache_destroy(cache);
}

/* kmemleak: memory that nothing points at any more. */
static void leak(void)
{
	int i;

	/* Several, because a stale word somewhere may look like a pointer to one. */
	for (i = 0; i < 8; i++)
		sink = (unsigned long)kmalloc(OBJECT_SIZE * 16, GFP_KERNEL);
	sink = 0;
}

/* khungtaskd: sleep without being interruptible. */
static void hung_task(void)
{
	schedule_timeout_uninterruptible(hang_seconds * HZ);
}

/* Keep this CPU busy. Without a clock, whose interrupts may be off. */
static void hang(void)
{
	unsigned int ms;

	for (ms = 0; ms < hang_seconds * 1000; ms++)
		mdelay(1);
}

/* The watchdog: a CPU that does not schedule. */
static void soft_lockup(void)
{
	preempt_disable();
	hang();
	preempt_enable();
}

/* The watchdog on the neighbour CPU: a CPU that takes no interrupts. */
static void hard_lockup(void)
{
	unsigned long flags;

	local_irq_save(flags);
	hang();
	local_irq_restore(flags);
}

static struct rcu_head somebody_waits;

static void nothing_to_free(struct rcu_head *unused)
{
}

/* RCU: a read-side section that does not end, while a grace period is wanted. */
static void rcu_stall(void)
{
	rcu_read_lock();
	call_rcu(&somebody_waits, nothing_to_free);
	hang();
	rcu_read_unlock();
	rcu_barrier();
}

static void block_cpu(struct work_struct *unused)
{
	soft_lockup();
}

static void no_work(struct work_struct *unused)
{
}

static DECLARE_WORK(blocking_work, block_cpu);
static DECLARE_WORK(waiting_work, no_work);

/* The workqueue watchdog: a work item that nobody gets round to. */
static void work_stall(void)
{
	int cpu = get_cpu();

	queue_work_on(cpu, system_wq, &blocking_work);
	queue_work_on(cpu, system_wq, &waiting_work);
	put_cpu();
	flush_work(&waiting_work);
	flush_work(&blocking_work);
}

static unsigned long raced;

static int race(void *unused)
{
	while (!kthread_should_stop()) {
		raced++;
		cond_resched();
	}
	return 0;
}

/* KCSAN: two threads count in the same place, and neither says so. */
static void plain_race(void)
{
	struct task_struct *other = kthread_run(race, NULL, "faults_race");
	unsigned long end = jiffies + hang_seconds * HZ;

	if (IS_ERR(other))
		return;
	while (time_before(jiffies, end)) {
		raced++;
		cond_resched();
	}
	kthread_stop(other);
}

static const struct {
	const char *name;
	void (*commit)(void);
} kinds[] = {
	{ "use_after_free", use_after_free },
	{ "out_of_bounds", out_of_bounds },
	{ "shift", shift },
	{ "array_index", array_index },
	{ "lock_inversion", lock_inversion },
	{ "irq_state", irq_state },
	{ "atomic_sleep", atomic_sleep },
	{ "rcu_usage", rcu_usage },
	{ "list_corruption", list_corruption },
	{ "object_init", object_init },
	{ "object_free", object_free },
	{ "refcount", refcount },
	{ "cache_leak", cache_leak },
	{ "leak", leak },
	{ "hung_task", hung_task },
	{ "soft_lockup", soft_lockup },
	{ "hard_lockup", hard_lockup },
	{ "rcu_stall", rcu_stall },
	{ "work_stall", work_stall },
	{ "plain_race", plain_race },
};

static int commit_set(const char *val, const struct kernel_param *kp)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (sysfs_streq(val, kinds[i].name)) {
			pr_info("faults_debug: committing %s\n", kinds[i].name);
			kinds[i].commit();
			return 0;
		}
	}
	return -EINVAL;
}

static int commit_get(char *buf, const struct kernel_param *kp)
{
	int len = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		len += sysfs_emit_at(buf, len, "%s\n", kinds[i].name);
	return len;
}

static const struct kernel_param_ops commit_ops = {
	.set = commit_set,
	.get = commit_get,
};
module_param_cb(commit, &commit_ops, NULL, 0600);
MODULE_PARM_DESC(commit, "write the kind of fault to commit");

/* Loading does nothing; with an exit function the module can go again. */
static int __init faults_debug_init(void)
{
	return 0;
}
module_init(faults_debug_init);

static void __exit faults_debug_exit(void)
{
	del_timer_sync(&lock_timer);
}
module_exit(faults_debug_exit);

MODULE_DESCRIPTION("Deliberate faults, for testing the debug kernel");
MODULE_LICENSE("GPL");
