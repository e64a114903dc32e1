#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Mixed traffic for a long time: whoever behaves is served without an error, and at the
# quiet moments in between the books balance, nothing of the connections is left, and
# the machine's memory does not shrink. 15 seconds by itself, which shows that it works and
# can fail; `make soak` gives it half an hour (SOAK_SECONDS).
# timeout: 240
# cpus: 2
# not on debug: make soak SOAK_KERNEL=debug has the time for it

# A network namespace of its own, so that its sockets can be counted.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

SOAK_SECONDS=${SOAK_SECONDS:-15}
# Seconds of traffic between two quiet moments, and between two lines of progress.
ROUND=$((SOAK_SECONDS >= 600 ? 30 : 5))
TELL=$((SOAK_SECONDS >= 120 ? 30 : 10))
# KiB by which memory may shrink from the first third of the run to the last one, the
# warm-up left out. A short run is all warm-up.
SHRINK=${SOAK_SHRINK:-$((SOAK_SECONDS >= 600 ? 4096 : 16384))}

ip link set lo up
echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets
echo "1024 65535" >/proc/sys/net/ipv4/ip_local_port_range

# Long enough for a client that has to wait for a CPU, seconds.
PATIENCE=$((5 * TUX_SLOW))
setup header_timeout=$PATIENCE send_timeout=$PATIENCE max_accept_wait=0
mkdir "$DOCROOT/many"
for ((i = 0; i < 100; i++)); do
	echo "file $i" >"$DOCROOT/many/$i"
done
# Without holes: in tmpfs whoever reads one fills it, and memory would shrink by that.
dd if=/dev/zero of="$DOCROOT/big" bs=1M count=16 2>/dev/null || die "no room for 16 MiB"
cp "$DOCROOT/64k.bin" "$DOCROOT/changing"
chmod -R a+rX "$DOCROOT"

SUM_1M=$(md5sum <"$DOCROOT/1m.bin")

# --- the traffic: each of these is one round, and short ---

# These behave: an error of theirs is one of the server's.
load()
{
	"$TUXCLIENT" load --time $((60 * TUX_SLOW)) --timeout $((20000 * TUX_SLOW)) "$@" "$ADDR" "$PORT"
}

one_packet()
{
	load --concurrency 10 --connections 50
}

keep_alive()
{
	load --concurrency 5 --connections 5 --requests 50
}

pipelines()
{
	load --concurrency 4 --connections 4 --requests 60 --depth 20
}

whole_files()
{
	[ "$(send --body 'GET /1m.bin HTTP/1.0\r\n\r\n' | md5sum)" = "$SUM_1M" ] &&
		load --path /64k.bin --concurrency 2 --connections 2 --requests 4
}

many_files()
{
	local i get=()

	for ((i = 0; i < 50; i++)); do
		get+=("GET /many/$((RANDOM % 100)) HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
	done
	[ "$(send --until 50 --statuses "${get[@]}" | grep -c 200)" = 50 ]
}

missing()
{
	load --path "/nothing-$((RANDOM % 1000))" --connections 2 --requests 5
}

# One program instead of many: with a namespace to enter each costs a second.
namespace()
{
	local ns=tux-soak-$$ rc=0

	ip netns add $ns || return
	# shellcheck disable=SC2016 # the inner shell expands them
	ip netns exec $ns bash -c '
		ip link set lo up
		cd /proc/sys/net/tux && echo "$1" >documentroot && echo "$2" >port && echo 1 >serve &&
			[ "$("$3" send --statuses 127.0.0.1 "$2" "$4")" = 200 ]
	' namespace "$DOCROOT" "$PORT" "$TUXCLIENT" "$GET10" || rc=1
	ip netns del $ns || rc=1
	return $rc
}

# These do not, and whatever they get is right.
# In a long run one time in eight longer than the server's patience.
hold_for()
{
	local s=$1
	shift

	[ "$s" = 0 ] || [ "$ROUND" -lt 30 ] || [ $((RANDOM % 8)) -ne 0 ] || s=$((PATIENCE + 1))
	sleep "$s" | "$TUXCLIENT" hold "$@" || :
}

slow_readers()
{
	hold_for 2 --rcvbuf 4096 --send 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n' "$ADDR" "$PORT" 10
}

resets()
{
	hold_for 0 --rst "$ADDR" "$PORT" 20
	hold_for 0 --rst --send "$GET11$GET11" "$ADDR" "$PORT" 20
	hold_for 0 --rst --send 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n' "$ADDR" "$PORT" 10
}

half_sent()
{
	hold_for 1 --send 'GET / HTTP/1.1\r\nHo' "$ADDR" "$PORT" 10
	hold_for 0 --half-close --send "$GET11"'POST / HTTP/1.1\r\nContent-' "$ADDR" "$PORT" 5
}

nonsense()
{
	send --half-close '\x16\x03\x01\x00\xff' || :
	send 'GET /../../etc/passwd HTTP/1.0\r\n\r\n' || :
	send --half-close 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n' || :
}

changing()
{
	cp "$DOCROOT/64k.bin" "$DOCROOT/new" && mv "$DOCROOT/new" "$DOCROOT/changing"
	send --no-read 'GET /changing HTTP/1.1\r\nHost: a\r\n\r\n' || :
	truncate -s $RANDOM "$DOCROOT/changing"
	send --body 'GET /changing HTTP/1.0\r\n\r\n' >/dev/null || :
	rm "$DOCROOT/changing"
	send --body 'GET /changing HTTP/1.0\r\n\r\n' >/dev/null || :
}

GOOD="one_packet keep_alive pipelines whole_files many_files missing"
BAD="slow_readers resets half_sent nonsense changing"
if netns_new tux-soak-try >/dev/null 2>&1; then
	GOOD+=" namespace"
fi

# What has its turns: each kind in a process of its own, which stands still while there is
# a file named "pause", and says so.
drive()
{
	local kind=$1 rounds=0 errors=0

	# Whoever watches comes first.
	renice -n 5 "$BASHPID" >/dev/null 2>&1 || :
	while :; do
		if [ -e "$WORKDIR/pause" ]; then
			echo "$rounds $errors" >"$WORKDIR/paused.$kind"
			while [ -e "$WORKDIR/pause" ]; do
				sleep 0.1
			done
			rm "$WORKDIR/paused.$kind"
		fi
		if "$kind" >"$WORKDIR/said.$kind" 2>&1; then
			rounds=$((rounds + 1))
		else
			errors=$((errors + 1))
			cp "$WORKDIR/said.$kind" "$WORKDIR/error.$kind"
		fi
	done
}

all_paused()
{
	local kind

	for kind in $GOOD $BAD; do
		[ -s "$WORKDIR/paused.$kind" ] || return
	done
}

# turn: another setting of the tunables, as long as nobody who behaves is refused
SETTINGS=("accept_limit 1" "threads 2" "accept_policy auto" "accept_limit 10" "work_limit 20"
	"max_backlog 512" "http_dir_indexing 1" "accept_policy fixed" "generate_etags 0"
	"accept_interval 3" "cache_control max-age=60" "threads 1" "max_connections_per_ip 10000"
	"accept_limit 0" "max_output_bandwidth 50000000" "work_limit 0" "generate_etags 1"
	"http_dir_indexing 0" "max_connections_per_ip 0" "max_output_bandwidth 0"
	"accept_interval 1" "max_backlog 2048")
setting=0
turn()
{
	# shellcheck disable=SC2086 # name and value
	tux_set ${SETTINGS[setting % ${#SETTINGS[@]}]}
	setting=$((setting + 1))
}

# --- the quiet moments ---

# kib NAME: from /proc/meminfo
kib()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# conn_objects: connections that the slab cache has, used or not
conn_objects()
{
	echo 1 >/sys/kernel/slab/tux_conn/shrink
	awk '$1 == "tux_conn" { print $3 }' /proc/slabinfo
}

no_objects()
{
	[ "$(conn_objects)" = 0 ]
}

# Everything is as if nobody had ever come; prints what is not.
nothing_left()
{
	local accepted closed rest

	busywait 20000 drained || echo "connections stay"
	busywait 20000 no_sockets || echo "sockets stay: $(sockets | sort | uniq -c | head -n 5)"
	busywait 5000 no_objects || echo "connections in the slab cache: $(conn_objects)"
	read -r accepted closed rest < <(tux_stats accepted closed accept_queue syn_queue)
	[ "$accepted" = "$closed" ] || echo "accepted $accepted, closed $closed"
	[ "$rest" = "0 0" ] || echo "in the queues: $rest"
}

# no_more_returns: MemAvailable has not risen by 256 KiB lately
no_more_returns()
{
	local before

	before=$(kib MemAvailable)
	sleep 0.5
	[ $(($(kib MemAvailable) - before)) -lt 256 ]
}

# sample: what memory there is, now that nothing is at work and what is given back late (by
# RCU, and by the work queue that takes namespaces apart) has come back
sample()
{
	echo 3 >/proc/sys/vm/drop_caches
	busywait 10000 no_more_returns
	echo "$(kib MemAvailable) $(kib SUnreclaim)" >>"$WORKDIR/samples"
}

# grown COLUMN FILE: from the first third to the last one by their medians, the first
# quarter left out
grown()
{
	awk -v c="$1" '
		{ v[NR] = $c }
		function median(from, to,    i, j, n, t, s) {
			for (i = from; i <= to; i++) s[++n] = v[i]
			for (i = 1; i <= n; i++)
				for (j = i + 1; j <= n; j++)
					if (s[j] < s[i]) { t = s[i]; s[i] = s[j]; s[j] = t }
			return s[int((n + 1) / 2)]
		}
		END {
			first = int(NR / 4) + 1
			third = int((NR - first + 1) / 3)
			if (third < 1) third = 1
			print median(NR - third + 1, NR) - median(first, first + third - 1)
		}' "$2"
}

# quiet_moment: sets TROUBLE when something is wrong
quiet_moment()
{
	: >"$WORKDIR/pause"
	if ! busywait 60000 all_paused; then
		TROUBLE="a client does not come to its end"
		return
	fi
	TROUBLE=$(nothing_left)
	[ -z "$TROUBLE" ] || return
	sample
	quiet_moments=$((quiet_moments + 1))
	cat "$WORKDIR"/error.* 2>/dev/null | head -n 20 >"$WORKDIR/errors"
	if [ -s "$WORKDIR/errors" ]; then
		TROUBLE="errors of clients that behave: $(cat "$WORKDIR/errors")"
		return
	fi
	# Now and then with a new server.
	[ $((quiet_moments % 3)) -ne 0 ] || { tux_stop && tux_start; } || TROUBLE="it does not start"
}

progress()
{
	local requests connections left=$((SOAK_SECONDS - $1 / 1000))

	read -r requests connections < <(tux_stats requests connections)
	[ "$left" -gt 0 ] || left=0
	printf '# %d of %d s, %d left: %d requests (%d/s), %d connections, %d quiet moments, %s\n' \
		$(($1 / 1000)) "$SOAK_SECONDS" "$left" "$requests" \
		$((requests * 1000 / ($1 + 1))) "$connections" "$quiet_moments" \
		"$(tail -n 1 "$WORKDIR/samples" | awk '{ printf "%d KiB free, %d in slabs", $1, $2 }')"
}

# soak: until the time is over or something is wrong. Sets TROUBLE.
soak()
{
	local begin now told=0 quiet=0 ticks=0

	begin=$(now_ms)
	rm -f "$WORKDIR/pause"
	while :; do
		sleep 1
		now=$(($(now_ms) - begin))
		turn
		TROUBLE=
		[ $((ticks++ % 4)) -ne 0 ] || TROUBLE=$(klog_faults)
		[ -z "$TROUBLE" ] || return
		if [ "$(status /)" != 200 ]; then
			TROUBLE="the server does not answer"
			return
		fi
		if [ $now -ge $((told + TELL * 1000)) ]; then
			progress $now
			told=$now
		fi
		if [ $now -ge $((quiet + ROUND * 1000)) ]; then
			quiet_moment
			[ -z "$TROUBLE" ] || return
			now=$(($(now_ms) - begin))
			if [ $now -ge $((SOAK_SECONDS * 1000)) ] && [ $quiet_moments -ge 2 ]; then
				return
			fi
			quiet=$now
			rm "$WORKDIR/pause"
		fi
	done
}

# --- the run ---

quiet_moments=0
: >"$WORKDIR/samples"
: >"$WORKDIR/pause"
for kind in $GOOD $BAD; do
	drive "$kind" </dev/null &
	at_exit end_pid $!
done
soak
is "nothing went wrong in $SOAK_SECONDS s" "$TROUBLE" ""
busywait 60000 all_paused
for kind in $GOOD; do
	read -r rounds errors <"$WORKDIR/paused.$kind"
	note "$kind: $rounds rounds"
	between "$kind: they were served" "$rounds" 1 10000000
	is "$kind: without an error" "$errors" 0
done
for kind in $BAD; do
	read -r rounds errors <"$WORKDIR/paused.$kind"
	note "$kind: $rounds rounds"
	between "$kind: they were there" "$((rounds + errors))" 1 10000000
done
between "there were quiet moments" "$quiet_moments" 2 100000
note "$(tux_stats requests accepted closed aborted timeout_header timeout_send truncated misses |
	awk '{ print "requests " $1 ", accepted " $2 ", closed " $3 ", aborted " $4 ", timeouts " $5 " and " $6 ", truncated " $7 ", misses " $8 }')"
less_free=$((-$(grown 1 "$WORKDIR/samples")))
in_slabs=$(grown 2 "$WORKDIR/samples")
note "from the first third to the last: $less_free KiB less free, $in_slabs KiB more in slabs"
between "free memory has not shrunk" "$less_free" -1000000 "$SHRINK"
between "slabs have not grown" "$in_slabs" -1000000 "$SHRINK"

# --- that it can fail ---

# A leak of a tenth of what is allowed at each of forty samples.
for ((i = 0; i < 40; i++)); do
	echo "$((900000 - i * SHRINK / 10)) $((20000 + i * SHRINK / 10))"
done >"$WORKDIR/leak"
check "a leak would be seen" [ "$((-$(grown 1 "$WORKDIR/leak")))" -gt "$SHRINK" ]

# A fault in the log ends it at the first look; so does a connection that stays.
SOAK_SECONDS=3600
fault=$(
	klog_faults() { echo "BUG: made up"; }
	soak
	echo "$TROUBLE"
)
is "a fault in the log ends it" "$fault" "BUG: made up"
: >"$WORKDIR/pause"
busywait 60000 all_paused
tux_set header_timeout 0
hold 1 "$ADDR" "$PORT"
contains "a connection that stays would be seen" "$(TUX_SLOW=0; nothing_left 2>&1)" "connections stay"
end_pid "$HELD"
is "and not when it is gone" "$(nothing_left)" ""
