# SPDX-License-Identifier: GPL-2.0-or-later
#
# How the simulator comes and goes. RDTSIM is the program, MAN_PAGE the source of its page; meson sets
# them.

bats_require_minimum_version 1.5.0
load ../wait

setup() {
	[ -r /dev/fuse ] && [ -w /dev/fuse ] || skip '/dev/fuse cannot be opened'
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	DIR=$BATS_TEST_TMPDIR/mnt
	mkdir "$TMPDIR" "$DIR"
}

teardown() {
	# Whatever a test that failed has left.
	local mounts

	mounts=$(grep -o " $BATS_TEST_TMPDIR/[^ ]*" /proc/self/mounts) || return 0
	for mount in $mounts; do
		umount -l "$mount"
	done
}

# ends STATUS PID: a background job ends so.
ends() {
	local status=0

	wait "$2" || status=$?
	[ "$status" -eq "$1" ]
}

# simulator_of PID: the child of "rdtsim run" that is the filesystem.
simulator_of() {
	local child

	for child in $(cat "/proc/$1/task/$1/children"); do
		[ "$(cat "/proc/$child/comm")" != rdtsim ] || echo "$child"
	done
}

# No mount and no directory of ours is left.
nothing_left() {
	! grep -q " $BATS_TEST_TMPDIR/" /proc/self/mounts && [ -z "$(ls -A "$TMPDIR")" ]
}

@test 'run: the status of the command, and nothing is left' {
	run "$RDTSIM" run -- sh -c 'cat "$RDTSIM_ROOT/info/last_cmd_status"; exit 7'
	[ "$status" -eq 7 ]
	[ "$output" = ok ]
	nothing_left
	run "$RDTSIM" run -- sh -c 'kill -KILL $$'
	[ "$status" -eq 137 ]
	nothing_left
	run -127 "$RDTSIM" run -- /no/such/command
	[[ $output == *'/no/such/command: No such file or directory' ]]
	nothing_left
	run "$RDTSIM" run -- /etc/passwd
	[ "$status" -eq 126 ]
	nothing_left
}

@test 'run: the ids of the hardware are shown with --debug only' {
	run "$RDTSIM" run -- sh -c 'cd "$RDTSIM_ROOT" && ls'
	[ "$status" -eq 0 ]
	[[ $output == *tasks* && $output != *hw_id* ]]
	run "$RDTSIM" run --debug -- sh -c 'cat "$RDTSIM_ROOT/mon_hw_id" "$RDTSIM_ROOT/ctrl_hw_id"'
	[ "$output" = $'0\n0' ]
}

@test 'run: a process that the command leaves behind holds nobody up' {
	run "$RDTSIM" run -- sh -c 'cd "$RDTSIM_ROOT"; sleep 60 >/dev/null 2>&1 3>&- & echo $!'
	kill "$output"
	[ "$status" -eq 0 ]
	nothing_left
}

@test 'run: a signal is passed on' {
	"$RDTSIM" run -- sh -c 'cd "$RDTSIM_ROOT"; >'"$BATS_TEST_TMPDIR"'/up; exec sleep 60' 3>&- &
	wait_for '[ -e "$BATS_TEST_TMPDIR/up" ]'
	kill -TERM $!
	ends 143 $!
	nothing_left
}

@test 'run: a command that does not care for the signal loses its filesystem' {
	"$RDTSIM" run -- sh -c 'trap "" TERM; echo $$ >'"$BATS_TEST_TMPDIR"'/up; exec sleep 60' 3>&- &
	wait_for '[ -s "$BATS_TEST_TMPDIR/up" ]'
	kill -TERM $!
	ends 143 $!
	nothing_left
	# It goes on without.
	kill -KILL "$(cat "$BATS_TEST_TMPDIR/up")"
}

@test 'run: killed, it leaves nothing' {
	"$RDTSIM" run -- sh -c 'echo $$ >'"$BATS_TEST_TMPDIR"'/up; exec sleep 60' 3>&- &
	wait_for '[ -s "$BATS_TEST_TMPDIR/up" ]'
	kill -KILL $!
	wait_for nothing_left
	kill "$(cat "$BATS_TEST_TMPDIR/up")"
}

@test 'run: if the simulator is killed, the rest cleans up' {
	"$RDTSIM" run -- sh -c 'echo $PPID >'"$BATS_TEST_TMPDIR"'/up
		while [ -e "$RDTSIM_ROOT/tasks" ]; do sleep 0.02; done; exit 3' 3>&- &
	wait_for '[ -s "$BATS_TEST_TMPDIR/up" ]'
	kill -KILL "$(simulator_of "$(cat "$BATS_TEST_TMPDIR/up")")"
	ends 3 $!
	nothing_left
}

@test 'mount: answers when it returns, until it is told to go' {
	"$RDTSIM" mount --pid-file "$BATS_TEST_TMPDIR/pid" "$DIR" 3>&-
	[ -f "$DIR/tasks" ]
	[ -d "/proc/$(cat "$BATS_TEST_TMPDIR/pid")" ]
	run ! "$RDTSIM" mount "$DIR" 3>&-
	[[ $output == *"$DIR: a simulator is mounted there already" ]]
	kill -TERM "$(cat "$BATS_TEST_TMPDIR/pid")"
	wait_for nothing_left
	wait_for '[ ! -e "$BATS_TEST_TMPDIR/pid" ]'
}

@test 'mount: HUP and INT end it, too' {
	for signal in HUP INT; do
		# What we ignore it would ignore, too.
		env --default-signal=HUP,INT "$RDTSIM" mount --pid-file "$BATS_TEST_TMPDIR/pid" "$DIR" 3>&-
		kill -$signal "$(cat "$BATS_TEST_TMPDIR/pid")"
		wait_for nothing_left
		wait_for '[ ! -e "$BATS_TEST_TMPDIR/pid" ]'
	done
}

@test 'mount: ctl exit returns when it is gone' {
	"$RDTSIM" mount "$DIR" 3>&-
	"$RDTSIM" ctl "$DIR" exit
	nothing_left
}

@test 'mount: in the foreground it stays, silent, until it is unmounted' {
	"$RDTSIM" mount --foreground "$DIR" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	wait_for '[ -e "$DIR/tasks" ]'
	umount "$DIR"
	ends 0 $!
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
}

@test 'mount: an open file in it does not hold it up' {
	"$RDTSIM" mount "$DIR" 3>&-
	exec 8<"$DIR/tasks"
	"$RDTSIM" ctl "$DIR" exit
	exec 8<&-
	nothing_left
}

@test 'mount: what cannot be done is said, with status 1' {
	run -1 "$RDTSIM" mount "$BATS_TEST_TMPDIR/none"
	[ "$output" = "rdtsim: $BATS_TEST_TMPDIR/none: No such file or directory" ]
	run -1 "$RDTSIM" mount /etc/passwd
	[ "$output" = 'rdtsim: /etc/passwd: Not a directory' ]
	run -1 "$RDTSIM" mount --pid-file "$BATS_TEST_TMPDIR/none/pid" "$DIR"
	[ "$output" = "rdtsim: $BATS_TEST_TMPDIR/none/pid: No such file or directory" ]
	nothing_left
}

@test 'standard input, output and error may be closed' {
	local fds='for fd in 0 1 2; do [ ! -e "/proc/$$/fd/$fd" ] || exit 9; done; [ -e tasks ]'

	timeout 60 "$RDTSIM" mount "$DIR" 0<&- 3>&- >&- 2>&-
	[ -f "$DIR/tasks" ]
	"$RDTSIM" ctl "$DIR" exit 0<&- >&- 2>&-
	nothing_left
	timeout 60 "$RDTSIM" mount "$DIR" 0<&- 3>&- >&-
	"$RDTSIM" ctl "$DIR" exit
	timeout 60 "$RDTSIM" run -- sh -c 'cd "$RDTSIM_ROOT" || exit 8; '"$fds" 0<&- 3>&- >&- 2>&-
	nothing_left
	run -1 sh -c '"$RDTSIM" --help >&-'
}

@test 'mount: after a kill the way out is told' {
	"$RDTSIM" mount --pid-file "$BATS_TEST_TMPDIR/pid" "$DIR" 3>&-
	kill -KILL "$(cat "$BATS_TEST_TMPDIR/pid")"
	wait_for '! [ -d "/proc/$(cat "$BATS_TEST_TMPDIR/pid")" ]'
	for command in "mount $DIR" "ctl $DIR freeze"; do
		run -1 "$RDTSIM" $command
		[ "${lines[0]}" = "rdtsim: $DIR: Transport endpoint is not connected" ]
		[[ ${lines[1]} == *"'umount -l $DIR'"*"'fusermount3 -u -z $DIR'"* ]]
	done
	# It is a way out.
	fusermount3 -u -z "$DIR"
	nothing_left
	"$RDTSIM" mount "$DIR" 3>&-
	"$RDTSIM" ctl "$DIR" exit
}

@test 'mount: slow reads do not hold up its end' {
	local how reader

	for how in 'kill -TERM $(cat "$BATS_TEST_TMPDIR/pid")' '"$RDTSIM" ctl "$DIR" exit'; do
		"$RDTSIM" mount --pid-file "$BATS_TEST_TMPDIR/pid" "$DIR" 3>&-
		"$RDTSIM" ctl "$DIR" slow 3600000000
		cat "$DIR/mon_data/mon_L3_00/llc_occupancy" >/dev/null 2>&1 3>&- &
		reader=$!
		# Asleep in the simulator: in its request's pread or read.
		wait_for 'grep -q ^fuse_ "/proc/$reader/wchan" || grep -q request_wait "/proc/$reader/wchan"'
		eval "$how"
		wait_for '[ ! -e "$BATS_TEST_TMPDIR/pid" ]'
		wait "$reader" || true
		wait_for nothing_left
	done
}

@test 'wrong usage has status 2' {
	run -2 "$RDTSIM"
	run -2 "$RDTSIM" nonsense
	[[ $output == *'no such command: nonsense'* ]]
	run -2 "$RDTSIM" mount
	run -2 "$RDTSIM" mount --nonsense "$DIR"
	[[ $output == *"rdtsim: unrecognized option '--nonsense'"* ]]
	run -2 "$RDTSIM" mount --scenario none "$DIR"
	[[ $output == *'no scenario: none'* ]]
	run -2 "$RDTSIM" run --seed 1x -- true
	run -2 "$RDTSIM" run
	run -2 "$RDTSIM" ctl "$DIR"
	run -2 "$RDTSIM" scenarios more
	nothing_left
}

@test 'ctl: the reason of a failure' {
	run -1 "$RDTSIM" ctl "$DIR" freeze
	[ "$output" = "rdtsim: $DIR/.rdtsim: no simulator is mounted there" ]
	"$RDTSIM" mount "$DIR" 3>&-
	run -1 "$RDTSIM" ctl "$DIR" nonsense
	[ "$output" = 'rdtsim: unknown command: nonsense' ]
	run -1 "$RDTSIM" ctl "$DIR" set none '*' '*' 1
	[ "$output" = 'rdtsim: no such group: none' ]
	run -1 "$RDTSIM" ctl "$DIR" slow
	[ "$output" = 'rdtsim: usage: slow MICROSECONDS' ]
	run -1 "$RDTSIM" ctl "$DIR" errno / '*' '*' EINTR
	[ "$output" = 'rdtsim: no read of resctrl fails with EINTR, and readers would try again for ever' ]
	mkdir "$DIR/a b"
	run -0 "$RDTSIM" ctl "$DIR" text 'a b' mon_L3_00 llc_occupancy 'x y'
	[ -z "$output" ]
	[ "$(cat "$DIR/a b/mon_data/mon_L3_00/llc_occupancy")" = 'x y' ]
	"$RDTSIM" ctl "$DIR" exit
}

@test 'the same seed gives the same counts' {
	local show='cd $RDTSIM_ROOT; mkdir g; "$RDTSIM" ctl . advance 5000; cat g/mon_data/*/*'
	local first again other

	first=$("$RDTSIM" run --frozen -- sh -c "$show")
	again=$("$RDTSIM" run --frozen -- sh -c "$show")
	other=$("$RDTSIM" run --frozen --seed 2 -- sh -c "$show")
	[ -n "$first" ]
	[ "$first" = "$again" ]
	[ "$first" != "$other" ]
}

@test 'scenarios, help and version' {
	local name names

	names=$("$RDTSIM" scenarios | cut -d ' ' -f 1)
	[ "$(echo $names)" = 'intel intel-snc amd-abmc intel-energy arm' ]
	for name in $names; do
		"$RDTSIM" run --scenario "$name" -- sh -c 'grep -q . "$RDTSIM_ROOT"/mon_data/*/*'
		grep -q "^\*$name\*" "$MAN_PAGE"
	done
	run -0 "$RDTSIM" --help
	[[ $output == 'Usage: rdtsim '* ]]
	for name in '-h' 'mount --help' 'mount --seed 2 -h' 'run --help' 'run --debug -h' 'ctl --help' \
		'ctl -h' 'scenarios --help'; do
		[ "$("$RDTSIM" $name)" = "$output" ]
	done
	# The command's own options are its own.
	run -0 "$RDTSIM" run -- sh -c 'echo "$1"' sh --help
	[ "$output" = --help ]
	run -0 "$RDTSIM" --version
	[[ $output == 'rdtsim '[0-9]* ]]
	run -1 sh -c '"$RDTSIM" --help >/dev/full'
}

@test 'the man page has every option and every control command' {
	local option command

	for option in $("$RDTSIM" --help | grep -o -- '--[a-z][a-z-]*' | sort -u); do
		grep -q -- "^\*.*$option\*" "$MAN_PAGE" || { echo "missing: $option"; return 1; }
	done
	"$RDTSIM" mount "$DIR" 3>&-
	# A command that is known complains about its arguments, not about its name.
	for command in $(sed -n '/^# CONTROL COMMANDS/,/^# FILES/s/^\*\([a-z-]*\)\*.*/\1/p' "$MAN_PAGE"); do
		run -1 "$RDTSIM" ctl "$DIR" "$command" 1 2 3 4 5 6
		[[ $output == "rdtsim: usage: $command"* ]]
	done
	"$RDTSIM" ctl "$DIR" exit
}
