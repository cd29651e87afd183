# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of rdtstat for bash. It needs nothing of the package bash-completion, by which the arguments of what
# 'rdtstat run' runs are completed as that program's.

# The tree that the command line is about.
_rdtstat_root()
{
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == --root ]] || continue
		# bash makes three words of --root=DIR.
		[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
		printf '%s' "${COMP_WORDS[i + 1]/#\~/$HOME}"
		return
	done
	printf /sys/fs/resctrl
}

_rdtstat_groups()
{
	(cd -- "$(_rdtstat_root)" 2>/dev/null && compgen -d -- "$1") |
		grep -Evx 'info(/.*)?|(.*/)?mon_data(/.*)?'
}

_rdtstat_events()
{
	local file

	for file in "$(_rdtstat_root)"/mon_data/*/*; do
		[[ -f $file ]] && printf '%s\n' "${file##*/}"
	done | sort -u
}

# Where in the command line the words of the command begin that is to be run, if the cursor is in them.
_rdtstat_program()
{
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == run ]] && break
	done
	for ((i++; i <= COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--)
			((i++))
			break
			;;
		-*)
			# bash makes three words of --name=value.
			if [[ ${COMP_WORDS[i + 1]} == = ]]; then
				((i += 2))
			elif [[ ${COMP_WORDS[i]} =~ ^(-I|--interval|-r|--repeat|-p|--pid|-t|--tid|-o|--output|--root)$ ]]; then
				((i++))
			fi
			;;
		*) break ;;
		esac
	done
	((i <= COMP_CWORD)) && printf '%d' "$i"
}

# The words from this one on are a command line of their own.
_rdtstat_complete_program()
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

_rdtstat()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' options word
	local commands='list top info capture run' program

	COMPREPLY=()
	if [[ $cur == = ]]; then
		cur=''
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $prev == --color ]]; then
		# Its value stands behind a '=', or nowhere.
		prev=''
	fi
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ " $commands " == *" $word "* ]] && command=$word && break
	done
	if [[ $command == run ]] && program=$(_rdtstat_program); then
		_rdtstat_complete_program "$program"
		return
	fi
	case $prev in
	--root | --sysroot)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X '!*.t[ag][rz]*' -- "$cur")
		return
		;;
	-o | --output)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-g | --group)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(_rdtstat_groups "$cur")
		return
		;;
	-I | --interval | -r | --repeat | -p | --pid | -t | --tid)
		return
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		return
		;;
	--type)
		mapfile -t COMPREPLY < <(compgen -W 'ctrl mon' -- "$cur")
		return
		;;
	-e | --event)
		mapfile -t COMPREPLY < <(compgen -W "$(_rdtstat_events)" -- "$cur")
		return
		;;
	--sort)
		mapfile -t COMPREPLY < <(compgen -W "group domain $(_rdtstat_events)" -- "$cur")
		return
		;;
	--delay)
		return
		;;
	esac
	options='--json --root -h --help -V --version'
	case $command in
	'') options+=' -g --group -e --event -d --per-domain --breakdown --type --sort --timestamp --bytes --iec --si --color --csv --openmetrics' ;;
	top) options=${options/--json/-g --group -e --event -d --per-domain --type --sort --iec --si --tree --delay} ;;
	info) options+=' --sysroot' ;;
	run) options+=' -I --interval -r --repeat -p --pid -t --tid -o --output --bytes' ;;
	capture) options=${options/--json/-o --output --hide-names} ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
	fi
}

complete -F _rdtstat rdtstat
