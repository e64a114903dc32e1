// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the file side, from user space: it changes files by system calls and
 * asks the module's handle (tux_file_handle.c) what a request would now get.
 *
 *	file_test DIRECTORY [GROUP...]
 *
 * DIRECTORY is an empty one on the file system to be tested. Prints TAP; exit
 * status 0 when all passed, 1 otherwise. Runs as root in a guest, with the
 * module loaded. Everything it makes lies below DIRECTORY.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define HANDLE		"/proc/tux_file_test"
#define TURNS		300	/* changes in a tight loop; TUX_SLOW divides them */
#define NOBODY		65534
#define NOWAIT		1	/* TUX_SEND_NOWAIT */

static char top[512];		/* DIRECTORY */
static char root[600];		/* DIRECTORY/root: the document root */
static int handle;
static unsigned int tests, failed;
static double slow = 1;		/* TUX_SLOW: that much slower is this machine */
static unsigned int turns = TURNS;
static char reply[1 << 17];
static size_t reply_len;

/* --- TAP --- */

static void check(bool good, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("%s %u - ", good ? "ok" : "not ok", ++tests);
	vprintf(fmt, args);
	if (!good) {
		printf(" # last answer: %.*s", (int)strcspn(reply, "\n"), reply);
		failed++;
	}
	putchar('\n');
	va_end(args);
}

static void skip(const char *name, const char *why)
{
	printf("ok %u - %s # SKIP %s\n", ++tests, name, why);
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- the handle --- */

static const char *ask(const char *fmt, ...)
{
	char line[66000];
	va_list args;
	ssize_t n;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (write(handle, line, strlen(line)) < 0)
		die(line);
	reply_len = 0;
	while ((n = pread(handle, reply + reply_len, sizeof(reply) - 1 - reply_len,
			  reply_len)) > 0)
		reply_len += n;
	reply[reply_len] = '\0';
	return reply;
}

/* What a request for @path gets: 0 or a negative errno. */
static int get(const char *path)
{
	return atoi(ask("both %s", path));
}

static int cached(const char *path)
{
	return atoi(ask("nowait %s", path));
}

static bool says(const char *path, const char *content)
{
	ask("cat %s", path);
	return reply_len == strlen(content) && !memcmp(reply, content, reply_len);
}

static long long field(const char *name)
{
	const char *p = strstr(reply, name);

	return p ? atoll(p + strlen(name)) : -1;
}

/* --- files --- */

static const char *at(const char *path)
{
	static char names[8][1200];
	static unsigned int turn;
	char *name = names[turn++ % 8];

	snprintf(name, sizeof(names[0]), "%s%s", root, path);
	return name;
}

/* Outside of the document root. */
static const char *out(const char *path)
{
	static char names[8][1200];
	static unsigned int turn;
	char *name = names[turn++ % 8];

	snprintf(name, sizeof(names[0]), "%s%s", top, path);
	return name;
}

static void put(const char *name, const char *content)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content))
		die(name);
	close(fd);
}

/* The same bytes again and again, without truncating before. */
static void rewrite_file(const char *name, const char *content)
{
	int fd = open(name, O_WRONLY);

	if (fd < 0 || pwrite(fd, content, strlen(content), 0) != (ssize_t)strlen(content))
		die(name);
	close(fd);
}

static void pattern(const char *name, off_t size)
{
	static uint32_t block[4096];
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	off_t done = 0;
	size_t i;

	if (fd < 0)
		die(name);
	while (done < size) {
		size_t n = size - done < (off_t)sizeof(block) ? (size_t)(size - done) :
								 sizeof(block);

		for (i = 0; i < 4096; i++)
			block[i] = done / 4 + i;
		if (write(fd, block, n) != (ssize_t)n)
			die(name);
		done += n;
	}
	close(fd);
}

static void mkdirs(const char *name)
{
	if (mkdir(name, 0755) && errno != EEXIST)
		die(name);
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	sync();
	if (fd < 0 || write(fd, "3", 1) != 1)
		die("drop_caches");
	close(fd);
}

static bool on_tmpfs(void)
{
	struct statfs s;

	return !statfs(top, &s) && s.f_type == 0x01021994;
}

static bool on_overlay(void)
{
	struct statfs s;

	return !statfs(top, &s) && s.f_type == 0x794c7630;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* --- groups --- */

static void test_basic(void)
{
	put(at("/a.html"), "hello");
	put(at("/.secret"), "x");
	put(at("/empty"), "");
	mkdirs(at("/d"));
	put(at("/d/index.html"), "index");
	put(at("/d/other.txt"), "other");
	mkdirs(at("/noindex"));
	mkdirs(at("/.hidden"));
	put(at("/.hidden/f"), "x");

	ask("nowait /a.html");
	check(atoi(reply) == -EAGAIN, "a file not seen before goes to the miss pool");
	check(get("/a.html") == 0 && field("size=") == 5, "it is found there, with its size");
	check(strstr(reply, "type=text/html; charset=utf-8"), "and its type");
	check(cached("/a.html") == 0, "then it is found without blocking");
	check(says("/a.html", "hello"), "its bytes");
	check(says("/empty", "") && get("/empty") == 0, "an empty file");
	check(says("/d/", "index"), "the index of a directory");
	check(cached("/d/") == 0, "the index without blocking");
	check(get("/d") == -EISDIR && cached("/d") == -EISDIR, "a directory without its slash");
	check(get("/noindex/") == -ENOENT, "a directory without index");
	check(get("/a.html/") == -ENOENT, "a file with a slash");
	check(get("/a.html/x") == -ENOENT && cached("/a.html/x") == -ENOENT,
	      "a name below a file");
	check(get("/nothing") == -ENOENT && cached("/nothing") == -ENOENT, "a name that is not");
	check(get("/nothing/below/it") == -ENOENT, "a way that is not");
	check(get("/.secret") == -ENOENT && get("/.hidden/f") == -ENOENT, "dot files are hidden");
	ask("policy 4 0 0 0 index.html");
	check(get("/.secret") == 0, "unless the policy shows them");
	ask("policy 4 0 1 4 index.html");
	check(get("/a.html") == -EFBIG, "a file larger than max_object_size");
	ask("policy 4 0 1 0 other.txt");
	check(says("/d/", "other"), "another index, from the next request on");
	ask("policy 4 0100 1 0 index.html");
	chmod(at("/d/other.txt"), 0755);
	check(get("/d/other.txt") == -EACCES, "mode_forbidden");
	ask("policy 01 0 1 0 index.html");
	check(get("/d/other.txt") == 0 && get("/a.html") == -EACCES, "mode_allowed");
	ask("policy 4 0 1 0 index.html");
	check(get("/a.html") == 0, "back to the default");
	ask("both /a.html");
	ask("hold /a.html");
	check(!strcmp(ask("head"), "none aaa\n") && !strcmp(ask("head"), "kept aaa\n"),
	      "a prepared head is kept once");
	ask("hold /a.html");
	check(!strncmp(ask("head"), "kept", 4), "and is there for the next request");
}

/* Is this what the siblings are, known anew and then without blocking? */
static bool siblings(const char *path, int wanted)
{
	get(path);
	if (field("siblings=") != wanted)
		return false;
	return cached(path) == 0 && field("siblings=") == wanted;
}

/* Compressed siblings are noted with a file; each change of them must show at once. */
static void test_siblings(void)
{
	unsigned int i, bad[4] = { 0 };

	mkdirs(at("/s"));
	mkdirs(at("/s/d.gz"));
	chmod(at("/s/d.gz"), 0700);
	put(at("/s/f"), "file");
	put(at("/s/b"), "both");
	put(at("/s/b.br"), "b in br");
	put(at("/s/b.gz"), "b in gz");
	put(at("/s/d"), "d");
	mkdirs(at("/t"));
	put(at("/t/f.zst"), "not beside the link");
	symlink("../s/f", at("/t/l"));
	symlink("../t/f.zst", at("/s/f.zst"));

	check(get("/s/b") == 0 && field("siblings=") == 0, "siblings: none unless asked for");
	ask("siblings 1");
	check(cached("/s/b") == -EAGAIN, "siblings: a new policy has it looked up anew");
	check(siblings("/s/b", 5), "siblings: .br and .gz");
	check(siblings("/s/f", 2), "siblings: a link counts");
	check(siblings("/s/d", 0), "siblings: a directory does not, and is not on the way");
	check(siblings("/t/l", 0), "siblings: of a link they lie beside the link");
	put(at("/t/l.gz"), "l");
	check(siblings("/t/l", 4), "siblings: and one appears");
	check(siblings("/s/b.br", 0), "siblings: a sibling has none");
	put(at("/s/b.br.gz"), "x");
	check(siblings("/s/b.br", 0), "siblings: whatever lies there");

	for (i = 0; i < turns; i++) {
		put(at("/s/f.br"), "br");
		bad[0] += !siblings("/s/f", 3);
		rename(at("/s/f.br"), at("/s/f.gz"));
		bad[1] += !siblings("/s/f", 6);
		link(at("/s/f.gz"), at("/s/f.br"));
		bad[2] += !siblings("/s/f", 7);
		unlink(at("/s/f.br"));
		unlink(at("/s/f.gz"));
		bad[3] += !siblings("/s/f", 2);
	}
	check(!bad[0], "siblings: made: %u of %u seen late", bad[0], turns);
	check(!bad[1], "siblings: renamed: %u of %u seen late", bad[1], turns);
	check(!bad[2], "siblings: linked: %u of %u seen late", bad[2], turns);
	check(!bad[3], "siblings: removed: %u of %u seen late", bad[3], turns);
	ask("siblings 0");
	check(get("/s/b") == 0 && field("siblings=") == 0, "siblings: no longer asked for");
}

static void test_open(void)
{
	put(at("/file"), "x");
	chmod(at("/file"), 0755);
	check(atoi(ask("open %s", at("/file"))) == -ENOTDIR, "a root that is a file");
	check(atoi(ask("open %s", at("/none"))) == -ENOENT, "a root that is not");
	check(atoi(ask("open ")) == -EINVAL, "a root without name");
	check(atoi(ask("open relative")) == -EINVAL, "a relative root");
	check(atoi(ask("open /proc")) == -EACCES, "a root on procfs");
	mkdirs(at("/closed"));
	chmod(at("/closed"), 0750);
	check(atoi(ask("open %s", at("/closed"))) == -EACCES, "a root that others may not search");
	check(atoi(ask("open %s", root)) == 0, "the root again");
}

static void test_long(void)
{
	char path[2000] = "";
	int i;

	for (i = 0; i < 100; i++)
		strcat(path, "/x");
	check(get(path) == -ENOENT, "many names, of which the first is not");
	memset(path + 1, 'y', 300);
	path[301] = '\0';
	check(get(path) == -ENAMETOOLONG, "a name of 300 bytes");
	memset(path + 1, 'y', 1500);
	path[1501] = '\0';
	check(get(path) == -ENAMETOOLONG, "a path of 1500 bytes");
	path[0] = '\0';
	for (i = 0; i < 70; i++) {
		strcat(path, "/z");
		mkdirs(at(path));
		if (i == 50)
			check(get(path) == -EISDIR, "51 names deep");
	}
	check(get(path) == -ENAMETOOLONG, "70 names deep");
}

static void test_links(void)
{
	char name[32], to[32];
	int i;

	put(out("/outside"), "secret");
	mkdirs(out("/outdir"));
	put(out("/outdir/f"), "secret");
	mkdirs(at("/l"));
	put(at("/l/f"), "inside");
	mkdirs(at("/l/sub"));
	put(at("/l/sub/g"), "below");
	symlink("f", at("/l/same"));
	symlink("sub", at("/l/dir"));
	symlink("../l/f", at("/l/up"));
	symlink("/l/f", at("/l/abs"));
	symlink("../../outside", at("/l/out1"));
	symlink("../../../../../../../../../../../etc/passwd", at("/l/out2"));
	symlink(out("/outside"), at("/l/out3"));
	symlink(out("/outdir"), at("/l/out4"));
	symlink("loop", at("/l/loop"));
	symlink("nowhere", at("/l/dangling"));
	symlink("/", at("/l/toroot"));
	symlink("f/", at("/l/slash"));
	symlink("/proc/self/root", at("/l/magic"));

	check(says("/l/same", "inside"), "a link to a neighbour");
	check(cached("/l/same") == 0, "links are found without blocking, too");
	check(says("/l/dir/g", "below"), "a link to a directory");
	check(says("/l/up", "inside"), "a link by way of ..");
	check(says("/l/abs", "inside"), "an absolute link begins at the root");
	check(get("/l/out1") == -ENOENT, "a relative link outside");
	check(get("/l/out2") == -ENOENT, "many .. lead to the root and no further");
	check(get("/l/out3") == -ENOENT, "an absolute link outside");
	check(get("/l/out4/f") == -ENOENT, "a directory link outside");
	check(get("/l/loop") == -ELOOP, "a link to itself");
	check(get("/l/dangling") == -ENOENT && cached("/l/dangling") == -ENOENT, "to nowhere");
	put(at("/l/nowhere"), "now here");
	check(says("/l/dangling", "now here"), "to nowhere that appears");
	check(says("/l/toroot/l/f", "inside"), "a link to the root");
	check(get("/l/toroot") == -EISDIR, "that is a directory");
	check(get("/l/slash") == -ENOENT, "a link to a file with a slash");
	check(get("/l/magic/etc/passwd") == -ENOENT, "a link into procfs");
	for (i = 0; i < 45; i++) {
		snprintf(name, sizeof(name), "/l/c%d", i);
		snprintf(to, sizeof(to), "c%d", i + 1);
		symlink(to, at(name));
	}
	put(at("/l/c45"), "end");
	check(get("/l/c0") == -ELOOP, "45 links in a row");
	check(says("/l/c10", "end"), "35 links in a row");
}

/* A POSIX access list as its extended attribute: others' rights are in the mode. */
static int set_acl(const char *name, uint16_t user_perm, uint32_t uid)
{
	struct { uint32_t version; struct { uint16_t tag, perm; uint32_t id; } e[5]; } acl = {
		2, {
			{ 0x01, 6, -1 },		/* owner */
			{ 0x02, user_perm, uid },	/* a user */
			{ 0x04, 4, -1 },		/* group */
			{ 0x10, 7, -1 },		/* mask */
			{ 0x20, 4, -1 },		/* others */
		}
	};

	return setxattr(name, "system.posix_acl_access", &acl, sizeof(acl), 0);
}

static void test_rights(void)
{
	mkdirs(at("/r"));
	put(at("/r/ok"), "ok");
	put(at("/r/0600"), "x");
	chmod(at("/r/0600"), 0600);
	put(at("/r/0640"), "x");
	chmod(at("/r/0640"), 0640);
	put(at("/r/nobody"), "x");
	chown(at("/r/nobody"), NOBODY, NOBODY);
	chmod(at("/r/nobody"), 0660);
	put(at("/r/0044"), "x");
	chown(at("/r/0044"), NOBODY, 0);
	chmod(at("/r/0044"), 0044);
	mkdirs(at("/r/closed"));
	put(at("/r/closed/f"), "x");
	chmod(at("/r/closed"), 0700);
	mkdirs(at("/r/nobodydir"));
	put(at("/r/nobodydir/f"), "x");
	mkdirs(at("/r/nobodydir/deeper"));
	put(at("/r/nobodydir/deeper/f"), "x");
	chown(at("/r/nobodydir"), NOBODY, NOBODY);
	chmod(at("/r/nobodydir"), 0770);
	mkdirs(at("/r/noread"));
	put(at("/r/noread/f"), "found");
	chmod(at("/r/noread"), 0711);
	symlink("closed/f", at("/r/link"));
	symlink("nobodydir/../ok", at("/r/through"));

	check(get("/r/ok") == 0, "0644 is served");
	check(get("/r/0600") == -EACCES && cached("/r/0600") == -EACCES, "0600 is not");
	check(get("/r/0640") == -EACCES, "0640 is not");
	check(get("/r/nobody") == -EACCES, "0660 of nobody is not, although it is his");
	check(get("/r/0044") == -EACCES, "0044 of nobody is not: the owner may not");
	check(get("/r/closed/f") == -EACCES && cached("/r/closed/f") == -EACCES,
	      "below a 0700 directory");
	check(get("/r/closed/none") == -EACCES, "names in a 0700 directory are not told");
	check(get("/r/nobodydir/f") == -EACCES, "below a 0770 directory of nobody");
	check(get("/r/nobodydir/deeper/f") == -EACCES, "deeper below it");
	check(says("/r/noread/f", "found"), "0711 is enough for a directory");
	check(get("/r/link") == -EACCES, "a link does not help");
	check(get("/r/through") == -EACCES, "nor does a way through and back");
	chmod(at("/r/0600"), 0604);
	check(get("/r/0600") == 0, "chmod of a file shows at once");
	chmod(at("/r/closed"), 0701);
	check(get("/r/closed/f") == 0, "chmod of a directory shows at once");
	chmod(at("/r/closed"), 0700);
	check(cached("/r/closed/f") == -EACCES, "and back, from the cache");
	chmod(at("/r/nobodydir"), 0771);
	check(get("/r/nobodydir/f") == 0, "a directory of nobody that others may search");
	chmod(at("/r/nobodydir"), 0770);
	check(get("/r/nobodydir/f") == -EACCES, "and not any more");

	mkfifo(at("/r/fifo"), 0644);
	mknod(at("/r/zero"), S_IFCHR | 0644, makedev(1, 5));
	mknod(at("/r/sock"), S_IFSOCK | 0644, 0);
	check(get("/r/fifo") == -EACCES, "a FIFO is not opened");
	check(get("/r/zero") == -EACCES, "nor is a device");
	check(get("/r/sock") == -EACCES, "nor a socket");

	put(at("/r/acl"), "x");
	if (set_acl(at("/r/acl"), 0, NOBODY)) {
		skip("an access list that denies", "no access lists here");
		skip("an access list that is changed", "no access lists here");
		skip("an access list on a directory", "no access lists here");
		return;
	}
	check(get("/r/acl") == -EACCES, "an access list that denies");
	set_acl(at("/r/acl"), 4, NOBODY);
	check(get("/r/acl") == 0, "an access list that is changed");
	set_acl(at("/r/closed"), 0, NOBODY);
	chmod(at("/r/closed"), 0775);
	check(get("/r/closed/f") == -EACCES, "an access list on a directory");
}

/* Links are followed, and then no more: the mount says so. */
static void test_nosymfollow(void)
{
	const char *bound = out("/bound");

	put(at("/m/f"), "followed");
	symlink("f", at("/m/link"));
	mkdirs(bound);
	if (mount(root, bound, NULL, MS_BIND, NULL)) {
		skip("a mount without links", "cannot mount");
		return;
	}
	check(!atoi(ask("open %s", bound)), "a mount of its own");
	check(says("/m/link", "followed") && cached("/m/link") == 0, "with links");
	mount(NULL, bound, NULL, MS_REMOUNT | MS_BIND | MS_NOSYMFOLLOW, NULL);
	check(get("/m/link") == -ELOOP, "that are followed no more, from one request to the next");
	check(says("/m/f", "followed") && cached("/m/f") == 0, "files are served");
	mount(NULL, bound, NULL, MS_REMOUNT | MS_BIND, NULL);
	check(says("/m/link", "followed") && cached("/m/link") == 0, "and links again");
	ask("open %s", root);
	check(!umount2(bound, 0), "it can be unmounted");
}

/* Somebody holds a lease, as a server of files does for his clients. */
static void test_lease(void)
{
	int fd;

	put(at("/leased"), "x");
	fd = open(at("/leased"), O_RDWR);
	signal(SIGIO, SIG_IGN);
	if (on_overlay() || fcntl(fd, F_SETLEASE, F_WRLCK)) {
		skip("a write lease", "there is no such thing here");
		close(fd);
		return;
	}
	check(get("/leased") == -EBUSY, "a write lease is not waited for");
	fcntl(fd, F_SETLEASE, F_UNLCK);
	close(fd);
	check(get("/leased") == 0, "and when it is given back the file is served");
}

static void test_mounts(void)
{
	mkdirs(at("/m"));
	put(at("/m/f"), "under");
	check(says("/m/f", "under") && cached("/m/f") == 0, "before the mount");
	if (mount("none", at("/m"), "tmpfs", 0, "mode=755")) {
		skip("a mount", "cannot mount");
		return;
	}
	check(get("/m/f") == -ENOENT, "a mount shows at once");
	put(at("/m/f"), "mounted");
	check(says("/m/f", "mounted"), "what is mounted is served");
	umount2(at("/m"), MNT_DETACH);
	check(says("/m/f", "under"), "and its end shows at once");
	mkdirs(at("/p"));
	if (!mount("none", at("/p"), "proc", 0, NULL)) {
		check(get("/p/version") == -EACCES, "no files of procfs");
		check(get("/p/self/root/etc/passwd") < 0, "nor its links");
		umount2(at("/p"), MNT_DETACH);
	}
	test_nosymfollow();
	test_lease();
}

/* Changes in a tight loop; each must show in the very next answer. */
static void test_exact(void)
{
	unsigned int i, bad[12] = { 0 };
	bool version = false;
	char text[64], old[512];

	mkdirs(at("/e"));
	mkdirs(at("/e1"));
	mkdirs(at("/e2"));
	put(at("/e1/f"), "one");
	put(at("/e2/f"), "two");
	put(at("/e/f"), "start");
	put(at("/e/x"), "1");
	put(at("/e/c"), "c");
	put(at("/e/s"), "same");
	put(at("/e/g"), "");
	get("/e/s");

	for (i = 0; i < turns; i++) {
		/* replaced by rename, as editors do */
		snprintf(text, sizeof(text), "content %u", i % 97);
		put(at("/e/tmp"), text);
		rename(at("/e/tmp"), at("/e/f"));
		bad[0] += !says("/e/f", text);
		/* rewritten in place: another size, then the same */
		snprintf(text, sizeof(text), "%.*s", (int)(i % 40) + 1,
			 "0123456789012345678901234567890123456789");
		put(at("/e/x"), text);
		bad[1] += !says("/e/x", text) || get("/e/x") || field("size=") != i % 40 + 1;
		get("/e/s");
		version = field("version=") != 0;
		snprintf(old, sizeof(old), "%.511s", reply);
		snprintf(text, sizeof(text), "%04u", i);
		rewrite_file(at("/e/s"), text);
		bad[2] += !says("/e/s", text);
		get("/e/s");
		bad[3] += version && !strcmp(old, reply);
		/* deleted, and there again */
		unlink(at("/e/x"));
		bad[4] += get("/e/x") != -ENOENT;
		put(at("/e/x"), "there");
		bad[5] += !says("/e/x", "there");
		/* chmod, and back */
		chmod(at("/e/c"), 0600);
		bad[6] += get("/e/c") != -EACCES;
		chmod(at("/e/c"), 0644);
		bad[6] += get("/e/c") != 0;
		/* directories exchanged */
		bad[7] += !says("/e1/f", i % 2 ? "two" : "one");
		renameat2(AT_FDCWD, at("/e1"), AT_FDCWD, at("/e2"), 2 /* RENAME_EXCHANGE */);
		bad[7] += !says("/e1/f", i % 2 ? "one" : "two");
		/* a directory renamed away and back */
		rename(at("/e"), at("/ee"));
		bad[8] += get("/e/f") != -ENOENT;
		bad[8] += get("/ee/f") != 0;
		rename(at("/ee"), at("/e"));
		bad[8] += get("/e/f") != 0;
		/* appended to */
		rewrite_file(at("/e/g"), "");
		truncate(at("/e/g"), i);
		bad[9] += get("/e/g") != 0 || field("size=") != i;
		/* a link exchanged */
		unlink(at("/elink"));
		symlink(i % 2 ? "e1" : "e2", at("/elink"));
		bad[10] += !says("/elink/f", i % 2 ? (i % 2 ? "one" : "two") : (i % 2 ? "two" : "one"));
	}
	check(!bad[0], "replaced by rename: %u of %u seen late", bad[0], turns);
	check(!bad[1], "rewritten with another size: %u of %u seen late", bad[1], turns);
	check(!bad[2], "rewritten with the same size: %u of %u seen late", bad[2], turns);
	if (version)
		check(!bad[3], "its validators change: %u of %u the same", bad[3], turns);
	else
		skip("its validators change", "no change counter here");
	check(!bad[4], "deleted: %u of %u seen late", bad[4], turns);
	check(!bad[5], "a name appears: %u of %u seen late", bad[5], turns);
	check(!bad[6], "chmod: %u of %u seen late", bad[6], turns);
	check(!bad[7], "directories exchanged: %u of %u seen late", bad[7], turns);
	check(!bad[8], "a directory renamed: %u of %u seen late", bad[8], turns);
	check(!bad[9], "truncated or extended: %u of %u seen late", bad[9], turns);
	check(!bad[10], "a link exchanged: %u of %u seen late", bad[10], turns);
}

/* --- what tells one content from another --- */

/* The tag of what lies there, as soon as it may be told. */
static long long settled_tag(const char *path)
{
	double end = now() + 10 * slow;

	do {
		if (get(path))
			return -1;
		if (field("settled="))
			return field("tag=");
		usleep(1000);
	} while (now() < end);
	check(false, "%s does not settle", path);
	return -1;
}

/* Rewritten with the same size and mtime; only the change counter and ctime tell. */
static bool tag_tells(const char *path)
{
	long long tag;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	put(at(path), "one");
	tag = settled_tag(path);
	stat(at(path), &st);
	times[1] = st.st_mtim;
	rewrite_file(at(path), "two");
	utimensat(AT_FDCWD, at(path), times, 0);
	return settled_tag(path) != tag && says(path, "two");
}

/* A file made anew, perhaps with the number of the one before. */
static bool tag_tells_anew(const char *path)
{
	const struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	long long tag;

	put(at(path), "one");
	utimensat(AT_FDCWD, at(path), times, 0);
	tag = settled_tag(path);
	unlink(at(path));
	put(at(path), "two");
	utimensat(AT_FDCWD, at(path), times, 0);
	return settled_tag(path) != tag && says(path, "two");
}

struct slow_write {
	const char *name;
	const char *from;
};

static void *slow_write(void *arg)
{
	const struct slow_write *w = arg;
	int fd = open(w->name, O_WRONLY);

	if (fd < 0 || pwrite(fd, w->from, 5, 0) != 5)
		die(w->name);
	close(fd);
	return NULL;
}

/*
 * In the middle of a write(2): its source is a page that userfaultfd(2) holds back, so the
 * counter and the times have moved and the bytes have not.
 */
static void test_writing(void)
{
	static char page[4096] = "later";
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_copy copy = { .src = (unsigned long)page, .len = sizeof(page) };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct slow_write w = { .name = at("/t/writing") };
	long long before;
	struct uffd_msg msg;
	pthread_t thread;
	struct pollfd p;

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api)) {
		skip("while a file is written to", "no userfaultfd here");
		return;
	}
	w.from = mmap(NULL, sizeof(page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	area.range.start = (unsigned long)w.from;
	area.range.len = sizeof(page);
	copy.dst = (unsigned long)w.from;
	if (ioctl(uffd, UFFDIO_REGISTER, &area))
		die("UFFDIO_REGISTER");
	put(w.name, "early");
	before = settled_tag("/t/writing");
	check(cached("/t/writing") == 0 && field("settled=") == 1, "it is settled");

	if (pthread_create(&thread, NULL, slow_write, &w))
		die("pthread_create");
	p = (struct pollfd){ .fd = uffd, .events = POLLIN };
	if (poll(&p, 1, 20000 * slow) != 1 || read(uffd, &msg, sizeof(msg)) != sizeof(msg))
		die("userfaultfd");
	check(get("/t/writing") == 0 && field("settled=") == 0,
	      "while it is written to, it has no validators");
	check(says("/t/writing", "early"), "its bytes are the old ones");
	usleep(50000);
	check(get("/t/writing") == 0 && field("settled=") == 0, "nor later");
	if (ioctl(uffd, UFFDIO_COPY, &copy))
		die("UFFDIO_COPY");
	pthread_join(thread, NULL);
	check(says("/t/writing", "later"), "then they are the new ones");
	check(settled_tag("/t/writing") != before, "with a tag of their own");
	munmap((void *)w.from, sizeof(page));
	close(uffd);
}

/* On a file system that counts no changes. */
static void test_tags_uncounted(void)
{
	unsigned int i, same = 0, tried = 0;
	long long tag;

	if (mount("none", out("/plain"), "ramfs", 0, "mode=755")) {
		skip("a file system without a change counter", "cannot mount one");
		return;
	}
	snprintf(root, sizeof(root), "%s/plain", top);
	check(!atoi(ask("open %s", root)), "a file system without a change counter");
	for (i = 0; i < 20; i++) {
		put(at("/f"), "one");
		get("/f");
		if (field("settled=")) {
			tag = field("tag=");
			rewrite_file(at("/f"), "two");
			get("/f");
			same += field("settled=") && field("tag=") == tag;
			tried++;
		}
	}
	printf("# %u of 20 were settled at once\n", tried);
	check(!same, "two contents in one tick of the clock have no common tag");
	check(field("version=") == 0 && tag_tells("/c"), "its ctime tells");
	check(tag_tells_anew("/n"), "and tells of files made anew");
	snprintf(root, sizeof(root), "%s/root", top);
	ask("open %s", root);
	umount2(out("/plain"), MNT_DETACH);
}

/* On one that keeps times in steps of two seconds. */
static void test_tags_coarse(void)
{
	char command[2500];
	long long tag;

	snprintf(command, sizeof(command),
		 "exec 2>/dev/null; cd %s && truncate -s 1M image && mkdosfs image && mount -o loop image fat",
		 top);
	if (system(command)) {
		skip("a file system with coarse times", "cannot make one");
		return;
	}
	snprintf(root, sizeof(root), "%s/fat", top);
	check(!atoi(ask("open %s", root)), "a file system with coarse times");
	put(at("/f"), "one");
	tag = settled_tag("/f");
	rewrite_file(at("/f"), "two");
	check(settled_tag("/f") != tag && says("/f", "two"), "two contents have no common tag");
	snprintf(root, sizeof(root), "%s/root", top);
	ask("open %s", root);
	umount2(out("/fat"), 0);
}

static void test_tags(void)
{
	mkdirs(at("/t"));
	check(tag_tells("/t/c"), "rewritten with the same size and time");
	check(tag_tells_anew("/t/n"), "made anew with the same size and time");
	test_writing();
	if (!on_tmpfs()) {
		skip("other file systems", "once is enough");
		return;
	}
	mkdirs(out("/plain"));
	mkdirs(out("/fat"));
	test_tags_uncounted();
	test_tags_coarse();
}

/*
 * A directory is moved out of the root and back in a loop, and while it is outside
 * another file stands in it, a long way down. No request may ever see that one.
 */
#define DEEP	"/d/d/d/d/d/d/d/d/d/d/d/d"

static void test_moved_out(void)
{
	unsigned int seen = 0, leaked = 0, gone = 0, other = 0;
	double end = now() + 4;
	char path[200] = "/mv";
	size_t i;
	pid_t pid;

	mkdirs(out("/away"));
	mkdirs(at("/mv"));
	for (i = 0; i < strlen(DEEP); i += 2) {
		snprintf(path + strlen(path), 3, "%.2s", DEEP + i);
		mkdirs(at(path));
	}
	put(at("/mv" DEEP "/f"), "public");
	put(out("/away/s"), "secret");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			rename(at("/mv/d"), out("/away/d"));
			renameat2(AT_FDCWD, out("/away" DEEP "/f"), AT_FDCWD, out("/away/s"),
				  2 /* RENAME_EXCHANGE */);
			renameat2(AT_FDCWD, out("/away" DEEP "/f"), AT_FDCWD, out("/away/s"), 2);
			rename(out("/away/d"), at("/mv/d"));
		}
	}
	while (now() < end) {
		ask("cat /mv" DEEP "/f");
		if (!strcmp(reply, "public"))
			seen++;
		else if (!strcmp(reply, "secret"))
			leaked++;
		else if (!strncmp(reply, "error", 5) && atoi(reply + 6) == -ENOENT)
			gone++;
		else
			other++;
		/* and without the help of the cache */
		ask("forget");
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("# seen %u, gone %u, other answers %u\n", seen, gone, other);
	check(!leaked, "a directory moved out during walks: %u leaks", leaked);
	check(seen + gone > 0, "the loop was walked");
}

/* --- sending --- */

static int sender, receiver;

static void connect_pair(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&a, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&a, &len))
		die("listen");
	sender = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(sender, (struct sockaddr *)&a, len))
		die("connect");
	receiver = accept(listener, NULL, NULL);
	if (receiver < 0)
		die("accept");
	close(listener);
}

static void disconnect_pair(void)
{
	close(sender);
	close(receiver);
}

/* Takes what has arrived and compares it with @file from *@at on. */
static bool take(int file, off_t *at)
{
	static char got[1 << 18], want[1 << 18];
	ssize_t n;

	while ((n = recv(receiver, got, sizeof(got), MSG_DONTWAIT)) > 0) {
		if (pread(file, want, n, *at) != n || memcmp(got, want, n))
			return false;
		*at += n;
	}
	return true;
}

/*
 * Sends a range of the held file, taking it at the other end; counts what the
 * sender said. Returns whether all of it arrived as it is in the file.
 */
static bool send_range(const char *name, off_t pos, off_t len, unsigned int *cold,
		       unsigned int *full)
{
	int file = open(name, O_RDONLY);
	off_t at = pos, to = pos + len, sent = pos;
	double end = now() + 60;

	*cold = *full = 0;
	while (at < to && now() < end) {
		long n = -EAGAIN;

		if (sent < to)
			n = atol(ask("send %d %lld %lld %d", sender, (long long)sent,
				     (long long)(to - sent), NOWAIT));
		if (n == -ENODATA) {
			++*cold;
			n = atol(ask("send %d %lld %lld 0", sender, (long long)sent,
				     (long long)(to - sent)));
		}
		if (n > 0)
			sent += n;
		else if (n == -EAGAIN)
			++*full;
		else
			break;
		if (!take(file, &at))
			break;
		if (n == -EAGAIN && at < sent) {
			struct pollfd p = { .fd = receiver, .events = POLLIN };

			poll(&p, 1, 1000);
			if (!take(file, &at))
				break;
		}
	}
	close(file);
	return at == to;
}

static void test_send(void)
{
	unsigned int cold, full;
	int fd;

	connect_pair();
	pattern(at("/1m.bin"), 1 << 20);
	pattern(at("/odd.bin"), 123457);
	pattern(at("/16m.bin"), 16 << 20);
	ask("hold /1m.bin");
	check(send_range(at("/1m.bin"), 0, 1 << 20, &cold, &full), "1 MiB arrives whole");
	check(!cold, "just written, it is in memory: %u times cold", cold);
	check(send_range(at("/1m.bin"), 4095, 4098, &cold, &full), "a range across pages");
	check(send_range(at("/1m.bin"), 1048575, 1, &cold, &full), "the last byte");
	ask("hold /odd.bin");
	check(send_range(at("/odd.bin"), 1, 123456, &cold, &full), "an odd size");
	ask("hold /16m.bin");
	check(send_range(at("/16m.bin"), 0, 16 << 20, &cold, &full), "16 MiB arrive whole");
	if (on_tmpfs()) {
		skip("cold pages", "tmpfs is always in memory");
		skip("cold pages are waited for in the pool", "tmpfs is always in memory");
	} else {
		ask("forget");
		ask("lookup /nothing");
		drop_caches();
		ask("hold /16m.bin");
		check(send_range(at("/16m.bin"), 0, 16 << 20, &cold, &full),
		      "16 MiB arrive whole from the disk");
		check(cold > 0, "cold pages are not waited for: %u times cold", cold);
	}
	/* A socket that nobody reads. */
	while (atol(ask("send %d 0 1048576 %d", sender, NOWAIT)) > 0)
		;
	check(atoi(reply) == -EAGAIN, "a full socket says so");
	disconnect_pair();

	connect_pair();
	fd = open(at("/sparse.bin"), O_CREAT | O_RDWR, 0644);
	if (ftruncate(fd, 5LL << 30) || pwrite(fd, "end of 5 GiB", 12, (5LL << 30) - 12) != 12)
		die("sparse");
	close(fd);
	ask("hold /sparse.bin");
	check(field("size=") == 5LL << 30, "a sparse file of 5 GiB");
	check(send_range(at("/sparse.bin"), (5LL << 30) - 100000, 100000, &cold, &full),
	      "its end, above 4 GiB");
	check(send_range(at("/sparse.bin"), 1LL << 30, 300000, &cold, &full), "a hole in it");
	ask("heldread %lld 12 0", (5LL << 30) - 12);
	check(!strcmp(reply, "end of 5 GiB"), "read above 4 GiB");
	unlink(at("/sparse.bin"));
	unlink(at("/16m.bin"));
	disconnect_pair();
}

static void test_truncated(void)
{
	unsigned int cold, full;
	int i;

	connect_pair();
	pattern(at("/t.bin"), 1 << 20);
	ask("hold /t.bin");
	check(send_range(at("/t.bin"), 0, 100000, &cold, &full), "the first part");
	truncate(at("/t.bin"), 50000);
	ask("send %d 100000 100000 %d", sender, NOWAIT);
	check(atoi(reply) == -ESTALE, "truncated: sending stops");
	ask("send %d 100000 100000 0", sender);
	check(atoi(reply) == -ESTALE, "in the pool as well");
	check(send_range(at("/t.bin"), 40000, 10000, &cold, &full), "what is left can be sent");
	ask("send %d 40000 20000 0", sender);
	check(atoi(reply) == 10000, "and no more than that");
	ask("heldread 40000 20000 0");
	check(reply_len == 10000, "a read is short, too");
	ask("heldread 40000 20000 1");
	check(reply_len == 10000, "without blocking, too");
	unlink(at("/t.bin"));
	ask("send %d 0 1000 0", sender);
	check(atoi(reply) == 1000, "a deleted file is sent to its end");
	disconnect_pair();

	/* A client that has gone. */
	connect_pair();
	pattern(at("/t.bin"), 1 << 20);
	ask("hold /t.bin");
	close(receiver);
	for (i = 0; i < 100; i++)
		if (atol(ask("send %d 0 1000000 %d", sender, NOWAIT)) < 0 && atoi(reply) != -EAGAIN)
			break;
	check(atoi(reply) == -EPIPE || atoi(reply) == -ECONNRESET, "a client that has gone");
	close(sender);
	unlink(at("/t.bin"));
}

#define BAD	(3 * 4096)	/* where memory fails */

/* Whoever has the page mapped may be killed. */
static void poison(int fd)
{
	pid_t pid;
	void *page;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, BAD);
		if (page != MAP_FAILED)
			madvise(page, 4096, MADV_HWPOISON);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* A page whose memory has failed. tmpfs keeps it, since there is no disk to read it from again. */
static void test_poisoned(void)
{
	char byte;
	int fd;

	if (!on_tmpfs()) {
		skip("memory that fails", "elsewhere it is read from the disk again");
		return;
	}
	pattern(at("/bad.bin"), 1 << 16);
	fd = open(at("/bad.bin"), O_RDONLY);
	poison(fd);
	if (pread(fd, &byte, 1, BAD) >= 0 || errno != EIO) {
		skip("memory that fails", "it cannot be had here");
		close(fd);
		return;
	}
	close(fd);
	connect_pair();
	ask("hold /bad.bin");
	ask("heldread 0 %d 1", BAD);
	check(reply_len == BAD, "memory that fails: what is before it is read");
	check(atoi(ask("heldread %d 10 1", BAD)) == -EAGAIN, "of itself nothing");
	check(atoi(ask("heldread %d 10 0", BAD)) == -EIO, "but an error, in the pool");
	check(atoi(ask("warm %d 10", BAD)) == -EIO, "it cannot be brought into memory");
	check(atoi(ask("send %d 0 65536 %d", sender, NOWAIT)) == BAD, "what is before it is sent");
	check(atoi(ask("send %d %d 10 %d", sender, BAD, NOWAIT)) == -ENODATA, "of itself nothing");
	check(atoi(ask("send %d %d 10 0", sender, BAD)) == -EIO, "but an error");
	check(atoi(ask("send %d %d 10 0", sender, BAD + 4096)) == 10, "and what is behind it");
	disconnect_pair();
	unlink(at("/bad.bin"));
}

/* Deleted: nothing may pin it a second later, with nobody asking. */
static void test_release(void)
{
	struct statfs before, during, after;
	double start;

	/* What earlier groups deleted is given back now. */
	ask("open %s", root);
	sync();
	statfs(top, &before);
	pattern(at("/big.bin"), 8 << 20);
	sync();
	get("/big.bin");
	statfs(top, &during);
	unlink(at("/big.bin"));
	start = now();
	do {
		usleep(20000);
		statfs(top, &after);
	} while (now() < start + slow && after.f_bfree + 64 < before.f_bfree);
	printf("# free blocks: %llu, with the file %llu, %.2f s after its removal %llu\n",
	       (unsigned long long)before.f_bfree, (unsigned long long)during.f_bfree,
	       now() - start, (unsigned long long)after.f_bfree);
	check(during.f_bfree + 64 < before.f_bfree && after.f_bfree + 64 >= before.f_bfree,
	      "a deleted file's space is free within a second");
}

static void test_types(void)
{
	check(!strcmp(ask("mime /a/b.TXT"), "text/plain; charset=utf-8\n"), "a suffix in capitals");
	check(!strcmp(ask("mime /a.d/b"), "application/octet-stream\n"), "a dot in a directory");
	check(!strcmp(ask("mime x.tar.gz"), "application/gzip\n"), "the last suffix counts");
	check(!strcmp(ask("mime x."), "application/octet-stream\n"), "an empty suffix");
	check(!strcmp(ask("mime x.3gp"), "video/3gpp\n"), "the first of the table");
	check(!strcmp(ask("mime x.zst"), "application/zstd\n"), "the last of the table");
	check(!strcmp(ask("mime x.woff2"), "font/woff2\n"), "one that begins like another");
	check(!atoi(ask("types # comment\ntext/x-a aa AB\n\nimage/x-b bb zst # end\n"
			"text/html;charset=x html\nimage/x-c bb\n")), "a table is loaded");
	check(!strcmp(ask("mime x.ab"), "text/x-a; charset=utf-8\n"), "with a charset");
	check(!strcmp(ask("mime x.html"), "text/html;charset=x\n"), "with its own charset");
	check(!strcmp(ask("mime x.bb"), "image/x-c\n"), "the last line counts");
	check(!strcmp(ask("mime x.zst"), "image/x-b\n"), "over the built-in one");
	check(!strcmp(ask("mime x.png"), "image/png\n"), "which stays below it");
	check(atoi(ask("types notype x\n")) == -EINVAL, "a malformed line");
	check(!strcmp(ask("mime x.zst"), "image/x-b\n"), "changes nothing");
	check(!atoi(ask("types ")), "back to the built-in table");
	check(!strcmp(ask("mime x.zst"), "application/zstd\n"), "it is back");
}

/* A line of /proc/meminfo, in KiB. */
static long meminfo(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kbytes = -1;

	while (f && kbytes < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			kbytes = atol(line + strlen(name) + 1);
	if (kbytes < 0)
		die("/proc/meminfo");
	fclose(f);
	return kbytes;
}

/* As many objects as may be kept: a third of the memory, 2.5 KiB each. */
static long most_objects(void)
{
	return meminfo("MemTotal") * 2 / 5 / 3;
}

/* An eighth of them may be refusals. */
static long most_refusals(void)
{
	return most_objects() / 8;
}

/* More names that are not there than may be remembered, and one that is asked for often. */
static void test_full(void)
{
	long most = most_refusals(), i;
	long long evicted;
	char name[64];

	if (!on_tmpfs()) {
		skip("a full cache", "the same on every file system");
		return;
	}
	if (most > 30000) {
		skip("a full cache", "too much memory to fill it quickly");
		return;
	}
	ask("forget");
	ask("stat");
	evicted = field("evicted=");
	get("/often");
	for (i = 0; i < most + 1000; i++) {
		snprintf(name, sizeof(name), "/full/%ld", i);
		get(name);
		if (i % 256 == 0)
			get("/often");
	}
	ask("stat");
	printf("# %lld refusals are kept, %ld may be\n", field("negative="), most);
	check(field("negative=") <= most + 1 && field("negative=") > most - most / 10,
	      "a full cache: no more than may be");
	evicted = field("evicted=") - evicted;
	check(evicted >= 1000 && evicted < 1010, "the others were dropped: %lld", evicted);
	check(cached("/full/0") == -EAGAIN, "the oldest is gone");
	check(cached("/often") == -ENOENT, "what is asked for often is still there");
	ask("forget");
}

#define FILL_MOST	160000	/* what `fill` of the handle can make */
#define FILL_STEP	2000

/*
 * More paths to a file than may be remembered. They are made of links that lead nowhere
 * else, so that there need not be as many files.
 */
static void test_full_files(void)
{
	long most = most_objects() - most_refusals(), i, before, kbytes;
	long long evicted;
	char name[64];

	if (!on_tmpfs()) {
		skip("a cache full of files", "the same on every file system");
		return;
	}
	if (most + 2 * FILL_STEP > FILL_MOST) {
		skip("a cache full of files", "too much memory to fill it quickly");
		return;
	}
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "/%c", 'A' + (char)i);
		symlink(".", at(name));
	}
	put(at("/x"), "1");
	put(at("/often-asked"), "2");
	ask("forget");
	get("/not-there");
	ask("stat");
	evicted = field("evicted=");
	before = meminfo("Slab");
	for (i = 0; i < most + FILL_STEP; i += FILL_STEP) {
		get("/often-asked");
		if (atoi(ask("fill %ld %ld", i, i + FILL_STEP)) != FILL_STEP)
			break;
	}
	check(i >= most + FILL_STEP, "more files are found than may be remembered");
	kbytes = meminfo("Slab") - before;
	ask("stat");
	printf("# %lld objects are kept, %ld files may be; %ld KiB of %ld\n", field("objects="), most,
	       kbytes, meminfo("MemTotal"));
	check(field("objects=") <= most + 1 + 1 && field("objects=") > most - most / 100,
	      "a cache full of files: no more than may be");
	evicted = field("evicted=") - evicted;
	check(evicted >= i - most && evicted <= i + 1 - most + 8, "the others were dropped: %lld",
	      evicted);
	check(kbytes < meminfo("MemTotal") / 3, "all of them within a third of the memory");
	check(cached("/A/A/A/A/x") == -EAGAIN, "the oldest is gone");
	i--;
	snprintf(name, sizeof(name), "/%c/%c/%c/%c/x", 'A' + (char)(i / 8000),
		 'A' + (char)(i / 400 % 20), 'A' + (char)(i / 20 % 20), 'A' + (char)(i % 20));
	check(cached(name) == 0, "the youngest is there");
	check(cached("/often-asked") == 0, "what is asked for often is still there");
	check(cached("/not-there") == -ENOENT, "refusals are not driven out by files");
	ask("forget");
}

#define COST_FILES	2000
#define COST_RECKONED	2560	/* TUX_OBJECT_COST */

/* What is reckoned for an object is what one takes, with all that it keeps in memory. */
static void test_memory(void)
{
	long before, each;
	char name[64];
	int i;

	if (on_tmpfs()) {
		skip("what an object costs", "tmpfs has its inodes in memory anyway");
		return;
	}
	if (slow > 1) {
		skip("what an object costs", "a debug kernel's objects are larger");
		return;
	}
	mkdirs(at("/cost"));
	for (i = 0; i < COST_FILES; i++) {
		snprintf(name, sizeof(name), "/cost/%d.html", i);
		put(at(name), "x");
	}
	ask("forget");
	drop_caches();
	before = meminfo("Slab");
	for (i = 0; i < COST_FILES; i++) {
		snprintf(name, sizeof(name), "/cost/%d.html", i);
		get(name);
	}
	ask("stat");
	check(field("objects=") >= COST_FILES, "so many files are kept");
	each = (meminfo("Slab") - before) * 1024 / COST_FILES;
	printf("# %ld bytes each\n", each);
	check(each < COST_RECKONED, "an object costs no more than is reckoned: %ld", each);
	ask("forget");
	/* Freed after grace periods, and in the kernel's own time. */
	for (i = 0; i < 20 && meminfo("Slab") > before + 1024; i++) {
		usleep(200000);
		drop_caches();
	}
	printf("# %ld KiB more than before\n", meminfo("Slab") - before);
	check(i < 20, "and its memory comes back");
}

static void test_bounds(void)
{
	long long objects;
	char name[64];
	int i;

	ask("forget");
	mkdirs(at("/b"));
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "/b/%d", i);
		if (i < 200)
			put(at(name), "x");
		get(name);
	}
	ask("stat");
	objects = field("objects=");
	check(objects > 200 && field("negative=") > 0, "files and refusals are kept");
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "/b/%d", i);
		if (cached(name))
			break;
	}
	check(i == 200, "a flood of refusals drives no file out: %d of 200 left", i);
	drop_caches();
	ask("stat");
	check(field("objects=") < objects, "the kernel gets memory back when it wants it");
	ask("forget");
	ask("stat");
	check(field("objects=") == 0, "forgotten");
}

/* Copy-up: the file is on the lower layer until it is written to. */
static void test_overlay(void)
{
	if (!on_overlay()) {
		skip("overlay", "not on overlayfs");
		return;
	}
	if (access(at("/lower.txt"), F_OK)) {
		skip("overlay", "no file on the lower layer");
		return;
	}
	check(says("/lower.txt", "lower\n") && cached("/lower.txt") == 0, "a lower file");
	rewrite_file(at("/lower.txt"), "UPPER\n");
	check(says("/lower.txt", "UPPER\n"), "is seen after its copy-up");
	unlink(at("/lower.txt"));
	check(get("/lower.txt") == -ENOENT, "and after its removal");
}

/*
 * Many ask while everything changes. What they get is not looked at here: that
 * the kernel finds nothing wrong is the point, above all the debug kernel.
 */
static void test_crowd(void)
{
	double end;
	int i = 0, lookups;

	mkdirs(at("/w"));
	mkdirs(at("/w/d"));
	put(at("/w/d/f"), "1");
	put(at("/w/g"), "2");
	symlink("d", at("/w/link"));
	ask("crowd 4 /w/d/f /w/d/ /w/g /w/link/f /w/none /w/new /w/h /w/d");
	end = now() + 4;
	for (; now() < end; i++) {
		put(at("/w/tmp"), i % 2 ? "3" : "four");
		rename(at("/w/tmp"), at("/w/g"));
		rename(at("/w/d"), at("/w/dd"));
		rewrite_file(at("/w/dd/f"), i % 3 ? "x" : "y");
		rename(at("/w/dd"), at("/w/d"));
		put(at("/w/new"), "new");
		unlink(at("/w/new"));
		link(at("/w/g"), at("/w/h"));
		chmod(at("/w/d/f"), i % 2 ? 0600 : 0644);
		truncate(at("/w/g"), i % 5000);
		unlink(at("/w/h"));
		if (i % 16 == 0) {
			mount("none", at("/w/d"), "tmpfs", 0, "mode=755");
			umount2(at("/w/d"), MNT_DETACH);
		}
		if (i % 256 == 0)
			drop_caches();
	}
	chmod(at("/w/d/f"), 0644);
	lookups = atoi(ask("crowd"));
	printf("# %d changes, %d lookups\n", i, lookups);
	check(lookups > 1000, "a crowd of lookups while everything changes");
	check(get("/w/d/f") == 0, "and all is well afterwards");
}

/* Throw away what has arrived. */
static void drain(void)
{
	static char got[1 << 18];

	while (recv(receiver, got, sizeof(got), MSG_DONTWAIT) > 0)
		;
}

/* Nanoseconds (instructions, in a guest that counts them) to send 1 MiB. */
static double cost_of_sending(bool with_sendfile)
{
	int file = open(at("/1m.bin"), O_RDONLY), turn;
	double start = now();

	for (turn = 0; turn < 8; turn++) {
		off_t pos = 0;

		while (pos < 1 << 20) {
			size_t left = (1 << 20) - pos;
			long n;

			if (with_sendfile) {
				n = sendfile(sender, file, &pos, left < 1 << 18 ? left : 1 << 18);
			} else {
				n = atol(ask("send %d %lld %zu %d", sender, (long long)pos, left,
					     NOWAIT));
				pos += n > 0 ? n : 0;
			}
			if (n < (long)left)
				drain();
		}
		drain();
	}
	close(file);
	return (now() - start) / turn * 1e9;
}

static void test_cost(void)
{
	connect_pair();
	fcntl(sender, F_SETFL, O_NONBLOCK);
	pattern(at("/1m.bin"), 1 << 20);
	ask("hold /1m.bin");
	printf("# sending 1 MiB: %.0f", cost_of_sending(false));
	printf(", with sendfile(2): %.0f\n", cost_of_sending(true));
	disconnect_pair();
	get("/a.html");
	ask("turns 20000 /a.html");
	printf("# a hit: %s", strchr(reply, ' ') ?: reply);
	check(atoi(reply) == 0, "hits");
	get("/d/other.txt");
	ask("turns 20000 /d/other.txt");
	printf("# a hit one directory deeper: %s", strchr(reply, ' ') ?: reply);
	get("/nothing");
	ask("turns 20000 /nothing");
	printf("# nothing there: %s", strchr(reply, ' ') ?: reply);
	check(atoi(reply) == -ENOENT, "refusals");
}

/* --- a file system that can be slow, dead, and change by itself --- */

#define FUSE_NODE	2

/* Shared with the server: what the file says, and how often it is to answer with ESTALE. */
static volatile char *fuse_content;
static volatile struct {
	int stale_opens;
	int stale_attrs;
	int opens;
} *fuse_state;

static bool fuse_says_stale(volatile int *times)
{
	return *times && (*times)-- > 0;
}

static void fuse_answer(int fd, const struct fuse_in_header *in, int err, const void *data,
			size_t len)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + len, .error = err, .unique = in->unique,
	};
	struct iovec v[2] = { { &out, sizeof(out) }, { (void *)data, len } };

	writev(fd, v, 2);
}

static void fuse_attr_of(uint64_t node, struct fuse_attr *a)
{
	memset(a, 0, sizeof(*a));
	a->ino = node;
	a->mode = node == FUSE_NODE ? S_IFREG | 0644 : S_IFDIR | 0755;
	a->size = node == FUSE_NODE ? strlen((const char *)fuse_content) : 0;
	a->nlink = 1;
}

/* Lets the kernel remember everything for an hour: only asking anew is exact then. */
static void fuse_one(int fd, const struct fuse_in_header *in, const void *arg)
{
	struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 65536 };
	struct fuse_entry_out entry = { .nodeid = FUSE_NODE, .entry_valid = 3600 };
	struct fuse_attr_out attr = { 0 };
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };
	const struct fuse_read_in *rd = arg;
	size_t len;

	switch (in->opcode) {
	case FUSE_INIT:
		fuse_answer(fd, in, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		fuse_attr_of(FUSE_NODE, &entry.attr);
		if (strcmp(arg, "file"))
			fuse_answer(fd, in, -ENOENT, NULL, 0);
		else
			fuse_answer(fd, in, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		fuse_attr_of(in->nodeid, &attr.attr);
		if (in->nodeid == FUSE_NODE && fuse_says_stale(&fuse_state->stale_attrs))
			fuse_answer(fd, in, -ESTALE, NULL, 0);
		else
			fuse_answer(fd, in, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		fuse_state->opens++;
		if (fuse_says_stale(&fuse_state->stale_opens))
			fuse_answer(fd, in, -ESTALE, NULL, 0);
		else
			fuse_answer(fd, in, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		len = strlen((const char *)fuse_content);
		len = rd->offset < len ? len - rd->offset : 0;
		fuse_answer(fd, in, 0, (const char *)fuse_content + rd->offset,
			    len < rd->size ? len : rd->size);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		break;
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		fuse_answer(fd, in, 0, NULL, 0);
		break;
	default:
		fuse_answer(fd, in, -ENOSYS, NULL, 0);
	}
}

static pid_t fuse_start(const char *dir)
{
	static char buf[1 << 18];
	char options[100];
	int fd = open("/dev/fuse", O_RDWR);
	pid_t pid;

	if (fd < 0)
		return -1;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other",
		 fd);
	if (mount("test", dir, "fuse", 0, options))
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (read(fd, buf, sizeof(buf)) > 0)
			fuse_one(fd, (void *)buf, buf + sizeof(struct fuse_in_header));
		_exit(0);
	}
	close(fd);
	return pid;
}

/* A server that says its files have become others. */
static void test_fuse_stale(void)
{
	int opens;

	fuse_state->stale_opens = 3;
	check(get("/file") == 0 && !fuse_state->stale_opens, "opening is tried anew");
	fuse_state->stale_opens = 1000;
	check(get("/file") == -ESTALE, "but not for ever");
	fuse_state->stale_opens = 0;
	fuse_state->stale_attrs = 3;
	check(get("/file") == 0 && !fuse_state->stale_attrs, "so is asking what it is like");
	ask("policy 4 0444 1 0 index.html");
	fuse_state->stale_attrs = 3;
	opens = fuse_state->opens;
	check(get("/file") == -EACCES, "which does not help what must not be served");
	fuse_state->stale_attrs = 1000;
	check(get("/file") == -ESTALE, "not even when that cannot be told");
	check(fuse_state->opens == opens, "it is not opened");
	fuse_state->stale_attrs = 0;
	ask("policy 4 0 1 0 index.html");
	check(get("/file") == 0, "and then it is served again");
}

static void test_fuse(void)
{
	unsigned int i, bad = 0, cold, full;
	char text[32];
	double start;
	pid_t pid;

	fuse_content = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fuse_state = (void *)(fuse_content + 2048);
	strcpy((char *)fuse_content, "far away");
	mkdirs(out("/fuse"));
	pid = fuse_start(out("/fuse"));
	if (pid < 0) {
		skip("a file system of the world", "no FUSE here");
		return;
	}
	check(!atoi(ask("open %s", out("/fuse"))), "a root that is not local");
	check(says("/file", "far away"), "a file on it");
	check(get("/none") == -ENOENT, "a name that is not on it");
	for (i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "changed %u times", i);
		strcpy((char *)fuse_content, text);
		bad += !says("/file", text);
	}
	check(!bad, "changed by the other side: %u of 50 seen late", bad);
	test_fuse_stale();
	ask("hold /file");
	ask("heldread 0 100 1");
	check(atoi(reply) == -EAGAIN, "reading it is for the pool");
	check(atoi(ask("warm 0 100")) == -EOPNOTSUPP, "it cannot be brought into memory");
	connect_pair();
	check(send_range(out("/fuse/file"), 0, strlen(text), &cold, &full) && cold,
	      "but it can be sent");
	disconnect_pair();

	kill(pid, SIGSTOP);
	start = now();
	check(cached("/file") == -EAGAIN && cached("/other") == -EAGAIN && now() - start < 0.5,
	      "a dead server makes nobody wait who must not");
	kill(pid, SIGCONT);
	ask("open %s", root);
	check(!umount2(out("/fuse"), 0), "nothing of it is held at the end");
	umount2(out("/fuse"), MNT_DETACH);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "basic", test_basic },
	{ "open", test_open },
	{ "long", test_long },
	{ "links", test_links },
	{ "rights", test_rights },
	{ "mounts", test_mounts },
	{ "exact", test_exact },
	{ "tags", test_tags },
	{ "siblings", test_siblings },
	{ "moved", test_moved_out },
	{ "send", test_send },
	{ "truncated", test_truncated },
	{ "poisoned", test_poisoned },
	{ "release", test_release },
	{ "types", test_types },
	{ "bounds", test_bounds },
	{ "full", test_full },
	{ "full-files", test_full_files },
	{ "memory", test_memory },
	{ "overlay", test_overlay },
	{ "fuse", test_fuse },
	{ "crowd", test_crowd },
	{ "cost", test_cost },
};

int main(int argc, char **argv)
{
	const char *env = getenv("TUX_SLOW");
	size_t i;
	int j;

	if (argc < 2)
		return 2;
	if (env && atof(env) >= 1)
		slow = atof(env);
	turns = TURNS / slow;
	snprintf(top, sizeof(top), "%s", argv[1]);
	snprintf(root, sizeof(root), "%s/root", top);
	umask(0);
	signal(SIGPIPE, SIG_IGN);
	handle = open(HANDLE, O_RDWR);
	if (handle < 0)
		die(HANDLE);
	mkdirs(root);
	if (atoi(ask("open %s", root)))
		die("docroot");
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		bool wanted = argc == 2;

		for (j = 2; j < argc; j++)
			wanted |= !strcmp(argv[j], groups[i].name);
		if (wanted) {
			printf("# group %s\n", groups[i].name);
			groups[i].run();
			fflush(stdout);
		}
	}
	ask("close");
	printf("1..%u\n", tests);
	return failed != 0;
}
