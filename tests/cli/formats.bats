# SPDX-License-Identifier: GPL-2.0-or-later
# The forms of a report, and what is chosen for it.

load common

setup() {
	make_tree
}

teardown() {
	clean_up
}

strict_csv() {
	python3 "$BATS_TEST_DIRNAME/strict-csv.py"
}

# All that can be missing, in one simulator.
make_life() {
	start_sim --scenario "${1:-intel}"
	mkdir "$SIM/g1" "$SIM/g2" "$SIM/g1/mon_groups/m1" "$SIM/mon_groups/"$'a"b,c\\\e[31m'
	mv "$SIM/g1/mon_groups/m1" "$SIM/g1/mon_groups/"$'n\nl'
	ctl status g1 mon_L3_00 mbm_total_bytes unavailable
	ctl status g1/mon_groups/'n\nl' mon_L3_00 mbm_total_bytes error
	ctl status g2 '*' mbm_local_bytes unassigned
	ctl add-event '*' novelty 42
	ctl offline L3 1
}

@test "--json is as its schema says, whatever is missing" {
	need_schemas
	"$RDTSTAT" --root "$TREE" --json 0.1 2 | valid_json rdtstat
	"$RDTSTAT" --root "$TREE" --json --breakdown 0.1 2 | valid_json rdtstat
	for scenario in intel intel-energy intel-snc; do
		make_life $scenario
		start_rdtstat --root "$SIM" --json --breakdown 0.1
		wait_reports 2
		rmdir "$SIM/g2"
		wait_for 'grep -q "\"gone\"" "$REPORTS"'
		stop_rdtstat
		valid_json rdtstat <"$REPORTS"
		stop_sim
		rmdir "$SIM"
		SIM=
	done
	# The check would see it.
	run ! valid_json rdtstat < <("$RDTSTAT" --root "$TREE" --json 0.1 1 | jq -c 'del(.groups[0].inode)')
	run ! valid_json rdtstat < <("$RDTSTAT" --root "$TREE" --json 0.1 1 | jq -c '.groups[0].totals[0].value = null')
	run ! valid_json rdtstat </dev/null
}

@test "--csv is RFC 4180, and what is missing is empty" {
	# 4 groups of 3 events, twice.
	[ "$("$RDTSTAT" --root "$TREE" --csv 0.1 2 | strict_csv)" -eq 24 ]
	[ "$("$RDTSTAT" --root "$TREE" --csv -d 0.1 1 | strict_csv)" -eq 24 ]
	[ "$("$RDTSTAT" --root "$TREE" --csv 0.1 3 | grep -c ^time,)" -eq 1 ]
	make_life
	"$RDTSTAT" --root "$SIM" --csv 0.1 2 >"$BATS_TEST_TMPDIR/csv"
	strict_csv <"$BATS_TEST_TMPDIR/csv"
	grep -q ',g1,CTRL_MON,,L3,mbm_total_bytes,bytes,,error,false,,error,false' "$BATS_TEST_TMPDIR/csv"
	# Names: made harmless, then quoted.
	grep -qF ',"mon_groups/a""b,c\\\x1b[31m",MON,' "$BATS_TEST_TMPDIR/csv"
	grep -qF ',g1/mon_groups/n\nl,MON,' "$BATS_TEST_TMPDIR/csv"
	run ! grep -q $'\e' "$BATS_TEST_TMPDIR/csv"
	"$RDTSTAT" --root "$SIM" --csv -d 0.1 1 | strict_csv
}

@test "--csv has the numbers that the files hold" {
	"$RDTSTAT" --root "$TREE" --csv -g g1 0.1 1 | tr -d '\r' >"$BATS_TEST_TMPDIR/csv"
	grep -q ',g1,CTRL_MON,,L3,llc_occupancy,bytes,2097152,ok,false,,,$' "$BATS_TEST_TMPDIR/csv"
	grep -q ',g1,CTRL_MON,,L3,mbm_total_bytes,bytes,18000,ok,false,0.000000,ok,false$' "$BATS_TEST_TMPDIR/csv"
	"$RDTSTAT" --root "$TREE" --csv -d -g g1 0.1 1 | grep -q ',g1,CTRL_MON,mon_L3_01,L3,mbm_total_bytes,bytes,9000,ok,'
}

# What a parser that knows the older text format only makes of it: the family has the counter's name there.
classic() {
	sed -E '/_created\{/d; s/^# TYPE ([^ ]+) counter$/# TYPE \1_total counter/' | awk '
		$2 == "TYPE" && $4 == "counter" { counter = substr($3, 1, length($3) - 6) }
		$2 == "HELP" && $3 == counter { sub($3, $3 "_total") }
		{ print }'
}

@test "--openmetrics is accepted by promtool" {
	command -v promtool >/dev/null || skip 'no promtool (Debian: prometheus)'
	for scenario in intel intel-energy intel-snc amd-abmc; do
		make_life $scenario
		"$RDTSTAT" --root "$SIM" --openmetrics 0.1 >"$BATS_TEST_TMPDIR/metrics"
		classic <"$BATS_TEST_TMPDIR/metrics" | run -0 promtool check metrics
		# As it is, promtool reads it too, but does not know whose help a counter has.
		run promtool check metrics <"$BATS_TEST_TMPDIR/metrics"
		[ "$status" -ne 1 ]
		run ! grep -vE '_(total|created) no help text$' <<<"$output"
		stop_sim
		rmdir "$SIM"
		SIM=
	done
}

# What a parser of OpenMetrics finds is what a JSON report of the same holds: same_metrics ARG...
same_metrics() {
	"$RDTSTAT" --root "$SIM" --json "$@" 0.1 1 >"$BATS_TEST_TMPDIR/json"
	"$RDTSTAT" --root "$SIM" --openmetrics "$@" 0.1 | python "$BATS_TEST_DIRNAME/strict-openmetrics.py" "$BATS_TEST_TMPDIR/json"
}

need_openmetrics() {
	python -c 'import prometheus_client.openmetrics.parser' 2>/dev/null || skip 'no python3-prometheus-client'
}

@test "--openmetrics is accepted by a strict parser, and every family holds what a report does" {
	need_openmetrics
	for scenario in intel intel-energy intel-snc amd-abmc arm; do
		start_sim --frozen --scenario $scenario
		mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1" "$SIM/"$'a"b,c\\\e[31m{}='
		mv "$SIM/g1/mon_groups/m1" "$SIM/g1/mon_groups/"$'n\nl'
		ctl add-event '*' novelty 42
		ctl status g1 '*' llc_occupancy unavailable
		ctl status $'g1/mon_groups/n\\nl' '*' novelty error
		same_metrics
		same_metrics --breakdown
		same_metrics -g g1
		# None is forgotten by both.
		run -0 same_metrics
		case $scenario in
		intel) [ "$output" = 'resctrl_llc_occupancy_bytes resctrl_mbm_local_bytes resctrl_mbm_total_bytes resctrl_novelty' ] ;;
		intel-energy)
			[ "$(wc -w <<<"$output")" -eq 13 ]
			[[ $output == *'resctrl_activity_farads '*'resctrl_core_energy_joules '* ]]
			;;
		esac
		stop_sim
		rmdir "$SIM"
		SIM=
	done
}

@test "--openmetrics: no family has another's name" {
	need_openmetrics
	start_sim --frozen
	for event in a_b a-b 'a.b' llc_occupancy_bytes mbm_total_bytes_total mbm_total_bytes_created mbm_local $'b\\\\x'; do
		ctl add-event '*' "$event" 42
	done
	"$RDTSTAT" --root "$SIM" --openmetrics 0.1 >"$BATS_TEST_TMPDIR/metrics"
	python -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    print(family.name, family.type, family.documentation.split()[1])' <"$BATS_TEST_TMPDIR/metrics" >"$BATS_TEST_TMPDIR/families"
	sort >"$BATS_TEST_TMPDIR/expected" <<-'END'
		resctrl_a_b_ unknown a.b
		resctrl_a_b__ unknown a_b
		resctrl_a_b unknown a-b
		resctrl_b_x unknown b\\x
		resctrl_llc_occupancy_bytes gauge llc_occupancy
		resctrl_llc_occupancy_bytes_ unknown llc_occupancy_bytes
		resctrl_mbm_local_bytes counter mbm_local_bytes
		resctrl_mbm_local unknown mbm_local
		resctrl_mbm_total_bytes counter mbm_total_bytes
		resctrl_mbm_total_bytes_created_ unknown mbm_total_bytes_created
		resctrl_mbm_total_bytes_total_ unknown mbm_total_bytes_total
	END
	sort "$BATS_TEST_TMPDIR/families" | diff - "$BATS_TEST_TMPDIR/expected"
}

@test "--openmetrics: one exposition, no metric twice, and none for what is missing" {
	make_life
	"$RDTSTAT" --root "$SIM" --openmetrics 0.1 >"$BATS_TEST_TMPDIR/metrics"
	[ "$(grep -c '^# EOF$' "$BATS_TEST_TMPDIR/metrics")" -eq 1 ]
	[ "$(tail -n1 "$BATS_TEST_TMPDIR/metrics")" = '# EOF' ]
	grep -qx '# TYPE resctrl_mbm_total_bytes counter' "$BATS_TEST_TMPDIR/metrics"
	grep -qx '# UNIT resctrl_mbm_total_bytes bytes' "$BATS_TEST_TMPDIR/metrics"
	grep -qx '# TYPE resctrl_llc_occupancy_bytes gauge' "$BATS_TEST_TMPDIR/metrics"
	run ! grep -q '^# TYPE resctrl_novelty' "$BATS_TEST_TMPDIR/metrics"
	grep -q '^resctrl_novelty{group="g2".*} 42$' "$BATS_TEST_TMPDIR/metrics"
	# Label values: made harmless, then escaped once more.
	grep -qF '{group="mon_groups/a\"b,c\\\\\\x1b[31m",type="MON",' "$BATS_TEST_TMPDIR/metrics"
	grep -qF '{group="g1/mon_groups/n\\nl",type="MON",' "$BATS_TEST_TMPDIR/metrics"
	run ! grep -q 'total_bytes_total{group="g1",' "$BATS_TEST_TMPDIR/metrics"
	run ! grep -q mon_L3_01 "$BATS_TEST_TMPDIR/metrics"
	grep -q '^resctrl_mbm_total_bytes_total{group="g2",type="CTRL_MON",resource="L3",domain="mon_L3_00"} [1-9]' \
		"$BATS_TEST_TMPDIR/metrics"
	grep -v '^#' "$BATS_TEST_TMPDIR/metrics" | sed 's/} .*/}/' | sort | uniq -d >"$BATS_TEST_TMPDIR/twice"
	[ ! -s "$BATS_TEST_TMPDIR/twice" ]
	fails 2 'a count of 2 is none' --root "$TREE" --openmetrics 0.1 2
}

@test "--openmetrics counts what was counted since its beginning" {
	start_sim
	ctl rate / mon_L3_00 mbm_total_bytes 1000000
	"$RDTSTAT" --root "$SIM" --openmetrics -e mbm_total_bytes 0.5 >"$BATS_TEST_TMPDIR/metrics"
	count=$(sed -n 's/^resctrl_mbm_total_bytes_total{group="\/".*mon_L3_00"} //p' "$BATS_TEST_TMPDIR/metrics")
	# It is no rate: a busy machine may take longer than the interval.
	[ "$count" -ge 450000 ]
	[ "$count" -lt 20000000 ]
	created=$(sed -n 's/^resctrl_mbm_total_bytes_created{group="\/".*mon_L3_00"} //p' "$BATS_TEST_TMPDIR/metrics")
	[ "${created%.*}" -gt $(($(date +%s) - 60)) ]
	[ "${created%.*}" -le "$(date +%s)" ]
}

@test "--type" {
	paths() {
		"$RDTSTAT" --root "$TREE" --json "$@" 0.1 1 | jq -c '[.groups[].path]'
	}
	[ "$(paths --type ctrl)" = '["/","g1"]' ]
	[ "$(paths --type mon)" = '["mon_groups/m0","g1/mon_groups/m1"]' ]
	[ "$(paths --type mon -g g1 -g m1)" = '["g1/mon_groups/m1"]' ]
	# The MON groups that are not shown still tell what their sum lacks.
	echo Unavailable >"$TREE/g1/mon_groups/m1/mon_data/mon_L3_00/llc_occupancy"
	"$RDTSTAT" --root "$TREE" --json --type ctrl 0.1 1 | total g1 llc_occupancy | jq -e .partial
	for word in '' CTRL x; do
		fails 2 "'$word' is no type of groups" --root "$TREE" --type "$word" 0.1 1
	done
}

@test "--group with a pattern" {
	paths() {
		"$RDTSTAT" --root "$TREE" --json "$@" 0.1 1 | jq -c '[.groups[].path]'
	}
	make_group "$TREE/g2" CTRL_MON
	[ "$(paths -g 'g?')" = '["g1","g2"]' ]
	[ "$(paths -g 'm[01]')" = '["mon_groups/m0","g1/mon_groups/m1"]' ]
	[ "$(paths -g 'g1/*/*' -g g1)" = '["g1/mon_groups/m1","g1"]' ]
	[ "$(paths -g 'g*' -g 'g2')" = '["g1","g2"]' ]
	fails 1 "group 'x*': none in $TREE matches" --root "$TREE" -g 'x*' 0.1 1
	# The very name goes before the pattern.
	make_group "$TREE/g[1]" CTRL_MON
	[ "$(paths -g 'g[1]')" = '["g[1]"]' ]
}

@test "--sort" {
	paths() {
		"$RDTSTAT" --root "$TREE" --json --sort "$@" 0.1 1 | jq -c '[.groups[].path]'
	}
	echo 5000000 >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	echo 9000000 >"$TREE/mon_groups/m0/mon_data/mon_L3_01/llc_occupancy"
	echo Error | tee "$TREE/mon_data/mon_L3_00/llc_occupancy" >"$TREE/mon_data/mon_L3_01/llc_occupancy"
	for column in llc_occupancy L3:llc_occupancy; do
		[ "$(paths $column)" = '["mon_groups/m0","g1","g1/mon_groups/m1","/"]' ]
	done
	# Equal ones stay in their order.
	[ "$(paths mbm_total_bytes)" = '["/","mon_groups/m0","g1","g1/mon_groups/m1"]' ]
	fails 1 "there is no column 'nope'" --root "$TREE" --sort nope 0.1 1
	fails 1 "there is no column 'mbm_total_bytes'" --root "$TREE" -e llc_occupancy --sort mbm_total_bytes 0.1 1
	start_sim
	mkdir "$SIM/slow" "$SIM/fast"
	ctl rate slow '*' mbm_total_bytes 1000
	ctl rate / '*' mbm_total_bytes 1000
	ctl rate fast '*' mbm_total_bytes 900000000
	run "$RDTSTAT" --root "$SIM" --sort mbm_total_bytes 0.3 1
	[[ ${lines[2]} == fast\ * ]]
}

@test "--si, --iec, --bytes: the last one counts" {
	for file in "$TREE"/g1/mon_data/*/llc_occupancy; do
		echo 1500000 >"$file"
	done
	shown() {
		"$RDTSTAT" --root "$TREE" -g g1 -e llc_occupancy "$@" 0.1 1 | sed -n 's/^g1 *//p'
	}
	[ "$(shown --si)" = '3.0 MB' ]
	[ "$(shown --iec)" = '2.9 MiB' ]
	[ "$(shown)" = '2.9 MiB' ]
	[ "$(shown --si --bytes)" = 3000000 ]
	[ "$(shown --bytes --si)" = '3.0 MB' ]
	"$RDTSTAT" --root "$TREE" --si -g g1 0.1 1 | grep -q ' 0 B/s '
}

@test "every form goes out line by line, and ends quietly with its reader" {
	for form in --csv --json --bytes; do
		mkfifo "$BATS_TEST_TMPDIR/pipe"
		"$RDTSTAT" --root "$TREE" $form 0.1 >"$BATS_TEST_TMPDIR/pipe" 2>"$BATS_TEST_TMPDIR/errors" 3>&- &
		RDTSTAT_PID=$!
		exec 4<"$BATS_TEST_TMPDIR/pipe"
		read -r -t 20 line <&4
		[ -n "$line" ]
		exec 4<&-
		status=0
		wait "$RDTSTAT_PID" || status=$?
		RDTSTAT_PID=
		[ "$status" -eq 1 ]
		[ ! -s "$BATS_TEST_TMPDIR/errors" ]
		rm "$BATS_TEST_TMPDIR/pipe"
	done
}
