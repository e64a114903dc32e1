#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Stopping and unloading while every kind of connection is open: idle, waiting
# to be accepted, half-open, in a request, in an answer, and a load on top. It
# returns soon and leaves nothing behind; and start and stop, again and again
# under load.
# timeout: 120
# cpus: 2

# A network namespace of its own, which goes with the test.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

RAWTCP=$(dirname "$TUXCLIENT")/rawtcp
HALF_OPEN=

# Half-open clients come from an address that nobody has.
! client_beside || HALF_OPEN=1
echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets

setup header_timeout=0 keepalive_timeout=0 send_timeout=0 max_connections=90
truncate -s 16M "$DOCROOT/big"

# keep N [OPTION...]: connections in the background
keep()
{
	local n=$1
	shift

	"$TUXCLIENT" hold --wait-signal --rcvbuf 4096 "$@" "$ADDR" "$PORT" "$n" \
		>>"$WORKDIR/kept" 2>&1 &
	KEPT+=($!)
	at_exit end_pid $!
}

# besiege: open all kinds of connections. relieve: end the clients.
besiege()
{
	KEPT=()
	keep 20 --send "$GET11"
	keep 20
	keep 20 --send 'GET / HTTP/1.1\r\nHo'
	keep 10 --send 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n'
	keep 10 --send 'nonsense\r\n\r\n'
	busywait 10000 tux_stat_is connections 80 || note "$(cat "$WORKDIR/kept")"
	if [ -n "$HALF_OPEN" ]; then
		ip netns exec "$C" "$RAWTCP" veth0 $NOBODY.1 20000 10 $SERVER "$PORT" \
			syn synack:3000 >"$WORKDIR/raw"
		tux_stat_is syn_queue 10 || note "half-open: $(tux_stat syn_queue)"
	fi
	"$TUXCLIENT" load --concurrency 40 --connections 1000000 --requests 3 --time 100 \
		"$ADDR" "$PORT" >"$WORKDIR/load" 2>&1 &
	KEPT+=($!)
	at_exit end_pid $!
	busywait 10000 tux_stat_ge requests $(($(tux_stat requests) + 50)) || note "no load"
}

relieve()
{
	local pid

	for pid in "${KEPT[@]}"; do
		end_pid "$pid"
	done
}

# soon COMMAND...: it returns within five seconds
soon()
{
	local before

	before=$(now_ms)
	"$@" || return
	before=$(($(now_ms) - before))
	echo "it took $before ms"
	[ "$before" -lt $((5000 * TUX_SLOW)) ]
}

nothing_left()
{
	! port_sockets | grep .
}

slab_gone()
{
	! grep -q '^tux_' /proc/slabinfo && [ ! -e /sys/kernel/slab/tux_conn ]
}

check "the connections have a slab of their own" grep -q '^tux_conn ' /proc/slabinfo

# --- stop ---

besiege
check "stop returns soon" soon tux_stop
is "connections is 0" "$(tux_stat connections)" 0
read -r accepted closed < <(tux_stats accepted closed)
is "all that were accepted are closed" "$accepted" "$closed"
is "nobody waits" "$(tux_stats accept_queue syn_queue work_pending)" "0 0 0"
check "no worker is left" eval '! worker_pid 0'
check "nobody listens" eval '! listening'
check "it starts again under the load" soon tux_start
check "and serves" busywait 10000 tux_stat_ge requests $(($(tux_stat requests) + 50))
relieve
check "everybody goes" busywait 10000 tux_stat_is connections 0

# --- unload ---

besiege
check "rmmod returns soon" soon rmmod tux
check "the module is gone" eval '! grep -q "^tux " /proc/modules'
check "so are its files" eval '[ ! -e "$TUX_PROC" ] && [ ! -e "$TUX_SYSCTL" ]'
check "so is its memory" busywait 5000 slab_gone
check "so are its threads" eval '! worker_pid 0'
relieve
check "no socket stays" busywait 20000 nothing_left

# --- again and again ---

tux_load || die "the module does not load again"
for setting in "documentroot=$DOCROOT" "port=$PORT" threads=1; do
	tux_set "${setting%%=*}" "${setting#*=}"
done
tux_start
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 30 --connections 10000000 --requests 3 \
	--time 100 "$ADDR" "$PORT"
restarts()
{
	local i before n

	n=$(less 20)
	for ((i = 0; i < n; i++)); do
		tux_start || return
		before=$(tux_stat requests)
		busywait 5000 tux_stat_ge requests $((before + 10)) || return
		tux_stop || return
		tux_stat_is connections 0 || return
	done
}
check "start and stop under load, again and again" restarts
tux_start
check "then it serves" busywait 5000 eval '[ "$(status /)" = 200 ]'
check "rmmod while it serves under load" soon rmmod tux
end_pid "$SPAWNED"
check "memory is gone again" busywait 5000 slab_gone
