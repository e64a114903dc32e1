#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# max_backlog: the accept queue holds N + 1 connections, no more, and a change
# counts on the running listener at once.

. "$(dirname "$0")/common.bash"

setup max_connections=1 max_backlog=5 header_timeout=0 keepalive_timeout=0
# It is not clamped by this one.
somaxconn=$(cat /proc/sys/net/core/somaxconn)
at_exit eval "echo $somaxconn >/proc/sys/net/core/somaxconn"
echo 1 >/proc/sys/net/core/somaxconn

# Each CPU's listener has a queue of this length. The clients run on that CPU, too: so a
# handshake is over before the next SYN comes.
taskset -p 1 $$ >/dev/null
at_exit one_cpu
one_cpu 0 || die "the clients cannot be sent to one listener"
hold 1 "$ADDR" "$PORT"
busywait 3000 tux_stat_is connections 1
blocker=$HELD

# crowd N: N clients try to connect, each for a while only. Not all may get in.
crowd()
{
	"$TUXCLIENT" hold --wait-signal --timeout "${2:-400}" "$ADDR" "$PORT" "$1" \
		>"$WORKDIR/crowd.$1" 2>&1 &
	CROWD=$!
	at_exit end_pid "$CROWD"
	busywait 20000 grep -q '^open' "$WORKDIR/crowd.$1"
}

# most MS: the highest accept_queue seen in that time
most()
{
	local until=$(($(now_ms) + $1)) max=0 q

	while [ "$(now_ms)" -lt "$until" ]; do
		q=$(tux_stat accept_queue)
		[ "$q" -le "$max" ] || max=$q
	done
	echo "$max"
}

drops=$(tux_stat drop_acceptq_full)
crowd 20
is "max_backlog=5: six wait, and never more" "$(most 1500)" 6
is "at the end, too" "$(tux_stat accept_queue)" 6
check "the others were dropped for a full accept queue" \
	eval '[ "$(tux_stat drop_acceptq_full)" -ge $((drops + 14)) ]'

tux_set max_backlog 9
crowd 21
check "max_backlog=9: ten wait" busywait 5000 tux_stat_is accept_queue 10
is "and never more" "$(most 500)" 10

tux_set max_backlog 2
is "max_backlog=2: whoever waits, stays" "$(tux_stat accept_queue)" 10
drops=$(tux_stat drop_acceptq_full)
crowd 1 300
is "a newcomer does not get in" "$(tux_stat accept_queue)" 10
check "and is counted" tux_stat_ge drop_acceptq_full $((drops + 1))

tux_set max_connections 1000
check "with slots free the queue empties" busywait 3000 tux_stat_is accept_queue 0
check "all ten and the first are served now" busywait 3000 tux_stat_ge connections 11

one_cpu
# Under load: raising and lowering it hurts nobody who was accepted.
end_pid "$blocker"
n=$(less 600)
check "changes under load lose no request" eval '
	"$TUXCLIENT" load --concurrency 20 --connections $n \
		--time $((30 * TUX_SLOW)) --timeout $((10000 * TUX_SLOW)) \
		"$ADDR" "$PORT" >"$WORKDIR/load" &
	load=$!
	while [ -d "/proc/$load" ]; do
		for length in 1 65535 3 200; do
			tux_set max_backlog $length
		done
	done
	wait "$load"'
