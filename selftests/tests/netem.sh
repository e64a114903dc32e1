#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A network that loses segments, duplicates them, brings them in another order, or does all
# of that, in both directions: every client gets every answer, byte by byte, and the
# server sees every request once. Afterwards nobody is left.
# timeout: 120

# A network namespace of its own, which goes with the test.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

PIPELINED=60		# requests on one connection, all at once
FILES='index.html 1k.bin small.txt 64k.bin none 10001.bin'
MANY=20			# connections of three requests each

client_beside || skip_all "no network namespaces or veth devices here"
tc qdisc add dev veth0 root netem loss 0% 2>/dev/null || skip_all "no sch_netem here"
in_netns "$C" tc qdisc add dev veth0 root netem loss 0%
# One segment is one packet: a large one would be lost as a whole.
ip link set veth0 gso_max_segs 1
ip -n "$C" link set veth0 gso_max_segs 1
# No TIME_WAIT: what is left then is stuck.
echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets
setup max_accept_wait=0
: >"$DOCROOT/none"
pattern 10001 >"$DOCROOT/10001.bin"
pattern 300000 >"$DOCROOT/large"
chmod a+r "$DOCROOT"/*

# slice FIRST LAST FILE: these bytes of it
slice()
{
	tail -c +$(($1 + 1)) "$DOCROOT/$3" | head -c $(($2 - $1 + 1))
}

# A pipeline: whole files in turn, and after each a part of one. What has to come is
# in $WORKDIR/pipe.wanted.
requests()
{
	local files i
	read -ra files <<<"$FILES"

	for ((i = 1; i < PIPELINED; i += 2)); do
		printf 'GET /%s HTTP/1.1\r\nHost: a\r\n\r\n' "${files[i / 2 % ${#files[@]}]}"
		printf 'GET /64k.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=%s-%s\r\n' $((i * 700)) \
			$((i * 900 + 100))
		[ $((i + 2)) -lt $PIPELINED ] || printf 'Connection: close\r\n'
		printf '\r\n'
		{
			cat "$DOCROOT/${files[i / 2 % ${#files[@]}]}"
			slice $((i * 700)) $((i * 900 + 100)) 64k.bin
		} >>"$WORKDIR/pipe.wanted"
	done
}
requests >"$WORKDIR/pipe"

# One connection, a file after the other and parts of one: curl's arguments
one_by_one=()
for file in $FILES; do
	one_by_one+=(-o "$WORKDIR/one.$file" "http://$SERVER:$PORT/$file")
done
one_by_one+=(--next -s -r 5000-44999 -o "$WORKDIR/one.part" "http://$SERVER:$PORT/64k.bin")

one_by_one_right()
{
	local file

	for file in $FILES; do
		cmp "$WORKDIR/one.$file" "$DOCROOT/$file" || return
	done
	slice 5000 44999 64k.bin | cmp - "$WORKDIR/one.part"
}

# network WHAT...: netem's arguments, for both directions
network()
{
	tc qdisc replace dev veth0 root netem "$@" &&
		in_netns "$C" tc qdisc replace dev veth0 root netem "$@"
}

# dropped [NAMESPACE]: packets that netem has dropped there
dropped()
{
	${1:+ip netns exec $1} tc -s qdisc show dev veth0 |
		sed -n 's/.*(dropped \([0-9]*\),.*/\1/p' | head -n 1
}

# of_client NAME: a counter of the client
of_client()
{
	TUX_NS=$C snmp "$@"
}

# clients NAME: all kinds at once, in the network as it is
clients()
{
	local name=$1 asked rc i
	local run=(ip netns exec "$C" "$TUXCLIENT") pids=() rcs=()
	local patience=$((20000 * TUX_SLOW))

	rm -f "$WORKDIR"/one.* "$WORKDIR"/got.*
	asked=$(tux_stat requests)
	"${run[@]}" send --body --timeout $patience $SERVER "$PORT" - \
		<"$WORKDIR/pipe" >"$WORKDIR/got.pipe" 2>&1 &
	pids+=($!)
	ip netns exec "$C" curl -s --max-time $((patience / 1000)) "${one_by_one[@]}" \
		>"$WORKDIR/got.one" 2>&1 &
	pids+=($!)
	"${run[@]}" send --body --timeout $patience $SERVER "$PORT" \
		'GET /large HTTP/1.0\r\n\r\n' >"$WORKDIR/got.large" 2>&1 &
	pids+=($!)
	"${run[@]}" load --concurrency 5 --connections $MANY --requests 3 --path /small.txt \
		--time $((20 * TUX_SLOW)) --timeout $patience $SERVER "$PORT" \
		>"$WORKDIR/got.load" 2>&1 &
	pids+=($!)
	for i in "${pids[@]}"; do
		rc=0
		wait "$i" || rc=$?
		rcs+=("$rc")
	done
	is "$name: no client fails" "${rcs[*]}" "0 0 0 0"
	check "$name: pipelined files and parts" cmp "$WORKDIR/pipe.wanted" "$WORKDIR/got.pipe"
	check "$name: one after the other" one_by_one_right
	check "$name: a large file" cmp "$DOCROOT/large" "$WORKDIR/got.large"
	is "$name: many connections" "$(awk '$1 == "replies" || $1 == "errors" {
		printf "%s ", $2 }' "$WORKDIR/got.load")" "$((MANY * 3)) 0 "
	check "$name: everybody is gone" wait_gone
	is "$name: each request was seen once" $(($(tux_stat requests) - asked)) \
		$((PIPELINED + 7 + 1 + MANY * 3))
}

clients "a good network"

check "it loses segments" network loss 5%
clients "losses"
lost="$(dropped) $(dropped "$C")"
note "losses: $lost packets of the server's and of the clients'"
check "losses: there were some in both directions" test "${lost% *}" -gt 0 -a "${lost#* }" -gt 0

before=$(of_client TCPDSACKOldSent)
check "it duplicates segments" network duplicate 20%
clients "duplicates"
twice=$(($(of_client TCPDSACKOldSent) - before))
note "duplicates: $twice segments came twice to the clients"
check "duplicates: there were some" test $twice -gt 0

before=$(of_client TCPOFOQueue)
check "it changes the order" network delay 4ms reorder 30%
clients "another order"
late=$(($(of_client TCPOFOQueue) - before))
note "another order: $late segments came to the clients before their time"
check "another order: there were some" test $late -gt 0

check "it does everything" network delay 4ms 3ms loss 3% duplicate 5% reorder 20%
clients "everything"

is "the server has reset nobody" "$(tux_stat aborted)" 0
is "nor cut anything short" "$(tux_stat truncated)" 0
check "the network is good again" network loss 0%
check "every socket goes away" busywait 20000 no_sockets
is "nobody is left" "$(tux_stats connections work_pending accept_queue syn_queue)" "0 0 0 0"
is "the books balance" "$(tux_stat accepted)" "$(tux_stat closed)"
