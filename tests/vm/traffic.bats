#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Traffic follows the running tasks here (kernel/sim): a task that moves takes its bandwidth along.

bats_require_minimum_version 1.5.0

setup()
{
	mkdir "$RESCTRL/mon_groups/busy"
	sh -c 'while :; do :; done' &
	spinner=$!
}

teardown()
{
	kill $spinner
	rmdir "$RESCTRL/mon_groups/busy"
}

# Bytes per second of the group busy in all domains.
rate()
{
	rdtstat --json -g mon_groups/busy -e mbm_total_bytes 0.5 1 | tail -n 1 |
		jq '[.groups[0].totals[].rate] | add | floor'
}

@test "a group without a task has no traffic, with a running one it has" {
	[ "$(rate)" -eq 0 ]
	echo $spinner >"$RESCTRL/mon_groups/busy/tasks"
	[ "$(rate)" -gt 1000000 ]
	echo $spinner >"$RESCTRL/tasks"
	# What it had before it was moved may still be in this interval.
	rate
	[ "$(rate)" -eq 0 ]
}
