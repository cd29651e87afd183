# SPDX-License-Identifier: GPL-2.0-or-later
# rdtstat top in a terminal, that of tmux: what is on the screen, and how it is left.

load common

setup() {
	command -v tmux >/dev/null || skip 'there is no tmux'
	SOCKET=rdtstat-$$-$BATS_TEST_NUMBER
	# Where no other tmux looks, and with a short name: a socket's may have 107 bytes.
	TMUX_TMPDIR=$(mktemp -d)
	export TMUX_TMPDIR
	unset TMUX NO_COLOR
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	[ -z "$TMUX_TMPDIR" ] || {
		mux kill-server || :
		rm -rf "$TMUX_TMPDIR"
	}
	clean_up
}

mux() {
	tmux -L "$SOCKET" -f /dev/null "$@" 2>/dev/null
}

screen() {
	mux capture-pane -p "$@"
}

# shows TEXT, lacks TEXT: is it on the screen?
shows() {
	screen | grep -qF -e "$1"
}
lacks() {
	screen >"$BATS_TEST_TMPDIR/screen" && ! grep -qF -e "$1" "$BATS_TEST_TMPDIR/screen"
}

# The screen is drawn piece by piece: nothing is looked at only once.
see() {
	wait_screen "shows $(printf %q "$1")"
}
see_line() {
	wait_screen "screen | grep -qE -e $(printf %q "$1")"
}

# The first words of the rows, as one line.
names() {
	screen | sed -n '3,$p' | awk 'NF && !/q quit/ { printf "%s ", $1 }'
}

keys() {
	mux send-keys "$@"
}

# A terminal in which a command runs: terminal WIDTHxHEIGHT COMMAND
# stty's word before and after is kept in two files, its exit status in one, stderr in another.
terminal() {
	cat >session <<-END
		export TERM=screen-256color LC_ALL=${locale:-C.UTF-8}
		echo the screen before
		stty -a >before
		( echo \$BASHPID >pid; $2 ) 2>errors
		echo \$? >status
		stty -a >after
		: >over
		exec sleep 1000
	END
	mux new-session -d -x "${1%x*}" -y "${1#*x}" "bash --norc --noprofile session" 3>&-
}

# top WIDTHxHEIGHT ARG...: it runs, and has its first numbers.
top() {
	local size=$1

	shift
	terminal "$size" "exec $environment $(printf '%q ' "$RDTSTAT" top --delay 0.2 "$@")"
	wait_screen 'shows over'
}

# It has ended with this status, and the terminal is as it was.
ended() {
	wait_screen '[ -e over ]'
	echo "status $(cat status), stderr: $(cat errors)"
	[ "$(cat status)" -eq "$1" ]
	diff before after
	wait_screen "[ \"\$(mux display-message -p '#{alternate_on} #{cursor_flag}')\" = '0 1' ]"
	see 'the screen before'
}

# Three groups whose traffic never changes.
start_groups() {
	start_sim
	mkdir "$SIM/web" "$SIM/batch" "$SIM/web/mon_groups/api"
	ctl rate '/' '*' mbm_total_bytes 0
	ctl rate batch '*' mbm_total_bytes 1000000000
	ctl rate web '*' mbm_total_bytes 2000000000
	ctl rate web/mon_groups/api '*' mbm_total_bytes 500000000
}

@test "what moves most stands first, and q ends it" {
	start_groups
	top 100x20 --root "$SIM"
	# The kernel's sum: web's holds its MON group's.
	wait_screen '[ "$(names)" = "web batch web/mon_groups/api / " ]'
	screen
	see_line '^web .*[0-9] GiB/s +█+ '
	see 'mbm_total/s▼'
	keys q
	ended 0
	[ ! -s errors ]
}

@test "sorted by any column, both ways" {
	start_groups
	top 100x20 --root "$SIM" --sort group
	wait_screen '[ "$(names)" = "/ batch web web/mon_groups/api " ]'
	keys r
	wait_screen '[ "$(names)" = "web/mon_groups/api web batch / " ]'
	# From the group to the left comes the last column.
	keys '<'
	wait_screen '[ "$(names)" = "web batch web/mon_groups/api / " ]'
	see 'mbm_total/s▼'
	keys Left
	wait_screen "shows 'mbm_local/s▼'"
	keys Right r
	wait_screen '[ "$(names)" = "/ web/mon_groups/api batch web " ]'
	see 'mbm_total/s▲'
}

@test "sorted by occupancy: what is missing is last both ways" {
	make_tree
	echo 3000000 >"$TREE/mon_groups/m0/mon_data/mon_L3_00/llc_occupancy"
	echo Unavailable | tee "$TREE/g1/mon_data/"*/llc_occupancy
	echo 0 | tee "$TREE/g1/mon_groups/m1/mon_data/"*/llc_occupancy
	top 100x20 --root "$TREE" --sort llc_occupancy
	wait_screen '[ "$(names)" = "mon_groups/m0 / g1/mon_groups/m1 g1 " ]'
	see '- unavailable'
	keys r
	wait_screen '[ "$(names)" = "g1/mon_groups/m1 / mon_groups/m0 g1 " ]'
}

@test "the tree, by key and by option" {
	start_groups
	top 100x20 --root "$SIM" --tree
	wait_screen '[ "$(names)" = "/ web api batch " ]'
	see_line '^    api '
	keys t
	wait_screen '[ "$(names)" = "web batch web/mon_groups/api / " ]'
	keys t / ap Enter
	# What it lies in is shown with it.
	wait_screen '[ "$(names)" = "/ web api " ]'
}

@test "a row for each domain, by key and by option" {
	start_groups
	ctl status batch mon_L3_01 mbm_total_bytes unavailable
	top 110x30 --root "$SIM" --per-domain
	wait_screen '[ "$(screen | grep -c "mon_L3_0[01] ")" -eq 8 ]'
	see_line '^batch +mon_L3_01 .*- unavailable'
	keys d
	wait_screen "lacks mon_L3_00"
	# The total has what there is, and says that it is not all.
	see_line '^batch .*iB/s\+'
}

@test "the filter" {
	start_groups
	top 100x20 --root "$SIM"
	keys / WE
	wait_screen "shows 'filter: WE_'"
	wait_screen 'lacks batch && shows web/mon_groups/api'
	see web/mon_groups/api
	keys BSpace BSpace bat
	wait_screen "shows 'filter: bat_'"
	keys Enter
	wait_screen '[ "$(names)" = "batch " ]'
	see 'filter: bat'
	# What is typed into it is no key.
	keys / q
	wait_screen "shows 'filter: batq_'"
	keys Escape
	wait_screen '[ "$(names)" = "web batch web/mon_groups/api / " ]'
}

@test "groups come and go" {
	start_groups
	top 100x20 --root "$SIM"
	mkdir "$SIM/another"
	wait_screen 'shows another'
	see '5 groups'
	rmdir "$SIM/another" "$SIM/web"
	wait_screen 'lacks another && lacks web'
	wait_screen "shows '2 groups'"
	mkdir "$SIM/web"
	wait_screen 'screen | grep -qE "^web .*B/s "'
}

@test "pause" {
	start_groups
	top 100x20 --root "$SIM"
	keys p
	wait_screen 'shows PAUSED'
	mkdir "$SIM/another"
	# Keys go on working; what they show is the old state.
	keys t
	wait_screen '[ "$(names)" = "/ web api batch " ]'
	keys Space
	wait_screen 'lacks PAUSED && shows another'
}

@test "help" {
	make_tree
	top 80x24 --root "$TREE"
	for key in h '?' F1; do
		keys "$key"
		wait_screen "shows 'this help'"
		keys x
		wait_screen "lacks 'this help' && shows GROUP"
	done
	keys h
	wait_screen "shows 'this help'"
	keys q
	ended 0
}

@test "every size" {
	start_groups
	top 100x20 --root "$SIM"
	mux resize-window -x 20 -y 5
	wait_screen '[ "$(screen | wc -l)" -eq 5 ] && shows "rows 1-2 of 4"'
	screen
	see_line '^web +[0-9.]+ GiB/s$'
	# A line ends where the terminal does.
	wait_screen '[ "$(screen | wc -L)" -eq 20 ]'
	keys End
	wait_screen 'shows "rows 3-4 of 4"'
	mux resize-window -x 200 -y 60
	wait_screen "shows 'a simulator or captured tree' && shows PAST"
	screen | head -n 8
	see 'q quit'
	wait_screen '[ "$(names)" = "web batch web/mon_groups/api / " ]'
	for size in 1x1 2x1 1x2 3x3 7x2 300x1 1x60; do
		mux resize-window -x "${size%x*}" -y "${size#*x}"
		wait_screen "[ \"\$(mux display-message -p '#{window_width}x#{window_height}')\" = $size ]"
		keys h
		keys h
	done
	mux resize-window -x 80 -y 24
	wait_screen "shows 'q quit' && shows batch"
	keys q
	wait_screen '[ -e over ]'
	[ "$(cat status)" -eq 0 ]
	[ ! -s errors ]
}

@test "a thousand groups" {
	start_sim
	ctl rmids 1100
	ctl closids 200
	mkdir "$SIM"/g{00..99}
	for group in {00..99}; do
		mkdir "$SIM/g$group/mon_groups"/m{1..9}
	done
	rmdir "$SIM/g99/mon_groups/m9"
	top 100x30 --root "$SIM" --sort group
	see '1000 groups'
	see 'rows 1-27 of 1000'
	wait_screen '[[ $(names) == "/ g00 g00/mon_groups/m1 "* ]]'
	keys NPage
	see 'rows 28-54 of 1000'
	keys Down Down Up
	see 'rows 29-55 of 1000'
	keys End
	see 'rows 974-1000 of 1000'
	wait_screen '[[ $(names) == *"g99/mon_groups/m7 g99/mon_groups/m8 " ]]'
	# What goes leaves no gap at the end.
	rmdir "$SIM/g99/mon_groups/m8"
	see 'rows 973-999 of 999'
	# Of 999 rows of groups 1998 of domains.
	keys d End
	see 'rows 1972-1998 of 1998'
	keys d t Home
	wait_screen '[[ $(names) == "/ g00 m1 m2 "* ]]'
	keys / g57 Enter
	wait_screen '[ "$(names)" = "/ g57 m1 m2 m3 m4 m5 m6 m7 m8 m9 " ]'
	keys Escape
	mux resize-window -x 20 -y 5
	wait_screen '[ "$(screen | wc -l)" -eq 5 ] && shows "of 999"'
	mux resize-window -x 100 -y 30
	# The size that is compared at the end reaches the terminal some time after tmux's own screen.
	wait_screen '[ "$(stty -F "$(mux display-message -p "#{pane_tty}")" size)" = "30 100" ]'
	keys q
	ended 0
	[ ! -s errors ]
}

@test "signals end it in order, and the terminal is as it was" {
	make_tree
	for signal in TERM INT HUP QUIT; do
		rm -f over
		top 80x24 --root "$TREE"
		kill -$signal "$(cat pid)"
		ended 0
		[ ! -s errors ]
		mux kill-server
		wait_for '! mux has-session'
	done
}

@test "a crash, or any other signal, ends it as it would, and the terminal is as it was" {
	make_tree
	# Every signal that ends a process, but for those that cannot be caught, those that end it in order
	# and those that a sanitizer may have taken.
	for signal in ABRT PIPE ALRM USR1 USR2 VTALRM PROF IO PWR XCPU XFSZ SYS TRAP STKFLT RTMIN RTMAX; do
		rm -f over
		top 80x24 --root "$TREE"
		kill -$signal "$(cat pid)"
		ended $((128 + $(kill -l $signal)))
		mux kill-server
		wait_for '! mux has-session'
	done
}

@test "Ctrl-C ends it in order" {
	make_tree
	top 80x24 --root "$TREE"
	keys C-c
	ended 0
}

@test "a terminal that hangs: the second signal ends it, and the terminal is as it was" {
	make_tree
	top 80x24 --root "$TREE"
	keys C-s
	wait_for 'kill -TERM "$(cat pid)" 2>/dev/null; [ -e over ]'
	# In order if it was not caught in the middle of its output.
	case $(cat status) in
	0 | 143) ended "$(cat status)" ;;
	*) ended 143 ;;
	esac
}

@test "stopped and going on" {
	make_tree
	mux new-session -d -x 80 -y 24 "bash --norc --noprofile -i" 3>&-
	# Not as one word, so that what is typed is not taken for what comes of it.
	keys "stty -a >before; PS1='rea''dy '" Enter
	wait_screen 'shows ready'
	keys "TERM=screen-256color $RDTSTAT top --delay 0.2 --root $TREE" Enter
	wait_screen 'shows over'
	keys C-z
	wait_screen 'shows Stopped'
	wait_screen "[ \"\$(mux display-message -p '#{alternate_on} #{cursor_flag}')\" = '0 1' ]"
	keys fg Enter
	wait_screen "shows over && shows 'q quit' && lacks Stopped"
	wait_screen "[ \"\$(mux display-message -p '#{alternate_on} #{cursor_flag}')\" = '1 0' ]"
	keys q
	wait_screen 'lacks over && shows Stopped'
	# The shell's own editing modes are its own: a child sees what it would have seen.
	keys 'stty -a >after; : >over' Enter
	wait_screen '[ -e over ]'
	diff before after
}

@test "no terminal" {
	make_tree
	fails 1 'standard output is no terminal' top --root "$TREE"
	terminal 80x24 "exec '$RDTSTAT' top --root '$TREE' </dev/null"
	wait_screen '[ -e over ]'
	[ "$(cat status)" -eq 1 ]
	grep -q 'standard input is no terminal' errors
}

@test "a terminal that cannot, or is not known" {
	make_tree
	while IFS='|' read -r setting message; do
		rm -f over
		terminal 80x24 "exec env $setting '$RDTSTAT' top --root '$TREE'"
		wait_screen '[ -e over ]'
		cat errors
		[ "$(cat status)" -eq 1 ]
		grep -qF "$message" errors
		diff before after
		mux kill-server
		wait_for '! mux has-session'
	done <<-'END'
		TERM=dumb|the terminal 'dumb' cannot place its cursor
		TERM=no-such-terminal|the terminal 'no-such-terminal' is not known
		-u TERM|TERM is not set
	END
}

@test "colour, and none" {
	start_groups
	ctl status web mon_L3_01 mbm_total_bytes unavailable
	top 100x20 --root "$SIM"
	wait_screen "screen -e | grep -q \$'\\e\\[3[0-8]m'"
	keys q
	ended 0
	mux kill-server
	wait_for '! mux has-session'
	rm over
	environment='env NO_COLOR=1' top 100x20 --root "$SIM"
	see '█'
	screen -e >coloured
	# 39 and 49 are the terminal's own.
	run ! grep -E $'\e\[([0-9]*;)*[349][0-8]m' coloured
}

@test "a terminal without UTF-8 gets ASCII" {
	start_groups
	mkdir "$SIM/é"
	locale=C top 100x20 --root "$SIM"
	wait_screen 'shows "###"'
	screen
	see 'mbm_total/sv'
	see '\xc3\xa9'
	keys h
	wait_screen "shows 'this help'"
	screen >help
	keys x
	wait_screen 'shows "###"'
	screen >>help
	LC_ALL=C run ! grep -P '[^\x00-\x7f]' help
}

@test "no raw byte of a name" {
	make_tree
	make_group "$TREE/"$'x\e[31m\ny\xff\xe2\x80\xae' CTRL_MON
	make_group "$TREE/"$'日本' CTRL_MON
	top 100x20 --root "$TREE"
	wait_screen 'shows "x\x1b[31m\ny\xff\xe2\x80\xae "'
	see '日本 '
	screen -e >raw
	LC_ALL=C run ! grep -P '\xff|\xe2\x80\xae|\e\[31m\\n' raw
	# And the filter finds it by what is seen.
	keys / 'x1b' Enter
	wait_screen "lacks 日本"
	see 'x\x1b'
}

@test "what cannot be read is told on the screen, and behind it on stderr" {
	make_tree
	echo junk >"$TREE/g1/mon_data/mon_L3_00/llc_occupancy"
	top 120x20 --root "$TREE" --per-domain
	wait_screen "shows 'holds no value'"
	see '- malformed'
	keys q
	ended 1
	[ "$(grep -c 'holds no value' errors)" -eq 1 ]
}

@test "named groups and events" {
	start_groups
	top 100x20 --root "$SIM" -g web -e mbm_total_bytes
	wait_screen '[ "$(names)" = "web " ]'
	lacks llc_occupancy
	# It is held: gone is gone.
	rmdir "$SIM/web"
	wait_screen "shows '- gone'"
}

@test "types and units" {
	start_groups
	top 100x20 --root "$SIM" --type mon --si -d -e mbm_total_bytes
	wait_screen '[ "$(names)" = "web/mon_groups/api web/mon_groups/api " ]'
	see_line ' 5[0-9][0-9]\.[0-9] MB/s| 4[0-9][0-9]\.[0-9] MB/s'
	keys q
	ended 0
	mux kill-server
	wait_for '! mux has-session'
	rm over
	top 100x20 --root "$SIM" --type ctrl --si --iec
	wait_screen '[ "$(names)" = "web batch / " ]'
	see_line ' [0-9.]+ GiB/s'
}

@test "usage" {
	make_tree
	for delay in 0 -1 1s x ''; do
		fails 2 "--delay '$delay'" top --root "$TREE" --delay "$delay"
	done
	fails 2 "top: unexpected argument '1'" top --root "$TREE" 1
	fails 2 'top: option --json' top --json
	fails 1 "event 'nope': no group has it" top --root "$TREE" -e nope
	fails 1 '--sort nope: neither an event that is shown nor group' top --root "$TREE" --sort nope
	fails 1 '--sort domain: neither' top --root "$TREE" --sort domain
	# The events that are not shown are no columns.
	fails 1 '--sort mbm_total_bytes: neither' top --root "$TREE" -e llc_occupancy --sort mbm_total_bytes
}
