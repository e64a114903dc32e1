#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Files of every size around which something changes: segments, pages, the
# size up to which a body is copied (16 KiB), the buffers (32 KiB), 1 MiB.
# What arrives is compared byte by byte.
# timeout: 90

. "$(dirname "$0")/common.bash"

setup

sizes="1 1447 1448 1449 4095 4096 4097 8192 16383 16384 16385 20480 32767 32768 32769"
sizes+=" 65535 65536 65537 1048575 1048576 1048577 3000001"
pattern 3000001 >"$WORKDIR/all"
for size in $sizes; do
	head -c "$size" "$WORKDIR/all" >"$DOCROOT/size.$size"
done
chmod a+r "$DOCROOT"/size.*

same_files()
{
	local size bad=0

	for size in $sizes; do
		cmp "$DOCROOT/size.$size" "$WORKDIR/got.$size" || bad=1
	done
	rm -f "$WORKDIR"/got.*
	return $bad
}

list=${sizes// /,}
check "all sizes on one connection" fetch -f --max-time 60 -o "$WORKDIR/got.#1" "$URL/size.{$list}"
check "and every byte is right" same_files
check "the same again, from the cache" \
	fetch -f --max-time 60 -o "$WORKDIR/got.#1" "$URL/size.{$list}"
check "and every byte is right the second time" same_files
check "HTTP/1.0, one connection each" \
	fetch -f -0 --max-time 60 -o "$WORKDIR/got.#1" "$URL/size.{$list}"
check "and every byte is right up to the close" same_files

# Straight behind each other in one segment: bodies that are copied and bodies
# that are sent from the page cache, in turn.
request()
{
	printf 'GET /size.%s HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' "$1"
}
order="16384 16385 1 1048577 16383 65536 4096 20480 1"
data=
: >"$WORKDIR/wanted"
for size in $order; do
	data+=$(request "$size")
	cat "$DOCROOT/size.$size" >>"$WORKDIR/wanted"
done
send "$data$LAST11" >"$WORKDIR/raw"
cat "$DOCROOT/index.html" >>"$WORKDIR/wanted"
is "nine mixed sizes and a last one, pipelined" \
	"$(grep -ao 'HTTP/1.1 200 OK' "$WORKDIR/raw" | wc -l)" 10

# Bodies do not end with a newline, so heads are found by their lengths.
split_answers()
{
	local rest=$WORKDIR/raw size head_len at=0 n=0

	for size in $order index; do
		[ "$size" != index ] || size=$(wc -c <"$DOCROOT/index.html")
		head_len=$(tail -c +$((at + 1)) "$rest" | head -c 1024 | tr '\n' '~' |
			tr '\r' '^' | awk '{ print index($0, "^~^~") + 3 }')
		[ "$head_len" -gt 3 ] || return 1
		tail -c +$((at + head_len + 1)) "$rest" | head -c "$size"
		at=$((at + head_len + size))
		n=$((n + 1))
	done
	[ "$at" -eq "$(wc -c <"$rest")" ]
}
check "the answers are where their lengths say" eval 'split_answers >"$WORKDIR/bodies"'
check "and their bodies are the files" cmp "$WORKDIR/wanted" "$WORKDIR/bodies"

# A reader that is slow to begin finds all of it, in order.
send --rcvbuf 4096 --pause 500 'GET /size.3000001 HTTP/1.0\r\n\r\n' |
	tail -c 3000001 >"$WORKDIR/slow"
check "3 MB to a reader with a small window" cmp "$DOCROOT/size.3000001" "$WORKDIR/slow"
check "that one waited for room in the send buffer" tux_stat_ge send_full 1
check "every connection is closed again" wait_gone
is "no answer was cut short" "$(tux_stat truncated)" 0
