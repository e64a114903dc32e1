/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ground the pure HTTP code stands on, in the kernel and in user space.
 *
 * The http_*.c files know nothing of sockets, memory allocation or time; all
 * they need are integer types, memcpy() and friends, and a 64-bit division.
 * This header is the only place that knows where these come from, so that one
 * source is compiled into the module, the host unit tests and the fuzzer.
 */
#ifndef TUX_HTTP_PLATFORM_H
#define TUX_HTTP_PLATFORM_H

#ifdef __KERNEL__

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#ifdef __LITTLE_ENDIAN
#define HTTP_LITTLE_ENDIAN 1
#else
#define HTTP_LITTLE_ENDIAN 0
#endif

#else /* user space: unit tests and fuzzers */

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef int64_t time64_t;

#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX UINT64_MAX
#define S64_MAX INT64_MAX

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define fallthrough __attribute__((__fallthrough__))
#define noinline __attribute__((__noinline__))
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(t, a, b) ((t)(a) < (t)(b) ? (t)(a) : (t)(b))

static inline u64 div_u64_rem(u64 n, u32 d, u32 *rem)
{
	*rem = n % d;
	return n / d;
}

#define HTTP_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

#endif /* __KERNEL__ */

#endif /* TUX_HTTP_PLATFORM_H */
