// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults: a module that breaks the kernel in a chosen way.
 *
 *	insmod faults.ko kind=NAME
 *
 * For selftests/qemu/tests alone, which proves with it that the rig notices.  The fault
 * happens in the context of insmod, while the module is being loaded.  To add one,
 * write a function and give it a line in the table.
 */
#include <linux/bug.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/panic.h>
#include <linux/processor.h>
#include <linux/string.h>

static char *kind = "none";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "what to break");

/* Nothing: shows that loading the module is not the fault. */
static void do_none(void)
{
}

static void do_warn(void)
{
	WARN(1, "a warning on purpose\n");
}

static void do_bug(void)
{
	BUG();
}

static void do_oops(void)
{
	/* An address that nothing is mapped at, which the compiler cannot know. */
	int *volatile nowhere = (int *)8;

	*nowhere = 1;
}

static void do_panic(void)
{
	panic("a panic on purpose");
}

/* A reference that nobody gives back: the module cannot be unloaded any more. */
static void do_stuck(void)
{
	__module_get(THIS_MODULE);
}

/* Never comes back, and lets nobody else have this processor. */
static void do_spin(void)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static const struct {
	const char *name;
	void (*commit)(void);
} faults[] = {
	{ "none",	do_none },
	{ "warn",	do_warn },
	{ "bug",	do_bug },
	{ "oops",	do_oops },
	{ "panic",	do_panic },
	{ "stuck",	do_stuck },
	{ "spin",	do_spin },
};

static int __init faults_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(kind, faults[i].name))
			continue;
		faults[i].commit();
		return 0;
	}
	return -EINVAL;
}

static void __exit faults_exit(void)
{
}

module_init(faults_init);
module_exit(faults_exit);
MODULE_DESCRIPTION("Deliberate kernel faults, for tests of the rig");
MODULE_LICENSE("GPL");
