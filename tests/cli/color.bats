# SPDX-License-Identifier: GPL-2.0-or-later
# Color in the tables of reports: what is missing is red, what is partial yellow, and nothing else.

load common

RED=$'\e[31m'
YELLOW=$'\e[33m'

setup() {
	make_tree
	echo Unavailable >"$TREE/g1/mon_data/mon_L3_00/mbm_total_bytes"
	echo Unavailable >"$TREE/mon_groups/m0/mon_data/mon_L3_00/llc_occupancy"
	echo Unavailable >"$TREE/mon_groups/m0/mon_data/mon_L3_01/llc_occupancy"
	unset NO_COLOR
	export TERM=xterm
}

teardown() {
	clean_up
}

report() {
	"$RDTSTAT" --root "$TREE" "$@" 0.1 1
}

# The same with a terminal as standard output.
report_on_terminal() {
	script -qec "$(printf '%q ' "$RDTSTAT" --root "$TREE" "$@" 0.1 1)" /dev/null </dev/null
}

# What stands between a color and the end of it, of standard input.
colored() {
	grep -o "${1/[/\\[}"'[^[:cntrl:]]*' | sed "s/^.\[[0-9;]*m *//; s/ *\$//"
}

@test "missing values are red, partial ones yellow, and nothing else is in color" {
	report --color=always >"$BATS_TEST_TMPDIR/out"
	cat -v "$BATS_TEST_TMPDIR/out"
	[ "$(colored "$RED" <"$BATS_TEST_TMPDIR/out")" = '- unavailable' ]
	# The default group's sum lacks that of its MON group.
	[ "$(colored "$YELLOW" <"$BATS_TEST_TMPDIR/out")" = $'2.0 MiB partial\n0 B/s partial' ]
	# One color begins for each, and each ends.
	[ "$(grep -o $'\e\[[0-9;]*m' "$BATS_TEST_TMPDIR/out" | grep -vc '\[0*m')" -eq 3 ]
	[ "$(grep -o $'\e\[0*m' "$BATS_TEST_TMPDIR/out" | wc -l)" -eq 3 ]
	# But for the color it is the same table.
	sed $'s/\e\[[0-9;]*m//g; s/ *$//' "$BATS_TEST_TMPDIR/out" | tail -n +2 >"$BATS_TEST_TMPDIR/plain"
	report --color=never | sed 's/ *$//' | tail -n +2 | diff - "$BATS_TEST_TMPDIR/plain"
}

@test "color per domain" {
	report --color=always -d -g g1 >"$BATS_TEST_TMPDIR/out"
	[ "$(colored "$RED" <"$BATS_TEST_TMPDIR/out")" = '- unavailable' ]
	[[ $(<"$BATS_TEST_TMPDIR/out") != *"$YELLOW"* ]]
}

@test "color only on a terminal that has it" {
	type script || skip 'no script(1)'
	[[ $(report) != *$'\e'* ]]
	[[ $(report --color=auto) != *$'\e'* ]]
	[[ $(report_on_terminal) == *"$RED"* ]]
	[[ $(report_on_terminal --color=auto) == *"$RED"* ]]
	[[ $(NO_COLOR='' report_on_terminal) == *"$RED"* ]]
	[[ $(report_on_terminal --color=never) != *"$RED"* ]]
	[[ $(NO_COLOR=1 report_on_terminal) != *"$RED"* ]]
	[[ $(TERM=dumb report_on_terminal) != *"$RED"* ]]
	[[ $(TERM='' report_on_terminal) != *"$RED"* ]]
	# Who asks for it by name gets it.
	[[ $(NO_COLOR=1 TERM=dumb report --color=always) == *"$RED"* ]]
	# As with ls and grep the word alone asks for it, and takes no argument's place.
	[[ $(NO_COLOR=1 TERM=dumb report --color) == *"$RED"* ]]
	[[ $(report --color --color=never) != *"$RED"* ]]
}

@test "other forms have no color" {
	for form in --json --csv --openmetrics; do
		run report --color=always $form
		[ "$status" -eq 0 ]
		[[ $output != *$'\e'* ]]
	done
}

@test "a bad --color" {
	fails 2 "'red' does not say when to use color" --root "$TREE" --color=red 0.1 1
	fails 2 "'' does not say when to use color" --root "$TREE" --color= 0.1 1
	fails 2 "'never' is neither a command nor an interval" --root "$TREE" --color never
	fails 2 'list: option --color' list --color=auto
}
