// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuxctl stat: the counters of /proc/net/tux/stat as they are, as one JSON
 * object, or in Prometheus' text exposition format.
 *
 * Values are carried as text, never as floating point: a 64-bit counter comes
 * out exactly as the kernel wrote it. A name that this program does not know
 * yet is passed on as well, so that an older tuxctl shows a newer module's
 * counters; what it cannot know is whether the new one is a gauge.
 */
#include "tuxctl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * The values that can go down; everything else counts upwards. docs/counters.rst has
 * the same list, and make style compares them.
 */
static const char *const gauges[] = {
	"connections", "connections_max", "accept_queue", "syn_queue", "work_pending",
	"misses_stuck", "client_addresses",
	"cache_objects", "cache_negative",
};

static const struct {
	const char *name;
	const char *help;
} help[] = {
	{ "connections", "Open connections." },
	{ "connections_max", "The limit of open connections." },
	{ "accept_queue", "Connections waiting to be accepted." },
	{ "syn_queue", "Handshakes in progress." },
	{ "work_pending", "Connections waiting for their turn." },
	{ "misses_stuck", "Requests that have waited for the file system for long." },
	{ "client_addresses", "Client addresses counted for max_connections_per_ip." },
	{ "accepted", "Connections accepted and served." },
	{ "closed", "Connections closed." },
	{ "half_closed", "Connections reset because their client had closed its side." },
	{ "accept_dead", "Connections that the client had reset before they were accepted." },
	{ "accept_nomem", "Connections reset for want of memory." },
	{ "accept_per_ip", "Connections reset because of max_connections_per_ip." },
	{ "requests", "Request heads that were complete, or refused." },
	{ "bytes_sent", "Bytes taken by the sockets, heads included." },
	{ "accept_phases", "Accept-phases entered." },
	{ "work_phases", "Work-phases entered." },
	{ "work_items", "Entries of work_pending processed." },
	{ "sleeps", "Times that a worker had nothing to do." },
	{ "misses", "Requests that had to wait for the file system." },
	{ "send_full", "Times that a send buffer had no room." },
	{ "truncated", "Answers cut short because the file shrank." },
	{ "aborted", "Connections ended with a reset by the server." },
	{ "timeout_header", "Connections closed because a request was not complete in time." },
	{ "timeout_keepalive", "Idle connections closed." },
	{ "timeout_send", "Connections reset because the client did not read." },
	{ "timeout_linger", "Refused connections whose client did not close in time." },
	{ "cache_objects", "Paths in the file cache." },
	{ "cache_negative", "Paths in the file cache that lead to nothing." },
};

/* One `name value` line of the view, not NUL-terminated. */
struct entry {
	const char *name;
	int name_len;
	const char *value;
	int value_len;
};

/* The next entry at *at. Return: false at the end; broken lines are passed over. */
static bool next_entry(const char **at, struct entry *e)
{
	const char *line = *at;
	const char *end;

	while (*line) {
		end = line + strcspn(line, "\n");
		*at = *end ? end + 1 : end;
		e->name = line;
		e->name_len = strcspn(line, " \t\n");
		e->value = line + e->name_len;
		e->value += strspn(e->value, " \t");
		e->value_len = end - e->value;
		while (e->value_len > 0 && isspace((unsigned char)e->value[e->value_len - 1]))
			e->value_len--;
		if (e->name_len && e->value_len > 0)
			return true;
		line = *at;
	}
	return false;
}

static bool is_named(const struct entry *e, const char *name)
{
	return (size_t)e->name_len == strlen(name) && memcmp(e->name, name, e->name_len) == 0;
}

static bool begins(const struct entry *e, const char *prefix)
{
	size_t len = strlen(prefix);

	return (size_t)e->name_len > len && memcmp(e->name, prefix, len) == 0;
}

/* A decimal integer as both formats take it: no sign but '-', no needless zeros. */
static bool is_number(const struct entry *e)
{
	const char *s = e->value;
	int len = e->value_len;
	int i;

	if (len > 1 && *s == '-') {
		s++;
		len--;
	}
	if (len > 1 && *s == '0')
		return false;
	for (i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return len > 0;
}

static bool is_gauge(const struct entry *e)
{
	size_t i;

	for (i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		if (is_named(e, gauges[i]))
			return true;
	return false;
}

bool stat_value(const char *view, const char *name, char *value, size_t size)
{
	struct entry e;

	while (next_entry(&view, &e)) {
		if (!is_named(&e, name))
			continue;
		snprintf(value, size, "%.*s", e.value_len, e.value);
		return true;
	}
	return false;
}

static void json_string(const char *s, int len)
{
	int i;

	putchar('"');
	for (i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void print_json(const char *view)
{
	const char *separator = "\n";
	struct entry e;

	putchar('{');
	while (next_entry(&view, &e)) {
		printf("%s  ", separator);
		json_string(e.name, e.name_len);
		printf(": ");
		if (is_number(&e))
			printf("%.*s", e.value_len, e.value);
		else
			json_string(e.value, e.value_len);
		separator = ",\n";
	}
	printf("\n}\n");
}

static void metric_head(const char *name, int len, const char *suffix, const char *text,
			const char *type)
{
	printf("# HELP tux_%.*s%s %s\n", len, name, suffix, text);
	printf("# TYPE tux_%.*s%s %s\n", len, name, suffix, type);
}

static const char *help_for(const struct entry *e)
{
	size_t i;

	for (i = 0; i < sizeof(help) / sizeof(help[0]); i++)
		if (is_named(e, help[i].name))
			return help[i].help;
	return "See docs/counters.rst.";
}

/*
 * All entries whose names begin with @prefix, as one metric with a label: the
 * format wants the lines of a metric together.
 */
static void print_labelled(const char *view, const char *prefix, const char *metric,
			   const char *label, const char *text)
{
	size_t skip = strlen(prefix);
	bool headed = false;
	struct entry e;

	while (next_entry(&view, &e)) {
		if (!begins(&e, prefix) || !is_number(&e))
			continue;
		if (!headed)
			metric_head(metric, strlen(metric), "_total", text, "counter");
		headed = true;
		printf("tux_%s_total{%s=\"%.*s\"} %.*s\n", metric, label,
		       (int)(e.name_len - skip), e.name + skip, e.value_len, e.value);
	}
}

static bool metric_name_ok(const struct entry *e)
{
	int i;

	for (i = 0; i < e->name_len; i++)
		if (!isalnum((unsigned char)e->name[i]) && e->name[i] != '_')
			return false;
	return true;
}

static void print_prometheus(const char *view)
{
	const char *at = view;
	const char *suffix;
	struct entry e;

	while (next_entry(&at, &e)) {
		if (begins(&e, "status_") || begins(&e, "drop_") || !is_number(&e) ||
		    !metric_name_ok(&e))
			continue;
		suffix = is_gauge(&e) ? "" : "_total";
		metric_head(e.name, e.name_len, suffix, help_for(&e),
			    is_gauge(&e) ? "gauge" : "counter");
		printf("tux_%.*s%s %.*s\n", e.name_len, e.name, suffix, e.value_len, e.value);
	}
	print_labelled(view, "status_", "responses", "status", "Responses by status code.");
	print_labelled(view, "drop_", "drops", "kind",
		       "Connections and packets dropped from the queues, by kind.");
}

int cmd_stat(int argc, char **argv)
{
	bool prometheus = argc == 2 && strcmp(argv[1], "--prometheus") == 0;
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	char view[VIEW_MAX];
	char path[4096];
	long n;

	if (argc > 1 && !json && !prometheus)
		return usage_error("stat takes --json or --prometheus, not '%s'", argv[argc - 1]);
	snprintf(path, sizeof(path), "%s/stat", proc_root());
	n = file_read(path, view, sizeof(view));
	if (n == -ENOENT && !tux_present())
		return fail("the tux module is not loaded; 'tuxctl start' or 'modprobe tux' loads it");
	if (n < 0)
		return fail("cannot read %s: %s", path, strerror(-n));
	if (json)
		print_json(view);
	else if (prometheus)
		print_prometheus(view);
	else
		fputs(view, stdout);
	return EXIT_DONE;
}
