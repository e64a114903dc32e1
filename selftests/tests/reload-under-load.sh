#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Loaded and unloaded, again and again, in the middle of mixed traffic: clients being
# served, idle, in half a request, in half an answer, half-open, and resetting, and the
# miss pool busy. rmmod always succeeds, and nothing grows: sockets, threads, slab
# objects, memory for CPUs, references on modules, on the document root and on
# the network namespace.
#
# TUX_RELOADS says how often; what grows is judged when it was at least
# four hundred times.
# timeout: 120
# cpus: 2

# A network namespace of its own, which goes with the test.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

RAWTCP=$(dirname "$TUXCLIENT")/rawtcp
RELOADS=${TUX_RELOADS:-$(less 12)}
# How often it was done when memory is looked at first: then all is there that stays.
WARM=2
HALF_OPEN=

! client_beside || HALF_OPEN=1
echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets

# A file system of its own: it can be unmounted only if nobody holds a file of it.
workdir || die "no directory"
mkdir "$WORKDIR/mnt"
mount -t tmpfs none "$WORKDIR/mnt" || die "mount"
at_exit eval 'umount "$WORKDIR/mnt" 2>/dev/null || :'
docroot_new mnt/docroot || die "no document root"
truncate -s 16M "$DOCROOT/big"
# A directory that takes a while to be read, by the miss pool.
mkdir "$DOCROOT/many"
for ((i = 0; i < 300; i++)); do
	: >"$DOCROOT/many/file$i"
done
chmod -R a+rX "$DOCROOT"
at_exit eval '! tux_loaded || rmmod tux'

# client NAME OPTION...: a client of a kind, in the background
client()
{
	"$TUXCLIENT" "$@" >/dev/null 2>&1 </dev/null &
	CLIENTS+=($!)
}

# traffic: clients of every kind
traffic()
{
	CLIENTS=()
	client hold --wait-signal --send "$GET11" "$ADDR" "$PORT" 10
	client hold --wait-signal --send 'GET / HTTP/1.1\r\nHo' "$ADDR" "$PORT" 10
	client hold --wait-signal --rcvbuf 4096 --send 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n' \
		"$ADDR" "$PORT" 5
	client load --concurrency 10 --connections 100000 --requests 3 --rate 200 --time 60 \
		"$ADDR" "$PORT"
	client load --concurrency 5 --connections 100000 --rate 200 --path /many/ --time 60 \
		"$ADDR" "$PORT"
	client load --rst --concurrency 5 --connections 100000 --rate 200 --time 60 --path /1m.bin \
		"$ADDR" "$PORT"
	[ -z "$HALF_OPEN" ] || ip netns exec "$C" "$RAWTCP" veth0 $NOBODY.1 20000 10 $SERVER \
		"$PORT" syn synack:3000 >/dev/null 2>&1
}

quieten()
{
	local pid

	for pid in "${CLIENTS[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null || :
	done
}
at_exit eval '[ -z "${CLIENTS:-}" ] || quieten'

busy()
{
	local connections requests

	read -r connections requests < <(tux_stats connections requests)
	[ "$connections" -ge 30 ] && [ "$requests" -ge 30 ]
}

# reload: once. Every other time the server is stopped before. What fails is told.
reload()
{
	local setting

	insmod "$TUX_KO" || return
	for setting in "documentroot=$DOCROOT" "port=$PORT" http_dir_indexing=1 \
		max_accept_wait=0 max_connections_per_ip=1000 threads=$((1 + $1 % 2)); do
		tux_set "${setting%%=*}" "${setting#*=}" || return
	done
	tux_start || return
	traffic
	busywait 10000 busy || { echo "not busy: $(tux_stats connections requests)"; return 1; }
	[ $(($1 % 2)) = 0 ] || tux_stop || return
	rmmod tux || return
	quieten
}

no_connections()
{
	! port_sockets | grep -v '^06'
}

# What there is of a kind: name and number.
slabs()
{
	awk 'NR > 2 { print $1, $2 }' /proc/slabinfo
	awk '$1 == "Percpu:" || $1 == "VmallocUsed:" { print $1, $2 }' /proc/meminfo
}

modules()
{
	awk '{ print $1, $3 }' /proc/modules
}

# Its threads; a kworker keeps the name of what it did last.
threads()
{
	grep -hs '^tux' /proc/[0-9]*/comm
}

# look FILE: with nothing in memory that is not in use
look()
{
	busywait 20000 no_connections >/dev/null || note "sockets stay: $(port_sockets | head -3)"
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 3 >/proc/sys/vm/drop_caches
	slabs >"$1"
}

modules >"$WORKDIR/modules"
done=0
why=
for ((i = 0; i < RELOADS && i == done; i++)); do
	[ $i -ne $WARM ] || look "$WORKDIR/slabs"
	if reload $i >"$WORKDIR/why" 2>&1; then
		done=$((done + 1))
	else
		why="the ${i}th failed: $(cat "$WORKDIR/why")"
		quieten
	fi
done
[ -z "$why" ] || note "$why"
is "it was loaded and unloaded so often" "$done" "$RELOADS"
look "$WORKDIR/slabs.end"

check "no thread is left" eval '! threads'
check "no file of the module is left" eval '[ ! -e "$TUX_PROC" ] && [ ! -e "$TUX_SYSCTL" ]'
check "no socket is left" busywait 20000 no_sockets
check "nor a cache of objects" eval '! grep -q "^tux_" /proc/slabinfo'
is "every module has the references that it had" "$(modules)" "$(cat "$WORKDIR/modules")"
check "nobody holds the document root" umount "$WORKDIR/mnt"

# One object a time that stays would be as many as there were times. Objects in slabs that
# a CPU keeps count as used: some 150 more or fewer mean nothing. Areas of vmalloc are given
# back late; VmallocUsed says the same without them.
grown()
{
	awk -v times=$((RELOADS - WARM)) '
		NR == FNR { before[$1] = $2; next }
		$1 != "vmap_area" && $2 - before[$1] >= times && $2 - before[$1] > before[$1] / 20 {
			print $1, before[$1], $2
		}' "$WORKDIR/slabs" "$WORKDIR/slabs.end"
}
note "$(grown)"
if [ "$RELOADS" -lt 400 ]; then
	skip "nothing has grown by one each time" "too few times to tell"
else
	is "nothing has grown by one each time" "$(grown)" ""
fi
