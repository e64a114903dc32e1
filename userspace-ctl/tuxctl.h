/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tuxctl - what its files share: exit codes, the trees in /proc, messages.
 *
 * tuxctl.c	the command line; start, stop, status, get, set
 * tree.c	reading and writing /proc/sys/net/tux and /proc/net/tux
 * stat.c	the counters as text, JSON and for Prometheus
 * check.c	what on this machine would keep the server from working
 * mime.c	loading a table of media types
 *
 * tuxctl keeps no state of its own: what the kernel says is the truth.
 */
#ifndef TUXCTL_H
#define TUXCTL_H

#include <stdbool.h>
#include <stddef.h>

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/*
 * Longest value of a tunable that is read or written. sysctl strings end at
 * PAGE_SIZE, paths at PATH_MAX: both 4096.
 */
#define VALUE_MAX	4097

/* Bytes of one of the views in /proc/net/tux that are read by tuxctl itself. */
#define VIEW_MAX	65536

/**
 * fail() - say on one line of standard error why it failed and what to do
 *
 * Return: EXIT_FAILED, so that callers can return it.
 */
int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * usage_error() - say what is wrong with the command line
 *
 * Return: EXIT_USAGE.
 */
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* tree.c */

/* Where the tunables and the views are; tests point them elsewhere. */
const char *sysctl_root(void);
const char *proc_root(void);

/**
 * os_path() - a path of the running system, below TUXCTL_ROOT if that is set
 * @buf: receives it
 * @size: of @buf
 * @path: absolute
 *
 * Return: @buf.
 */
const char *os_path(char *buf, size_t size, const char *path);

/* Is the module's directory of tunables there? */
bool tux_present(void);

/* Can this be the name of a tunable? Keeps "../.." out of the paths. */
bool tunable_name_ok(const char *name);

/**
 * tunable_read() - the value of a tunable, without its newline
 * @name: of the tunable
 * @value: receives it, VALUE_MAX bytes
 *
 * Return: 0, or a negative errno.
 */
int tunable_read(const char *name, char *value);

/* The same as a number. Return: @fallback when there is none. */
long tunable_number(const char *name, long fallback);

/**
 * tunable_write() - set a tunable, in one write
 *
 * Return: 0, or a negative errno as the kernel gave it.
 */
int tunable_write(const char *name, const char *value);

/**
 * file_read() - read a small file whole
 * @path: of the file
 * @buf: receives it, NUL-terminated; a longer file is cut
 * @size: of @buf
 *
 * Return: the number of bytes, or a negative errno.
 */
long file_read(const char *path, char *buf, size_t size);

/* stat.c */
int cmd_stat(int argc, char **argv);

/* A counter or gauge out of a view that was read. Return: false if not there. */
bool stat_value(const char *view, const char *name, char *value, size_t size);

/* check.c */
int cmd_check(int argc, char **argv);

/* mime.c */
int cmd_mime(int argc, char **argv);

#endif /* TUXCTL_H */
