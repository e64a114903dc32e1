#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Files above 4 GiB, files with holes, empty ones: every offset is right, in heads
# and bodies, below, across and above the numbers that 32 bits can hold.
# timeout: 90

. "$(dirname "$0")/common.bash"

setup
G4=4294967296
SIZE=5368709120			# 5 GiB

# Marks in a hole: around 2 GiB, around 4 GiB, at the end.
mark()
{
	printf %s "$2" | dd of="$DOCROOT/big" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
truncate -s $SIZE "$DOCROOT/big" || skip_all "no files above 4 GiB on this file system"
mark $((G4 / 2 - 4)) "two GiB."
mark $((G4 - 4)) "four-GiB"
mark $((SIZE - 12)) "end of 5 GiB"
chmod a+r "$DOCROOT/big"

# part FIRST-LAST: the bytes of a range
part()
{
	send --body "GET /big HTTP/1.0\\r\\nRange: bytes=$1\\r\\n\\r\\n"
}

head=$(send --head 'HEAD /big HTTP/1.0\r\n\r\n')
is "its length" "$(field Content-Length "$head")" $SIZE
is "around 2 GiB" "$(part $((G4 / 2 - 4))-$((G4 / 2 + 3)))" "two GiB."
is "around 4 GiB" "$(part $((G4 - 4))-$((G4 + 3)))" "four-GiB"
is "its end" "$(part -12)" "end of 5 GiB"
is "its end, counted from the beginning" "$(part $((SIZE - 12))-)" "end of 5 GiB"
answer=$(send "GET /big HTTP/1.0\\r\\nRange: bytes=$((G4 - 4))-$((G4 + 3))\\r\\n\\r\\n")
is "the answer says where" "$(field Content-Range "$answer")" "bytes $((G4 - 4))-$((G4 + 3))/$SIZE"
is "the last byte alone" "$(part $((SIZE - 1))-)" B
is "behind it there is nothing" \
	"$(send --statuses "GET /big HTTP/1.0\\r\\nRange: bytes=$SIZE-\\r\\n\\r\\n")" 416

# Long enough to be sent from the page cache (or the hole), over the edge.
H=524288
fetch --max-time 60 -r $((G4 - 3 * H))-$((G4 + 3 * H - 1)) -o "$WORKDIR/got" "$URL/big"
dd if="$DOCROOT/big" bs=$H skip=$((G4 / H - 3)) count=6 of="$WORKDIR/wanted" 2>/dev/null
is "three megabytes across 4 GiB" "$(wc -c <"$WORKDIR/got")" $((6 * H))
check "are right" cmp "$WORKDIR/wanted" "$WORKDIR/got"
fetch --max-time 60 -r $((SIZE - 2000000))- -o "$WORKDIR/got" "$URL/big"
is "the last two megabytes" "$(wc -c <"$WORKDIR/got")" 2000000
is "end as the file does" "$(tail -c 12 "$WORKDIR/got")" "end of 5 GiB"
is "and are a hole before" "$(head -c 1999988 "$WORKDIR/got" | tr -d '\0' | wc -c)" 0

# All of it is promised; a client that goes in the middle does no harm.
aborted=$(tux_stat aborted)
is "the whole, as far as somebody wants it" \
	"$(curl -s --max-time 20 "$URL/big" | head -c 3000000 | wc -c)" 3000000
check "who goes is noticed" busywait 10000 eval 'tux_stat_is connections 0 &&
	tux_stat_ge aborted $((aborted + 1))'

tux_set max_object_size 4294967295
is "larger than the largest max_object_size" "$(status /big)" 403
tux_set max_object_size 0

# --- holes and nothing at all ---

truncate -s 3000000 "$DOCROOT/sparse"
printf island | dd of="$DOCROOT/sparse" bs=1 seek=1500000 conv=notrunc 2>/dev/null
truncate -s 100000 "$DOCROOT/hole"
truncate -s 5000 "$DOCROOT/small-hole"
: >"$DOCROOT/nothing"
chmod a+r "$DOCROOT"/*
for name in sparse hole small-hole nothing; do
	fetch --max-time 60 -o "$WORKDIR/got.$name" "$URL/$name"
	[ -e "$WORKDIR/got.$name" ] || : >"$WORKDIR/got.$name"
	check "$name is as it is on the disk" cmp "$DOCROOT/$name" "$WORKDIR/got.$name"
done
is "a range of nothing" "$(send --statuses 'GET /nothing HTTP/1.0\r\nRange: bytes=0-\r\n\r\n')" 416
is "the end of nothing is nothing" \
	"$(send --statuses 'GET /nothing HTTP/1.0\r\nRange: bytes=-5\r\n\r\n')" 200
: >"$DOCROOT/filled"
chmod a+r "$DOCROOT/filled"
is "empty" "$(page /filled)" ""
printf now >"$DOCROOT/filled"
is "and not any more" "$(page /filled)" now
check "everybody is gone" wait_gone
is "no answer was cut short" "$(tux_stat truncated)" 0
