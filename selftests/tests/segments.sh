#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A small file leaves with its head in one segment, a 304 and a refusal as well;
# a larger one in as few as its bytes need; and answers of a pipeline share segments.
# Counted by the server's own socket (data_segs_out).

# A network namespace of its own, whose segments have the size of an Ethernet's.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

MSS=1448
ip link set lo mtu 1500
ip link set lo up
setup header_timeout=0 keepalive_timeout=0

# segs_out: data segments that the server has sent on the one open connection
segs_out()
{
	ss -Htin state established "sport = :$PORT" | grep -o 'data_segs_out:[0-9]*' | cut -d : -f 2
}

# segments NAME ANSWERS WANTED REQUEST...: so many segments carry so many answers
segments()
{
	local name=$1 answers=$2 wanted=$3 client requests
	shift 3

	requests=$(($(tux_stat requests) + answers))
	"$TUXCLIENT" hold --wait-signal --send "$*" "$ADDR" "$PORT" 1 >"$WORKDIR/held" 2>&1 &
	client=$!
	busywait 5000 tux_stat_is requests $requests
	busywait 5000 eval "grep -q ' idle ' $TUX_PROC/connections"
	is "$name" "$(segs_out)" "$wanted"
	end_pid $client
	wait_gone
}

# get PATH [FIELD]: a request
get()
{
	printf 'GET %s HTTP/1.1\\r\\nHost: a\\r\\n%s\\r\\n' "$1" "${2:-}"
}

check "there is ss" ss -Htin
etag=$(field ETag "$(send --head 'HEAD /small.txt HTTP/1.0\r\n\r\n')")
head=$(send --head "$(get /64k.bin 'Connection: close\r\n' | sed 's/GET/HEAD/')" | wc -c)
segments "head and 1000 bytes" 1 1 "$(get /small.txt)"
segments "a 304" 1 1 "$(get /small.txt "If-None-Match: ${etag//\"/\\\"}\\r\\n")"
segments "a 404" 1 1 "$(get /nothing)"
segments "a redirect" 1 1 "$(get /dir)"
pattern $((MSS - head + 19)) >"$DOCROOT/full"
chmod a+r "$DOCROOT/full"
segments "head and body that just fill one" 1 1 "$(get /full)"
segments "four 304s of a pipeline share one" 4 1 \
	"$(for _ in 1 2 3 4; do get /small.txt "If-None-Match: ${etag//\"/\\\"}\\r\\n"; done)"
# The client's window may cut one short.
least=$(((65536 + head - 19 + MSS - 1) / MSS))
"$TUXCLIENT" hold --wait-signal --send "$(get /64k.bin)" "$ADDR" "$PORT" 1 >"$WORKDIR/held" 2>&1 &
at_exit end_pid $!
check "64 KiB are sent" busywait 5000 eval "[ \"\$(tux_stat bytes_sent)\" -gt 65536 ] &&
	grep -q ' idle ' $TUX_PROC/connections"
between "in as few as they need" "$(segs_out)" "$least" $((least + 2))
