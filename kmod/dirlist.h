/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Directories as pages (http_dir_indexing).
 */
#ifndef _TUX_DIRLIST_H
#define _TUX_DIRLIST_H

#include <linux/types.h>

#include "http_response.h"

struct tux_docroot;
struct tux_file_policy;

/* Left free in front of the page, for the answer's head. */
#define TUX_DIRLIST_HEADROOM	HTTP_RESPONSE_MAX

int tux_dirlist(struct tux_docroot *root, const struct tux_file_policy *policy, const char *path,
		void **buf, size_t *len);

#endif /* _TUX_DIRLIST_H */
