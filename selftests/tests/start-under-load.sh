#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Clients stand at the door while the server starts, and come in as soon as its sockets
# listen. It comes up whole each time, and whoever came early is served.
# timeout: 120
# cpus: 2

. "$(dirname "$0")/common.bash"

ROUNDS=4
EACH=$(less 200)
setup_load threads=64 header_timeout=0 keepalive_timeout=0

# They try again at once when they are refused.
for n in 1 2 3 4; do
	spawn "$WORKDIR/load$n" "$TUXCLIENT" load --concurrency 20 --connections 100000000 \
		--time $((60 * TUX_SLOW)) "$ADDR" "$PORT"
done

started=0 served=0
for ((round = 0; round < ROUNDS; round++)); do
	before=$(tux_stat requests)
	tux_start && started=$((started + 1))
	busywait 5000 tux_stat_ge requests $((before + EACH)) && served=$((served + 1))
	tux_stop || break
done
is "it starts every time" $started $ROUNDS
is "and serves those who wait" $served $ROUNDS
