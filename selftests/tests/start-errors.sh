#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# serve=1 that cannot work fails with the error that says why, leaves nothing
# behind, and works as soon as the cause is gone.

. "$(dirname "$0")/common.bash"

# fails NAME ERROR: serve=1 is answered so, and the server is stopped after it.
fails()
{
	is "$1: $2" "$("$TRYWRITE" "$TUX_SYSCTL/serve" 1)" "$2"
	check "$1: nothing was left behind" stopped
}

stopped()
{
	[ "$(tux_get serve)" = 0 ] || { echo "serve is $(tux_get serve)"; return 1; }
	! worker_pid 0 || { echo "a worker is there"; return 1; }
	[ "$(wc -l <"$TUX_PROC/workers")" = 1 ] || { cat "$TUX_PROC/workers"; return 1; }
	[ -n "${OCCUPIED:-}" ] || ! listening
}

setup_load
tux_set documentroot ""
fails "no document root" ENOENT
tux_set documentroot "$WORKDIR/nothing"
fails "a directory that is not there" ENOENT
tux_set documentroot "$DOCROOT/index.html"
fails "a file" ENOTDIR
tux_set documentroot "$DOCROOT/index.html/x"
fails "below a file" ENOTDIR
mkdir -m 700 "$WORKDIR/closed"
tux_set documentroot "$WORKDIR/closed"
fails "a directory that others may not search" EACCES
tux_set documentroot "$DOCROOT"

OCCUPIED=1
for where in 0.0.0.0 127.0.0.1 ::; do
	case $where in *:*) [ -e /proc/net/if_inet6 ] || continue ;; esac
	spawn "$WORKDIR/listen.log" "$TUXCLIENT" listen "$where" "$PORT"
	busywait 3000 grep -q listening "$WORKDIR/listen.log" || note "$(cat "$WORKDIR/listen.log")"
	fails "the port is in use on $where" EADDRINUSE
	tux_set threads 3
	fails "the same for several workers, on $where" EADDRINUSE
	tux_set threads 1
	end_pid "$SPAWNED"
done
OCCUPIED=

check "it starts when the port is free" tux_start
is "and serves" "$(status "/")" 200
check "starting it again is no error" tux_start
is "serve is 1" "$(tux_get serve)" 1
check "a change of document root waits for the next start" tux_set documentroot "$WORKDIR/nothing"
is "until then the old one is served" "$(status "/")" 200
check "it stops" tux_stop
check "all of it" stopped
check "stopping it again is no error" tux_stop
fails "then the new document root counts" ENOENT
tux_set documentroot "$DOCROOT"
check "and it starts again with a good one" tux_start
is "and serves again" "$(status "/")" 200
tux_stop

# --- the same from insmod ---

tux_unload
check_fails "insmod with a missing document root fails" \
	insmod "$TUX_KO" documentroot="$WORKDIR/nothing" port="$PORT"
check_fails "and the module is not loaded" tux_loaded
check "insmod with a document root serves at once" tux_load documentroot="$DOCROOT" port="$PORT"
is "the page is there" "$(status "/")" 200
is "serve says so" "$(tux_get serve)" 1
