/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TUX_HTTP_AUTHORITY_H
#define TUX_HTTP_AUTHORITY_H

#include "http_platform.h"

/**
 * http_valid_authority() - is this uri-host [ ":" port ], RFC 9110 7.2?
 * @p: first character
 * @end: behind the last one
 * @port_needed: whether there must be a port (CONNECT)
 *
 * The host must not be empty (4.2.1), the port has to fit 16 bits, and there is no userinfo
 * (4.2.4).
 *
 * Return: whether it is.
 */
bool http_valid_authority(const char *p, const char *end, bool port_needed);

#endif /* TUX_HTTP_AUTHORITY_H */
