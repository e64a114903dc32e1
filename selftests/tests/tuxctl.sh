#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tuxctl with the real module: what the kernel answers becomes the words and exit
# codes that tuxctl(8) promises. Its own tests (userspace-ctl/tests/) use a made-up
# /proc; this one shows that the module behaves as made up there.

. "$(dirname "$0")/../lib.sh"

TUXCTL=$TUX_TOP/userspace-ctl/tuxctl
[ -x "$TUXCTL" ] || TUXCTL=$(command -v tuxctl) || skip_all "no tuxctl: run make first"
docroot_new
URL=http://127.0.0.1

# run ARGS...: sets rc, out and err.
run()
{
	rc=0
	out=$("$TUXCTL" "$@" 2>"$WORKDIR/err" </dev/null) || rc=$?
	err=$(cat "$WORKDIR/err")
}

# fails NAME PART ARGS...: tuxctl exits with 1 and says PART on its one line.
fails()
{
	local name=$1 part=$2
	shift 2

	run "$@"
	if [ "$rc" -eq 1 ] && [ "$(wc -l <"$WORKDIR/err")" -eq 1 ] && [[ $err == *"$part"* ]]; then
		ok "$name"
	else
		not_ok "$name" "exit $rc, stderr: $err"
	fi
}

tux_unload
fails "status without the module" "not loaded" status
tux_load || exit 1
fails "loaded alone it does not serve" "not serving" status
fails "start without a document root" "no document root is set" start
check "set a document root" "$TUXCTL" set documentroot="$DOCROOT/nowhere"
fails "start: the document root does not exist" "'$DOCROOT/nowhere' does not exist" start
check "set a file as document root" "$TUXCTL" set documentroot="$DOCROOT/small.txt"
fails "start: not a directory" "is not a directory" start
check "set the document root" "$TUXCTL" set documentroot="$DOCROOT"
spawn "$WORKDIR/listen" "$TUXCLIENT" listen 0.0.0.0 80
busywait 5000 grep -q listening "$WORKDIR/listen"
fails "start: the port is in use" "port 80 is in use; 'ss -ltnp sport = :80'" start
run check
contains "check sees the port in use" "$out" "FAIL  port: 80 is in use"
end_pid "$SPAWNED"
check "start" "$TUXCTL" start
check "it serves" fetch -f -o /dev/null "$URL/"
check "start again is no error" "$TUXCTL" start
check "status when serving" "$TUXCTL" status
run check
contains "check sees the port served" "$out" "ok    port: tux is serving on port 80"
contains "check sees the document root" "$out" "ok    documentroot: '$DOCROOT'"
contains "check sees the index" "$out" "ok    index: '$DOCROOT/index.html'"

check "set several" "$TUXCTL" set accept_limit=7 max_backlog=99
run get accept_limit max_backlog
is "get several" "$out" "accept_limit=7
max_backlog=99"
fails "set: out of range" "max_backlog: '0' is not accepted" set max_backlog=0
fails "set: not a number" "accept_limit: 'many' is not accepted" set accept_limit=many
is "a refused value changes nothing" "$(tux_get max_backlog) $(tux_get accept_limit)" "99 7"
fails "set: no such tunable" "no tunable 'no_such'" set no_such=1
run get
is "get shows every tunable" "$(printf '%s\n' "$out" | cut -d= -f1)" \
	"$(cd "$TUX_SYSCTL" && printf '%s\n' * | LC_ALL=C sort)"

run stat
is "stat is the kernel's view" "$(printf '%s\n' "$out" | cut -d' ' -f1)" \
	"$(cut -d' ' -f1 "$TUX_PROC/stat")"
# One member for each line, integers all, without a JSON parser in the guest.
run stat --json
lines=$(wc -l <"$TUX_PROC/stat")
is "stat --json has every counter as an integer" \
	"$(printf '%s\n' "$out" | grep -cE '^  "[a-z0-9_]+": [0-9]+,?$')" "$lines"
run stat --prometheus
is "stat --prometheus has every counter" \
	"$(printf '%s\n' "$out" | grep -cE '^tux_[a-z0-9_]+([{][a-z]+="[a-z0-9_]+"[}])? [0-9]+$')" "$lines"
contains "responses are labelled" "$out" 'tux_responses_total{status="200"}'

if command -v setpriv >/dev/null; then
	cp "$TUXCTL" "$WORKDIR/tuxctl" && chmod 755 "$WORKDIR/tuxctl"
	rc=0
	err=$(setpriv --reuid=65534 --clear-groups "$WORKDIR/tuxctl" set accept_limit=1 2>&1) || rc=$?
	is "nobody may not set: exit status" "$rc" 1
	contains "nobody may not set" "$err" "CAP_NET_ADMIN"
	# uid 0 without the capability passes the file's mode: the kernel must say no.
	rc=0
	err=$(setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$TUXCTL" set accept_limit=1 2>&1) ||
		rc=$?
	is "root without CAP_NET_ADMIN may not set" "$rc: $(tux_get accept_limit)" "1: 7"
	rc=0
	err=$(setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$TUXCTL" stop 2>&1) || rc=$?
	contains "nor stop the server" "$rc $err" "1 tuxctl: not allowed"
else
	skip "nobody may not set" "no setpriv here"
fi

check "stop" "$TUXCTL" stop
check_fails "and nobody answers" fetch -f -o /dev/null "$URL/"
fails "status when stopped" "not serving" status
check "stop again is no error" "$TUXCTL" stop
check "rmmod" tux_unload
check "stop without the module is no error" "$TUXCTL" stop
