# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the scripts that start and stop a server in the guest share.  They run in the
# guest as /rig/server, in one of these ways:
#
#	server start	serving on port 80 when it returns 0
#	server stop	nothing listens any more when it returns 0
#
# /rig.conf has the run's settings, /rig/set what --set gave, one NAME=VALUE a line.

set -eu
. /rig.conf

fail()
{
	echo "$*" >&2
	exit 1
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for()
{
	limit=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		limit=$((limit - 1))
		[ $limit -gt 0 ] || return 1
		sleep 0.05
	done
}

listening()
{
	[ -n "$(ss -Hltn 'sport = :80')" ]
}

# run_daemon PROGRAM ARG...: a user-mode server from /opt/NAME, with its own libraries
run_daemon()
{
	LD_LIBRARY_PATH=${1%/*}/lib "$@" </dev/null >/run/server.log 2>&1 &
	echo $! >/run/server.pid
	wait_for 20 listening_or_dead $! || fail "$1 does not listen"
	if dead $!; then
		cat /run/server.log >&2
		fail "$1 ended"
	fi
}

listening_or_dead()
{
	listening || dead "$1"
}

stop_daemon()
{
	[ -e /run/server.pid ] || return 0
	pid=$(cat /run/server.pid)
	kill "$pid" 2>/dev/null || :
	wait_for 10 dead "$pid" || kill -9 "$pid"
	rm -f /run/server.pid
}

dead()
{
	! kill -0 "$1"
}

loaded()
{
	grep -q "^$1 " /proc/modules
}
