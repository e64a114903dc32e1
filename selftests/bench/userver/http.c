// SPDX-License-Identifier: GPL-2.0-only
/*
 * http - what a request says
 *
 * As much of HTTP/1.1 as a benchmark's clients use: GET and HEAD without a body, and
 * whether the connection stays. Names are compared as they come: an escaped
 * character makes another name, which is then not found. What this does not
 * understand is refused, and the connection closed, rather than guessed.
 *
 * Pure: works on bytes, looks at nothing else.
 */
#define _GNU_SOURCE
#include <string.h>
#include <strings.h>

#include "userver.h"

const char *http_reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 404: return "Not Found";
	case 413: return "Content Too Large";
	case 431: return "Request Header Fields Too Large";
	case 501: return "Not Implemented";
	case 505: return "HTTP Version Not Supported";
	default: return "Bad Request";
	}
}

static bool same(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !strncasecmp(text, word, len);
}

/* A list, separated by commas: is WORD in it? */
static bool has_token(const char *list, size_t len, const char *word)
{
	const char *end = list + len, *stop, *last;

	while (list < end) {
		stop = memchr(list, ',', end - list);
		if (!stop)
			stop = end;
		while (list < stop && (*list == ' ' || *list == '\t'))
			list++;
		last = stop;
		while (last > list && (last[-1] == ' ' || last[-1] == '\t'))
			last--;
		if (same(list, last - list, word))
			return true;
		list = stop + 1;
	}
	return false;
}

/* METHOD SP PATH SP VERSION */
static int parse_line(const char *line, size_t len, struct request *req)
{
	const char *end = line + len, *path, *version, *query;

	path = memchr(line, ' ', len);
	if (!path)
		return 400;
	/* a method is told by its case, too */
	req->head = path - line == 4 && !memcmp(line, "HEAD", 4);
	if (!req->head && (path - line != 3 || memcmp(line, "GET", 3)))
		return 501;
	path++;
	version = memchr(path, ' ', end - path);
	if (!version || *path != '/')
		return 400;
	req->path = path;
	query = memchr(path, '?', version - path);
	req->path_len = (query ? query : version) - path;
	version++;
	if (end - version != 8 || strncmp(version, "HTTP/1.", 7))
		return 505;
	req->http10 = version[7] == '0';
	req->keep_alive = !req->http10;
	return 200;
}

static int parse_field(const char *line, size_t len, struct request *req, bool *host)
{
	const char *colon = memchr(line, ':', len), *value;
	size_t value_len;

	if (!colon || colon == line)
		return 400;
	value = colon + 1;
	value_len = line + len - value;
	if (same(line, colon - line, "Host")) {
		*host = true;
	} else if (same(line, colon - line, "Connection")) {
		if (has_token(value, value_len, "close"))
			req->keep_alive = false;
		else if (has_token(value, value_len, "keep-alive"))
			req->keep_alive = true;
	} else if (same(line, colon - line, "Transfer-Encoding")) {
		return 501;
	} else if (same(line, colon - line, "Content-Length")) {
		/* what we do not read must not be taken for the next request */
		return has_token(value, value_len, "0") ? 200 : 413;
	}
	return 200;
}

/**
 * http_parse() - look at the next request
 * @in: what was received
 * @len: how much of it
 * @req: where to put what it says
 *
 * Return: the length of its head, empty line included; 0 if that is not yet complete.
 */
size_t http_parse(const char *in, size_t len, struct request *req)
{
	const char *end = memmem(in, len, "\r\n\r\n", 4);
	const char *line = in, *stop;
	bool host = false;

	if (!end)
		return 0;
	memset(req, 0, sizeof(*req));
	stop = memmem(line, end + 2 - line, "\r\n", 2);
	req->status = parse_line(line, stop - line, req);
	while (req->status == 200 && stop < end) {
		line = stop + 2;
		stop = memmem(line, end + 2 - line, "\r\n", 2);
		req->status = parse_field(line, stop - line, req, &host);
	}
	if (req->status == 200 && !host && !req->http10)
		req->status = 400;
	if (req->status != 200)
		req->keep_alive = false;
	return end + 4 - in;
}
