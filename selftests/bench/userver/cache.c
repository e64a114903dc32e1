// SPDX-License-Identifier: GPL-2.0-only
/*
 * cache - the files, in memory from the start
 *
 * Every regular file below the document root is mapped before the first connection, its
 * pages read, and put into a hash table under the path by which it is asked for.
 * Later there is no lookup but in this table: nothing blocks, and no request can
 * name what is not in it. Files that change are not noticed.
 *
 * Small bodies are written from the mapping together with the head, by one writev().
 * Large ones go by sendfile(), for which their descriptors stay open.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userver.h"

#define HASH_SIZE	16384	/* a power of two, some times the files of an experiment */
#define SENDFILE_ABOVE	16384	/* bytes; below, copying is cheaper than a second call */
#define WALK_FDS	16	/* directories open at a time */

static struct file *table[HASH_SIZE];
static size_t root_len;
static int next_fd;

static struct file **bucket(const char *path, size_t len)
{
	uint32_t hash = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)path[i]) * 16777619u;
	return &table[hash % HASH_SIZE];
}

static const char *media_type(const char *path)
{
	static const struct { const char *suffix, *type; } types[] = {
		{ ".html", "text/html" }, { ".txt", "text/plain" }, { ".css", "text/css" },
		{ ".png", "image/png" }, { ".jpg", "image/jpeg" }, { ".gif", "image/gif" },
	};
	size_t i, len, suffix;

	len = strlen(path);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		suffix = strlen(types[i].suffix);
		if (len > suffix && !strcmp(path + len - suffix, types[i].suffix))
			return types[i].type;
	}
	return "application/octet-stream";
}

static void make_fields(struct file *file, time_t changed)
{
	char date[64];
	struct tm tm;
	int len;

	gmtime_r(&changed, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	len = asprintf(&file->fields,
		       "Last-Modified: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", date,
		       media_type(file->path), file->size);
	if (len < 0)
		die("asprintf");
	file->fields_len = len;
}

static void add(struct file *file, const char *path, size_t len)
{
	struct file **head = bucket(path, len);

	file->path = strndup(path, len);
	if (!file->path)
		die("strndup");
	file->next = *head;
	*head = file;
}

/* DIR/index.html is DIR/ as well. */
static void add_index(const struct file *file)
{
	static const char name[] = "index.html";
	size_t len = strlen(file->path), cut = sizeof(name) - 1;
	struct file *copy;

	if (len <= cut || strcmp(file->path + len - cut, name) || file->path[len - cut - 1] != '/')
		return;
	copy = malloc(sizeof(*copy));
	if (!copy)
		die("malloc");
	*copy = *file;
	add(copy, file->path, len - cut);
}

/* Above all sockets, so that these stay small numbers. */
static int move_up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, next_fd);

	if (high < 0)
		die("F_DUPFD");
	close(fd);
	return high;
}

static int load_file(const char *name, const struct stat *st, int type, struct FTW *where)
{
	struct file *file;
	int fd;

	(void)where;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	file = calloc(1, sizeof(*file));
	if (fd < 0 || !file)
		die(name);
	file->size = st->st_size;
	file->fd = -1;
	if (file->size)
		file->body = mmap(NULL, file->size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (file->body == MAP_FAILED)
		die(name);
	if (file->size > SENDFILE_ABOVE)
		file->fd = move_up(fd);
	else
		close(fd);
	add(file, name + root_len, strlen(name + root_len));
	make_fields(file, st->st_mtime);
	add_index(file);
	return 0;
}

/**
 * cache_load() - read all files below a directory
 * @root: the directory
 * @first_fd: descriptors that stay open are this or higher
 */
void cache_load(const char *root, int first_fd)
{
	char *real = realpath(root, NULL);

	if (!real)
		die(root);
	next_fd = first_fd;
	root_len = strcmp(real, "/") ? strlen(real) : 0;
	if (nftw(real, load_file, WALK_FDS, FTW_PHYS))
		die(root);
	free(real);
}

const struct file *cache_find(const char *path, size_t len)
{
	const struct file *file;

	for (file = *bucket(path, len); file; file = file->next)
		if (!strncmp(file->path, path, len) && !file->path[len])
			return file;
	return NULL;
}
