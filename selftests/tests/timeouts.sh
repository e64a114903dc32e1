#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The three timeouts: each ends what it is for, counts it, and spares the rest;
# 0 means for ever; a change counts for connections that wait already.

. "$(dirname "$0")/common.bash"

setup header_timeout=0 keepalive_timeout=0 send_timeout=0
truncate -s 16M "$DOCROOT/big"
BIG='GET /big HTTP/1.1\r\nHost: a\r\n\r\n'
HALF='GET / HTTP/1.1\r\nHo'

timeouts()
{
	tux_stats timeout_header timeout_keepalive timeout_send
}

# keep N [OPTION...]: connections in the background
keep()
{
	local n=$1
	shift

	"$TUXCLIENT" hold --wait-signal --rcvbuf 4096 "$@" "$ADDR" "$PORT" "$n" >>"$WORKDIR/kept" 2>&1 &
	at_exit end_pid $!
}

# states READING IDLE SENDING: so many connections are in that state
states()
{
	local word

	_tux_slurp "$TUX_PROC/connections"
	for word in reading idle sending; do
		[ "$(grep -c " $word " <<<"$REPLY")" = "$1" ] || return
		shift
	done
}

keep 2
keep 3 --send "$HALF"
keep 4 --send "$GET11"
keep 5 --send "$BIG"
check "connections of every kind" busywait 10000 states 5 4 5
sleep 2
check "0: they stay" states 5 4 5
is "0: no timeout was counted" "$(timeouts)" "0 0 0"

tux_set keepalive_timeout 1
check "keepalive_timeout=1: the idle ones go" busywait 4000 states 5 0 5
is "they are counted" "$(timeouts)" "0 4 0"
tux_set keepalive_timeout 0
tux_set header_timeout 1
check "header_timeout=1: those without a complete request go" busywait 4000 states 0 0 5
is "they are counted, too" "$(timeouts)" "5 4 0"
tux_set header_timeout 0
aborted=$(tux_stat aborted)
tux_set send_timeout 1
check "send_timeout=1: those that do not read go" busywait 4000 states 0 0 0
is "they are counted as well" "$(timeouts)" "5 4 5"
is "with a reset, for they are owed more" "$(tux_stat aborted)" $((aborted + 5))
check "nobody is left" wait_gone

# --- what the client sees ---

tux_set header_timeout 1
tux_set keepalive_timeout 1
is "half a request is told why" "$(codes "$HALF")" 408
answer=$(send "$HALF")
is "that answer says close" "$(field Connection "$answer")" close
is "no request at all is just closed" "$(send '')" ""
is "an idle connection is just closed" "$(codes "$GET11")" 200
is "half a second request is told why" "$(codes "$GET11$HALF")" "200 408"
rc=0
send --rcvbuf 4096 --pause 3000 "$BIG" >"$WORKDIR/stalled" 2>&1 || rc=$?
is "who did not read for too long finds a reset" "$rc" 4

# The clock of the header starts with its first byte and is not wound up by the next.
before=$(now_ms)
is "a byte now and then does not help" \
	"$("$TUXCLIENT" send --statuses --timeout 20000 --bytewise --delay 300 \
		"$ADDR" "$PORT" "$HALF")" 408
between "it took about a second" $(($(now_ms) - before)) 900 $((4000 * TUX_SLOW))

# Who was answered has all of the time for his next request, also when his requests were
# as many as a connection has in a turn.
pipe=
for ((i = 0; i < 16; i++)); do
	pipe+=$GET11
done
tux_set keepalive_timeout 4
before=$(now_ms)
send --statuses --delay 3000 --timeout 30000 "$GET11" "$pipe" >/dev/null
between "who asked for sixteen files at once is waited for as long as others" \
	$(($(now_ms) - before)) 6000 $((7000 + 4000 * TUX_SLOW))
tux_set keepalive_timeout 1

# Who reads is not stalled, however large the file.
tux_set send_timeout 2
sent=$(tux_stat timeout_send)
check "a reader gets all of a large file" eval '
	[ "$(send --body "GET /big HTTP/1.0\r\n\r\n" | wc -c)" = 16777216 ]'
is "and is no timeout" "$(tux_stat timeout_send)" "$sent"
check "all connections are closed" wait_gone
