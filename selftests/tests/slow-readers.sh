#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Many clients ask for a large file and do not read: they hold their send
# buffers and no more, the worker sleeps, and whoever asks for a small file is served
# at once. Neither do clients that take large files as fast as they can keep the
# others waiting. And the many get what they asked for when they read on.
# timeout: 120

# A network namespace of its own, with send buffers of a known size.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

N=$(less 1000)
SNDBUF=65536
SOCKET=8192		# itself, and what a debug kernel adds
BOUND=$((250 * TUX_SLOW))	# ms, for the slowest answer
ip link set lo up
echo 4096 16384 $SNDBUF >/proc/sys/net/ipv4/tcp_wmem

setup send_timeout=0 header_timeout=0 keepalive_timeout=0
pattern 8388608 >"$DOCROOT/large"
chmod a+r "$DOCROOT/large"
page /large >/dev/null
wait_gone

# kbytes NAME: from /proc/meminfo
kbytes()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# Memory of all TCP sockets, in KiB: what their buffers are accounted for.
tcp_memory()
{
	awk -v page="$(getconf PAGESIZE 2>/dev/null || echo 4096)" '
		$1 == "TCP:" { for (i = 2; i < NF; i++) if ($i == "mem") print $(i + 1) * page / 1024 }' \
		/proc/net/sockstat
}

sending()
{
	[ "$(grep -c ' sending ' "$TUX_PROC/connections")" = "$1" ]
}

# ask CLIENTS CONNECTIONS: five requests for a small file on each; $replies, $max: how many
# were answered, and how late
ask()
{
	"$TUXCLIENT" load --time $((15 * TUX_SLOW)) --timeout $((10000 * TUX_SLOW)) \
		--path /small.txt --concurrency "$1" \
		--connections "$2" --requests 5 "$ADDR" "$PORT" >"$WORKDIR/load"
	replies=$(awk '$1 == "replies" || $1 == "errors" { printf "%s ", $2 }' "$WORKDIR/load")
	max=$(awk '$1 == "reply_ms_max" { print int($2) }' "$WORKDIR/load")
}

# quick WHAT [CLIENTS CONNECTIONS MS]: all are answered, none later than the bound. What else
# the machine does may hold up one; who is held up by others' files is so each time.
quick()
{
	local clients=${2:-4} connections=${3:-40} bound=${4:-$BOUND}

	for _ in 1 2 3; do
		ask "$clients" "$connections"
		note "$1: the slowest of $((5 * connections)) took $max ms"
		[ "$max" -gt "$bound" ] || break
	done
	is "$1: all small requests are answered" "$replies" "$((5 * connections)) 0 "
	between "$1: none waits" "$max" 0 "$bound"
}

quick "nobody else"
wait_gone
echo 2 >/proc/sys/vm/drop_caches
free_before=$(kbytes MemFree)
tcp_before=$(tcp_memory)
"$TUXCLIENT" hold --wait-signal --rcvbuf 4096 --timeout 60000 \
	--send 'GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' \
	"$ADDR" "$PORT" $N >"$WORKDIR/held" 2>&1 &
held=$!
at_exit end_pid $held
check "$N slow readers" busywait 60000 sending $N
settle

used=$((free_before - $(kbytes MemFree)))
tcp=$(($(tcp_memory) - tcp_before))
note "$N slow readers: $used KiB of memory, $((used / N)) each; TCP accounts for $((tcp / N)) each"
between "they hold no more memory than send buffers" \
	"$used" 0 $((N * (SNDBUF + SOCKET) / 1024))
# TCP may exceed the limit by the last thing put in.
between "and no more is accounted to them" "$tcp" 1 $((N * 2 * SNDBUF / 1024))

pid=$(worker_pid 0) || die "no worker"
before=$(cpu_use "$pid")
sleep 1
is "nobody works for them" "$(cpu_use "$pid")" "$before"
quick "with $N slow readers"
is "they are all still there" "$(tux_stat connections)" $N

# Those who read as fast as they can are served in turns: nobody waits for more than a second.
"$TUXCLIENT" load --path /large --concurrency 10 --connections 100000 --time $((60 * TUX_SLOW)) \
	"$ADDR" "$PORT" >"$WORKDIR/fast" 2>&1 &
fast=$!
at_exit end_pid $fast
busywait 10000 tux_stat_ge connections $((N + 5))
quick "with ten fast ones besides" 1 10 $((1000 * TUX_SLOW))
end_pid $fast

end_pid $held
check "they go" wait_gone
is "nobody was counted as cut short" "$(tux_stat truncated)" 0

# One that was slow gets all of it in the end.
send --rcvbuf 4096 --pause 1000 --body 'GET /large HTTP/1.0\r\n\r\n' >"$WORKDIR/slow"
check "a slow reader's file is complete" cmp "$DOCROOT/large" "$WORKDIR/slow"
check "everybody is gone" wait_gone
