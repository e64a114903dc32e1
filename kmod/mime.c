// SPDX-License-Identifier: GPL-2.0-only
/*
 * Media types.
 *
 * Both tables, the built-in one and the loaded one, are sorted by suffix and
 * searched by halving. Looking up happens once for each resolved file, not for
 * each request, so this is quick enough. The loaded table is one allocation,
 * replaced as a whole under RCU; the module owns it.
 *
 * Contexts: lookups anywhere; loading in process context.
 */
#include <linux/bsearch.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "mime.h"

/* A longer suffix is none. */
#define TUX_SUFFIX_MAX		15

#define TUX_MIME_DEFAULT	"application/octet-stream"
#define TUX_MIME_CHARSET	"; charset=utf-8"

struct tux_mime {
	const char	*suffix;
	const char	*type;
};

/* Sorted by suffix, as strcmp() does; suffixes in lower case. */
static const struct tux_mime tux_mime_builtin[] = {
	{ "3gp", "video/3gpp" },
	{ "7z", "application/x-7z-compressed" },
	{ "aac", "audio/aac" },
	{ "apk", "application/vnd.android.package-archive" },
	{ "atom", "application/atom+xml" },
	{ "avi", "video/x-msvideo" },
	{ "avif", "image/avif" },
	{ "bin", "application/octet-stream" },
	{ "bmp", "image/bmp" },
	{ "bz2", "application/x-bzip2" },
	{ "c", "text/plain; charset=utf-8" },
	{ "cjs", "text/javascript; charset=utf-8" },
	{ "conf", "text/plain; charset=utf-8" },
	{ "css", "text/css; charset=utf-8" },
	{ "csv", "text/csv; charset=utf-8" },
	{ "deb", "application/vnd.debian.binary-package" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "eot", "application/vnd.ms-fontobject" },
	{ "epub", "application/epub+zip" },
	{ "flac", "audio/flac" },
	{ "gif", "image/gif" },
	{ "gz", "application/gzip" },
	{ "h", "text/plain; charset=utf-8" },
	{ "htm", "text/html; charset=utf-8" },
	{ "html", "text/html; charset=utf-8" },
	{ "ico", "image/vnd.microsoft.icon" },
	{ "ics", "text/calendar; charset=utf-8" },
	{ "iso", "application/octet-stream" },
	{ "jar", "application/java-archive" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", "text/javascript; charset=utf-8" },
	{ "json", "application/json" },
	{ "jsonld", "application/ld+json" },
	{ "jxl", "image/jxl" },
	{ "log", "text/plain; charset=utf-8" },
	{ "m3u8", "application/vnd.apple.mpegurl" },
	{ "m4a", "audio/mp4" },
	{ "m4v", "video/mp4" },
	{ "map", "application/json" },
	{ "md", "text/markdown; charset=utf-8" },
	{ "mid", "audio/midi" },
	{ "midi", "audio/midi" },
	{ "mjs", "text/javascript; charset=utf-8" },
	{ "mkv", "video/x-matroska" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "mpeg", "video/mpeg" },
	{ "mpg", "video/mpeg" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "ogv", "video/ogg" },
	{ "opus", "audio/ogg" },
	{ "otf", "font/otf" },
	{ "patch", "text/plain; charset=utf-8" },
	{ "pdf", "application/pdf" },
	{ "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "ps", "application/postscript" },
	{ "rar", "application/vnd.rar" },
	{ "rpm", "application/x-rpm" },
	{ "rss", "application/rss+xml" },
	{ "rst", "text/x-rst; charset=utf-8" },
	{ "rtf", "application/rtf" },
	{ "sh", "text/plain; charset=utf-8" },
	{ "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "tgz", "application/gzip" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "ts", "video/mp2t" },
	{ "ttf", "font/ttf" },
	{ "txt", "text/plain; charset=utf-8" },
	{ "vtt", "text/vtt; charset=utf-8" },
	{ "wasm", "application/wasm" },
	{ "wav", "audio/wav" },
	{ "weba", "audio/webm" },
	{ "webm", "video/webm" },
	{ "webmanifest", "application/manifest+json" },
	{ "webp", "image/webp" },
	{ "woff", "font/woff" },
	{ "woff2", "font/woff2" },
	{ "xhtml", "application/xhtml+xml" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "xml", "text/xml; charset=utf-8" },
	{ "xz", "application/x-xz" },
	{ "yaml", "application/yaml" },
	{ "yml", "application/yaml" },
	{ "zip", "application/zip" },
	{ "zst", "application/zstd" },
};

/**
 * struct tux_mime_table - a loaded table
 * @nr: number of entries in use
 * @text: what they point into
 * @entry: sorted by suffix, each suffix once
 */
struct tux_mime_table {
	size_t		nr;
	char		*text;
	struct tux_mime	entry[];
};

static DEFINE_MUTEX(tux_mime_lock);		/* serialises loading */
static struct tux_mime_table __rcu *tux_mime_loaded;

static int tux_mime_cmp(const void *a, const void *b)
{
	return strcmp(((const struct tux_mime *)a)->suffix, ((const struct tux_mime *)b)->suffix);
}

static const char *tux_mime_search(const struct tux_mime *table, size_t nr, const char *suffix)
{
	struct tux_mime key = { .suffix = suffix };
	const struct tux_mime *found;

	found = bsearch(&key, table, nr, sizeof(*table), tux_mime_cmp);
	return found ? found->type : NULL;
}

/* The suffix of a name in lower case; false if there is none to speak of. */
static bool tux_mime_suffix(const char *name, size_t len, char suffix[TUX_SUFFIX_MAX + 1])
{
	const char *p = name + len;
	size_t n, i;

	while (p > name && p[-1] != '.' && p[-1] != '/')
		p--;
	n = name + len - p;
	if (p == name || p[-1] != '.' || !n || n > TUX_SUFFIX_MAX)
		return false;
	for (i = 0; i < n; i++)
		suffix[i] = tolower(p[i]);
	suffix[n] = '\0';
	return true;
}

size_t tux_mime_lookup(const char *name, size_t len, char type[TUX_MIME_MAX + 1])
{
	const struct tux_mime_table *table;
	char suffix[TUX_SUFFIX_MAX + 1];
	const char *found = NULL;
	size_t n;

	rcu_read_lock();
	if (tux_mime_suffix(name, len, suffix)) {
		table = rcu_dereference(tux_mime_loaded);
		if (table)
			found = tux_mime_search(table->entry, table->nr, suffix);
		if (!found)
			found = tux_mime_search(tux_mime_builtin, ARRAY_SIZE(tux_mime_builtin),
						suffix);
	}
	if (!found)
		found = TUX_MIME_DEFAULT;
	n = strnlen(found, TUX_MIME_MAX);
	memcpy(type, found, n);
	rcu_read_unlock();
	type[n] = '\0';
	return n;
}

/* --- loading --- */

static bool tux_mime_good_type(const char *type)
{
	const char *slash = strchr(type, '/');

	if (!slash || slash == type || !slash[1] || strlen(type) > TUX_MIME_MAX)
		return false;
	for (; *type; type++)
		if (!isascii(*type) || !isgraph(*type))
			return false;
	return true;
}

static bool tux_mime_wants_charset(const char *type)
{
	return !strncasecmp(type, "text/", 5) && !strchr(type, ';') &&
	       strlen(type) + strlen(TUX_MIME_CHARSET) <= TUX_MIME_MAX;
}

/*
 * The type's text as it is sent. With a charset to be added it needs more room
 * than it had in its line, so it is written to *@spare.
 */
static const char *tux_mime_type_text(char *type, char **spare)
{
	char *text = *spare;

	if (!tux_mime_wants_charset(type))
		return type;
	*spare += sprintf(text, "%s%s", type, TUX_MIME_CHARSET) + 1;
	return text;
}

/* One line. Returns false if it is malformed. */
static bool tux_mime_line(struct tux_mime_table *table, char *line, char **spare)
{
	const char *type = NULL;
	char *word, *p;

	line[strcspn(line, "#")] = '\0';
	while ((word = strsep(&line, " \t\r"))) {
		if (!*word)
			continue;
		if (!type) {
			if (!tux_mime_good_type(word))
				return false;
			type = tux_mime_type_text(word, spare);
			continue;
		}
		for (p = word; *p; p++)
			*p = tolower(*p);
		table->entry[table->nr].suffix = word;
		table->entry[table->nr++].type = type;
	}
	return true;
}

/* Words and lines in a text: bounds for the entries and for the charsets. */
static void tux_mime_measure(const char *text, size_t len, size_t *words, size_t *lines)
{
	bool in_word = false;
	size_t i;

	*words = 0;
	*lines = 1;
	for (i = 0; i < len; i++) {
		bool blank = !text[i] || isspace(text[i]);

		*lines += text[i] == '\n';
		*words += in_word && blank;
		in_word = !blank;
	}
	*words += in_word;
}

/*
 * Sort, and of equal suffixes keep the one that was named last. Both the order
 * of equal ones and the order of naming are those of the text's addresses.
 */
static int tux_mime_cmp_order(const void *a, const void *b)
{
	const struct tux_mime *x = a, *y = b;
	int order = strcmp(x->suffix, y->suffix);

	if (order)
		return order;
	return x->suffix < y->suffix ? -1 : x->suffix > y->suffix;
}

static void tux_mime_sort(struct tux_mime_table *table)
{
	size_t from, to = 0;

	sort(table->entry, table->nr, sizeof(*table->entry), tux_mime_cmp_order, NULL);
	for (from = 0; from < table->nr; from++) {
		if (from + 1 < table->nr &&
		    !strcmp(table->entry[from].suffix, table->entry[from + 1].suffix))
			continue;
		table->entry[to++] = table->entry[from];
	}
	table->nr = to;
}

/* The text is followed in memory by room for types with their charsets. */
static int tux_mime_fill(struct tux_mime_table *table, const char *text, size_t len)
{
	char *spare = table->text + len + 1;
	char *rest = table->text;
	char *line;

	memcpy(table->text, text, len);
	table->text[len] = '\0';
	if (strlen(table->text) != len)
		return -EINVAL;
	while ((line = strsep(&rest, "\n")))
		if (!tux_mime_line(table, line, &spare))
			return -EINVAL;
	tux_mime_sort(table);
	return 0;
}

static struct tux_mime_table *tux_mime_parse(const char *text, size_t len)
{
	struct tux_mime_table *table;
	size_t words, lines, entries;
	int err;

	tux_mime_measure(text, len, &words, &lines);
	entries = struct_size(table, entry, words);
	table = kvmalloc(entries + len + 1 + lines * (TUX_MIME_MAX + 1), GFP_KERNEL);
	if (!table)
		return ERR_PTR(-ENOMEM);
	table->nr = 0;
	table->text = (char *)table + entries;
	err = tux_mime_fill(table, text, len);
	if (err) {
		kvfree(table);
		return ERR_PTR(err);
	}
	return table;
}

static void tux_mime_replace(struct tux_mime_table *table)
{
	mutex_lock(&tux_mime_lock);
	table = rcu_replace_pointer(tux_mime_loaded, table, lockdep_is_held(&tux_mime_lock));
	mutex_unlock(&tux_mime_lock);
	if (!table)
		return;
	synchronize_rcu();
	kvfree(table);
}

int tux_mime_set_table(const char *text, size_t len)
{
	struct tux_mime_table *table = NULL;

	if (len > TUX_MIME_TEXT_MAX)
		return -E2BIG;
	if (len)
		table = tux_mime_parse(text, len);
	if (IS_ERR(table))
		return PTR_ERR(table);
	tux_mime_replace(table);
	return 0;
}

void tux_mime_exit(void)
{
	tux_mime_replace(NULL);
}
