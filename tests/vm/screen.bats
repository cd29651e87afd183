#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rdtstat top on the kernel's resctrl, in a terminal, that of tmux. RESCTRL is where it is mounted.

bats_require_minimum_version 1.5.0
load ../wait
# A guest is slow.
WAIT_SECONDS=120

setup()
{
	command -v tmux >/dev/null || skip 'there is no tmux'
	# For its socket.
	TMUX_TMPDIR=$(mktemp -d)
	export TMUX_TMPDIR LC_ALL=C.UTF-8
	unset TMUX NO_COLOR
	cd "$BATS_TEST_TMPDIR"
	mkdir "$RESCTRL/web" "$RESCTRL/web/mon_groups/api" "$RESCTRL/mon_groups/jobs"
}

teardown()
{
	[ -z "$TMUX_TMPDIR" ] || {
		mux kill-server || :
		rm -rf "$TMUX_TMPDIR"
	}
	rmdir "$RESCTRL"/*/mon_groups/* "$RESCTRL"/mon_groups/* "$RESCTRL"/* 2>/dev/null || :
}

mux()
{
	tmux -f /dev/null "$@" 2>/dev/null
}

screen()
{
	mux capture-pane -p
}

see()
{
	wait_screen "screen | grep -qE -e $(printf %q "$1")"
}

# Rows of all groups, as one line.
names()
{
	screen | sed -n '3,$p' | awk 'NF && !/q quit/ { printf "%s ", $1 }'
}

# top ARG...: it runs, on 120x20, and has its first numbers.
top()
{
	cat >session <<-END
		export TERM=screen-256color
		stty -a >before
		( echo \$BASHPID >pid; exec $prefix rdtstat top --delay 0.5 $* ) 2>errors
		echo \$? >status
		stty -a >after
		: >over
		exec sleep 1000
	END
	mux new-session -d -x 120 -y 20 "bash --norc --noprofile session" 3>&-
	wait_screen 'screen | grep -q over'
}

# It has ended with this status, quietly, and the terminal is as it was.
ended()
{
	wait_screen '[ -e over ]'
	cat errors
	[ "$(cat status)" -eq "$1" ]
	[ ! -s errors ]
	diff before after
}

@test "the kernel's groups, their traffic, and what becomes of them" {
	top --sort group
	wait_screen '[ "$(names)" = "/ mon_groups/jobs web web/mon_groups/api " ]'
	screen
	# It is no simulator.
	[[ $(screen | head -n1) != *'not resctrl'* && $(screen | head -n1) == *"$RESCTRL"* ]]
	# The simulated hardware moves some MiB/s for each RMID and domain.
	see '^web/mon_groups/api .* [0-9.]+ [MG]iB/s'
	rmdir "$RESCTRL/mon_groups/jobs"
	mkdir "$RESCTRL/batch"
	wait_screen '[ "$(names)" = "/ batch web web/mon_groups/api " ]'
	mux send-keys t
	wait_screen '[ "$(names)" = "/ batch web api " ]'
	mux send-keys q
	ended 0
}

@test "a domain that goes offline, and comes back" {
	# All CPUs of one L3 cache, unless the first one is among them.
	cpus=$(sed -n '$p' <<<"$(cat /sys/devices/system/cpu/cpu*/cache/index3/shared_cpu_list | sort -u)")
	[[ $cpus != 0* ]] || skip 'there is one domain'
	top --per-domain -e llc_occupancy -g web
	wait_screen '[ "$(screen | grep -c "^web .*[0-9] [KMG]\\?i\\?B")" -ge 2 ]'
	for cpu in $(seq "${cpus%-*}" "${cpus#*-}"); do
		echo 0 >"/sys/devices/system/cpu/cpu$cpu/online"
	done
	see '^web +mon_L3_[0-9]+ +- offline'
	for cpu in $(seq "${cpus%-*}" "${cpus#*-}"); do
		echo 1 >"/sys/devices/system/cpu/cpu$cpu/online"
	done
	wait_screen '! screen | grep -q offline'
	mux send-keys q
	ended 0
}

@test "without root, and ended by a signal" {
	prefix='setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --' top
	see '^web/mon_groups/api .*iB'
	kill -TERM "$(cat pid)"
	ended 0
}
