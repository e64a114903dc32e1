#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two network namespaces serve different document roots on the same port, with
# tunables and counters of their own; and one of them goes away under load while
# the other one serves on.
# timeout: 120

# A network namespace of its own, which goes with the test.
[ -n "${TUX_PRIVATE_NET:-}" ] || TUX_PRIVATE_NET=1 exec unshare -n bash "$0"
. "$(dirname "$0")/common.bash"

A=tux-a-$$
B=tux-b-$$

# The clients are in the test's namespace: a process in $A would keep it alive.
ip link set lo up
n=1
for ns in $A $B; do
	ip netns add $ns || skip_all "no network namespaces here"
	at_exit eval "ip netns del $ns 2>/dev/null"
	ip -n $ns link set lo up
	ip link add veth$n type veth peer name veth0 netns $ns 2>/dev/null ||
		skip_all "no veth devices here"
	ip addr add 198.18.$n.1/24 dev veth$n
	ip link set veth$n up
	ip -n $ns addr add 198.18.$n.2/24 dev veth0
	ip -n $ns link set veth0 up
	n=$((n + 1))
done

tux_load || die "the module does not load"
for ns in $A $B; do
	docroot_new "root-$ns"
	export TUX_NS=$ns
	tux_set documentroot "$DOCROOT"
	tux_set port "$PORT"
	tux_set threads 1
	check "${ns%-*} starts" tux_start
done
unset TUX_NS

# at N DATA: ask the server of a namespace
at()
{
	"$TUXCLIENT" send --body --timeout $((8000 * TUX_SLOW)) "198.18.$1.2" "$PORT" "$GET10"
}

contains "the first has its own root" "$(at 1)" "welcome to root-$A"
contains "the second has its own" "$(at 2)" "welcome to root-$B"
is "the test's own namespace does not serve" "$(tux_get serve)" 0
check_fails "nobody answers there" "$TUXCLIENT" send "$ADDR" "$PORT" "$GET10"

TUX_NS=$A tux_set accept_limit 7
# each COMMAND...: what it prints in the first, the second and the test's own one
each()
{
	echo "$(TUX_NS=$A "$@") $(TUX_NS=$B "$@") $("$@")"
}
is "tunables are apart" "$(each tux_get accept_limit)" \
	"7 0 0"
is "counters are apart" "$(each tux_stat requests)" \
	"1 1 0"
TUX_NS=$A tux_stop
check_fails "stopping the first stops it" at 1
contains "and not the second" "$(at 2)" "welcome to root-$B"
TUX_NS=$A tux_start
contains "it starts again" "$(at 1)" "welcome to root-$A"

# --- one goes away ---

for n in 1 2; do
	spawn "$WORKDIR/load$n" "$TUXCLIENT" load --concurrency 20 --connections 10000000 \
		--time 100 --timeout $((10000 * TUX_SLOW)) "198.18.$n.2" "$PORT"
	eval "load$n=$SPAWNED"
done
"$TUXCLIENT" hold --wait-signal --send "$GET11" 198.18.1.2 "$PORT" 20 >"$WORKDIR/idle" 2>&1 &
at_exit end_pid $!
busywait 10000 eval 'TUX_NS=$A tux_stat_ge requests 100 && TUX_NS=$B tux_stat_ge requests 100' ||
	note "the loads do not run"

before=$(now_ms)
check "the first namespace is deleted under load" ip netns del $A
veth_gone()
{
	! ip link show veth1 >/dev/null 2>&1
}
# Its end of the veth pair goes with it. What is still owed to its clients
# keeps a namespace alive until it is delivered.
check "it goes away" busywait 30000 veth_gone
note "after $(($(now_ms) - before)) ms"
requests=$(TUX_NS=$B tux_stat requests)
check "the second serves on" busywait 5000 eval 'TUX_NS=$B tux_stat_ge requests $((requests + 50))'
end_pid "$load1"
end_pid "$load2"
is "without having lost a request" "$(awk '$1 == "errors" { print $2 }' "$WORKDIR/load2")" 0
contains "and answers at the end" "$(at 2)" "welcome to root-$B"

# --- again and again ---

# A namespace comes, serves, and goes under load; the second's clients notice nothing.
come_and_go()
{
	local ns=tux-c-$$ load rc=0

	ip netns add "$ns" || return
	{
		ip -n "$ns" link set lo up &&
			ip link add veth1 type veth peer name veth0 netns "$ns" &&
			ip addr add 198.18.1.1/24 dev veth1 &&
			ip link set veth1 up &&
			ip -n "$ns" addr add 198.18.1.2/24 dev veth0 &&
			ip -n "$ns" link set veth0 up &&
			TUX_NS=$ns tux_set documentroot "$DOCROOT" &&
			TUX_NS=$ns tux_set port "$PORT" &&
			TUX_NS=$ns tux_start
	} || rc=$?
	"$TUXCLIENT" load --concurrency 10 --connections 1000000 --rate 500 --time 60 \
		198.18.1.2 "$PORT" >/dev/null 2>&1 &
	load=$!
	[ $rc -ne 0 ] || TUX_NS=$ns busywait 5000 tux_stat_ge requests 30 || rc=$?
	ip netns del "$ns" || rc=$?
	kill $load
	wait $load
	[ $rc -ne 0 ] || busywait 30000 veth_gone || rc=$?
	return $rc
}

spawn "$WORKDIR/load3" "$TUXCLIENT" load --concurrency 5 --connections 10000000 --time 300 \
	--timeout $((10000 * TUX_SLOW)) --rate 200 198.18.2.2 "$PORT"
n=$(less 8)
for ((i = 0; i < n; i++)); do
	come_and_go >"$WORKDIR/why" 2>&1 || break
done
is "namespaces come and go under load" "$i" "$n"
[ "$i" = "$n" ] || note "$(cat "$WORKDIR/why")"
end_pid "$SPAWNED"
is "and the second has lost no request" "$(awk '$1 == "errors" { print $2 }' "$WORKDIR/load3")" 0

# The rest goes with the module; the namespaces stay.
check "the module unloads while one still serves" tux_unload
check_fails "then nobody answers" at 2
