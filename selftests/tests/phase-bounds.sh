#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The bounds on phases, by count and by time, and accept_policy=auto: how many phases
# forty clients take who wait with their requests sent.

. "$(dirname "$0")/common.bash"

N=40
setup max_connections=1 header_timeout=0 keepalive_timeout=0

# Each asks once and leaves.
one_each()
{
	spawn "$WORKDIR/crowd" "$TUXCLIENT" load --concurrency $N --connections $N \
		--time $((30 * TUX_SLOW)) --timeout $((5000 * TUX_SLOW)) "$ADDR" "$PORT"
}

# Each asks for a hundred at once and stays.
AHEAD=100
many_each()
{
	local ahead

	printf -v ahead "%${AHEAD}s" ''
	spawn "$WORKDIR/crowd" "$TUXCLIENT" hold --wait-signal --send "${ahead// /$GET11}" \
		"$ADDR" "$PORT" $N
	busywait 10000 grep -q "^open $N" "$WORKDIR/crowd"
}

# crowd [NAME=VALUE...]: N clients wait, with their requests sent, while the only slot is
# taken; then it comes free, under these tunables, and $left connections, with the
# blocker's, are left.
# Sets accepts, accept_phases, items and work_phases.
come=one_each
left=1
answers=$N
crowd()
{
	local before after blocker clients setting seen

	tux_set max_connections 1
	hold 1 "$ADDR" "$PORT" || return
	blocker=$HELD
	busywait 3000 tux_stat_is connections 1 || return
	$come || return
	clients=$SPAWNED
	busywait 5000 tux_stat_is accept_queue $N || return
	for setting in "$@"; do
		tux_set "${setting%%=*}" "${setting#*=}" || return
	done
	settle
	before=$(tux_stats accepted accept_phases work_items work_phases)
	seen=$(tux_stat requests)
	tux_set max_connections 1000
	busywait 20000 tux_stat_ge requests $((seen + answers)) || return
	busywait 20000 tux_stat_is connections $left || return
	settle
	after=$(tux_stats accepted accept_phases work_items work_phases)
	end_pid "$clients"
	end_pid "$blocker"
	wait_gone
	for setting in "$@"; do
		tux_set "${setting%%=*}" "$(tux_default "${setting%%=*}")" || return
	done
	# shellcheck disable=SC2086
	set -- $before $after
	accepts=$(($5 - $1)) accept_phases=$(($6 - $2))
	items=$(($7 - $3)) work_phases=$(($8 - $4))
	note "$accepts accepts in $accept_phases phases, $items items in $work_phases"
}

tux_default()
{
	case $1 in
	accept_interval) echo 1 ;;
	accept_policy) echo fixed ;;
	max_backlog) echo 2048 ;;
	*) echo 0 ;;
	esac
}

crowd || die "the crowd does not come"
is "forty are accepted" "$accepts" $N
is "in one phase" "$accept_phases" 1

crowd work_limit=5 || die "no crowd for work_limit"
between "work_limit=5: no work-phase has more than five items" \
	"$work_phases" $(((items + 4) / 5)) "$items"
is "work_limit=5: the accepts do not care" "$accept_phases" 1

crowd accept_phase_usecs=1 || die "no crowd for accept_phase_usecs"
is "an accept-phase of one microsecond has one accept" "$accept_phases" $N

crowd work_phase_usecs=1 || die "no crowd for work_phase_usecs"
is "a work-phase of one microsecond has one item" "$work_phases" "$items"
is "work_phase_usecs=1: the accepts do not care" "$accept_phases" 1

crowd accept_phase_usecs=1000000 work_phase_usecs=1000000 || die "no crowd for long phases"
is "a second is enough for all" "$accept_phases" 1

crowd accept_interval=65535 work_limit=1 accept_limit=1 || die "no crowd for accept_interval"
is "an accept-phase each 65535 work-phases keeps nobody out who finds no work" "$accepts" $N

crowd accept_policy=auto || die "no crowd for auto"
is "auto: forty are accepted" "$accepts" $N
is "auto, room for more to wait: one by one" "$accept_phases" $N

# What comes in on one CPU is in one accept queue.
if [ "$(nproc)" = 1 ] || one_cpu 0; then
	crowd accept_policy=auto max_backlog=60 || die "no crowd for auto and a short queue"
	is "auto, a queue more than half full: all at once" "$accept_phases" 1
	crowd accept_policy=auto max_backlog=60 accept_limit=10 ||
		die "no crowd for auto with accept_limit"
	is "auto, accept_limit=10: ten, and one by one from half a queue on" "$accept_phases" 31
	crowd accept_policy=auto max_backlog=30 || die "no crowd for auto and a full queue"
	is "auto: a queue's length besides one, and then one by one" "$accept_phases" 10
else
	skip "auto, a queue more than half full" "several CPUs, several queues"
fi
[ "$(nproc)" = 1 ] || one_cpu || :

# Of many requests sent ahead each item answers some, and then the connection is at the
# tail of work_pending again.
come=many_each left=$((N + 1)) answers=$((N * AHEAD))
crowd || die "no crowd with pipelines"
between "fixed: a work-phase goes on with what comes back to the queue" \
	"$work_phases" 1 $(((items - 1) / N))
crowd accept_policy=auto || die "no crowd with pipelines for auto"
between "auto: a work-phase is a round, no client's turn comes twice" \
	"$work_phases" $(((items + N - 1) / N)) "$items"

# Overload: more clients than fit always wait. They do not share the queue's length.
tux_set accept_policy auto
tux_set max_backlog 16
read -r a p < <(tux_stats accepted accept_phases)
"$TUXCLIENT" load --concurrency 60 --connections "$(less 600)" \
	--time $((30 * TUX_SLOW)) --timeout $((15000 * TUX_SLOW)) \
	"$ADDR" "$PORT" >"$WORKDIR/load"
wait_gone
settle
is "auto: a load of sixty over a queue of seventeen is served" \
	"$(awk '$1 == "errors" { print $2 }' "$WORKDIR/load")" 0
read -r accepted phases < <(tux_stats accepted accept_phases)
note "$((accepted - a)) accepts in $((phases - p)) phases"
between "in phases of fewer than the queue holds" \
	$((10 * (accepted - a) / (phases - p))) 10 169
