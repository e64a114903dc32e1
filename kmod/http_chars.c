// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character class table of the HTTP code, and list splitting.
 *
 * One table look-up per byte decides what a byte may be part of. The rows are
 * written so that each byte appears in one row only.
 */
#include "http_chars.h"

#define T HTTP_C_TOKEN
#define U HTTP_C_TARGET
#define H HTTP_C_HOST
#define V HTTP_C_VALUE
#define N HTTP_C_UNRESERVED
#define X HTTP_C_HEX
#define D HTTP_C_DIGIT
#define A HTTP_C_ALPHA

/*
 * Beyond RFC 3986, a target may contain the characters that the URL Standard
 * lets browsers send bare: [ ] ^ ` { | }. None of them means anything to the
 * framing. "?" has no class: the target scanner wants to notice it.
 */
const u8 http_class[256] = {
	['\t'] = V,
	[' '] = V,
	['"'] = V, ['<'] = V, ['>'] = V, ['\\'] = V,
	['?'] = V,
	['#'] = V | T,
	['%'] = V | T | U,
	['/'] = V | U, [':'] = V | U, ['@'] = V | U,
	['['] = V | U, [']'] = V | U, ['{'] = V | U, ['}'] = V | U,
	['^'] = V | T | U, ['`'] = V | T | U, ['|'] = V | T | U,
	['!'] = V | T | U | H, ['$'] = V | T | U | H, ['&'] = V | T | U | H,
	['\''] = V | T | U | H, ['*'] = V | T | U | H, ['+'] = V | T | U | H,
	['('] = V | U | H, [')'] = V | U | H, [','] = V | U | H,
	[';'] = V | U | H, ['='] = V | U | H,
	['-'] = V | T | U | H | N, ['.'] = V | T | U | H | N,
	['_'] = V | T | U | H | N, ['~'] = V | T | U | H | N,
	['0' ... '9'] = V | T | U | H | N | X | D,
	['A' ... 'F'] = V | T | U | H | N | X | A,
	['G' ... 'Z'] = V | T | U | H | N | A,
	['a' ... 'f'] = V | T | U | H | N | X | A,
	['g' ... 'z'] = V | T | U | H | N | A,
	[0x80 ... 0xff] = V,
};

#undef T
#undef U
#undef H
#undef V
#undef N
#undef X
#undef D
#undef A

bool http_list_next(struct http_piece *list, struct http_piece *item)
{
	const char *p = list->p;

	if (p > list->end)
		return false;
	while (p < list->end && *p != ',')
		p++;
	item->p = list->p;
	item->end = p;
	http_trim(item);
	/* beyond the end: the list is used up (a final comma leaves one empty element) */
	list->p = p + 1;
	return true;
}
