#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A server with nothing to do uses no CPU at all, with and without idle
# connections.

. "$(dirname "$0")/common.bash"

setup
pid=$(worker_pid 0) || die "no worker"

# still NAME: two seconds in which the worker is not scheduled once
still()
{
	local before sleeps

	settle
	before=$(cpu_use "$pid")
	sleeps=$(tux_stat sleeps)
	sleep 2
	is "$1: no CPU is used in two seconds" "$(cpu_use "$pid")" "$before"
	is "$1: the worker was not woken" "$(tux_stat sleeps)" "$sleeps"
}

three_numbers()
{
	cpu_use "$pid" | tr '\n' ' ' | grep -E '^[0-9]+ [0-9]+ [0-9]+'
}
check "the numbers are numbers" three_numbers
still "nobody connected"

before=$(cpu_use "$pid")
page / >/dev/null
wait_gone
check "a request is seen in them" eval '[ "$(cpu_use "$pid")" != "$before" ]'

"$TUXCLIENT" hold --wait-signal --send "$GET11" "$ADDR" "$PORT" 50 >"$WORKDIR/held" 2>&1 &
at_exit end_pid $!
check "fifty connections are served and kept" busywait 10000 tux_stat_ge status_200 51
is "they are open" "$(tux_stat connections)" 50
is "and idle" "$(grep -c ' idle ' "$TUX_PROC/connections")" 50
still "fifty idle connections"

"$TUXCLIENT" hold --wait-signal --send 'GET / HT' "$ADDR" "$PORT" 20 >"$WORKDIR/half" 2>&1 &
at_exit end_pid $!
check "twenty half requests" busywait 10000 tux_stat_is connections 70
still "with half requests besides"
