#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a system call changed in the document root, the next request shows: no
# answer comes from a cache that is behind.

. "$(dirname "$0")/common.bash"

setup

# Asked for twice each time: the second answer comes from the cache.
twice()
{
	local first second

	first=$(send "GET /$1 HTTP/1.0\\r\\n\\r\\n")
	second=$(send "GET /$1 HTTP/1.0\\r\\n\\r\\n")
	# Date may differ
	[ "${first##*$'\r\n'}" = "${second##*$'\r\n'}" ] || echo "first and second differ:"
	second=${second#HTTP/1.1 }
	case $second in
	200*)	echo "${second##*$'\r\n'}" ;;
	*)	echo "${second%% *}" ;;
	esac
}

printf old >"$DOCROOT/f"
is "a file" "$(twice f)" old
printf new >"$DOCROOT/f"
is "rewritten, the same size" "$(twice f)" new
printf longer >"$DOCROOT/f"
is "rewritten, longer" "$(twice f)" longer
printf . >>"$DOCROOT/f"
is "appended to" "$(twice f)" longer.
truncate -s 4 "$DOCROOT/f"
is "truncated" "$(twice f)" long
printf other >"$DOCROOT/g"
mv "$DOCROOT/g" "$DOCROOT/f"
is "replaced by a rename" "$(twice f)" other
chmod 600 "$DOCROOT/f"
is "no longer readable" "$(twice f)" 403
chmod 644 "$DOCROOT/f"
is "readable again" "$(twice f)" other
rm "$DOCROOT/f"
is "removed" "$(twice f)" 404
printf back >"$DOCROOT/f"
is "made again" "$(twice f)" back

mkdir "$DOCROOT/d" "$DOCROOT/d/e"
printf deep >"$DOCROOT/d/e/f"
is "a file two directories down" "$(twice d/e/f)" deep
chmod 700 "$DOCROOT/d"
is "below a directory that is closed" "$(twice d/e/f)" 403
chmod 755 "$DOCROOT/d"
is "and opened again" "$(twice d/e/f)" deep
mv "$DOCROOT/d" "$DOCROOT/x"
is "below one that was renamed" "$(twice d/e/f)" 404
is "it is found under the new name" "$(twice x/e/f)" deep
mv "$DOCROOT/x/e" "$WORKDIR/moved-out"
is "moved out of the document root" "$(twice x/e/f)" 404

printf one >"$DOCROOT/one"
printf two >"$DOCROOT/two"
ln -s one "$DOCROOT/link"
is "through a link" "$(twice link)" one
ln -sfn two "$DOCROOT/link"
is "that is turned" "$(twice link)" two

is "a directory without an index" "$(twice empty/)" 404
printf index >"$DOCROOT/empty/index.html"
is "gets one" "$(twice empty/)" index
rm "$DOCROOT/empty/index.html"
is "and loses it" "$(twice empty/)" 404

if mount -t tmpfs -o mode=755 tmpfs "$DOCROOT/empty" 2>/dev/null; then
	printf mounted >"$DOCROOT/empty/m"
	is "on a file system mounted there" "$(twice empty/m)" mounted
	check "which can be unmounted while serving" busywait 3000 umount "$DOCROOT/empty"
	mountpoint -q "$DOCROOT/empty" 2>/dev/null && at_exit umount -l "$DOCROOT/empty"
	is "and is gone then" "$(twice empty/m)" 404
else
	skip "on a file system mounted there" "cannot mount a tmpfs here"
fi

# Many rewrites of the same size in one tick of the clock, each followed by a
# request.
rewrites_show()
{
	local i

	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		printf '%03d' "$i" >"$DOCROOT/f"
		[ "$(page /f)" = "$(printf '%03d' "$i")" ] || return 1
	done
}
check "twenty quick rewrites, each seen" rewrites_show
