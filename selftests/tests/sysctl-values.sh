#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every tunable: that it is documented, its default, its range; and that a bad
# value is refused with EINVAL and changes nothing. What docs/sysctl.rst
# says is what is tested, so neither can change without the other.
# timeout: 120

. "$(dirname "$0")/common.bash"

DOC=$TUX_TOP/docs/sysctl.rst

tux_load || die "the module does not load"
[ -e "$DOC" ] || skip_all "docs/sysctl.rst is not here"

# NAME TYPE MIN MAX DEFAULT of each entry
documented()
{
	awk '
		function entry() { if (name) print name, type, min, max, def }
		/^[a-z0-9_]+ - (INTEGER|BOOLEAN|STRING)/ {
			entry()
			name = $1; type = $3; min = 0; max = 1; def = "?"
			line = $0
			gsub(/[^0-9]+/, " ", line)
			sub(/^.* - [A-Z]+/, "", $0)
			if (type == "INTEGER") {
				n = split($0, word, /[^0-9]+/)
				min = word[2]; max = word[3]
			}
			if (type == "STRING") {
				max = $0
				gsub(/[^0-9]/, "", max)
				if (max == "") max = 15
			}
		}
		/^\tDefault: / { def = $2; sub(/,$/, "", def) }
		END { entry() }' "$DOC"
}

# all_answer WANTED NAME VALUE...: every value is answered so, and a refused one
# changes nothing (trywrite looks).
all_answer()
{
	local wanted=$1 name=$2 said bad=0
	shift 2

	while IFS= read -r said; do
		[ "$said" = "$wanted" ] || { echo "'$1' is answered with: $said"; bad=1; }
		shift
	done < <("$TRYWRITE" "$TUX_SYSCTL/$name" "$@")
	[ $# -eq 0 ] || { echo "$# values without an answer"; bad=1; }
	return $bad
}

accepted()
{
	all_answer ok "$@"
}

refused()
{
	all_answer EINVAL "$@"
}

is "every tunable is documented, and every documented one is there" \
	"$(documented | cut -d ' ' -f 1 | sort | xargs)" "$(ls "$TUX_SYSCTL" | sort | xargs)"

integers=0
while read -r name type min max default; do
	[ "$type" = STRING ] && continue
	integers=$((integers + 1))
	is "$name: the default is the documented $default" "$(tux_get "$name")" "$default"
	# serve=1 is start-errors.sh's affair
	if [ "$name" != serve ]; then
		check "$name: from $min to $max" accepted "$name" "$min" "$max" "$max"$'\n'
	fi
	below=$((min - 1))
	check "$name: bad values are refused" refused "$name" "$below" $((max + 1)) \
		-2147483648 4294967296 $((max + 4294967296)) $((min + 4294967296)) \
		x "${min}x" $'\n' ' ' - + 0x 99999999999999999999999999 1e3 1.5 "$min,$max"
	check "$name: the default is taken back" accepted "$name" "$default"$'\n'
done < <(documented)
between "there were integers to test" "$integers" 10 100

is "documentroot is empty at first" "$(tux_get documentroot)" ""
is "index is index.html at first" "$(tux_get index)" index.html
is "accept_policy is fixed at first" "$(tux_get accept_policy)" fixed
name63=$(printf '%063d' 0)
path1023=/$(printf '%01022d' 0)
check "index: 63 bytes" accepted index "$name63"
check "index: 63 bytes and a newline" accepted index "$name63"$'\n'
check "index: longer is refused" refused index "${name63}0" "${name63}0"$'\n' "$path1023"
check "index: no way out of the directory" refused index ../x a/b / . ..
check "index: empty" accepted index ""$'\n'
check "documentroot: 1023 bytes" accepted documentroot "$path1023"
check "documentroot: 1023 bytes and a newline" accepted documentroot "$path1023"$'\n'
check "documentroot: longer is refused" refused documentroot "${path1023}0" "${path1023}0"$'\n'
check "documentroot: relative is refused" refused documentroot srv ./srv ../srv
check "documentroot: empty" accepted documentroot ""$'\n'
is "cache_control is empty at first" "$(tux_get cache_control)" ""
value128=max-age=$(printf '%0120d' 0)
check "cache_control: 128 bytes" accepted cache_control "$value128"
check "cache_control: 128 bytes and a newline" accepted cache_control "$value128"$'\n'
check "cache_control: longer is refused" refused cache_control "${value128}0" "${value128}0"$'\n'
check "cache_control: nothing but printable ASCII" refused cache_control \
	$'a\tb' $'a\rb' $'a\x01' $'a\x7f' $'a\xc3\xa4' $'a\xff' " a" "a "
check "cache_control: empty" accepted cache_control ""$'\n'
check "accept_policy: fixed, auto" accepted accept_policy auto fixed
check "accept_policy: others are refused" refused accept_policy x fixe "fixed " $'\n'

# --- the same as parameters of the module ---

tux_unload || die "the module does not unload"
check "parameters are taken" tux_load accept_limit=7 max_backlog=9 index=home.html threads=1
is "and are what the tunables begin with" \
	"$(tux_get accept_limit) $(tux_get max_backlog) $(tux_get index)" "7 9 home.html"
ip netns add "tux-$$" && at_exit ip netns del "tux-$$"
is "in every network namespace" "$(TUX_NS=tux-$$ tux_get accept_limit)" 7
tux_unload
for bad in accept_limit=-1 port=0 port=65536 max_backlog=0 max_connections=0 index=a/b \
	documentroot=srv accept_policy=x accept_limit=many cache_control=$'a\x7f'; do
	check_fails "insmod refuses $bad" insmod "$TUX_KO" "$bad"
done
check_fails "none of them left the module loaded" tux_loaded
