// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuxctl mime - give the module a table of media types
 *
 * The module takes a table in one write, whole or not at all, and says no more
 * than EINVAL about one it does not understand. Which line that is, is found here,
 * by the module's rules, so that its table and the message cannot be told apart by
 * a user.
 */
#include "tuxctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIME_FILE	"/etc/mime.types"
/* What the module takes. */
#define TABLE_MAX	(256U << 10)
#define TYPE_MAX	95U

/* Is this what stands before the suffixes of a line? */
static bool type_ok(const char *type, size_t len)
{
	const char *slash = memchr(type, '/', len);
	size_t i;

	if (!slash || slash == type || slash == type + len - 1 || len > TYPE_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (type[i] <= ' ' || type[i] > '~')
			return false;
	return true;
}

/* Return: the number of the first line that is malformed, 0 if none is. */
static unsigned int bad_line(const char *text)
{
	unsigned int line;

	for (line = 1; *text; line++) {
		const char *type = text + strspn(text, " \t\r");
		size_t len = strcspn(type, " \t\r\n#");

		if (len && !type_ok(type, len))
			return line;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}

/* One write: the module takes a table whole or not at all. */
static int table_write(const char *text, size_t len)
{
	char path[4096];
	int err = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/mime_types", proc_root());
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0)
		err = -errno;
	else if ((size_t)n != len)
		err = -EIO;
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}

static int load_failed(const char *file, const char *text, int err)
{
	unsigned int line = bad_line(text);

	switch (-err) {
	case EINVAL:
		if (line)
			return fail("%s: line %u does not begin with a media type (like text/html, at most %u characters); nothing changed",
				    file, line, TYPE_MAX);
		return fail("%s: the module does not take it, nothing changed; is it a text file?", file);
	case ENOENT:
		return fail("the module has no %s/mime_types; is it of the same version?", proc_root());
	case EPERM:
	case EACCES:
		return fail("not allowed: this needs CAP_NET_ADMIN in the initial user namespace: run it as root, outside containers");
	default:
		return fail("%s: cannot load it: %s; the kernel log ('dmesg') may say more", file,
			    strerror(-err));
	}
}

/* Read the file and hand it over. Return: an exit status. */
static int load(const char *file, char *text)
{
	long len = file_read(file, text, TABLE_MAX + 2);
	int err;

	if (len == -ENOENT)
		return fail("there is no %s; name another file, or install media-types", file);
	if (len < 0)
		return fail("cannot read %s: %s", file, strerror(-len));
	if (len > (long)TABLE_MAX)
		return fail("%s is longer than %u KiB, which is all that the module takes", file,
			    TABLE_MAX >> 10);
	/* A NUL would end the text for everything that looks at it here. */
	if (strlen(text) != (size_t)len)
		return fail("%s is not a text file, nothing changed", file);
	err = table_write(text, len);
	return err ? load_failed(file, text, err) : EXIT_DONE;
}

int cmd_mime(int argc, char **argv)
{
	const char *file = argc > 1 ? argv[1] : NULL;
	char path[4096];
	char *text;
	int ret;

	if (argc > 2)
		return usage_error("mime takes one file, not '%s' as well", argv[2]);
	if (file && file[0] == '-' && strcmp(file, "--builtin") != 0)
		return usage_error("mime has no option '%s'", file);
	if (!tux_present())
		return fail("the tux module is not loaded; 'tuxctl start' or 'modprobe tux' loads it");
	/* A table without a type leaves those that are built in. */
	if (file && file[0] == '-') {
		ret = table_write("\n", 1);
		return ret ? load_failed("the empty table", "", ret) : EXIT_DONE;
	}
	text = malloc(TABLE_MAX + 2);
	if (!text)
		return fail("not enough memory");
	ret = load(file ? file : os_path(path, sizeof(path), MIME_FILE), text);
	free(text);
	return ret;
}
