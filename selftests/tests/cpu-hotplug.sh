#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A CPU goes offline and comes back while it serves: its worker runs elsewhere
# or retires, its clients are served on, and those that wait for it change hands.
# timeout: 120
# cpus: 2

. "$(dirname "$0")/common.bash"

CPU1=/sys/devices/system/cpu/cpu1/online

[ "$(nproc)" -ge 2 ] || skip_all "one CPU only"
[ -w $CPU1 ] || skip_all "CPU 1 cannot be taken offline here"
at_exit eval "echo 1 >$CPU1"

cpu1()
{
	echo "$1" >$CPU1
}

# affinity N: the CPUs that worker N may run on, as a mask
affinity()
{
	taskset -p "$(worker_pid "$1")" | sed 's/.*: //'
}

setup threads=2 header_timeout=0 keepalive_timeout=0
at_exit one_cpu
one_cpu 1 || die "the clients cannot be sent to one listener"

# --- as many workers as before, on fewer CPUs ---

hold 3 "$ADDR" "$PORT"
held=$HELD
busywait 3000 worker_is 1 connections 3
check "CPU 1 goes offline" cpu1 0
check "its worker runs on CPU 0" busywait 5000 worker_is 1 cpu 0
is "and is bound to it" "$(affinity 1)" 1
is "both are active" "$(workers)" "0 1"
is "its connections are open" "$(worker_shows 1 connections)" 3
is "a request is answered" "$(status /)" 200
check "CPU 1 comes back" cpu1 1
check "so does its worker" busywait 5000 worker_is 1 cpu 1
is "and is bound to it again" "$(affinity 1)" 2
one_cpu 1
hold 2 "$ADDR" "$PORT"
check "what arrives there is its own again" busywait 3000 worker_is 1 connections 5
end_pid "$HELD"
end_pid "$held"
wait_gone

# --- threads=0: as many as there are CPUs ---

tux_set threads 0
hold 3 "$ADDR" "$PORT"
held=$HELD
busywait 3000 worker_is 1 connections 3
tux_set max_connections 3
spawn "$WORKDIR/late" "$TUXCLIENT" send --timeout 30000 --statuses "$ADDR" "$PORT" "$GET10"
late=$SPAWNED
busywait 3000 worker_is 1 accept_queue 1
cpu1 0
check "threads=0: its worker retires" busywait 5000 worker_is 1 listeners 0
is "with its connections" "$(worker_shows 1 connections)" 3
is "the one that waited waits for the other" "$(worker_shows 0 accept_queue)" 1
end_pid "$held"
check "and is served by it" busywait 5000 grep -qx 200 "$WORKDIR/late"
wait "$late"
tux_set max_connections 1000
cpu1 1
check "with the CPU the worker is back" busywait 5000 worker_is 1 cpu 1
one_cpu 1
hold 2 "$ADDR" "$PORT"
check "and accepts" busywait 3000 worker_is 1 connections 2
end_pid "$HELD"
wait_gone
is "nobody was reset" "$(tux_stat aborted)" 0

# --- under load; and started while a CPU is offline ---

one_cpu
n=$(less 1200)
check "CPU 1 goes and comes under load, and no request is lost" eval '
	"$TUXCLIENT" load --concurrency 30 --connections $n --requests 2 \
		--time $((50 * TUX_SLOW)) --timeout 20000 "$ADDR" "$PORT" >"$WORKDIR/load" &
	load=$!
	while [ -d "/proc/$load" ]; do
		cpu1 0
		cpu1 1
		echo >>"$WORKDIR/changes"
	done
	wait "$load"'
is "every one was answered" "$(awk '$1 == "replies" { print $2 }' "$WORKDIR/load")" $((n * 2))
is "without an error" "$(awk '$1 == "errors" { print $2 }' "$WORKDIR/load")" 0
note "$(wc -l <"$WORKDIR/changes") times"
wait_gone
settle
read -r accepted closed < <(tux_stats accepted closed)
is "the books balance" "$accepted" "$closed"
tux_stop
cpu1 0
tux_start
is "started on one CPU there is one worker" "$(workers)" 0
is "which serves" "$(status /)" 200
cpu1 1
check "the other CPU brings another" busywait 5000 eval '[ "$(workers)" = "0 1" ]'
cpu1 0
check "it stops with a CPU offline" tux_stop
