#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# GET and HEAD: the answer, its header fields, index files, redirects, both
# address families on one port.

. "$(dirname "$0")/common.bash"

setup
echo 'body { }' >"$DOCROOT/style.css"
: >"$DOCROOT/empty.txt"
printf 'x' >"$DOCROOT/no-type"
mkdir "$DOCROOT/a b"
echo inside >"$DOCROOT/a b/index.html"
chmod -R a+rX "$DOCROOT"
touch -d '2004-06-27 12:34:56' "$DOCROOT/small.txt" 2>/dev/null ||
	touch -t 200406271234.56 "$DOCROOT/small.txt"

# --- what an answer consists of ---

answer=$(send 'GET /small.txt HTTP/1.0\r\n\r\n' | tr -d '\r')
is "the status line says 200" "$(head -n 1 <<<"$answer")" "HTTP/1.1 200 OK"
is "Content-Length is the file's size" "$(field Content-Length "$answer")" 1000
contains "Content-Type is that of the name" "$(field Content-Type "$answer")" text/plain
is "Last-Modified is the file's time" "$(field Last-Modified "$answer")" \
	"$(date -u -r "$DOCROOT/small.txt" '+%a, %d %b %Y %H:%M:%S GMT')"
is "the body is the file" "$(sed '1,/^$/d' <<<"$answer")" "$(cat "$DOCROOT/small.txt")"

# The clock may move on between our look at it and the server's.
date_is_now()
{
	local before after got

	before=$(date -u '+%a, %d %b %Y %H:%M:%S GMT')
	got=$(field Date "$(send "$GET10")")
	after=$(date -u '+%a, %d %b %Y %H:%M:%S GMT')
	echo "got '$got', it was '$before'"
	[ "$got" = "$before" ] || [ "$got" = "$after" ]
}
check "Date is the present time" busywait 3000 date_is_now

is "exactly one Date, Content-Length and Content-Type" \
	"$(grep -ciE '^(date|content-length|content-type):' <<<"$answer")" 3

# --- HEAD ---

head=$(send --head 'HEAD /small.txt HTTP/1.0\r\n\r\n')
is "HEAD has no body" "$(tr -d '\r' <<<"$head" | sed '1,/^$/d')" ""
for name in Content-Length Content-Type Last-Modified ETag; do
	is "HEAD has the $name of GET" "$(field "$name" "$head")" "$(field "$name" "$answer")"
done
is "an answer to HEAD leaves the connection in step" \
	"$(send 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n' "$LAST11" | tr -d '\r' |
		grep -c '^HTTP/1.1 200 OK$')" 2

# --- which file ---

index=$(cat "$DOCROOT/index.html")
is "/ is the index file" "$(fetch "$URL/")" "$index"
contains "the index is HTML" "$(field Content-Type "$(send "$GET10")")" text/html
is "a directory's index" "$(page "/dir/")" "$(cat "$DOCROOT/dir/index.html")"
contains "a style sheet is CSS" \
	"$(field Content-Type "$(send 'GET /style.css HTTP/1.0\r\n\r\n')")" text/css
is "a name without a known ending is served" "$(page "/no-type")" x
is "a query is not part of the name" "$(page "/index.html?a=b&c=/../d")" "$index"
is "an escaped name is decoded" "$(page /a%20b/%69ndex.html)" inside
is "dot segments are removed" "$(page /dir/../dir/./../index.html)" "$index"
is "an absolute-form target" \
	"$(codes 'GET http://test/ HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n')" 200

tux_set index small.txt
is "index counts from the next start on" "$(page "/")" "$index"
tux_stop && tux_start
is "another index file" "$(page / | wc -c)" 1000
tux_set index index.html
tux_stop && tux_start

# --- redirects ---

answer=$(send 'GET /dir HTTP/1.0\r\n\r\n')
contains "a directory without its slash is moved" "$(head -n 1 <<<"$answer")" "HTTP/1.1 301 "
is "to the name with a slash" "$(field Location "$answer" | sed 's,^http://[^/]*,,')" /dir/
answer=$(send 'GET /a%20b?x=1 HTTP/1.0\r\n\r\n')
is "Location is escaped and keeps the query" \
	"$(field Location "$answer" | sed 's,^http://[^/]*,,')" '/a%20b/?x=1'
is "curl follows it" "$(fetch -L "$URL/dir")" "$(cat "$DOCROOT/dir/index.html")"
is "// is no way to another host" \
	"$(field Location "$(send 'GET //dir HTTP/1.0\r\n\r\n')" | sed 's,^http://[^/]*,,')" /dir/

# --- nothing in it ---

answer=$(send 'GET /empty.txt HTTP/1.0\r\n\r\n')
contains "an empty file is served" "$answer" "HTTP/1.1 200 OK"
is "with Content-Length: 0" "$(field Content-Length "$answer")" 0
is "and keeps the connection in step" \
	"$(codes 'GET /empty.txt HTTP/1.1\r\nHost: a\r\n\r\n' "$LAST11")" "200 200"
is "a directory without an index is not there" "$(status "/empty/")" 404

# --- both families ---

is "IPv4" "$(fetch -4 "$URL/")" "$index"
if [ -e /proc/net/if_inet6 ] && ip -6 addr show dev lo | grep -q ::1; then
	is "IPv6 on the same port" "$(fetch -g "http://[::1]:$PORT/")" "$index"
else
	skip "IPv6 on the same port" "no IPv6 here"
fi

# --- counted ---

wait_gone
before=$(tux_stat requests)
ok200=$(tux_stat status_200)
bytes=$(tux_stat bytes_sent)
got=$(send "$GET10" | wc -c)
wait_gone
is "one request is one more in requests" "$(tux_stat requests)" $((before + 1))
is "and one more in status_200" "$(tux_stat status_200)" $((ok200 + 1))
is "bytes_sent counts head and body" "$(tux_stat bytes_sent)" $((bytes + got))
