#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rdtstat on the kernel's resctrl, as an operator uses it. RESCTRL is where it is mounted. Programs are few
# here: each costs an emulated CPU some 50 ms, jq four times that.

bats_require_minimum_version 1.5.0
sim=/sys/kernel/debug/rdt_sim

setup()
{
	mkdir "$RESCTRL/web" "$RESCTRL/web/mon_groups/api" "$RESCTRL/mon_groups/jobs"
}

teardown()
{
	echo 0 >$sim/freeze
	rmdir "$RESCTRL/web" "$RESCTRL/mon_groups/jobs" 2>/dev/null || true
}

# Lines "GROUP DOMAIN EVENT VALUE" of all that rdtstat shows in its last report ...
shown()
{
	printf '%s\n' "$output" | tail -n 1 | jq -r '.groups[] | .path as $group | .domains[] |
		.path as $domain | .events[] | "\($group) \($domain) \(.event) \(.value // .missing)"'
}

# ... and of all that the kernel's files hold.
held()
{
	cd "$RESCTRL"
	find . -path '*/mon_data/*' -type f | while read -r file; do
		group=${file%/mon_data/*}
		group=${group#.}
		group=${group#/}
		domain=${file#*/mon_data/}
		read -r value <"$file"
		echo "${group:-/} ${domain%/*} ${file##*/} ${value,,}"
	done
}

@test "every number of --json is the one that the file holds" {
	echo 1 >$sim/freeze
	run -0 --separate-stderr rdtstat --json 0.2 2
	held=$(held | sort)
	mapfile -t values <<<"$held"
	[ ${#values[@]} -ge 12 ]
	diff <(echo "$held") <(shown | sort)
}

@test "a rate is what the count has grown by, and what the hardware moves" {
	! grep -q Unassigned "$RESCTRL"/web/mon_groups/api/mon_data/*/mbm_* ||
		skip 'no hardware counter is left for the group'
	# The simulated hardware moves (RMID + 1) MiB/s in each domain, unless counters are scarce.
	rmid=$(cat "$RESCTRL/web/mon_groups/api/mon_hw_id")
	# A machine with much else to do may stop the guest between value and clock, but not each time.
	for attempt in 1 2 3 4 5; do
		run -0 --separate-stderr rdtstat --json -g web/mon_groups/api 1 3
		printf '%s\n' "$output" | tail -n 2 | jq -es --argjson rmid "$rmid" '. as [$older, $newer]
			| [$newer.groups[0].domains[] | .path as $domain | select(.inside == null)
				| .events[] | select(.kind == "cumulative") | . as $event
				| ($older.groups[0].domains[] | select(.path == $domain) | .events[]
					| select(.event == $event.event) | .value) as $before
				| ((.value - $before) / $newer.interval / .rate | . > 0.7 and . < 1.4),
				  (select(.event == "mbm_total_bytes") | .rate / 1048576 / ($rmid + 1) | . > 0.7 and . < 2.6)]
			| length >= 6 and all' && return
		echo "attempt $attempt: $output"
	done
	return 1
}

@test "the table, the tree and info" {
	echo 1 >$sim/freeze
	run -0 rdtstat --bytes 0.2 2
	[[ $output != *simulator* ]]
	for group in / web web/mon_groups/api mon_groups/jobs; do
		occupancy=0
		for file in "$RESCTRL/$group"/mon_data/mon_L3_*/llc_occupancy; do
			occupancy=$((occupancy + $(<"$file")))
		done
		[[ $'\n'$output$'\n' =~ $'\n'"$group"' '+"$occupancy"[$' \n'] ]]
	done
	run -0 rdtstat list
	[[ $output == *api*MON* && $output == *web*CTRL_MON*shareable* ]]
	run -0 rdtstat info
	[[ $output == *llc_occupancy* && $output == *"$RESCTRL"* ]]
}

# For jq, on info's JSON: is there such a finding? The last two are parts of what it says.
finding='def finding($about; $level; $text; $remedy): any(.findings[]; .about == $about and .level == $level
	and (.text | contains($text)) and (.remedy | contains($remedy))); '

@test "info counts the RMIDs that groups use, and the rest" {
	run -0 --separate-stderr rdtstat info --json
	echo "$output"
	jq -e --argjson total "$(cat "$RESCTRL"/info/*_MON/num_rmids | sort -n | head -n1)" "$finding"'
		.rmids.total == $total and .rmids.used == 4 and .closids.used == 2 and
		finding("RMIDs"; "ok"; "4 used by groups, \($total - 4) free or in limbo"; "EBUSY") and
		finding("lock"; "ok"; "nobody holds the lock"; "")' <<<"$output"
	# A group that goes leaves its RMID to the rest, where it may be in limbo.
	rmdir "$RESCTRL/mon_groups/jobs"
	run -0 --separate-stderr flock "$RESCTRL" rdtstat info --json
	echo "$output"
	jq -e "$finding"'.rmids.used == 3 and finding("lock"; "note"; "flock"; "end that process") and
		(.lock | length == 1 and .[0].exclusive)' <<<"$output"
}

@test "--breakdown: own is what the sum has more than the MON groups" {
	echo 1 >$sim/freeze
	run -0 --separate-stderr rdtstat --breakdown --json 0.2 1
	jq -e '(.groups | map({key: .path, value: .}) | from_entries) as $groups
		| [([$groups.web, $groups["web/mon_groups/api"]], [$groups["/"], $groups["mon_groups/jobs"]])
			| . as [$all, $child] | $all.totals[] | . as $total
			| ([$child.totals[] | select(.event == $total.event) | .value][0]) as $of_child
			| ([$all.own.totals[] | select(.event == $total.event) | .value][0]) as $own
			| select($of_child != null and $total.value != null)
			| $own == $total.value - $of_child]
		| length >= 2 and all' <<<"$output"
	run -0 rdtstat --breakdown -g web 0.2 1
	[[ $output == *web\ *total* && $output == *web\ *own* && $output == *web/mon_groups/api\ child* ]]
}

@test "without root, with no capability at all" {
	echo 1 >$sim/freeze
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all -- \
		rdtstat --json 0.2 1
	diff <(held | sort) <(shown | sort)
}

@test "without root a closed group is told as such, and the rest goes on" {
	(umask 077 && mkdir "$RESCTRL/closed")
	run setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all -- rdtstat 0.2 1
	rmdir "$RESCTRL/closed"
	[[ $output == *denied* && $output == *web* ]]
}

@test "a group that goes is told, and the rest goes on" {
	# Two minutes are for a machine with much else to do.
	timeout --foreground 120 rdtstat --json 0.3 >"$BATS_TEST_TMPDIR/out" 3>&- &
	pid=$!
	until [ -s "$BATS_TEST_TMPDIR/out" ]; do sleep 0.05; done
	rmdir "$RESCTRL/mon_groups/jobs"
	# The last line may still be being written.
	until line=$(sed '$d' "$BATS_TEST_TMPDIR/out" | grep -m 1 '"gone"'); do
		kill -0 $pid
		sleep 0.05
	done
	kill $pid
	wait $pid
	jq -e 'any(.groups[]; .path == "mon_groups/jobs" and .status == "gone") and
		any(.groups[]; .path == "web" and .status == "ok")' <<<"$line"
}

# Last, since RMIDs of removed groups cannot be used again at once.
@test "no RMID left, and one in limbo, as info tells it" {
	# Those of the tests before come out of limbo first.
	echo "-1 -1 1 0" >$sim/set
	deadline=$((SECONDS + 60))
	until run ! mkdir "$RESCTRL"/mon_groups/full{1..100} && [[ $output != *busy* ]]; do
		[ $SECONDS -lt $deadline ]
		sleep 0.2
	done
	[[ $output == *'No space left'* ]]
	run -0 --separate-stderr rdtstat info --json
	used=$(jq "$finding"'if finding("RMIDs"; "problem"; "are used by groups: no group can be made"; "remove groups")
		then .rmids.used else "none told" end' <<<"$output")
	[ "$used" -gt 4 ]
	# What a group leaves in the cache keeps its RMID in limbo.
	rmid=$(cat "$RESCTRL/mon_groups/full1/mon_hw_id")
	echo "-1 $rmid 1 1000000" >$sim/set
	rmdir "$RESCTRL/mon_groups/full1"
	run ! mkdir "$RESCTRL/mon_groups/full1"
	[[ $output == *busy* ]]
	run -0 --separate-stderr rdtstat info --json
	jq -e --argjson used "$used" "$finding"'.rmids.used == $used - 1 and .rmids.limbo_possible and
		finding("RMIDs"; "ok"; "free or in limbo"; "if making a group fails with EBUSY")' <<<"$output"
	echo "-1 $rmid 1 0" >$sim/set
	rmdir "$RESCTRL"/mon_groups/full* "$RESCTRL/web" "$RESCTRL/mon_groups/jobs"
	# For those that come after it.
	deadline=$((SECONDS + 60))
	until mkdir "$RESCTRL"/mon_groups/full{1,2,3} 2>/dev/null; do
		rmdir "$RESCTRL"/mon_groups/full* 2>/dev/null || :
		[ $SECONDS -lt $deadline ]
		sleep 0.2
	done
	rmdir "$RESCTRL"/mon_groups/full*
}
