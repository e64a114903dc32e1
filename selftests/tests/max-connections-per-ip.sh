#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# max_connections_per_ip=N: exactly N connections of each client address are open,
# whichever worker they come to; one more is reset, and nobody else notices. What
# takes a place gives it back, however it ends.
# cpus: 2
# timeout: 180

. "$(dirname "$0")/common.bash"

[ "$(nproc)" -ge 2 ] || skip_all "one CPU only"

N=5
setup threads=2 max_connections_per_ip=$N header_timeout=0 keepalive_timeout=0

# hold_from SOURCE M [OPTION...]: M connections from an address, half of them begun on
# one CPU and half on the other, at once. end_held closes them.
held=()
hold_from()
{
	local source=$1 m=$2 to=$ADDR
	local cpu log n=${#held[@]}
	shift 2

	[[ $source != *:* ]] || to=$source
	for cpu in 0 1; do
		log=$WORKDIR/held.${#held[@]}
		spawn "$log" taskset -c $cpu "$TUXCLIENT" hold --wait-signal --source "$source" \
			"$@" "$to" "$PORT" $(((m + cpu) / 2))
		held+=("$SPAWNED")
	done
	for log in "$WORKDIR/held.$n" "$log"; do
		busywait 10000 grep -q '^open ' "$log" || note "not connected: $(cat "$log")"
	done
	busywait 10000 all_taken
}

# Nobody waits to be accepted, or is just being.
all_taken()
{
	tux_stat_is accept_queue 0 && quiet
}

end_held()
{
	local pid

	for pid in "${held[@]}"; do
		end_pid "$pid"
	done
	held=()
}

wait_is()
{
	busywait 3000 tux_stat_is "$@"
}

# open_sockets_are N: those that nobody has closed here, which one that is forgotten stays:
# ESTABLISHED and CLOSE_WAIT
open_sockets_are()
{
	[ "$(sockets | grep -cE '^0[18]')" -eq "$1" ]
}

both_workers_have_some()
{
	! worker_is 0 connections 0 && ! worker_is 1 connections 0
}

# lines [ADDRESS]: connections, of one address
lines()
{
	grep -c "^${1:-.*}:[0-9]* [a-z]" "$TUX_PROC/connections"
}

# refused: sets REFUSED to how many were since the last call.
refused_before=0
refused()
{
	REFUSED=$(($(tux_stat accept_per_ip) - refused_before))
	refused_before=$((refused_before + REFUSED))
}

# nothing_left NAME: all places are free again.
nothing_left()
{
	check "$1: all are closed" wait_gone
	is "$1: no address is remembered" "$(tux_stat client_addresses)" 0
}

# --- each address its N, over both workers ---

# None of these is one too many, so those of either CPU come in.
hold_from 127.0.0.3 $N
check "an address has N, and both workers have some" both_workers_have_some
end_held
nothing_left "an address with N"
hold_from 127.0.0.1 40
is "of forty connections N are let in" "$(lines)" $N
refused
is "the others are refused" $REFUSED $((40 - N))
is "the gauge agrees" "$(tux_stat connections)" $N
check "no socket of a refused one stays" busywait 3000 open_sockets_are $N
is "another is not answered" "$(send --statuses "$GET10" 2>/dev/null)" ""
refused
is "but reset" $REFUSED 1
is "another address is served" "$(send --statuses --source 127.0.0.2 "$GET10")" 200
wait_is connections $N
hold_from 127.0.0.2 20
is "a second address has N as well" "$(lines 127.0.0.2)" $N
refused
is "and not one more" $REFUSED $((20 - N))
if [ -e /proc/net/tcp6 ]; then
	hold_from ::1 20
	is "so has an IPv6 address" "$(lines '\[::1\]')" $N
	refused
	is "and not one more either" $REFUSED $((20 - N))
	hold_from ::ffff:127.0.0.1 4
	refused
	is "an IPv4-mapped address is the IPv4 address" $REFUSED 4
	is "three addresses are remembered" "$(tux_stat client_addresses)" 3
else
	skip "IPv6" "not on this machine"
fi
end_held
nothing_left "closed by the client"

# --- however they end ---

hold_from 127.0.0.1 10 --rst
is "again N are let in" "$(lines)" $N
end_held
nothing_left "reset by the client"

tux_set header_timeout 1
hold_from 127.0.0.1 10
nothing_left "closed by a timeout"
end_held
tux_set header_timeout 0

accepted=$(tux_stat accepted)
hold_from 127.0.0.1 $N --send 'nonsense\r\n\r\n'
is "with refused requests N are let in as well" $(($(tux_stat accepted) - accepted)) $N
end_held
nothing_left "refused requests"

# Found dead when it is their turn: one has the only slot meanwhile.
tux_set max_connections 1
hold 1 "$ADDR" "$PORT"
blocker=$HELD
wait_is connections 1
"$TUXCLIENT" hold --rst --source 127.0.0.3 "$ADDR" "$PORT" 9 </dev/null >/dev/null
check "nine come and go while they wait" wait_is accept_queue 9
dead=$(tux_stat accept_dead)
tux_set max_connections 1000
check "they are found dead" wait_is accept_dead $((dead + 9))
is "and are counted no more" "$(tux_stat client_addresses)" 1
end_pid "$blocker"
nothing_left "found dead"

# --- many that come and go, on both CPUs ---

for cpu in 0 1; do
	spawn "$WORKDIR/load$cpu" taskset -c $cpu "$TUXCLIENT" load --concurrency 20 \
		--connections 400 --requests 2 --time 30 "$ADDR" "$PORT"
	load[cpu]=$SPAWNED
done
max=0
while [ -d "/proc/${load[0]}" ] || [ -d "/proc/${load[1]}" ]; do
	n=$(lines)
	[ "$n" -le $max ] || max=$n
done
between "a load of forty clients has never more than N" $max 1 $N
nothing_left "the load"
refused
between "some of it was refused" $REFUSED 1 800
between "some of it was served" "$(awk '$1 == "replies" { print $2 }' "$WORKDIR/load0")" 1 800

# --- live ---

tux_set max_connections_per_ip 0
hold_from 127.0.0.1 8
is "without a limit all eight are let in" "$(lines)" 8
is "and nothing is counted" "$(tux_stat client_addresses)" 0
tux_set max_connections_per_ip $N
is "switched on, the eight count" "$(tux_stat client_addresses)" 1
hold_from 127.0.0.1 2
refused
is "no more come in" $REFUSED 2
is "nobody is closed" "$(lines)" 8
tux_set max_connections_per_ip 10
hold_from 127.0.0.1 6
refused
is "raised to ten, two more come in" "$(lines) $REFUSED" "10 4"
tux_set max_connections_per_ip 0
hold_from 127.0.0.1 4
is "lifted, all come in" "$(lines)" 14
tux_set max_connections_per_ip 15
hold_from 127.0.0.1 4
refused
is "at fifteen, counted or not before, one more does" "$(lines) $REFUSED" "15 3"
end_held
nothing_left "after the changes"

# --- stopped with connections open, started with the limit on ---

hold_from 127.0.0.1 4
tux_stop
is "stopped, no address is remembered" "$(tux_stat client_addresses)" 0
end_held
tux_set max_connections_per_ip 2
tux_start || die "the server does not start"
hold_from 127.0.0.1 6
refused
is "started again, the limit holds" "$(lines) $REFUSED" "2 4"
