#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two workers on two CPUs: both serve, on one port, and share one limit of
# connections.

. "$(dirname "$0")/common.bash"

[ "$(nproc)" -ge 2 ] || skip_all "one CPU only"

setup threads=2 header_timeout=0 keepalive_timeout=0
is "two workers are there" "$(tail -n +2 "$TUX_PROC/workers" | cut -d ' ' -f 1 | xargs)" "0 1"
is "on two CPUs" "$(tail -n +2 "$TUX_PROC/workers" | cut -d ' ' -f 2 | sort -u | wc -l)" 2
for n in 0 1; do
	pid=$(worker_pid $n)
	is "tux/$n is bound to its CPU" "$(taskset -p "$pid" | sed 's/.*: //')" $((n + 1))
done

hold 60 "$ADDR" "$PORT"
check "sixty connections" busywait 5000 tux_stat_is connections 60
# Column 5 is accept_phases: each of them had some.
phases=$(tail -n +2 "$TUX_PROC/workers" | awk '$5 > 0' | wc -l)
is "both workers accepted" "$phases" 2
end_pid "$HELD"
wait_gone

tux_set max_connections 4
hold 12 "$ADDR" "$PORT"
check "the limit holds for both together" busywait 3000 tux_stat_is connections 4
is "the others wait" "$(tux_stat accept_queue)" 8
end_pid "$HELD"
wait_gone
busywait 3000 tux_stat_is accept_queue 0
check "a load over four slots and two workers is served" "$TUXCLIENT" load --concurrency 20 \
	--connections 300 --requests 2 --time 60 --timeout 30000 "$ADDR" "$PORT"
tux_set max_connections 1000
check "a load over both" "$TUXCLIENT" load --concurrency 40 --connections 600 --requests 3 \
	--time 60 --timeout 20000 "$ADDR" "$PORT"
wait_gone
settle
read -r accepted closed < <(tux_stats accepted closed)
is "the books balance" "$accepted" "$closed"
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 40 --connections 10000000 --time 60 \
	"$ADDR" "$PORT"
busywait 5000 tux_stat_ge requests $(($(tux_stat requests) + 50))
check "both stop under load" tux_stop
check "and start again, one of them" eval 'tux_set threads 1 && tux_start'
is "one is there" "$(tail -n +2 "$TUX_PROC/workers" | wc -l)" 1
check "and serves" busywait 5000 tux_stat_ge requests $(($(tux_stat requests) + 50))
