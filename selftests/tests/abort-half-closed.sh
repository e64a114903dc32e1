#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# abort_half_closed: a client that asked and closed its side before the server came to it
# is reset; all others are served, and the gauges stay true.

. "$(dirname "$0")/common.bash"

setup max_connections=1 header_timeout=0 keepalive_timeout=0 abort_half_closed=1

# client NAME OPTION... DATA: comes while the only slot is taken, which is then freed.
# The statuses of its answers go to the file NAME.
client()
{
	local name=$1
	shift

	hold 1 "$ADDR" "$PORT"
	busywait 3000 tux_stat_is connections 1
	spawn "$WORKDIR/$name" "$TUXCLIENT" send --timeout 30000 --statuses "${@:1:$#-1}" \
		"$ADDR" "$PORT" "${!#}"
	busywait 3000 tux_stat_is accept_queue 1 || note "it does not wait"
	[[ " $* " != *--half-close* ]] ||
		busywait 3000 eval "port_sockets | grep -q '^08'" || note "no FIN yet"
	end_pid "$HELD"
	wait "$SPAWNED"
	wait_gone
}

client open "$GET10"
is "who waits with an open side is served" "$(cat "$WORKDIR/open")" 200
is "nobody was reset" "$(tux_stat half_closed)" 0
before=$(tux_stat accepted)
client closed --half-close "$GET10"
is "who closed its side in the accept queue is not" "$(grep -c 200 "$WORKDIR/closed")" 0
is "it is counted" "$(tux_stat half_closed)" 1
is "and not as accepted (the one before it is)" $(($(tux_stat accepted) - before)) 1

tux_set max_connections 100
is "a FIN without a request is an ordinary end" "$(codes --half-close '')" ""
is "so is one behind an answer" "$(codes "$LAST11")" 200
is "neither was counted" "$(tux_stat half_closed)" 1

tux_set abort_half_closed 0
is "off: a half-closing client has its answer" "$(codes --half-close "$GET11")" 200
check "all are closed" wait_gone
is "accepted and closed are the same" "$(tux_stat accepted)" "$(tux_stat closed)"
