// SPDX-License-Identifier: GPL-2.0-only
/*
 * replycount - what httperf reads, counted while it reads
 *
 * httperf tells its reply rate at the end, over a duration which contains the
 * start-up and, under overload, the tail in which the last connections time
 * out.  A rate that can be believed needs the replies inside a window that the
 * reader of the numbers chose.  So this object is loaded into each httperf with
 * LD_PRELOAD; it passes connect(2), writev(2) and read(2) on unchanged and keeps, in a
 * small file mapped by httperf and by the load driver, what went by:
 *
 *	connections attempted
 *	replies whose first byte came, by class of status
 *	bytes read
 *	a histogram of the time from the request's write to that first byte
 *
 * The driver (load.py) reads the files of all httperfs at both ends of the
 * window and subtracts.  It knows the layout of struct shared: change both or
 * neither.  Everything runs in httperf's only thread.
 *
 * One thing is changed: httperf polls with select(2) and a timeout of zero, so
 * that it always takes a whole processor.  A dozen of them on one processor
 * then wait for each other's time slices, and their response times would tell
 * of that.  Here such a call waits for a descriptor or for one tick of
 * httperf's own timer, whichever comes first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "hist.h"

/* httperf uses select(2): no descriptor of its sockets reaches this. */
#define MAX_FD		1024

/* httperf looks at its timers about so often (TIMER_INTERVAL in its source). */
#define HTTPERF_TICK_US	1000

struct shared {
	uint64_t connects;		/* connections attempted */
	uint64_t replies;
	uint64_t status[6];		/* by first digit; [0] is anything else */
	uint64_t bytes;
	uint64_t time_us;		/* sum, for the exact mean */
	uint64_t timed;			/* replies that are in the histogram */
	uint64_t hist[HIST_BUCKETS];
};

static struct shared unmapped;		/* counts go nowhere if mapping failed */
static struct shared *shared = &unmapped;
static uint64_t sent_us[MAX_FD];	/* 0: no request is outstanding */

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ull + ts.tv_nsec / 1000;
}

__attribute__((constructor))
static void replycount_map(void)
{
	const char *path = getenv("REPLYCOUNT_FILE");
	void *map;
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (!ftruncate(fd, sizeof(*shared))) {
		map = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			shared = map;
	}
	close(fd);
}

static void count_reply(int fd, const char *head)
{
	unsigned int class = head[9] - '0';
	uint64_t us;

	shared->replies++;
	shared->status[class < 6 ? class : 0]++;
	if (fd >= MAX_FD || !sent_us[fd])
		return;
	us = now_us() - sent_us[fd];
	sent_us[fd] = 0;
	shared->time_us += us;
	shared->hist[hist_bucket(us)]++;
	shared->timed++;
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	shared->connects++;
	return syscall(SYS_connect, fd, addr, len);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	ssize_t n = syscall(SYS_writev, fd, iov, count);

	if (n > 0 && fd >= 0 && fd < MAX_FD)
		sent_us[fd] = now_us();
	return n;
}

ssize_t read(int fd, void *buf, size_t len)
{
	ssize_t n = syscall(SYS_read, fd, buf, len);

	if (n <= 0)
		return n;
	shared->bytes += n;
	/* a reply starts a read: httperf sends its next request only after it */
	if (n >= 12 && fd >= 0 && !memcmp(buf, "HTTP/1.", 7))
		count_reply(fd, buf);
	return n;
}

int select(int nfds, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout)
{
	struct timeval tick = { .tv_usec = HTTPERF_TICK_US };

	if (timeout && !timeout->tv_sec && !timeout->tv_usec)
		timeout = &tick;
	return syscall(SYS_select, nfds, rd, wr, ex, timeout);
}
