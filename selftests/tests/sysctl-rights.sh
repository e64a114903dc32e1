#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Who may write the tunables: only whoever has CAP_NET_ADMIN in the initial user
# namespace. Neither root without capabilities, nor the root of a container.

. "$(dirname "$0")/common.bash"

setup_load

# all_answer WANTED OPTION...: each tunable answers an attempt like that
all_answer()
{
	local wanted=$1 file before said bad=0
	shift

	for file in "$TUX_SYSCTL"/*; do
		before=$(<"$file")
		said=$("$TRYWRITE" "$@" "$file" "$before")
		[ "$said" = "$wanted" ] || { echo "${file##*/}: $said"; bad=1; }
	done
	return $bad
}

check "root may write every one" all_answer ok
check "root without capabilities may write none" all_answer EPERM --no-caps
check "a user may write none" all_answer "open: EACCES" --uid 65534
is "a user may read them" "$(setpriv --reuid 65534 cat "$TUX_SYSCTL/accept_limit" 2>&1)" 0

said=$("$TRYWRITE" --userns "$TUX_SYSCTL/accept_limit" 1)
case $said in
unshare:*)
	skip "the root of a container may write none" "no user namespaces here: $said" ;;
*)
	check "the root of a container may write none" all_answer "open: EACCES" --userns
	is "its files are read-only" \
		"$(unshare -Urn sh -c "stat -c %a $TUX_SYSCTL/*" | sort -u)" 444 ;;
esac

# Tried for real: values that would do something.
"$TRYWRITE" --no-caps "$TUX_SYSCTL/serve" 1 >/dev/null
is "an attempt to start without the right changes nothing" "$(tux_get serve)" 0
tux_start
"$TRYWRITE" --no-caps "$TUX_SYSCTL/serve" 0 >/dev/null
"$TRYWRITE" --no-caps "$TUX_SYSCTL/max_connections" 1 >/dev/null
is "nor one to stop" "$(tux_get serve)" 1
is "nor one to change a limit" "$(tux_get max_connections)" 16384
is "the server serves" "$(status "/")" 200
