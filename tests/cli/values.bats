# SPDX-License-Identifier: GPL-2.0-or-later
# Numbers and their units, on a tree that stands still.

load common

setup() {
	make_tree
}

teardown() {
	clean_up
}

report() {
	"$RDTSTAT" --root "$TREE" --json "$@" 0.1 1
}

@test "exact numbers in JSON, and the same as in the files" {
	echo 18446744073709551615 >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	echo 9007199254740993 >"$TREE/g1/mon_data/mon_L3_01/mbm_total_bytes"
	for group in . g1 mon_groups/m0 g1/mon_groups/m1; do
		mkdir "$TREE/$group/mon_data/mon_PERF_PKG_00"
		echo 123456789.000001 >"$TREE/$group/mon_data/mon_PERF_PKG_00/core_energy"
		echo 7.0 >"$TREE/$group/mon_data/mon_PERF_PKG_00/activity"
	done
	report >"$BATS_TEST_TMPDIR/report"
	python3 "$BATS_TEST_DIRNAME/compare.py" "$TREE" "$BATS_TEST_TMPDIR/report"
}

@test "totals are over domains, and never silently smaller" {
	[ "$(report | total g1 llc_occupancy | jq -c '[.value, .partial, .missing]')" = '[2097152,false,null]' ]
	echo Unavailable >"$TREE/g1/mon_data/mon_L3_01/llc_occupancy"
	[ "$(report | total g1 llc_occupancy | jq -c '[.value, .partial, .missing]')" = '[1048576,true,"unavailable"]' ]
	echo Error >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	[ "$(report | total g1 llc_occupancy | jq -c '[.value, .partial, .missing]')" = '[null,false,"error, unavailable"]' ]
	run "$RDTSTAT" --root "$TREE" -g g1 -e llc_occupancy 0.1 1
	[[ ${lines[2]} == g1\ *'- error, unavailable' ]]
}

@test "a total over 2^64 is none" {
	echo 18446744073709551615 >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	[ "$(report | total g1 llc_occupancy | jq -c '[.value, .missing]')" = '[null,"over 2^64"]' ]
}

@test "decimals are added up exactly" {
	for group in . g1 mon_groups/m0 g1/mon_groups/m1; do
		for i in 0 1; do
			mkdir "$TREE/$group/mon_data/mon_PERF_PKG_0$i"
			echo $((i + 1)).60000$i >"$TREE/$group/mon_data/mon_PERF_PKG_0$i/core_energy"
		done
	done
	report | grep -q '"value":4.200001,'
	run "$RDTSTAT" --root "$TREE" -g g1 -e core_energy 0.1 1
	[[ ${lines[1]} == *core_energy/s ]]
	[[ ${lines[2]} == *'0.000 W' ]]
}

@test "nested domains are not added to the one around them" {
	mkdir "$TREE/g1/mon_data/mon_L3_00/mon_sub_L3_00" "$TREE/g1/mon_data/mon_L3_00/mon_sub_L3_02"
	echo 48576 >"$TREE/g1/mon_data/mon_L3_00/mon_sub_L3_00/llc_occupancy"
	echo 1000000 >"$TREE/g1/mon_data/mon_L3_00/mon_sub_L3_02/llc_occupancy"
	[ "$(report | total g1 llc_occupancy | jq .value)" -eq 2097152 ]
	[ "$(report | domain g1 mon_L3_00/mon_sub_L3_02 llc_occupancy | jq .value)" -eq 1000000 ]
	report | jq -e '.groups[] | select(.path == "g1") | .domains[]
		| select(.path == "mon_L3_00/mon_sub_L3_02") | .inside == "mon_L3_00" and .id == 2'
	# The kernel leaves a node out of its sum without a trace.
	echo Unavailable >"$TREE/g1/mon_data/mon_L3_00/mon_sub_L3_02/llc_occupancy"
	report | total g1 llc_occupancy | jq -e .partial
	report | domain g1 mon_L3_00 llc_occupancy | jq -e .partial
	report | domain g1 mon_L3_01 llc_occupancy | jq -e '.partial == false'
}

@test "a control group without one of its MON groups is partial" {
	echo Unavailable >"$TREE/g1/mon_groups/m1/mon_data/mon_L3_01/llc_occupancy"
	report | total g1 llc_occupancy | jq -e .partial
	# Also where only the control group is named.
	report -g g1 | total g1 llc_occupancy | jq -e .partial
	report -g g1 | jq -e '.groups | length == 1'
	report | total / llc_occupancy | jq -e '.partial == false'
	"$RDTSTAT" --root "$TREE" -g g1 -e llc_occupancy 0.1 1 | grep -q '^g1 .*2\.0 MiB partial$'
}

@test "what is no value" {
	file=$TREE/g1/mon_data/mon_L3_00/mbm_total_bytes
	for text in '' garbage '-1' '1 2' 18446744073709551616 0x10; do
		echo "$text" >"$file"
		run -1 --separate-stderr report
		[[ $stderr == "rdtstat: $file: holds no value"* ]]
		[ "${#stderr_lines[@]}" -eq 1 ]
		report | domain g1 mon_L3_00 mbm_total_bytes |
			jq -e '.value == null and .missing == "malformed" and .rate == null'
	done
	: >"$file"
	report | domain g1 mon_L3_00 mbm_total_bytes | jq -e '.missing == "malformed"'
	head -c 1048576 /dev/zero | tr '\0' 9 >"$file"
	run -1 --separate-stderr report
	[[ $stderr == "rdtstat: $file: holds no value"* ]]
	report | domain g1 mon_L3_00 mbm_total_bytes | jq -e '.missing == "malformed"'
	report | total g1 mbm_total_bytes | jq -e '.partial and .value == 9000'
	"$RDTSTAT" --root "$TREE" -d -g g1 0.1 1 | grep -q 'mon_L3_00 .*- malformed$'
	for word in Unavailable Error Unassigned; do
		echo $word >"$file"
		report | domain g1 mon_L3_00 mbm_total_bytes |
			jq -e --arg word "${word,}" '.value == null and .missing == $word'
	done
}

@test "an event and a resource that nobody knows" {
	mkdir "$TREE/g1/mon_data/mon_L9_1048564"
	echo 5 >"$TREE/g1/mon_data/mon_L9_1048564/novelty"
	echo 70000 >"$TREE/g1/mon_data/mon_L9_1048564/llc_occupancy"
	report | domain g1 mon_L9_1048564 novelty | jq -e '.kind == "unknown" and .value == 5 and has("rate") == false'
	report | jq -e 'any(.groups[].domains[]; .id == 1048564 and .resource == "L9")'
	# Two resources with the same event are two columns, and two totals.
	run "$RDTSTAT" --root "$TREE" 0.1 1
	[[ ${lines[1]} == *L3:llc_occupancy*L9:llc_occupancy*novelty* ]]
	report | jq -e '.groups[] | select(.path == "g1") | [.totals[] | select(.event == "llc_occupancy") | .value]
		== [2097152, 70000]'
}

@test "--event chooses, and an unknown one is told with those that exist" {
	report -e llc_occupancy --event mbm_total_bytes |
		jq -e '[.groups[0].totals[].event] == ["llc_occupancy", "mbm_total_bytes"]'
	fails 1 "event 'nope': no group has it (there are: llc_occupancy, mbm_local_bytes, mbm_total_bytes)" \
		--root "$TREE" -e llc_occupancy -e nope 0.1 1
}

@test "--group by path, name and absolute path" {
	for name in g1/mon_groups/m1 m1 ./g1/mon_groups/m1/ "$TREE/g1/mon_groups/m1"; do
		report -g "$name" | jq -e '[.groups[].path] == ["g1/mon_groups/m1"]'
	done
	report -g / -g m0 -g g1 -g "$TREE/g1" | jq -e '[.groups[].path] == ["/", "mon_groups/m0", "g1"]'
	make_group "$TREE/mon_groups/m1" MON
	fails 1 "group 'm1': 2 groups have that name" --root "$TREE" -g m1 0.1 1
}

@test "what is no group" {
	fails 1 "group 'nope': there is none in $TREE" --root "$TREE" -g nope 0.1 1
	fails 1 'nope/x' --root "$TREE" -g nope/x 0.1 1
	fails 1 info --root "$TREE" -g info 0.1 1
	fails 1 info/L3 --root "$TREE" -g info/L3 0.1 1
	fails 1 g1/mon_data --root "$TREE" -g g1/mon_data 0.1 1
	fails 1 g1/mon_data/mon_L3_00 --root "$TREE" -g g1/mon_data/mon_L3_00 0.1 1
	fails 1 g1/mon_groups --root "$TREE" -g g1/mon_groups 0.1 1
	fails 1 g1/tasks --root "$TREE" -g g1/tasks 0.1 1
	fails 1 "$TREE/nope" --root "$TREE" -g "$TREE/nope" 0.1 1
	fails 1 empty --root "$TREE" -g '' 0.1 1
	fails 1 /proc --root "$TREE" -g /proc 0.1 1
	fails 1 "$TREE/info" --root "$TREE/info" 0.1 1
	fails 1 "$TREE/g1/tasks" --root "$TREE/g1/tasks" 0.1 1
	fails 1 "$TREE/nope" --root "$TREE/nope" 0.1 1
}

@test "a pseudo-locked group: refused by name, shown in the list" {
	for mode in pseudo-locksetup pseudo-locked; do
		echo $mode >"$TREE/g1/mode"
		fails 1 "$mode" --root "$TREE" -g g1 0.1 1
		fails 1 "$mode" --root "$TREE" -g g1/mon_groups/m1 0.1 1
		report | jq -e --arg mode $mode '[.groups[] | select(.status == $mode) | .path]
			== ["g1", "g1/mon_groups/m1"]'
		report | total g1 llc_occupancy | jq -e --arg mode $mode '.value == null and .missing == $mode'
		"$RDTSTAT" --root "$TREE" 0.1 1 | grep -q "^g1 .*- $mode .*- $mode .*- $mode\$"
		"$RDTSTAT" --root "$TREE" list | grep -q "g1 .*CTRL_MON $mode .*- $mode\$"
	done
}

@test "a group without mon_data, and a tree without any" {
	rm -r "$TREE/g1/mon_data"
	report | jq -e '.groups[] | select(.path == "g1") | .status == "no mon_data"'
	find "$TREE" -name mon_data -exec rm -r {} +
	fails 1 mon_data --root "$TREE" 0.1 1
}

@test "--bytes" {
	run "$RDTSTAT" --root "$TREE" --bytes -g g1 0.1 1
	[[ ${lines[2]} =~ ^g1\ +2097152\ +0\ +0$ ]]
	run "$RDTSTAT" --root "$TREE" -g g1 0.1 1
	[[ ${lines[2]} =~ ^g1\ +2\.0\ MiB\ +0\ B/s\ +0\ B/s$ ]]
}

@test "--per-domain" {
	run "$RDTSTAT" --root "$TREE" -d -g g1 0.1 1
	[[ ${lines[1]} =~ ^GROUP\ +DOMAIN\  ]]
	[[ ${lines[2]} =~ ^g1\ +mon_L3_00\ +1\.0\ MiB ]]
	[[ ${lines[3]} =~ ^g1\ +mon_L3_01\ +1\.0\ MiB ]]
}

@test "without privilege, where files may be read, and told where not" {
	[ "$(id -u)" -eq 0 ] || skip 'only root can become another user'
	chmod -R a+rX "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	chmod 000 "$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	chmod 700 "$TREE/mon_groups/m0"
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$RDTSTAT" --root "$TREE" --json 0.1 2
	[ "$status" -eq 1 ]
	[ "$(grep -c "^rdtstat: $TREE/g1/mon_data/mon_L3_00/llc_occupancy: cannot be read: Permission denied$" \
		<<<"$stderr")" -eq 1 ]
	[ "$(grep -c "^rdtstat: $TREE/mon_groups/m0: .*Permission denied" <<<"$stderr")" -eq 1 ]
	[[ $stderr == *'as root'* ]]
	output=${lines[1]}
	[ "$(domain g1 mon_L3_00 llc_occupancy <<<"$output" | jq -r .missing)" = denied ]
	total g1 llc_occupancy <<<"$output" | jq -e '.partial and .value == 1048576'
	jq -e '.groups[] | select(.path == "mon_groups/m0") | .status == "denied"' <<<"$output"
	total / llc_occupancy <<<"$output" | jq -e '.value == 2097152'
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$RDTSTAT" --root "$TREE" list
	[ "$status" -eq 1 ]
	[[ $output == *m0*'- denied'* ]]
	[[ $stderr == *"$TREE/mon_groups/m0: "*'Permission denied'* ]]
	# What is not asked for is no failure.
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$RDTSTAT" --root "$TREE" -g g1 -e mbm_total_bytes 0.1 1
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "without privilege: directories that may not be listed" {
	[ "$(id -u)" -eq 0 ] || skip 'only root can become another user'
	chmod -R a+rX "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	chmod 700 "$TREE/g1/mon_data/mon_L3_00" "$TREE/g1/mon_groups"
	run -1 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$RDTSTAT" --root "$TREE" --json 0.1 2
	for directory in mon_data/mon_L3_00 mon_groups; do
		[ "$(grep -c "^rdtstat: $TREE/g1/$directory: cannot be listed: Permission denied$" \
			<<<"$stderr")" -eq 1 ]
	done
	domain g1 mon_L3_00 llc_occupancy <<<"${lines[0]}" | jq -e '.missing == "denied"'
	total g1 llc_occupancy <<<"${lines[0]}" | jq -e '.partial and .value == 1048576'
	run -1 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$RDTSTAT" --root "$TREE" list
	[ "$(grep -c "^rdtstat: $TREE/g1/mon_groups: cannot be listed: Permission denied$" <<<"$stderr")" -eq 1 ]
}

@test "a group of another tree is refused" {
	start_sim
	mkdir "$SIM/g1"
	fails 1 "group '$SIM/g1': it is not in the tree at $TREE" --root "$TREE" -g "$SIM/g1" 0.1 1
}

@test "list" {
	printf '11\n12\n13\n' >"$TREE/g1/tasks"
	run "$RDTSTAT" list --root "$TREE"
	[ "$status" -eq 0 ]
	[[ ${lines[1]} =~ ^GROUP\ +TYPE\ +MODE\ +TASKS$ ]]
	[[ ${lines[2]} =~ ^/\ +CTRL_MON\ +shareable\ +0$ ]]
	[[ ${lines[3]} =~ ─m0\ +MON\ +0$ ]]
	[[ ${lines[4]} =~ ─g1\ +CTRL_MON\ +shareable\ +3$ ]]
	[[ ${lines[5]} =~ ─m1\ +MON\ +0$ ]]
	"$RDTSTAT" list --json --root "$TREE" | jq -e '.groups[] | select(.path == "g1/mon_groups/m1")
		| .parent == "g1" and .type == "MON" and .tasks == 0 and .mode == "shareable"'
	"$RDTSTAT" list --json --root "$TREE" |
		jq -e --argjson inode "$(stat -c %i "$TREE/g1")" '.groups[] | select(.path == "g1") | .inode == $inode'
}

@test "list: the JSON is as its schema says, whatever is missing" {
	need_schemas
	LIST=$BATS_TEST_TMPDIR/list
	make_group "$TREE/locked" CTRL_MON
	make_group "$TREE/secret" CTRL_MON
	make_group "$TREE/odd" CTRL_MON
	echo pseudo-locked >"$TREE/locked/mode"
	echo new >"$TREE/odd/mode"
	"$RDTSTAT" list --json --root "$TREE" | valid_json rdtstat-list
	"$RDTSTAT" list --json --root "$TREE/g1/mon_groups/m1" | valid_json rdtstat-list
	if [ "$(id -u)" -eq 0 ]; then
		chmod -R a+rX "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
		chmod 700 "$TREE/g1/mon_groups" "$TREE/secret"
		chmod 600 "$TREE/mon_groups/m0/tasks"
		setpriv --reuid=65534 --regid=65534 --clear-groups \
			"$RDTSTAT" list --json --root "$TREE" >"$LIST" || [ $? -eq 1 ]
		jq -e '[.groups[] | select(.tasks_missing)] | length == 3' "$LIST"
		jq -e '[.groups[] | select(.mode_missing)] | length == 1' "$LIST"
		jq -e '[.groups[] | select(.mon_groups_missing) | .path] == ["g1", "secret"]' "$LIST"
		valid_json rdtstat-list <"$LIST"
	fi
	# The check would see it.
	"$RDTSTAT" list --json --root "$TREE" >"$LIST"
	for wrong in 'del(.groups[1].parent)' '.groups[0].tasks = null' '.groups[0].mode = "other"' '.groups[0].more = 1' \
		'.groups[0].tasks_missing = "denied"' '.groups = []'; do
		run ! valid_json rdtstat-list < <(jq -c "$wrong" "$LIST")
	done
}

@test "info" {
	run "$RDTSTAT" info --root "$TREE"
	[ "$status" -eq 0 ]
	[[ $output == *"$TREE"* ]]
	[[ $output == *'L3: 176 RMIDs'* ]]
	[[ $output == *'llc_occupancy, mbm_total_bytes, mbm_local_bytes'* ]]
	"$RDTSTAT" info --json --root "$TREE" |
		jq -e '.info | map({(.file): .text}) | add | ."L3_MON/num_rmids" == "176" and ."L3/num_closids" == "16"'
}
