#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What stands in /proc/net/tux: the form of stat, workers and connections, the
# names that others rely on, counters that never go backwards.

. "$(dirname "$0")/common.bash"

setup header_timeout=0 keepalive_timeout=0
truncate -s 16M "$DOCROOT/big"

# --- stat ---

is "stat: every line is a name and a number" \
	"$(grep -cvE '^[a-z][a-z0-9_]* [0-9]+$' "$TUX_PROC/stat")" 0
is "stat: no name twice" "$(cut -d ' ' -f 1 "$TUX_PROC/stat" | sort | uniq -d)" ""
missing=
for name in connections connections_max accept_queue syn_queue work_pending \
	accepted closed requests bytes_sent accept_phases work_phases work_items sleeps \
	drop_synq_full drop_acceptq_full drop_request drop_listen_overflow drop_admission \
	status_200 status_206 status_301 status_304 status_400 status_403 status_404 status_405 \
	status_408 status_414 status_431 status_500 status_501 status_503 status_505 \
	timeout_header timeout_keepalive timeout_send log_lost; do
	tux_stat $name >/dev/null 2>&1 || missing+=" $name"
done
is "stat: the names that others rely on" "$missing" ""

# --- connections ---

"$TUXCLIENT" hold --wait-signal --send "$GET11" "$ADDR" "$PORT" 3 >"$WORKDIR/idle" 2>&1 &
at_exit end_pid $!
"$TUXCLIENT" hold --wait-signal --send 'GET /b' "$ADDR" "$PORT" 2 >"$WORKDIR/reading" 2>&1 &
at_exit end_pid $!
"$TUXCLIENT" hold --wait-signal --rcvbuf 4096 --send 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n' \
	"$ADDR" "$PORT" 4 >"$WORKDIR/sending" 2>&1 &
at_exit end_pid $!
busywait 5000 tux_stat_is connections 9
settle
is "connections: the heading" "$(head -n 1 "$TUX_PROC/connections")" "peer state age requests bytes"
line='^127\.0\.0\.1:[0-9]+ (reading|idle|sending) [0-9]+ [0-9]+ [0-9]+$'
is "connections: a line each" "$(grep -cE "$line" "$TUX_PROC/connections")" 9
is "connections: the states" \
	"$(awk 'NR > 1 { n[$2]++ } END { print n["idle"], n["reading"], n["sending"] }' \
		"$TUX_PROC/connections")" "3 2 4"
answer=$(send --half-close "$GET11" | wc -c)
is "connections: requests and bytes of an idle one" \
	"$(awk '$2 == "idle" { print $4, $5 }' "$TUX_PROC/connections" | sort -u)" "1 $answer"
if [ -e /proc/net/if_inet6 ] && ip -6 addr show dev lo | grep -q ::1; then
	hold 1 ::1 "$PORT"
	check "connections: an IPv6 peer stands in brackets" \
		busywait 3000 grep -qE '^\[::1\]:[0-9]+ ' "$TUX_PROC/connections"
	end_pid "$HELD"
else
	skip "connections: an IPv6 peer stands in brackets" "no IPv6 here"
fi
is "connections is for root alone" "$(stat -c %a "$TUX_PROC/connections")" 400
is "stat and workers are for everybody" \
	"$(stat -c %a "$TUX_PROC/stat" "$TUX_PROC/workers" | xargs)" "444 444"
check_fails "nothing of it can be written" sh -c "echo 1 >$TUX_PROC/stat"

# --- workers ---

is "workers: the heading" "$(head -n 1 "$TUX_PROC/workers")" \
	"worker cpu accept_queue work_pending accept_phases work_phases mean_accepts listeners connections"
line='^0 [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+\.[0-9][0-9] [0-9]+ [0-9]+$'
is "workers: a line each" "$(grep -cE "$line" "$TUX_PROC/workers")" 1

# --- under load ---

# Read in pieces, as slow readers do.
check "connections can be read byte by byte" eval \
	'[ "$(dd if="$TUX_PROC/connections" bs=1 2>/dev/null | wc -l)" -ge 10 ]'

# backwards: counters that are lower in the second look than in the first
backwards()
{
	awk 'NR == FNR { was[$1] = $2; next } $2 + 0 < was[$1] + 0 { print $1, was[$1], $2 }' "$1" "$2"
}

spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 20 --connections 10000000 --requests 3 \
	--time $((30 * TUX_SLOW)) "$ADDR" "$PORT"
counters >"$WORKDIR/old"
bad=
for i in 1 2 3 4 5 6 7 8 9 10; do
	counters >"$WORKDIR/new"
	bad+=$(backwards "$WORKDIR/old" "$WORKDIR/new")
	mv "$WORKDIR/new" "$WORKDIR/old"
	cat "$TUX_PROC/connections" "$TUX_PROC/workers" >/dev/null || bad+=" unreadable"
	[ "$i" != 5 ] || { tux_stop; tux_start; }
done
is "under load, over a stop and a start, no counter goes backwards" "$bad" ""
end_pid "$SPAWNED"
settle
read -r accepted closed connections < <(tux_stats accepted closed connections)
is "accepted - closed is connections" $((accepted - closed)) "$connections"
