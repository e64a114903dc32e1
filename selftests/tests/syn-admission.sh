#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# syn_admission: a SYN for whose connection the accept queue has no room left is not
# answered, so that no handshake is completed in vain; with reset_refused its client is
# told; and a flood of SYNs does not make the server believe that there is no room. In a
# network namespace, clients made by hand (tools/rawtcp.c).
# timeout: 120

[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

RAWTCP=$(dirname "$TUXCLIENT")/rawtcp

# All SYNs on one CPU, and so at one listener.
taskset -p 1 $$ >/dev/null

client_beside || skip_all "no network namespaces or veth devices here"
setup_load
echo 1 >/proc/sys/net/ipv4/tcp_syncookies
echo 4096 >/proc/sys/net/ipv4/tcp_max_syn_backlog

# raw NET N STEP...: N clients by hand. Each turn of the test has addresses of its own:
# the last turn's connections may still be about.
turn=0
raw()
{
	local from=$NOBODY.$((turn + $1)) n=$2
	shift 2

	ip netns exec "$C" "$RAWTCP" veth0 "$from" 20000 "$n" $SERVER "$PORT" "$@"
}

# crowd N [BACKLOG]: one connection has the only slot, and N wait.
crowd()
{
	tux_set max_connections 1
	tux_set max_backlog "${2:-8}"
	raw 1 1 syn synack:3000 ack >/dev/null
	busywait 3000 tux_stat_is connections 1
	raw 2 "$1" syn synack:3000 ack >/dev/null
	busywait 3000 tux_stat_is accept_queue "$1"
}

# snmp_tcp NAME: a counter of the Tcp line
snmp_tcp()
{
	awk -v name="$1" '$1 != "Tcp:" { next }
		!col { for (i = 2; i <= NF; i++) if ($i == name) col = i; next }
		{ print $col }' /proc/net/snmp
}

drops()
{
	tux_stats drop_acceptq_full drop_admission drop_listen_overflow
}

# dropped: how many since `seen` was taken
dropped()
{
	local now

	read -r -a now < <(drops)
	echo "$((now[0] - seen[0])) $((now[1] - seen[1])) $((now[2] - seen[2]))"
}

again()
{
	turn=$((turn + 10))
	tux_stop
	tux_set max_connections 1000
	tux_set max_backlog 2048
	tux_start || die "the server does not start"
}

# --- four more fit beside the five that wait ---

again
crowd 5
read -r -a seen < <(drops)
before=$(snmp ListenDrops)
answered=$(raw 3 10 syn synack:3000 ack)
is "of ten those are answered for whom there is room" "$(echo $answered)" "synacks 4 acked 4"
is "the others were refused, and none completed in vain" "$(dropped)" "0 6 0"
is "ListenDrops counts them" $(($(snmp ListenDrops) - before)) 6

# --- those refused are told ---

# resets: how many were sent since `rsts` was taken
resets()
{
	echo $(($(snmp_tcp OutRsts) - rsts))
}

# connects ADDR [COMMAND...]: what a client's own kernel says, at once or not at all
connects()
{
	local addr=$1

	shift
	"$@" timeout $((2 * TUX_SLOW)) bash -c "exec 3<>/dev/tcp/$addr/$PORT" 2>&1 |
		grep -o 'Connection refused' | head -n 1
}

again
tux_set reset_refused 1
crowd 5
read -r -a seen < <(drops)
rsts=$(snmp_tcp OutRsts)
before=$(snmp ListenDrops ListenOverflows)
raw 3 10 syn synack:3000 ack >/dev/null
is "of ten six are refused, and counted as ever" "$(dropped)" "0 6 0"
is "and told so" "$(resets)" 6
is "now the queue is full: a client is told" "$(connects $SERVER ip netns exec "$C")" \
	"Connection refused"
is "that one is counted as ever" "$(dropped)" "1 6 0"
is "and told once" "$(resets)" 7
is "over IPv6 as well" "$(connects ::1)$(resets)" "Connection refused8"
is "the kernel's counters say the same" "$(snmp ListenDrops ListenOverflows)" \
	"$((${before% *} + 8)) $((${before#* } + 2))"
tux_set reset_refused 0
is "off: nobody is told" "$(connects $SERVER ip netns exec "$C")$(resets)" 8

# --- off ---

again
tux_set syn_admission 0
crowd 5
read -r -a seen < <(drops)
raw 3 10 syn synack:3000 ack >/dev/null
read -r full admission overflow < <(dropped)
is "off: none is refused for want of room" "$admission" 0
between "off: handshakes are completed in vain" "$overflow" 4 10
tux_set syn_admission 1

# --- a flood: the SYN cookies' business, not admission's ---

# flood: until the SYN queue is full. Each wave comes from an address of its own.
wave=10
flood()
{
	wave=$((wave + 1))
	raw $wave 100 syn >/dev/null
	[ "$(tux_stat syn_queue)" -ge 64 ]
}

again
crowd 20 64
read -r -a seen < <(drops)
check "a flood fills the SYN queue, admission or not" busywait 15000 flood
note "acceptq, admission, overflow: $(dropped)"
is "then ten of ten SYNs are answered" "$(raw 4 10 syn synack:3000)" "synacks 10"
read -r -a seen < <(drops)
is "another flood of 400 loses none" "$(raw 5 400 syn)$(dropped)" "0 0 0"
tux_set max_connections 1000
check "and a client is served" ip netns exec "$C" "$TUXCLIENT" send --statuses $SERVER "$PORT" \
	"$GET10"
