#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rdtstat on a kernel with the perf PMU of kernel/patches. RESCTRL is where resctrl is mounted.

bats_require_minimum_version 1.5.0

values()
{
	printf '%s\n' "$output" | jq -er '.findings[] | select(.about == "values") | .level, .text, .remedy'
}

@test "info tells that values are read by perf events" {
	run -0 --separate-stderr rdtstat info --json
	run -0 values
	[ "${lines[0]}" = ok ]
	[[ ${lines[1]} == *'read by perf events (PMU resctrl)'* ]]
}

@test "info tells that perf events are not permitted, and what to do about it" {
	run -0 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
		"$(command -v rdtstat)" info --json
	run -0 values
	[ "${lines[0]}" = note ]
	[[ ${lines[1]} == 0\ of\ *': Permission denied' ]]
	[[ ${lines[2]} == *CAP_PERFMON* ]]
}
