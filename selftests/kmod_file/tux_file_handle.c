// SPDX-License-Identifier: GPL-2.0-only
/*
 * A handle on the file side, for tests: /proc/tux_file_test.
 *
 * A command is written, its answer read back through the same open file; both
 * are text. There is one document root and one held file for everybody, under
 * a mutex: this is a bench for one test program at a time. Root's alone.
 *
 * What must not block (lookups with TUX_LOOKUP_NOWAIT, reads with nowait) runs
 * with preemption off here, so that the kernel itself tells when something
 * sleeps all the same.
 *
 * Contexts: everything in the test program's system calls.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/preempt.h>
#include <linux/proc_fs.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "docroot.h"
#include "file.h"
#include "mime.h"
#include "sendfile.h"

#define COMMAND_MAX	(64U << 10)
#define ANSWER_MAX	(64U << 10)
#define TURNS_MAX	1000000
#define FILL_MAX	160000	/* 20^4 */

static DEFINE_MUTEX(lock);	/* protects everything below */
static struct tux_docroot *root;
static struct tux_file *held;
static struct tux_file_policy policy = TUX_FILE_POLICY_DEFAULT;
static char index_name[64] = "index.html";
static char *answer;
static size_t answer_len;
static struct task_struct *crowd[8];
static unsigned int crowd_size;
static const char *crowd_path[16];
static unsigned int crowd_paths;
static char *crowd_text;
static atomic_t crowd_lookups;

static void say(const char *fmt, ...) __printf(1, 2);
static void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	answer_len += vscnprintf(answer + answer_len, ANSWER_MAX - answer_len, fmt, args);
	va_end(args);
}

static int find(const char *path, bool nowait, struct tux_file **f)
{
	int err;

	if (!nowait)
		return tux_file_lookup(root, &policy, path, 0, f);
	preempt_disable();
	err = tux_file_lookup(root, &policy, path, TUX_LOOKUP_NOWAIT, f);
	preempt_enable();
	return err;
}

static void say_file(int err, const struct tux_file *f)
{
	if (err) {
		say("%d\n", err);
	} else {
		say("0 siblings=%u size=%lld tag=%lld version=%llu mtime=%lld.%09ld settled=%d ",
		    f->siblings, f->size, (s64)f->tag, f->version, (s64)f->mtime.tv_sec,
		    f->mtime.tv_nsec, f->settled);
		say("type=%s\n", f->type);
	}
}

/* As the server does it: without blocking, then in the pool's way. */
static int find_both(const char *path, struct tux_file **f)
{
	int err = find(path, true, f);

	return err == -EAGAIN ? find(path, false, f) : err;
}

static void do_lookup(const char *path, char how)
{
	struct tux_file *f = NULL;
	int err = how == 'b' ? find_both(path, &f) : find(path, how == 'n', &f);

	say_file(err, f);
	tux_file_put(f);
}

static ssize_t read_some(struct tux_file *f, loff_t pos, size_t len, bool nowait)
{
	ssize_t n;

	len = min_t(loff_t, len, max_t(loff_t, f->size - pos, 0));
	len = min_t(size_t, len, ANSWER_MAX - answer_len);
	if (!nowait)
		return tux_file_read(f, pos, answer + answer_len, len, false);
	preempt_disable();
	n = tux_file_read(f, pos, answer + answer_len, len, true);
	preempt_enable();
	return n;
}

/* The answer is the bytes alone, or "error N". */
static void do_cat(const char *path)
{
	struct tux_file *f;
	ssize_t n = find_both(path, &f);

	if (!n) {
		n = read_some(f, 0, ANSWER_MAX, true);
		if (n == -EAGAIN)
			n = read_some(f, 0, ANSWER_MAX, false);
		tux_file_put(f);
	}
	if (n < 0)
		say("error %zd\n", n);
	else
		answer_len += n;
}

static void do_policy(char *args)
{
	unsigned int allowed, forbidden, dots;
	long long max;

	if (sscanf(args, "%o %o %u %lld %63s", &allowed, &forbidden, &dots, &max,
		   index_name) < 4) {
		say("%d\n", -EINVAL);
		return;
	}
	policy.index = index_name;
	policy.mode_allowed = allowed;
	policy.mode_forbidden = forbidden;
	policy.hide_dot_files = dots;
	policy.max_object_size = max;
	say("0\n");
}

/* siblings 0|1: as if the tunable had been changed */
static void do_siblings(const char *args)
{
	policy.siblings = *args == '1';
	tux_file_renew();
	policy.generation = tux_file_generation();
	say("0\n");
}

/* send FD POS COUNT FLAGS: once; the answer is what tux_sendfile() returned. */
static void do_send(const char *args)
{
	unsigned int fd, flags;
	struct socket *sock;
	long long pos, count;
	loff_t at;
	int err;

	if (!held || sscanf(args, "%u %lld %lld %u", &fd, &pos, &count, &flags) != 4) {
		say("%d\n", -EINVAL);
		return;
	}
	sock = sockfd_lookup(fd, &err);
	if (!sock) {
		say("%d\n", err);
		return;
	}
	at = pos;
	say("%zd", tux_sendfile(sock, held, &at, count, flags));
	say(" %lld\n", at - pos);
	sockfd_put(sock);
}

/* turns N PATH: N lookups without blocking; the answer is nanoseconds each. */
static void do_turns(char *args)
{
	unsigned int n, i;
	struct tux_file *f;
	char path[256];
	int err = 0;
	u64 t;

	if (sscanf(args, "%u %255s", &n, path) != 2 || !n || n > TURNS_MAX) {
		say("%d\n", -EINVAL);
		return;
	}
	t = ktime_get_ns();
	for (i = 0; i < n; i++) {
		err = tux_file_lookup(root, &policy, path, TUX_LOOKUP_NOWAIT, &f);
		tux_file_put(f);
	}
	say("%d %llu\n", err, div_u64(ktime_get_ns() - t, n));
}

/*
 * fill FROM TO: lookups of /a/a/a/a/x and so on, of four letters each, as there are numbers;
 * the answer is how many found a file. A number's letters are its digits to base 20.
 */
static void do_fill(const char *args)
{
	unsigned int from, to, i, found = 0;
	struct tux_file *f;
	char path[16];

	if (sscanf(args, "%u %u", &from, &to) != 2 || to > FILL_MAX) {
		say("%d\n", -EINVAL);
		return;
	}
	for (i = from; i < to; i++) {
		snprintf(path, sizeof(path), "/%c/%c/%c/%c/x", 'A' + i / 8000, 'A' + i / 400 % 20,
			 'A' + i / 20 % 20, 'A' + i % 20);
		if (find_both(path, &f))
			continue;
		found++;
		tux_file_put(f);
		cond_resched();
	}
	say("%u\n", found);
}

/*
 * crowd N PATH...: N threads that look up and read these paths, as workers and
 * the pool would at the same time, until `crowd` alone ends them. Every now and
 * then one of them empties the cache. The answer at the end is how many lookups
 * there were.
 */
static void crowd_turn(const char *path, char *buf)
{
	struct tux_file *f;

	if (find_both(path, &f))
		return;
	if (tux_file_read(f, 0, buf, min_t(loff_t, f->size, PAGE_SIZE), true) == -EAGAIN)
		tux_file_warm(f, 0, PAGE_SIZE);
	tux_file_put(f);
}

static int crowd_thread(void *unused)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned int i, turn = 0;

	while (buf && !kthread_should_stop()) {
		for (i = 0; i < crowd_paths; i++) {
			crowd_turn(crowd_path[i], buf);
			atomic_inc(&crowd_lookups);
		}
		if (++turn % 64 == 0)
			tux_file_forget(root);
		cond_resched();
	}
	kfree(buf);
	return 0;
}

static void crowd_stop(struct task_struct *t)
{
	kthread_stop(t);
	put_task_struct(t);
}

static void crowd_end(void)
{
	while (crowd_size)
		crowd_stop(crowd[--crowd_size]);
	kfree(crowd_text);
	crowd_text = NULL;
}

static void do_crowd(const char *args)
{
	unsigned int want;
	char *rest, *path;

	crowd_end();
	say("%d\n", atomic_xchg(&crowd_lookups, 0));
	if (sscanf(args, "%u", &want) != 1)
		return;
	rest = kstrdup(args, GFP_KERNEL);
	crowd_text = rest;
	crowd_paths = 0;
	strsep(&rest, " ");
	while ((path = strsep(&rest, " ")) && crowd_paths < ARRAY_SIZE(crowd_path))
		crowd_path[crowd_paths++] = path;
	while (crowd_size < min_t(unsigned int, want, ARRAY_SIZE(crowd))) {
		struct task_struct *t = kthread_create(crowd_thread, NULL, "tux-crowd");

		if (IS_ERR(t))
			break;
		get_task_struct(t);
		crowd[crowd_size++] = t;
		wake_up_process(t);
	}
}

static void do_stat(void)
{
	struct tux_file_stats s;

	tux_file_get_stats(root, &s);
	say("objects=%lu negative=%lu hits=%llu misses=%llu stale=%llu evicted=%llu\n",
	    s.objects, s.negative, s.hits, s.misses, s.stale, s.evicted);
}

static void do_close(void)
{
	crowd_end();
	tux_file_put(held);
	held = NULL;
	tux_docroot_put(root);
	root = NULL;
	tux_file_flush();
}

static void do_open(const char *name)
{
	do_close();
	root = tux_docroot_open(name);
	say("%d\n", PTR_ERR_OR_ZERO(root));
	if (IS_ERR(root))
		root = NULL;
}

static void do_hold(const char *path)
{
	int err;

	tux_file_put(held);
	held = NULL;
	err = find_both(path, &held);
	say_file(err, held);
}

/* heldread POS LEN NOWAIT, warm POS LEN: on the held file */
static void do_held(const char *args, bool warm)
{
	long long pos, len;
	unsigned int nowait = 0;
	ssize_t n = -EINVAL;

	if (held && sscanf(args, "%lld %lld %u", &pos, &len, &nowait) >= 2)
		n = warm ? tux_file_warm(held, pos, len) : read_some(held, pos, len, nowait);
	if (warm || n < 0)
		say("%zd\n", n);
	else
		answer_len += n;
}

static void do_mime(const char *name)
{
	char type[TUX_MIME_MAX + 1];

	tux_mime_lookup(name, strlen(name), type);
	say("%s\n", type);
}

/* A head is kept by whoever comes first, and stays. */
static void do_head(void)
{
	void *a = kstrdup("a", GFP_KERNEL), *b = kstrdup("b", GFP_KERNEL);

	if (!held) {
		kfree(a);
		kfree(b);
		say("%d\n", -EINVAL);
		return;
	}
	say("%s", tux_file_head(held, TUX_ROLE_PLAIN) ? "kept " : "none ");
	say("%s", (char *)tux_file_set_head(held, TUX_ROLE_PLAIN, a));
	say("%s", (char *)tux_file_set_head(held, TUX_ROLE_PLAIN, b));
	say("%s\n", (char *)tux_file_head(held, TUX_ROLE_PLAIN));
}

static void command(char *line)
{
	char *name = strsep(&line, " ");
	char *args = line ?: "";

	if (!strcmp(name, "open"))
		do_open(args);
	else if (!strcmp(name, "close"))
		do_close();
	else if (!strcmp(name, "mime"))
		do_mime(args);
	else if (!strcmp(name, "types"))
		say("%d\n", tux_mime_set_table(args, strlen(args)));
	else if (!strcmp(name, "policy"))
		do_policy(args);
	else if (!strcmp(name, "siblings"))
		do_siblings(args);
	else if (!root)
		say("%d\n", -ENODEV);
	else if (!strcmp(name, "lookup"))
		do_lookup(args, 'l');
	else if (!strcmp(name, "nowait"))
		do_lookup(args, 'n');
	else if (!strcmp(name, "both"))
		do_lookup(args, 'b');
	else if (!strcmp(name, "cat"))
		do_cat(args);
	else if (!strcmp(name, "hold"))
		do_hold(args);
	else if (!strcmp(name, "heldread"))
		do_held(args, false);
	else if (!strcmp(name, "warm"))
		do_held(args, true);
	else if (!strcmp(name, "head"))
		do_head();
	else if (!strcmp(name, "send"))
		do_send(args);
	else if (!strcmp(name, "turns"))
		do_turns(args);
	else if (!strcmp(name, "fill"))
		do_fill(args);
	else if (!strcmp(name, "crowd"))
		do_crowd(args);
	else if (!strcmp(name, "stat"))
		do_stat();
	else if (!strcmp(name, "forget"))
		tux_file_forget(root);
	else
		say("%d\n", -EINVAL);
}

static ssize_t handle_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char *line;

	if (len >= COMMAND_MAX)
		return -E2BIG;
	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);
	mutex_lock(&lock);
	answer_len = 0;
	command(line);
	mutex_unlock(&lock);
	kfree(line);
	return len;
}

static ssize_t handle_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	ssize_t n;

	mutex_lock(&lock);
	n = simple_read_from_buffer(buf, len, pos, answer, answer_len);
	mutex_unlock(&lock);
	return n;
}

static const struct proc_ops handle_ops = {
	.proc_write	= handle_write,
	.proc_read	= handle_read,
	.proc_lseek	= default_llseek,
};

static int __init handle_init(void)
{
	int err;

	answer = kvmalloc(ANSWER_MAX, GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	err = tux_file_init();
	if (err)
		goto free_answer;
	if (!proc_create("tux_file_test", 0600, NULL, &handle_ops)) {
		err = -ENOMEM;
		goto exit_file;
	}
	return 0;

exit_file:
	tux_file_exit();
free_answer:
	kvfree(answer);
	return err;
}

static void __exit handle_exit(void)
{
	remove_proc_entry("tux_file_test", NULL);
	do_close();
	tux_file_exit();
	kvfree(answer);
}

module_init(handle_init);
module_exit(handle_exit);
MODULE_DESCRIPTION("A handle on the file side of TUX, for tests");
MODULE_LICENSE("GPL");
