// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuxctl - start, stop, watch and set up the in-kernel web server
 *
 * A thin program: every command reads or writes the module's files in /proc.
 * What it adds is words: which file, which errno, what to do about it. Exit
 * status 0 done, 1 failed with one line on standard error, 2 wrong usage.
 *
 * The other files are listed in tuxctl.h.
 */
#include "tuxctl.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TUXCTL_VERSION
#error "TUXCTL_VERSION comes from the Makefile"
#endif

static const char help_text[] =
"usage: tuxctl COMMAND [ARGUMENT...]\n"
"\n"
"  start               load the module if need be and begin to serve\n"
"  stop                stop serving; the module and its tunables stay\n"
"  status              serving or stopped, and how; exit 1 when stopped\n"
"  get [NAME...]       the value of tunables; all of them without a NAME\n"
"  set NAME=VALUE...   change tunables\n"
"  stat                counters and gauges, one a line\n"
"       --json         as one JSON object\n"
"       --prometheus   in Prometheus' text format\n"
"  check [DIR]         what would keep the server from working here\n"
"                      (DIR: look at this document root)\n"
"  mime [FILE]         load media types; /etc/mime.types without a FILE\n"
"       --builtin      back to those that the module has of its own\n"
"\n"
"  --help, --version\n"
"\n"
"exit status: 0 done, 1 failed, 2 wrong usage. tuxctl(8) says the rest.\n";

static void message(const char *fmt, va_list args)
{
	fputs("tuxctl: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

int fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(fmt, args);
	va_end(args);
	return EXIT_FAILED;
}

int usage_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(fmt, args);
	va_end(args);
	fputs("tuxctl: see tuxctl --help\n", stderr);
	return EXIT_USAGE;
}

/* Every command but start and check needs the module. Return: an exit status. */
static int need_module(void)
{
	if (tux_present())
		return EXIT_DONE;
	return fail("the tux module is not loaded; 'tuxctl start' or 'modprobe tux' loads it");
}

static const char advice_rights[] =
	"this needs CAP_NET_ADMIN in the initial user namespace: run it as root, outside containers";

/* ---- start and stop ---------------------------------------------------- */

/* Run modprobe; its first words go into our one line. Return: an exit status. */
static int modprobe(void)
{
	char said[256] = "";
	char rest[256];
	int status;
	FILE *p;

	p = popen("modprobe tux 2>&1", "re");
	if (!p)
		return fail("cannot run modprobe: %s", strerror(errno));
	if (fgets(said, sizeof(said), p))
		said[strcspn(said, "\n")] = '\0';
	while (fgets(rest, sizeof(rest), p))
		;
	status = pclose(p);
	if (status == 0)
		return EXIT_DONE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return fail("there is no modprobe here; install kmod, or load the module with insmod tux.ko");
	return fail("modprobe tux failed (%s); 'make install' installs the module, 'tuxctl check' says what is missing",
		    said);
}

static int load_module(void)
{
	int ret;

	if (tux_present())
		return EXIT_DONE;
	if (geteuid() != 0)
		return fail("the tux module is not loaded; as root, 'modprobe tux' loads it");
	ret = modprobe();
	if (ret)
		return ret;
	if (!tux_present())
		return fail("modprobe tux succeeded, but there is no %s; the kernel log ('dmesg') says more",
			    sysctl_root());
	return EXIT_DONE;
}

/* Why serve=1 was refused, with the values that matter. Return: an exit status. */
static int start_failed(int err)
{
	char root[VALUE_MAX] = "";
	long port = tunable_number("port", 80);

	tunable_read("documentroot", root);
	switch (-err) {
	case ENOENT:
		if (!*root)
			break;
		return fail("the document root '%s' does not exist; create it, or 'tuxctl set documentroot=DIR'",
			    root);
	case ENOTDIR:
		return fail("the document root '%s' is not a directory; 'tuxctl set documentroot=DIR' names another",
			    root);
	case EACCES:
		if (geteuid() != 0)
			return fail("not allowed: %s", advice_rights);
		return fail("the document root '%s' may not be read by others; 'tuxctl check' says which directory forbids it",
			    root);
	case EADDRINUSE:
		return fail("port %ld is in use; 'ss -ltnp sport = :%ld' shows by whom, 'tuxctl set port=N' takes another",
			    port, port);
	case EPERM:
		return fail("not allowed: %s", advice_rights);
	case ENOMEM:
		return fail("not enough memory to start; fewer threads ('tuxctl set threads=1') need less");
	case EINVAL:
		if (!*root)
			break;
		return fail("the kernel refused to start (%s); the kernel log ('dmesg') says why, 'tuxctl get' shows the tunables",
			    strerror(-err));
	default:
		return fail("cannot start: %s; the kernel log ('dmesg') says more, so may 'tuxctl check'",
			    strerror(-err));
	}
	return fail("no document root is set; 'tuxctl set documentroot=/srv/www' names one");
}

static int cmd_start(int argc, char **argv)
{
	int err;
	int ret;

	if (argc > 1)
		return usage_error("start takes no argument, not '%s'", argv[1]);
	ret = load_module();
	if (ret)
		return ret;
	err = tunable_write("serve", "1");
	return err ? start_failed(err) : EXIT_DONE;
}

static int cmd_stop(int argc, char **argv)
{
	int err;

	if (argc > 1)
		return usage_error("stop takes no argument, not '%s'", argv[1]);
	/* Without the module nothing serves: that is what was asked for. */
	if (!tux_present())
		return EXIT_DONE;
	err = tunable_write("serve", "0");
	if (err == -EPERM || err == -EACCES)
		return fail("not allowed: %s", advice_rights);
	if (err)
		return fail("cannot stop: %s; the kernel log ('dmesg') says more", strerror(-err));
	return EXIT_DONE;
}

/* ---- status ------------------------------------------------------------ */

static void show_tunable(const char *label, const char *name)
{
	char value[VALUE_MAX];

	if (tunable_read(name, value) == 0)
		printf("%-16s%s\n", label, value);
}

static void show_stat(const char *label, const char *view, const char *name)
{
	char value[64];

	if (stat_value(view, name, value, sizeof(value)))
		printf("%-16s%s\n", label, value);
}

static int cmd_status(int argc, char **argv)
{
	char view[VIEW_MAX];
	char path[4096];
	long serving;
	int ret;

	if (argc > 1)
		return usage_error("status takes no argument, not '%s'", argv[1]);
	ret = need_module();
	if (ret) {
		printf("%-16s%s\n", "state", "stopped (module not loaded)");
		return ret;
	}
	serving = tunable_number("serve", -1);
	if (serving < 0)
		return fail("cannot read %s/serve; is this a tux module of the same version?",
			    sysctl_root());
	printf("%-16s%s\n", "state", serving ? "serving" : "stopped");
	show_tunable("port", "port");
	show_tunable("documentroot", "documentroot");
	show_tunable("threads", "threads");
	show_tunable("accept policy", "accept_policy");
	show_tunable("accept limit", "accept_limit");
	snprintf(path, sizeof(path), "%s/stat", proc_root());
	if (file_read(path, view, sizeof(view)) > 0) {
		show_stat("connections", view, "connections");
		show_stat("accepted", view, "accepted");
		show_stat("requests", view, "requests");
	}
	if (!serving)
		return fail("not serving; 'tuxctl start' starts it");
	return EXIT_DONE;
}

/* ---- get and set ------------------------------------------------------- */

static int no_such_tunable(const char *name)
{
	return fail("there is no tunable '%s'; 'tuxctl get' lists them all", name);
}

static int read_failed(const char *name, int err)
{
	if (err == -ENOENT)
		return no_such_tunable(name);
	return fail("cannot read %s: %s", name, strerror(-err));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_tunable(const struct dirent *d)
{
	return tunable_name_ok(d->d_name);
}

static int get_all(void)
{
	char value[VALUE_MAX];
	struct dirent **list;
	int failed = EXIT_DONE;
	int err;
	int n;
	int i;

	n = scandir(sysctl_root(), &list, is_tunable, by_name);
	if (n < 0)
		return fail("cannot list %s: %s", sysctl_root(), strerror(errno));
	for (i = 0; i < n; i++) {
		err = tunable_read(list[i]->d_name, value);
		if (!err)
			printf("%s=%s\n", list[i]->d_name, value);
		else if (!failed)
			failed = read_failed(list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return failed;
}

static int cmd_get(int argc, char **argv)
{
	char value[VALUE_MAX];
	int err;
	int ret;
	int i;

	for (i = 1; i < argc; i++)
		if (argv[i][0] == '-')
			return usage_error("get has no option '%s'", argv[i]);
	ret = need_module();
	if (ret)
		return ret;
	if (argc == 1)
		return get_all();
	for (i = 1; i < argc; i++) {
		err = tunable_read(argv[i], value);
		if (err)
			return read_failed(argv[i], err);
		/* One value alone is for scripts; several need their names. */
		if (argc == 2)
			puts(value);
		else
			printf("%s=%s\n", argv[i], value);
	}
	return EXIT_DONE;
}

static int set_failed(const char *name, const char *value, int err)
{
	switch (-err) {
	case EINVAL:
	case ERANGE:
		return fail("%s: '%s' is not accepted, nothing changed; docs/sysctl.rst says what %s takes",
			    name, value, name);
	case ENOENT:
		return no_such_tunable(name);
	case EPERM:
	case EACCES:
		return fail("%s: not allowed: %s", name, advice_rights);
	case EBUSY:
		return fail("%s: cannot be changed while serving; 'tuxctl stop' first", name);
	default:
		return fail("%s: cannot set it to '%s': %s; the kernel log ('dmesg') may say more",
			    name, value, strerror(-err));
	}
}

/* Split NAME=VALUE in place. Return: an exit status. */
static int split(char *arg, char **value)
{
	char *eq = strchr(arg, '=');

	if (!eq || eq == arg)
		return usage_error("set needs NAME=VALUE, not '%s'", arg);
	if (strchr(eq, '\n'))
		return usage_error("a value is one line");
	*eq = '\0';
	*value = eq + 1;
	return EXIT_DONE;
}

static int cmd_set(int argc, char **argv)
{
	char old[VALUE_MAX];
	char **values;
	int ret = EXIT_DONE;
	int err;
	int i;

	if (argc < 2)
		return usage_error("set needs NAME=VALUE");
	values = calloc(argc, sizeof(*values));
	if (!values)
		return fail("not enough memory");
	for (i = 1; i < argc && !ret; i++)
		ret = split(argv[i], &values[i]);
	if (!ret)
		ret = need_module();
	/* A misspelt name is noticed before anything is changed. */
	for (i = 1; i < argc && !ret; i++)
		if (tunable_read(argv[i], old) == -ENOENT)
			ret = no_such_tunable(argv[i]);
	for (i = 1; i < argc && !ret; i++) {
		err = tunable_write(argv[i], values[i]);
		if (err && strcmp(argv[i], "serve") == 0 && strcmp(values[i], "1") == 0)
			ret = start_failed(err);
		else if (err)
			ret = set_failed(argv[i], values[i], err);
	}
	free(values);
	return ret;
}

/* ---- the command line -------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "start", cmd_start },
	{ "stop", cmd_stop },
	{ "status", cmd_status },
	{ "get", cmd_get },
	{ "set", cmd_set },
	{ "stat", cmd_stat },
	{ "check", cmd_check },
	{ "mime", cmd_mime },
};

static int run(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		fputs(help_text, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		fputs(help_text, stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("tuxctl " TUXCTL_VERSION);
		return EXIT_DONE;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return usage_error("no command '%s'", argv[1]);
}

int main(int argc, char **argv)
{
	int ret = run(argc, argv);

	/* A full disk or a closed pipe must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout))
		return fail("cannot write the output: %s", strerror(errno));
	return ret;
}
