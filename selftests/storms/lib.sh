# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the storms share: points of a TAP report, a look at the guest's counters, and
# the client who behaves. Sourced inside with-server; `dir` is a directory of the test, `n` and
# `bad` count the points and those that failed.

TUXCLIENT=$(dirname "${BASH_SOURCE[0]}")/../out/tuxclient
PROBES=40		# requests of the one who behaves, a new connection each

dir=			# of the test, made by it
n=0
bad=0

point()
{
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		bad=$((bad + 1))
		echo "not ok $n - $1"
		echo "# got '$2', wanted '$3'"
	fi
}

# stat NAME...: values of one look, in one line
stat()
{
	"$GUEST" cat /proc/net/tux/stat | awk -v wanted="$*" '
		{ v[$1] = $2 }
		END { k = split(wanted, w); for (i = 1; i <= k; i++) printf "%s%s", v[w[i]], i < k ? " " : "\n" }'
}

# until_true COMMAND...: for half a minute at most
until_true()
{
	local tries

	for ((tries = 0; tries < 150; tries++)); do
		! "$@" || return 0
		sleep 0.2
	done
	return 1
}

nobody()
{
	[ "$(stat connections work_pending accept_queue syn_queue)" = "0 0 0 0" ]
}

stat_is_at_least()
{
	[ "$(stat "$1")" -ge "$2" ]
}

# probe NAME: the one who behaves. None of his answers takes BOUND milliseconds.
probe()
{
	local out=$dir/probe errors max

	"$TUXCLIENT" load --connections $PROBES --time 100 --timeout 20000 \
		"$SERVER_ADDR" 80 >"$out"
	errors=$(awk '$1 == "replies" || $1 == "errors" { printf "%s ", $2 }' "$out")
	point "$1: who behaves gets every answer" "$errors" "$PROBES 0 "
	max=$(awk '$1 == "reply_ms_max" { print int($2) }' "$out")
	echo "# $1: $(awk '/^reply_ms/ { printf "%s %s  ", $1, $2 }' "$out")"
	[ "${max:-$BOUND}" -lt $BOUND ] && max=less
	point "$1: each in less than $BOUND ms" "$max" less
}

# over NAME: the storm's clients have gone
over()
{
	local accepted closed

	point "$1: then nobody is left" "$(until_true nobody || stat connections)" ""
	read -r accepted closed < <(stat accepted closed)
	point "$1: the books balance" "$accepted" "$closed"
}
