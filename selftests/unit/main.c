// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the pure code, HTTP and policy: the same sources that the module is made of, built for
 * the host with the address and undefined-behaviour sanitizers.
 *
 *	make -C selftests/unit run
 *
 * Prints TAP. With UNIT_CORPUS=DIR the inputs are written there as seeds for the fuzzer. Exit status: 0 when every point passed, 1 otherwise.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tap.h"

#define MAX_POINTS 4096

static char *names[MAX_POINTS];
static unsigned int points, failed;

bool tap_ok(bool ok, const char *fmt, ...)
{
	char name[256];
	unsigned int i;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	for (i = 0; i < points; i++) {
		if (!strcmp(names[i], name)) {
			tap_note("this name was used before");
			ok = false;
		}
	}
	if (points == MAX_POINTS) {
		printf("Bail out! more than %d points\n", MAX_POINTS);
		exit(1);
	}
	names[points++] = strdup(name);
	failed += !ok;
	printf("%s %u - %s\n", ok ? "ok" : "not ok", points, name);
	return ok;
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

char *exact_copy(const char *s, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (!copy) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	memcpy(copy, s, len);
	return copy;
}

void corpus_add(const char *kind, const char *front, const char *in, size_t len)
{
	const char *dir = getenv("UNIT_CORPUS");
	static unsigned int files;
	char path[512];
	FILE *f;

	if (!dir)
		return;
	mkdir(dir, 0777);
	snprintf(path, sizeof(path), "%s/%s", dir, kind);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%u", dir, kind, files++);
	f = fopen(path, "w");
	if (!f || fwrite(front, 1, strlen(front), f) != strlen(front) ||
	    fwrite(in, 1, len, f) != len || fclose(f)) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
}

int main(void)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	test_parse();
	test_path();
	test_body();
	test_date();
	test_cond();
	test_response();
	test_dirlist();
	test_admission();
	test_policy();
	printf("1..%u\n", points);
	for (i = 0; i < points; i++)
		free(names[i]);
	return failed != 0;
}
