#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# All clients arrive on one CPU: the worker of the other one, which has none, takes
# over, as long as there is too much for one. A light load stays where it arrives.
# timeout: 90
# cpus: 2

. "$(dirname "$0")/common.bash"

[ "$(nproc)" -ge 2 ] || skip_all "one CPU only"

setup threads=2 header_timeout=0 keepalive_timeout=0
at_exit one_cpu
one_cpu 0 || die "the clients cannot be sent to one listener"

# accepts_at_all N: has worker N begun an accept-phase yet?
accepts_at_all()
{
	[ "$(worker_shows "$1" accept_phases)" -gt 0 ]
}

# load CONCURRENCY CONNECTIONS [OPTION...]
load()
{
	local c=$1 n=$2
	shift 2

	"$TUXCLIENT" load --concurrency "$c" --connections "$n" --time 80 --timeout 20000 "$@" \
		"$ADDR" "$PORT"
}

check "one client after the other" load 1 60
is "is nobody else's business" "$(tux_stat accepts_stolen)" 0
check_fails "the other worker has not even looked" accepts_at_all 1

check "sixty at once, on one listener" load 60 1500
stolen=$(tux_stat accepts_stolen)
note "$stolen of 1500 were taken over"
check "the other worker took some over" [ "$stolen" -gt 0 ]
check "both accepted" eval 'accepts_at_all 0 && accepts_at_all 1'
wait_gone
settle
read -r accepted closed requests < <(tux_stats accepted closed requests)
is "none is lost, none counted twice" "$accepted $closed $requests" "1560 1560 1560"

# --- accept_limit counts for what is taken over, too ---

tux_set accept_limit 1
read -r phases accepted stolen < <(tux_stats accept_phases accepted accepts_stolen)
check "sixty at once with accept_limit=1" load 60 1000
wait_gone
settle
read -r phases2 accepted2 stolen2 < <(tux_stats accept_phases accepted accepts_stolen)
check "some were taken over again" [ $((stolen2 - stolen)) -gt 0 ]
is "1000 accepts" $((accepted2 - accepted)) 1000
check "a phase accepted one at most" [ $((phases2 - phases)) -ge 1000 ]
tux_set accept_limit 0

# --- the limit of connections is kept ---

tux_set max_connections 3
most=0
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 60 --connections 400 --time 80 \
	--timeout 30000 "$ADDR" "$PORT"
while [ -d "/proc/$SPAWNED" ] && ! grep -q replies "$WORKDIR/load"; do
	n=$(tux_stat connections)
	[ "$n" -le "$most" ] || most=$n
done
wait "$SPAWNED"
is "over three slots everybody is served" \
	"$(awk '$1 == "replies" { print $2 }' "$WORKDIR/load")" 400
between "and never more than three at once" "$most" 1 3
tux_set max_connections 1000

# --- nobody to help ---

tux_set threads 1
stolen=$(tux_stat accepts_stolen)
check "with one worker" load 60 600
is "nothing is taken over" "$(tux_stat accepts_stolen)" "$stolen"
