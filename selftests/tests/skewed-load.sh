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
n=$(less 400)
load 60 "$n" >"$WORKDIR/load"
is "over three slots everybody is served" \
	"$(awk '$1 == "replies" { print $2 }' "$WORKDIR/load")" "$n"
wait_gone
hold 60 "$ADDR" "$PORT"
check "of sixty that stay fifty-seven wait" busywait 5000 tux_stat_is accept_queue 57
is "and three are let in" "$(tux_stat connections)" 3
end_pid "$HELD"
tux_set max_connections 1000
wait_gone

# --- nobody to help ---

tux_set threads 1
stolen=$(tux_stat accepts_stolen)
check "with one worker" load 60 "$(less 600)"
is "nothing is taken over" "$(tux_stat accepts_stolen)" "$stolen"
