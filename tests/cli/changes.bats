# SPDX-License-Identifier: GPL-2.0-or-later
# rdtstat on the simulator: what moves, and what changes while it runs.

load common

setup() {
	REPORTS=
}

teardown() {
	clean_up
}

# The last whole report.
last() {
	tail -n1 "$REPORTS"
}

# Wait for a report of which jq finds FILTER true, behind the one that the last call found:
# wait_report FILTER. The report goes to stdout.
wait_report() {
	local mark=$BATS_TEST_TMPDIR/mark deadline=$((SECONDS + 40)) seen found

	seen=$(cat "$mark" 2>/dev/null || echo 0)
	while [ $SECONDS -lt $deadline ]; do
		# Whole lines only: the last one may be on its way.
		found=$(head -n "$(reports)" "$REPORTS" | tail -n +$((seen + 1)) |
			jq -nc "first(foreach inputs as \$report (0; . + 1;
				select(\$report | ($1)) | {place: ., report: \$report}))")
		if [ -n "$found" ]; then
			echo $((seen + $(jq .place <<<"$found"))) >"$mark"
			jq -c .report <<<"$found"
			return
		fi
		sleep 0.05
	done
	echo "no report in which: $1" >&2
	return 1
}

# As a jq function: the total of an event of a group.
TOTAL='def total(g; e): .groups[] | select(.path == g) | .totals[] | select(.event == e);
	def one(g; d; e): .groups[] | select(.path == g) | .domains[] | select(.path == d)
		| .events[] | select(.event == e);
	def group(g): .groups[] | select(.path == g);
	def median(values): [values] | sort | .[length / 2 | floor];'

run_json() {
	start_rdtstat --root "$SIM" --json "$@" 0.1
	wait_reports 2
}

@test "every value is what the files hold, in all scenarios" {
	[ -n "$RDTSIM" ] || skip 'built without rdtsim'
	"$RDTSIM" scenarios | cut -d' ' -f1 >"$BATS_TEST_TMPDIR/scenarios"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/scenarios")" -ge 5 ]
	while read -r scenario; do
		start_sim --scenario "$scenario"
		mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1" "$SIM/mon_groups/m0"
		ctl advance 1234
		ctl freeze
		"$RDTSTAT" --root "$SIM" --json 0.1 1 >"$BATS_TEST_TMPDIR/report"
		python3 "$BATS_TEST_DIRNAME/compare.py" "$SIM" "$BATS_TEST_TMPDIR/report"
		# What stands still has no rate; what is not nested makes the total.
		jq -e '[.groups[].totals[] | select(.kind == "cumulative") | .rate] | length > 0 and all(. == 0)' \
			"$BATS_TEST_TMPDIR/report"
		jq -e 'all(.groups[]; . as $g | all(.totals[] | select(.unit == "bytes"); . as $t |
			([$g.domains[] | select(.inside == null) | .events[]
			  | select(.event == $t.event) | .value] | add) == $t.value))' "$BATS_TEST_TMPDIR/report"
		stop_sim
		rmdir "$SIM"
	done <"$BATS_TEST_TMPDIR/scenarios"
	SIM=
}

@test "rates are those that the counters have" {
	start_sim
	mkdir "$SIM/g1"
	ctl rate g1 mon_L3_00 mbm_total_bytes 1000000
	ctl rate g1 mon_L3_01 mbm_total_bytes 3000000
	# On a machine with much else to do one report of several may be off: value and clock are read one after
	# the other.
	"$RDTSTAT" --root "$SIM" --json -g g1 0.3 5 >"$BATS_TEST_TMPDIR/reports"
	jq -se "$TOTAL"'median(.[] | total("g1"; "mbm_total_bytes").rate) | . > 3800000 and . < 4200000' \
		"$BATS_TEST_TMPDIR/reports"
	jq -se "$TOTAL"'median(.[] | one("g1"; "mon_L3_00"; "mbm_total_bytes").rate) | . > 950000 and . < 1050000' \
		"$BATS_TEST_TMPDIR/reports"
	"$RDTSTAT" --root "$SIM" -g g1 -e mbm_total_bytes 0.5 1 | grep -qE '^g1 +(3\.[2-9]|4\.[0-4]) MiB/s$'
}

@test "an occupancy is no rate, however it moves" {
	start_sim
	mkdir "$SIM/g1"
	ctl freeze
	ctl set g1 mon_L3_00 llc_occupancy 65536
	ctl set g1 mon_L3_01 llc_occupancy 65536
	run "$RDTSTAT" --root "$SIM" --bytes -g g1 -e llc_occupancy 0.1 1
	[[ ${lines[1]} == *llc_occupancy ]]
	[[ ${lines[2]} =~ ^g1\ +131072$ ]]
	"$RDTSTAT" --root "$SIM" --json -g g1 0.1 1 | total g1 llc_occupancy | jq -e 'has("rate") == false'
}

@test "a group vanishes: gone once, and the rest goes on" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g2"
	run_json
	rmdir "$SIM/g1"
	wait_report "$TOTAL"'group("g1").status == "gone"' >"$BATS_TEST_TMPDIR/gone"
	wait_reports 3
	stop_rdtstat
	[ ! -s "$ERRORS" ]
	jq -e "$TOTAL"'total("g1"; "mbm_total_bytes") | .value == null and .rate == null
		and .missing == "gone" and .rate_missing == "gone"' "$BATS_TEST_TMPDIR/gone"
	[ "$(grep -c '"gone"' "$REPORTS")" -eq 1 ]
	last | jq -e '[.groups[].path] == ["/", "g2"] and all(.groups[]; .status == "ok")'
}

@test "groups that vanish while they are being read are gone once as well" {
	start_sim
	for i in 1 2 3 4 5 6 7 8; do
		mkdir "$SIM/g$i"
	done
	# A sample takes most of an interval.
	ctl slow 700
	run_json
	for i in 1 2 3 4 5 6 7 8; do
		rmdir "$SIM/g$i"
	done
	wait_report '[.groups[].path] == ["/"]'
	stop_rdtstat
	jq -se '[.[].groups[] | select(.status == "gone") | .path] | sort
		== ["g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8"]' "$REPORTS"
	# Those that had been read before they vanished, too.
	run ! grep -q 'children changed' "$REPORTS"
}

@test "a named group vanishes: gone from then on, also when there is a new one of its name" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g2"
	run_json -g g1 -g g2
	ctl kill g1
	wait_report "$TOTAL"'group("g1").status == "gone"'
	mkdir "$SIM/g1"
	wait_reports 3
	stop_rdtstat
	last | jq -e "$TOTAL"'group("g1").status == "gone" and group("g2").status == "ok"'
	last | jq -e "$TOTAL"'total("g2"; "mbm_total_bytes").rate != null'
}

@test "in the table a gone group has a dash and the word" {
	start_sim
	mkdir "$SIM/g1"
	start_rdtstat --root "$SIM" 0.1
	wait_for 'grep -q "^g1 " "$REPORTS"'
	rmdir "$SIM/g1"
	wait_for 'grep -qE "^g1 +- gone +- gone +- gone$" "$REPORTS"'
	stop_rdtstat
}

@test "a new group appears, at first without a rate" {
	start_sim
	run_json
	mkdir "$SIM/g1"
	wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .value != null and .rate == null and .rate_missing == "new"'
	wait_report "$TOTAL"'total("g1"; "mbm_total_bytes").rate != null'
	stop_rdtstat
}

@test "a group made again under its name is a new one" {
	start_sim
	mkdir "$SIM/g1"
	run_json
	rmdir "$SIM/g1"
	mkdir "$SIM/g1"
	wait_report '[.groups[] | select(.path == "g1") | .status] == ["ok", "gone"]' |
		jq -e '[.groups[] | select(.path == "g1") | .inode] | .[0] != .[1]'
	stop_rdtstat
	# At no time a rate across the two.
	jq -se '[.[].groups[].totals[] | select(.kind == "cumulative") | .rate // 0] | length > 0 and all(. >= 0 and . < 1e12)' \
		"$REPORTS"
}

@test "a MON group comes or goes: its control group's interval is void" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	ctl set g1/mon_groups/m1 '*' mbm_total_bytes 1000000000000
	run_json
	rmdir "$SIM/g1/mon_groups/m1"
	wait_report "$TOTAL"'group("g1/mon_groups/m1").status == "gone"' |
		jq -e "$TOTAL"'total("g1"; "mbm_total_bytes") | .rate == null and .rate_missing == "children changed" and .value != null'
	mkdir "$SIM/g1/mon_groups/m2"
	wait_report "$TOTAL"'total("g1/mon_groups/m2"; "mbm_total_bytes").rate_missing == "new"' |
		jq -e "$TOTAL"'total("g1"; "mbm_total_bytes").rate_missing == "children changed"'
	# Others are not touched by it, and the next interval is good again.
	wait_report "$TOTAL"'total("g1"; "mbm_total_bytes").rate != null'
	stop_rdtstat
	jq -se "$TOTAL"'length > 0 and all(.[]; total("/"; "mbm_total_bytes").rate != null)' "$REPORTS"
}

@test "the same where only the control group is named, in the table" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	start_rdtstat --root "$SIM" -g g1 0.1
	wait_for 'grep -qE "^g1 .*B/s$" "$REPORTS"'
	rmdir "$SIM/g1/mon_groups/m1"
	wait_for 'grep -qE "^g1 .*- children changed +- children changed$" "$REPORTS"'
	stop_rdtstat
	# Not m1 alone, which may be part of the name of the temporary directory.
	run ! grep -q /m1 "$REPORTS"
}

@test "a MON group becomes unreadable: partial, and no false spike when it comes back" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	ctl rate g1 '*' mbm_total_bytes 1000000
	ctl rate g1/mon_groups/m1 '*' mbm_total_bytes 1000000
	ctl set g1/mon_groups/m1 '*' mbm_total_bytes 1000000000000
	run_json -g g1
	ctl status g1/mon_groups/m1 mon_L3_00 mbm_total_bytes unavailable
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .partial and .rate_missing == "children changed"'
	wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .partial and .rate_partial and .rate != null'
	ctl status g1/mon_groups/m1 mon_L3_00 mbm_total_bytes ok
	wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | (.partial or .rate_partial | not) and .rate != null'
	stop_rdtstat
	jq -se "$TOTAL"'length > 0 and all(.[]; total("g1"; "mbm_total_bytes") | .rate == null or .rate < 100000000)' "$REPORTS"
}

# What is shown of the group's mbm_total_bytes is at no time more than this: no_rate_over GROUP LIMIT
no_rate_over() {
	jq -se --arg group "$1" --argjson limit "$2" '[.[].groups[] | select(.path == $group)
		| .totals[], .domains[].events[] | select(.event == "mbm_total_bytes") | .rate // 0]
		| length > 0 and all(. < $limit)' "$REPORTS"
}

@test "a control group's own count becomes unreadable: partial, and no false spike when it comes back" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	for group in g1 g1/mon_groups/m1; do
		ctl set $group '*' mbm_total_bytes 90000000000
		ctl rate $group '*' mbm_total_bytes 1000000
	done
	for names in '-g g1' ''; do
		rm -f "$BATS_TEST_TMPDIR/mark"
		run_json $names
		wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .rate != null and (.partial | not)'
		ctl status g1 '*' mbm_total_bytes unavailable
		wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .partial and .rate == null'
		wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .partial and .rate_partial and .rate != null'
		# So it stays.
		wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .partial and .rate_partial and .rate != null'
		ctl status g1 '*' mbm_total_bytes ok
		# The domains are read one after the other: the first report may have one of them only.
		wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .rate_missing == "own changed" and (.partial | not)'
		wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .rate != null and (.partial or .rate_partial | not)'
		stop_rdtstat
		no_rate_over g1 100000000
	done
}

@test "an own count that comes back after it was out from the beginning is no spike either" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	ctl set g1 '*' mbm_total_bytes 90000000000
	ctl status g1 '*' mbm_total_bytes unavailable
	run_json -g g1
	ctl status g1 '*' mbm_total_bytes ok
	wait_report "$TOTAL"'total("g1"; "mbm_total_bytes").rate_missing == "own changed"'
	wait_report "$TOTAL"'total("g1"; "mbm_total_bytes").rate != null'
	stop_rdtstat
	no_rate_over g1 50000000000
}

@test "a control group all of whose work is in its MON groups is neither partial nor void" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1" "$SIM/g1/mon_groups/m2"
	ctl rate g1 '*' mbm_total_bytes 0
	ctl set g1 '*' mbm_total_bytes 0
	ctl rate g1/mon_groups/m1 '*' mbm_total_bytes 1000000000
	run_json -g g1
	wait_reports 10
	stop_rdtstat
	jq -se "$TOTAL"'length >= 10 and all(.[]; total("g1"; "mbm_total_bytes")
		| .rate != null and (.partial or .rate_partial | not))' "$REPORTS"
}

@test "energy, with decimals: an own count comes back" {
	start_sim --scenario intel-energy
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1" "$SIM/g1/mon_groups/m2"
	ctl set g1 '*' core_energy 5000000.25
	run_json -g g1
	ctl status g1 '*' core_energy unavailable
	wait_report "$TOTAL"'total("g1"; "core_energy") | .partial and .rate_partial and .rate != null'
	ctl status g1 '*' core_energy ok
	wait_report "$TOTAL"'total("g1"; "core_energy").rate_missing == "own changed"'
	wait_report "$TOTAL"'total("g1"; "core_energy") | .rate != null and (.partial | not)'
	stop_rdtstat
	jq -se "$TOTAL"'length > 0 and all(.[]; total("g1"; "core_energy").rate // 0 | . < 1000000)' "$REPORTS"
}

@test "a NUMA node in an L3 cache becomes unreadable and comes back" {
	start_sim --scenario intel-snc
	mkdir "$SIM/g1"
	ctl set g1 mon_L3_00/mon_sub_L3_00 mbm_total_bytes 1000000000000
	run_json -g g1
	ctl status g1 mon_L3_00/mon_sub_L3_00 mbm_total_bytes unavailable
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .partial and .rate_missing == "domains changed"'
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .partial and .rate_partial and .rate != null'
	ctl status g1 mon_L3_00/mon_sub_L3_00 mbm_total_bytes ok
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes").rate_missing == "domains changed"'
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .rate != null and (.partial | not)'
	stop_rdtstat
	no_rate_over g1 100000000000
}

@test "a control group's own count of one NUMA node becomes unreadable and comes back" {
	start_sim --scenario intel-snc
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	ctl set g1 '*' mbm_total_bytes 1000000000000
	run_json -g g1
	ctl status g1 mon_L3_00/mon_sub_L3_00 mbm_total_bytes unavailable
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .partial and .rate == null'
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .partial and .rate_partial and .rate != null'
	ctl status g1 mon_L3_00/mon_sub_L3_00 mbm_total_bytes ok
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes").rate_missing == "domains changed"'
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .rate != null and (.partial | not)'
	stop_rdtstat
	no_rate_over g1 100000000000
}

@test "a MON group comes back between the reading of the sum and its own: two intervals are void" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	ctl set g1/mon_groups/m1 '*' mbm_total_bytes 1000000000000
	ctl status g1/mon_groups/m1 '*' mbm_total_bytes unavailable
	# A sample is 12 reads of values: first the six sums.
	ctl slow 200000
	start_rdtstat --root "$SIM" --json -g g1 4
	wait_reports 1
	# The timer, the watch, the sums; the second of the MON group's counts is the fourth of the rest.
	before=$(reads_made)
	wait_for '[ "$(reads_made)" -ge $((before + 8)) ]'
	ctl status g1/mon_groups/m1 '*' mbm_total_bytes ok
	# The number that is shown does not hold what the MON group's file shows by now.
	wait_report "$TOTAL"'any(one("g1"; "mon_L3_00", "mon_L3_01"; "mbm_total_bytes");
		.rate_missing == "children changed" and .partial and .value < 1000000000000)'
	wait_report "$TOTAL"'any(one("g1"; "mon_L3_00", "mon_L3_01"; "mbm_total_bytes");
		.rate_missing == "members changed" and .value >= 1000000000000)'
	wait_report "$TOTAL"'total("g1"; "mbm_total_bytes") | .rate != null and (.partial or .rate_partial | not)'
	stop_rdtstat
	no_rate_over g1 100000000000
}

@test "a signal ends it in the middle of a sample, and no unfinished one is shown" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g2" "$SIM/g3" "$SIM/g4" "$SIM/g5" "$SIM/g6" "$SIM/g7" "$SIM/g8"
	for begin in first later; do
		# 9 groups of 7 reads: 25 s.
		[ $begin = later ] || ctl slow 400000
		start_rdtstat --root "$SIM" --json 0.1
		if [ $begin = later ]; then
			wait_reports 1
			ctl slow 400000
		fi
		# A slow one among them.
		wait_for 'caught "$RDTSTAT_PID"'
		before=$(reads_made)
		wait_for '[ "$(reads_made)" -ge $((before + 3)) ]'
		sent=$(date +%s%N)
		kill -TERM "$RDTSTAT_PID"
		wait "$RDTSTAT_PID"
		took=$((($(date +%s%N) - sent) / 1000000))
		RDTSTAT_PID=
		echo "ended after $took ms"
		# A read or two, and a machine that has other things to do.
		[ $took -lt 8000 ]
		[ ! -s "$ERRORS" ]
		[ $begin = later ] || [ ! -s "$REPORTS" ]
		jq -se 'all(.[]; .groups | length == 9 and all(.status == "ok"))' "$REPORTS"
		ctl slow 0
	done
}

@test "status words come and go" {
	start_sim
	mkdir "$SIM/g1"
	run_json -g g1
	for word in unavailable error unassigned; do
		ctl status g1 mon_L3_00 mbm_total_bytes $word
		wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .value == null and .missing == "'$word'"' |
			jq -e "$TOTAL"'total("g1"; "mbm_total_bytes") | .partial and .missing == "'$word'"'
		ctl status g1 mon_L3_00 mbm_total_bytes ok
		wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes").rate_missing == "was '$word'"'
		wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes").rate != null'
	done
	stop_rdtstat
}

@test "a domain goes offline and comes back" {
	start_sim
	run_json -g /
	ctl offline L3 1
	wait_report "$TOTAL"'one("/"; "mon_L3_01"; "llc_occupancy").missing == "offline"' |
		jq -e "$TOTAL"'total("/"; "llc_occupancy") | .partial and .value != null'
	wait_report "$TOTAL"'total("/"; "mbm_total_bytes") | .rate_partial and .rate_missing == "offline"'
	ctl online L3 1
	wait_report "$TOTAL"'one("/"; "mon_L3_01"; "mbm_total_bytes") | .value != null and .rate_missing == "was offline"'
	wait_report "$TOTAL"'total("/"; "mbm_total_bytes") | .rate_partial == false and .rate != null'
	stop_rdtstat
	[ ! -s "$ERRORS" ]
}

@test "a domain that comes and goes between two samples is not compared with itself" {
	start_sim
	ctl set / mon_L3_01 mbm_total_bytes 1000000000000
	start_rdtstat --root "$SIM" --json 2
	# With the first report out there are two seconds until the next sample.
	wait_reports 1
	ctl offline L3 1
	ctl online L3 1
	wait_report "$TOTAL"'one("/"; "mon_L3_01"; "mbm_total_bytes").rate_missing == "new"'
	stop_rdtstat
}

@test "a counter that goes backwards has restarted" {
	start_sim
	mkdir "$SIM/g1"
	ctl set g1 mon_L3_00 mbm_total_bytes 1000000000000
	run_json -g g1
	ctl set g1 mon_L3_00 mbm_total_bytes 0
	wait_report "$TOTAL"'one("g1"; "mon_L3_00"; "mbm_total_bytes") | .rate == null and .rate_missing == "restarted"'
	stop_rdtstat
	jq -se '[.[].groups[].domains[].events[] | .rate // 0] | length > 0 and all(. < 1e12)' "$REPORTS"
}

@test "what a file may hold instead of a value" {
	start_sim
	mkdir "$SIM/g1"
	file=g1/mon_data/mon_L3_00/mbm_total_bytes
	# The rest is shown, the file is named with the cause, and the status is 1.
	report() {
		run -1 --separate-stderr "$RDTSTAT" --root "$SIM" --json -g g1 0.1 1
		[[ $stderr == "rdtstat: $SIM/$file: "* ]]
		domain g1 mon_L3_01 mbm_total_bytes <<<"$output" | jq -e '.value != null' >/dev/null
		domain g1 mon_L3_00 mbm_total_bytes <<<"$output"
	}
	for text in '' garbage '\n' 'garbage\n' '18446744073709551616\n' '-5\n' '1\s2\n' '7\nx\n' 7; do
		ctl text g1 mon_L3_00 mbm_total_bytes $text
		report | jq -e '.missing == "malformed" and .value == null'
	done
	ctl text-size g1 mon_L3_00 mbm_total_bytes 1048576
	report | jq -e '.missing == "malformed"'
	ctl text g1 mon_L3_00 mbm_total_bytes -
	run -0 --separate-stderr "$RDTSTAT" --root "$SIM" --json -g g1 0.1 1
	[ -z "$stderr" ]
	domain g1 mon_L3_00 mbm_total_bytes <<<"$output" | jq -e '.value != null'
	# jq would round it.
	ctl text g1 mon_L3_00 mbm_total_bytes '18446744073709551615\n'
	"$RDTSTAT" --root "$SIM" --json -g g1 0.1 1 | grep -qF '"value":18446744073709551615,'
	for name in EIO EACCES; do
		ctl errno g1 mon_L3_00 mbm_total_bytes $name
		report >"$BATS_TEST_TMPDIR/value"
		jq -e '.value == null and (.missing | test("^(failed EIO|denied)$"))' "$BATS_TEST_TMPDIR/value"
	done
}

@test "what cannot be read is told once, however many reports there are" {
	start_sim
	mkdir "$SIM/g1"
	ctl errno g1 mon_L3_00 mbm_total_bytes EIO
	ctl text g1 mon_L3_01 mbm_total_bytes 'garbage\n'
	run -1 --separate-stderr "$RDTSTAT" --root "$SIM" --json 0.1 4
	[ "${#lines[@]}" -eq 4 ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[0]} == "rdtstat: $SIM/g1/mon_data/mon_L3_00/mbm_total_bytes: cannot be read: "* ]]
	[[ ${stderr_lines[1]} == "rdtstat: $SIM/g1/mon_data/mon_L3_01/mbm_total_bytes: holds no value"* ]]
	# Also where it is a signal that ends it.
	start_rdtstat --root "$SIM" --json 0.1
	wait_reports 2
	kill -INT "$RDTSTAT_PID"
	status=0
	wait "$RDTSTAT_PID" || status=$?
	RDTSTAT_PID=
	[ "$status" -eq 1 ]
	# Of what was not asked for nothing is said.
	run -0 --separate-stderr "$RDTSTAT" --root "$SIM" -e llc_occupancy 0.1 1
	[ -z "$stderr" ]
	run -0 --separate-stderr "$RDTSTAT" --root "$SIM" -g / 0.1 1
	[ -z "$stderr" ]
}

@test "the hardware's normal life is no failure" {
	start_sim
	mkdir "$SIM/g1" "$SIM/g2"
	ctl status g1 mon_L3_00 mbm_total_bytes unavailable
	ctl status g1 mon_L3_00 mbm_local_bytes error
	ctl status g1 mon_L3_00 llc_occupancy unassigned
	ctl mode g2 pseudo-locksetup
	run -0 --separate-stderr "$RDTSTAT" --root "$SIM" --json 0.1 2
	[ -z "$stderr" ]
	[[ $output == *pseudo-locksetup* ]]
}

@test "events and resources that are added are seen" {
	start_sim
	ctl freeze
	ctl add-event '*' novelty 42
	ctl add-resource mon_L9_00 wonder 43
	"$RDTSTAT" --root "$SIM" --json 0.1 1 >"$BATS_TEST_TMPDIR/report"
	total / novelty <"$BATS_TEST_TMPDIR/report" | jq -e '.kind == "unknown" and .value == 84'
	total / wonder <"$BATS_TEST_TMPDIR/report" | jq -e '.resource == "L9" and .value == 43'
}

@test "a group enters pseudo-locksetup under a running rdtstat" {
	start_sim
	mkdir "$SIM/g1"
	run_json
	echo pseudo-locksetup >"$SIM/g1/mode"
	wait_report "$TOTAL"'group("g1").status == "pseudo-locksetup"'
	echo shareable >"$SIM/g1/mode"
	wait_report "$TOTAL"'group("g1").status == "ok"'
	stop_rdtstat
}

@test "a named group that is pseudo-locked is refused" {
	start_sim
	mkdir "$SIM/g1"
	for mode in pseudo-locksetup pseudo-locked; do
		ctl mode g1 $mode
		fails 1 $mode --root "$SIM" -g g1 0.1 1
		"$RDTSTAT" --root "$SIM" list | grep -q "g1 .*CTRL_MON $mode .*- $mode\$"
		"$RDTSTAT" --root "$SIM" list --json | jq -e --arg mode $mode '.groups[] | select(.path == "g1")
			| .mode == $mode and .tasks == null and .tasks_missing == $mode'
	done
}

@test "names over 255 bytes, and with a newline by rename" {
	start_sim
	mkdir "$SIM/mon_groups/m1"
	# The kernel refuses the newline in mkdir, but not in rename.
	mv "$SIM/mon_groups/m1" "$SIM/mon_groups/"$'a\nb'
	"$RDTSTAT" --root "$SIM" list | grep -q '─a\\nb .*MON'
	"$RDTSTAT" --root "$SIM" 0.1 1 | grep -q '^mon_groups/a\\nb '
	"$RDTSTAT" --root "$SIM" --json 0.1 1 | jq -e '.groups[1].path == "mon_groups/a\\nb"'
	"$RDTSTAT" --root "$SIM" --json -g $'a\nb' 0.1 1 | jq -e '.groups | length == 1'
}

@test "MON groups named like files" {
	start_sim
	for name in tasks mode schemata info mon_data; do
		mkdir "$SIM/mon_groups/$name"
	done
	"$RDTSTAT" --root "$SIM" --json 0.1 1 |
		jq -e '[.groups[] | select(.type == "MON") | .path] | length == 5'
	"$RDTSTAT" --root "$SIM" --json -g mon_groups/tasks -g mon_groups/info 0.1 1 |
		jq -e '.groups | length == 2'
}

@test "slow reads put no interval off, and each rate has its own time" {
	start_sim
	mkdir "$SIM/g1"
	ctl rate '/' mon_L3_00 mbm_total_bytes 1000000
	ctl rate '/' mon_L3_01 mbm_total_bytes 1000000
	ctl slow 5000
	"$RDTSTAT" --root "$SIM" --json -g / 0.2 5 >"$BATS_TEST_TMPDIR/reports"
	jq -se "$TOTAL"'median(.[] | total("/"; "mbm_total_bytes").rate) | . > 1900000 and . < 2100000' \
		"$BATS_TEST_TMPDIR/reports"
}

@test "the simulator ends under a running rdtstat" {
	start_sim
	run_json
	kill -KILL "$(cat "$BATS_TEST_TMPDIR/sim.pid")"
	status=0
	wait "$RDTSTAT_PID" || status=$?
	RDTSTAT_PID=
	umount -l "$SIM"
	SIM=
	[ "$status" -eq 1 ]
	[[ $(cat "$ERRORS") == "rdtstat: "* ]]
}

@test "the simulator is unmounted under a running rdtstat: the message has the name it had" {
	start_sim
	start_rdtstat --root "$SIM" --json 1
	wait_reports 1
	stop_sim
	status=0
	wait "$RDTSTAT_PID" || status=$?
	RDTSTAT_PID=
	[ "$status" -eq 1 ]
	[[ $(cat "$ERRORS") == "rdtstat: $SIM: "* ]]
	SIM=
}

@test "200 groups coming and going while it samples" {
	start_sim --scenario amd-abmc
	run_json
	for round in 1 2 3; do
		for i in $(seq 60); do
			mkdir "$SIM/mon_groups/x$i"
		done
		for i in $(seq 60); do
			rmdir "$SIM/mon_groups/x$i"
		done
	done
	wait_reports 2
	stop_rdtstat
	[ ! -s "$ERRORS" ]
	# Whatever was met: a value or the reason why not.
	jq -se '[.[].groups[] | .totals[], .domains[].events[] | (.value != null) or (.missing | length > 0)]
		| length > 0 and all' \
		"$REPORTS"
	jq -se '[.[].groups[].totals[] | .rate // 0] | length > 0 and all(. >= 0 and . < 1e12)' "$REPORTS"
}
