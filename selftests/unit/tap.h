/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest TAP producer that will do, and the list of test files.
 *
 * Each point names what it tests and, where there is one, the section of the RFC
 * that asks for it. A name used twice is a failure: two cases could hide one another.
 */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <stdbool.h>
#include <stddef.h>

/* report one point; the name is made by the format. Returns ok. */
bool tap_ok(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* a line of explanation, for points that failed */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* a copy of the bytes in memory of exactly that size, so that reading beyond its end is noticed */
char *exact_copy(const char *s, size_t len);

/*
 * Seeds for the fuzzer: with UNIT_CORPUS=DIR in the environment, write an input
 * to a file in DIR/KIND/. The text in front says what a target wants to be told first.
 */
void corpus_add(const char *kind, const char *front, const char *in, size_t len);

void test_parse(void);
void test_path(void);
void test_body(void);
void test_date(void);
void test_cond(void);
void test_response(void);
void test_dirlist(void);
void test_admission(void);
void test_policy(void);

#endif /* UNIT_TAP_H */
