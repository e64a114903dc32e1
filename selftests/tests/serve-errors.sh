#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every error answer, and whether the connection is kept: it is where the end of
# the request is known, and closed where it is not (RFC 9112, sections 2 to 6).

. "$(dirname "$0")/common.bash"

setup
echo secret >"$DOCROOT/secret.txt"
chmod 600 "$DOCROOT/secret.txt"

# get TARGET [FIELDS]: a request
get()
{
	printf 'GET %s HTTP/1.1\\r\\nHost: a\\r\\n%s\\r\\n' "$1" "${2:-}"
}

# kept NAME STATUS REQUEST: it is refused and the next one is served.
kept()
{
	is "$1: $2, and the connection is kept" "$(codes "$3" "$LAST11")" "$2 200"
}

# closed NAME STATUS REQUEST: it is refused, and nothing that follows is looked at.
closed()
{
	is "$1: $2, and the connection is closed" "$(codes "$3" "$LAST11")" "$2"
}

kept "nothing there" 404 "$(get /nothing)"
kept "nothing in a directory that is not there" 404 "$(get /no/such/thing)"
kept "a file in place of a directory" 404 "$(get /index.html/x)"
kept "not readable for others" 403 "$(get /secret.txt)"
kept "not allowed: POST" 405 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd'
kept "not allowed: DELETE" 405 'DELETE / HTTP/1.1\r\nHost: a\r\n\r\n'
kept "an unknown method" 501 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n'
kept "methods are case-sensitive" 501 'get / HTTP/1.1\r\nHost: a\r\n\r\n'
kept "a bad escape" 400 "$(get /%zz)"
kept "a NUL in the name" 400 "$(get /a%00b)"
kept "above the root" 400 "$(get /../index.html)"
kept "an expectation that nobody knows" 417 "$(get / 'Expect: tea\r\n')"

closed "no request at all" 400 'hello\r\n\r\n'
closed "no version" 400 'GET /\r\n\r\n'
closed "a bad version" 400 'GET / HTTP/1\r\n\r\n'
closed "no Host in HTTP/1.1" 400 'GET / HTTP/1.1\r\n\r\n'
closed "two Hosts" 400 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'
closed "a space before the colon" 400 "$(get / 'X : y\r\n')"
closed "a folded line" 400 "$(get / 'X: y\r\n z\r\n')"
closed "a control character in a value" 400 "$(get / 'X: a\x01b\r\n')"
closed "two lengths" 400 "$(get / 'Content-Length: 1\r\nContent-Length: 2\r\n')"
closed "a length that is no number" 400 "$(get / 'Content-Length: +1\r\n')"
closed "a length and chunks" 400 "$(get / 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')"
closed "an unknown transfer coding" 501 "$(get / 'Transfer-Encoding: gzip, chunked\r\n')"
closed "HTTP/2.0" 505 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'
closed "HTTP/0.9's successor 3.0" 505 'GET / HTTP/3.0\r\n\r\n'
closed "a method without end" 501 "$(printf '%064d' 0 | tr 0 A) / HTTP/1.1\r\n\r\n"

long=$(printf '%09000d' 0 | tr 0 a)
closed "a long target" 414 "$(get "/$long")"
closed "a long header field" 431 "$(get / "X: $long$long\r\n")"
many=
for i in 1 2 3 4 5 6 7 8 9 10 11; do
	many+='a: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\ne: 1\r\nf: 1\r\ng: 1\r\nh: 1\r\ni: 1\r\nj: 1\r\n'
done
closed "110 header fields" 431 "$(get / "$many")"

# The limit is a tunable.
tux_set max_header_len 256
closed "a header above max_header_len" 431 "$(get / "X: $(printf '%0300d' 0)\r\n")"
closed "a request line above it" 414 "$(get "/$(printf '%0300d' 0)")"
is "one below it is served" "$(codes "$(get / 'Connection: close\r\nX: y\r\n')")" 200
tux_set max_header_len 16384

# A refusal says why the connection ends, and what would be allowed.
answer=$(send 'GET /\r\n\r\n')
is "a refused connection says close" "$(field Connection "$answer" | tr 'A-Z' 'a-z')" close
is "its Content-Length is right" "$(field Content-Length "$answer")" \
	"$(send 'GET /\r\n\r\n' | tr -d '\r' | sed '1,/^$/d' | wc -c)"
answer=$(send 'DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
is "405 says what is allowed" "$(field Allow "$answer")" "GET, HEAD, OPTIONS"
is "HEAD of what is not there has no body" \
	"$(send --head 'HEAD /nothing HTTP/1.0\r\n\r\n' | tr -d '\r' | sed '1,/^$/d')" ""

# A client that goes on writing after a refusal still reads it: the server does
# not reset the connection under the answer.
head -c 200000 /dev/zero >"$WORKDIR/zeros"
{ printf 'GARBAGE\r\n\r\n'; cat "$WORKDIR/zeros"; } >"$WORKDIR/garbage"
is "the answer survives what the client still sends" \
	"$(codes --pause 200 - <"$WORKDIR/garbage")" 400

# Every one is counted under its status.
settle
for code in 400 403 404 405 414 417 431 501 505; do
	check "status_$code counts" tux_stat_ge "status_$code" 1
done
check "all connections are closed" wait_gone
