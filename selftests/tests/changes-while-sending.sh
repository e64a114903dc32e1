#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What happens to a file while it is being sent: truncated, rewritten, replaced,
# deleted. A client gets bytes of this file, in their places, and of no other; a
# promise that cannot be kept any more ends in a reset and is counted; and a
# deleted file's space is free when the last client has it.
# timeout: 90
# cpus: 2

# A network namespace of its own, with send buffers smaller than the files.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

ip link set lo up
echo 4096 16384 65536 >/proc/sys/net/ipv4/tcp_wmem

workdir || die "no directory"
# Its own file system, so that its space can be counted.
mkdir "$WORKDIR/fs"
mount -t tmpfs -o mode=755,size=64m tmpfs "$WORKDIR/fs" || skip_all "cannot mount a tmpfs"
at_exit umount "$WORKDIR/fs"
docroot_new fs/docroot || die "no document root"
tux_load "documentroot=$DOCROOT" "port=$PORT" threads=1 send_timeout=0 || die "it does not load"

SIZE=4000000
pattern $SIZE >"$WORKDIR/one"
tr 0-9 a-j <"$WORKDIR/one" >"$WORKDIR/two"

# fresh: the file as it is in the beginning
fresh()
{
	cp "$WORKDIR/one" "$DOCROOT/file"
	chmod a+r "$DOCROOT/file"
}

# begin: a client asks for the file, and does not read before `finish` says so. Its
# answer's body comes to WORKDIR/got, its exit status to WORKDIR/rc.
begin()
{
	local full

	full=$(tux_stat send_full)
	"$TUXCLIENT" send --timeout $((8000 * TUX_SLOW)) --rcvbuf 4096 --pause 60000 --body \
		"$ADDR" "$PORT" 'GET /file HTTP/1.0\r\n\r\n' >"$WORKDIR/got" 2>"$WORKDIR/err" &
	client=$!
	at_exit end_pid $client
	busywait 10000 tux_stat_ge send_full $((full + 1)) || die "no answer begins"
}

finish()
{
	local rc=0

	kill -USR1 "$client"
	wait "$client" || rc=$?
	echo $rc >"$WORKDIR/rc"
	wait_gone
}

got()
{
	wc -c <"$WORKDIR/got"
}

# --- truncated ---

fresh
begin
truncated=$(tux_stat truncated)
aborted=$(tux_stat aborted)
truncate -s 1000 "$DOCROOT/file"
finish
is "truncated: the client is told by a reset" "$(cat "$WORKDIR/rc")" 4
is "it is counted" "$(tux_stat truncated) $(tux_stat aborted)" "$((truncated + 1)) $((aborted + 1))"
between "it did not get all" "$(got)" 0 $((SIZE - 1))
is "the next one gets what is there" "$(page /file | wc -c)" 1000

# Truncated and written anew, as shells and copies do it: the length promised may
# be there again in time.
fresh
begin
cat "$WORKDIR/two" >"$DOCROOT/file"
finish
# Each byte is the old or the new one of its place.
own_bytes()
{
	head -c "$(got)" "$WORKDIR/one" >"$WORKDIR/expect"
	tr a-j 0-9 <"$WORKDIR/got" | cmp - "$WORKDIR/expect"
}
check "rewritten: only bytes of this file, in their places" own_bytes
is "the next one gets the new content" "$(page /file | md5sum)" "$(md5sum <"$WORKDIR/two")"

# --- rewritten in place ---

fresh
begin
dd if="$WORKDIR/two" of="$DOCROOT/file" bs=65536 conv=notrunc 2>/dev/null
finish
is "rewritten in place: it arrives whole" "$(cat "$WORKDIR/rc") $(got)" "0 $SIZE"
check "every byte the old or the new of its place" own_bytes

# --- replaced ---

fresh
begin
cp "$WORKDIR/two" "$DOCROOT/other"
chmod a+r "$DOCROOT/other"
mv "$DOCROOT/other" "$DOCROOT/file"
is "replaced: the next one gets the new file" "$(page /file | md5sum)" "$(md5sum <"$WORKDIR/two")"
finish
check "who was at it gets the old one to its end" cmp "$WORKDIR/one" "$WORKDIR/got"

# --- closed to others ---

fresh
begin
chmod 600 "$DOCROOT/file"
is "forbidden: the next one does not get it" "$(status /file)" 403
finish
check "who was at it does" cmp "$WORKDIR/one" "$WORKDIR/got"

# --- deleted ---

# used: blocks of the file system in use
used()
{
	stat -f -c '%b %f' "$WORKDIR/fs" | {
		read -r all free
		echo $((all - free))
	}
}
used_below()
{
	[ "$(used)" -le "$1" ]
}
rm -f "$DOCROOT/file"
busywait 2000 used_below $((SIZE / 4096 / 2 + 400)) || :
empty=$(used)
fresh
page /file >/dev/null
rm "$DOCROOT/file"
before=$(now_ms)
check "deleted: its space comes back" busywait 3000 used_below "$empty"
between "within a second" $(($(now_ms) - before)) 0 $((1000 * TUX_SLOW))
fresh
begin
rm "$DOCROOT/file"
is "deleted while it is sent: gone for others" "$(status /file)" 404
finish
check "who was at it gets all of it" cmp "$WORKDIR/one" "$WORKDIR/got"
check "and then its space comes back" busywait 3000 used_below "$empty"
check "everybody is gone" wait_gone
