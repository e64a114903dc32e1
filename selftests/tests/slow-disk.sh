#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A disk that does not answer, and one that is slow: whoever asks for what is in
# memory does not notice. The document root lies on the very disk; a device mapper
# target in front of it is suspended (every read hangs until it is resumed), and then
# delays every read.
#
# Every kind of waiting is there: a file never seen (lookup), a small body whose page
# is gone (read), a large one in its middle (send); and more of them than the miss
# pool has threads. The bound: the slowest of the answers from memory takes less than
# a quarter of a second (of a test machine's, see TUX_SLOW).
# timeout: 120

. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/disk.bash"

COLD=64				# twice as many as the miss pool has threads
DELAY=300			# ms for each read of the slow disk
BOUND=$((250 * TUX_SLOW))	# ms

disk_new

# The server is to stop, at the end, after the disk answers again.
docroot_new mnt/docroot || die "no document root"
for ((i = 1; i <= COLD; i++)); do
	pattern 4000 >"$DOCROOT/cold.$i"
done
pattern 8388608 >"$DOCROOT/large"
pattern 10000 >"$DOCROOT/evicted"
chmod a+r "$DOCROOT"/*
sync

tux_load || die "the module does not load"
at_exit disk_go
for setting in "documentroot=$DOCROOT" "port=$PORT" threads=1 header_timeout=0; do
	tux_set "${setting%%=*}" "${setting#*=}" || die "$setting is refused"
done
tux_start || die "the server does not start"

# Of the hot ones, each way to answer: copied, from the page cache, 404, 304.
hot_etag=
remember()
{
	local path

	for path in / /small.txt /64k.bin /1m.bin /nothing; do
		page $path >/dev/null
	done
	hot_etag=$(field ETag "$(send --head 'HEAD /small.txt HTTP/1.0\r\n\r\n')")
}

# Threads that wait for a disk (or whatever cannot be interrupted).
blocked()
{
	local file n=0

	for file in /proc/[0-9]*/stat; do
		_tux_slurp "$file" 2>/dev/null || continue
		case $REPLY in *'(kworker'*') D '*) n=$((n + 1)) ;; esac
	done
	echo "$n"
}

blocked_ge()
{
	[ "$(blocked)" -ge "$1" ]
}

# load_value NAME: of the last load
load_value()
{
	local name value

	while read -r name value; do
		[ "$name" != "$1" ] || echo "$value"
	done <"$WORKDIR/load"
}

# quick WHAT N [OPTION...]: N requests, all answered, none later than the bound
quick()
{
	local what=$1 n=$2 max
	shift 2

	"$TUXCLIENT" load --time $((15 * TUX_SLOW)) --timeout $((10000 * TUX_SLOW)) \
		"$@" "$ADDR" "$PORT" >"$WORKDIR/load"
	is "$what: all are answered" "$(load_value replies) $(load_value errors)" "$n 0"
	max=$(load_value reply_ms_max)
	between "$what: none waits" "${max%.*}" 0 "$BOUND"
	note "$what: the slowest of $n took $max ms"
}

all_quick()
{
	quick "$1, on one connection" 200 --requests 200 --path /small.txt
	quick "$1, a connection each" 50 --concurrency 5 --connections 50 --path /
	quick "$1, large ones" 20 --concurrency 2 --requests 10 --path /1m.bin
	quick "$1, nothing there" 100 --requests 100 --path /nothing
	quick "$1, not changed" 100 --requests 100 \
		--data "GET /small.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: ${hot_etag//\"/\\\"}\r\n\r\n"
	is "$1, not changed: a 304 each" "$(load_value status_304)" 100
}

# arrived NAME PID: a client ends, and with success
arrived()
{
	local rc=0

	wait "$2" || rc=$?
	is "$1" "$rc" 0
}

# --- a disk that does not answer ---

forget
remember
page /evicted >/dev/null
fetch -o /dev/null -r 0-99 "$URL/large"
# Pages alone, not what is known about files.
sync
echo 1 >/proc/sys/vm/drop_caches
for path in / /small.txt /64k.bin /1m.bin; do
	page $path >/dev/null
done
all_quick "before"

misses=$(tux_stat misses)
check "the disk stops answering" disk_stop
is "a file in memory" "$(status /small.txt)" 200
spawn "$WORKDIR/evicted.log" curl -s -o "$WORKDIR/got.evicted" --max-time 100 "$URL/evicted"
evicted=$SPAWNED
spawn "$WORKDIR/large.log" curl -s -o "$WORKDIR/got.large" --max-time 100 \
	-r 4000000-4999999 "$URL/large"
large=$SPAWNED
spawn "$WORKDIR/cold.log" curl -s -Z --parallel-immediate --parallel-max 100 --max-time 100 \
	-o "$WORKDIR/got.cold.#1" "$URL/cold.[1-$COLD]"
cold=$SPAWNED
check "all of them are in the miss pool" busywait 20000 tux_stat_ge misses $((misses + COLD + 2))
check "every thread of the pool hangs" busywait 5000 blocked_ge 32
note "$(blocked) threads hang"
all_quick "while the disk does not answer"
is "nobody who waits for it was answered" "$(cat "$WORKDIR"/got.* 2>/dev/null | wc -c)" 0
is "they are all still there" "$(tux_stat connections)" $((COLD + 2))

check "the disk answers again" disk_go
arrived "who waited for a file gets it" "$cold"
same_cold()
{
	local i

	for ((i = 1; i <= COLD; i++)); do
		cmp "$DOCROOT/cold.$i" "$WORKDIR/got.cold.$i" || return
	done
}
check "every one its own" same_cold
arrived "who waited for a small body gets it" "$evicted"
check "byte by byte" cmp "$DOCROOT/evicted" "$WORKDIR/got.evicted"
arrived "who waited for a part of a large one gets it" "$large"
check "that one, too" eval 'tail -c +4000001 "$DOCROOT/large" | head -c 1000000 |
	cmp - "$WORKDIR/got.large"'
check "all connections are closed" wait_gone

# --- clients that do not wait for the end ---

forget
remember
disk_stop
misses=$(tux_stat misses)
rc=0
curl -s -Z --parallel-immediate --parallel-max 50 --max-time 2 -o /dev/null "$URL/cold.[1-40]" \
	2>/dev/null || rc=$?
check "forty clients give up" [ "$rc" -ne 0 ]
is "they had been in the pool" $(($(tux_stat misses) - misses)) 40
quick "after them" 100 --requests 100 --path /small.txt
disk_go
check "and are closed when the disk answers" wait_gone

# --- a disk that is slow ---

slow_down()
{
	dm suspend --nolockfs "$DISK" &&
		dm load "$DISK" --table "0 $SECTORS delay $LOOP 0 $DELAY $LOOP 0 0" &&
		dm resume "$DISK"
}
forget
if slow_down 2>"$WORKDIR/dm"; then
	remember
	before=$(now_ms)
	spawn "$WORKDIR/cold.log" curl -s -Z --parallel-immediate --parallel-max 100 \
		--max-time 100 -o "$WORKDIR/got.cold.#1" "$URL/cold.[1-$COLD]"
	cold=$SPAWNED
	busywait 5000 blocked_ge 1
	quick "while the disk is slow" 200 --requests 200 --path /small.txt
	arrived "the slow answers come" "$cold"
	took=$(($(now_ms) - before))
	check "after more than one read's delay" [ "$took" -ge "$DELAY" ]
	check "and are right" same_cold
	note "$COLD files from the slow disk: $took ms"
else
	skip "while the disk is slow" "no dm-delay: $(head -n 1 "$WORKDIR/dm")"
fi
check "everybody has been served" wait_gone
