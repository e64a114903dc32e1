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

	"$TUXCLIENT" load --concurrency "$c" --connections "$n" --time $((40 * TUX_SLOW)) \
		--timeout $((10000 * TUX_SLOW)) "$@" \
		"$ADDR" "$PORT"
}

check "one client after the other" load 1 60
is "is nobody else's business" "$(tux_stat accepts_stolen)" 0
check_fails "the other worker has not even looked" accepts_at_all 1

n=$(less 1500)
check "sixty at once, on one listener" load 60 "$n"
stolen=$(tux_stat accepts_stolen)
note "$stolen of $n were taken over"
check "the other worker took some over" [ "$stolen" -gt 0 ]
check "both accepted" eval 'accepts_at_all 0 && accepts_at_all 1'
wait_gone
settle
read -r accepted closed requests < <(tux_stats accepted closed requests)
is "none is lost, none counted twice" "$accepted $closed $requests" "$((n + 60)) $((n + 60)) $((n + 60))"

# --- accept_limit counts for what is taken over, too ---

tux_set accept_limit 1
read -r phases accepted stolen < <(tux_stats accept_phases accepted accepts_stolen)
n=$(less 1000)
check "sixty at once with accept_limit=1" load 60 "$n"
wait_gone
settle
read -r phases2 accepted2 stolen2 < <(tux_stats accept_phases accepted accepts_stolen)
check "some were taken over again" [ $((stolen2 - stolen)) -gt 0 ]
is "as many accepts" $((accepted2 - accepted)) "$n"
check "a phase accepted one at most" [ $((phases2 - phases)) -ge "$n" ]
tux_set accept_limit 0

# --- the limit of connections is kept ---

tux_set max_connections 3
most=0
n=$(less 400)
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 60 --connections "$n" --time 80 \
	--timeout 30000 "$ADDR" "$PORT"
while [ -d "/proc/$SPAWNED" ] && ! grep -q replies "$WORKDIR/load"; do
	now=$(tux_stat connections)
	[ "$now" -le "$most" ] || most=$now
done
wait "$SPAWNED"
is "over three slots everybody is served" \
	"$(awk '$1 == "replies" { print $2 }' "$WORKDIR/load")" "$n"
between "and never more than three at once" "$most" 1 3
tux_set max_connections 1000

# --- nobody to help ---

tux_set threads 1
stolen=$(tux_stat accepts_stolen)
check "with one worker" load 60 "$(less 600)"
is "nothing is taken over" "$(tux_stat accepts_stolen)" "$stolen"
