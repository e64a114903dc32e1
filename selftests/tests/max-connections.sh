#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# max_connections=N: exactly N connections are open, never more, while others
# wait in the accept queue; nobody burns the CPU over it; whoever waits is
# served when another one leaves; lowering it closes nobody.

. "$(dirname "$0")/common.bash"

N=5
setup max_connections=$N header_timeout=0 keepalive_timeout=0

is "connections_max is the tunable" "$(tux_stat connections_max)" $N

hold $N "$ADDR" "$PORT"
first=$HELD
check "N clients are N connections" busywait 3000 tux_stat_is connections $N
hold 7 "$ADDR" "$PORT"
waiting=$HELD
check "seven more wait" busywait 3000 tux_stat_is accept_queue 7
is "the gauge stays at N" "$(tux_stat connections)" $N
is "as many lines has connections" "$(($(wc -l <"$TUX_PROC/connections") - 1))" $N

# The worker sleeps, although its accept queue is not empty: the same number of
# context switches and, where the kernel tells it, of nanoseconds.
pid=$(worker_pid 0)
settle
before=$(cpu_use "$pid")
sleeps=$(tux_stat sleeps)
sleep 1
is "at the limit the worker uses no CPU" "$(cpu_use "$pid")" "$before"
is "and does not wake up to find that out" "$(tux_stat sleeps)" "$sleeps"
hold 3 "$ADDR" "$PORT"
more=$HELD
check "three more wait" busywait 3000 tux_stat_is accept_queue 10
is "the worker slept through their coming" "$(cpu_use "$pid")" "$before"

# One leaves, one comes in: the hold closes all of its connections together.
end_pid "$first"
check "when N leave, N of those who wait come in" busywait 3000 tux_stat_is accept_queue 5
is "and again it is N" "$(tux_stat connections)" $N
end_pid "$waiting"
end_pid "$more"
check "all of them leave" wait_gone

# A load of more clients than slots: everybody is served, the limit holds.
watch_gauge()
{
	local n max=0

	while [ -d "/proc/$1" ]; do
		n=$(tux_stat connections)
		[ "$n" -le "$max" ] || max=$n
		n=$(wc -l <"$TUX_PROC/connections")
		[ $((n - 1)) -le "$max" ] || max=$((n - 1))
	done
	echo "$max"
}

tux_set max_connections 3
n=$(less 600)
"$TUXCLIENT" load --concurrency 30 --connections "$n" --requests 2 \
	--time $((30 * TUX_SLOW)) --timeout $((15000 * TUX_SLOW)) \
	"$ADDR" "$PORT" >"$WORKDIR/load" &
load=$!
max=$(watch_gauge $load)
wait $load
is "a load of thirty clients over three slots is served" \
	"$(awk '$1 == "replies" { print $2 }' "$WORKDIR/load")" $((2 * n))
is "without an error" "$(awk '$1 == "errors" { print $2 }' "$WORKDIR/load")" 0
between "the gauge never exceeded three" "$max" 1 3

# --- lowered ---

wait_gone
tux_set max_connections 5
hold 3 "$ADDR" "$PORT"
three=$HELD
hold 2 "$ADDR" "$PORT"
two=$HELD
busywait 3000 tux_stat_is connections 5
closed=$(tux_stat closed)
tux_set max_connections 2
spawn "$WORKDIR/late" "$TUXCLIENT" send --timeout 30000 --statuses "$ADDR" "$PORT" "$GET10"
late=$SPAWNED
check "lowered to two, a newcomer waits" busywait 3000 tux_stat_is accept_queue 1
is "and nobody is closed" "$(tux_stat connections) $(tux_stat closed)" "5 $closed"
end_pid "$three"
check "three leave" busywait 3000 tux_stat_is connections 2
is "the newcomer still waits" "$(tux_stat accept_queue)" 1
end_pid "$two"
check "two more leave, and it is served" busywait 5000 grep -qx 200 "$WORKDIR/late"
check "then everything is closed" wait_gone

# Raised while clients wait: they come in at once.
tux_set max_connections 1
hold 6 "$ADDR" "$PORT"
busywait 3000 tux_stat_is accept_queue 5
tux_set max_connections 4
check "raised to four, three come in" busywait 3000 tux_stat_is connections 4
is "and two wait" "$(tux_stat accept_queue)" 2
