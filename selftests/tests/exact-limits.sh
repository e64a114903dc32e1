#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# max_connections and max_connections_per_ip let in exactly N also when accepting fails
# half way: no memory for a connection or for its client's address, a client that has
# gone while it waited, one that is not wanted, a server whose start failed. None of these
# keeps a slot, and none gives one back twice.
# timeout: 180

. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/faults.bash"

N=5
# So many fail first, and so many come after the N.
FAIL=4
MORE=3

faults_new
setup header_timeout=0 keepalive_timeout=0

# stats_are "NAME..." "VALUE..."
stats_are()
{
	# shellcheck disable=SC2086 # names
	[ "$(tux_stats $1)" = "$2" ]
}

# none_left NAME
none_left()
{
	check "$1: all places are free again" busywait 5000 stats_are \
		"connections accept_queue client_addresses" "0 0 0"
}

# exactly NAME FAILED: so many clients are turned away, N are let in, the others wait.
exactly()
{
	hold $(($2 + N + MORE)) "$ADDR" "$PORT"
	busywait 5000 stats_are "connections accept_queue" "$N $MORE"
	settle
	is "$1: N are let in, the others wait" "$(tux_stats connections accept_queue)" "$N $MORE"
	end_pid "$HELD"
	none_left "$1"
}

# exactly_per_ip NAME FAILED: the same of one address, but the others are refused.
exactly_per_ip()
{
	local refused

	refused=$(tux_stat accept_per_ip)
	hold $(($2 + N + MORE)) "$ADDR" "$PORT"
	busywait 5000 stats_are "connections accept_per_ip" "$N $((refused + MORE))"
	settle
	is "$1: of an address N are let in, the others refused" \
		"$(tux_stats connections accept_per_ip client_addresses)" "$N $((refused + MORE)) 1"
	end_pid "$HELD"
	none_left "$1"
}

# limit CONNECTIONS PER_IP
limit()
{
	tux_set max_connections "$1"
	tux_set max_connections_per_ip "$2"
}

# --- calls that fail while a connection is accepted ---

sites=0
while read -r site callee value; do
	# What a table does while it is being enlarged is not to be had at will.
	[[ $site =~ ^tux_(conn_(accept|alloc)|client_addr_[a-z]*)\+ && $value != - &&
		$callee != rh* ]] || continue
	sites=$((sites + 1))
	name="no $callee in ${site%+*}"
	for how in exactly exactly_per_ip; do
		[ $how = exactly ] && limit $N 1000 || limit 1000 $N
		nomem=$(tux_stat accept_nomem)
		fault "$site" "$value" $FAIL
		$how "$name, $how" $FAIL
		is "$name, $how: it was so" $(($(tux_stat accept_nomem) - nomem)) $FAIL
		no_faults
	done
done <"$WORKDIR/sites"
is "two calls can fail while a connection is accepted" $sites 2
limit $N 1000
exactly "all calls work again" 0

# Under load, and now and then: the gauge is looked at as often as can be.
hold 1 "$ADDR" "$PORT"
nomem=$(tux_stat accept_nomem)
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 20 --connections 10000000 \
	--requests 1 --time $((3 + 2 * TUX_SLOW)) "$ADDR" "$PORT"
max=0
while [ -d "/proc/$SPAWNED" ]; do
	while read -r site callee value; do
		[[ ! $site =~ ^tux_(conn_(accept|alloc)|client_addr_count)\+ || $value = - ]] ||
			fault "$site" "$value" 3
	done <"$WORKDIR/sites"
	for ((i = 0; i < 50; i++)); do
		n=$(tux_stat connections)
		[ "$n" -le "$max" ] || max=$n
	done
	no_faults
done
between "a load over N slots has never more than N, whatever fails" "$max" 1 $N
between "some of it failed" $(($(tux_stat accept_nomem) - nomem)) 1 10000000
between "some of it was served" "$(awk '$1 == "replies" { print $2 }' "$WORKDIR/load")" \
	1 10000000
end_pid "$HELD"
none_left "the load"
exactly "after the load" 0

# --- who waited, and has gone ---

# while_full CLIENT...: N have all slots, FAIL clients come that will not be there when it is
# their turn, then N + MORE others. Then the first N go.
while_full()
{
	local first

	hold $N "$ADDR" "$PORT"
	first=$HELD
	busywait 3000 tux_stat_is connections $N
	"$@"
	busywait 3000 tux_stat_is accept_queue $FAIL || note "they do not wait"
	hold $((N + MORE)) "$ADDR" "$PORT"
	busywait 3000 tux_stat_is accept_queue $((FAIL + N + MORE)) || note "not all wait"
	end_pid "$first"
	busywait 5000 stats_are "connections accept_queue" "$N $MORE"
	settle
}

reset_them()
{
	"$TUXCLIENT" hold --rst "$ADDR" "$PORT" $FAIL </dev/null >/dev/null
}

dead=$(tux_stat accept_dead)
while_full reset_them
is "N are let in after clients that had gone" "$(tux_stats connections accept_queue)" "$N $MORE"
is "these were found dead" $(($(tux_stat accept_dead) - dead)) $FAIL
end_pid "$HELD"
none_left "found dead"

half_close_them()
{
	local i

	for ((i = 0; i < FAIL; i++)); do
		spawn "$WORKDIR/gone.$i" "$TUXCLIENT" send --timeout 60000 --half-close \
			"$ADDR" "$PORT" "$GET10"
	done
	busywait 3000 eval "[ \$(port_sockets | grep -c '^08') -ge $FAIL ]" || note "no FIN yet"
}

tux_set abort_half_closed 1
gone=$(tux_stat half_closed)
while_full half_close_them
is "N are let in after clients that did not want it any more" \
	"$(tux_stats connections accept_queue)" "$N $MORE"
is "these were reset" $(($(tux_stat half_closed) - gone)) $FAIL
end_pid "$HELD"
none_left "reset"

# --- a start that fails half way ---

tux_stop
while read -r site callee value; do
	[ "$callee" != kthread_create_on_node ] || fault "$site" "$value" 1
done <"$WORKDIR/sites"
check_fails "a start without a thread fails" tux_start
no_faults
check "the next one does not" tux_start
exactly "started at the second time" 0
limit 1000 $N
exactly_per_ip "started at the second time, of an address" 0
