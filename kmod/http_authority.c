// SPDX-License-Identifier: GPL-2.0-only
/*
 * Authorities: the host and port of a Host field or of a request target.
 *
 * Context: any; pure functions of their arguments.
 */
#include "http_authority.h"
#include "http_chars.h"

/* An IPv4 address in an IPv6 literal: four decimal numbers up to 255 */
static bool valid_ipv4(const char *p, const char *end)
{
	int parts = 0;

	for (;;) {
		const char *s = p;
		u32 n = 0;

		while (p < end && p - s < 3 && http_is(*p, HTTP_C_DIGIT))
			n = n * 10 + (*p++ - '0');
		if (p == s || n > 255 || (*s == '0' && p - s > 1))
			return false;
		if (++parts == 4)
			return p == end;
		if (p == end || *p++ != '.')
			return false;
	}
}

/* The text between the brackets of an IP-literal; IPvFuture does not exist yet and is not taken */
static bool valid_ipv6(const char *p, const char *end)
{
	bool gap = false;
	int groups = 0;

	if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
		gap = true;
		p += 2;
		if (p == end)
			return true;
	}
	for (;;) {
		const char *s = p;

		while (p < end && p - s < 4 && http_is(*p, HTTP_C_HEX))
			p++;
		if (p < end && *p == '.') {
			groups += 2;
			return valid_ipv4(s, end) && (gap ? groups <= 7 : groups == 8);
		}
		if (p == s)
			return false;
		groups++;
		if (p == end)
			return gap ? groups <= 7 : groups == 8;
		if (*p++ != ':' || groups > 7)
			return false;
		if (p < end && *p == ':') {
			if (gap)
				return false;
			gap = true;
			if (++p == end)
				return groups <= 7;
		}
	}
}

/* A registered name or IPv4 address: at least one character of RFC 3986's reg-name */
static const char *skip_reg_name(const char *p, const char *end)
{
	while (p < end) {
		if (http_is(*p, HTTP_C_HOST))
			p++;
		else if (*p == '%' && end - p >= 3 && http_is(p[1], HTTP_C_HEX) &&
			 http_is(p[2], HTTP_C_HEX))
			p += 3;
		else
			break;
	}
	return p;
}

bool http_valid_authority(const char *p, const char *end, bool port_needed)
{
	const char *s = p;
	u32 port = 0;

	if (p < end && *p == '[') {
		while (p < end && *p != ']')
			p++;
		if (p == end || !valid_ipv6(s + 1, p))
			return false;
		p++;
	} else {
		p = skip_reg_name(p, end);
		if (p == s)
			return false;
	}
	if (p == end)
		return !port_needed;
	if (*p++ != ':' || (port_needed && p == end))
		return false;
	for (; p < end; p++) {
		if (!http_is(*p, HTTP_C_DIGIT))
			return false;
		port = port * 10 + (*p - '0');
		if (port > 65535)
			return false;
	}
	return true;
}
