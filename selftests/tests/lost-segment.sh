#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The last segment of an answer gets lost after the server has closed the
# connection: it is sent again until the client has it, and then the socket
# goes away.
# timeout: 90

# A network namespace of its own, which goes with the test.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

client_beside || skip_all "no network namespaces or veth devices here"
tc qdisc add dev veth0 root netem loss 0% 2>/dev/null || skip_all "no sch_netem here"
# No TIME_WAIT: what is left then is stuck.
echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets
setup
is "the network works" \
	"$(ip netns exec "$C" "$TUXCLIENT" send --statuses $SERVER "$PORT" "$GET10")" 200

loss()
{
	tc qdisc change dev veth0 root netem loss "$1"
}

# lost NAME FILE: everything that the server sends from the request on is lost
# until it has closed the connection.
lost()
{
	local name=$1 file=$2 served

	served=$(tux_stat status_200)
	mkfifo "$WORKDIR/$name"
	spawn "$WORKDIR/$name.got" ip netns exec "$C" sh -c "exec '$TUXCLIENT' send --body \
		--timeout 60000 $SERVER $PORT - <'$WORKDIR/$name'"
	exec 5>"$WORKDIR/$name"
	busywait 3000 tux_stat_is connections 1 || note "not connected"
	loss 100%
	printf 'GET /%s HTTP/1.0\r\n\r\n' "$file" >&5
	exec 5>&-
	check "$name: it is answered" busywait 5000 tux_stat_ge status_200 $((served + 1))
	check "$name: the connection is closed" busywait 5000 tux_stat_is connections 0
	is "$name: the client has nothing of it" "$(wc -c <"$WORKDIR/$name.got")" 0
	check "$name: a socket still cares for it" eval '! no_sockets'
	loss 0%
	wait "$SPAWNED"
	check "$name: it arrives all the same" cmp "$WORKDIR/$name.got" "$DOCROOT/$file"
	check "$name: the socket goes away" busywait 20000 no_sockets
}

lost a-small-answer index.html
lost an-answer-of-several-segments 1k.bin
