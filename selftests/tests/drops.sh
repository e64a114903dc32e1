#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The four kinds of queue drop, each provoked by itself and counted under its
# own name and no other, and in agreement with the kernel's own counters
# (TcpExt in /proc/net/netstat). In a network namespace, where nobody else
# counts; the clients are made by hand (tools/rawtcp.c), so that every segment is
# known.
# timeout: 90

# A network namespace of its own, which goes with the test.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

RAWTCP=$(dirname "$TUXCLIENT")/rawtcp

# One CPU's listener, and its queues, get everything.
taskset -p 1 $$ >/dev/null
client_beside || skip_all "no network namespaces or veth devices here"
setup_load

# begin COOKIES BACKLOG SYN_BACKLOG [CONNECTIONS]: a fresh server, queues empty;
# remembers the counters.
begin()
{
	tux_stop
	echo "$1" >/proc/sys/net/ipv4/tcp_syncookies
	echo "$3" >/proc/sys/net/ipv4/tcp_max_syn_backlog
	tux_set max_backlog "$2"
	tux_set max_connections "${4:-1000}"
	tux_start || die "the server does not start"
	read -r -a drops0 < <(all_drops)
	read -r -a snmp0 < <(all_snmp)
}

all_drops()
{
	tux_stats drop_synq_full drop_acceptq_full drop_request drop_listen_overflow
}

all_snmp()
{
	snmp ListenDrops ListenOverflows TCPReqQFullDrop
}

# dropped NAME SYNQ ACCEPTQ REQUEST OVERFLOW: so many of each since begin
dropped()
{
	local d n

	read -r -a d < <(all_drops)
	is "$1: synq, acceptq, request, overflow" \
		"$((d[0] - drops0[0])) $((d[1] - drops0[1])) $((d[2] - drops0[2])) $((d[3] - drops0[3]))" \
		"$2 $3 $4 $5"
	read -r -a n < <(all_snmp)
	is "$1: ListenDrops counts all of them" $((n[0] - snmp0[0])) $(($2 + $3 + $4 + $5))
	is "$1: ListenOverflows those of the accept queue" $((n[1] - snmp0[1])) $(($3 + $5))
	is "$1: TCPReqQFullDrop those of the SYN queue" $((n[2] - snmp0[2])) "$2"
}

# raw ADDRESS N STEP...: N clients by hand
raw()
{
	local from=$1 n=$2
	shift 2

	ip netns exec "$C" "$RAWTCP" veth0 "$from" 20000 "$n" $SERVER "$PORT" "$@"
}

# Neighbours have to know each other before segments are counted.
begin 1 100 1000
ip netns exec "$C" "$TUXCLIENT" send --statuses $SERVER "$PORT" "$GET10" >/dev/null ||
	die "no way to the server"
is "handshakes by hand work" \
	"$(raw $NOBODY.1 3 syn synack:3000 ack get | xargs)" "synacks 3 acked 3"
check "and are served" busywait 3000 tux_stat_ge requests 4
dropped "nothing is full" 0 0 0 0

# --- SYN queue full: only without SYN cookies ---

begin 0 4 1000
is "SYN queue: five of ten are answered" "$(raw $NOBODY.2 10 syn synack:500)" "synacks 5"
is "SYN queue: the gauge says so" "$(tux_stat syn_queue)" 5
dropped "SYN queue full" 5 0 0 0
begin 1 4 1000
is "SYN cookies: all ten are answered" "$(raw $NOBODY.3 10 syn synack:3000)" "synacks 10"
dropped "SYN queue full, with cookies" 0 0 0 0

# --- too many for tcp_max_syn_backlog: three quarters of it, to the unproven ---

begin 0 100 16
is "thirteen of twenty are answered" "$(raw $NOBODY.4 20 syn synack:500)" "synacks 13"
dropped "beyond tcp_max_syn_backlog" 0 0 7 0
begin 1 100 16
is "with cookies all twenty are" "$(raw $NOBODY.5 20 syn synack:3000)" "synacks 20"
dropped "beyond tcp_max_syn_backlog, with cookies" 0 0 0 0

# --- accept queue full ---

for cookies in 0 1; do
	begin $cookies 2 1000 1
	# One connection has the only slot, three wait: that is max_backlog + 1.
	raw $NOBODY.1$cookies 1 syn synack:3000 ack >"$WORKDIR/raw"
	busywait 3000 tux_stat_is connections 1
	raw $NOBODY.2$cookies 3 syn synack:3000 ack >"$WORKDIR/raw"
	check "tcp_syncookies=$cookies: the accept queue is full" busywait 3000 tux_stat_is accept_queue 3
	is "tcp_syncookies=$cookies: a SYN is not answered" \
		"$(raw $NOBODY.3$cookies 5 syn synack:300)" "synacks 0"
	dropped "accept queue full, tcp_syncookies=$cookies" 0 5 0 0
done

# --- the accept queue fills up during a handshake ---

begin 0 100 1000 1
mkfifo "$WORKDIR/go"
raw $NOBODY.40 3 syn synack:3000 wait ack <"$WORKDIR/go" >"$WORKDIR/late" &
at_exit end_pid $!
exec 5>"$WORKDIR/go"
busywait 5000 grep -q waiting "$WORKDIR/late"
raw $NOBODY.41 1 syn synack:3000 ack >/dev/null
busywait 3000 tux_stat_is connections 1
raw $NOBODY.42 3 syn synack:3000 ack >/dev/null
busywait 3000 tux_stat_is accept_queue 3
tux_set max_backlog 2
echo >&5
exec 5>&-
busywait 3000 grep -q acked "$WORKDIR/late"
dropped "an ACK comes while the accept queue is full" 0 0 0 3
is "the accept queue is as it was" "$(tux_stat accept_queue)" 3
is "and the three still wait for their turn" "$(tux_stat syn_queue)" 3
tux_stop
check "after the stop nobody is left in a queue" \
	eval 'tux_stat_is accept_queue 0 && tux_stat_is syn_queue 0'
