# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of the server share besides lib.sh: starting it on a port of
# their own, sending requests as text, looking at its threads.
#
#	. "$(dirname "$0")/common.bash"
#
# The server runs with one worker unless the test says otherwise, so that
# counters can be compared to the last digit.

# shellcheck source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# Not 80: on a test box another server may have that one.
PORT=${TUX_TEST_PORT:-8480}
ADDR=127.0.0.1
URL=http://$ADDR:$PORT

TRYWRITE=$(dirname "$TUXCLIENT")/trywrite

# Requests as tuxclient takes them.
GET10='GET / HTTP/1.0\r\n\r\n'
GET11='GET / HTTP/1.1\r\nHost: test\r\n\r\n'
LAST11='GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n'

# lib.sh's, without starting a program: under emulation that costs most of what a
# test takes.
_tux_read()
{
	if [ -n "${TUX_NS:-}" ]; then
		ip netns exec "$TUX_NS" cat "$1"
	else
		_tux_slurp "$1"
		printf '%s' "$REPLY"
	fi
}

# A whole file into REPLY, without a process.
_tux_slurp()
{
	IFS= read -rd '' REPLY <"$1" || :
}

# lib.sh's, with a program that is quick under emulation as well.
pattern()
{
	seq 100000000 $((100000000 + $1 / 10)) | head -c "$1"
}

# die WHY: the rest of the test makes no sense.
die()
{
	not_ok "the test is set up" "$1"
	exit 1
}

# setup_load [NAME=VALUE...]: the module with a document root, one worker and
# these tunables, not serving yet. In an emulated guest every crowd waits for long, and is
# refused only where that is what a test is about.
setup_load()
{
	local setting

	docroot_new || die "no document root"
	tux_load || die "the module does not load"
	[ "$TUX_SLOW" -le 1 ] || set -- max_accept_wait=0 "$@"
	for setting in "documentroot=$DOCROOT" "port=$PORT" threads=1 "$@"; do
		tux_set "${setting%%=*}" "${setting#*=}" || die "$setting is refused"
	done
}

# setup [NAME=VALUE...]: the same, and serving.
setup()
{
	setup_load "$@"
	tux_start || die "the server does not start"
}

# send [OPTION...] DATA...: exchange with the server, each DATA one write.
# The options are tuxclient's and end with the first word that begins otherwise.
send()
{
	local opts=()

	while [[ ${1:-} == --* ]]; do
		case $1 in
		--body | --bytewise | --half-close | --head | --no-read | --rst | --statuses)
			opts+=("$1")
			shift ;;
		*)	opts+=("$1" "$2")
			shift 2 ;;
		esac
	done
	"$TUXCLIENT" send --timeout $((8000 * TUX_SLOW)) "${opts[@]}" "$ADDR" "$PORT" "$@"
}

# codes [OPTION...] DATA...: the status codes of the answers, in one line. The
# server has to close the connection at the end.
codes()
{
	local out rc=0

	out=$(send --statuses "$@" 2>&1) || rc=$?
	[ "$rc" -eq 0 ] || out+=" exit-$rc"
	printf '%s\n' "${out//$'\n'/ }"
}

# page PATH: what is served there. status PATH: the status code.
page()
{
	send --body "GET $1 HTTP/1.0\\r\\n\\r\\n"
}

status()
{
	send --statuses "GET $1 HTTP/1.0\\r\\n\\r\\n"
}

# field NAME TEXT: the value of a header field.
field()
{
	local line name=${1,,}

	while IFS= read -r line; do
		line=${line%$'\r'}
		[ -n "$line" ] || break
		[[ ${line,,} != "$name:"* ]] || echo "${line#*: }"
	done <<<"$2"
}

# Nobody is connected, and the worker has nothing left to do.
drained()
{
	tux_stat_is connections 0 && tux_stat_is work_pending 0
}

# wait_gone: until all connections are closed.
wait_gone()
{
	busywait 5000 drained
}

# quiet: every counter stands still between two looks.
quiet()
{
	local before

	before=$(counters)
	sleep 0.1
	[ "$before" = "$(counters)" ]
}

# settle: until the server has done what it was going to do.
settle()
{
	busywait 5000 quiet
}

# What is in stat and counts something; the gauges are left out.
counters()
{
	local gauges='connections|connections_max|accept_queue|syn_queue|work_pending|misses_stuck'

	gauges+='|client_addresses|cache_objects|cache_negative'
	_tux_read "$TUX_PROC/stat" | grep -vE "^($gauges) "
}

# tux_stats NAME...: several values of one look at stat, in one line.
tux_stats()
{
	local name value out= wanted
	declare -A seen=()

	while read -r name value; do
		seen[$name]=$value
	done <<<"$(_tux_read "$TUX_PROC/stat")"
	for wanted; do
		out+="${seen[$wanted]} "
	done
	echo "${out% }"
}

# client_beside: for a test in a network namespace of its own, a client's machine beside
# it: the namespace C, linked by veth0 on both sides, with the address CLIENT; the
# test itself has SERVER. The addresses NOBODY.1 and so on lie behind the client, which
# drops what comes for them. Fails where there are no namespaces or no veth devices.
client_beside()
{
	C=tux-client-$$
	SERVER=198.18.0.1
	CLIENT=198.18.0.2
	NOBODY=198.19.0
	ip link set lo up
	netns_new "$C" || return
	ip link add veth0 type veth peer name veth0 netns "$C" 2>/dev/null || return
	ip addr add $SERVER/24 dev veth0
	ip link set veth0 up
	ip -n "$C" addr add $CLIENT/24 dev veth0
	ip -n "$C" link set veth0 up
	ip route add $NOBODY.0/24 via $CLIENT
}

# worker_pid N: the process id of a worker's thread.
worker_pid()
{
	local comm name

	for comm in /proc/[0-9]*/comm; do
		read -r name 2>/dev/null <"$comm" || continue
		if [ "$name" = "tux/$1" ]; then
			comm=${comm%/comm}
			echo "${comm#/proc/}"
			return 0
		fi
	done
	return 1
}

# workers: the numbers of the workers, in one line.
workers()
{
	_tux_read "$TUX_PROC/workers" | awk 'NR > 1 { printf "%s%s", s, $1; s = " " }'
}

# worker_shows N NAME: that column of worker N's line.
worker_shows()
{
	_tux_read "$TUX_PROC/workers" | awk -v n="$1" -v name="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
		$1 == n { print $col[name] }'
}

# worker_is N NAME VALUE: does it show that?
worker_is()
{
	[ "$(worker_shows "$1" "$2")" = "$3" ]
}

# one_cpu CPU: what is sent over loopback is received by this CPU from now on, and so
# by its listener, on whatever CPU the client runs and its timers expire. Without
# an argument: as before.
one_cpu()
{
	local mask=0 rps=/sys/class/net/lo/queues/rx-0/rps_cpus

	[ -w $rps ] || return
	[ $# -eq 0 ] || printf -v mask '%x' $((1 << $1))
	echo $mask >$rps
}

# cpu_use PID: how often a thread has left the CPU, and the nanoseconds on it.
cpu_use()
{
	awk '/ctxt_switches/ { printf "%s ", $2 }' "/proc/$1/status"
	cut -d ' ' -f 1 "/proc/$1/schedstat" 2>/dev/null || cut -d ' ' -f 14,15 "/proc/$1/stat"
}

# snmp NAME...: counters of the TcpExt lines, in one line.
snmp()
{
	_tux_read /proc/net/netstat | awk -v wanted="$*" '
		$1 != "TcpExt:" { next }
		!n { n = split($0, names); next }
		{
			for (i = 2; i <= n; i++)
				value[names[i]] = $i
			m = split(wanted, want)
			for (i = 1; i <= m; i++)
				printf "%s%s", value[want[i]], i < m ? " " : "\n"
		}'
}

# port_sockets: the TCP sockets of the server's port, one line each of state and the
# other end as /proc/net/tcp has them (0A is listening, 06 TIME_WAIT, ...).
port_sockets()
{
	local hex file num here there state rest

	printf -v hex ':%04X' "$PORT"
	for file in tcp tcp6; do
		[ -e /proc/net/$file ] || continue
		while read -r num here there state rest; do
			[[ $here != *"$hex" ]] || echo "$state $there"
		done <<<"$(_tux_read /proc/net/$file)"
	done
}

# Is somebody listening on the port?
listening()
{
	port_sockets | grep '^0A'
}

# Sockets of the port that belong to a connection, in whatever state.
sockets()
{
	port_sockets | grep -v '^0A'
}

no_sockets()
{
	[ -z "$(sockets)" ]
}
