// SPDX-License-Identifier: GPL-2.0-only
/*
 * trywrite - write values into a file and say exactly what the kernel answered
 *
 *	trywrite [--no-caps] [--uid N] [--userns] FILE VALUE...
 *
 * One line for each value: "ok", or the name of the error: "EINVAL". "open: EACCES"
 * means that the file could not even be opened. A value is written in one call,
 * as it is, without a newline. Whoever may write may read, so the file is read
 * as well: "ok, reads X" means that it says something else than what was
 * written, "EINVAL, now X" that the refused value changed it all the same.
 * Exit status: 0 when answers were printed.
 *
 * --no-caps	uid 0 without any capability
 * --uid N	an ordinary user
 * --userns	the root of a new user namespace that owns a new network
 *		namespace, as in a container: with all capabilities there
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "trywrite: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void drop_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	if (syscall(SYS_capset, &head, none) < 0)
		die("capset");
}

static void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(file);
	close(fd);
}

static void container(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		/* Not a failure of what is tested: the caller skips. */
		printf("unshare: %s\n", strerrorname_np(errno));
		exit(0);
	}
	put("/proc/self/setgroups", "deny");
	put("/proc/self/uid_map", "0 0 1");
	put("/proc/self/gid_map", "0 0 1");
}

/* What the file says, without the newline at its end; empty when it cannot be read. */
static void read_back(const char *file, char *buf, size_t size)
{
	int fd = open(file, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (n < 0)
		n = 0;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	if (fd >= 0)
		close(fd);
}

static void try_write(const char *file, const char *value)
{
	static char before[8192], after[8192];
	size_t len = strlen(value);
	int fd;

	read_back(file, before, sizeof(before));
	fd = open(file, O_WRONLY);
	if (fd < 0) {
		printf("open: %s\n", strerrorname_np(errno));
		return;
	}
	if (write(fd, value, len) < 0) {
		printf("%s", strerrorname_np(errno));
		read_back(file, after, sizeof(after));
		if (strcmp(before, after) != 0)
			printf(", now %s", after);
	} else {
		printf("ok");
		if (len && value[len - 1] == '\n')
			len--;
		read_back(file, after, sizeof(after));
		if (strlen(after) != len || strncmp(after, value, len) != 0)
			printf(", reads %s", after);
	}
	printf("\n");
	close(fd);
}

int main(int argc, char **argv)
{
	int at = 1;
	int i;

	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
		if (strcmp(argv[at], "--no-caps") == 0)
			drop_caps();
		else if (strcmp(argv[at], "--userns") == 0)
			container();
		else if (strcmp(argv[at], "--uid") == 0 && at + 1 < argc) {
			if (setresuid(atoi(argv[at + 1]), atoi(argv[at + 1]), atoi(argv[at + 1])))
				die("setresuid");
			at++;
		} else {
			break;
		}
	}
	if (argc - at < 2) {
		fprintf(stderr,
			"usage: trywrite [--no-caps] [--uid N] [--userns] FILE VALUE...\n");
		return 2;
	}
	for (i = at + 1; i < argc; i++)
		try_write(argv[at], argv[i]);
	return 0;
}
