#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Several requests at once, and requests in the smallest pieces.

. "$(dirname "$0")/common.bash"

setup

is "three requests in one segment" "$(codes "$GET11$GET11$LAST11")" "200 200 200"
is "their answers keep the order" \
	"$(codes "GET /no HTTP/1.1\r\nHost: a\r\n\r\nGET /dir HTTP/1.1\r\nHost: a\r\n\r\n$LAST11")" \
	"404 301 200"
is "the second one split over two segments" \
	"$(codes "${GET11}GET / HTTP/1.1\r\nHo" "st: a\r\n\r\n$LAST11")" "200 200 200"
is "empty lines before a request" "$(codes "\r\n$GET11\r\n$LAST11")" "200 200"

# More than a connection may have in one turn of the worker (16), so it goes to
# the tail of the queue and comes back. More than the transmit buffer holds, too.
settle
items=$(tux_stat work_items)
requests=$(tux_stat requests)
is "200 requests in a row" \
	"$(send --statuses --until 200 --repeat 200 "$GET11" | sort | uniq -c | tr -s ' ')" " 200 200"
is "are 200 requests" "$(tux_stat requests)" $((requests + 200))

burst=
for i in 1 2 3 4 5 6 7 8 9 10; do
	burst+=$GET11$GET11$GET11$GET11$GET11
done
settle
items=$(tux_stat work_items)
is "50 requests in one segment" \
	"$(codes "$burst$LAST11" | tr ' ' '\n' | sort | uniq -c | tr -s ' ')" \
	" 51 200"
between "take more than one turn" $(($(tux_stat work_items) - items)) 4 200

# Two clients pipeline without end: both get on.
check "two greedy clients are both served" \
	"$TUXCLIENT" load --concurrency 2 --requests 300 --depth 100 "$ADDR" "$PORT"

is "a request byte by byte" "$(codes --bytewise "$LAST11")" 200
is "two of them byte by byte" "$(codes --bytewise "$GET11$LAST11")" "200 200"
is "an HTTP/1.0 request byte by byte" "$(codes --bytewise "$GET10")" 200
is "a refused one byte by byte" "$(codes --bytewise "POST / HTTP/1.1\r\nHost: a\r\n\r\n$LAST11")" \
	"405 200"
check "all connections are closed" wait_gone
