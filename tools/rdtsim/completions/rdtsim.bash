# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of rdtsim for bash.

_rdtsim()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} options='-h --help'

	COMPREPLY=()
	if [[ $cur == = ]]; then
		cur=''
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'mount run ctl scenarios -h --help -V --version' -- "$cur")
		return
	fi
	case $prev in
	--scenario)
		mapfile -t COMPREPLY < <(compgen -W "$(rdtsim scenarios 2>/dev/null | cut -d ' ' -f 1)" -- "$cur")
		return
		;;
	--seed) return ;;
	--pid-file)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	case $command in
	mount) options+=' --scenario --seed --debug --frozen --foreground --pid-file' ;;
	run) options+=' --scenario --seed --debug --frozen' ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	elif [[ $command == run ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
	elif [[ $command == mount || $command == ctl && $COMP_CWORD -eq 2 ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
	fi
}

complete -F _rdtsim rdtsim
