# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of tuxctl(8) for bash: commands, options, and the tunables that
# the loaded module has.

_tuxctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local dir=${TUXCTL_SYSCTL:-/proc/sys/net/tux}

	# NAME=VALUE is three words to bash, or one, as COMP_WORDBREAKS has it.
	case $cur in
	=*) return ;;
	esac
	if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
		return
	fi
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W \
			"start stop status get set stat check mime --help --version" -- "$cur")
		return
	fi
	case ${COMP_WORDS[1]} in
	get)
		mapfile -t COMPREPLY < <(compgen -W "$(ls "$dir" 2>/dev/null)" -- "$cur")
		;;
	set)
		mapfile -t COMPREPLY < <(compgen -S = -W "$(ls "$dir" 2>/dev/null)" -- "$cur")
		compopt -o nospace
		;;
	stat)
		mapfile -t COMPREPLY < <(compgen -W "--json --prometheus" -- "$cur")
		;;
	mime)
		mapfile -t COMPREPLY < <(compgen -W "--builtin" -- "$cur"; compgen -f -- "$cur")
		compopt -o filenames
		;;
	check)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		compopt -o filenames
		;;
	esac
}

complete -F _tuxctl tuxctl
