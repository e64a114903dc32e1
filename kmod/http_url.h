/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths out of URLs and into them, and into HTML.
 *
 * Context: any; pure functions of their arguments.
 */
#ifndef TUX_HTTP_URL_H
#define TUX_HTTP_URL_H

#include "http_platform.h"

/**
 * http_path_normalize() - turn the path of a URL into the path of a file
 * @src: the path as sent, beginning with "/" (or empty, which means "/"), without the query
 * @len: its length
 * @out: where the result is written, NUL-terminated; must not overlap @src
 * @size: bytes in @out, at least 2
 *
 * Percent-decodes exactly once, removes "." and ".." segments by the rules of
 * RFC 3986 5.2.4 (in their encoded forms too), and then merges repeated slashes.
 * The result begins with "/", contains no NUL, no control character, no empty
 * segment, no "." or ".." segment, and keeps a final slash ("/a/.." gives "/",
 * "/a/." gives "/a/").
 *
 * Return: the length without the NUL, or a negative status:
 * * -400: bad percent-encoding, an encoded NUL or control character, or a ".." above the root;
 * * -404: an encoded slash, which no file name can contain;
 * * -414: does not fit into @size.
 */
int http_path_normalize(const char *src, u32 len, char *out, u32 size);

/**
 * http_location() - the Location of a directory that was asked for without its slash
 * @out: destination, not NUL-terminated
 * @size: bytes in @out
 * @path: normalised path of the directory, no final slash
 * @path_len: its length
 * @query: the query as sent, NULL when there was none
 * @query_len: its length
 *
 * Return: bytes written, or -ENOSPC.
 */
int http_location(char *out, u32 size, const char *path, u32 path_len, const char *query,
		  u32 query_len);

#endif /* TUX_HTTP_URL_H */
