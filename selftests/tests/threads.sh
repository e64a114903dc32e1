#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two workers on two CPUs: a listener for each possible CPU, clients steered to the
# worker of the CPU on which they arrive, and one limit of connections for both.
# cpus: 2

. "$(dirname "$0")/common.bash"

[ "$(nproc)" -ge 2 ] || skip_all "one CPU only"

# possible_cpus: how many there can be; the file is a list like 0-3,8
possible_cpus()
{
	tr , '\n' </sys/devices/system/cpu/possible |
		awk -F - '{ n += (NF > 1 ? $2 : $1) - $1 + 1 } END { print n }'
}

setup threads=2 header_timeout=0 keepalive_timeout=0
is "two workers are there" "$(workers)" "0 1"
is "on two CPUs" "$(worker_shows 0 cpu) $(worker_shows 1 cpu)" "0 1"
for n in 0 1; do
	pid=$(worker_pid $n)
	is "tux/$n is bound to its CPU" "$(taskset -p "$pid" | sed 's/.*: //')" $((n + 1))
done
is "a listener for each possible CPU" "$(listening | wc -l)" "$(possible_cpus)"

# --- steering ---

at_exit one_cpu
# Few at once, so that no worker is asked to help another.
if one_cpu 1; then
	hold 6 "$ADDR" "$PORT"
	check "six clients arrive on CPU 1: its worker has them" \
		busywait 3000 worker_is 1 connections 6
	one_cpu 0
	hold 5 "$ADDR" "$PORT"
	check "five arrive on CPU 0: its worker has them" busywait 3000 worker_is 0 connections 5
	is "and the other one what it had" "$(worker_shows 1 connections)" 6
	one_cpu
	end_pid "$HELD"
else
	skip "clients are steered by their CPU" "no receive packet steering here"
fi
tux_stop
tux_start

# --- one limit ---

tux_set max_connections 4
hold 12 "$ADDR" "$PORT"
check "the limit holds for both together" busywait 3000 tux_stat_is connections 4
is "the others wait" "$(tux_stat accept_queue)" 8
end_pid "$HELD"
wait_gone
busywait 3000 tux_stat_is accept_queue 0
check "a load over four slots and two workers is served" "$TUXCLIENT" load --concurrency 20 \
	--connections "$(less 300)" --requests 2 \
		--time $((30 * TUX_SLOW)) --timeout $((15000 * TUX_SLOW)) "$ADDR" "$PORT"
tux_set max_connections 1000
check "a load over both" "$TUXCLIENT" load --concurrency 40 --connections "$(less 600)" --requests 3 \
	--time $((30 * TUX_SLOW)) --timeout $((10000 * TUX_SLOW)) "$ADDR" "$PORT"
wait_gone
settle
read -r accepted closed < <(tux_stats accepted closed)
is "the books balance" "$accepted" "$closed"
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 40 --connections 10000000 \
	--time $((30 * TUX_SLOW)) \
	"$ADDR" "$PORT"
busywait 5000 tux_stat_ge requests $(($(tux_stat requests) + 50))
check "both stop under load" tux_stop
check "and start again, one of them" eval 'tux_set threads 1 && tux_start'
is "one is there" "$(workers)" 0
check "and serves" busywait 5000 tux_stat_ge requests $(($(tux_stat requests) + 50))
