// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page that lists a directory: a table of links.
 *
 * Names of files are whatever somebody could make the file system take. Text is
 * escaped for HTML, links are percent-encoded, and begin with "./", since a
 * name may look like a scheme ("javascript:...") to a browser.
 *
 * Context: any; pure functions of their arguments.
 */
#include "http_date.h"
#include "http_dirlist.h"

/* More than what follows the last entry. */
#define END_MAX 256

bool http_dir_name_ok(const char *name, u32 len)
{
	u32 i;

	if (!len || (len <= 2 && !memcmp(name, "..", len)))
		return false;
	for (i = 0; i < len; i++) {
		u8 c = name[i];

		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

int http_dir_compare(const struct http_dir_entry *a, const struct http_dir_entry *b)
{
	int rc;

	if (a->dir != b->dir)
		return a->dir ? -1 : 1;
	rc = memcmp(a->name, b->name, min(a->len, b->len));
	if (rc)
		return rc;
	return a->len < b->len ? -1 : a->len > b->len;
}

/* "06 Nov 1994 08:49", out of "Sun, 06 Nov 1994 08:49:37 GMT" */
static void put_time(struct http_out *o, time64_t t)
{
	char date[HTTP_DATE_LEN];

	http_date_format(date, t);
	http_put(o, date + 5, 17);
}

static void put_entry(struct http_out *o, const struct http_dir_entry *e)
{
	http_put_const(o, "<tr><td><a href=\"./");
	http_put_url(o, e->name, e->len);
	if (e->dir)
		http_put_const(o, "/");
	http_put_const(o, "\">");
	http_put_html(o, e->name, e->len);
	if (e->dir)
		http_put_const(o, "/");
	http_put_const(o, "</a><td>");
	if (!e->dir)
		http_put_u64(o, e->size);
	http_put_const(o, "<td>");
	put_time(o, e->mtime);
	http_put_const(o, "\n");
}

static u32 entry_len(const struct http_dir_entry *e)
{
	struct http_out o;

	http_out_init(&o, NULL, 0);
	put_entry(&o, e);
	return o.len;
}

static void put_begin(struct http_out *o, const char *path, u32 path_len)
{
	http_put_const(o, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
			  "<style>td { padding-right: 2em } td + td { text-align: right }</style>\n"
			  "<title>Index of ");
	http_put_html(o, path, path_len);
	http_put_const(o, "</title>\n<h1>Index of ");
	http_put_html(o, path, path_len);
	http_put_const(o, "</h1>\n<table>\n<tr><th>Name<th>Bytes<th>Changed (UTC)\n");
	if (path_len > 1)
		http_put_const(o, "<tr><td><a href=\"../\">../</a><td><td>\n");
}

void http_dir_page(struct http_out *o, const char *path, u32 path_len,
		   const struct http_dir_entry *e, u32 nr, bool cut)
{
	u32 i;

	put_begin(o, path, path_len);
	for (i = 0; i < nr; i++) {
		if (o->len + entry_len(&e[i]) > HTTP_DIR_PAGE_MAX - END_MAX)
			break;
		put_entry(o, &e[i]);
	}
	http_put_const(o, "</table>\n");
	if (!cut && i == nr)
		return;
	http_put_const(o, "<p>The directory is too large: only ");
	http_put_u64(o, i);
	http_put_const(o, " of its entries are shown.\n");
}
