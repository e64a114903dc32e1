#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# max_output_bandwidth=N: a connection gets N bytes a second and no more, each its
# own; connections that are open keep what they began with; nothing is lost, also
# when the server is done with a connection long before its last byte is sent; and
# the pacing is no stall that a send_timeout would end.
# timeout: 90

# A network namespace of its own, whose segments have the size of an Ethernet's.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

ip link set lo mtu 1500
ip link set lo up

# Slower where everything is slow, so that this is what takes the time.
RATE=$((200000 / (TUX_SLOW > 2 ? 2 : 1)))
SIZE=600000
setup
pattern $SIZE >"$DOCROOT/file"
chmod a+r "$DOCROOT/file"
# Ten segments are free. What is left takes at least so long, with a tenth for clocks.
LEAST=$(((SIZE - 10 * 1460) * 900 / RATE))
MOST=$((SIZE * 1000 / RATE * 2 * TUX_SLOW))

# get NAME: fetch the file into WORKDIR/got.NAME, and print the milliseconds
get()
{
	local before

	before=$(now_ms)
	fetch --max-time 60 -o "$WORKDIR/got.$1" "$URL/file" || return
	echo $(($(now_ms) - before))
}

got()
{
	cmp "$DOCROOT/file" "$WORKDIR/got.$1"
}

is "no limit to begin with" "$(tux_get max_output_bandwidth)" 0
free=$(get free)
check "without a limit it is quick" [ "$free" -lt "$LEAST" ]
note "without a limit: $free ms"

# An open connection: the parts of the load come second by second.
"$TUXCLIENT" load --requests 1000 --rate 1 --concurrency 1 --connections 1 --path /file \
	--time 20 "$ADDR" "$PORT" >"$WORKDIR/load" &
open=$!
at_exit end_pid $open
check "a connection that is open" busywait 5000 tux_stat_is connections 1
check "a limit is set" tux_set max_output_bandwidth $RATE
at=$(tux_stat requests)
check "that one is as quick as before" busywait 3000 tux_stat_ge requests $((at + 10))
end_pid $open
check "it is closed" wait_gone

took=$(get limited)
between "a file at the limit's pace" "$took" $LEAST $MOST
check "all of it is right" got limited
note "$SIZE bytes at $RATE a second: $took ms"

# Each connection has its own, and nobody else is slowed down.
pids=
before=$(now_ms)
for i in 1 2 3; do
	get "$i" >"$WORKDIR/took.$i" &
	pids+=" $!"
done
busywait 5000 tux_stat_is connections 3
small=$(now_ms)
is "a small one meanwhile" "$(status /small.txt)" 200
check "does not wait for them" [ $(($(now_ms) - small)) -lt "$LEAST" ]
check "they are still being sent" tux_stat_ge connections 1
# shellcheck disable=SC2086 # one word a process
wait $pids
between "three at once take as long as one" $(($(now_ms) - before)) $LEAST $MOST
for i in 1 2 3; do
	between "number $i at the limit's pace" "$(cat "$WORKDIR/took.$i")" $LEAST $MOST
	check "number $i is right" got "$i"
done

# The server closes when the last byte is in the send buffer.
check "the last answer of a connection" eval '
	send --body "GET /file HTTP/1.0\r\n\r\n" >"$WORKDIR/got.last"'
check "is complete" got last

# Longer under way than a client may stall: that it waits for the pace is no stall.
tux_set max_output_bandwidth 50000
tux_set send_timeout 5
aborted=$(tux_stat aborted)
head -c 450000 "$DOCROOT/file" >"$DOCROOT/slower"
chmod a+r "$DOCROOT/slower"
before=$(now_ms)
check "a file that takes longer than the timeout" \
	fetch --max-time 60 -o "$WORKDIR/got.slower" "$URL/slower"
check "took its time" [ $(($(now_ms) - before)) -ge 7000 ]
check "and arrived" cmp "$DOCROOT/slower" "$WORKDIR/got.slower"
is "no timeout was counted" "$(tux_stat timeout_send)" 0
is "nobody was aborted" "$(tux_stat aborted)" "$aborted"

tux_set max_output_bandwidth 0
check "without a limit again" [ "$(get again)" -lt "$LEAST" ]
check "everybody is gone" wait_gone
