#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# accept_limit, changed while clients wait and while a load runs: it bounds the
# accepts of an accept-phase from the next one on.

. "$(dirname "$0")/common.bash"

setup max_connections=1 header_timeout=0 keepalive_timeout=0

# burst N LIMIT: N clients wait in the accept queue while the only slot is taken;
# then the slots come free under that limit. Sets accepts and phases.
burst()
{
	local a p blocker

	tux_set max_connections 1
	tux_set accept_limit "$2"
	hold 1 "$ADDR" "$PORT" || return
	blocker=$HELD
	busywait 3000 tux_stat_is connections 1 || return
	hold "$1" "$ADDR" "$PORT" || return
	busywait 3000 tux_stat_is accept_queue "$1" || return
	a=$(tux_stat accepted)
	p=$(tux_stat accept_phases)
	tux_set max_connections 1000
	busywait 3000 tux_stat_is connections $(($1 + 1)) || return
	settle
	accepts=$(($(tux_stat accepted) - a))
	phases=$(($(tux_stat accept_phases) - p))
	end_pid "$HELD"
	end_pid "$blocker"
	wait_gone
}

burst 40 1
is "accept_limit=1: forty waiting clients are accepted" "$accepts" 40
is "accept_limit=1: in as many phases" "$phases" 40
burst 40 7
is "accept_limit=7: forty" "$accepts" 40
is "accept_limit=7: in six phases" "$phases" 6
burst 40 0
is "accept_limit=0: forty" "$accepts" 40
is "accept_limit=0: in one phase" "$phases" 1
burst 40 40
is "accept_limit=40: in one phase" "$phases" 1
burst 40 39
is "accept_limit=39: in two" "$phases" 2

# --- under load ---

look()
{
	read -r seen_a seen_p < <(tux_stats accepted accept_phases)
}

# change LIMIT: set it, and count the accepts and phases after that in a and p.
change()
{
	local first

	tux_set accept_limit "$1"
	# The phase that was going on may still have the old one.
	first=$(tux_stat accept_phases)
	busywait 5000 tux_stat_ge accept_phases $((first + 2))
	look
	busywait 20000 enough
	read -r a p < <(tux_stats accepted accept_phases)
	a=$((a - seen_a))
	p=$((p - seen_p))
	note "accept_limit=$1: $a accepts in $p phases"
}

enough()
{
	[ "$(tux_stat accepted)" -ge $((seen_a + $(less 300))) ]
}

tux_set accept_limit 0
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 60 --connections 100000 \
	--time $((30 * TUX_SLOW)) \
	"$ADDR" "$PORT"
load=$SPAWNED
look
check "the load runs" busywait 20000 enough
for round in 1 2; do
	change 1
	# A phase may have begun and its accept not be counted yet.
	between "round $round, accept_limit=1: phases and accepts are the same" $((a - p)) -1 1
	change 0
	between "round $round, accept_limit=0: a phase has more" $((100 * a / p)) 101 1000000
done
end_pid "$load"
wait_gone

# With the load over, nothing moves while the two are read: exact.
tux_set accept_limit 1
a=$(tux_stat accepted)
p=$(tux_stat accept_phases)
n=$(less 400)
"$TUXCLIENT" load --concurrency 40 --connections "$n" --time $((30 * TUX_SLOW)) \
	--timeout $((5000 * TUX_SLOW)) "$ADDR" "$PORT" >"$WORKDIR/load"
wait_gone
settle
is "a load under accept_limit=1: an accept for each connection" $(($(tux_stat accepted) - a)) "$n"
is "are exactly as many phases" $(($(tux_stat accept_phases) - p)) "$n"
is "and every request was answered" "$(awk '$1 == "errors" { print $2 }' "$WORKDIR/load")" 0

read -r _ _ _ _ phases _ mean _ < <(tail -n 1 "$TUX_PROC/workers")
is "workers shows the phases" "$phases" "$(tux_stat accept_phases)"
hundredths=$(($(tux_stat accepted) * 100 / phases))
is "and the mean" "$mean" "$(printf '%d.%02d' $((hundredths / 100)) $((hundredths % 100)))"
