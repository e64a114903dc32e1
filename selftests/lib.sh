# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every test under selftests/tests/ begins with:
#
#	. "$(dirname "$0")/../lib.sh"
#
# TAP output, waiting for conditions, loading and setting up the module,
# document roots, and a look at the kernel log when the test ends. It needs
# bash, busybox's or coreutils' tools, iproute2 and curl, and no more, so the
# same tests run in the guest and, as root, on a real test box.
#
# A test prints one line per point:
#
#	check "page is served" curl -sf "$URL/"        # ok when the command succeeds
#	ok NAME / not_ok NAME WHY / skip NAME WHY
#	is NAME GOT WANTED                             # ok when both are equal
#
# The plan is printed at the end by itself; tap_plan N says it beforehand. A
# test that has nothing to run here calls skip_all WHY, which exits with 4. The
# exit status is 0 when every point passed, 1 otherwise.
#
# Whatever a test starts or changes it takes back with at_exit COMMAND; the
# commands run in reverse order, however the test ends.

set -u

SELFTESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TUX_TOP=$(dirname "$SELFTESTS")
# In the guest the module and the tools may lie elsewhere; the rig says so.
TUX_KO=${TUX_KO:-$TUX_TOP/tux.ko}
TUXCLIENT=${TUXCLIENT:-$SELFTESTS/out/tuxclient}
TUX_SYSCTL=/proc/sys/net/tux
TUX_PROC=/proc/net/tux
# Slower machines (a debug kernel under emulation) set this to more than 1; it
# multiplies every busywait.
TUX_SLOW=${TUX_SLOW:-1}

TAP_N=0
TAP_FAILED=0
TAP_PLANNED=0
TAP_NAMES=$'\n'
AT_EXIT=()
WORKDIR=
KLOG_MARK=

# --- TAP --------------------------------------------------------------------

# tap_plan N: the test will report N points. The look at the kernel log is one
# more, added here.
tap_plan()
{
	TAP_PLANNED=$1
	[ -z "$KLOG_MARK" ] || TAP_PLANNED=$((TAP_PLANNED + 1))
	echo "1..$TAP_PLANNED"
}

# A name used twice would make a report ambiguous, so it is a failure itself.
_tap_name()
{
	local name=${1//#/}
	local base=$name n=2

	case $TAP_NAMES in *$'\n'"$name"$'\n'*)
		echo "# the name '$base' is used twice in this test"
		TAP_FAILED=$((TAP_FAILED + 1))
		while [[ $TAP_NAMES == *$'\n'"$name"$'\n'* ]]; do
			name="$base ($n)"
			n=$((n + 1))
		done
		;;
	esac
	TAP_NAMES+=$name$'\n'
	TAP_NAME=$name
	TAP_N=$((TAP_N + 1))
}

ok()
{
	_tap_name "$1"
	echo "ok $TAP_N - $TAP_NAME"
}

# not_ok NAME [WHY]: WHY may have several lines.
not_ok()
{
	_tap_name "$1"
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_N - $TAP_NAME"
	[ -z "${2:-}" ] || note "$2"
}

# skip NAME WHY: this one point cannot be tested here.
skip()
{
	_tap_name "$1"
	echo "ok $TAP_N - $TAP_NAME # SKIP ${2:-no reason given}"
}

# skip_all WHY: nothing of this test can run here. Ends it.
skip_all()
{
	TAP_SKIP_ALL=1
	echo "1..0 # SKIP $1"
	exit 4
}

# note TEXT: a remark in the report.
note()
{
	printf '%s\n' "$1" | sed 's/^/# /'
}

# check NAME COMMAND...: one point, ok when COMMAND succeeds. What it printed is
# shown only when it failed. It runs in a subshell: what it sets is lost.
check()
{
	local name=$1 out rc
	shift

	rc=0
	out=$("$@" 2>&1) || rc=$?
	if [ "$rc" -eq 0 ]; then
		ok "$name"
	else
		not_ok "$name" "exit $rc: $*"
		[ -z "$out" ] || note "$(printf '%s\n' "$out" | head -20)"
	fi
	return 0
}

# check_fails NAME COMMAND...: one point, ok when COMMAND fails.
check_fails()
{
	local name=$1 out
	shift

	if out=$("$@" 2>&1); then
		not_ok "$name" "succeeded, and should not have: $*"
		[ -z "$out" ] || note "$(printf '%s\n' "$out" | head -20)"
	else
		ok "$name"
	fi
	return 0
}

# is NAME GOT WANTED: one point, ok when both are the same text.
is()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got '$2', wanted '$3'"
	fi
}

# between NAME GOT LOW HIGH: one point, ok when LOW <= GOT <= HIGH.
between()
{
	if [ "$2" -ge "$3" ] 2>/dev/null && [ "$2" -le "$4" ]; then
		ok "$1"
	else
		not_ok "$1" "got '$2', wanted $3 to $4"
	fi
}

# contains NAME TEXT PART: one point, ok when PART occurs in TEXT.
contains()
{
	case $2 in
	*"$3"*) ok "$1" ;;
	*) not_ok "$1" "no '$3' in: $(printf '%s\n' "$2" | head -20)" ;;
	esac
}

# --- waiting ----------------------------------------------------------------

# Milliseconds since boot; needs no program, so it is cheap enough to poll with.
now_ms()
{
	local up

	read -r up _ </proc/uptime
	echo $((10#${up/./} * 10))
}

# busywait MS COMMAND...: run COMMAND until it succeeds, for MS milliseconds at
# most. What the last run printed is printed; its exit status is returned. A
# command that succeeds after the time ran out still counts as success.
busywait()
{
	local limit=$1 until out rc
	shift

	until=$(($(now_ms) + limit * TUX_SLOW))
	while :; do
		rc=0
		out=$("$@" 2>&1) || rc=$?
		[ "$rc" -ne 0 ] || break
		[ "$(now_ms)" -lt "$until" ] || break
		sleep 0.02
	done
	[ -z "$out" ] || printf '%s\n' "$out"
	return "$rc"
}

# less N: how often to repeat what shows its like each time: N, but a quarter of it on
# a debug kernel (TUX_SLOW=8), where once is worth as much and costs several times more.
less()
{
	echo $(($1 * 2 / (TUX_SLOW > 2 ? TUX_SLOW : 2)))
}

# --- the module -------------------------------------------------------------

# Is the module in the kernel?
tux_loaded()
{
	[ -d /sys/module/tux ]
}

# tux_load [NAME=VALUE...]: load the module afresh, and unload it at the end.
tux_load()
{
	if tux_loaded && ! tux_unload; then
		echo "# tux is loaded already and cannot be unloaded"
		return 1
	fi
	if [ ! -e "$TUX_KO" ]; then
		echo "# no $TUX_KO: run make first"
		return 1
	fi
	insmod "$TUX_KO" "$@" || return
	[ -n "${TUX_UNLOAD_SET:-}" ] || at_exit _tux_unload_at_exit
	TUX_UNLOAD_SET=1
}

tux_unload()
{
	tux_loaded || return 0
	rmmod tux
}

_tux_unload_at_exit()
{
	tux_unload || not_ok "the module unloads when the test ends" \
		"lsmod says: $(grep ^tux /proc/modules)"
}

# The functions below work in the network namespace that TUX_NS names, else in
# the test's own:	TUX_NS=left tux_stat requests

_tux_read()
{
	if [ -n "${TUX_NS:-}" ]; then
		ip netns exec "$TUX_NS" cat "$1"
	else
		cat "$1"
	fi
}

# tux_stat NAME: one value of /proc/net/tux/stat.
tux_stat()
{
	local name value

	while read -r name value; do
		if [ "$name" = "$1" ]; then
			echo "$value"
			return 0
		fi
	done <<<"$(_tux_read "$TUX_PROC/stat")"
	echo "no '$1' in $TUX_PROC/stat" >&2
	return 1
}

# tux_stat_is NAME VALUE / tux_stat_ge NAME VALUE: conditions for busywait.
tux_stat_is()
{
	[ "$(tux_stat "$1")" = "$2" ]
}

tux_stat_ge()
{
	[ "$(tux_stat "$1")" -ge "$2" ]
}

# tux_set NAME VALUE: write a tunable. Fails with the kernel's error.
tux_set()
{
	if [ -n "${TUX_NS:-}" ]; then
		# shellcheck disable=SC2016 # the inner shell expands them
		ip netns exec "$TUX_NS" sh -c 'printf "%s\n" "$1" >"$2"' sh "$2" "$TUX_SYSCTL/$1"
	else
		printf '%s\n' "$2" >"$TUX_SYSCTL/$1"
	fi
}

tux_get()
{
	_tux_read "$TUX_SYSCTL/$1"
}

tux_start()
{
	tux_set serve 1
}

tux_stop()
{
	tux_set serve 0
}

# --- files ------------------------------------------------------------------

# A private directory of this test, removed at the end. World-searchable: the
# server reads with the rights of others. Sets WORKDIR.
workdir()
{
	[ -z "$WORKDIR" ] || return 0
	WORKDIR=$(mktemp -d "${TMPDIR:-/tmp}/tux-test.XXXXXX") || return
	chmod 755 "$WORKDIR"
	at_exit rm -rf "$WORKDIR"
}

# docroot_new [NAME]: a fresh document root with a few files. Sets DOCROOT.
#	index.html	a line with the word "welcome" and the root's NAME
#	small.txt	1000 bytes, 1k.bin 1024, 64k.bin, 1m.bin
#	dir/index.html	a directory with an index; empty/ one without
docroot_new()
{
	local name=${1:-docroot}

	workdir || return
	DOCROOT=$WORKDIR/$name
	mkdir -p "$DOCROOT/dir" "$DOCROOT/empty"
	echo "<!doctype html><title>$name</title><p>welcome to $name" >"$DOCROOT/index.html"
	echo "<!doctype html><title>dir</title><p>dir of $name" >"$DOCROOT/dir/index.html"
	printf '%01000d' 7 >"$DOCROOT/small.txt"
	pattern 1024 >"$DOCROOT/1k.bin"
	pattern 65536 >"$DOCROOT/64k.bin"
	pattern 1048576 >"$DOCROOT/1m.bin"
	chmod -R a+rX,u+w "$DOCROOT"
}

# pattern N: N bytes that differ from place to place, the same every time.
pattern()
{
	awk -v lines=$(($1 / 16 + 1)) 'BEGIN { for (i = 1; i <= lines; i++) printf "%015d\n", i }' |
		head -c "$1"
}

# --- clients ----------------------------------------------------------------

# Fetch with curl; the usual options in one place: quiet, bounded in time.
fetch()
{
	curl -s --max-time $((10 * TUX_SLOW)) "$@"
}

# http_status URL [curl options]: the status code alone.
http_status()
{
	local url=$1
	shift

	fetch -o /dev/null -w '%{http_code}' "$@" "$url"
}

# spawn LOGFILE COMMAND...: start a command in the background, its output in
# LOGFILE; sets SPAWNED to its pid. It is ended with the test.
spawn()
{
	local log=$1
	shift

	"$@" >"$log" 2>&1 </dev/null &
	SPAWNED=$!
	at_exit end_pid "$SPAWNED"
}

# end_pid PID: end a process of this test and wait for it.
end_pid()
{
	# Only while it is ours: an ended process's id may have a new owner.
	jobs -p | grep -qx "$1" || return 0
	kill "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

# hold N ADDRESS PORT: open N connections and keep them open in the background;
# returns when all are open. Sets HELD to the client's pid; end_pid "$HELD"
# closes them.
hold()
{
	local log

	workdir || return
	log=$WORKDIR/hold.$RANDOM.$TAP_N
	"$TUXCLIENT" hold --wait-signal "$2" "$3" "$1" >"$log" 2>&1 </dev/null &
	HELD=$!
	at_exit end_pid "$HELD"
	if ! busywait 10000 grep -q '^open ' "$log" >/dev/null; then
		note "hold: $(cat "$log")"
		return 1
	fi
}

# --- network namespaces -----------------------------------------------------

# netns_new NAME: a network namespace of this test with loopback up.
netns_new()
{
	ip netns add "$1" || return
	at_exit ip netns del "$1"
	ip -n "$1" link set lo up
}

in_netns()
{
	ip netns exec "$@"
}

# --- the end ----------------------------------------------------------------

# at_exit COMMAND...: run when the test ends, last one first.
at_exit()
{
	AT_EXIT+=("$(printf '%q ' "$@")")
}

# Words that no healthy kernel logs.
KLOG_FAULTS='BUG:|BUG at |kernel BUG|WARNING:|Oops|KASAN|KCSAN|UBSAN|KFENCE|general protection|'
KLOG_FAULTS+='Call Trace|RCU.*stall|soft lockup|hard LOCKUP|hung_task|blocked for more than|'
KLOG_FAULTS+='possible recursive locking|possible circular locking|suspicious RCU|inconsistent lock|'
KLOG_FAULTS+='sleeping function called|scheduling while atomic|bad unlock balance|held lock freed|'
KLOG_FAULTS+='ODEBUG|list_(add|del) corruption|refcount_t|use-after-free|unreferenced object|'
KLOG_FAULTS+='waiting for .* to become free|Unable to handle|protection fault|stack-protector'

# A test that provokes a fault on purpose, or a log that cannot be marked, says
# klog_ignore.
klog_ignore()
{
	KLOG_MARK=
}

# Write a line of ours into the kernel log; faults are looked for after it.
_klog_mark()
{
	KLOG_MARK="tux-selftest: $(basename "$0") $$ begins"
	echo "<6>$KLOG_MARK" >/dev/kmsg 2>/dev/null || KLOG_MARK=
}

# Faults logged since the mark. When the mark has scrolled out of the ring, all
# of the log counts: better a fault told twice than one missed.
klog_faults()
{
	dmesg | awk -v mark="$KLOG_MARK" -v faults="$KLOG_FAULTS" '
		index($0, mark) { n = 0; next }
		$0 ~ faults { if (n < 20) found[n++] = $0 }
		END { for (i = 0; i < n; i++) print found[i] }'
}

_tap_exit()
{
	local rc=$? i faults

	trap - EXIT
	trap '' INT TERM HUP
	set +e
	for ((i = ${#AT_EXIT[@]} - 1; i >= 0; i--)); do
		eval "${AT_EXIT[i]}"
	done
	if [ -n "${TAP_SKIP_ALL:-}" ]; then
		exit 4
	fi
	if [ -n "$KLOG_MARK" ]; then
		faults=$(klog_faults)
		if [ -n "$faults" ]; then
			not_ok "the kernel log shows no fault" "$faults"
		else
			ok "the kernel log shows no fault"
		fi
	fi
	# exit with an error of the shell's own (set -u, a syntax error, a signal)
	# must not look like success.
	if [ "$rc" -ne 0 ]; then
		not_ok "the test ran to its end" "it ended with status $rc"
	fi
	if [ "$TAP_PLANNED" -eq 0 ]; then
		echo "1..$TAP_N"
	elif [ "$TAP_PLANNED" -ne "$TAP_N" ]; then
		echo "# planned $TAP_PLANNED, ran $TAP_N"
		exit 1
	fi
	[ "$TAP_FAILED" -eq 0 ] || exit 1
	exit 0
}

trap _tap_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
echo "TAP version 13"
_klog_mark
