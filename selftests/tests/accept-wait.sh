#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# max_accept_wait: SYNs are refused while clients wait for too long in the accept queue,
# all come in at last, and at the connection limit nobody is refused.
# timeout: 120

. "$(dirname "$0")/common.bash"

setup syn_admission=0 header_timeout=0 keepalive_timeout=0

N=$(less 300)

# crowd WHAT: N clients at a time, twice as many in all
crowd()
{
	"$TUXCLIENT" load --concurrency "$N" --connections $((2 * N)) --time 100 --timeout 90000 \
		"$ADDR" "$PORT" >"$WORKDIR/load"
	wait_gone
	settle
	note "$1: $(tux_stats drop_acceptq_full drop_admission drop_listen_overflow)"
	is "$1: each is served" \
		"$(awk '$1 == "replies" || $1 == "errors" { printf "%s ", $2 }' "$WORKDIR/load")" "$((2 * N)) 0 "
}

tux_set max_accept_wait 0
crowd "no limit"
is "no limit: none is refused" "$(tux_stat drop_admission)" 0
tux_set max_accept_wait 60000
crowd "a minute"
is "a minute: none is refused" "$(tux_stat drop_admission)" 0

# Somebody is refused sooner or later while a crowd keeps coming, and all come in.
tux_set max_accept_wait 1
spawn "$WORKDIR/more" "$TUXCLIENT" load --concurrency 300 --connections 10000000 --time 90 \
	--timeout 60000 "$ADDR" "$PORT"
check "a millisecond: some are refused" busywait 60000 tux_stat_ge drop_admission 1
end_pid "$SPAWNED"
wait_gone
crowd "a millisecond"

# At the limit clients wait for others to leave, and for as long as that takes.
before=$(tux_stat drop_admission)
tux_set max_connections 1
hold 1 "$ADDR" "$PORT"
first=$HELD
busywait 3000 tux_stat_is connections 1
hold 20 "$ADDR" "$PORT"
second=$HELD
check "at the connection limit twenty wait" busywait 3000 tux_stat_is accept_queue 20
tux_set max_connections 10
check "nine of them are let in, late" busywait 3000 tux_stat_is connections 10
hold 5 "$ADDR" "$PORT"
check "others may still come and wait" busywait 3000 tux_stat_is accept_queue 16
is "none was refused" "$(tux_stat drop_admission)" "$before"
end_pid "$HELD"
end_pid "$second"
end_pid "$first"
