# SPDX-License-Identifier: GPL-2.0-or-later
# rdtstat run on the simulator. There what a command starts does not follow it into its group, and counts
# move whatever runs.

load common

setup() {
	OTHERS=
	start_sim
	REPORT=$BATS_TEST_TMPDIR/report
}

teardown() {
	for process in $OTHERS; do
		kill -KILL "$process" 2>/dev/null || :
	done
	clean_up
}

rdtrun() {
	timeout 60 "$RDTSTAT" run --root "$SIM" "$@"
}

# A process that stays until it is killed, its id in $SLEEPER.
start_sleeper() {
	sleep 1000 3>&- &
	SLEEPER=$!
	OTHERS="$OTHERS $SLEEPER"
}

# No temporary group is left anywhere.
no_group() {
	[ -z "$(find "$SIM" -maxdepth 3 -path '*/mon_groups/rdtstat-run.*' -prune)" ]
}

a_group() {
	! no_group
}

# member GROUP TID
member() {
	grep -qx "$2" "$SIM/$1/tasks"
}

@test "run: the command is in a MON group, its output is untouched, the report is on stderr" {
	run --separate-stderr rdtrun -- sh -c "echo out; cat '$SIM'/mon_groups/rdtstat-run.*/tasks; echo \$\$"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = out ]
	[ "${lines[1]}" = "${lines[2]}" ]
	[ "${#lines[@]}" -eq 3 ]
	[[ $stderr == *"llc_occupancy, peak"*"llc_occupancy, mean"*"mbm_total_bytes"*"elapsed"* ]]
	[[ $stderr == *"not resctrl"* ]]
	no_group
}

@test "run: stdin and the environment are the command's" {
	[ "$(echo in | WORD=env rdtrun -o "$REPORT" sh -c 'cat; echo $WORD')" = $'in\nenv' ]
}

@test "run: the group lies below the caller's own control group" {
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	# In a MON group of it, too.
	for places in g1 'g1 g1/mon_groups/m1'; do
		sh -c "for place in $places; do echo \$\$ >'$SIM'/\$place/tasks; done; exec '$RDTSTAT' run --root '$SIM' --json -o '$REPORT' true"
		jq -e '.group | startswith("g1/mon_groups/rdtstat-run.")' "$REPORT"
	done
	no_group
}

@test "run: what was counted is what the group counted, and no more than the run" {
	ctl freeze
	rdtrun --json -o "$REPORT" -- sh -c "
		for group in '$SIM'/mon_groups/rdtstat-run.*; do
			name=mon_groups/\${group##*/}
			'$RDTSIM' ctl '$SIM' rate \$name mon_L3_00 mbm_total_bytes 1000000
			'$RDTSIM' ctl '$SIM' rate \$name mon_L3_01 mbm_total_bytes 500000
			'$RDTSIM' ctl '$SIM' set \$name mon_L3_00 llc_occupancy 65536
			'$RDTSIM' ctl '$SIM' set \$name mon_L3_01 llc_occupancy 65536
			'$RDTSIM' ctl '$SIM' advance 2000
		done"
	jq -e '.events[] | select(.event == "mbm_total_bytes") | .total == 3000000 and (.partial | not)' "$REPORT"
	jq -e '.events[] | select(.event == "llc_occupancy") | .peak >= 131072' "$REPORT"
	jq -e '(.events[] | select(.event == "mbm_total_bytes")) as $e |
		($e.rate * .elapsed - 3000000) | fabs < 30000' "$REPORT"
}

@test "run: exit statuses are the shell's" {
	for status_wanted in 0 3 126 255; do
		run --separate-stderr rdtrun sh -c "exit $status_wanted"
		[ "$status" -eq $status_wanted ]
	done
	run --separate-stderr rdtrun sh -c 'kill -KILL $$'
	[ "$status" -eq 137 ]
	[[ $stderr == *'exit status 137'* ]]
	run --separate-stderr rdtrun "$BATS_TEST_TMPDIR/nosuch"
	[ "$status" -eq 127 ]
	[[ $stderr == "rdtstat: $BATS_TEST_TMPDIR/nosuch: No such file"* ]]
	run --separate-stderr rdtrun "$BATS_TEST_TMPDIR"
	[ "$status" -eq 126 ]
	[[ $stderr == *'Permission denied'* ]]
	no_group
}

@test "run: options behind the command are the command's" {
	[ "$(rdtrun -o "$REPORT" echo --json -I -r)" = '--json -I -r' ]
	[ "$(rdtrun -o "$REPORT" -- echo -- x)" = '-- x' ]
}

@test "run: -I, a line per interval" {
	run --separate-stderr rdtrun --json -I 50 sleep 0.3
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(jq -s '[.[] | select(.type == "interval")] | length' <<<"$stderr")" -ge 2 ]
	# The lines make up the run.
	jq -se '([.[] | select(.type == "interval") | .interval] | add) as $sum |
		(last.elapsed - $sum) | fabs < 0.001' <<<"$stderr"
	jq -se '([.[] | select(.type == "interval") | .events[] | select(.event == "mbm_total_bytes") | .total] | add) as $sum |
		(last.events[] | select(.event == "mbm_total_bytes") | .total) == $sum' <<<"$stderr"
	run --separate-stderr rdtrun -I 50 sleep 0.2
	[[ ${stderr_lines[0]} =~ ^\ *'# seconds'\ +llc_occupancy ]]
}

@test "run: -r, means and deviations" {
	run --separate-stderr rdtrun -r 3 sh -c 'echo run'
	[ "$status" -eq 0 ]
	[ "$output" = $'run\nrun\nrun' ]
	[[ $stderr == *'mean of 3 runs'*' +- '* ]]
	rdtrun --json -r 3 -o "$REPORT" true
	jq -e '.runs == 3 and .elapsed_deviation > 0 and all(.events[]; has("peak_deviation") or .total_deviation >= 0)' "$REPORT"
	rdtrun --json -o "$REPORT" true
	jq -e '.runs == 1 and .elapsed_deviation == null' "$REPORT"
	# The first failure is told; all runs are made.
	echo 0 >"$BATS_TEST_TMPDIR/n"
	run --separate-stderr rdtrun -r 3 sh -c 'cd "$0"; n=$(cat n); echo $((n + 1)) >n; exit $((n % 2 * 7))' "$BATS_TEST_TMPDIR"
	[ "$status" -eq 7 ]
	[ "$(cat "$BATS_TEST_TMPDIR/n")" -eq 3 ]
}

@test "run: the JSON is as its schema says" {
	need_schemas
	for scenario in intel intel-energy; do
		if [ $scenario != intel ]; then
			stop_sim
			rmdir "$SIM"
			start_sim --scenario $scenario
		fi
		rdtrun --json -I 50 -o "$REPORT" -- sh -c "
			for group in '$SIM'/mon_groups/rdtstat-run.*; do
				name=mon_groups/\${group##*/}
				'$RDTSIM' ctl '$SIM' status \$name mon_L3_00 llc_occupancy error
				'$RDTSIM' ctl '$SIM' status \$name '*' mbm_local_bytes unavailable
			done
			sleep 0.2"
		[ "$(grep -c '"type":"interval"' "$REPORT")" -ge 2 ]
		grep -q '"missing":"unavailable"' "$REPORT"
		valid_json rdtstat-run <"$REPORT"
		rdtrun --json -r 3 -I 50 -o "$REPORT" true
		valid_json rdtstat-run <"$REPORT"
	done
	start_sleeper
	rdtrun --json -o "$REPORT" -p "$SLEEPER" -t "$SLEEPER" sleep 0.1
	valid_json rdtstat-run <"$REPORT"
	start_rdtstat run --root "$SIM" --json -o "$REPORT" -p "$SLEEPER"
	wait_for 'grep -qsx "$SLEEPER" "$SIM"/mon_groups/rdtstat-run.*/tasks'
	kill -KILL "$SLEEPER"
	wait "$RDTSTAT_PID"
	RDTSTAT_PID=
	jq -e '.command == null and .status == null' "$REPORT"
	valid_json rdtstat-run <"$REPORT"
	# The check would see it.
	rdtrun --json -o "$REPORT" true
	for wrong in '.type = "interval"' 'del(.group)' '.events[0].peak = null' '.events[0].total = 1' '.status = null | .runs = 0' \
		'.events[0].peak = 0.5' '.events[1].partial = true' '.elapsed_deviation = 1'; do
		run ! valid_json rdtstat-run < <(jq -c "$wrong" "$REPORT")
	done
	run ! valid_json rdtstat-run < <(sed 's/"total":\([0-9]*\)/"total":\1.000000/' "$REPORT")
}

@test "run: -r, each run counts from its own beginning" {
	ctl freeze
	rdtrun --json -r 3 -o "$REPORT" -- sh -c "
		for group in '$SIM'/mon_groups/rdtstat-run.*; do
			name=mon_groups/\${group##*/}
			'$RDTSIM' ctl '$SIM' rate \$name mon_L3_00 mbm_total_bytes 1000000
			'$RDTSIM' ctl '$SIM' rate \$name mon_L3_01 mbm_total_bytes 500000
			'$RDTSIM' ctl '$SIM' advance 2000
		done"
	jq -e '.events[] | select(.event == "mbm_total_bytes") | .total == 3000000 and .total_deviation == 0' "$REPORT"
}

@test "run: a number of bytes is an integer, and none is rounded" {
	ctl freeze
	for form in --json --bytes; do
		rdtrun $form -I 10 -o "$REPORT" -- sh -c "
			for group in '$SIM'/mon_groups/rdtstat-run.*; do
				name=mon_groups/\${group##*/}
				'$RDTSIM' ctl '$SIM' set \$name mon_L3_00 llc_occupancy 9223372036854775807
				'$RDTSIM' ctl '$SIM' set \$name mon_L3_01 llc_occupancy 9223372036854775806
				'$RDTSIM' ctl '$SIM' rate \$name mon_L3_00 mbm_total_bytes 1000001
				'$RDTSIM' ctl '$SIM' rate \$name mon_L3_01 mbm_total_bytes 0
				'$RDTSIM' ctl '$SIM' advance 1000
			done
			sleep 0.1"
		cat "$REPORT"
		if [ $form = --json ]; then
			# jq would round them.
			tail -n1 "$REPORT" | grep -q '"peak":18446744073709551613,'
			tail -n1 "$REPORT" | grep -q '"total":1000001,'
			run ! grep -E '"(peak|total)":[0-9]+\.' "$REPORT"
			tail -n1 "$REPORT" | grep -q '"mean":[0-9]*,'
		else
			grep -Eq '^ *18446744073709551613  llc_occupancy, peak' "$REPORT"
			grep -Eq '^ *1000001  mbm_total_bytes' "$REPORT"
		fi
	done
	# What is too large to be added up is no number.
	rdtrun --json -o "$REPORT" -- sh -c "
		for group in '$SIM'/mon_groups/rdtstat-run.*; do
			for domain in mon_L3_00 mon_L3_01; do
				'$RDTSIM' ctl '$SIM' set mon_groups/\${group##*/} \$domain llc_occupancy 9223372036854775808
			done
		done"
	jq -e '.events[] | select(.event == "llc_occupancy") | .missing == "over 2^64"' "$REPORT"
}

@test "run: the peak is the highest that was seen, not the last" {
	ctl freeze
	lines=$BATS_TEST_TMPDIR/lines
	# It falls when a line has told of it.
	rdtrun --json -I 10 -- sh -c "
		occupy() {
			for group in '$SIM'/mon_groups/rdtstat-run.*; do
				for domain in mon_L3_00 mon_L3_01; do
					'$RDTSIM' ctl '$SIM' set mon_groups/\${group##*/} \$domain llc_occupancy \$1
				done
			done
		}
		told() {
			jq -se 'any(.[].events[]; .event == \"llc_occupancy\" and .peak == '\$1')' '$lines'
		}
		occupy 16777216
		until told 33554432; do sleep 0.02; done
		occupy 65536
		until told 131072; do sleep 0.02; done" >/dev/null 2>"$lines"
	# Each line is of one sample.
	jq -se '[.[].events[] | select(.event == "llc_occupancy")] | last.peak == ([.[:-1][].peak] | max) and
		last.peak >= 33554432 and last.mean < last.peak' "$lines"
}

@test "run: --bytes" {
	run --separate-stderr rdtrun --bytes true
	[[ $stderr =~ [0-9]+'  llc_occupancy, peak' ]]
	[[ $stderr != *MiB* ]]
}

@test "run: -o replaces the file only when whole" {
	echo former >"$REPORT"
	chmod 640 "$REPORT"
	rdtrun -o "$REPORT" cp "$REPORT" "$BATS_TEST_TMPDIR/meanwhile"
	[ "$(cat "$BATS_TEST_TMPDIR/meanwhile")" = former ]
	grep -q elapsed "$REPORT"
	[ "$(stat -c %a "$REPORT")" = 640 ]
	# The command is not found: there is no report.
	cp "$REPORT" "$BATS_TEST_TMPDIR/before"
	run rdtrun -o "$REPORT" "$BATS_TEST_TMPDIR/nosuch"
	cmp "$REPORT" "$BATS_TEST_TMPDIR/before"
	[ -z "$(find "$BATS_TEST_TMPDIR" -name 'report.??????')" ]
	rdtrun -o /dev/null true
	[ -c /dev/null ]
	run --separate-stderr rdtrun -o "$BATS_TEST_TMPDIR/no/such" sh -c 'echo started'
	[ "$status" -eq 1 ]
	[ -z "$output" ]
}

@test "run: -o through a symbolic link replaces what it leads to" {
	mkdir "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	ln -s ../b/second "$BATS_TEST_TMPDIR/a/first"
	ln -s "$REPORT" "$BATS_TEST_TMPDIR/b/second"
	# It leads nowhere yet.
	rdtrun -o "$BATS_TEST_TMPDIR/a/first" true
	grep -q elapsed "$REPORT"
	seq 10000 >"$REPORT"
	chmod 640 "$REPORT"
	rdtrun -o "$BATS_TEST_TMPDIR/a/first" cp "$REPORT" "$BATS_TEST_TMPDIR/meanwhile"
	[ "$(readlink "$BATS_TEST_TMPDIR/a/first")" = ../b/second ]
	[ "$(readlink "$BATS_TEST_TMPDIR/b/second")" = "$REPORT" ]
	cmp "$BATS_TEST_TMPDIR/meanwhile" <(seq 10000)
	grep -q elapsed "$REPORT"
	run ! grep -qx 10000 "$REPORT"
	[ "$(stat -c %a "$REPORT")" = 640 ]
	[ -z "$(find "$BATS_TEST_TMPDIR" -name '*.??????')" ]
	# What cannot be reached is told before the command starts.
	ln -s loop "$BATS_TEST_TMPDIR/loop"
	fails 1 'Too many levels' run --root "$SIM" -o "$BATS_TEST_TMPDIR/loop" echo started
	ln -s no/such "$BATS_TEST_TMPDIR/lost"
	fails 1 'No such file' run --root "$SIM" -o "$BATS_TEST_TMPDIR/lost" echo started
	fails 2 'name of the file is empty' run --root "$SIM" -o '' echo started
}

@test "run: -o to a file descriptor writes into it" {
	# By links of our own: a fault would replace those in /dev.
	ln -s /proc/self/fd/1 "$BATS_TEST_TMPDIR/mystdout"
	ln -s mystdout "$BATS_TEST_TMPDIR/again"
	ln -s /dev/fd/4 "$BATS_TEST_TMPDIR/four"
	{
		echo before
		rdtrun -o "$BATS_TEST_TMPDIR/again" echo its own
		echo after
	} >"$REPORT"
	[ "$(readlink "$BATS_TEST_TMPDIR/mystdout")" = /proc/self/fd/1 ]
	[ "$(readlink "$BATS_TEST_TMPDIR/again")" = mystdout ]
	[ "$(head -n 2 "$REPORT")" = $'before\nits own' ]
	grep -q elapsed "$REPORT"
	[ "$(tail -n 1 "$REPORT")" = after ]
	rdtrun -o "$BATS_TEST_TMPDIR/four" true 4>"$REPORT"
	[ -L "$BATS_TEST_TMPDIR/four" ]
	grep -q elapsed "$REPORT"
	[ "$(rdtrun -o "$BATS_TEST_TMPDIR/mystdout" true | grep -c elapsed)" -eq 1 ]
	# Another process's keeps what is in it.
	sleep 1000 3>&- >"$REPORT" &
	OTHERS="$OTHERS $!"
	wait_for "[ /proc/$!/fd/1 -ef '$REPORT' ]"
	echo before >"$REPORT"
	ln "$REPORT" "$BATS_TEST_TMPDIR/same"
	rdtrun -o "/proc/$!/fd/1" true
	[ "$REPORT" -ef "$BATS_TEST_TMPDIR/same" ]
	[ "$(head -n 1 "$REPORT")" = before ]
	grep -q elapsed "$REPORT"
	# It was opened for reading, or is none of those that were given.
	fails 1 'Bad file descriptor' run --root "$SIM" -o "$BATS_TEST_TMPDIR/four" echo started 4<"$REPORT"
	fails 1 'No such file' run --root "$SIM" -o /dev/fd/999 echo started
}

@test "run: -o does not follow another user's link in a directory like /tmp" {
	[ "$(id -u)" -eq 0 ] || skip 'for root only: it makes a link of another user'
	mkdir "$BATS_TEST_TMPDIR/tmp"
	chmod 1777 "$BATS_TEST_TMPDIR/tmp"
	echo former >"$REPORT"
	ln -s "$REPORT" "$BATS_TEST_TMPDIR/tmp/link"
	chown -h 65534 "$BATS_TEST_TMPDIR/tmp/link"
	fails 1 'Permission denied' run --root "$SIM" -o "$BATS_TEST_TMPDIR/tmp/link" echo started
	[ "$(cat "$REPORT")" = former ]
	[ -L "$BATS_TEST_TMPDIR/tmp/link" ]
	chown -h "$(id -u)" "$BATS_TEST_TMPDIR/tmp/link"
	rdtrun -o "$BATS_TEST_TMPDIR/tmp/link" true
	grep -q elapsed "$REPORT"
}

@test "run: no RMID, and RMIDs in limbo, are told before the command starts" {
	ctl rmids 1
	fails 1 'all RMIDs are in use' run --root "$SIM" echo started
	ctl rmids 2
	ctl limbo on
	rdtrun -o "$REPORT" true
	fails 1 'in limbo' run --root "$SIM" echo started
	ctl evict
	rdtrun -o "$REPORT" true
}

@test "run: no permission is told before the command starts" {
	[ "$(id -u)" -eq 0 ] || skip 'for root only: it drops its privileges'
	chmod 755 "$BATS_TEST_TMPDIR"
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$RDTSTAT" run --root "$SIM" echo started
	echo "$status $stderr"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $stderr == *'ermission'* ]]
}

@test "run: a value without a number has its cause" {
	ctl freeze
	run --separate-stderr rdtrun -- sh -c "
		for group in '$SIM'/mon_groups/rdtstat-run.*; do
			'$RDTSIM' ctl '$SIM' status mon_groups/\${group##*/} mon_L3_00 \\* unavailable
		done"
	[[ $stderr == *'mbm_total_bytes'*'partial: unavailable'* ]]
	run --separate-stderr rdtrun --json -- sh -c "rmdir '$SIM'/mon_groups/rdtstat-run.*"
	[ "$status" -eq 0 ]
	jq -e '.events[] | select(.event == "llc_occupancy") | .peak == null and .missing == "gone"' <<<"$stderr"
}

@test "run: -p puts every thread back where it was" {
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	start_sleeper
	one=$SLEEPER
	start_sleeper
	echo "$one" >"$SIM/g1/tasks"
	echo "$one" >"$SIM/g1/mon_groups/m1/tasks"
	echo "$SLEEPER" >"$SIM/g1/tasks"
	rdtrun --json -o "$REPORT" -p "$one,$SLEEPER" -- \
		sh -c "cat '$SIM'/g1/mon_groups/rdtstat-run.*/tasks" >"$BATS_TEST_TMPDIR/tasks"
	[ "$(sort -n "$BATS_TEST_TMPDIR/tasks")" = "$(printf '%s\n' "$one" "$SLEEPER" | sort -n)" ]
	member g1/mon_groups/m1 "$one"
	member g1 "$SLEEPER"
	! member g1/mon_groups/m1 "$SLEEPER"
	jq -e --argjson one "$one" --argjson two "$SLEEPER" '.pids == [$one, $two] and .tids == []' "$REPORT"
	no_group
}

@test "run: -t, and both in different control groups" {
	mkdir "$SIM/g1" "$SIM/g1/mon_groups/m1"
	start_sleeper
	one=$SLEEPER
	start_sleeper
	echo "$one" >"$SIM/g1/tasks"
	echo "$one" >"$SIM/g1/mon_groups/m1/tasks"
	rdtrun -o "$REPORT" -t "$one" true
	grep -q "thread $one" "$REPORT"
	member g1/mon_groups/m1 "$one"
	fails 1 'one MON group cannot hold both' run --root "$SIM" -t "$one" -p "$SLEEPER" true
	no_group
}

@test "run: -p ends with the process, or by a signal" {
	start_sleeper
	start_rdtstat run --root "$SIM" -p "$SLEEPER"
	wait_for a_group
	wait_for 'grep -qx "$SLEEPER" "$SIM"/mon_groups/rdtstat-run.*/tasks'
	kill "$SLEEPER"
	wait "$RDTSTAT_PID"
	start_sleeper
	for signal in INT TERM HUP USR1; do
		start_rdtstat run --root "$SIM" -p "$SLEEPER"
		wait_for 'grep -qsx "$SLEEPER" "$SIM"/mon_groups/rdtstat-run.*/tasks'
		kill -$signal "$RDTSTAT_PID"
		wait "$RDTSTAT_PID"
		grep -q elapsed "$ERRORS"
		no_group
	done
	RDTSTAT_PID=
	kill -0 "$SLEEPER"
}

@test "run: signals go to the command, and the report comes" {
	for signal in INT TERM HUP USR2; do
		# What the last one said would be taken for this one's.
		rm -f "$BATS_TEST_TMPDIR/reports"
		start_rdtstat run --root "$SIM" -- env --default-signal sh -c 'echo ready; exec sleep 1000'
		wait_for '[ -s "$REPORTS" ]'
		kill -$signal "$RDTSTAT_PID"
		status=0
		wait "$RDTSTAT_PID" || status=$?
		[ "$status" -eq $((128 + $(kill -l $signal))) ]
		grep -q elapsed "$ERRORS"
		no_group
	done
	RDTSTAT_PID=
}

@test "run: what a killed rdtstat left is cleared by the next one, and only that" {
	mkdir "$SIM/mon_groups/rdtstat-run.1" "$SIM/mon_groups/rdtstat-run.1.2x" "$SIM/rdtstat-run.1.2" \
		"$SIM/mon_groups/rdtstat-run.01.2"
	start_rdtstat run --root "$SIM" -- sleep 1000
	wait_for a_group
	alive=$RDTSTAT_PID
	wait_for 'pgrep -P $alive -x sleep'
	OTHERS="$OTHERS $(pgrep -P "$alive")"
	rm -f "$REPORTS"
	start_rdtstat run --root "$SIM" -- sh -c 'echo $$; exec sleep 1000'
	wait_for '[ -s "$REPORTS" ]'
	command=$(cat "$REPORTS")
	OTHERS="$OTHERS $command"
	kill -KILL "$RDTSTAT_PID"
	wait "$RDTSTAT_PID" || :
	left=$(echo "$SIM"/mon_groups/rdtstat-run."$RDTSTAT_PID".*)
	[ -d "$left" ]
	rdtrun -o "$REPORT" true
	[ ! -d "$left" ]
	# The command lives, in the control group.
	member . "$command"
	[ -d "$(echo "$SIM"/mon_groups/rdtstat-run."$alive".*)" ]
	[ "$(find "$SIM" -maxdepth 2 -name 'rdtstat-run.*' | wc -l)" -eq 5 ]
	RDTSTAT_PID=$alive
	stop_rdtstat || :
}

@test "run: a group is a dead one's when its process id is another process's now" {
	start_sleeper
	start=$(cut -d ' ' -f 22 "/proc/$SLEEPER/stat")
	mkdir "$SIM/mon_groups/rdtstat-run.$SLEEPER.$start" "$SIM/mon_groups/rdtstat-run.$SLEEPER.1"
	rdtrun -o "$REPORT" true
	[ "$(ls "$SIM/mon_groups")" = "rdtstat-run.$SLEEPER.$start" ]
}

@test "run: killed at 50 random moments, no process is lost and no group left" {
	start_sleeper
	# How long it takes to its first line here: the moments lie before and soon after that.
	began=$(date +%s%N)
	start_rdtstat run --root "$SIM" -p "$SLEEPER" -I 10
	wait_for '[ -s "$ERRORS" ]'
	usual=$((($(date +%s%N) - began) / 1000))
	kill -KILL "$RDTSTAT_PID"
	wait "$RDTSTAT_PID" || :
	echo "to the first line: $usual us"
	left=0
	for round in $(seq 50); do
		case $((round % 3)) in
		0) start_rdtstat run --root "$SIM" -p "$SLEEPER" -I 10 ;;
		1) start_rdtstat run --root "$SIM" -- sh -c "echo \$\$ >>'$BATS_TEST_TMPDIR/commands'; exec sleep 1000" ;;
		2) start_rdtstat run --root "$SIM" -p "$SLEEPER" -- sleep 0.05 ;;
		esac
		moment=$(((RANDOM << 15 | RANDOM) % (usual * 3 / 2)))
		sleep "$((moment / 1000000)).$(printf %06d $((moment % 1000000)))"
		kill -KILL "$RDTSTAT_PID" 2>/dev/null || :
		wait "$RDTSTAT_PID" || :
		no_group || left=$((left + 1))
	done
	RDTSTAT_PID=
	OTHERS="$OTHERS $(cat "$BATS_TEST_TMPDIR/commands")"
	echo "a group was left $left times, commands begun: $(wc -l <"$BATS_TEST_TMPDIR/commands")"
	[ "$left" -gt 0 ]
	rdtrun -o "$REPORT" true
	no_group
	for process in $OTHERS; do
		kill -0 "$process"
		member . "$process"
	done
}

@test "run: the long options are the short ones" {
	start_sleeper
	rdtrun --output "$REPORT" --json --interval 20 --pid "$SLEEPER" --tid "$SLEEPER" -- sleep 0.2
	jq -se --argjson id "$SLEEPER" 'any(.[]; .type == "interval") and last.pids == [$id] and last.tids == [$id]' "$REPORT"
	rdtrun --output "$REPORT" --json --repeat 2 true
	jq -e '.runs == 2' "$REPORT"
	no_group
}

@test "run: no raw byte of a command on the terminal" {
	run --separate-stderr rdtrun sh -c $'true \e[31m\n'
	[[ $stderr == *'sh -c true \x1b[31m\n'* ]]
	run ! grep -q $'\e' <<<"$stderr"
	rdtrun --json -o "$REPORT" sh -c $'true \e[31m\n'
	jq -e '.command[2] == "true \\x1b[31m\\n"' "$REPORT"
	fails 127 'nope\x1b[31m: No such file' run --root "$SIM" $'nope\e[31m'
}

@test "run: wrong usage" {
	fails 2 'a command is missing' run --root "$SIM"
	fails 2 "'9' is no interval" run -I 9 true
	fails 2 "'1s' is no interval" run -I 1s true
	fails 2 "'0' is no number of runs" run -r 0 true
	fails 2 "'x' is no process id" run -p 1,x
	fails 2 "'' is no thread id" run -t ''
	fails 2 '--repeat does not go with' run -r 2 -p 1 true
	fails 2 'run: option --group' run -g g1 true
	fails 2 'name is empty' run -- ''
	fails 1 'no such process: 2147483647' run --root "$SIM" -p 2147483647
	mkdir "$SIM/g1"
	fails 1 'is not the root of resctrl' run --root "$SIM/g1" true
}
