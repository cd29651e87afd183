# SPDX-License-Identifier: GPL-2.0-or-later
# --breakdown: what a CTRL_MON group has as a whole, by itself, and in its MON groups.

load common

setup() {
	make_tree
}

teardown() {
	clean_up
}

breakdown() {
	"$RDTSTAT" --root "${SIM:-$TREE}" --breakdown "$@"
}

# Of a report on stdin, an event of a group's own: own GROUP EVENT, and in one domain: own GROUP EVENT DOMAIN
own() {
	jq -ce --arg group "$1" --arg event "$2" --arg domain "$3" \
		'.groups[] | select(.path == $group) | .own
		 | if $domain == "" then .totals[] else .domains[] | select(.path == $domain) | .events[] end
		 | select(.event == $event)'
}

# web with two MON groups, batch with none.
start_groups() {
	start_sim "$@"
	mkdir "$SIM/web" "$SIM/web/mon_groups/api" "$SIM/web/mon_groups/db" "$SIM/batch"
	for event in mbm_total_bytes mbm_local_bytes; do
		ctl rate batch '*' $event 3000000000
		ctl rate web '*' $event 2000000000
		ctl rate web/mon_groups/api '*' $event 500000000
		ctl rate web/mon_groups/db '*' $event 700000000
	done
}

@test "own is what the kernel's sum has more than the MON groups" {
	start_groups
	breakdown --json -g web -g batch 0.3 1 >"$BATS_TEST_TMPDIR/out"
	# Of values to the last digit, of rates to what the clocks of several readings differ by.
	jq -e '(.groups[0].own.totals | map({key: .event, value: .}) | from_entries) as $own
		| (.groups[1:3] | map(.totals[])) as $children
		| .groups[0].totals[]
		| . as $total | [$children[] | select(.event == $total.event)] as $children
		| ($own[.event].value == .value - ($children | map(.value) | add))
		  and (.kind == "gauge"
		       or ($own[.event].rate - .rate + ($children | map(.rate) | add) | fabs) < 0.1 * .rate)
		  and ($own[.event].value > 0)' "$BATS_TEST_TMPDIR/out"
	# In each domain as well.
	[ "$(jq -c '.groups[0].own.domains | map(.path)' "$BATS_TEST_TMPDIR/out")" = '["mon_L3_00","mon_L3_01"]' ]
	jq -e '[.groups[0].own.domains[].events[] | select(.event == "llc_occupancy").value] | add' "$BATS_TEST_TMPDIR/out" |
		diff - <(own web llc_occupancy <"$BATS_TEST_TMPDIR/out" | jq .value)
	# Without MON groups it is all.
	jq -e '.groups[3] | .path == "batch" and .own.totals == .totals and .own.domains == .domains' \
		"$BATS_TEST_TMPDIR/out"
	# A MON group has nothing to be taken apart, and unasked nothing is.
	jq -e '.groups | map(select(.type == "MON")) | length == 2 and all(has("own") | not)' "$BATS_TEST_TMPDIR/out"
	"$RDTSTAT" --root "$SIM" --json 0.1 1 | jq -e '.groups | all(has("own") | not)'
}

@test "an own count that stands still is 0, however busy the MON groups are" {
	start_groups
	mkdir "$SIM/mon_groups/m0"
	ctl rate mon_groups/m0 '*' mbm_total_bytes 900000000000
	ctl rate / '*' mbm_total_bytes 0
	breakdown --json -g / 0.1 10 | own / mbm_total_bytes >"$BATS_TEST_TMPDIR/out"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 10 ]
	# The readings of one sample lie some microseconds apart; of half of them, on a machine with much else to do.
	jq -se 'all(.rate != null and .rate >= 0) and (map(.rate) | sort | .[4] < 100000000000)' "$BATS_TEST_TMPDIR/out"
}

@test "the table has a row for each part" {
	echo 5242880 >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	run -0 breakdown -e llc_occupancy 0.1 1
	[ "$(sed 1d <<<"$output" | tr -s ' ')" = 'GROUP PART llc_occupancy
/ total 2.0 MiB
/ own 0 B
mon_groups/m0 child 2.0 MiB
g1 total 6.0 MiB
g1 own 4.0 MiB
g1/mon_groups/m1 child 2.0 MiB' ]
	run -0 breakdown -d -g g1 -e llc_occupancy 0.1 1
	[ "$(sed 1,2d <<<"$output" | tr -s ' ')" = 'g1 total mon_L3_00 5.0 MiB
g1 total mon_L3_01 1.0 MiB
g1 own mon_L3_00 4.0 MiB
g1 own mon_L3_01 0 B
g1/mon_groups/m1 child mon_L3_00 1.0 MiB
g1/mon_groups/m1 child mon_L3_01 1.0 MiB' ]
}

@test "MON groups come with the group that was named, each once" {
	paths() {
		breakdown --json "$@" 0.1 1 | jq -c '[.groups[].path]'
	}
	[ "$(paths -g g1)" = '["g1","g1/mon_groups/m1"]' ]
	[ "$(paths -g /)" = '["/","mon_groups/m0"]' ]
	[ "$(paths -g m1 -g / -g g1)" = '["/","mon_groups/m0","g1","g1/mon_groups/m1"]' ]
	[ "$(paths -g m1)" = '["g1/mon_groups/m1"]' ]
	[ "$(paths --type ctrl)" = '["/","g1"]' ]
	fails 2 '--breakdown takes CTRL_MON groups apart' --root "$TREE" --breakdown --type mon 0.1 1
	fails 2 'list: option --breakdown' list --breakdown
}

@test "sorted, MON groups stay behind their CTRL_MON group" {
	make_group "$TREE/g1/mon_groups/m2" MON
	make_group "$TREE/g2" CTRL_MON
	echo 3000000 >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	echo 2000000 >"$TREE/g1/mon_groups/m2/mon_data/mon_L3_00/llc_occupancy"
	echo 5000000 >"$TREE/g2/mon_data/mon_L3_00/llc_occupancy"
	[ "$(breakdown --json --sort llc_occupancy 0.1 1 | jq -c '[.groups[].path]')" = \
		'["g2","g1","g1/mon_groups/m2","g1/mon_groups/m1","/","mon_groups/m0"]' ]
	# So does one that has no number itself.
	echo Error | tee "$TREE/g1/mon_data/"*/llc_occupancy
	[ "$(breakdown --json --sort llc_occupancy 0.1 1 | jq -c '[.groups[].path]')" = \
		'["g2","/","mon_groups/m0","g1","g1/mon_groups/m2","g1/mon_groups/m1"]' ]
}

@test "what a MON group lacks" {
	echo 5242880 | tee "$TREE/g1/mon_data/"*/llc_occupancy
	# The kernel leaves it out of the sum: own is whole.
	echo Unavailable >"$TREE/g1/mon_groups/m1/mon_data/mon_L3_00/llc_occupancy"
	breakdown --json -g g1 0.1 1 >"$BATS_TEST_TMPDIR/out"
	total g1 llc_occupancy <"$BATS_TEST_TMPDIR/out" | jq -e .partial
	own g1 llc_occupancy <"$BATS_TEST_TMPDIR/out" | jq -e '.value == 2 * 5242880 - 1048576 and (.partial | not)'
	# Whether this is in the sum nobody knows.
	echo junk >"$TREE/g1/mon_groups/m1/mon_data/mon_L3_00/llc_occupancy"
	run -1 --separate-stderr breakdown --json -g g1 0.1 1
	own g1 llc_occupancy mon_L3_00 <<<"$output" | jq -e '.value == null and .missing == "child malformed"'
	own g1 llc_occupancy <<<"$output" | jq -e '.partial and .value == 5242880 - 1048576 and .missing == "child malformed"'
}

@test "MON groups with more than the sum" {
	echo 1048577 >"$TREE/g1/mon_groups/m1/mon_data/mon_L3_00/llc_occupancy"
	breakdown --json -g g1 0.1 1 | own g1 llc_occupancy mon_L3_00 |
		jq -e '.value == null and .missing == "not atomic"'
	breakdown -d -g g1 0.1 1 | grep -E '^g1 +own +mon_L3_00 +- not atomic +'
}

@test "a MON group that goes, or comes" {
	start_groups
	start_rdtstat --root "$SIM" --breakdown --json -g web 0.2
	wait_reports 1
	rmdir "$SIM/web/mon_groups/db"
	wait_for 'own web mbm_total_bytes <"$REPORTS" | grep "\"rate\":null,.*\"rate_missing\":\"children changed\""'
	# And on again, without it.
	wait_reports 2
	tail -n1 "$REPORTS" | own web mbm_total_bytes | jq -e '.rate > 0'
	stop_rdtstat
}

@test "an own count that cannot be read" {
	start_groups
	start_rdtstat --root "$SIM" --breakdown --json -g web 0.2
	wait_reports 2
	ctl status web '*' mbm_total_bytes unavailable
	wait_for 'own web mbm_total_bytes <"$REPORTS" | grep "\"rate_missing\":\"own changed\""'
	wait_reports 2
	tail -n1 "$REPORTS" | own web mbm_total_bytes |
		jq -e '.value == null and .missing == "not in the sum" and .rate == null and .rate_missing == "not in the sum"'
	tail -n1 "$REPORTS" | total web mbm_total_bytes | jq -e '.rate_partial'
	stop_rdtstat
}

@test "a NUMA node that is missing makes own partial" {
	start_groups --scenario intel-snc
	node=$(cd "$SIM/web/mon_data/mon_L3_00" && ls -d mon_sub_L3_* | head -n1)
	for group in web web/mon_groups/api web/mon_groups/db; do
		ctl status $group "mon_L3_00/$node" llc_occupancy unavailable
	done
	breakdown --json -g web 0.1 1 | own web llc_occupancy mon_L3_00 | jq -e '.value > 0 and .partial'
}

@test "a group that is gone has no parts left" {
	start_groups
	start_rdtstat --root "$SIM" --breakdown --json -g web 0.2
	wait_reports 1
	rmdir "$SIM/web"
	wait_for 'jq -ce ".groups[0] | select(.status == \"gone\") | .own.totals | all(.missing == \"gone\")" "$REPORTS"'
	stop_rdtstat
}

@test "parts in CSV and OpenMetrics" {
	start_groups
	breakdown --csv -g web 0.1 2 >"$BATS_TEST_TMPDIR/csv"
	# 4 parts of 3 events, twice.
	[ "$(python3 "$BATS_TEST_DIRNAME/strict-csv.py" <"$BATS_TEST_TMPDIR/csv")" -eq 24 ]
	grep -q '^time,interval,group,type,part,domain,resource,' "$BATS_TEST_TMPDIR/csv"
	grep -q ',web,CTRL_MON,own,,L3,mbm_total_bytes,bytes,[1-9][0-9]*,ok,false,[1-9][0-9.]*,ok,false' "$BATS_TEST_TMPDIR/csv"
	grep -q ',web/mon_groups/api,MON,child,,L3,' "$BATS_TEST_TMPDIR/csv"
	breakdown --openmetrics -g web 0.3 >"$BATS_TEST_TMPDIR/metrics"
	# What is not a total adds up to what is, as far as several readings can. The smallest part is a quarter.
	awk '/^resctrl_mbm_total_bytes_total\{.*mon_L3_00/ { sum[/part="total"/ ? "total" : "parts"] += $2 }
		END { print sum["parts"] / sum["total"]; exit !(sum["parts"] > 0.9 * sum["total"] && sum["parts"] < 1.1 * sum["total"]) }' \
		"$BATS_TEST_TMPDIR/metrics"
	grep -q '^resctrl_mbm_total_bytes_created{group="web",type="CTRL_MON",part="own",' "$BATS_TEST_TMPDIR/metrics"
	run ! grep -q 'part=' <("$RDTSTAT" --root "$SIM" --openmetrics 0.1)
}
