#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Nothing outside the document root is served, however the path is spelled and
# whatever symbolic links lie there; nothing that others may not read, although
# root started the server; and no odd file makes it hang.

. "$(dirname "$0")/common.bash"

setup
echo "the outside" >"$WORKDIR/outside"
mkdir "$WORKDIR/elsewhere"
echo "the outside" >"$WORKDIR/elsewhere/index.html"
chmod -R a+rX "$WORKDIR/outside" "$WORKDIR/elsewhere"

# refused TARGET: answered with 400, 403 or 404, and without what lies outside.
refused()
{
	local answer

	answer=$(send "GET $1 HTTP/1.0\\r\\n\\r\\n") || return
	printf '%s\n' "$answer"
	case $answer in
	*"the outside"*) return 1 ;;
	"HTTP/1.1 400 "* | "HTTP/1.1 403 "* | "HTTP/1.1 404 "*) return 0 ;;
	esac
	return 1
}

# --- spellings ---

for target in \
	/../outside /dir/../../outside /./../outside //../outside /dir//../../outside \
	/.../../outside /%2e%2e/outside /%2E%2E/outside /.%2e/outside /%2e./outside \
	/..%2foutside /%2e%2e%2foutside /dir/%2e%2e/%2e%2e/outside /%252e%252e/outside \
	'/..\\\\outside' /%5c..%5coutside /%c0%ae%c0%ae/outside /%u002e%u002e/outside \
	/..%00/outside /dir/..%2f..%2foutside '/..;/outside' /%2f..%2foutside \
	"$WORKDIR/outside" "/$WORKDIR/outside" http://a/../outside ../outside \
	"file://$WORKDIR/outside" /../docroot/../outside /dir/../..//outside; do
	check "refused: ${target/#$WORKDIR/WORKDIR}" refused "$target"
done

# --- symbolic links ---

ln -s ../outside "$DOCROOT/relative"
ln -s "$WORKDIR/outside" "$DOCROOT/absolute"
ln -s ../elsewhere "$DOCROOT/directory"
ln -s "$WORKDIR/elsewhere" "$DOCROOT/absolute-directory"
ln -s relative "$DOCROOT/chain"
ln -s / "$DOCROOT/top"
ln -s /proc/self/root "$DOCROOT/magic"
ln -s dir/../../../../../../../.."$WORKDIR/outside" "$DOCROOT/climb"
for target in /relative /absolute /directory/ /directory/index.html /absolute-directory/ /chain \
	"/top$WORKDIR/outside" "/magic$WORKDIR/outside" /climb; do
	check "refused link: ${target//$WORKDIR/WORKDIR}" refused "$target"
done
ln -s small.txt "$DOCROOT/good"
ln -s dir "$DOCROOT/good-directory"
ln -s /dir/index.html "$DOCROOT/from-the-root"
ln -s loop "$DOCROOT/loop"
is "a link that stays inside is followed" "$(status "/good")" 200
is "so is one to a directory" "$(status "/good-directory/")" 200
is "an absolute link begins at the document root" "$(page "/from-the-root")" \
	"$(cat "$DOCROOT/dir/index.html")"
is "a link to itself is not there" "$(status "/loop")" 404

# --- rights ---

# readable MODE: what a file of that mode is answered with
readable()
{
	chmod "$1" "$DOCROOT/small.txt"
	status "/small.txt"
}

is "a file of mode 0600" "$(readable 0600)" 403
is "a file of mode 0640" "$(readable 0640)" 403
is "a file of mode 0440" "$(readable 0440)" 403
is "a file of mode 0604" "$(readable 0604)" 200
is "a file of mode 0644" "$(readable 0644)" 200
chmod 700 "$DOCROOT/dir"
is "in a directory of mode 0700" "$(status "/dir/index.html")" 403
chmod 750 "$DOCROOT/dir"
is "in a directory of mode 0750" "$(status "/dir/")" 403
chmod 711 "$DOCROOT/dir"
is "in a directory of mode 0711" "$(status "/dir/index.html")" 200
chmod 755 "$DOCROOT/dir"

tux_set mode_forbidden 0111
is "mode_forbidden refuses files with one of its bits" "$(readable 0744)" 403
is "and no others" "$(readable 0644)" 200
tux_set mode_forbidden 0
tux_set mode_allowed 040
is "mode_allowed asks for one of its bits" "$(readable 0604)" 403
is "a file that has it" "$(readable 0644)" 200
is "is refused all the same when others may not read it" "$(readable 0640)" 403
tux_set mode_allowed 4
chmod 644 "$DOCROOT/small.txt"

echo hidden >"$DOCROOT/.htpasswd"
mkdir "$DOCROOT/.git"
echo hidden >"$DOCROOT/.git/config"
is "names with a dot do not exist" "$(status "/.htpasswd")" 404
is "nor does what is below them" "$(status "/.git/config")" 404
tux_set hide_dot_files 0
is "unless hide_dot_files says so" "$(status "/.git/config")" 200
tux_set hide_dot_files 1
is "and then they are hidden again" "$(status "/.git/config")" 404

tux_set max_object_size 65536
is "a file above max_object_size" "$(status "/1m.bin")" 403
is "one of just that size" "$(status "/64k.bin")" 200
tux_set max_object_size 0

# --- odd files ---

mkfifo "$DOCROOT/fifo"
mknod "$DOCROOT/zero" c 1 5
mknod "$DOCROOT/disk" b 7 0
ln -s fifo "$DOCROOT/fifo-link"
chmod a+r "$DOCROOT/fifo" "$DOCROOT/zero" "$DOCROOT/disk"
for name in fifo zero disk fifo-link; do
	is "$name is refused, at once" "$(status "/$name")" 403
done
mkdir "$DOCROOT/proc" "$DOCROOT/sys"
if mount -t proc proc "$DOCROOT/proc" 2>/dev/null; then
	at_exit umount "$DOCROOT/proc"
	is "no file of a mounted /proc is served" "$(status "/proc/version")" 403
	check "its magic links lead nowhere" refused "/proc/self/root$WORKDIR/outside"
fi
if mount -t sysfs sysfs "$DOCROOT/sys" 2>/dev/null; then
	at_exit umount "$DOCROOT/sys"
	is "nor one of /sys" "$(status "/sys/kernel/uevent_seqnum")" 403
fi
mkdir "$DOCROOT/nofollow"
if mount -t tmpfs -o mode=755,nosymfollow tmpfs "$DOCROOT/nofollow" 2>/dev/null; then
	at_exit umount "$DOCROOT/nofollow"
	echo inside >"$DOCROOT/nofollow/file"
	ln -s file "$DOCROOT/nofollow/link"
	ln -s nofollow/file "$DOCROOT/to-file"
	ln -s nofollow/link "$DOCROOT/to-link"
	is "a file on a mount without links" "$(status "/nofollow/file")" 200
	is "no link there is followed" "$(status "/nofollow/link")" 404
	is "one elsewhere that leads there is" "$(status "/to-file")" 200
	is "unless it leads to another" "$(status "/to-link")" 404
else
	skip "no link there is followed" "no mounts with nosymfollow here"
fi
is "after all that it serves" "$(status "/")" 200
check "and holds no connection" wait_gone
# The mounts go at the end, before the server: it must not pin them.
tux_stop
