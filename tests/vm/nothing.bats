#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine whose CPU has nothing for resctrl.

bats_require_minimum_version 1.5.0

@test "it is said that the CPU does not support it" {
	run -1 rdtstat 0.2 1
	[[ $output == *"not supported by the CPU"* ]]
	run -0 rdtstat info
	[[ $output == *"not supported by the CPU"* ]]
	run -0 rdtstat info --json
	printf '%s\n' "$output" | jq -e .
}
