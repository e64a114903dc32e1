// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a write fail as the kernel would: preloaded into tuxctl by the tests,
 * since a file in a temporary directory accepts everything.
 *
 * TUXTEST_FILE	the last component of the file's path
 * TUXTEST_ERRNO	the errno to fail with
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_target(int fd)
{
	const char *want = getenv("TUXTEST_FILE");
	char link[64];
	char path[4096];
	const char *base;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0 || !want)
		return 0;
	path[n] = '\0';
	base = strrchr(path, '/');
	return base && strcmp(base + 1, want) == 0;
}

ssize_t write(int fd, const void *buf, size_t count)
{
	ssize_t (*real)(int fd, const void *buf, size_t count) = dlsym(RTLD_NEXT, "write");
	const char *err = getenv("TUXTEST_ERRNO");

	if (err && is_target(fd)) {
		errno = atoi(err);
		return -1;
	}
	return real(fd, buf, count);
}
