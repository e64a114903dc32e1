// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two trees of the module: tunables below /proc/sys/net/tux, views below
 * /proc/net/tux. Everything tuxctl reads or writes goes through here, so that
 * the tests can put a directory of their own in place of either.
 */
#include "tuxctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *root(const char *variable, const char *normal)
{
	const char *dir = getenv(variable);

	return dir && *dir ? dir : normal;
}

const char *sysctl_root(void)
{
	return root("TUXCTL_SYSCTL", "/proc/sys/net/tux");
}

const char *proc_root(void)
{
	return root("TUXCTL_PROC", "/proc/net/tux");
}

const char *os_path(char *buf, size_t size, const char *path)
{
	snprintf(buf, size, "%s%s", root("TUXCTL_ROOT", ""), path);
	return buf;
}

bool tux_present(void)
{
	struct stat st;

	return stat(sysctl_root(), &st) == 0 && S_ISDIR(st.st_mode);
}

bool tunable_name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	return *name && name[strspn(name, allowed)] == '\0';
}

long file_read(const char *path, char *buf, size_t size)
{
	size_t have = 0;
	ssize_t n = 0;
	int err = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (have + 1 < size) {
		n = read(fd, buf + have, size - 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += n;
	}
	if (n < 0)
		err = errno;
	close(fd);
	buf[have] = '\0';
	return err ? -err : (long)have;
}

static int tunable_path(char *path, size_t size, const char *name)
{
	if (!tunable_name_ok(name))
		return -ENOENT;
	if ((size_t)snprintf(path, size, "%s/%s", sysctl_root(), name) >= size)
		return -ENAMETOOLONG;
	return 0;
}

int tunable_read(const char *name, char *value)
{
	char path[4096];
	long n;
	int err;

	err = tunable_path(path, sizeof(path), name);
	if (err)
		return err;
	n = file_read(path, value, VALUE_MAX);
	if (n < 0)
		return n;
	if (n > 0 && value[n - 1] == '\n')
		value[n - 1] = '\0';
	return 0;
}

long tunable_number(const char *name, long fallback)
{
	char value[VALUE_MAX];
	char *end;
	long n;

	if (tunable_read(name, value))
		return fallback;
	n = strtol(value, &end, 10);
	return end == value || *end ? fallback : n;
}

int tunable_write(const char *name, const char *value)
{
	char line[VALUE_MAX + 1];
	char path[4096];
	ssize_t n;
	int err;
	int fd;
	int len;

	err = tunable_path(path, sizeof(path), name);
	if (err)
		return err;
	len = snprintf(line, sizeof(line), "%s\n", value);
	if ((size_t)len >= sizeof(line))
		return -EINVAL;
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* One write: the kernel takes a value whole or not at all. */
	n = write(fd, line, len);
	if (n < 0)
		err = -errno;
	else if (n != len)
		err = -EIO;
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}
