#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Compressed siblings: which one Accept-Encoding gets, with which fields, and that
# a sibling that comes, goes or changes shows in the next request.
# timeout: 120

. "$(dirname "$0")/common.bash"

setup

# put NAME TEXT [TIME]: a file with that text and that time
put()
{
	printf '%s' "$2" >"$DOCROOT/$1"
	chmod 644 "$DOCROOT/$1"
	touch -d "${3:-2004-06-27 12:00:00}" "$DOCROOT/$1"
}

put page.html 'plain page'
for suffix in br zst gz; do
	put page.html.$suffix "page in $suffix"
done
put alone.html 'alone'
put some.css 'plain css'
put some.css.gz 'css in gz'
put dir/index.html 'plain index'
put dir/index.html.gz 'index in gz'

# request PATH ACCEPT-ENCODING [FIELDS]: '-' sends no such field
request()
{
	local accept=

	[ "$2" = - ] || accept="Accept-Encoding: $2\\r\\n"
	printf 'GET %s HTTP/1.1\\r\\nHost: a\\r\\n%s%sConnection: close\\r\\n\\r\\n' "$1" "$accept" \
		"${3:-}"
}

# got PATH ACCEPT-ENCODING [FIELDS]: status, coding and body of an answer. Asked for
# twice: the second one comes from the cache.
got()
{
	local first second

	first=$(_got "$@")
	second=$(_got "$@")
	[ "$first" = "$second" ] || echo "first and second differ: $first"
	echo "$second"
}

_got()
{
	local answer head

	answer=$(send "$(request "$@")" | tr -d '\r')
	head=${answer%%$'\n\n'*}
	printf '%s %s %s' "$(cut -d ' ' -f 2 <<<"${head%%$'\n'*}")" \
		"$(field Content-Encoding "$head")" "$(sed '1,/^$/d' <<<"$answer")"
}

# said FIELD PATH ACCEPT-ENCODING [FIELDS]: that field of the answer
said()
{
	local name=$1
	shift

	field "$name" "$(send "$(request "$@")")"
}

# --- who gets what (RFC 9110, section 12.5.3) ---

is "without Accept-Encoding: the file itself" "$(got /page.html -)" "200  plain page"
is "an empty one" "$(got /page.html "")" "200  plain page"
is "gzip" "$(got /page.html gzip)" "200 gzip page in gz"
is "zstd" "$(got /page.html zstd)" "200 zstd page in zst"
is "br" "$(got /page.html br)" "200 br page in br"
is "as browsers ask" "$(got /page.html 'gzip, deflate, br, zstd')" "200 br page in br"
is "what is wanted most" "$(got /page.html 'br;q=0.5, gzip;q=0.9')" "200 gzip page in gz"
is "any" "$(got /page.html '*')" "200 br page in br"
is "any but one" "$(got /page.html '*, br;q=0')" "200 zstd page in zst"
is "identity rather than gzip" "$(got /page.html 'identity, gzip;q=0.5')" "200  plain page"
is "none that is known" "$(got /page.html deflate)" "200  plain page"
is "only what there is" "$(got /some.css 'br, zstd, gzip;q=0.1')" "200 gzip css in gz"
is "no sibling at all" "$(got /alone.html 'br, gzip')" "200  alone"
is "nothing that is accepted" "$(codes "$(request /some.css 'br, identity;q=0')")" 406
is "nor without a sibling" "$(codes "$(request /alone.html 'br, *;q=0')")" 406
is "identity refused, a sibling there" "$(got /some.css 'gzip, *;q=0')" "200 gzip css in gz"
is "a directory's index" "$(got /dir/ gzip)" "200 gzip index in gz"
is "the sibling by its own name" "$(got /page.html.gz gzip)" "200  page in gz"
is "HEAD has the length of the sibling" "$(field Content-Length "$(send --head \
	'HEAD /some.css HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n')")" 9

# --- with which fields ---

is "the type is that of the file" "$(said Content-Type /page.html gzip)" "text/html; charset=utf-8"
is "by its own name it has its own" "$(said Content-Type /page.html.gz gzip)" application/gzip
is "Vary with a sibling" "$(said Vary /page.html br)" Accept-Encoding
is "Vary with the file itself" "$(said Vary /page.html -)" Accept-Encoding
is "no Vary where there is no choice" "$(said Vary /alone.html br)" ""
is "no Vary for the sibling by its own name" "$(said Vary /page.html.gz br)" ""
tags_differ()
{
	local tag tags=

	for coding in - br zstd gzip; do
		tag=$(said ETag /page.html "$coding")
		[[ $tag == '"'*'"' ]] || return 1
		tags+=$tag$'\n'
	done
	[ "$(printf %s "$tags" | sort -u | wc -l)" = 4 ]
}
check "each has an ETag of its own" busywait 3000 tags_differ
ln "$DOCROOT/page.html" "$DOCROOT/same.html"
ln "$DOCROOT/page.html" "$DOCROOT/same.html.gz"
check_fails "even if it is the same file" \
	[ "$(said ETag /same.html -)" = "$(said ETag /same.html gzip)" ]
tag=$(said ETag /page.html gzip)
tag=${tag//\"/\\x22}
is "it is not modified by its own tag" "$(codes "$(request /page.html gzip "If-None-Match: $tag\r\n")")" 304
is "304 says Vary" "$(said Vary /page.html gzip "If-None-Match: $tag\r\n")" Accept-Encoding
is "but by no other's" "$(codes "$(request /page.html br "If-None-Match: $tag\r\n")")" 200
is "a range is one of the coded bytes" "$(got /page.html gzip 'Range: bytes=0-6\r\n')" "206 gzip page in"
is "its end is the sibling's" "$(said Content-Range /some.css gzip 'Range: bytes=-2\r\n')" "bytes 7-8/9"
contains "several parts are coded as a whole" \
	"$(got /page.html gzip 'Range: bytes=0-3,-2\r\n')" "206 gzip --"
kept=$(request /page.html gzip)
is "a connection with both kinds keeps in step" \
	"$(send --body "${kept/Connection: close\\r\\n/}" "$(request /page.html -)")" \
	"page in gzplain page"

# --- it shows at once ---

rm "$DOCROOT/page.html.br"
is "a sibling is removed" "$(got /page.html 'br, gzip')" "200 gzip page in gz"
put page.html.br 'page in br'
is "and made again" "$(got /page.html 'br, gzip')" "200 br page in br"
put alone.html.zst 'not alone'
is "the first one of a file" "$(got /alone.html zstd)" "200 zstd not alone"
is "now it varies" "$(said Vary /alone.html -)" Accept-Encoding
mv "$DOCROOT/alone.html.zst" "$DOCROOT/alone.html.gz"
is "it is renamed" "$(got /alone.html 'zstd, gzip')" "200 gzip not alone"
put alone.html.gz 'changed'
is "it is rewritten" "$(got /alone.html gzip)" "200 gzip changed"
chmod 600 "$DOCROOT/alone.html.gz"
is "it may not be read" "$(got /alone.html gzip)" "200  alone"
chmod 644 "$DOCROOT/alone.html.gz"
is "it may be read again" "$(got /alone.html gzip)" "200 gzip changed"
put alone.html 'newer' '2004-06-27 12:00:01'
is "the file is newer than it" "$(got /alone.html gzip)" "200  newer"
is "still it might have been chosen" "$(said Vary /alone.html gzip)" Accept-Encoding
touch -d '2004-06-27 12:00:01' "$DOCROOT/alone.html.gz"
is "it is as old as the file" "$(got /alone.html gzip)" "200 gzip changed"
rm "$DOCROOT/alone.html.gz"
mkdir -m 700 "$DOCROOT/alone.html.gz"
is "a directory in its place" "$(got /alone.html gzip)" "200  newer"
rmdir "$DOCROOT/alone.html.gz"
ln -s page.html.gz "$DOCROOT/alone.html.gz"
touch -d '2004-06-27 12:00:00' "$DOCROOT/alone.html"
is "a link in its place" "$(got /alone.html gzip)" "200 gzip page in gz"
ln -s page.html "$DOCROOT/link.html"
is "a link to a file has siblings beside itself" "$(got /link.html gzip)" "200  plain page"
put link.html.gz 'by the link'
is "and gets one" "$(got /link.html gzip)" "200 gzip by the link"
rm "$DOCROOT/page.html"
is "the file is gone, and its siblings with it" "$(codes "$(request /page.html gzip)")" 404

name250=$(printf '%0250d' 0)
put "$name250" 'a long name'
put "$name250.gz" 'and a sibling'
is "a name that leaves room for one suffix alone" "$(got "/$name250" 'br, zstd, gzip')" \
	"200 gzip and a sibling"
deep=/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d
mkdir -p "$DOCROOT$deep"
chmod -R a+rX "$DOCROOT/d"
put "$deep/f" deep
put "$deep/f.gz" 'deep in gz'
is "at the end of the longest way" "$(got $deep/f gzip)" "200 gzip deep in gz"

# --- the tunable ---

check "http_precompressed=0" tux_set http_precompressed 0
is "a file is what it is" "$(got /some.css gzip)" "200  plain css"
is "and does not vary" "$(said Vary /some.css gzip)" ""
check "http_precompressed=1" tux_set http_precompressed 1
is "siblings count again" "$(got /some.css gzip)" "200 gzip css in gz"
check "nobody is left" wait_gone
