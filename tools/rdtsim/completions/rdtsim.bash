# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of rdtsim for bash. It needs nothing of the package bash-completion, by which the arguments of what
# 'rdtsim run' runs are completed as that program's.

# Where in the command line the words of the command begin that is to be run, if the cursor is in them.
_rdtsim_program()
{
	local i

	for ((i = 2; i <= COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--)
			((i++))
			break
			;;
		-*)
			# bash makes three words of --name=value.
			if [[ ${COMP_WORDS[i + 1]} == = ]]; then
				((i += 2))
			elif [[ ${COMP_WORDS[i]} =~ ^(--scenario|--seed)$ ]]; then
				((i++))
			fi
			;;
		*) break ;;
		esac
	done
	((i <= COMP_CWORD)) && printf '%d' "$i"
}

# The words from this one on are a command line of their own.
_rdtsim_complete_program()
{
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	else
		compopt -o filenames 2>/dev/null
		if (($1 == COMP_CWORD)); then
			mapfile -t COMPREPLY < <(compgen -d -c -- "${COMP_WORDS[COMP_CWORD]}")
		else
			mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
		fi
	fi
}

_rdtsim()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} options='-h --help' program

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
	if [[ $command == run ]] && program=$(_rdtsim_program); then
		_rdtsim_complete_program "$program"
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
	elif [[ $command == mount || $command == ctl && $COMP_CWORD -eq 2 ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
	fi
}

complete -F _rdtsim rdtsim
