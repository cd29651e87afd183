#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What rdtstat says where the kernel's resctrl is not simply mounted. RESCTRL is where it should be.

bats_require_minimum_version 1.5.0

teardown()
{
	mountpoint -q "$RESCTRL" || mount -t resctrl -o debug resctrl "$RESCTRL"
}

@test "not mounted" {
	umount "$RESCTRL"
	run -1 rdtstat 0.2 1
	[[ $output == *"not mounted"* && $output == *"mount -t resctrl resctrl"* ]]
	run -0 rdtstat info
	[[ $output == *"not mounted"* ]]
	run -1 setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all -- rdtstat 0.2 1
	[[ $output == *CAP_SYS_ADMIN* ]]
}

@test "mounted in another mount namespace" {
	run -1 unshare --mount sh -c 'umount "$RESCTRL" && rdtstat 0.2 1'
	[[ $output == *"mount namespace"* && $output == *nsenter* ]]
}

@test "only a group is mounted here" {
	mkdir "$RESCTRL/web" /tmp/web
	run -1 unshare --mount sh -c 'mount --bind "$RESCTRL/web" /tmp/web && umount "$RESCTRL" && rdtstat 0.2 1'
	rmdir "$RESCTRL/web" /tmp/web
	[[ $output == *"below its root"* && $output == *nsenter* ]]
}

@test "mounted elsewhere, and found" {
	umount "$RESCTRL"
	mkdir "/tmp/a b"
	mount -t resctrl resctrl "/tmp/a b"
	run rdtstat info
	umount "/tmp/a b"
	rmdir "/tmp/a b"
	[ "$status" -eq 0 ]
	[[ $output == *"/tmp/a b"* ]]
}

@test "lazily unmounted under a running rdtstat, then mounted afresh" {
	mkdir "$RESCTRL/web"
	rdtstat --json 0.2 8 >"$BATS_TEST_TMPDIR/out" &
	pid=$!
	until [ -s "$BATS_TEST_TMPDIR/out" ]; do sleep 0.05; done
	umount --lazy "$RESCTRL"
	# As long as rdtstat has it open, it lives, and there can be no other.
	run mount -t resctrl -o debug resctrl "$RESCTRL"
	busy=$status
	wait $pid
	[ "$busy" -ne 0 ]
	tail -n 1 "$BATS_TEST_TMPDIR/out" | jq -e '.groups[] | select(.path == "web") | .status == "ok"'
	mount -t resctrl -o debug resctrl "$RESCTRL"
	[ ! -e "$RESCTRL/web" ]
}
