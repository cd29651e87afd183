# SPDX-License-Identifier: GPL-2.0-or-later
# What TAB offers behind rdtstat run and rdtsim run: in bash, with the package bash-completion and without, and in
# fish. The options are compared by the test interface.

load common

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir bin notes
	: >'two words'
	printf '#!/bin/sh\n' >bin/qprogram
	chmod +x bin/qprogram
	FILES=$BATS_TEST_DIRNAME/../../tools
	PACKAGE=/usr/share/bash-completion/bash_completion
}

# offer WORD...: what is offered for the last one. With $PACKAGE a program's own completion is known, too.
offer() {
	PATH=$BATS_TEST_TMPDIR/bin:$PATH bash --norc -c '
		[ -z "$PACKAGE" ] || {
			source "$PACKAGE"
			complete -W "--quick --quiet" quick
		}
		compopt() { :; }
		source "$FILES/$1/completions/$1.bash"
		COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_$1 "$1" "${@: -1}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

offers() {
	run -0 offer "${@:2}"
	echo "$output"
	[ "$output" = "$1" ]
}

commands_and_files() {
	for run in 'rdtstat run' 'rdtstat run --' 'rdtstat --root /x run -I 50 -o report --json' 'rdtstat run --pid = 1 --' 'rdtsim run' \
		'rdtsim run --scenario arm --'; do
		offers qprogram $run qp
		offers 'two words' $run qprogram tw
		offers 'two words' $run qprogram -- tw
		# What looks like an option or a command of ours is the program's.
		offers notes $run qprogram --root run note
		offers 'two words' $run qprogram -o tw
	done
}

@test "bash completes a command and its files behind run, by itself" {
	PACKAGE=
	export FILES PACKAGE
	commands_and_files
}

@test "bash completes a command and its arguments behind run, by the package bash-completion" {
	[ -r "$PACKAGE" ] || skip 'no package bash-completion'
	export FILES PACKAGE
	commands_and_files
	for run in 'rdtstat run' 'rdtstat run -r 3 --' 'rdtsim run --'; do
		offers $'--quick\n--quiet' $run quick --q
	done
}

@test "bash completes the options and their values before the command" {
	PACKAGE=
	export FILES PACKAGE
	offers --interval rdtstat run --json --inter
	offers 'two words' rdtstat run -o tw
	offers 'two words' rdtstat run --output = tw
	offers notes rdtstat run --root no
	offers --frozen rdtsim run --fro
	offers '' rdtsim mount qp
}

@test "fish completes a command and its files behind run" {
	command -v fish >/dev/null || skip 'there is no fish'
	for run in 'rdtstat run' 'rdtstat --root /x run -I 50 -o report --' 'rdtsim run --scenario arm'; do
		fish_offers() {
			PATH=$BATS_TEST_TMPDIR/bin:$PATH fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
				"$FILES/${run%% *}/completions/${run%% *}.fish" "$run $1" | cut -f 1
		}
		[ "$(fish_offers qp)" = qprogram ]
		[ "$(fish_offers 'qprogram tw')" = 'two words' ]
	done
}
