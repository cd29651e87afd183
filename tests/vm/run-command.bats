#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rdtstat run where traffic follows the running tasks (kernel/sim): a process whose threads fork while it is
# measured.

bats_require_minimum_version 1.5.0
load ../wait

setup()
{
	report=$BATS_TEST_TMPDIR/report
	said=$BATS_TEST_TMPDIR/said
	# storm ROUNDS: two threads start so many processes each, one after the other. Each new MON group
	# that these processes are in, as /proc has it, is told. Then: the CPU time of all, in seconds.
	cat >"$BATS_TEST_TMPDIR/storm" <<-'END'
		import os, subprocess, sys, threading
		groups = set()
		def work():
		    for _ in range(int(sys.argv[1])):
		        out = subprocess.run(['grep', 'mon:', '/proc/self/cpu_resctrl_groups'],
		            stdout=subprocess.PIPE, text=True, check=True)
		        group = out.stdout.strip().rstrip('/')
		        if group not in groups:
		            groups.add(group)
		            print(group, flush=True)
		threads = [threading.Thread(target=work) for _ in range(2)]
		for thread in threads: thread.start()
		for thread in threads: thread.join()
		print(sum(os.times()[:4]))
	END
	storm=
}

teardown()
{
	[ -z "$storm" ] || kill -KILL "$storm" || :
}

no_group()
{
	[ -z "$(find "$RESCTRL" -maxdepth 3 -name 'rdtstat-run.*')" ]
}

# The process that storms until it is killed, and what it said.
start_storm()
{
	python3 "$BATS_TEST_TMPDIR/storm" 1000000 >"$said" 3>&- &
	storm=$!
	wait_for '[ -s "$said" ]'
}

# all_in GROUP: are all threads of the storm in this MON group, or with '' in none?
all_in()
{
	local thread

	for thread in /proc/"$storm"/task/*; do
		grep -qxE "mon:$1/?" "$thread/cpu_resctrl_groups" || return
	done
}

@test "a command, its threads and what they fork are in the group, and all their traffic is counted" {
	rdtstat run --json -o "$report" -- python3 "$BATS_TEST_TMPDIR/storm" 5 >"$said"
	cat "$said" "$report"
	# Every process was in the one group: the threads have seen no other. Both may tell of it.
	[ "$(head -n -1 "$said" | sort -u)" = "$(jq -r '.group | sub("mon_groups/"; "mon:")' "$report")" ]
	# 1 GiB for each second of a running task, and half of it local.
	jq -e --argjson cpu "$(tail -n 1 "$said")" '(.events[] | select(.event == "mbm_total_bytes") | .total) as $bytes |
		$bytes > $cpu * 500e6 and $bytes < $cpu * 2000e6' "$report"
	jq -e '.events[] | select(.event == "mbm_local_bytes") | .total > 0' "$report"
	jq -e '.events[] | select(.event == "llc_occupancy") | .peak > 0' "$report"
	no_group
}

@test "the group lies below the control group of the caller, which is kept" {
	mkdir "$RESCTRL/g1"
	run --separate-stderr sh -c "echo \$\$ >'$RESCTRL/g1/tasks'
		exec rdtstat run --json -o '$report' cat /proc/self/cpu_resctrl_groups"
	rmdir "$RESCTRL/g1"
	echo "$output $stderr"
	[[ ${lines[0]} =~ ^res:/?g1/?$ ]]
	[[ ${lines[1]} == mon:rdtstat-run.* ]]
	jq -e '.group | startswith("g1/mon_groups/rdtstat-run.")' "$report"
}

@test "a running process whose threads fork is taken with its threads, and all are put back" {
	mkdir "$RESCTRL/mon_groups/home"
	start_storm
	for thread in /proc/"$storm"/task/*; do
		echo "${thread##*/}" >"$RESCTRL/mon_groups/home/tasks"
	done
	wait_for 'grep -q home "$said"'
	rdtstat run --json -I 10 -o "$report" -p "$storm" -- \
		timeout 60 sh -c "until grep -q mon:rdtstat-run '$said'; do sleep 0.05; done"
	jq -se 'any(.[]; .type == "interval")' "$report"
	jq -se 'last.events[] | select(.event == "mbm_total_bytes").total > 0' "$report"
	all_in home
	no_group
	kill -KILL "$storm"
	storm=
	rmdir "$RESCTRL/mon_groups/home"
}

@test "killed at any moment, no process is lost and the next run leaves no group" {
	start_storm
	# At known moments, then at others.
	for moment in : 'ls "$RESCTRL/mon_groups" | grep -q "rdtstat-run.$measuring."' \
		'all_in "rdtstat-run.$measuring..*"' '[ -s "$BATS_TEST_TMPDIR/out" ]' random random; do
		rm -f "$BATS_TEST_TMPDIR/out"
		rdtstat run -I 10 -p "$storm" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		measuring=$!
		if [ "$moment" = random ]; then
			sleep 0.$((RANDOM % 400 + 100))
		else
			wait_for "$moment"
		fi
		kill -KILL $measuring
		wait $measuring || :
		echo "$moment: $(ls "$RESCTRL/mon_groups")"
	done
	rdtstat run -o "$report" true
	no_group
	kill -0 "$storm"
	all_in ''
}

@test "RMIDs used up are told before the command starts" {
	# With what was in limbo before it may be either; and one that leaves it in between is taken, too.
	number=0
	refused()
	{
		while mkdir "$RESCTRL/mon_groups/x$number"; do
			number=$((number + 1))
		done
		run --separate-stderr rdtstat run echo started
		[ "$status" -ne 0 ]
	}
	wait_for refused
	rmdir "$RESCTRL"/mon_groups/x*
	echo "$status $output $stderr"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $stderr == *'RMIDs of removed groups are in limbo'* || $stderr == *'all RMIDs are in use'* ]]
}
