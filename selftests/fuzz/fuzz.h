/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share: a check that ends the run, and choices that depend on the input.
 *
 * Inputs are plain bytes as they would come from the network; everything else (where
 * they are cut, how large the file is, which limits apply) is drawn from a hash
 * of the input, so that a finding can be repeated from its file alone.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)                                                                   \
	do {                                                                          \
		if (!(cond)) {                                                        \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, \
				#cond);                                               \
			abort();                                                      \
		}                                                                     \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* FNV-1a, then a generator that is good enough for choices */
static inline uint64_t fuzz_seed(const uint8_t *data, size_t size)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	while (size--)
		h = (h ^ *data++) * 0x100000001b3ULL;
	return h | 1;
}

static inline uint32_t fuzz_choose(uint64_t *seed, uint32_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 32) % n;
}

/* a copy in memory of exactly that size: the sanitizer sees any byte read beyond it */
static inline char *fuzz_copy(const void *data, size_t size)
{
	char *copy = malloc(size ? size : 1);

	CHECK(copy);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

#endif /* FUZZ_H */
