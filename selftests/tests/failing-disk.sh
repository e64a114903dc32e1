#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A disk under the document root that answers every read with an error. Whoever asks
# for what has to be read gets a 500, or, when the head of the answer has gone out already, a
# reset in the middle of it: never a wrong byte, never a 404. What is in memory is served as ever.
# When the disk is well again everything is served again: nobody has kept an error.
# timeout: 120

. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/disk.bash"

COLD=12			# files of 4 KiB
READERS=4		# who read a large file when the disk fails
LARGE=4194304		# bytes of it: more than buffers and reading ahead have room for
BEGIN=200000		# so much of its beginning is in memory

FILES=(known large dir/index.html)
disk_new
docroot_new mnt/docroot || die "no document root"
for ((i = 1; i <= COLD; i++)); do
	pattern $((4000 + i)) >"$DOCROOT/cold.$i"
	FILES+=("cold.$i")
done
pattern $LARGE >"$DOCROOT/large"
pattern 10000 >"$DOCROOT/known"
chmod a+r "$DOCROOT"/*
COPY=$WORKDIR/copy
cp -R "$DOCROOT" "$COPY"
# That a file system complains into its own superblock is not the point.
sync
mount -o remount,ro "$MNT" || die "remount"

tux_load || die "the module does not load"
at_exit disk_heal
for setting in "documentroot=$DOCROOT" "port=$PORT" threads=1 header_timeout=0 send_timeout=0 \
	http_dir_indexing=1; do
	tux_set "${setting%%=*}" "${setting#*=}" || die "$setting is refused"
done
tux_start || die "the server does not start"

HOT='index.html small.txt 64k.bin 1m.bin'

# part FIRST-LAST: of the large file
part()
{
	send 'GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n' \
		"Range: bytes=$1\\r\\n\\r\\n" >/dev/null
}

# Of the hot files everything is in memory, of /known and /large that they are there,
# of the latter the beginning as well; of the others nothing.
remember()
{
	local file

	forget
	page /known >/dev/null
	part 0-99
	# Pages alone, not what is known about files.
	echo 1 >/proc/sys/vm/drop_caches
	part 0-$((BEGIN - 1))
	for file in $HOT nothing; do
		page "/$file" >/dev/null
	done
}

# whole FILE...: each is served, byte by byte
whole()
{
	local file

	for file; do
		page "/$file" | cmp - "$COPY/$file" || return
	done
}

# begins GOT FILE: is GOT how FILE begins?
begins()
{
	head -c "$(wc -c <"$1")" "$2" | cmp - "$1"
}

# --- the disk has failed ---

remember
refusals=$(tux_stat cache_negative)
errors=$(tux_stat status_500)
check "the disk fails" disk_fail
is "a file never seen" "$(status /cold.1)" 500
is "the same once more" "$(status /cold.1)" 500
is "nobody knows whether a name is there" "$(status /dir/nobody.knows)" 500
is "an index never seen" "$(status /dir/)" 500
is "a list of what cannot be read" "$(status /empty/)" 500
is "a small file whose bytes are gone" "$(status /known)" 500
is "its head is known" "$(codes --head 'HEAD /known HTTP/1.0\r\n\r\n')" 200
is "on one connection, in turns" "$(codes 'GET /cold.2 HTTP/1.1\r\nHost: a\r\n\r\n' "$GET11" \
	'GET /cold.3 HTTP/1.1\r\nHost: a\r\n\r\n' "$LAST11")" "500 200 500 200"
is "each 500 is counted" $(($(tux_stat status_500) - errors)) 8
# shellcheck disable=SC2086 # several
check "what is in memory is served" whole $HOT
is "that something is not there, too" "$(status /nothing)" 404

# cut NAME LEAST OPTION...: an answer that begins and is cut short, with LEAST bytes of it
cut()
{
	local name=$1 least=$2 rc=0
	shift 2

	rm -f "$WORKDIR/got"
	: >"$WORKDIR/got"
	fetch -o "$WORKDIR/got" -w '%{http_code}' "$@" "$URL/large" >"$WORKDIR/code" || rc=$?
	note "$name: $(cat "$WORKDIR/code"), curl says $rc, $(wc -c <"$WORKDIR/got") bytes"
	check "$name: the client is told" test "$rc" -eq 18 -o "$rc" -eq 56
	between "$name: as far as it is in memory" "$(wc -c <"$WORKDIR/got")" "$least" \
		$((least + 2000000))
}
# The reset takes along what has not been sent yet.
cut "a large file" 1
check "a large file: what came is right" begins "$WORKDIR/got" "$COPY/large"
cut "a part of it that is not in memory" 0 -r 3000000-
check "a part of it that is not in memory: nothing came" test ! -s "$WORKDIR/got"
cut "two parts, one in memory" 0 -r 0-99,3000000-3000099

check "everybody is gone" wait_gone
is "the books balance" "$(tux_stat accepted)" "$(tux_stat closed)"
is "no file was taken for one that shrank" "$(tux_stat truncated)" 0
is "no error is kept as a refusal" "$(tux_stat cache_negative)" "$refusals"

# --- it is well again ---

check "the disk is well again" disk_heal
check "then everything is served" whole "${FILES[@]}"
is "what is not there is not there" "$(status /dir/nobody.knows)" 404
is "an empty directory is listed" "$(status /empty/)" 200

# --- it fails while large files are being sent ---

remember
sending()
{
	[ "$(grep -c ' sending ' "$TUX_PROC/connections")" = "$1" ]
}
readers=()
for ((i = 1; i <= READERS; i++)); do
	"$TUXCLIENT" send --rcvbuf 16384 --pause 100000 --timeout $((20000 * TUX_SLOW)) --body \
		"$ADDR" "$PORT" 'GET /large HTTP/1.0\r\n\r\n' \
		>"$WORKDIR/reader.$i" 2>/dev/null &
	readers+=($!)
	at_exit end_pid $!
done
check "clients are in the middle of a large file" busywait 10000 sending $READERS
check "the disk fails then" disk_fail
echo 1 >/proc/sys/vm/drop_caches
kill -USR1 "${readers[@]}"
told=0
right=0
for ((i = 1; i <= READERS; i++)); do
	wait "${readers[i - 1]}" || told=$((told + 1))
	! begins "$WORKDIR/reader.$i" "$COPY/large" || right=$((right + 1))
done
note "the first has $(wc -c <"$WORKDIR/reader.1") bytes of $LARGE"
is "all of them are told" $told $READERS
is "what came was right" $right $READERS
check "they are gone" wait_gone

# --- it fails while files are waited for, and in some places only ---

# ask: for all of the cold files at once
ask()
{
	rm -f "$WORKDIR"/cold.*
	spawn "$WORKDIR/answers" sh -c 'exec curl -s -Z --parallel-immediate --max-time "$0" \
		-o "$1/cold.#1" -w "%{http_code} %{filename_effective}\n" "$2" 2>/dev/null' \
		$((20 * TUX_SLOW)) "$WORKDIR" "$URL/cold.[1-$COLD]"
}

# answered: waits for the answers; sets $files and $errors, how many were what, and $wrong
answered()
{
	local code file

	files=0 errors=0 wrong=0
	wait "$SPAWNED"
	while read -r code file; do
		case $code in
		200)	if cmp -s "$file" "$COPY/${file##*/}"; then
				files=$((files + 1))
			else
				wrong=$((wrong + 1))
			fi ;;
		500)	errors=$((errors + 1)) ;;
		[0-9]*)	wrong=$((wrong + 1)) ;;
		esac
	done <"$WORKDIR/answers"
}

disk_heal
forget
misses=$(tux_stat misses)
disk_stop
ask
check "clients wait for the disk" busywait 10000 tux_stat_ge misses $((misses + COLD))
check "it fails instead of answering" disk_fail
answered
is "all of them get a 500" "$files $errors $wrong" "0 $COLD 0"

# Where the files lie is known, and what is in them not.
disk_heal
for ((i = 1; i <= COLD; i++)); do
	codes --head "HEAD /cold.$i HTTP/1.0\\r\\n\\r\\n"
done >/dev/null
echo 1 >/proc/sys/vm/drop_caches
check "half of the disk fails, in stripes" disk_stripes
ask
answered
note "$files files came, $errors did not"
is "every answer is the file or a 500" "$((files + errors)) $wrong" "$COLD 0"
check "there are some of each" test $files -gt 0 -a $errors -gt 0
cut "a large file in between" 0
check "a large file in between: what came is right" begins "$WORKDIR/got" "$COPY/large"
check "it recovers" disk_heal
check "then everybody is gone" wait_gone
check "and everything is served" whole "${FILES[@]}"

# --- it has failed when the server starts ---

check "stops" tux_stop
disk_fail
forget
check_fails "it does not start with a document root that cannot be read" tux_start
is "and does not serve" "$(tux_get serve)" 0
disk_heal
check "it starts when the disk is well" tux_start
check "and serves" whole cold.1
check "nobody is left" wait_gone
is "nothing is stuck" "$(tux_stats misses_stuck connections)" "0 0"
is "the books balance in the end" "$(tux_stat accepted)" "$(tux_stat closed)"
