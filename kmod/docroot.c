// SPDX-License-Identifier: GPL-2.0-only
/*
 * The document root and the rights to read below it.
 *
 * The module may be loaded by root and its threads are the kernel's: with
 * either's rights every file would be readable. So a docroot carries its own
 * credentials, those of whoever started the server (for the security modules'
 * sake, which have labelled that task) with everything taken away that opens
 * doors: capabilities, groups, user, keyrings.
 *
 * Contexts: opening in the context of whoever writes serve=1 or runs insmod;
 * the last put anywhere, the release in a work item.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>

#include "compat/compat_file.h"
#include "docroot.h"
#include "file_object.h"

/* Whom nothing belongs to: "nobody" and "nogroup". */
#define TUX_NOBODY	65534

static void tux_cred_nobody(struct cred *cred)
{
	kuid_t uid = make_kuid(&init_user_ns, TUX_NOBODY);
	kgid_t gid = make_kgid(&init_user_ns, TUX_NOBODY);

	cred->uid = uid;
	cred->suid = uid;
	cred->euid = uid;
	cred->fsuid = uid;
	cred->gid = gid;
	cred->sgid = gid;
	cred->egid = gid;
	cred->fsgid = gid;
	cap_clear(cred->cap_inheritable);
	cap_clear(cred->cap_permitted);
	cap_clear(cred->cap_effective);
	cap_clear(cred->cap_bset);
	cap_clear(cred->cap_ambient);
}

static const struct cred *tux_cred_new(void)
{
	struct group_info *no_groups = groups_alloc(0);
	struct cred *cred;

	if (!no_groups)
		return NULL;
	cred = prepare_creds();
	if (cred) {
		tux_cred_nobody(cred);
		set_groups(cred, no_groups);
		tux_compat_drop_keyrings(cred);
	}
	put_group_info(no_groups);
	return cred;
}

/* Can anything below it be served at all? Better said at the start than 403 for each request. */
static int tux_docroot_usable(const struct tux_docroot *root)
{
	struct inode *inode = d_inode(root->path.dentry);
	const struct cred *old;
	int err;

	if (!(inode->i_mode & S_IXOTH) || tux_sb_refused(inode->i_sb))
		return -EACCES;
	old = override_creds(root->cred);
	err = inode_permission(tux_compat_idmap(root->path.mnt), inode, MAY_EXEC);
	revert_creds(old);
	return err;
}

static void tux_docroot_release(struct work_struct *work)
{
	struct tux_docroot *root = container_of(work, struct tux_docroot, release_work);

	tux_cache_free(root->cache);
	/* Here and now, so that tux_file_flush() need not wait twice. */
	tux_objects_release();
	path_put(&root->path);
	put_cred(root->cred);
	kfree(root);
}

void tux_docroot_put(struct tux_docroot *root)
{
	if (root && refcount_dec_and_test(&root->refs))
		queue_work(tux_file_wq, &root->release_work);
}

struct tux_docroot *tux_docroot_open(const char *name)
{
	struct tux_docroot *root;
	int err;

	if (*name != '/')
		return ERR_PTR(-EINVAL);
	root = kzalloc(sizeof(*root), GFP_KERNEL);
	if (!root)
		return ERR_PTR(-ENOMEM);
	refcount_set(&root->refs, 1);
	INIT_WORK(&root->release_work, tux_docroot_release);

	err = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &root->path);
	if (err)
		goto free_root;
	err = -ENOMEM;
	root->cred = tux_cred_new();
	if (!root->cred)
		goto put_path;
	err = tux_docroot_usable(root);
	if (err)
		goto put_cred;
	root->cache = tux_cache_new();
	if (!root->cache) {
		err = -ENOMEM;
		goto put_cred;
	}
	return root;

put_cred:
	put_cred(root->cred);
put_path:
	path_put(&root->path);
free_root:
	kfree(root);
	return ERR_PTR(err);
}
