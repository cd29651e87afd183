# SPDX-License-Identifier: GPL-2.0-or-later
# --timestamp: one table that goes on, with a header for each screenful. And the time as a report shows it.

load common

setup() {
	make_tree
	unset S_TIME_FORMAT
}

teardown() {
	clean_up
}

@test "a time in each row, and one header where there is no screen" {
	run -0 "$RDTSTAT" --root "$TREE" --timestamp -e llc_occupancy -g g1 -g m1 0.1 3
	[ "${#lines[@]}" -eq 8 ]
	[[ ${lines[0]} =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}\ \ "$TREE"\ \ \[not\ resctrl:\  ]]
	[[ ${lines[1]} =~ ^TIME\ +GROUP\ +llc_occupancy$ ]]
	for row in "${lines[@]:2}"; do
		[[ $row =~ ^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\ g1(/mon_groups/m1)?\ +2\.0\ MiB$ ]]
	done
	run -0 "$RDTSTAT" --root "$TREE" --timestamp -d --breakdown -g g1 0.1 2
	[[ ${lines[1]} =~ ^TIME\ +GROUP\ +PART\ +DOMAIN\ +llc_occupancy\  ]]
	[ "${#lines[@]}" -eq 14 ]
	[ "$(grep -cE '^[0-9:]{8} g1 +own +mon_L3_01 ' <<<"$output")" -eq 2 ]
	fails 2 'list: option --timestamp' list --timestamp
}

@test "the time is local, and with S_TIME_FORMAT=ISO whole" {
	export TZ=XXX-9
	"$RDTSTAT" --root "$TREE" 0.1 1 | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}  over 0\.'
	S_TIME_FORMAT=ISO "$RDTSTAT" --root "$TREE" 0.1 1 | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\+0900  over 0\.'
	S_TIME_FORMAT=ISO "$RDTSTAT" --root "$TREE" --timestamp -g g1 0.1 1 | grep -E '^[0-9-]{10}T[0-9:]{8}\+0900 g1 '
	S_TIME_FORMAT=other "$RDTSTAT" --root "$TREE" --timestamp -g g1 0.1 1 | grep -E '^[0-9:]{8} g1 '
	# It is the same moment that JSON has in UTC: nine hours earlier.
	"$RDTSTAT" --root "$TREE" --json 0.1 1 | jq -e --argjson now "$(date +%s)" \
		'.time | sub("[.][0-9]+Z$"; "Z") | fromdate | . < $now + 60 and . > $now - 60'
	shown=$("$RDTSTAT" --root "$TREE" 0.1 1 | sed -n '1s/  over.*//p')
	[ "$(date -d "$shown" +%s)" -gt $(($(date +%s) - 60)) ]
	[ "$(date -d "$shown" +%s)" -le "$(date +%s)" ]
}

@test "on a terminal there is a header for each screenful" {
	type script || skip 'no script(1)'
	on_terminal() {
		script -qec "stty rows $1; $(printf '%q ' "$RDTSTAT" --root "$TREE" --timestamp -e llc_occupancy "${@:2}")" \
			/dev/null </dev/null | tr -d '\r'
	}
	# Title, header and two reports of two rows; one line is the cursor's.
	on_terminal 8 -g g1 -g m1 0.1 5 >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	[ "$(grep -n ^TIME "$BATS_TEST_TMPDIR/out" | cut -d: -f1 | xargs)" = '2 9 16' ]
	# A report that is larger than the screen has one of its own.
	on_terminal 3 0.1 2 >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -c ^TIME "$BATS_TEST_TMPDIR/out")" -eq 2 ]
	[ "$(on_terminal 24 -g g1 0.1 5 | grep -c ^TIME)" -eq 1 ]
}

@test "the columns stay where they are, and get wider only" {
	start_rdtstat --root "$TREE" --timestamp --bytes -g g1 -e llc_occupancy 0.1
	wait_reports 4
	# Wider than the title.
	echo 12345678901234567 >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	wait_for 'grep 1234567890 "$REPORTS"'
	echo 1 | tee "$TREE/g1/mon_data/"*/llc_occupancy
	wait_for 'tail -n1 "$REPORTS" | grep " 2\$"'
	wait_reports 2
	# A file that is written anew is empty for a moment: its value may have been missing once.
	kill -INT "$RDTSTAT_PID"
	wait "$RDTSTAT_PID" || [ $? -eq 1 ]
	RDTSTAT_PID=
	[ "$(sed -n '/1234567890/,$p' "$REPORTS" | awk '{ print length($0) }' | sort -u | wc -l)" -eq 1 ]
}

@test "a domain or event that is new gets its column, below a new header" {
	start_sim
	start_rdtstat --root "$SIM" --timestamp 0.2
	wait_reports 4
	ctl add-event '*' novelty 42
	wait_for '[ "$(grep -c "^TIME" "$REPORTS")" -eq 2 ]'
	grep -E '^TIME .* novelty$' "$REPORTS"
	stop_rdtstat
}
