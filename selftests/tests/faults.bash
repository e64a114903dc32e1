# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Calls of the module that fail: where it makes calls that can, and the module that makes
# them do so (kmod_fault/). For tests; sourced after common.bash.

FAULT=/proc/tux_fault
FAULT_KO=${TUX_FAULT_KO:-/root/tux_fault.ko}
CALLSITES=$(dirname "$TUXCLIENT")/callsites
CALLS=$SELFTESTS/kmod_fault/calls

# faults_new: loads what makes calls fail, and writes all call sites of tux.ko to
# "$WORKDIR/sites": the site, what is called, and what that returns when it fails, "-" for
# what cannot, and "?" for what nobody knows. Skips the test where that cannot be.
faults_new()
{
	[ "$(uname -m)" = x86_64 ] || skip_all "call sites are known for x86-64 only"
	[ -e "$FAULT_KO" ] || skip_all "no module that makes calls fail: $FAULT_KO"
	workdir || die "no directory"
	insmod "$FAULT_KO" || skip_all "this kernel has no probes"
	at_exit rmmod tux_fault
	at_exit no_faults
	"$CALLSITES" "$TUX_KO" | awk '
		NR == FNR {
			if (NF && $1 !~ /^#/) { name[++n] = $1; value[n] = $2 }
			next
		}
		!($2 in known) {
			known[$2] = "?"
			for (i = 1; i <= n && known[$2] == "?"; i++) {
				stem = name[i]
				if (stem == $2 || (sub(/\*$/, "", stem) && index($2, stem) == 1))
					known[$2] = value[i]
			}
		}
		{ print $1, $2, known[$2] }' "$CALLS" - >"$WORKDIR/sites"
}

# fault SITE VALUE TIMES: the call fails so often, and then works again
fault()
{
	echo "$1 $2 $3" >$FAULT
}

no_faults()
{
	echo clear >$FAULT
}
