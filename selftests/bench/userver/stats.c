// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats - counters in a mapped file
 *
 * Each thread has a slot of its own and only adds to it, so counting needs neither
 * a lock nor an atomic operation; whoever wants to know maps the same file and
 * adds up the slots. A file on tmpfs costs no I/O.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userver.h"

static struct counters *slots;

/**
 * stats_open() - make the counters, all zero
 * @path: the file to keep them in, or NULL for none
 * @count: how many slots
 */
void stats_open(const char *path, unsigned int count)
{
	size_t size = count * sizeof(*slots);
	int flags = path ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
	int fd = -1;

	if (path) {
		/* somebody may still look at the old one */
		unlink(path);
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd < 0 || ftruncate(fd, size))
			die(path);
	}
	slots = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (slots == MAP_FAILED)
		die("mmap");
	if (fd >= 0)
		close(fd);
}

struct counters *stats_slot(unsigned int slot)
{
	return slots + slot;
}

static void print_sums(const struct counters *all, size_t count)
{
	struct counters sum = { 0 };
	struct timespec now;
	size_t i;

	for (i = 0; i < count; i++) {
#define X(name) sum.name += all[i].name;
		USERVER_COUNTERS(X)
#undef X
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("time_s %lld.%06ld\n", (long long)now.tv_sec, now.tv_nsec / 1000);
#define X(name) printf(#name " %llu\n", (unsigned long long)sum.name);
	USERVER_COUNTERS(X)
#undef X
	printf("connections %lld\n", (long long)(sum.accepted - sum.closed));
}

/**
 * stats_show() - print what a running server has counted, as lines of "name value"
 * @path: its --stats file
 *
 * Return: the exit status.
 */
int stats_show(const char *path)
{
	const struct counters *all;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		die(path);
	if (st.st_size % sizeof(*all) || !st.st_size) {
		errno = EINVAL;
		die(path);
	}
	all = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (all == MAP_FAILED)
		die(path);
	close(fd);
	print_sums(all, st.st_size / sizeof(*all));
	return 0;
}
