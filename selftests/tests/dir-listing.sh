#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# http_dir_indexing: off by default; the list has what a request would get and
# nothing else, in order, escaped and whole; HEAD, keep-alive and pipelining are right;
# huge directories are cut and say so; the page is as new as its request.
# timeout: 120

# A network namespace of its own, with send buffers that a page does not fit into.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

ip link set lo up
echo 4096 16384 32768 >/proc/sys/net/ipv4/tcp_wmem

setup send_timeout=0
D=$DOCROOT/list
mkdir -p "$D/sub" "$D/closed" "$D/sub.hidden" "$DOCROOT/huge" "$DOCROOT/unreadable" \
	"$DOCROOT/unsearchable"
echo one >"$D/b.txt"
echo 22 >"$D/a.txt"
echo secret >"$D/.hidden"
echo private >"$D/private"
echo runs >"$D/executable"
echo odd >"$D/<b>&\"quoted\" 100%?#.txt"
echo control >"$D/"$'line\nbreak'
mkfifo "$D/fifo"
ln -s a.txt "$D/link"
ln -s /list/sub "$D/link-dir"
ln -s /etc/passwd "$D/link-out"
ln -s nowhere "$D/link-broken"
ln -s private "$D/link-private"
ln -s /list "$DOCROOT/to-list"
chmod -R a+rX "$DOCROOT"
chmod 600 "$D/private"
chmod 700 "$D/closed"
chmod 755 "$D/executable"
chmod 711 "$DOCROOT/unreadable"
chmod 744 "$DOCROOT/unsearchable"
touch -d '1994-11-06 08:49:37' "$D/a.txt"

is "off by default" "$(tux_get http_dir_indexing)" 0
is "a directory without an index is not there" "$(status /list/)" 404
check "it is switched on" tux_set http_dir_indexing 1

# names PATH: what the page's links say, one a line, "../" left out
names()
{
	page "$1" | sed -n 's/.*<a href="\([^"]*\)".*/\1/p' | grep -vFx ../
}

ODD='./%3Cb%3E%26%22quoted%22%20100%25%3F%23.txt'
is "what is listed, in order" "$(names /list/ | tr '\n' ' ')" \
	"./link-dir/ ./sub/ ./sub.hidden/ $ODD ./a.txt ./b.txt ./executable ./link "
contains "the text is escaped" "$(page /list/)" \
	'>&lt;b&gt;&amp;&quot;quoted&quot; 100%?#.txt</a>'
check_fails "there is no markup but ours" eval 'page /list/ | grep -F "<b>"'
contains "size and time" "$(page /list/)" '>a.txt</a><td>3<td>06 Nov 1994 08:49'
is "the odd name can be asked for as the page says" "$(page "/list/${ODD#./}")" odd
contains "a way up" "$(page /list/)" 'href="../"'
rm "$DOCROOT/index.html"
check_fails "but not from the root" eval 'page / | grep -F "../"'
contains "the root can be listed" "$(names / | tr '\n' ' ')" "./list/ "
is "through a link" "$(names /to-list/ | wc -l)" 8
is "an index is served before" "$(page /dir/)" "$(cat "$DOCROOT/dir/index.html")"
is "an empty directory" "$(status /empty/)" 200
is "has nothing" "$(names /empty/)" ""

# --- what others may not see ---

is "others may not read it" "$(status /unreadable/)" 403
is "others may not search it" "$(status /unsearchable/)" 403
is "nor one that only root may enter" "$(status /list/closed/)" 403
is "no such directory" "$(status /list/none/)" 404
is "the refusal is remembered" "$(
	page /list/none/ >/dev/null
	before=$(tux_stat misses)
	page /list/none/ >/dev/null
	echo $(($(tux_stat misses) - before)))" 0
is "a file is none" "$(status /list/a.txt/)" 404
is "above the root" "$(status /list/../../)" 400
is "without its slash it is a redirect" "$(status /list)" 301
tux_set hide_dot_files 0
contains "dot files, if they are not hidden" "$(names /list/ | tr '\n' ' ')" "./.hidden "
is "but not . and .." "$(names /list/ | grep -cE '^\./\.{1,2}/?$')" 0
tux_set hide_dot_files 1
tux_set mode_forbidden 0111
is "a forbidden mode is not listed" "$(names /list/ | grep -c executable)" 0
tux_set mode_forbidden 0
tux_set max_object_size 3
is "nor what is too large" "$(names /list/ | grep -c '\.txt')" 1
tux_set max_object_size 0

# --- the answer ---

head=$(send --head 'HEAD /list/ HTTP/1.0\r\n\r\n')
body=$(page /list/ | wc -c)
is "HEAD has the length of the page" "$(field Content-Length "$head")" "$body"
is "and no body" "$(send --head 'HEAD /list/ HTTP/1.0\r\n\r\n' | tail -c 4 | od -An -c | tr -d ' ')" \
	'\r\n\r\n'
is "its type" "$(field Content-Type "$head")" "text/html; charset=utf-8"
is "to be asked for anew each time" "$(field Cache-Control "$head")" no-cache
is "no validators, no ranges" \
	"$(field ETag "$head")$(field Last-Modified "$head")$(field Accept-Ranges "$head")" ""
LIST='GET /list/ HTTP/1.1\r\nHost: a\r\n\r\n'
is "a range of it is all of it" "$(
	send --body 'GET /list/ HTTP/1.0\r\nRange: bytes=0-3\r\n\r\n' | wc -c)" "$body"
is "a condition that cannot hold" \
	"$(codes 'GET /list/ HTTP/1.0\r\nIf-Match: "x"\r\n\r\n')" 412
is "in a pipeline" \
	"$(codes "$LIST${LIST}GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n$LIST$LAST11")" \
	"200 200 200 200 200"
page /list/ >"$WORKDIR/once"
for _ in 1 2 3 4 5; do
	cat "$WORKDIR/once"
done >"$WORKDIR/wanted"
curl -s "$URL/list/" "$URL/list/" "$URL/list/" "$URL/list/" "$URL/list/" >"$WORKDIR/got"
check "five on one connection" cmp "$WORKDIR/wanted" "$WORKDIR/got"

# --- as new as the request ---

late=0
n=$(less 50)
for ((i = 0; i < n; i++)); do
	: >"$DOCROOT/empty/new.$i"
	[ "$(names /empty/)" = "./new.$i" ] || late=$((late + 1))
	rm "$DOCROOT/empty/new.$i"
	[ "$(names /empty/)" = "" ] || late=$((late + 1))
done
is "every change is seen" "$late" 0

# --- large ones ---

(cd "$DOCROOT/huge" && printf '%05d-a-name-of-some-length\n' {1..3000} | xargs touch)
page /huge/ >"$WORKDIR/huge"
between "a large directory: 2048 at most" "$(grep -c '<tr><td><a href="./' "$WORKDIR/huge")" \
	1500 2048
contains "it says so" "$(tail -n 1 "$WORKDIR/huge")" "too large"
between "the page is bounded" "$(wc -c <"$WORKDIR/huge")" 100000 262144
check "in order" eval 'grep -o "href=\"./[^\"]*" "$WORKDIR/huge" | sort -c'
N=$(less 20)
send --rcvbuf 4096 --pause 500 --body 'GET /huge/ HTTP/1.0\r\n\r\n' >"$WORKDIR/slow"
check "a slow reader gets all of it" cmp "$WORKDIR/huge" "$WORKDIR/slow"
"$TUXCLIENT" hold --wait-signal --rcvbuf 4096 --send 'GET /huge/ HTTP/1.1\r\nHost: a\r\n\r\n' \
	"$ADDR" "$PORT" "$N" >"$WORKDIR/held" 2>&1 &
held=$!
at_exit end_pid $held
sending()
{
	[ "$(grep -c ' sending ' "$TUX_PROC/connections")" = "$1" ]
}
check "$N that take it slowly" busywait 20000 sending "$N"
is "keep nobody waiting" "$(status /small.txt)" 200
end_pid $held
check "everybody is gone" wait_gone
tux_set http_dir_indexing 0
is "switched off again" "$(status /list/)" 404
