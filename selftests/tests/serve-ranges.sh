#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Ranges: one, several as multipart/byteranges, and those that cannot be satisfied
# (RFC 9110, section 14). Every byte is compared: of small parts that are copied,
# of large ones from the page cache, of holes that have no pages, for a client that
# leaves the send buffer full, and when the file is cut short meanwhile.
# timeout: 120

. "$(dirname "$0")/common.bash"

setup
pattern 3000001 >"$DOCROOT/big.txt"
truncate -s 700000 "$DOCROOT/hole.txt"
printf 'end of the hole' >>"$DOCROOT/hole.txt"
chmod a+r "$DOCROOT"/*.txt

# ask RANGE PATH [FIELDS]: a request for ranges, the connection closed behind it
ask()
{
	printf 'GET %s HTTP/1.1\\r\\nHost: a\\r\\nRange: bytes=%s\\r\\n%sConnection: close\\r\\n\\r\\n' \
		"$2" "$1" "${3:-}"
}

# bytes FIRST LAST FILE: that part of it
bytes()
{
	tail -c +$(($1 + 1)) "$3" | head -c $(($2 - $1 + 1))
}

# parts FILE BOUNDARY FIRST-LAST...: the body that RFC 9110 14.6 wants
parts()
{
	local file=$1 boundary=$2 range size sep=
	shift 2

	size=$(wc -c <"$file")
	for range; do
		printf '%s--%s\r\nContent-Type: text/plain; charset=utf-8\r\n' "$sep" "$boundary"
		printf 'Content-Range: bytes %s/%s\r\n\r\n' "$range" "$size"
		bytes "${range%-*}" "${range#*-}" "$file"
		sep=$'\r\n'
	done
	printf '\r\n--%s--\r\n' "$boundary"
}

# head_of FILE: the head of the answer kept there
head_of()
{
	sed '/^\r$/q' "$1" | tr -d '\r'
}

# multipart RANGE PATH FIRST-LAST...: the answer is these parts and nothing else.
# CLIENT: options of tuxclient.
multipart()
{
	local range=$1 path=$2 head type boundary
	shift 2

	# shellcheck disable=SC2086 # several words
	send ${CLIENT:-} "$(ask "$range" "$path")" >"$WORKDIR/answer" || return
	head=$(head_of "$WORKDIR/answer" 2>/dev/null)
	[ "${head%%$'\n'*}" = "HTTP/1.1 206 Partial Content" ] || { echo "$head"; return 1; }
	type=$(field Content-Type "$head")
	boundary=${type#multipart/byteranges; boundary=}
	if [ "$boundary" = "$type" ] || [ -z "$boundary" ]; then
		echo "Content-Type: $type"
		return 1
	fi
	[ -z "$(field Content-Range "$head")" ] || { echo "a Content-Range for all"; return 1; }
	parts "$DOCROOT$path" "$boundary" "$@" >"$WORKDIR/wanted"
	[ "$(field Content-Length "$head")" = "$(wc -c <"$WORKDIR/wanted")" ] ||
		{ echo "$head"; return 1; }
	tail -c +$(($(printf '%s\n\n' "$head" | sed 's/$/\r/' | wc -c) + 1)) "$WORKDIR/answer" |
		cmp - "$WORKDIR/wanted"
}

# single RANGE PATH FIRST-LAST: one range, without parts
single()
{
	local head

	send "$(ask "$1" "$2")" >"$WORKDIR/answer" || return
	head=$(head_of "$WORKDIR/answer")
	[ "${head%%$'\n'*}" = "HTTP/1.1 206 Partial Content" ] || { echo "$head"; return 1; }
	[ "$(field Content-Range "$head")" = "bytes $3/$(wc -c <"$DOCROOT$2")" ] ||
		{ echo "$head"; return 1; }
	send --body "$(ask "$1" "$2")" | cmp - <(bytes "${3%-*}" "${3#*-}" "$DOCROOT$2")
}

# --- one ---

check "the first bytes" single 0-9 /small.txt 0-9
check "from a byte on" single 900- /small.txt 900-999
check "the last bytes" single -10 /small.txt 990-999
check "a range that ends beyond the end" single 990-2000 /small.txt 990-999
check "a large range" single 1000-2900000 /big.txt 1000-2900000
check "overlapping ones are one" single 0-99,50-149 /small.txt 0-149
check "adjoining ones are one" single 50-99,0-49 /small.txt 0-99

# --- several ---

check "two small parts" multipart 0-9,20-29 /small.txt 0-9 20-29
check "in the order of the request" multipart 500-509,-5,0-0 /small.txt 500-509 995-999 0-0
check "overlapping ones are joined in the first one's place" \
	multipart 500-599,0-9,550-649 /small.txt 500-649 0-9
check "those that cannot be satisfied are left out" \
	multipart 5000-,0-9,20-29 /small.txt 0-9 20-29
check "eight parts" multipart 0-1,10-11,20-21,30-31,40-41,50-51,60-61,70-71 /small.txt \
	0-1 10-11 20-21 30-31 40-41 50-51 60-61 70-71
check "parts that fill more than a buffer, each of them small" \
	multipart 0-15999,20000-35999,40000-55999,60000-75999 /big.txt \
	0-15999 20000-35999 40000-55999 60000-75999
check "large parts" multipart 7-1000000,1500000-2900000 /big.txt 7-1000000 1500000-2900000
check "small and large ones by turns" \
	multipart 0-9,100-999999,1000010-1000019,1100000-2999999,-1 /big.txt \
	0-9 100-999999 1000010-1000019 1100000-3000000
check "parts of a hole, which is never in memory" \
	multipart 0-9,100-400000,-20 /hole.txt 0-9 100-400000 699995-700014
before=$(tux_stat send_full)
CLIENT='--rcvbuf 4096 --pause 500' check "parts for a client that reads late" \
	multipart 0-1199999,1300000-1300009,1400000-2999999,-1 /big.txt \
	0-1199999 1300000-1300009 1400000-3000000
between "whose buffer was full meanwhile" "$(tux_stat send_full)" $((before + 1)) 1000000

for range in 0-9,20-29 0-9,100-1000000; do
	request="GET /big.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=$range\r\n\r\n"
	is "the connection is in step behind $range" \
		"$(send --statuses "$request$request$LAST11" | tr '\n' ' ')" "206 206 200 "
done
first=$(field Content-Type "$(send "$(ask 0-1,5-6 /small.txt)")")
check_fails "each answer has a boundary of its own" \
	[ "$first" = "$(field Content-Type "$(send "$(ask 0-1,5-6 /small.txt)")")" ]

# --- none ---

is "beyond the end" "$(codes "$(ask 1000- /small.txt)")" 416
is "416 tells the size" \
	"$(field Content-Range "$(send "$(ask 1000-,-0 /small.txt)")")" "bytes */1000"
is "more than eight: the whole file" \
	"$(codes "$(ask 0-1,10-11,20-21,30-31,40-41,50-51,60-61,70-71,80-81 /small.txt)")" 200
is "not for HEAD" \
	"$(send --statuses --head 'HEAD /small.txt HTTP/1.0\r\nRange: bytes=0-9,20-29\r\n\r\n')" 200
is "nor after If-Range with another tag" \
	"$(codes "$(ask 0-9,20-29 /small.txt 'If-Range: "x"\r\n')")" 200

# --- cut short ---

aborted=$(tux_stat aborted)
truncated=$(tux_stat truncated)
shrink()
{
	busywait 5000 tux_stat_ge send_full $(($1 + 1)) && truncate -s 100000 "$DOCROOT/big.txt"
}
full=$(tux_stat send_full)
spawn "$WORKDIR/short" "$TUXCLIENT" send --timeout $((8000 * TUX_SLOW)) --rcvbuf 4096 --pause 2000 \
	"$ADDR" "$PORT" "$(ask 0-1199999,1500000-2999999 /big.txt)"
check "the file is cut while its parts are sent" shrink "$full"
check "the answer is not padded, the connection is aborted" \
	busywait 8000 tux_stat_is aborted $((aborted + 1))
is "and counted" "$(tux_stat truncated)" $((truncated + 1))
check "nobody is left" wait_gone
