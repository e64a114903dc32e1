#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A file whose pages lie in memory in blocks of 2 MiB each, on tmpfs: every byte in its
# place, wherever the range begins, also when blocks are split while the server
# knows the file, and nothing behind the end when it is truncated in a block's middle.
# timeout: 60

. "$(dirname "$0")/common.bash"

[ "$(id -u)" = 0 ] || skip_all "not root"
[ -e /sys/kernel/mm/transparent_hugepage ] || skip_all "no huge pages in this kernel"
workdir || die "no directory"
mkdir "$WORKDIR/fs"
mount -t tmpfs -o mode=755,size=64m,huge=always tmpfs "$WORKDIR/fs" 2>/dev/null ||
	skip_all "no tmpfs with huge pages"
at_exit umount "$WORKDIR/fs"
docroot_new fs/docroot || die "no document root"

SIZE=6300001
BLOCK=2097152
pattern $SIZE >"$WORKDIR/wanted"

# KiB of tmpfs in huge pages
huge()
{
	awk '$1 == "ShmemHugePages:" { print $2 }' /proc/meminfo
}

before=$(huge)
dd if="$WORKDIR/wanted" of="$DOCROOT/file" bs=1M 2>/dev/null
chmod a+r "$DOCROOT/file"
[ "$(huge)" -gt "$before" ] || skip_all "no huge pages to be had"
note "$(($(huge) - before)) KiB are in huge pages"

tux_load "documentroot=$DOCROOT" "port=$PORT" threads=1 || die "it does not load"

same_file()
{
	fetch --max-time 60 -o "$WORKDIR/got" "$URL/file"
	cmp "$DOCROOT/file" "$WORKDIR/got"
}
check "the whole" same_file
check "is what was written" cmp "$WORKDIR/wanted" "$WORKDIR/got"
check "the same, known by now" same_file

# same_range FIRST LENGTH
same_range()
{
	fetch --max-time 60 -r "$1-$(($1 + $2 - 1))" -o "$WORKDIR/got" "$URL/file"
	tail -c +$(($1 + 1)) "$WORKDIR/wanted" | head -c "$2" | cmp - "$WORKDIR/got"
}
check "from the middle of a block" same_range 1000000 700000
check "from the middle of a page" same_range 1234567 800001
check "across a block's end" same_range $((BLOCK - 300001)) 600003
check "across two" same_range $((BLOCK - 1)) $((BLOCK + 2))
check "from a block's last page" same_range $((2 * BLOCK - 4096)) 100000
check "the end" same_range $((SIZE - 200003)) 200003
check "a little of a block" same_range $((BLOCK + 4095)) 2

# A truncation takes the block it ends in to pieces.
truncate -s $((BLOCK + 500001)) "$DOCROOT/file"
check "shortened in the middle of a block" same_file
truncate -s $((BLOCK + 900001)) "$DOCROOT/file"
check "with a hole behind that" same_file
dd if="$WORKDIR/wanted" of="$DOCROOT/file" bs=1M conv=notrunc 2>/dev/null
check "written over" same_file
is "nothing was cut short" "$(tux_stat truncated)" 0

# A client that does not read, with more to come than any send buffer takes.
cat "$WORKDIR/wanted" "$WORKDIR/wanted" "$WORKDIR/wanted" >"$DOCROOT/large"
chmod a+r "$DOCROOT/large"
"$TUXCLIENT" send --timeout $((8000 * TUX_SLOW)) --rcvbuf 4096 --pause 60000 --body \
	"$ADDR" "$PORT" 'GET /large HTTP/1.0\r\n\r\n' >"$WORKDIR/got" 2>"$WORKDIR/err" &
client=$!
at_exit end_pid $client
check "a client begins" busywait 10000 tux_stat_ge send_full 1
truncate -s $((BLOCK + 5)) "$DOCROOT/large"
kill -USR1 $client
rc=0
wait $client || rc=$?
is "truncated meanwhile: it is told by a reset" $rc 4
check "and counted" busywait 5000 tux_stat_ge truncated 1
check "everybody is gone" wait_gone
