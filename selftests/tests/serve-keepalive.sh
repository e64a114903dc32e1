#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# When a connection stays open for another request, in HTTP/1.0 and 1.1, and
# what the Connection field says about it.

. "$(dirname "$0")/common.bash"

setup

KEEP10='GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
CLOSE11='GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

is "HTTP/1.0 is closed after one answer" "$(codes "$GET10" "$GET10")" 200
is "HTTP/1.0 with keep-alive is kept" "$(codes "$KEEP10" "$KEEP10" "$GET10")" "200 200 200"
is "HTTP/1.1 is kept" "$(codes "$GET11" "$GET11" "$CLOSE11")" "200 200 200"
is "HTTP/1.1 with close is closed" "$(codes "$CLOSE11" "$GET11")" 200
is "close wins over keep-alive" \
	"$(codes 'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, CLOSE\r\n\r\n' "$GET11")" 200
is "the versions may change on a connection" "$(codes "$KEEP10" "$GET11" "$GET10")" "200 200 200"

contains "kept HTTP/1.0 is told so" \
	"$(field Connection "$(send "$KEEP10" "$GET10")" | head -n 1 | tr 'A-Z' 'a-z')" keep-alive
contains "the last answer says close" \
	"$(field Connection "$(send "$CLOSE11")" | tr 'A-Z' 'a-z')" close

# Counted as one connection with as many requests.
wait_gone
accepted=$(tux_stat accepted)
requests=$(tux_stat requests)
is "thirty requests, one at a time" \
	"$("$TUXCLIENT" load --requests 30 "$ADDR" "$PORT" | awk '$1 == "replies" { print $2 }')" 30
is "are one connection" "$(tux_stat accepted)" $((accepted + 1))
is "and thirty requests" "$(tux_stat requests)" $((requests + 30))

# A client that has sent all it wants and says so still gets its answer.
is "a half-closed connection is answered" "$(codes --half-close "$GET11")" 200
is "all its requests are" "$(codes --half-close "$GET11$GET11$GET11")" "200 200 200"
check "and is closed then" wait_gone

# The body of a request is stepped over.
post='POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\n'
is "a request body is not taken for a request" "$(codes "$post$LAST11")" "405 200"
chunked='POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n0\r\n\r\n'
is "nor is a chunked one" "$(codes "$chunked" "$LAST11")" "405 200"
is "in pieces" "$(codes --bytewise "$chunked$LAST11")" "405 200"
