# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of standard output and of the signals.

load common

setup() {
	make_tree
}

teardown() {
	clean_up
}

@test "a full disk" {
	for arguments in '0.1 1' '--json 0.1 1' list info --help --version; do
		run --separate-stderr bash -c "\"$RDTSTAT\" --root \"$TREE\" $arguments >/dev/full"
		[ "$status" -eq 1 ]
		[ "$stderr" = 'rdtstat: standard output: No space left on device' ]
	done
}

@test "a full disk ends an endless series at once" {
	run --separate-stderr bash -c "timeout 60 \"$RDTSTAT\" --root \"$TREE\" 0.1 >/dev/full"
	[ "$status" -eq 1 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "stdout closed" {
	for arguments in '0.1 1' list info --help; do
		run --separate-stderr bash -c "\"$RDTSTAT\" --root \"$TREE\" $arguments >&-"
		[ "$status" -eq 1 ]
		[ "$stderr" = 'rdtstat: standard output: Bad file descriptor' ]
	done
}

@test "stdout closed, and not needed" {
	start_sim
	bash -c "'$RDTSTAT' capture --root '$TREE' -o '$BATS_TEST_TMPDIR/a.tar' >&-"
	tar -tf "$BATS_TEST_TMPDIR/a.tar" | grep -x capture.json
	# The command finds it closed as well.
	bash -c "'$RDTSTAT' run --root '$SIM' -o '$BATS_TEST_TMPDIR/report' -- sh -c '! [ -e /proc/self/fd/1 ]' >&-"
	grep -q elapsed "$BATS_TEST_TMPDIR/report"
	run -0 --separate-stderr bash -c "'$RDTSTAT' run --root '$SIM' true >&-"
	[[ $stderr == *elapsed* ]]
	# By another name it is needed.
	for place in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
		run -1 --separate-stderr bash -c "'$RDTSTAT' capture --root '$TREE' -o $place >&-"
		[[ $stderr == "rdtstat: $place: "* ]]
	done
	for arguments in 'run --help' 'capture --help' 'capture --version -o x'; do
		run -1 --separate-stderr bash -c "'$RDTSTAT' $arguments >&-"
		[ "$stderr" = 'rdtstat: standard output: Bad file descriptor' ]
	done
}

@test "stdin and stderr closed" {
	run "$RDTSTAT" --root "$TREE" --json -g g1 0.1 1 <&- 2>&-
	[ "$status" -eq 0 ]
	jq -e '.groups[0].path == "g1"' <<<"$output"
}

@test "without /dev/null" {
	unshare --mount true || skip 'no mount namespace to be had'
	bare() {
		run --separate-stderr unshare --mount sh -c 'mount -t tmpfs none /dev && exec "$@"' sh "$@"
	}
	bare "$RDTSTAT" --version
	[ "$status" -eq 0 ]
	[[ $output == rdtstat\ * ]]
	bare "$RDTSTAT" --root "$TREE" --json -g g1 0.1 1
	[ "$status" -eq 0 ]
	# Only to fill a gap it is needed.
	bare sh -c 'exec "$0" --version <&-' "$RDTSTAT"
	[ "$status" -eq 1 ]
	[ "$stderr" = 'rdtstat: /dev/null: No such file or directory' ]
}

@test "nobody reads any more: it ends without a word" {
	# The interval is longer than the test may last.
	run bash -c "timeout 60 \"$RDTSTAT\" --root \"$TREE\" 1000 2>\"$BATS_TEST_TMPDIR/errors\" | true
		exit \${PIPESTATUS[0]}"
	[ "$status" -eq 1 ]
	[ ! -s "$BATS_TEST_TMPDIR/errors" ]
}

@test "nobody has ever read, and SIGPIPE is ignored: it ends without a word" {
	for arguments in list info '--json 0.1 1'; do
		run --separate-stderr python3 - "$RDTSTAT" --root "$TREE" $arguments <<-'END'
			import os, subprocess, sys
			reader, writer = os.pipe()
			os.close(reader)
			# Python ignores SIGPIPE, and so hands it on.
			result = subprocess.run(sys.argv[1:], stdout=writer, restore_signals=False, timeout=20)
			sys.exit(result.returncode)
		END
		[ "$status" -eq 1 ]
		[ -z "$stderr" ]
	done
}

@test "reports come one by one, also into a pipe" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	env --default-signal=INT "$RDTSTAT" --root "$TREE" --json 0.1 >"$BATS_TEST_TMPDIR/pipe" 3>&- &
	RDTSTAT_PID=$!
	exec 4<"$BATS_TEST_TMPDIR/pipe"
	read -r -t 20 first <&4
	read -r -t 20 second <&4
	jq -e .time <<<"$first"
	jq -e .time <<<"$second"
	stop_rdtstat
	exec 4<&-
}

@test "SIGINT and SIGTERM end it in order" {
	for signal in INT TERM; do
		start_rdtstat --root "$TREE" --json 0.1
		wait_reports 2
		kill -$signal "$RDTSTAT_PID"
		wait "$RDTSTAT_PID"
		# No report is cut off.
		jq -e .time "$REPORTS"
		[ "$(tail -c1 "$REPORTS")" = "" ]
		[ ! -s "$ERRORS" ]
	done
}

@test "a signal ends a long wait" {
	start_rdtstat --root "$TREE" 1000
	wait_for 'caught "$RDTSTAT_PID"'
	kill -TERM "$RDTSTAT_PID"
	wait "$RDTSTAT_PID"
	RDTSTAT_PID=
	[ ! -s "$REPORTS" ]
}

@test "a second signal ends it at once where it hangs" {
	# A report larger than a pipe, which nobody reads.
	for i in $(seq 60); do
		make_group "$TREE/h$i" CTRL_MON
	done
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 4<>"$BATS_TEST_TMPDIR/pipe"
	"$RDTSTAT" --root "$TREE" --json 0.1 >"$BATS_TEST_TMPDIR/pipe" 3>&- 4>&- &
	RDTSTAT_PID=$!
	wait_for 'python3 -c "
import array, fcntl, sys, termios
held = array.array(\"i\", [0])
fcntl.ioctl(4, termios.FIONREAD, held)
sys.exit(held[0] < fcntl.fcntl(4, fcntl.F_GETPIPE_SZ))" 4<&4'
	wait_for 'caught "$RDTSTAT_PID"'
	kill -TERM "$RDTSTAT_PID"
	# It has arrived when it would not be caught any more; and it is still there, with its report.
	wait_for '! caught "$RDTSTAT_PID"'
	kill -0 "$RDTSTAT_PID"
	kill -TERM "$RDTSTAT_PID"
	status=0
	wait "$RDTSTAT_PID" || status=$?
	RDTSTAT_PID=
	[ "$status" -eq 143 ]
	exec 4>&-
}

@test "intervals do not drift" {
	"$RDTSTAT" --root "$TREE" --json 0.1 30 >"$BATS_TEST_TMPDIR/reports"
	# Samples are taken at whole tenths after the first one, or a moment later: what one interval is
	# too long the next one is too short. A drift would add up to more than the moment. The best of
	# the last five, since the machine may be busy.
	python3 - "$BATS_TEST_TMPDIR/reports" <<-'END'
		import itertools, json, sys
		intervals = [json.loads(line)["interval"] for line in open(sys.argv[1], encoding="utf-8")]
		late = [time % 0.1 for time in itertools.accumulate(intervals)][-5:]
		late = [min(moment, 0.1 - moment) for moment in late]
		print("late by", late)
		sys.exit(min(late) > 0.015)
	END
}

@test "a terminal gets no raw byte of a name" {
	name=$'a\nb\tc\e[31m\xff\xc2\x9b\xe2\x80\xae\\x41é'
	make_group "$TREE/$name" CTRL_MON
	shown='a\nb\tc\x1b[31m\xff\xc2\x9b\xe2\x80\xae\\x41é'
	for arguments in list '0.1 1' '--timestamp --breakdown -d 0.1 1' 'list --json' '--json 0.1 1'; do
		"$RDTSTAT" --root "$TREE" $arguments >"$BATS_TEST_TMPDIR/out"
		LC_ALL=C run -1 grep -aP '[\x00-\x09\x0b-\x1f\x7f]|\xff|\xc2\x9b|\xe2\x80\xae' \
			"$BATS_TEST_TMPDIR/out"
		if [[ $arguments == *--json* ]]; then
			jq -re '.groups[].path' "$BATS_TEST_TMPDIR/out"
		else
			cat "$BATS_TEST_TMPDIR/out"
		fi | grep -qF "$shown"
	done
	# And back again.
	[ "$(printf %b "$shown")" = "$name" ]
	# Where the terminal has no UTF-8, nothing above ASCII.
	LC_ALL=C "$RDTSTAT" --root "$TREE" list | grep -qF '\\x41\xc3\xa9'
	# Messages, too.
	fails 1 'nope\n\x1b[31m' --root "$TREE" -g $'nope\n\e[31m' 0.1 1
	[ "${#stderr_lines[@]}" -eq 1 ]
	# As an argument the name is taken as it is.
	"$RDTSTAT" --root "$TREE" --json -g "$name" 0.1 1 | jq -e '.groups | length == 1'
}

@test "the root's path is made harmless as well" {
	mv "$TREE" "$BATS_TEST_TMPDIR/"$'t\e'
	"$RDTSTAT" --root "$BATS_TEST_TMPDIR/"$'t\e' 0.1 1 | head -n1 | grep -qF 't\x1b'
	"$RDTSTAT" --root "$BATS_TEST_TMPDIR/"$'t\e' list | head -n1 | grep -qF 't\x1b'
}

@test "all output says that a captured tree is not resctrl" {
	for arguments in '0.1 2' list info; do
		"$RDTSTAT" --root "$TREE" $arguments | grep -q 'not resctrl: a simulator or captured tree'
		"$RDTSTAT" --root "$TREE" --json $arguments | jq -se 'length > 0 and all(.resctrl == false)'
	done
}

@test "100 groups need no more fds than one" {
	for i in $(seq 100); do
		make_group "$TREE/h$i" CTRL_MON
	done
	run --separate-stderr bash -c "exec 3>&-; ulimit -n 12; exec \"$RDTSTAT\" --root \"$TREE\" --json 0.1 3"
	[ "$status" -eq 0 ]
	jq -es 'length == 3 and all(.groups | length == 104 and all(.status == "ok"))' <<<"$output"
	# It is slower then, which is told once.
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ ${stderr_lines[0]} == "rdtstat: file descriptors have run out, see 'ulimit -n': "* ]]
}

@test "no fd left: every value says so, or rdtstat does" {
	for limit in 4 5 6 7 8 9; do
		run --separate-stderr bash -c "for fd in /proc/self/fd/*; do
			fd=\${fd##*/}; [ \$fd -lt 3 ] || eval \"exec \$fd>&-\"; done
			ulimit -n $limit; exec \"$RDTSTAT\" --root \"$TREE\" --json 0.1 1"
		echo "limit $limit: status $status, $stderr"
		if [ -n "$output" ]; then
			jq -e '[.groups[].domains[].events[] | (.value != null) or (.missing | length > 0)]
				| length > 0 and all' <<<"$output"
		fi
		if [ "$status" -ne 0 ]; then
			[ "$status" -eq 1 ]
			[[ $stderr == *'Too many open files'* ]]
		fi
	done
}
