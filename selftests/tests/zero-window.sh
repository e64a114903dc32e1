#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Clients that have no room for a single byte, from the handshake on: a small answer is the
# stack's to keep, and its connection takes no slot; one that the stack cannot hold ends
# with send_timeout; when there is room again the answer comes. Meanwhile the
# well-behaved are served, and the server can be stopped and unloaded. Clients made by hand
# (tools/rawtcp.c).
# timeout: 120

[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

RAWTCP=$(dirname "$TUXCLIENT")/rawtcp
N=20

client_beside || skip_all "no network namespaces or veth devices here"
setup header_timeout=0 keepalive_timeout=0 send_timeout=0

# raw NET STEP...: N clients by hand, in the background; what they print is in the file
# RAW. They go on when `next` is called.
raw()
{
	local net=$1
	shift

	RAW=$WORKDIR/raw.$net
	mkfifo "$RAW.go"
	ip netns exec "$C" "$RAWTCP" veth0 "$NOBODY.$net" 20000 $N $SERVER "$PORT" "$@" \
		<>"$RAW.go" >"$RAW" 2>&1 &
	RAW_PID=$!
	at_exit end_pid $RAW_PID
}

next()
{
	echo >"$RAW.go"
}

# in_state STATE: how many sockets of the port, as /proc/net/tcp has it
in_state()
{
	sockets | grep -c "^$1"
}

FIN_WAIT1=04

# None but those in TIME_WAIT, which the well-behaved leave.
no_live_sockets()
{
	! sockets | grep -v '^06'
}

# --- an answer that the stack can hold ---

raw 1 window:0 syn synack:5000 ack get answer:1000 wait window:65535 ack answer:10000 wait rst
check "all of them ask" busywait 8000 tux_stat_is requests $N
check "their connections are closed, and take no slot" wait_gone
is "the answers are the stack's to send" "$(in_state $FIN_WAIT1)" $N
check "they stay there" busywait 5000 grep -q '^waiting' "$RAW"
is "nothing has been sent into a closed window" "$(grep ^answers "$RAW")" "answers 0"
is "another client is served meanwhile" "$(status /)" 200
next
check "with room, all have their answers" busywait 15000 grep -qx "answers $N" "$RAW"
next
wait $RAW_PID
check "reset, nothing stays" busywait 5000 eval '[ "$(in_state $FIN_WAIT1)" = 0 ]'

# --- one that it cannot ---

sending()
{
	[ "$(grep -c ' sending ' "$TUX_PROC/connections")" = $N ]
}

cp "$DOCROOT/1m.bin" "$DOCROOT/index.html"
requests=$(tux_stat requests)
raw 2 window:0 syn synack:5000 ack get wait
check "all of them ask for more" busywait 8000 tux_stat_is requests $((requests + N))
check "their connections wait for room" busywait 3000 sending
is "another client is served beside them" "$(status /small.txt)" 200
aborted=$(tux_stat aborted)
tux_set send_timeout 1
check "send_timeout=1: they are closed" busywait 5000 tux_stat_is connections 0
is "with a reset" $(($(tux_stat aborted) - aborted)) $N
check "and nothing stays" busywait 3000 no_live_sockets
next
wait $RAW_PID

# --- stopped meanwhile ---

tux_set send_timeout 0
raw 3 window:0 syn synack:5000 ack get wait rst
check "again they wait" busywait 8000 sending
check "the server stops" tux_stop
check "the module unloads" rmmod tux
check "nobody's connection is left" busywait 3000 no_live_sockets
next
wait $RAW_PID
tux_load
