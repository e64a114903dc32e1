#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Accepting while there is no memory: for the connection, or for the entry of its
# client's address. The client is reset and counted, what was taken is given back, and
# the next one is served. Needs a kernel with failslab, as the debug kernel is.
# timeout: 240

. "$(dirname "$0")/common.bash"

FAIL=/sys/kernel/debug/failslab

[ -d $FAIL ] || mount -t debugfs none /sys/kernel/debug 2>/dev/null || :
[ -w $FAIL/probability ] || skip_all "this kernel cannot make allocations fail"
setup max_connections_per_ip=50 header_timeout=0 keepalive_timeout=0
worker=$(worker_pid 0)

# Every allocation of the worker's from this slab fails, silently.
fail_in()
{
	echo 1 >"/sys/kernel/slab/$1/failslab"
	echo 0 >$FAIL/verbose
	echo 1 >$FAIL/cache-filter
	echo 1 >$FAIL/task-filter
	echo 0 >$FAIL/ignore-gfp-wait
	echo 1 >$FAIL/interval
	echo -1 >$FAIL/times
	echo 1 >"/proc/$worker/make-it-fail"
	echo 100 >$FAIL/probability
}

fail_no_more()
{
	echo 0 >$FAIL/probability
	echo 0 >"/sys/kernel/slab/$1/failslab"
}
at_exit eval "echo 0 >$FAIL/probability"

# Sockets of the server's besides those that listen or are in TIME_WAIT.
no_live_sockets()
{
	! sockets | grep -v '^06'
}

# without SLAB WHAT: ten clients while the worker gets nothing from that slab
without()
{
	local slab=$1 what=$2 nomem accepted

	[ -w "/sys/kernel/slab/$slab/failslab" ] || { skip "$what" "no slab $slab"; return; }
	check "$what: before, a client is served" eval '[ "$(status /)" = 200 ]'
	wait_gone
	nomem=$(tux_stat accept_nomem)
	accepted=$(tux_stat accepted)
	fail_in "$slab"
	"$TUXCLIENT" hold --source 127.0.0.2 "$ADDR" "$PORT" 10 </dev/null >/dev/null
	check "$what: ten clients are counted" busywait 5000 tux_stat_is accept_nomem $((nomem + 10))
	fail_no_more "$slab"
	is "$what: none of them was accepted" "$(tux_stat accepted)" "$accepted"
	is "$what: no slot is lost, no address remembered" \
		"$(tux_stats connections client_addresses)" "0 0"
	check "$what: no socket stays" busywait 5000 no_live_sockets
	is "$what: afterwards a client is served" "$(status /)" 200
}

without tux_conn "no memory for a connection"
without kmalloc-64 "no memory for an address"
