/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP dates (RFC 9110 5.6.7): one form is written, three are read.
 *
 * Context: any; pure functions of their arguments.
 */
#ifndef TUX_HTTP_DATE_H
#define TUX_HTTP_DATE_H

#include "http_platform.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT", without a NUL */
#define HTTP_DATE_LEN 29

/**
 * http_date_format() - write a time as IMF-fixdate
 * @out: exactly HTTP_DATE_LEN bytes are written, no NUL
 * @t: seconds since 1970; clamped to the years 1 to 9999, which is what the form can hold
 *
 * Costs a few hundred instructions: keep the Date of the current second.
 */
void http_date_format(char out[HTTP_DATE_LEN], time64_t t);

/**
 * http_date_parse() - read a date in any of the three forms
 * @s: the field value without surrounding white space
 * @len: its length
 * @now: the present, for the two-digit years of the RFC 850 form: a date that seems more than 50
 *       years in the future is one of the past century
 * @t: out: seconds since 1970
 *
 * IMF-fixdate, RFC 850 and asctime() forms; case-sensitive, "GMT" only, and the
 * day of the week must be the right one.
 *
 * Return: 0, or -EINVAL when it is not a valid date (then the field is to be ignored).
 */
int http_date_parse(const char *s, u32 len, time64_t now, time64_t *t);

#endif /* TUX_HTTP_DATE_H */
