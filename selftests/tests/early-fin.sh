#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A client that has sent its request and closed its side before it is accepted
# still gets its answer. The server is held at max_connections meanwhile.

. "$(dirname "$0")/common.bash"

setup max_connections=1 header_timeout=0 keepalive_timeout=0

# late NAME WANTED DATA: the client comes while the only slot is taken
late()
{
	hold 1 "$ADDR" "$PORT"
	busywait 3000 tux_stat_is connections 1
	spawn "$WORKDIR/late" "$TUXCLIENT" send --timeout 30000 --statuses --half-close \
		"$ADDR" "$PORT" "$3"
	busywait 3000 tux_stat_is accept_queue 1 || note "it does not wait"
	# CLOSE_WAIT: its FIN has arrived
	busywait 3000 eval "port_sockets | grep -q '^08'" || note "no FIN yet"
	end_pid "$HELD"
	wait "$SPAWNED"
	is "$1" "$(xargs <"$WORKDIR/late")" "$2"
	check "$1: and is closed" wait_gone
}

late "request and FIN before the accept, HTTP/1.0" 200 "$GET10"
late "request and FIN before the accept, HTTP/1.1" 200 "$GET11"
late "three requests and FIN" "200 404 200" "${GET11}GET /no HTTP/1.1\r\nHost: a\r\n\r\n$GET11"
late "half a request and FIN: no answer is due" "" 'GET / HTT'
late "nothing but a FIN" "" ''
is "all were accepted alive" "$(tux_stat accept_dead)" 0
check "no socket is left" busywait 5000 eval '! port_sockets | grep -vE "^(0A|06)"'
