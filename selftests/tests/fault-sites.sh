#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every call of the module that can fail is made to fail, one after another: what is
# asked of the module then is refused, answered with an error or done nevertheless, no
# client waits in vain, nothing is left behind, and as soon as the call works again so
# does the server.
#
# The sites are read from the module itself; kmod_fault/calls says of each function that it
# calls whether that can fail, and how. What the module is asked for is a list of
# steps, from insmod to the traffic of clients. First all steps are done with all sites
# counted, so that it is known in which step a site is reached. Then each site fails, the
# first few times, in that step.
# timeout: 240
# cpus: 2

# A network namespace of its own, with send buffers that are soon full.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

. "$(dirname "$0")/faults.bash"

# So often the call fails in a step before it works again.
TIMES=3
# Of the sites that there are, so many of a hundred have to be hit.
ENOUGH=95

ip link set lo up
echo 4096 16384 32768 >/proc/sys/net/ipv4/tcp_wmem
faults_new

# --- the sites ---

declare -A CALLEE=() VALUE=() STEP=()
SITES=()
while read -r site callee value; do
	if [ "$value" != - ]; then
		SITES+=("$site")
		CALLEE[$site]=$callee
		VALUE[$site]=$value
	fi
done <"$WORKDIR/sites"
is "it is known of every function whether it can fail" \
	"$(awk '$3 == "?" { print $2 }' "$WORKDIR/sites" | sort -u)" ""
[ ${#SITES[@]} -gt 0 ] || die "no call sites"

# arm SITE TIMES [VALUE]
arm()
{
	fault "$1" "${3:-${VALUE[$1]}}" "$2"
}

# --- the steps ---

# client DATA...: whatever the answer, there has to be one, or the connection's end
client()
{
	local rc=0

	send "$@" >/dev/null 2>&1 || rc=$?
	[ $rc -ne 3 ] || WAITS=1
}

# get PATH [FIELD]
get()
{
	client "GET $1 HTTP/1.1\\r\\nHost: test\\r\\nConnection: close\\r\\n${2:-}\\r\\n"
}

# renew: what is cached is to be looked up again
renew()
{
	RENEWED=$((RENEWED + 1))
	tux_set cache_control "max-age=$RENEWED"
}
RENEWED=0

step_insmod()
{
	insmod "$TUX_KO" 2>/dev/null
}

# The module does not serve yet.
step_stopped()
{
	step_views
}

step_start()
{
	tux_start 2>/dev/null
}

# A kernel without IPv6.
step_ipv4()
{
	local site

	for site in "${SITES[@]}"; do
		[ "${CALLEE[$site]} ${STEP[$site]:-}" != "sock_create_kern start" ] ||
			arm "$site" 1000 "$EAFNOSUPPORT"
	done
	tux_start 2>/dev/null
}
EAFNOSUPPORT=-97

# Several at once, and several requests of each.
step_pages()
{
	local rc=0

	"$TUXCLIENT" load --concurrency 8 --connections 16 --requests 2 --path /small.txt \
		--time $((10 * TUX_SLOW)) "$ADDR" "$PORT" >/dev/null 2>&1 || rc=$?
	[ $rc -ne 3 ] || WAITS=1
}

step_lookup()
{
	renew
	get /dir/index.html "Accept-Encoding: gzip\\r\\n"
	get /link
	get /nothing
}

step_large()
{
	get /1m.bin
	get /1m.bin "Range: bytes=0-9,100000-700009\\r\\n"
}

# What the file says is not in memory any more.
step_evicted()
{
	get /small.txt
	get /1m.bin
	sync
	echo 1 >/proc/sys/vm/drop_caches
	get /small.txt
	get /1m.bin
}

# Nothing is in memory, neither names nor pages.
step_cold()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	get /small.txt
	get /1m.bin "Range: bytes=500000-\\r\\n"
}

step_listing()
{
	renew
	get /empty/
}

# A request in two parts, and a client that reads late what it asked for.
step_slow()
{
	client --delay 20 "GET / HT" "TP/1.0\\r\\n\\r\\n"
	client --rcvbuf 4096 --repeat 200 --pause 100 --until 200 \
		"GET /1k.bin HTTP/1.1\\r\\nHost: test\\r\\n\\r\\n"
}

# A mount in the document root is not remembered, and its pages are copied.
step_mounted()
{
	get /mounted/1m.bin
}

step_views()
{
	local view

	for view in stat workers connections; do
		_tux_slurp "$TUX_PROC/$view" 2>/dev/null
	done
}

# Limits while somebody is connected, and one worker more.
step_tunables()
{
	local client

	"$TUXCLIENT" hold --wait-signal "$ADDR" "$PORT" 2 >/dev/null 2>&1 &
	client=$!
	busywait 1000 tux_stat_ge connections 2 >/dev/null 2>&1
	{
		tux_set max_connections_per_ip 0
		tux_set max_connections_per_ip 50
		tux_set threads 2
		tux_set threads 1
		tux_set max_backlog 100
		tux_set max_backlog 2048
		tux_set index index.html
		tux_set serve 1
	} 2>/dev/null
	kill $client
	wait $client
}

step_mime()
{
	echo "text/x-test tst" 2>/dev/null >"$TUX_PROC/mime_types"
}

step_stop()
{
	tux_stop 2>/dev/null
}

step_rmmod()
{
	rmmod tux 2>/dev/null
}

SETTINGS=(port="$PORT" threads=1 max_connections_per_ip=50 http_dir_indexing=1 max_backlog=2048
	index=index.html max_accept_wait=0)

# What is so when no call fails, and has to be so again.
step_configure()
{
	local setting

	for setting in documentroot="$DOCROOT" "${SETTINGS[@]}"; do
		tux_set "${setting%%=*}" "${setting#*=}" || return
	done
}

# What comes later begins with what was remembered before.
TRAFFIC="lookup evicted cold slow mounted large listing pages views tunables mime"
STEPS="insmod configure stopped start ipv4 $TRAFFIC stop rmmod"

# --- the disk ---

type mke2fs losetup >/dev/null 2>&1 || skip_all "mke2fs and losetup are needed"
modprobe -a loop ext4 2>/dev/null || :
truncate -s 32M "$WORKDIR/image"
mke2fs -F "$WORKDIR/image" >/dev/null 2>&1 || die "mke2fs"
mkdir "$WORKDIR/mnt"
LOOP=$(losetup -f) || skip_all "no loop device"
losetup "$LOOP" "$WORKDIR/image" || skip_all "no loop device"
at_exit losetup -d "$LOOP"
mount -t ext4 -o noatime "$LOOP" "$WORKDIR/mnt" || die "mount"
at_exit umount "$WORKDIR/mnt"
docroot_new mnt/docroot || die "no document root"
ln -s small.txt "$DOCROOT/link"
: >"$DOCROOT/small.txt.gz"
: >"$DOCROOT/dir/index.html.gz"
touch "$DOCROOT/empty/one" "$DOCROOT/empty/two"
mkdir "$DOCROOT/empty/three" "$DOCROOT/mounted"
mount -t tmpfs none "$DOCROOT/mounted" || die "mount"
at_exit umount "$DOCROOT/mounted"
cp "$DOCROOT/1m.bin" "$DOCROOT/mounted"
chmod -R a+rX "$DOCROOT"
at_exit eval '! tux_loaded || rmmod tux'

# --- which step reaches which sites ---

# reached STEP: those that were not reached by an earlier step belong to this one
reached()
{
	local site passed failed

	while read -r site passed failed; do
		[ "$((passed + failed))" -eq 0 ] || [ -n "${STEP[$site]:-}" ] || STEP[$site]=$1
	done <$FAULT
}

# Twice, and the traffic counts the second time only: what is there when it begins is
# then as it will be when calls fail.
arm_all()
{
	local site

	no_faults
	for site in "${SITES[@]}"; do
		arm "$site" 0
	done
}

arm_all
for step in $STEPS; do
	case $step in
	ipv4 | lookup)
		tux_stop
		[ "$step" = ipv4 ] || tux_start ;;
	stop)	step_large
		step_lookup
		arm_all
		for again in $TRAFFIC; do
			step_"$again"
			reached "$again"
		done ;;
	esac
	step_"$step"
	[[ " $TRAFFIC " == *" $step "* ]] || reached "$step"
done
no_faults

# Of the sites that no step reaches it is said why.
declare -A WHY=(
	["tux_client_addr_take rhashtable_insert_slow"]="only while the table is being enlarged"
	["tux_client_addr_take rht_bucket_nested_insert"]="only in a table made without memory"
	["tux_connections_open __kvmalloc_node_noprof"]="the compiler's branch for endless rows"
	["tux_connections_open kvmalloc_node"]="the compiler's branch for endless rows"
)
hit=0
for site in "${SITES[@]}"; do
	[ -z "${STEP[$site]:-}" ] || continue
	note "not reached: $site ${CALLEE[$site]}: ${WHY["${site%+*} ${CALLEE[$site]}"]:-no step does it}"
done

# --- each fails ---

# gone: the module is not loaded and has left nothing
gone()
{
	! tux_loaded && [ ! -e "$TUX_SYSCTL" ] && [ ! -e "$TUX_PROC" ]
}

# stopped: the server does not run, and has left nothing
stopped()
{
	[ "$(tux_get serve)" = 0 ] && ! listening && ! worker_pid 0
} >/dev/null

# serves: it answers, and nothing is left of what was before
idle()
{
	[ "$(tux_stats connections work_pending client_addresses)" = "0 0 0" ]
}

serves()
{
	[ "$(status /small.txt)" = 200 ] || { echo "it does not answer"; return 1; }
	busywait 5000 idle || { tux_stats connections work_pending client_addresses; return 1; }
}

# What has to be so before a step, and after it, when no call fails.
before()
{
	case $1 in
	insmod)	tux_unload ;;
	configure | stopped | start | ipv4)
		tux_loaded || { step_insmod && step_configure; } || return
		tux_stop ;;
	stop | rmmod)
		tux_loaded || { step_insmod && step_configure; } || return
		tux_start ;;
	*)	tux_loaded || { step_insmod && step_configure; } || return
		tux_start ;;
	esac
}

after()
{
	case $1 in
	insmod)	tux_loaded || gone || { echo "it left something"; return 1; }
		tux_unload && step_insmod && step_configure && tux_unload ;;
	start | ipv4)
		[ "$RC" = 0 ] || stopped || { echo "it left something"; return 1; }
		tux_start && serves ;;
	*)	step_configure && tux_start && serves ;;
	esac
}

# fail STEP SITE: the call fails when the step is done
fail()
{
	local step=$1 site=$2 failed=0 passed name n

	before "$step" || { echo "before: the module does not work"; return 1; }
	WAITS=
	RC=0
	arm "$site" "$TIMES"
	step_"$step" || RC=$?
	while read -r name passed n; do
		[ "$name" != "$site" ] || failed=$((failed + n))
	done <$FAULT
	no_faults
	[ "$failed" -gt 0 ] || { echo "it was not reached"; return 1; }
	[ -z "$WAITS" ] || { echo "a client waits in vain"; return 1; }
	after "$step"
}

for step in $STEPS; do
	for site in "${SITES[@]}"; do
		[ "${STEP[$site]:-}" = "$step" ] || continue
		if out=$(fail "$step" "$site" 2>&1); then
			ok "$step: $site ${CALLEE[$site]}"
			hit=$((hit + 1))
		else
			not_ok "$step: $site ${CALLEE[$site]}" "$out"
		fi
		no_faults
	done
done
note "fault sites: $hit hit of ${#SITES[@]}"
between "of a hundred sites so many were hit" $((hit * 100 / ${#SITES[@]})) $ENOUGH 100
