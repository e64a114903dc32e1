// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuxctl check: what on this machine would keep the server from working.
 *
 * One line per finding: "ok", "warn" or "FAIL", the subject, what was found and
 * what to do. It only reads, changes nothing, and works before the module was
 * ever built. Findings that need more rights than the caller has say so.
 *
 * Paths of the system (not of the document root) go through os_path(), so the
 * tests can show it any machine.
 */
#include "tuxctl.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernels that the tests run on, and those between. */
#define KERNEL_MAJOR	6
#define KERNEL_MIN	1
#define KERNEL_MAX	12

#define PORT_DEFAULT	80
/* Bit of CAP_NET_ADMIN in the masks of /proc/self/status. */
#define CAP_NET_ADMIN_BIT	12
/* State of a listening socket in /proc/net/tcp. */
#define TCP_STATE_LISTEN	0x0a
/* A connection tracking table smaller than this fills up under any real load. */
#define CONNTRACK_SMALL	262144

static int failures;

static void finding(const char *level, const char *subject, const char *fmt, va_list args)
{
	printf("%-5s %s: ", level, subject);
	vprintf(fmt, args);
	putchar('\n');
}

__attribute__((format(printf, 2, 3)))
static void good(const char *subject, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	finding("ok", subject, fmt, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3)))
static void warn(const char *subject, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	finding("warn", subject, fmt, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3)))
static void bad(const char *subject, const char *fmt, ...)
{
	va_list args;

	failures++;
	va_start(args, fmt);
	finding("FAIL", subject, fmt, args);
	va_end(args);
}

/* ---- small readers ------------------------------------------------------ */

/* A file of the system, without its last newline. Return: as file_read(). */
static long read_os(const char *path, char *buf, size_t size)
{
	char full[PATH_MAX];
	long n;

	n = file_read(os_path(full, sizeof(full), path), buf, size);
	if (n > 0 && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	return n;
}

static long number_os(const char *path, long fallback)
{
	char buf[64];

	return read_os(path, buf, sizeof(buf)) > 0 ? strtol(buf, NULL, 10) : fallback;
}

static bool exists_os(const char *path)
{
	char full[PATH_MAX];

	return access(os_path(full, sizeof(full), path), F_OK) == 0;
}

/* ---- the kernel and the module ------------------------------------------ */

static void check_kernel(const char *release)
{
	unsigned int major = 0;
	unsigned int minor = 0;

	if (sscanf(release, "%u.%u", &major, &minor) == 2 && major == KERNEL_MAJOR &&
	    minor >= KERNEL_MIN && minor <= KERNEL_MAX)
		good("kernel", "%s is supported (%u.%u to %u.%u)", release, KERNEL_MAJOR,
		     KERNEL_MIN, KERNEL_MAJOR, KERNEL_MAX);
	else
		bad("kernel", "%s is not supported, %u.%u to %u.%u are; boot one of them, or see it work with 'make demo'",
		    release, KERNEL_MAJOR, KERNEL_MIN, KERNEL_MAJOR, KERNEL_MAX);
}

static bool is_module_file(const char *name)
{
	return strcmp(name, "tux.ko") == 0 || strcmp(name, "tux.ko.xz") == 0 ||
	       strcmp(name, "tux.ko.gz") == 0 || strcmp(name, "tux.ko.zst") == 0;
}

/* Is tux.ko in this directory of /lib/modules/RELEASE? */
static bool module_in(const char *release, const char *where)
{
	char path[PATH_MAX];
	char full[PATH_MAX];
	struct dirent *d;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/lib/modules/%s/%s", release, where);
	dir = opendir(os_path(full, sizeof(full), path));
	if (!dir)
		return false;
	while (!found && (d = readdir(dir)))
		found = is_module_file(d->d_name);
	closedir(dir);
	return found;
}

static bool module_installed(const char *release)
{
	static const char *const where[] = {
		"updates", "updates/dkms", "extra", "kernel/net/tux",
	};
	size_t i;

	for (i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		if (module_in(release, where[i]))
			return true;
	return false;
}

/* Return: whether the module is loaded. */
static bool check_module(const char *release)
{
	char headers[PATH_MAX];

	if (tux_present()) {
		good("module", "tux is loaded");
		return true;
	}
	if (exists_os("/sys/module/tux")) {
		bad("module", "tux is loaded, but this network namespace has no tunables; use one that the host owns");
		return true;
	}
	snprintf(headers, sizeof(headers), "/lib/modules/%s/build/Makefile", release);
	if (module_installed(release))
		warn("module", "tux is installed, but not loaded; 'tuxctl start' or 'modprobe tux' loads it");
	else if (exists_os(headers))
		bad("module", "tux is not installed for this kernel; 'make install' builds and installs it");
	else
		bad("module", "tux is not installed, and it cannot be built: no headers for this kernel; 'apt-get install linux-headers-%s', then 'make install'",
		    release);
	return false;
}

/* The word in brackets out of "none [integrity] confidentiality". */
static void chosen(const char *list, char *word, size_t size)
{
	const char *open = strchr(list, '[');
	const char *close = open ? strchr(open, ']') : NULL;

	snprintf(word, size, "%.*s", close ? (int)(close - open - 1) : 0, open ? open + 1 : "");
}

/* The Secure Boot variable: four bytes of attributes, then 0 or 1. */
static bool secure_boot(void)
{
	static const char path[] =
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	char buf[8];

	return read_os(path, buf, sizeof(buf)) == 5 && buf[4] == 1;
}

static void check_signature(bool loaded)
{
	char line[128] = "";
	char mode[32];
	char enforce[8] = "";

	read_os("/sys/kernel/security/lockdown", line, sizeof(line));
	read_os("/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	chosen(line, mode, sizeof(mode));
	if (loaded)
		return;
	if ((*mode && strcmp(mode, "none") != 0) || *enforce == 'Y')
		bad("signature", "the kernel takes signed modules only (%s%s); sign tux.ko with a key enrolled by mokutil, or switch Secure Boot off",
		    *enforce == 'Y' ? "sig_enforce" : "lockdown ", *enforce == 'Y' ? "" : mode);
	else if (secure_boot())
		warn("signature", "Secure Boot is on; the kernel may refuse a module that is not signed");
	else
		good("signature", "unsigned modules can be loaded");
}

/* ---- where we run --------------------------------------------------------- */

static bool has_net_admin(void)
{
	static const char key[] = "\nCapEff:";
	char buf[8192];
	const char *at;

	if (read_os("/proc/self/status", buf, sizeof(buf)) <= 0)
		return geteuid() == 0;
	at = strstr(buf, key);
	if (!at)
		return geteuid() == 0;
	return strtoull(at + sizeof(key) - 1, NULL, 16) >> CAP_NET_ADMIN_BIT & 1;
}

static bool initial_user_namespace(void)
{
	unsigned long inside = 1;
	unsigned long outside = 1;
	unsigned long count = 0;
	char buf[256];

	/* A kernel without user namespaces has no map, and only one namespace. */
	if (read_os("/proc/self/uid_map", buf, sizeof(buf)) <= 0)
		return true;
	return sscanf(buf, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
	       inside == 0 && outside == 0 && count == 4294967295UL;
}

static bool in_container(void)
{
	return exists_os("/.dockerenv") || exists_os("/run/.containerenv") ||
	       exists_os("/run/systemd/container");
}

static void check_rights(void)
{
	if (!initial_user_namespace())
		bad("rights", "this is not the initial user namespace: nothing can be set or started from here; run it on the host");
	else if (!has_net_admin())
		warn("rights", "no CAP_NET_ADMIN: this user can look, but not start or set anything; run it as root");
	else
		good("rights", "may start, stop and set tunables");
	if (in_container())
		warn("container", "this is a container: modules are loaded and seen on the host, and this may be another network namespace");
}

/* ---- network --------------------------------------------------------------- */

/* Does /proc/net/tcp or tcp6 show a listening socket on this port? */
static bool listening(const char *path, long port)
{
	unsigned int local_port;
	unsigned int state;
	char line[512];
	char full[PATH_MAX];
	bool found = false;
	FILE *f;

	f = fopen(os_path(full, sizeof(full), path), "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x",
			   &local_port, &state) == 2)
			found = state == TCP_STATE_LISTEN && local_port == port;
	fclose(f);
	return found;
}

static void check_port(void)
{
	long port = tunable_number("port", PORT_DEFAULT);
	bool used = listening("/proc/net/tcp", port) || listening("/proc/net/tcp6", port);

	if (tunable_number("serve", 0) == 1) {
		if (used)
			good("port", "tux is serving on port %ld", port);
		else
			bad("port", "tux says that it serves, but nothing listens on port %ld; was the port changed since? 'tuxctl stop', then 'tuxctl start'",
			    port);
	} else if (used) {
		bad("port", "%ld is in use; 'ss -ltnp sport = :%ld' shows by whom, 'tuxctl set port=N' takes another",
		    port, port);
	} else {
		good("port", "%ld is free", port);
	}
}

static void check_ipv6(void)
{
	if (!exists_os("/proc/sys/net/ipv6"))
		warn("ipv6", "this kernel has no IPv6; tux serves IPv4 alone");
	else if (number_os("/proc/sys/net/ipv6/conf/all/disable_ipv6", 0) == 1)
		warn("ipv6", "net.ipv6.conf.all.disable_ipv6=1: clients reach tux by IPv4 alone");
	else
		good("ipv6", "IPv4 and IPv6 clients are served on one port");
}

static void check_queues(void)
{
	long cookies = number_os("/proc/sys/net/ipv4/tcp_syncookies", -1);
	long tracked = number_os("/proc/sys/net/netfilter/nf_conntrack_max", -1);
	long open_max = tunable_number("max_connections", 0);

	if (cookies > 0)
		good("syncookies", "on: a full SYN queue is answered with cookies, so drop_synq_full stays 0");
	else if (cookies == 0)
		warn("syncookies", "off: a flood of SYNs keeps clients out; 'sysctl -w net.ipv4.tcp_syncookies=1'");
	if (tracked < 0)
		return;
	/* A closed connection stays in the table for a while: twice as many. */
	if (tracked < CONNTRACK_SMALL || tracked < 2 * open_max)
		warn("conntrack", "connections are tracked in a table of %ld, and packets are dropped when it is full; raise net.netfilter.nf_conntrack_max, or do not track tux's port",
		     tracked);
	else
		good("conntrack", "the connection table has room for %ld", tracked);
}

/* ---- the document root ------------------------------------------------------ */

/*
 * Every directory on the way. Return: whether the root itself was reached.
 * The server pins the root and looks only below it, with the rights of others;
 * so a closed directory above does not stop it, but hides less than it seems.
 */
static bool check_way(const char *root)
{
	char path[PATH_MAX];
	struct stat st;
	size_t len;

	for (len = 1; len <= strlen(root); len++) {
		if (root[len] && root[len] != '/')
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)len, root);
		if (stat(path, &st) < 0) {
			if (errno == ENOENT)
				bad("documentroot", "'%s' does not exist; create it, or set another", path);
			else
				bad("documentroot", "cannot look at '%s': %s", path, strerror(errno));
			return false;
		}
		if (!S_ISDIR(st.st_mode)) {
			bad("documentroot", "'%s' is not a directory; set another", path);
			return false;
		}
		if (root[len] && !(st.st_mode & S_IXOTH))
			warn("documentroot", "'%s' is closed to others, yet what lies below '%s' is served to everybody",
			     path, root);
	}
	if (st.st_mode & S_IXOTH)
		return true;
	bad("documentroot", "others may not search '%s', and tux reads with their rights; 'chmod o+rx' it",
	    root);
	return false;
}

static void check_index(const char *root)
{
	char name[VALUE_MAX] = "index.html";
	char path[PATH_MAX + VALUE_MAX];
	struct stat st;

	tunable_read("index", name);
	if (!*name)
		return;
	snprintf(path, sizeof(path), "%s/%s", root, name);
	if (stat(path, &st) < 0)
		warn("index", "there is no '%s': a request for / will not find a page", path);
	else if (!S_ISREG(st.st_mode))
		warn("index", "'%s' is no regular file: a request for / will be refused", path);
	else if (!(st.st_mode & S_IROTH))
		warn("index", "others may not read '%s', so it is not served; 'chmod o+r' it", path);
	else
		good("index", "'%s' will be served for /", path);
}

static void check_root(const char *given)
{
	char root[VALUE_MAX] = "";
	size_t len;

	if (given)
		snprintf(root, sizeof(root), "%s", given);
	else
		tunable_read("documentroot", root);
	if (!*root) {
		if (tux_present())
			bad("documentroot", "none is set; 'tuxctl set documentroot=/srv/www' names one");
		else
			warn("documentroot", "not known before the module is loaded; 'tuxctl check DIR' looks at one");
		return;
	}
	if (*root != '/') {
		bad("documentroot", "'%s' is not an absolute path", root);
		return;
	}
	for (len = strlen(root); len > 1 && root[len - 1] == '/'; len--)
		root[len - 1] = '\0';
	if (!check_way(root))
		return;
	good("documentroot", "'%s' can be read by everybody", root);
	check_index(root);
}

int cmd_check(int argc, char **argv)
{
	char release[128] = "unknown";

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return usage_error("check takes one directory, not '%s'", argv[argc - 1]);
	read_os("/proc/sys/kernel/osrelease", release, sizeof(release));
	check_kernel(release);
	check_signature(check_module(release));
	check_rights();
	check_port();
	check_ipv6();
	check_queues();
	check_root(argc == 2 ? argv[1] : NULL);
	if (failures)
		return fail("%d of the findings above would keep the server from working (FAIL)",
			    failures);
	return EXIT_DONE;
}
