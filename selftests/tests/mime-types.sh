#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Media types: those that are built in, a table that is laid over them and counts
# for the next request, and tables that are refused and change nothing.

. "$(dirname "$0")/common.bash"

MIME=$TUX_PROC/mime_types
TUXCTL=$TUX_TOP/userspace-ctl/tuxctl
[ -x "$TUXCTL" ] || TUXCTL=$(command -v tuxctl) || TUXCTL=

setup
for name in a.html a.png a.foo a.FOO a.Bar a.txt a none dir.foo/x; do
	mkdir -p "$(dirname "$DOCROOT/$name")"
	echo x >"$DOCROOT/$name"
done
chmod -R a+rX "$DOCROOT"

# type NAME: Content-Type of it, the same twice
type()
{
	local first second

	first=$(field Content-Type "$(send "GET /$1 HTTP/1.0\\r\\n\\r\\n")")
	second=$(field Content-Type "$(send "GET /$1 HTTP/1.0\\r\\n\\r\\n")")
	[ "$first" = "$second" ] || echo "first and second differ: $first"
	echo "$second"
}

types()
{
	local name

	for name; do
		type "$name"
	done | tr '\n' ','
}

# answered TEXT ANSWER: to it in one write (printf of bash makes one of each line)
answered()
{
	local said text

	printf -v text %b "$1"
	said=$("$TRYWRITE" "$MIME" "$text")
	# It cannot be read, which trywrite remarks.
	[ "${said%%,*}" = "$2" ] || { echo "$said"; return 1; }
}

load()
{
	answered "$1" ok
}

refused()
{
	answered "$1" EINVAL
}

html="text/html; charset=utf-8"
text="text/plain; charset=utf-8"
bytes=application/octet-stream
is "what is built in" "$(types a.html a.png a.txt a.foo a none dir.foo/x)" \
	"$html,image/png,$text,$bytes,$bytes,$bytes,$bytes,"
check "a table" load '# types\nimage/x-foo foo\n\n text/x-bar\tbar baz # and more\r\n'
is "its types, of cached files, too" "$(types a.foo a.FOO a.Bar)" \
	"image/x-foo,image/x-foo,text/x-bar; charset=utf-8,"
is "and those that it does not have" "$(types a.html a.png none dir.foo/x)" \
	"$html,image/png,$bytes,$bytes,"
check "another one" load 'application/x-page html;q\ntext/html;charset=iso-8859-1 html\n'
is "takes the place of the first" "$(types a.html a.foo)" "text/html;charset=iso-8859-1,$bytes,"
check "one type for two suffixes" load 'a/b foo bar foo\nc/d foo\n'
is "the last line counts" "$(types a.foo a.Bar)" "c/d,a/b,"

# --- what is not taken ---

long=a/$(printf '%093d' 0)
check "the longest type" load "$long foo\\n"
is "is sent whole" "$(type a.foo)" "$long"
check "a longer one is refused" refused "${long}0 foo\\n"
for bad in foo /foo foo/ 'a/b\x01' 'a/\xe4'; do
	check "refused: $bad" refused "e/f txt\\n$bad foo\\n"
done
is "nothing has changed" "$(types a.foo a.txt)" "$long,$text,"
check_fails "it cannot be read" cat "$MIME"
head -c 262145 /dev/zero | tr '\0' '\n' >"$WORKDIR/large"
check_fails "more than 256 KiB" dd if="$WORKDIR/large" of="$MIME" bs=262145 count=1
check "256 KiB" dd if="$WORKDIR/large" of="$MIME" bs=262144 count=1
is "an empty table leaves what is built in" "$(types a.foo a.txt)" "$bytes,$text,"
check_fails "a table in two writes" dd if="$WORKDIR/large" of="$MIME" bs=131072 count=2

# --- the rights of others, and other namespaces ---

is "not without CAP_NET_ADMIN" "$("$TRYWRITE" --no-caps "$MIME" $'x/y foo\n')" EPERM
is "not for a user" "$("$TRYWRITE" --uid 65534 "$MIME" $'x/y foo\n')" "open: EACCES"
said=$("$TRYWRITE" --userns "$MIME" $'x/y foo\n')
case $said in
unshare:*) skip "not for the root of a container" "no user namespaces here: $said" ;;
"open: EACCES" | EPERM) ok "not for the root of a container" ;;
*) not_ok "not for the root of a container" "$said" ;;
esac
is "the types are what they were" "$(type a.foo)" $bytes
check "under load" load 'x/y foo\n'
spawn "$WORKDIR/load" "$TUXCLIENT" load --concurrency 4 --connections 100000 --requests 10 \
	--time $((30 * TUX_SLOW)) --path /a.foo "$ADDR" "$PORT"
flip()
{
	local i

	for i in 1 2 3 4 5 6 7 8 9 10; do
		load "x/y foo\\nx/z$i foo\\n" || return
		[ "$(type a.foo)" = "x/z$i" ] || return
	done
}
check "it is replaced ten times, each seen by the next request" flip
end_pid "$SPAWNED"

if [ -n "$TUXCTL" ]; then
	echo "font/x-own foo" >"$WORKDIR/types"
	check "tuxctl mime FILE" "$TUXCTL" mime "$WORKDIR/types"
	is "loads it" "$(type a.foo)" font/x-own
	echo nonsense >>"$WORKDIR/types"
	contains "it names a line that is refused" "$("$TUXCTL" mime "$WORKDIR/types" 2>&1)" "line 2 "
	is "then nothing has changed" "$(type a.foo)" font/x-own
	check "tuxctl mime --builtin" "$TUXCTL" mime --builtin
	is "goes back" "$(type a.foo)" $bytes
else
	skip "tuxctl mime FILE" "no tuxctl here"
fi
check "nobody is left" wait_gone
