#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Clients that reset their connection, in every state that it can be in: the
# connection goes away, and the books balance.
# cpus: 2

. "$(dirname "$0")/common.bash"

setup header_timeout=0 keepalive_timeout=0 send_timeout=0
truncate -s 16M "$DOCROOT/big"

balanced()
{
	local accepted closed connections

	read -r accepted closed connections < <(tux_stats accepted closed connections)
	echo "accepted $accepted closed $closed connections $connections"
	[ $((accepted - closed)) -eq "$connections" ]
}

# reset_in STATE N DATA: N connections get into a state and are reset.
reset_in()
{
	local name=$1 state=$2 n=$3
	shift 3

	"$TUXCLIENT" hold --rst --rcvbuf 4096 --wait-signal "$@" "$ADDR" "$PORT" "$n" \
		>"$WORKDIR/held" 2>&1 &
	SPAWNED=$!
	at_exit end_pid $SPAWNED
	check "$name: $n connections are $state" busywait 10000 \
		eval '[ "$(grep -c " '"$state"' " "$TUX_PROC/connections")" = '"$n"' ]'
	end_pid $SPAWNED
	check "$name: they go away with the reset" wait_gone
	check "$name: the books balance" balanced
}

reset_in "before a request" reading 20
reset_in "in a request" reading 20 --send 'GET / HTTP/1.1\r\nHo'
reset_in "in a request's body" reading 20 \
	--send 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nabc'
reset_in "between requests" idle 20 --send "$GET11"
reset_in "in the middle of an answer" sending 20 --send 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n'
reset_in "after a refusal" lingering 20 --send 'nonsense\r\n\r\n'

# In the accept queue: found dead when it is their turn.
tux_set max_connections 1
hold 1 "$ADDR" "$PORT"
blocker=$HELD
busywait 3000 tux_stat_is connections 1
dead=$(tux_stat accept_dead)
accepted=$(tux_stat accepted)
"$TUXCLIENT" hold --rst "$ADDR" "$PORT" 9 </dev/null >/dev/null
check "nine clients come and go while they wait" busywait 3000 tux_stat_is accept_queue 9
end_pid "$blocker"
check "they are found dead" busywait 3000 tux_stat_is accept_dead $((dead + 9))
is "which is not accepted" "$(tux_stat accepted)" "$accepted"
check "their slots come back" wait_gone
tux_set max_connections 16384

# A storm: open, ask, reset, as fast as it goes.
N=$(less 150)
storm()
{
	local i

	for i in 1 2 3 4 5; do
		"$TUXCLIENT" hold --rst "$@" "$ADDR" "$PORT" "$N" </dev/null >/dev/null || return
	done
}
check "a storm of $((5 * N)) connections" storm
check "a storm of $((5 * N)) with requests" storm --send "$GET11$GET11"
check "a storm of $((5 * N)) that ask for much" storm --send 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n'
check "all of them go away" wait_gone
check "and the books balance" balanced
check "a load that ends each connection with a reset" "$TUXCLIENT" load --rst \
	--concurrency 20 --connections "$(less 400)" --time $((30 * TUX_SLOW)) \
	--timeout $((5000 * TUX_SLOW)) "$ADDR" "$PORT"
check "leaves nobody" wait_gone
check "in the books either" balanced
is "after all that the server serves" "$(status /)" 200
