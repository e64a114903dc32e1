// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache of answers: from the path of a request to the object that an
 * earlier walk made of it.
 *
 * It only finds and keeps; whether an object is still true is for file.c to
 * check, each time. What it cares for itself is how much is kept and for how
 * long:
 *
 * - at most a share of the memory, since every object pins an inode and its
 *   names, refusals ("not there", "not yours") a small part of that, so that a
 *   flood of them cannot drive the files out;
 * - what was not used lately goes first (second chance, so that a hit writes
 *   no list), also when the kernel wants memory back;
 * - an object whose way has changed is dropped within a second even if nobody
 *   asks for it, because it may pin a deleted file's space; and one that nobody
 *   asked for in ten minutes goes too. The sweep that sees to this is armed
 *   only while there is something.
 *
 * Lookups read under RCU and take a reference. Everything else is under the
 * cache's lock. Contexts: finding on workers; inserting in the miss pool; the
 * sweep on the module's workqueue; the shrinker wherever memory is wanted.
 */
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "compat/compat_file.h"
#include "file_object.h"

/*
 * What an object costs, with the dentry and the inode that it pins, and the
 * dentries of siblings that are not there.
 */
#define TUX_OBJECT_COST		2560
/*
 * The share of the memory that all objects of one docroot may cost, and that of
 * refusals among them: one part in so many.
 */
#define TUX_CACHE_SHARE		3
#define TUX_REFUSAL_SHARE	8
#define TUX_CACHE_MIN		1024
#define TUX_CACHE_MAX		(256U << 10)
/* Objects in one hash bucket when the cache is full. */
#define TUX_CACHE_CHAIN		4
/* A deleted file's space is released within a second: look more than twice in it. */
#define TUX_SWEEP_INTERVAL	(HZ / 3)
/* What nobody asks for is kept so long. */
#define TUX_CACHE_IDLE		(600 * HZ)
/* Objects looked at under one hold of the lock. */
#define TUX_SWEEP_BATCH		32
/* Objects that may get a second chance before one goes whatever it is. */
#define TUX_EVICT_CHANCES	16

/* Files and refusals are kept apart, see above. */
enum { TUX_LRU_FILES, TUX_LRU_REFUSALS, TUX_NR_LRU };

struct tux_cache_counters {
	u64	hits;
	u64	misses;
	u64	stale;
};

/**
 * struct tux_file_cache - see the top of this file
 * @lock: protects the table against writers, the lists and the numbers
 * @lru: least recently used first; files and refusals
 * @nr: objects in each list
 * @max: how many may be
 * @evicted: objects dropped for want of room
 * @seed: of the hash, so that nobody can make all paths collide
 * @bits: the table has 1 << bits buckets
 * @buckets: the table
 * @sweep: see tux_cache_sweep()
 * @counters: per CPU
 * @all: in the list of all caches, for the shrinker
 */
struct tux_file_cache {
	spinlock_t		lock;
	struct list_head	lru[TUX_NR_LRU];
	unsigned long		nr[TUX_NR_LRU];
	unsigned long		max[TUX_NR_LRU];
	u64			evicted;
	u32			seed;
	unsigned int		bits;
	struct hlist_head	*buckets;
	struct delayed_work	sweep;
	struct tux_cache_counters __percpu *counters;
	struct list_head	all;
};

static DEFINE_SPINLOCK(tux_caches_lock);	/* outside of a cache's lock */
static LIST_HEAD(tux_caches);
static struct shrinker *tux_cache_shrinker;

static struct hlist_head *tux_cache_bucket(const struct tux_file_cache *cache, u32 hash)
{
	return &cache->buckets[hash >> (32 - cache->bits)];
}

/**
 * tux_cache_hash() - the hash of a path
 * @cache: the cache
 * @name: the path
 * @len: its length
 */
u32 tux_cache_hash(const struct tux_file_cache *cache, const char *name, size_t len)
{
	return jhash(name, len, cache->seed);
}

/**
 * tux_cache_find() - find the object for a path
 * @cache: the cache
 * @name: the path
 * @len: its length
 * @hash: its hash
 *
 * Context: any. Return: the object with a reference for the caller, or NULL.
 */
struct tux_object *tux_cache_find(struct tux_file_cache *cache, const char *name, size_t len,
				  u32 hash)
{
	unsigned long now = jiffies;
	struct tux_object *obj;

	rcu_read_lock();
	hlist_for_each_entry_rcu(obj, tux_cache_bucket(cache, hash), node) {
		if (obj->hash != hash || obj->name_len != len || memcmp(obj->name, name, len))
			continue;
		if (!refcount_inc_not_zero(&obj->file.refs))
			continue;
		rcu_read_unlock();
		if (READ_ONCE(obj->used) != now)	/* spare the cache line */
			WRITE_ONCE(obj->used, now);
		return obj;
	}
	rcu_read_unlock();
	return NULL;
}

/* Take an object out; its reference is the caller's then. */
static void tux_cache_unlink(struct tux_file_cache *cache, struct tux_object *obj)
	__must_hold(&cache->lock)
{
	lockdep_assert_held(&cache->lock);
	hlist_del_init_rcu(&obj->node);
	list_del(&obj->lru);
	cache->nr[obj->refusal]--;
	obj->cached = false;
}

/* Make room for one more in a list. The victim's reference is put here. */
static void tux_cache_evict(struct tux_file_cache *cache, int which)
	__must_hold(&cache->lock)
{
	struct tux_object *obj = NULL;
	int i;

	lockdep_assert_held(&cache->lock);
	for (i = 0; i < TUX_EVICT_CHANCES; i++) {
		obj = list_first_entry_or_null(&cache->lru[which], struct tux_object, lru);
		if (!obj || !time_after(READ_ONCE(obj->used), obj->stamp))
			break;
		obj->stamp = jiffies;
		list_move_tail(&obj->lru, &cache->lru[which]);
	}
	if (!obj)
		return;
	tux_cache_unlink(cache, obj);
	cache->evicted++;
	tux_file_put(&obj->file);
}

/**
 * tux_cache_remove() - drop an object that is no longer true
 * @cache: the cache
 * @obj: the object; the caller keeps its own reference
 *
 * Context: process context or softirq, not under @cache->lock.
 */
void tux_cache_remove(struct tux_file_cache *cache, struct tux_object *obj)
{
	bool mine;

	spin_lock(&cache->lock);
	mine = obj->cached;
	if (mine)
		tux_cache_unlink(cache, obj);
	spin_unlock(&cache->lock);
	if (mine)
		tux_file_put(&obj->file);
}

static struct tux_object *tux_cache_find_same(struct tux_file_cache *cache,
					      const struct tux_object *like)
{
	struct tux_object *obj;

	hlist_for_each_entry(obj, tux_cache_bucket(cache, like->hash), node)
		if (obj->hash == like->hash && obj->name_len == like->name_len &&
		    !memcmp(obj->name, like->name, like->name_len))
			return obj;
	return NULL;
}

/**
 * tux_cache_insert() - keep an object
 * @cache: the cache
 * @obj: the object, in no cache yet; a reference of its own is taken
 *
 * Replaces what was kept for the same path.
 */
void tux_cache_insert(struct tux_file_cache *cache, struct tux_object *obj)
{
	int which = obj->refusal ? TUX_LRU_REFUSALS : TUX_LRU_FILES;
	struct tux_object *old;

	tux_file_get(&obj->file);
	spin_lock(&cache->lock);
	old = tux_cache_find_same(cache, obj);
	if (old)
		tux_cache_unlink(cache, old);
	if (cache->nr[which] >= cache->max[which])
		tux_cache_evict(cache, which);
	obj->cached = true;
	obj->used = jiffies;
	obj->stamp = jiffies;
	list_add_tail(&obj->lru, &cache->lru[which]);
	cache->nr[which]++;
	hlist_add_head_rcu(&obj->node, tux_cache_bucket(cache, obj->hash));
	spin_unlock(&cache->lock);
	if (old)
		tux_file_put(&old->file);
	queue_delayed_work(tux_file_wq, &cache->sweep, TUX_SWEEP_INTERVAL);
}

/* May this one go, with nobody asking? */
static bool tux_cache_useless(const struct tux_object *obj)
{
	return !tux_steps_valid(obj->steps, obj->nr_steps, TUX_DENTRY_UNSURE) ||
	       time_after(jiffies, READ_ONCE(obj->used) + TUX_CACHE_IDLE);
}

/*
 * Look at up to a batch of objects from the front of a list, and put those that
 * may stay at its end. A whole turn leaves the order as it was.
 */
static void tux_cache_sweep_batch(struct tux_file_cache *cache, int which, unsigned int n)
{
	struct tux_object *obj;

	spin_lock(&cache->lock);
	while (n--) {
		obj = list_first_entry_or_null(&cache->lru[which], struct tux_object, lru);
		if (!obj)
			break;
		if (!tux_cache_useless(obj)) {
			list_move_tail(&obj->lru, &cache->lru[which]);
			continue;
		}
		tux_cache_unlink(cache, obj);
		tux_file_put(&obj->file);
	}
	spin_unlock(&cache->lock);
}

static void tux_cache_sweep(struct work_struct *work)
{
	struct tux_file_cache *cache = container_of(to_delayed_work(work), struct tux_file_cache,
						    sweep);
	unsigned long n;
	int which;

	for (which = 0; which < TUX_NR_LRU; which++) {
		for (n = READ_ONCE(cache->nr[which]); n; n -= min_t(ulong, n, TUX_SWEEP_BATCH)) {
			tux_cache_sweep_batch(cache, which, min_t(ulong, n, TUX_SWEEP_BATCH));
			cond_resched();
		}
	}
	if (READ_ONCE(cache->nr[TUX_LRU_FILES]) || READ_ONCE(cache->nr[TUX_LRU_REFUSALS]))
		queue_delayed_work(tux_file_wq, &cache->sweep, TUX_SWEEP_INTERVAL);
}

/**
 * tux_cache_empty() - drop everything
 * @cache: the cache
 *
 * Context: process context.
 */
void tux_cache_empty(struct tux_file_cache *cache)
{
	struct tux_object *obj;
	int which;

	for (which = 0; which < TUX_NR_LRU; which++) {
		do {
			spin_lock(&cache->lock);
			obj = list_first_entry_or_null(&cache->lru[which], struct tux_object, lru);
			if (obj)
				tux_cache_unlink(cache, obj);
			spin_unlock(&cache->lock);
			if (obj)
				tux_file_put(&obj->file);
			cond_resched();
		} while (obj);
	}
}

/**
 * tux_cache_count() - count a lookup
 * @cache: the cache
 * @hit: whether it was answered from the cache
 */
void tux_cache_count(struct tux_file_cache *cache, bool hit)
{
	if (hit)
		this_cpu_inc(cache->counters->hits);
	else
		this_cpu_inc(cache->counters->misses);
}

/**
 * tux_cache_count_stale() - count an object that was no longer true
 * @cache: the cache
 */
void tux_cache_count_stale(struct tux_file_cache *cache)
{
	this_cpu_inc(cache->counters->stale);
}

/**
 * tux_cache_stats() - read the counters
 * @cache: the cache
 * @stats: receives them
 */
void tux_cache_stats(struct tux_file_cache *cache, struct tux_file_stats *stats)
{
	int cpu;

	memset(stats, 0, sizeof(*stats));
	for_each_possible_cpu(cpu) {
		const struct tux_cache_counters *c = per_cpu_ptr(cache->counters, cpu);

		stats->hits += READ_ONCE(c->hits);
		stats->misses += READ_ONCE(c->misses);
		stats->stale += READ_ONCE(c->stale);
	}
	spin_lock(&cache->lock);
	stats->negative = cache->nr[TUX_LRU_REFUSALS];
	stats->objects = cache->nr[TUX_LRU_FILES] + stats->negative;
	stats->evicted = cache->evicted;
	spin_unlock(&cache->lock);
}

static unsigned long tux_cache_shrink_count(struct shrinker *s, struct shrink_control *sc)
{
	struct tux_file_cache *cache;
	unsigned long n = 0;

	spin_lock(&tux_caches_lock);
	list_for_each_entry(cache, &tux_caches, all)
		n += READ_ONCE(cache->nr[TUX_LRU_FILES]) + READ_ONCE(cache->nr[TUX_LRU_REFUSALS]);
	spin_unlock(&tux_caches_lock);
	return n ?: SHRINK_EMPTY;
}

/* Refusals first: they cost as much and help less. */
static unsigned long tux_cache_shrink_one(struct tux_file_cache *cache, unsigned long want)
{
	unsigned long done = 0;
	int which;

	spin_lock(&cache->lock);
	for (which = TUX_NR_LRU - 1; which >= 0; which--)
		for (; done < want && cache->nr[which]; done++)
			tux_cache_evict(cache, which);
	spin_unlock(&cache->lock);
	return done;
}

static unsigned long tux_cache_shrink_scan(struct shrinker *s, struct shrink_control *sc)
{
	struct tux_file_cache *cache;
	unsigned long done = 0;

	spin_lock(&tux_caches_lock);
	list_for_each_entry(cache, &tux_caches, all) {
		if (done >= sc->nr_to_scan)
			break;
		done += tux_cache_shrink_one(cache, sc->nr_to_scan - done);
	}
	spin_unlock(&tux_caches_lock);
	return done ?: SHRINK_STOP;
}

/**
 * tux_cache_new() - make a cache
 *
 * Context: process context; may sleep. Return: the cache, NULL without memory.
 */
struct tux_file_cache *tux_cache_new(void)
{
	struct tux_file_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);
	unsigned long max = (totalram_pages() << PAGE_SHIFT) / TUX_CACHE_SHARE / TUX_OBJECT_COST;
	int which;

	if (!cache)
		return NULL;
	max = clamp_t(unsigned long, max, TUX_CACHE_MIN, TUX_CACHE_MAX);
	cache->max[TUX_LRU_REFUSALS] = max / TUX_REFUSAL_SHARE;
	cache->max[TUX_LRU_FILES] = max - cache->max[TUX_LRU_REFUSALS];
	cache->bits = ilog2(roundup_pow_of_two(max / TUX_CACHE_CHAIN));
	cache->seed = get_random_u32();
	spin_lock_init(&cache->lock);
	for (which = 0; which < TUX_NR_LRU; which++)
		INIT_LIST_HEAD(&cache->lru[which]);
	INIT_DELAYED_WORK(&cache->sweep, tux_cache_sweep);
	cache->counters = alloc_percpu(struct tux_cache_counters);
	if (!cache->counters)
		goto free_cache;
	cache->buckets = kvcalloc(1UL << cache->bits, sizeof(*cache->buckets), GFP_KERNEL);
	if (!cache->buckets)
		goto free_counters;
	spin_lock(&tux_caches_lock);
	list_add_tail(&cache->all, &tux_caches);
	spin_unlock(&tux_caches_lock);
	return cache;

free_counters:
	free_percpu(cache->counters);
free_cache:
	kfree(cache);
	return NULL;
}

/**
 * tux_cache_free() - empty a cache and free it
 * @cache: the cache; nobody looks anything up in it any more
 *
 * Context: process context; may sleep.
 */
void tux_cache_free(struct tux_file_cache *cache)
{
	spin_lock(&tux_caches_lock);
	list_del(&cache->all);
	spin_unlock(&tux_caches_lock);
	cancel_delayed_work_sync(&cache->sweep);
	tux_cache_empty(cache);
	kvfree(cache->buckets);
	free_percpu(cache->counters);
	kfree(cache);
}

/**
 * tux_cache_init() - register the shrinker
 *
 * Return: 0 or -ENOMEM.
 */
int tux_cache_init(void)
{
	tux_cache_shrinker = tux_compat_shrinker_new(tux_cache_shrink_count,
						     tux_cache_shrink_scan);
	return tux_cache_shrinker ? 0 : -ENOMEM;
}

/**
 * tux_cache_exit() - unregister the shrinker
 */
void tux_cache_exit(void)
{
	tux_compat_shrinker_free(tux_cache_shrinker);
}
