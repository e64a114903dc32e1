// SPDX-License-Identifier: GPL-2.0-only
/*
 * tux_fault - make single calls of tux.ko fail
 *
 * A probe on a call instruction of the module lets the call be skipped, as often as
 * wanted, and puts the value of a failure where its result is expected. So any call can be
 * made to fail, that one and no other, with what the called function says when it
 * fails. Without failures left the probe counts, and the call is made.
 *
 * /proc/tux_fault takes lines and shows them with their counts:
 *
 *	FUNCTION+0xOFFSET VALUE TIMES		one more call site of tux.ko
 *	clear					no sites
 *
 *	FUNCTION+0xOFFSET PASSED FAILED
 *
 * Sites are remembered while tux is not loaded, and armed when it is, before its init
 * function runs.
 *
 * Contexts: the file and the notifier run in process context, under tux_fault_lock. The
 * probes run wherever the call is made, interrupts included, and take no lock.
 */
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/ptrace.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

/* The first bytes of the instructions that can be a call: call, and jump at the end. */
#define TUX_FAULT_CALL	0xe8
#define TUX_FAULT_JUMP	0xe9
#define TUX_FAULT_LEN	5

/* A symbol's name, an offset, two numbers. */
#define TUX_FAULT_LINE	256

/**
 * struct tux_fault - a call site
 * @node: in tux_faults
 * @probe: on the instruction
 * @name: "tux:FUNCTION", for the probe
 * @offset: of the instruction in it
 * @value: what the call returns when it fails
 * @left: how often it is still to fail
 * @passed: how often the call was made
 * @failed: how often it failed
 * @armed: @probe is registered
 */
struct tux_fault {
	struct list_head	node;
	struct kprobe		probe;
	char			name[TUX_FAULT_LINE];
	unsigned int		offset;
	long			value;
	atomic_t		left;
	atomic_t		passed;
	atomic_t		failed;
	bool			armed;
};

static DEFINE_MUTEX(tux_fault_lock);
static LIST_HEAD(tux_faults);

/* Make the call return without having been made, or let it be made. */
static int tux_fault_pre(struct kprobe *p, struct pt_regs *regs)
{
	struct tux_fault *f = container_of(p, struct tux_fault, probe);

	if (!atomic_add_unless(&f->left, -1, 0)) {
		atomic_inc(&f->passed);
		return 0;
	}
	atomic_inc(&f->failed);
	regs->ax = f->value;
	if (p->opcode == TUX_FAULT_CALL) {
		regs->ip = (unsigned long)p->addr + TUX_FAULT_LEN;
	} else {
		regs->ip = *(unsigned long *)regs->sp;
		regs->sp += sizeof(regs->ip);
	}
	return 1;
}
NOKPROBE_SYMBOL(tux_fault_pre);

/* Being there keeps the probe from becoming a jump, which could not skip anything. */
static void tux_fault_post(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(tux_fault_post);

static int tux_fault_arm(struct tux_fault *f)
{
	int err;

	memset(&f->probe, 0, sizeof(f->probe));
	f->probe.symbol_name = f->name;
	f->probe.offset = f->offset;
	f->probe.pre_handler = tux_fault_pre;
	f->probe.post_handler = tux_fault_post;
	err = register_kprobe(&f->probe);
	if (err)
		return err;
	f->armed = true;
	if (f->probe.opcode == TUX_FAULT_CALL || f->probe.opcode == TUX_FAULT_JUMP)
		return 0;
	unregister_kprobe(&f->probe);
	f->armed = false;
	return -EINVAL;
}

static void tux_fault_disarm(struct tux_fault *f)
{
	if (f->armed)
		unregister_kprobe(&f->probe);
	f->armed = false;
}

static void tux_fault_clear(void)
{
	struct tux_fault *f, *next;

	list_for_each_entry_safe(f, next, &tux_faults, node) {
		tux_fault_disarm(f);
		list_del(&f->node);
		kfree(f);
	}
}

/* Of the module's loading: a site in code that is there no more has no probe. */
static int tux_fault_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;
	struct tux_fault *f;

	if (strcmp(mod->name, "tux"))
		return NOTIFY_DONE;
	mutex_lock(&tux_fault_lock);
	list_for_each_entry(f, &tux_faults, node) {
		if (state == MODULE_STATE_COMING && tux_fault_arm(f))
			pr_err("tux_fault: no probe at %s+0x%x\n", f->name, f->offset);
		if (state == MODULE_STATE_GOING ||
		    (state == MODULE_STATE_LIVE && f->armed &&
		     within_module_init((unsigned long)f->probe.addr, mod)))
			tux_fault_disarm(f);
	}
	mutex_unlock(&tux_fault_lock);
	return NOTIFY_DONE;
}

/* Before the kernel's own, which drops the probes of a module that goes. */
static struct notifier_block tux_fault_nb = {
	.notifier_call	= tux_fault_notify,
	.priority	= INT_MAX,
};

/* A line of the file. What cannot be armed now waits until tux is loaded. */
static int tux_fault_add(const char *line)
{
	struct tux_fault *f = kzalloc(sizeof(*f), GFP_KERNEL);
	char *plus;
	int times;

	if (!f)
		return -ENOMEM;
	strscpy(f->name, "tux:", sizeof(f->name));
	if (sscanf(line, "%200s %ld %d", f->name + strlen("tux:"), &f->value, &times) != 3)
		goto free;
	plus = strchr(f->name, '+');
	if (!plus || kstrtouint(plus + 1, 0, &f->offset))
		goto free;
	*plus = '\0';
	atomic_set(&f->left, times);
	tux_fault_arm(f);
	list_add_tail(&f->node, &tux_faults);
	return 0;

free:
	kfree(f);
	return -EINVAL;
}

static ssize_t tux_fault_write(struct file *file, const char __user *buf, size_t len,
			       loff_t *ppos)
{
	char line[TUX_FAULT_LINE];
	int err = 0;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	line[len] = '\0';
	mutex_lock(&tux_fault_lock);
	if (!strcmp(strim(line), "clear"))
		tux_fault_clear();
	else
		err = tux_fault_add(line);
	mutex_unlock(&tux_fault_lock);
	return err ? err : len;
}

static int tux_fault_show(struct seq_file *m, void *v)
{
	struct tux_fault *f;

	mutex_lock(&tux_fault_lock);
	list_for_each_entry(f, &tux_faults, node)
		seq_printf(m, "%s+0x%x %d %d\n", f->name + strlen("tux:"), f->offset,
			   atomic_read(&f->passed), atomic_read(&f->failed));
	mutex_unlock(&tux_fault_lock);
	return 0;
}

static int tux_fault_open(struct inode *inode, struct file *file)
{
	return single_open(file, tux_fault_show, NULL);
}

static const struct proc_ops tux_fault_ops = {
	.proc_open	= tux_fault_open,
	.proc_read	= seq_read,
	.proc_write	= tux_fault_write,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

static int __init tux_fault_init(void)
{
	int err;

	/* register_kprobe() is there all the same, and refuses each probe. */
	if (!IS_ENABLED(CONFIG_KPROBES))
		return -EOPNOTSUPP;
	err = register_module_notifier(&tux_fault_nb);
	if (err)
		return err;
	if (proc_create("tux_fault", 0600, NULL, &tux_fault_ops))
		return 0;
	unregister_module_notifier(&tux_fault_nb);
	return -ENOMEM;
}

static void __exit tux_fault_exit(void)
{
	remove_proc_entry("tux_fault", NULL);
	unregister_module_notifier(&tux_fault_nb);
	tux_fault_clear();
}

module_init(tux_fault_init);
module_exit(tux_fault_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Makes single calls of tux.ko fail, for tests");
