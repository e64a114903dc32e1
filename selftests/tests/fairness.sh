#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The well-behaved are served in time whoever else is connected: clients that
# pipeline without end, that send a byte at a time, that do not read what they asked
# for, and ten thousand that do nothing. docs/architecture.rst says why, and what
# the bound is.
# timeout: 240
# not on debug: it is about times, which mean nothing there

. "$(dirname "$0")/common.bash"

# Milliseconds that one reply in a hundred may take, with one worker on an emulated
# machine whose CPUs the clients share.
BOUND=$((150 * TUX_SLOW))
IDLE=$((10000 / TUX_SLOW))
PROBES=$(less 150)
DEPTH=$(less 200)

# With the default policy a work-phase ends when nobody has a request, and clients who send
# faster than the server answers keep newcomers out (docs/policy.rst).
setup accept_policy=auto max_connections=20000 header_timeout=0 keepalive_timeout=0 send_timeout=0
pattern 8000000 >"$DOCROOT/large"
# For both ends of ten thousand connections.
ulimit -n 30000

# probe NAME: PROBES new connections, one after another, a request each
probe()
{
	local p99 errors

	"$TUXCLIENT" load --connections "$PROBES" --concurrency 1 --time 120 --timeout 20000 \
		"$ADDR" "$PORT" >"$WORKDIR/probe"
	errors=$(awk '$1 == "errors" { print $2 }' "$WORKDIR/probe")
	p99=$(awk '$1 == "reply_ms_p99" { print $2 }' "$WORKDIR/probe")
	note "$1: $(awk '/^reply_ms/ { printf "%s %s  ", $1, $2 }' "$WORKDIR/probe")"
	is "$1: each request is answered" "$errors $(awk '$1 == "replies" { print $2 }' "$WORKDIR/probe")" "0 $PROBES"
	between "$1: in time" "${p99%.*}" 0 "$BOUND"
}

# leave: the others go, and nothing is left of them.
leave()
{
	end_pid "$1"
	wait_gone
}

probe "alone"

spawn "$WORKDIR/flood" "$TUXCLIENT" load --concurrency 8 --connections 8 --requests 100000000 \
	--depth "$DEPTH" --time 120 --timeout 60000 "$ADDR" "$PORT"
flood=$SPAWNED
before=$(tux_stat requests)
check "eight clients pipeline" busywait 10000 tux_stat_ge requests $((before + 10 * DEPTH))
probe "with eight that pipeline $DEPTH requests each"
is "they are still at it" "$(tux_stat connections)" 8
leave "$flood"

for n in 1 2 3 4 5 6 7 8; do
	spawn "$WORKDIR/slow$n" "$TUXCLIENT" send --bytewise --delay $((TUX_SLOW * TUX_SLOW)) \
		--repeat 1000 --timeout 100000 \
		"$ADDR" "$PORT" "$GET11"
	slow[n]=$SPAWNED
done
check "eight clients send a byte at a time" busywait 10000 tux_stat_ge connections 8
probe "with eight that send a byte at a time"
for n in 1 2 3 4 5 6 7 8; do
	end_pid "${slow[n]}"
done
wait_gone

before=$(tux_stat status_200)
spawn "$WORKDIR/readers" "$TUXCLIENT" hold --wait-signal --rcvbuf 4096 \
	--send 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n' "$ADDR" "$PORT" 300
readers=$SPAWNED
check "three hundred clients do not read" busywait 20000 tux_stat_ge status_200 $((before + 300))
probe "with three hundred that do not read eight megabytes"
is "they are still there" "$(tux_stat connections)" 300
leave "$readers"

before=$(tux_stat requests)
spawn "$WORKDIR/idle" "$TUXCLIENT" hold --wait-signal --timeout $((25000 * TUX_SLOW)) --send "$GET11" \
	"$ADDR" "$PORT" $IDLE
idle=$SPAWNED
check "ten thousand clients are served" busywait 60000 tux_stat_ge requests $((before + IDLE))
check "and stay" busywait 5000 tux_stat_is connections $IDLE
probe "with ten thousand that do nothing"
is "none of them is gone" "$(tux_stat connections)" $IDLE
leave "$idle"
