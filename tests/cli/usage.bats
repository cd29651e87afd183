# SPDX-License-Identifier: GPL-2.0-or-later
# What rdtstat makes of its command line.

load common

setup() {
	make_tree
}

@test "--help of every command goes to stdout" {
	for command in '' list top info capture run; do
		for option in -h --help; do
			run --separate-stderr "$RDTSTAT" $command $option
			[ "$status" -eq 0 ]
			[ -z "$stderr" ]
			[[ $output == *"Usage: rdtstat $command"* ]]
			[[ $output == *--root* ]]
		done
	done
	[[ $("$RDTSTAT" --help) == *--per-domain* ]]
	[[ $("$RDTSTAT" list --help) != *--per-domain* ]]
}

@test "--version names the program and the library" {
	for option in -V --version; do
		run --separate-stderr "$RDTSTAT" $option
		[ "$status" -eq 0 ]
		[[ $output =~ ^rdtstat\ [0-9]+\.[0-9]+\.[0-9]+\ \(librdtgrp\ [0-9]+\.[0-9]+\.[0-9]+\)$ ]]
	done
}

@test "a bad interval" {
	for interval in 0 0.09 .05 inf nan 0x1 1e3 1,5 '' ' 1' '1 ' 1s 1000001 99999999999999999999 x .; do
		fails 2 "'$interval' is neither a command nor an interval" --root "$TREE" -- "$interval"
	done
}

@test "good intervals" {
	for interval in 0.1 .1 0.100 00.1; do
		run --separate-stderr "$RDTSTAT" --root "$TREE" $interval 1
		[ "$status" -eq 0 ]
		[[ ${lines[0]} == *"over 0."* ]]
	done
}

@test "a bad count" {
	for count in 0 -1 1.5 x '' 18446744073709551616; do
		fails 2 "'$count' is no count" --root "$TREE" -- 1 "$count"
	done
	fails 2 "unexpected argument '3'" --root "$TREE" 1 2 3
}

@test "unknown options and options of other commands" {
	fails 2 'option --nope' --nope
	fails 2 'option -x' -x
	fails 2 'option -x' -dx
	fails 2 'missing after -g' -g
	fails 2 'missing after --root' --root
	fails 2 'list: option --per-domain' list -d
	fails 2 'list: option --event' list --event llc_occupancy
	fails 2 'info: option --group' --group g1 info
	fails 2 "list: unexpected argument 'x'" list x
	fails 2 "info: unexpected argument '1'" info 1
	fails 2 'option --\x1b[31m' $'--\e[31m'
}

@test "options before and behind the command" {
	"$RDTSTAT" --root "$TREE" list >"$BATS_TEST_TMPDIR/before"
	"$RDTSTAT" list --root "$TREE" >"$BATS_TEST_TMPDIR/behind"
	cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/behind"
}

@test "the number of reports" {
	[ "$("$RDTSTAT" --root "$TREE" --json 0.1 3 | wc -l)" -eq 3 ]
	[ "$("$RDTSTAT" --root "$TREE" 0.1 3 | grep -c '^GROUP')" -eq 3 ]
	# Without an interval one report over a second.
	run "$RDTSTAT" --root "$TREE"
	[[ ${lines[0]} =~ over\ 1\.[0-9]{3}\ s ]]
	[ "$(grep -c '^GROUP' <<<"$output")" -eq 1 ]
}

@test "without resctrl the error says what to do" {
	! grep -q ' resctrl ' /proc/self/mountinfo || skip 'resctrl is mounted here'
	run --separate-stderr "$RDTSTAT"
	[ "$status" -eq 1 ]
	[[ ${stderr_lines[0]} == *resctrl* ]]
	[ "${#stderr_lines[@]}" -eq 2 ]
}

@test "the same machine, asked by info, is no failure" {
	run --separate-stderr "$RDTSTAT" info
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == resctrl\ * ]]
	"$RDTSTAT" info --json | jq -e '.state | length > 0'
}
