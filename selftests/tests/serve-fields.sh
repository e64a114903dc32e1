#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Fields that tunables decide about, Cache-Control and ETag: which answers have
# them, and that a change counts for the next request, of files that are cached, too. And
# which files have validators.

. "$(dirname "$0")/common.bash"

setup
echo 'a script' >"$DOCROOT/a.js"
chmod a+r "$DOCROOT/a.js"

# answer PATH [FIELDS]: the head
answer()
{
	send "GET $1 HTTP/1.1\\r\\nHost: a\\r\\n${2:-}Connection: close\\r\\n\\r\\n" |
		sed '/^\r*$/q' | tr -d '\r'
}

# said FIELD PATH [FIELDS]: status and value of a field, of two requests that agree
said()
{
	local first second

	first=$(answer "$2" "${3:-}")
	second=$(answer "$2" "${3:-}")
	first="$(cut -d ' ' -f 2 <<<"${first%%$'\n'*}") $(field "$1" "$first")"
	second="$(cut -d ' ' -f 2 <<<"${second%%$'\n'*}") $(field "$1" "$second")"
	[ "$first" = "$second" ] || echo "first and second differ: $first"
	echo "$second"
}

cc()
{
	said Cache-Control "$@"
}

range='Range: bytes=0-1\r\n'
is "no Cache-Control at first" "$(cc /a.js)" "200 "
check "the tunable is set" tux_set cache_control "max-age=60, public"
is "a file that is cached has it" "$(cc /a.js)" "200 max-age=60, public"
is "and one that is not" "$(cc /small.txt)" "200 max-age=60, public"
is "a part" "$(cc /a.js "$range")" "206 max-age=60, public"
is "several parts" "$(cc /a.js 'Range: bytes=0-1,4-5\r\n')" "206 max-age=60, public"
is "what is not modified" "$(cc /a.js 'If-None-Match: *\r\n')" "304 max-age=60, public"
is "not an error" "$(cc /none)" "404 "
is "not a redirect" "$(cc /dir)" "301 "
check "it is changed" tux_set cache_control no-cache
is "the next request shows it" "$(cc /a.js)" "200 no-cache"
check_fails "two lines are refused" tux_set cache_control $'a\x01b'
is "and change nothing" "$(cc /a.js)" "200 no-cache"
long=max-age=$(printf '%0120d' 7)
check "as long as may be" tux_set cache_control "$long"
is "it is sent whole" "$(cc /a.js)" "200 $long"
check "and taken away" tux_set cache_control ""
is "then it is gone" "$(cc /a.js)" "200 "

# While requests are answered: each has one value or the other, whole.
flip()
{
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		tux_set cache_control "$(printf "x%.0s" {1..100})" || return
		tux_set cache_control yyy || return
	done
}
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 4 --connections 100000 --requests 10 \
	--time $((30 * TUX_SLOW)) \
	--path /a.js "$ADDR" "$PORT"
load=$SPAWNED
check "it is changed forty times under load" flip
end_pid "$load"
is "the last one counts" "$(cc /a.js)" "200 yyy"
tux_set cache_control ""

# --- ETag ---

# has_validators PATH: both of them
has_validators()
{
	local head

	head=$(answer "$1")
	[[ $(field ETag "$head") == '"'*'"' && -n $(field Last-Modified "$head") ]]
}
# where changes are not counted there may be none until the file's time is two ticks old
check "files have an ETag" busywait 3000 has_validators /a.js
tag=$(said ETag /a.js)
tag=${tag#200 }
since="If-Modified-Since: $(field Last-Modified "$(answer /a.js)")\\r\\n"
is "by which they are not modified" \
	"$(said ETag /a.js "If-None-Match: ${tag//\"/\\x22}\\r\\n")" "304 $tag"
check "generate_etags=0" tux_set generate_etags 0
is "a cached file has none any more" "$(said ETag /a.js)" "200 "
is "it matches no tag" "$(said ETag /a.js "If-None-Match: ${tag//\"/\\x22}\\r\\n")" "200 "
is "but its date" "$(said Last-Modified /a.js "$since")" \
	"304 $(field Last-Modified "$(answer /a.js)")"
is "and its being there" "$(said ETag /a.js 'If-None-Match: *\r\n')" "304 "
is "If-Match can only fail" "$(said ETag /a.js "If-Match: ${tag//\"/\\x22}\\r\\n")" "412 "
check "generate_etags=1" tux_set generate_etags 1
is "the same tag is back" "$(said ETag /a.js)" "200 $tag"

# --- files without ---

echo early >"$DOCROOT/ahead"
touch -d "@$(($(date +%s) + 3 * TUX_SLOW))" "$DOCROOT/ahead"
answer /ahead >/dev/null
head=$(answer /ahead)
is "a file dated ahead has no Last-Modified" "$(field Last-Modified "$head")" ""
contains "but an ETag" "$(field ETag "$head")" '"'
check "and a Last-Modified as soon as it may" busywait 20000 has_validators /ahead

# On FAT two contents may have the same times for two seconds.
modprobe -a loop vfat nls_cp437 nls_ascii 2>/dev/null
mkdir "$DOCROOT/fat"
if truncate -s 1M "$WORKDIR/image" && mkdosfs "$WORKDIR/image" >/dev/null 2>&1 &&
	mount -t vfat -o loop "$WORKDIR/image" "$DOCROOT/fat" 2>/dev/null; then
	at_exit umount "$DOCROOT/fat"
	echo new >"$DOCROOT/fat/f"
	head=$(answer /fat/f)
	is "where times are coarse, a new file has no validators" \
		"$(field ETag "$head")$(field Last-Modified "$head")" ""
	check "when it is older it has" busywait 8000 has_validators /fat/f
	tag=$(field ETag "$(answer /fat/f)")
	echo NEW >"$DOCROOT/fat/f"
	is "which do not fit what is written then" \
		"$(said ETag /fat/f "If-None-Match: ${tag//\"/\\x22}\\r\\n")" "200 "
else
	skip "where times are coarse, a new file has no validators" "no FAT here"
fi
check "nobody is left" wait_gone
# The mounts go at the end, before the server: it must not pin them.
tux_stop
