#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# threads, live: workers come and go while clients are connected, wait and load;
# nobody is closed, nobody is forgotten, no request is lost.
# timeout: 90
# cpus: 2

. "$(dirname "$0")/common.bash"

[ "$(nproc)" -ge 2 ] || skip_all "one CPU only"

setup threads=2 header_timeout=0 keepalive_timeout=0
at_exit one_cpu
one_cpu 1 || die "the clients cannot be sent to one listener"

# ask: one more request on a connection that coproc keeps open; the status line
ask()
{
	local line status=

	printf 'GET / HTTP/1.1\r\nHost: test\r\n\r\n' >&6
	while IFS= read -r -t 10 line <&6; do
		line=${line%$'\r'}
		[ -n "$line" ] || break
		[ -n "$status" ] || status=$line
		[[ $line != Content-Length:* ]] || length=${line#*: }
	done
	IFS= read -r -t 10 -N "${length:-0}" line <&6
	echo "$status"
}

# --- a worker retires with connections ---

hold 3 "$ADDR" "$PORT"
held=$HELD
exec 6<>"/dev/tcp/$ADDR/$PORT" || die "no connection"
is "a client of worker 1 is answered" "$(ask)" "HTTP/1.1 200 OK"
is "worker 1 has four" "$(worker_shows 1 connections)" 4
read -r listeners _ < <(listening | wc -l)
tux_set threads 1
is "threads=1: a retired worker is shown as long as it has connections" "$(workers)" "0 1"
is "it has them all" "$(worker_shows 1 connections)" 4
is "and no listener" "$(worker_shows 1 listeners)" 0
is "the other one has all listeners" "$(worker_shows 0 listeners)" "$listeners"
is "all of which are open" "$(listening | wc -l)" "$listeners"
is "its client is still answered" "$(ask)" "HTTP/1.1 200 OK"
hold 2 "$ADDR" "$PORT" 6>&-
check "newcomers go to the other one" busywait 3000 worker_is 0 connections 2
is "and not to it" "$(worker_shows 1 connections)" 4
exec 6>&-
end_pid "$held"
check "when its last connection is gone it is shown no more" busywait 3000 eval '[ "$(workers)" = 0 ]'
is "nobody was reset" "$(tux_stat aborted)" 0

# --- and comes back ---

pid=$(worker_pid 1)
tux_set threads 2
is "threads=2: it is back" "$(workers)" "0 1"
is "the same thread" "$(worker_pid 1)" "$pid"
is "on its CPU" "$(worker_shows 1 cpu) $(taskset -p "$pid" | sed 's/.*: //')" "1 2"
hold 2 "$ADDR" "$PORT"
check "and accepts" busywait 3000 worker_is 1 connections 2

# --- clients that wait change hands ---

tux_stop
tux_set max_connections 1
tux_start
hold 1 "$ADDR" "$PORT"
check "worker 1 has the only slot" busywait 3000 worker_is 1 connections 1
spawn "$WORKDIR/late" "$TUXCLIENT" send --timeout 30000 --statuses "$ADDR" "$PORT" "$GET10"
late=$SPAWNED
check "one waits for it" busywait 3000 worker_is 1 accept_queue 1
tux_set threads 1
is "threads=1: it waits for worker 0 now" "$(worker_shows 0 accept_queue)" 1
tux_set max_connections 100
check "which serves it" busywait 5000 grep -qx 200 "$WORKDIR/late"
wait "$late"
end_pid "$HELD"
wait_gone

# --- numbers ---

tux_set threads 7
is "threads=7: seven workers" "$(workers)" "0 1 2 3 4 5 6"
is "each listener belongs to one of them" \
	"$(awk 'NR > 1 { n += $8 } END { print n }' "$TUX_PROC/workers")" "$listeners"
is "served" "$(status /)" 200
tux_set threads 0
is "threads=0: one for each CPU" "$(workers | wc -w)" "$(nproc)"
check_fails "threads=257 is refused" tux_set threads 257
is "and changes nothing" "$(workers | wc -w)" "$(nproc)"

# --- under load ---

one_cpu
tux_set max_connections 1000
wait_gone
settle
read -r requests accepted < <(tux_stats requests accepted)
n=$(less 1500)
check "changes under load lose no request" eval '
	"$TUXCLIENT" load --concurrency 30 --connections $n --requests 2 \
		--time $((40 * TUX_SLOW)) --timeout 20000 "$ADDR" "$PORT" >"$WORKDIR/load" &
	load=$!
	while [ -d "/proc/$load" ]; do
		for threads in 1 2 5 1 0; do
			tux_set threads $threads
			echo $threads >>"$WORKDIR/changes"
		done
	done
	wait "$load"'
is "every one was answered" "$(awk '$1 == "replies" { print $2 }' "$WORKDIR/load")" $((n * 2))
is "without an error" "$(awk '$1 == "errors" { print $2 }' "$WORKDIR/load")" 0
check "there were changes" [ "$(wc -l <"$WORKDIR/changes")" -ge 10 ]
wait_gone
settle
read -r requests2 accepted2 closed2 < <(tux_stats requests accepted closed)
is "the server counted as many" "$((requests2 - requests)) $((accepted2 - accepted))" "$((n * 2)) $n"
is "the books balance" "$accepted2" "$closed2"
check "and it stops" tux_stop
