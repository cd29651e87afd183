# SPDX-License-Identifier: GPL-2.0-or-later
# --root and --sysroot with what rdtstat capture has packed.

load common

setup() {
	make_tree
	ARCHIVE=$BATS_TEST_TMPDIR/capture.tar.gz
	# Where it is unpacked.
	export TMPDIR=$BATS_TEST_TMPDIR/temporary
	mkdir "$TMPDIR"
}

teardown() {
	clean_up
}

unpacked() {
	find "$TMPDIR" -mindepth 1
}

# pack PYTHON: an archive of what the lines do with `tar` and entry(NAME, TYPE...).
pack() {
	/usr/bin/python3 - "$ARCHIVE" <<-END
		import io, sys, tarfile
		def entry(name, kind=tarfile.REGTYPE, data=b'', **more):
		    info = tarfile.TarInfo(name)
		    info.type, info.size = kind, len(data)
		    for key, value in more.items():
		        setattr(info, key, value)
		    tar.addfile(info, io.BytesIO(data))
		with tarfile.open(sys.argv[1], 'w:gz', format=tarfile.GNU_FORMAT) as tar:
		    $1
	END
}

@test "every command reads it as the tree that was packed" {
	echo 5242880 >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	"$RDTSTAT" capture --root "$TREE" -o "$ARCHIVE"
	for command in list 'list --json' 'info --json' info; do
		diff <("$RDTSTAT" $command --root "$TREE" | sed -E 's/"inode":[0-9]+//g; s/^([a-z]+ *)\//\1 \//') \
			<("$RDTSTAT" $command --root "$ARCHIVE" |
				sed -E "s|$ARCHIVE|$TREE|g; s/\"inode\":[0-9]+//g; s/^([a-z]+ *)\//\1 \//")
		[ -z "$(unpacked)" ]
	done
	run -0 "$RDTSTAT" --root "$ARCHIVE" -g g1 --breakdown -e llc_occupancy 0.1 1
	[[ ${lines[0]} == *"  $ARCHIVE  [not resctrl: a simulator or captured tree]" ]]
	grep -E '^g1 +own +4\.0 MiB$' <<<"$output"
	"$RDTSTAT" --json --root "$ARCHIVE" 0.1 2 | jq -se --arg root "$ARCHIVE" \
		'length == 2 and all(.root == $root and (.resctrl | not) and (.groups | length == 4))'
	# What was packed with its names can be packed without them.
	"$RDTSTAT" capture --root "$ARCHIVE" --hide-names | tar -t | run ! grep -E '/(g1|m0|m1)/'
	fails 1 'in an archive nothing can be run' run --root "$ARCHIVE" true
	[ -z "$(unpacked)" ]
}

@test "what was captured at one time has values, and no rates" {
	echo 9001 >"$TREE/g1/mon_data/mon_L3_00/mbm_total_bytes"
	echo Unavailable >"$TREE/g1/mon_data/mon_L3_01/mbm_local_bytes"
	"$RDTSTAT" capture --root "$TREE" -o "$ARCHIVE"
	mkdir "$BATS_TEST_TMPDIR/captured"
	tar -xf "$ARCHIVE" -C "$BATS_TEST_TMPDIR/captured"
	tar -cf "$BATS_TEST_TMPDIR/bare.tar" -C "$TREE" .
	for root in "$ARCHIVE" "$BATS_TEST_TMPDIR/captured/sys/fs/resctrl" \
		"$BATS_TEST_TMPDIR/captured/sys/fs/resctrl/g1" "$BATS_TEST_TMPDIR/bare.tar"; do
		run -0 "$RDTSTAT" --root "$root" --per-domain --breakdown 0.1 2
		[[ $output == *' - captured '* ]]
		[[ $output == *' - unavailable'* ]]
		[[ $output != *B/s* ]]
		"$RDTSTAT" --root "$root" --json --breakdown 0.1 2 >"$BATS_TEST_TMPDIR/json"
		jq -se '[.. | objects | select(.kind == "cumulative")] | length > 0 and
			all(.rate == null and .rate_partial == false and
				(.rate_missing | test("^(captured|unavailable|captured, unavailable)$"))) and
			any(.value == 18001)' <"$BATS_TEST_TMPDIR/json"
		run -0 "$RDTSTAT" --root "$root" --csv 0.1 1
		tr -d '\r' <<<"$output" | grep -q ',mbm_total_bytes,bytes,18001,ok,false,,captured,false$'
		run -0 "$RDTSTAT" --root "$root" --openmetrics 0.1
		[[ $output == *'llc_occupancy_bytes{'* ]]
		[[ $output != *'_total{'* ]]
	done
	# A tree that somebody may write to is not one.
	"$RDTSTAT" --root "$TREE" --json 0.1 1 | total g1 mbm_total_bytes | jq -e '.rate == 0'
}

@test "info examines the machine that it was packed on" {
	SYS=$BATS_TEST_TMPDIR/sys
	mkdir -p "$SYS/proc/sys/kernel" "$SYS/sys/fs"
	echo 7.3.4-test >"$SYS/proc/sys/kernel/osrelease"
	printf 'processor\t: 0\nflags\t\t: fpu cqm_occup_llc\n' >"$SYS/proc/cpuinfo"
	tar -C "$SYS" -czf "$ARCHIVE" .
	# There was no resctrl.
	"$RDTSTAT" info --json --sysroot "$ARCHIVE" |
		jq -e '.kernel.release == "7.3.4-test" and .cpu.features == ["cqm_occup_llc"] and .info == null'
	fails 1 'there is no tree of groups in it' info --root "$ARCHIVE"
	fails 1 'there is no tree of groups in it' list --root "$ARCHIVE"
	mv "$TREE" "$SYS/sys/fs/resctrl"
	tar -C "$SYS" -czf "$ARCHIVE" .
	for option in --root --sysroot; do
		"$RDTSTAT" info --json $option "$ARCHIVE" |
			jq -e '.kernel.release == "7.3.4-test" and .rmids.total == 176 and (.resctrl | not)'
	done
	# Of another tree.
	mv "$SYS/sys/fs/resctrl" "$TREE"
	echo 99 >"$TREE/info/L3_MON/num_rmids"
	"$RDTSTAT" info --json --sysroot "$ARCHIVE" --root "$TREE" |
		jq -e '.kernel.release == "7.3.4-test" and .rmids.total == 99'
	[ -z "$(unpacked)" ]
}

@test "the tree itself, packed by tar, in any way of packing" {
	for filter in '' -z -j -J --zstd; do
		# Not every one need be there.
		tar -C "$TREE" -c $filter -f "$ARCHIVE" . || continue
		"$RDTSTAT" list --json --root "$ARCHIVE" | jq -e '.groups | length == 4'
	done
	[ -z "$(unpacked)" ]
}

@test "what leads out of it, or is neither file nor directory, is refused" {
	while IFS='|' read -r made message; do
		pack "$made"
		fails 1 "$message" list --root "$ARCHIVE"
		[[ $stderr == *"$ARCHIVE"* ]]
		[ -z "$(unpacked)" ]
		fails 1 "$message" info --sysroot "$ARCHIVE"
	done <<-'END'
		entry('/etc/x')|'/etc/x' is an absolute path
		entry('a/../../x')|'a/../../x': it leads out of the archive
		entry('..')|'..': it leads out of the archive
		entry('tasks', tarfile.SYMTYPE, linkname='/etc/passwd')|'tasks' is a symbolic link
		entry('g1', tarfile.SYMTYPE, linkname='..'); entry('g1/tasks')|'g1' is a symbolic link
		entry('tasks'); entry('more', tarfile.LNKTYPE, linkname='tasks')|'more' is a hard link
		entry('tasks', tarfile.FIFOTYPE)|'tasks' is neither file nor directory
		entry('tasks', tarfile.CHRTYPE, devmajor=1, devminor=5)|'tasks' is neither file nor directory
		entry('tasks'); entry('tasks')|'tasks': it is there twice
		entry('tasks'); entry('tasks/x')|'tasks/x': Not a directory
		entry('d', tarfile.DIRTYPE); entry('d')|'d': it is there twice
		entry('d/' * 40 + 'x')|File name too long
		entry('x' * 300)|File name too long
		entry('t\x1b[31m', tarfile.FIFOTYPE)|'t\x1b[31m' is neither
	END
	[ ! -e /etc/x ] && [ ! -e "$TMPDIR/../x" ]
}

@test "more than a capture can have is refused" {
	pack "entry('zero', data=bytes(257 << 20))"
	[ "$(stat -c %s "$ARCHIVE")" -lt 1000000 ]
	fails 1 "'zero': all in all there is more than a capture has" list --root "$ARCHIVE"
	[ -z "$(unpacked)" ]
	# No space left, or as here no larger file.
	pack "entry('zero', data=bytes(1 << 20))"
	run -1 bash -c "ulimit -f 100; trap '' XFSZ; '$RDTSTAT' list --root '$ARCHIVE'"
	[[ $output == *"'zero': File too large"* ]]
	[ -z "$(unpacked)" ]
}

@test "what is no archive" {
	: >"$ARCHIVE"
	fails 1 "$ARCHIVE: " list --root "$ARCHIVE"
	head -c 10000 /dev/urandom >"$ARCHIVE"
	fails 1 "$ARCHIVE: is no archive of rdtstat capture" list --root "$ARCHIVE"
	"$RDTSTAT" capture --root "$TREE" -o "$ARCHIVE"
	# What follows is padding for the greater part.
	head -c 1000 "$ARCHIVE" >"$ARCHIVE.half"
	fails 1 "$ARCHIVE.half: is no archive of rdtstat capture" list --root "$ARCHIVE.half"
	TMPDIR=$BATS_TEST_TMPDIR/nowhere fails 1 "nowhere: nothing can be unpacked there: No such file or directory" list --root "$ARCHIVE"
	[ -z "$(unpacked)" ]
}

@test "an archive that was cut off between two entries" {
	"$RDTSTAT" capture --root "$TREE" -o "$BATS_TEST_TMPDIR/whole.tar"
	# Where the entries begin, and where the last one ends.
	/usr/bin/python3 - "$BATS_TEST_TMPDIR/whole.tar" >"$BATS_TEST_TMPDIR/ends" <<-'END'
		import sys, tarfile
		with tarfile.open(sys.argv[1]) as tar:
		    members = tar.getmembers()
		print(*(member.offset for member in members[1:]))
		print(members[-1].offset_data + -(-members[-1].size // 512) * 512)
	END
	[ "$(wc -w <"$BATS_TEST_TMPDIR/ends")" -gt 40 ]
	ARCHIVE=$BATS_TEST_TMPDIR/cut.tar
	for end in $(cat "$BATS_TEST_TMPDIR/ends"); do
		head -c "$end" "$BATS_TEST_TMPDIR/whole.tar" >"$ARCHIVE"
		fails 1 "$ARCHIVE: is no archive of rdtstat capture: it is truncated" list --root "$ARCHIVE"
		[ -z "$(unpacked)" ]
	done
	# What was cut off before it was compressed.
	gzip -k "$ARCHIVE"
	fails 1 "$ARCHIVE.gz: is no archive of rdtstat capture: it is truncated" info --sysroot "$ARCHIVE.gz"
	xz -k "$ARCHIVE"
	fails 1 "$ARCHIVE.xz: is no archive of rdtstat capture: it is truncated" --root "$ARCHIVE.xz" 0.1 1
	# The end alone, without what fills the last record.
	head -c $((end + 1024)) "$BATS_TEST_TMPDIR/whole.tar" >"$ARCHIVE"
	"$RDTSTAT" list --root "$ARCHIVE" | grep -q 'm1 '
	: >"$ARCHIVE"
	fails 1 "$ARCHIVE: is no archive of rdtstat capture" list --root "$ARCHIVE"
}

@test "nothing is left, however it ends" {
	"$RDTSTAT" capture --root "$TREE" -o "$ARCHIVE"
	for signal in INT TERM HUP KILL; do
		start_rdtstat --root "$ARCHIVE" --json 0.1
		wait_reports 2
		[ -n "$(unpacked)" ]
		# Nobody else may look into it.
		[ "$(stat -c %a "$TMPDIR"/rdtstat-*)" = 700 ]
		kill -$signal "$RDTSTAT_PID"
		wait "$RDTSTAT_PID" || :
		RDTSTAT_PID=
		wait_for '[ -z "$(unpacked)" ]'
	done
	# All of a terminal's processes at once.
	setsid env --default-signal=INT "$RDTSTAT" --root "$ARCHIVE" --json 0.1 >"$REPORTS" 3>&- &
	RDTSTAT_PID=$!
	wait_reports 2
	kill -INT -- "-$RDTSTAT_PID"
	wait "$RDTSTAT_PID"
	RDTSTAT_PID=
	[ -z "$(unpacked)" ]
	"$RDTSTAT" --root "$ARCHIVE" --json 0.1 | head -n1
	wait_for '[ -z "$(unpacked)" ]'
}

@test "top shows it" {
	command -v tmux >/dev/null || skip 'there is no tmux'
	"$RDTSTAT" capture --root "$TREE" -o "$ARCHIVE"
	TMUX_TMPDIR=$(TMPDIR=/tmp mktemp -d)
	export TMUX_TMPDIR
	tmux -L t -f /dev/null new-session -d -x 100 -y 20 "$RDTSTAT top --root $ARCHIVE" 3>&-
	wait_for 'tmux -L t capture-pane -p | grep -F g1/mon_groups/m1'
	tmux -L t capture-pane -p | grep -F '[not resctrl]'
	tmux -L t send-keys q
	wait_for '! tmux -L t has-session 2>/dev/null'
	rm -r "$TMUX_TMPDIR"
	wait_for '[ -z "$(unpacked)" ]'
}
