#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A disk that never answers, and somebody who wants to stop the server, start it with
# another document root, or remove the module: nothing of that hangs. Stopping leaves
# the hanging requests behind, rmmod is refused as long as there are any, and when the
# disk is back everything is freed.
# timeout: 90

. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/disk.bash"

RUNNING=8			# fewer than the miss pool has threads
COLD=40				# more

disk_new
docroot_new mnt/docroot || die "no document root"
for ((i = 1; i <= COLD; i++)); do
	printf %s $((i + 1000)) >"$DOCROOT/cold.$i"
done
pattern 2000000 >"$DOCROOT/large"
chmod a+r "$DOCROOT"/*
mkdir -m 755 "$WORKDIR/other"
printf other >"$WORKDIR/other/index.html"
chmod a+r "$WORKDIR/other/index.html"

tux_load || die "the module does not load"
at_exit disk_go
for setting in "documentroot=$DOCROOT" "port=$PORT" threads=1 header_timeout=0; do
	tux_set "${setting%%=*}" "${setting#*=}" || die "$setting is refused"
done

# hang N: the disk stops, N clients ask for files on it, one for the end of a large one
hang()
{
	local misses

	forget
	page / >/dev/null
	fetch -o /dev/null -r 0-99 "$URL/large"
	# Pages alone, so that the large file is known and its end is not there.
	sync
	echo 1 >/proc/sys/vm/drop_caches
	page / >/dev/null
	misses=$(tux_stat misses)
	disk_stop
	spawn "$WORKDIR/cold.log" curl -s -Z --parallel-immediate --parallel-max 100 \
		--max-time 300 -o "$WORKDIR/got.#1" "$URL/cold.[1-$1]"
	cold=$SPAWNED
	spawn "$WORKDIR/large.log" curl -s -o "$WORKDIR/got.large" --max-time 300 \
		-r 1500000- "$URL/large"
	large=$SPAWNED
	busywait 20000 tux_stat_ge misses $((misses + $1 + 1))
}

# seconds COMMAND...: how long it takes, whether it succeeds or not
seconds()
{
	local begin rc=0

	begin=$(now_ms)
	"$@" >"$WORKDIR/out" 2>&1 || rc=$?
	echo $((($(now_ms) - begin) / 1000))
	return $rc
}

# failed PID: a client ends, without its answer
failed()
{
	! wait "$1"
}

nothing_stuck()
{
	tux_stat_is misses_stuck 0
}

# --- stop, start, remove ---

tux_start || die "the server does not start"
hang $RUNNING
is "requests hang" $? 0
is "none of them for long, so far" "$(tux_stat misses_stuck)" 0
check "after some seconds they are called stuck" \
	busywait $((20000 * TUX_SLOW)) tux_stat_is misses_stuck $((RUNNING + 1))
is "what is in memory is answered" "$(status /)" 200
check_fails "rmmod is refused while it serves" timeout 30 rmmod tux
is "and it serves" "$(status /)" 200

took=$(seconds tux_stop)
is "stopping succeeds" "$(tux_get serve)" 0
between "and does not hang" "$took" 0 $((10 * TUX_SLOW))
check_fails "nobody listens any more" listening
check "who waited is told" failed "$cold"
check "who waited in the middle of a file, too" failed "$large"
is "they have got nothing" "$(cat "$WORKDIR"/got.* 2>/dev/null | wc -c)" 0
is "no connection is left" "$(tux_stats connections accepted)" "0 $(tux_stat closed)"
is "the hanging requests are known" "$(tux_stat misses_stuck)" $((RUNNING + 1))
check_fails "rmmod is refused" timeout 30 rmmod tux

tux_set documentroot "$WORKDIR/other"
check "it starts again, with another document root" tux_start
is "and serves that" "$(page /)" other
check "stops" tux_stop
check "the disk answers again" disk_go
check "nothing is stuck any more" busywait 10000 nothing_stuck
check "now the module can be removed" busywait 10000 tux_unload

# --- more than the pool has threads, and no patience ---

tux_load || die "the module does not load again"
for setting in "documentroot=$DOCROOT" "port=$PORT" threads=1 header_timeout=0; do
	tux_set "${setting%%=*}" "${setting#*=}" || die "$setting is refused"
done
tux_start || die "the server does not start again"
hang $COLD
is "more requests hang than the pool has threads" $? 0
took=$(seconds tux_stop)
between "stopping at once does not hang either" "$took" 0 $((10 * TUX_SLOW))
is "all are left behind" "$(tux_stat misses_stuck)" $((COLD + 1))
check "who waited then is told" failed "$cold"
check "also in the middle of a file" failed "$large"
disk_go
check "all of them come back" busywait 10000 nothing_stuck

tux_start || die "the server does not start a third time"
is "the files are all there" "$(page /cold.7)" 1007
check "everybody is gone" wait_gone

# --- a request for each of two workers ---

# left_behind: when, in seconds since boot, workers left requests behind, from $since on
since=0
left_behind()
{
	dmesg | sed -n 's/^\[ *\([0-9.]*\)\] tux: stopped without 1 requests.*/\1/p' |
		tail -n +$((since + 1))
}

# each_has_one: both workers have a connection
each_has_one()
{
	[ "$(awk 'NR > 1 { printf "%s ", $NF }' "$TUX_PROC/workers")" = "1 1 " ]
}

if [ "$(nproc)" -lt 2 ]; then
	skip "workers wait side by side" "one processor"
else
	tux_set threads 2
	forget
	disk_stop
	for i in 0 1; do
		spawn "$WORKDIR/cold.log" taskset -c $i curl -s -o /dev/null --max-time 300 \
			"$URL/cold.$((i + 1))"
	done
	check "each worker has a request that hangs" busywait 20000 each_has_one
	since=$(left_behind | wc -l)
	check "that server stops" tux_stop
	is "both leave one behind" "$(left_behind | wc -l)" 2
	check "workers wait side by side" eval 'left_behind | awk "
		NR == 1 { t = \$1 } END { exit !(NR == 2 && \$1 - t < 1) }"'
	disk_go
	check "these come back as well" busywait 10000 nothing_stuck
fi
