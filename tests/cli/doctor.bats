# SPDX-License-Identifier: GPL-2.0-or-later
# What rdtstat info finds, and what rdtstat capture packs.

load common

teardown() {
	clean_up
}

# Another system's files, in $SYS: make_system FLAGS COMMAND_LINE CONFIG_LINE...
make_system() {
	SYS=$BATS_TEST_TMPDIR/sys
	mkdir -p "$SYS/proc/sys/kernel" "$SYS/boot"
	echo 7.3.4-test >"$SYS/proc/sys/kernel/osrelease"
	printf 'processor\t: 0\nflags\t\t: fpu %s\n' "$1" >"$SYS/proc/cpuinfo"
	echo "quiet $2" >"$SYS/proc/cmdline"
	shift 2
	printf '%s\n' CONFIG_64BIT=y "$@" >"$SYS/boot/config-7.3.4-test"
}

# A finding of info: finding ABOUT LEVEL TEXT REMEDY, the last two as parts; info's JSON is on stdin.
finding() {
	jq -ce --arg about "$1" --arg level "$2" --arg text "$3" --arg remedy "$4" \
		'.findings[] | select(.about == $about and .level == $level)
		 | select((.text | contains($text)) and (.remedy | contains($remedy)))'
}

with_tree() {
	make_tree
	mkdir -p "$SYS/sys/fs"
	mv "$TREE" "$SYS/sys/fs/resctrl"
}

@test "a kernel without resctrl" {
	make_system 'cqm cqm_occup_llc cat_l3 rdt_a' '' CONFIG_X86_CPU_RESCTRL_INTEL_AET=y
	"$RDTSTAT" info --json --sysroot "$SYS" >"$BATS_TEST_TMPDIR/info"
	finding kernel problem 'without CONFIG_X86_CPU_RESCTRL' 'CONFIG_X86_CPU_RESCTRL=y' <"$BATS_TEST_TMPDIR/info"
	finding CPU ok 'cqm_occup_llc cat_l3 rdt_a' '' <"$BATS_TEST_TMPDIR/info"
	jq -e '.kernel.release == "7.3.4-test" and .kernel.config.X86_CPU_RESCTRL == null' "$BATS_TEST_TMPDIR/info"
}

@test "a configuration that cannot be read, and one that is compressed" {
	make_system cqm_occup_llc '' CONFIG_X86_CPU_RESCTRL=y
	"$RDTSTAT" info --json --sysroot "$SYS" | finding kernel ok 'CONFIG_X86_CPU_RESCTRL=y (/boot/config-7.3.4-test)' ''
	gzip -c "$SYS/boot/config-7.3.4-test" >"$SYS/proc/config.gz"
	"$RDTSTAT" info --json --sysroot "$SYS" | finding kernel ok '(/proc/config.gz)' ''
	rm "$SYS/boot/config-7.3.4-test" "$SYS/proc/config.gz"
	"$RDTSTAT" info --json --sysroot "$SYS" | finding kernel unknown 'cannot be read' 'CONFIG_X86_CPU_RESCTRL'
}

@test "a CPU without anything, and Arm's, which cannot be asked" {
	make_system '' ''
	"$RDTSTAT" info --json --sysroot "$SYS" | finding CPU problem 'names no monitoring' 'hypervisor'
	printf 'processor\t: 0\nCPU implementer\t: 0x41\n' >"$SYS/proc/cpuinfo"
	"$RDTSTAT" info --json --sysroot "$SYS" >"$BATS_TEST_TMPDIR/info"
	finding CPU problem 'no ACPI table MPAM' 'firmware' <"$BATS_TEST_TMPDIR/info"
	finding kernel problem 'without CONFIG_ARM64_MPAM_DRIVER' '' <"$BATS_TEST_TMPDIR/info"
	mkdir -p "$SYS/sys/firmware/acpi/tables"
	: >"$SYS/sys/firmware/acpi/tables/MPAM"
	echo arm64.nompam >"$SYS/proc/cmdline"
	"$RDTSTAT" info --json --sysroot "$SYS" >"$BATS_TEST_TMPDIR/info"
	finding CPU ok 'firmware describes MPAM' '' <"$BATS_TEST_TMPDIR/info"
	finding 'command line' problem arm64.nompam 'boot without' <"$BATS_TEST_TMPDIR/info"
}

@test "what the CPU has and resctrl lacks, by rdt= or otherwise" {
	make_system 'cqm_occup_llc cqm_mbm_total cat_l3 mba' 'rdt=!cmt,!mba rdt=cmt' CONFIG_X86_CPU_RESCTRL=y
	with_tree
	echo mbm_total_bytes >"$SYS/sys/fs/resctrl/info/L3_MON/mon_features"
	"$RDTSTAT" info --json --sysroot "$SYS" >"$BATS_TEST_TMPDIR/info"
	finding 'command line' problem 'rdt=!mba' 'boot without' <"$BATS_TEST_TMPDIR/info"
	# The later word counts.
	finding kernel problem llc_occupancy 'dmesg' <"$BATS_TEST_TMPDIR/info"
	run ! finding kernel problem mbm_total_bytes '' <"$BATS_TEST_TMPDIR/info"
	run ! finding kernel problem 'L3 cache' '' <"$BATS_TEST_TMPDIR/info"
	# No llc_occupancy, no limbo.
	finding RMIDs ok 'none can be in limbo' '' <"$BATS_TEST_TMPDIR/info"
}

@test "RMIDs and CLOSIDs, used and left" {
	make_tree
	"$RDTSTAT" info --json --root "$TREE" |
		jq -e '.rmids == {total: 176, used: 4, limbo_possible: true} and .closids == {total: 16, used: 2}'
	echo pseudo-locked >"$TREE/g1/mode"
	rm -r "$TREE/g1/mon_groups/m1"
	"$RDTSTAT" info --json --root "$TREE" | jq -e '.rmids.used == 2 and .closids.used == 1'
	echo shareable >"$TREE/g1/mode"
	echo 2 >"$TREE/info/L3/num_closids"
	echo 3 >"$TREE/info/L3_MON/num_rmids"
	"$RDTSTAT" info --json --root "$TREE" >"$BATS_TEST_TMPDIR/info"
	finding RMIDs problem 'all 3 are used' 'remove groups' <"$BATS_TEST_TMPDIR/info"
	finding CLOSIDs note 'no CTRL_MON group' 'MON groups' <"$BATS_TEST_TMPDIR/info"
	run -0 "$RDTSTAT" info --root "$TREE"
	[[ $output == *'what to do: remove groups'* ]]
}

@test "on a terminal findings end where a line does, elsewhere they are one line each" {
	type script || skip 'no script(1)'
	make_tree
	echo 65536 >"$TREE/info/L3_MON/max_threshold_occupancy"
	"$RDTSTAT" info --root "$TREE" >"$BATS_TEST_TMPDIR/out"
	grep -E '^ +what to do: if making a group fails .*\(now 65536 bytes\)$' "$BATS_TEST_TMPDIR/out"
	script -qec "stty cols 60; $RDTSTAT info --root $TREE" /dev/null </dev/null | tr -d '\r' |
		sed -n '/^EXAMINED/,/^$/p' >"$BATS_TEST_TMPDIR/shown"
	cat "$BATS_TEST_TMPDIR/shown"
	[ "$(wc -L <"$BATS_TEST_TMPDIR/shown")" -le 60 ]
	# But for the line ends it is the same text.
	diff <(sed -n '/^EXAMINED/,/^$/p' "$BATS_TEST_TMPDIR/out" | xargs) <(xargs <"$BATS_TEST_TMPDIR/shown")
	# A threshold that is not there is not told.
	rm "$TREE/info/L3_MON/max_threshold_occupancy"
	"$RDTSTAT" info --root "$TREE" | grep -E 'raise info/L3_MON/max_threshold_occupancy$'
}

@test "groups without a counter" {
	start_sim --scenario amd-abmc
	"$RDTSTAT" info --json --root "$SIM" | finding counters ok 'every group' ''
	mkdir "$SIM/web"
	echo 'mbm_total_bytes:1=_' >"$SIM/web/mbm_L3_assignments"
	"$RDTSTAT" info --json --root "$SIM" >"$BATS_TEST_TMPDIR/info"
	jq -e '.counters == {mode: "mbm_event", missing: [{group: "web", event: "mbm_total_bytes", domain: "1"}]}' \
		"$BATS_TEST_TMPDIR/info"
	finding counters note '1 of 2 groups' 'EVENT:DOMAIN=e' <"$BATS_TEST_TMPDIR/info"
	echo default >"$SIM/info/L3_MON/mbm_assign_mode"
	"$RDTSTAT" info --json --root "$SIM" | finding counters note 'though there is mbm_event' 'echo mbm_event'
}

@test "a control group that has used up its PMGs on Arm" {
	start_sim --scenario arm
	"$RDTSTAT" info --json --root "$SIM" >"$BATS_TEST_TMPDIR/info"
	finding RMIDs ok 'PARTIDs with 4 PMGs' '' <"$BATS_TEST_TMPDIR/info"
	run ! finding RMIDs note '' '' <"$BATS_TEST_TMPDIR/info"
	mkdir "$SIM/mon_groups/a" "$SIM/mon_groups/b" "$SIM/mon_groups/c"
	"$RDTSTAT" info --json --root "$SIM" | finding RMIDs note '/ has no PMG left' 'remove a MON group'
}

@test "no raw byte of a name in what info says" {
	start_sim --scenario amd-abmc
	mkdir "$SIM/"$'x\e[31m'
	echo 'mbm_total_bytes:1=_' >"$SIM/"$'x\e[31m/mbm_L3_assignments'
	for form in '' --json; do
		"$RDTSTAT" info $form --root "$SIM" >"$BATS_TEST_TMPDIR/info"
		grep -F 'x\x1b[31m' "$BATS_TEST_TMPDIR/info" || grep -F 'x\\x1b[31m' "$BATS_TEST_TMPDIR/info"
		run ! grep -q $'\e' "$BATS_TEST_TMPDIR/info"
	done
}

@test "who holds the lock" {
	make_tree
	"$RDTSTAT" info --json --root "$TREE" | jq -e '.lock == []'
	flock "$TREE" "$RDTSTAT" info --json --root "$TREE" |
		jq -e '.lock | length == 1 and .[0].command == "flock" and .[0].exclusive and (.[0].waits | not)'
	flock --shared "$TREE" "$RDTSTAT" info --json --root "$TREE" | finding lock note 'shared lock' 'end that process'
}

# A captured tree with names, in $TAR: capture ARG...
capture() {
	make_tree
	mv "$TREE/g1" "$TREE/secret"
	mv "$TREE/mon_groups/m0" "$TREE/mon_groups/secret"
	printf '%s\n' 987654321 987654322 987654323 >"$TREE/secret/tasks"
	echo 'Task search for pid 987654321 failed' >"$TREE/info/last_cmd_status"
	chmod 0600 "$TREE/secret/schemata"
	TAR=$BATS_TEST_TMPDIR/capture.tar
	"$RDTSTAT" capture --root "$TREE" -o "$TAR" "$@"
	mkdir "$BATS_TEST_TMPDIR/unpacked"
	tar -xpf "$TAR" -C "$BATS_TEST_TMPDIR/unpacked"
	COPY=$BATS_TEST_TMPDIR/unpacked/sys/fs/resctrl
}

@test "a capture is read back" {
	capture
	for command in list 'list --json' 'info --json'; do
		diff <("$RDTSTAT" $command --root "$TREE" | sed -E 's/"inode":[0-9]+//g') \
			<("$RDTSTAT" $command --root "$COPY" | sed -E "s|$COPY|$TREE|g; s/\"inode\":[0-9]+//g")
	done
	"$RDTSTAT" --json --root "$COPY" 0.1 1 | total secret llc_occupancy | jq -e '.value == 2097152'
	"$RDTSTAT" info --sysroot "$BATS_TEST_TMPDIR/unpacked" | grep 'L3: 176 RMIDs'
	[ "$(stat -c %a "$COPY/secret/schemata")" = 600 ]
	jq -e '.capture == 1 and (.names_hidden | not)' \
		"$BATS_TEST_TMPDIR/unpacked/capture.json"
	jq -e '.entries[] | select(.path == "sys/fs/resctrl/secret/tasks") | .tasks == 3 and .type == "file"' \
		"$BATS_TEST_TMPDIR/unpacked/capture.json"
}

@test "no thread id is in a capture, and no name that is to be hidden" {
	capture
	# Numbers that are no inode's, size or time by chance.
	run ! grep -a 98765432 "$TAR"
	grep -a 'Task search for pid NNNNNNNNN failed' "$TAR"
	grep -aq secret "$TAR"
	rm -r "$BATS_TEST_TMPDIR/unpacked"
	"$RDTSTAT" capture --root "$TREE" --hide-names -o "$TAR"
	run ! grep -a secret "$TAR"
	mkdir "$BATS_TEST_TMPDIR/unpacked"
	tar -xf "$TAR" -C "$BATS_TEST_TMPDIR/unpacked"
	# The same name has the same stand-in.
	"$RDTSTAT" list --json --root "$COPY" |
		jq -e '([.groups[].path] | sort) == (["/", "mon_groups/hidden1", "hidden1", "hidden1/mon_groups/hidden2"] | sort)'
}

@test "a capture replaces the file when it is whole, or not at all" {
	make_tree
	TAR=$BATS_TEST_TMPDIR/out/capture.tar.gz
	mkdir "$BATS_TEST_TMPDIR/out"
	echo old >"$TAR"
	chmod 0640 "$TAR"
	run -1 "$RDTSTAT" capture --root "$BATS_TEST_TMPDIR/nothing" -o "$TAR"
	[ "$(cat "$TAR")" = old ]
	run -0 "$RDTSTAT" capture --root "$TREE" --output "$TAR"
	gzip -t "$TAR"
	[ "$(stat -c %a "$TAR")" = 640 ]
	run -1 bash -c "ulimit -f 1; trap '' XFSZ; '$RDTSTAT' capture --root '$TREE' -o '$TAR.plain'"
	[[ $output == *'File too large'* ]]
	[ "$(ls "$BATS_TEST_TMPDIR/out")" = capture.tar.gz ]
	run -1 "$RDTSTAT" capture --root "$TREE" -o "$BATS_TEST_TMPDIR/no/such"
	[[ $output == *"$BATS_TEST_TMPDIR/no/such: No such file or directory"* ]]
}

@test "a capture through a symbolic link" {
	make_tree
	mkdir "$BATS_TEST_TMPDIR/out"
	TAR=$BATS_TEST_TMPDIR/out/capture.tar
	ln -s out/capture.tar "$BATS_TEST_TMPDIR/link"
	echo old >"$TAR"
	"$RDTSTAT" capture --root "$TREE" -o "$BATS_TEST_TMPDIR/link"
	[ -L "$BATS_TEST_TMPDIR/link" ]
	tar -tf "$TAR" | grep -x capture.json
	[ "$(ls "$BATS_TEST_TMPDIR/out")" = capture.tar ]
	ln -s /proc/self/fd/1 "$BATS_TEST_TMPDIR/mystdout"
	"$RDTSTAT" capture --root "$TREE" -o "$BATS_TEST_TMPDIR/mystdout" >"$TAR"
	[ -L "$BATS_TEST_TMPDIR/mystdout" ]
	tar -tf "$TAR" | grep -x capture.json
	fails 2 'name of the file is empty' capture --root "$TREE" -o ''
}

@test "a capture to standard output, but not to a terminal" {
	make_tree
	"$RDTSTAT" capture --root "$TREE" | tar -t | grep -x sys/fs/resctrl/g1/mon_groups/m1/tasks
	run -1 bash -c "'$RDTSTAT' capture --root '$TREE' >/dev/full"
	[[ $output == *'standard output: No space left on device'* ]]
	run script -qec "'$RDTSTAT' capture --root '$TREE'" /dev/null
	[ "$status" -eq 2 ]
	[[ $output == *'not to a terminal'* ]]
}

@test "names of any bytes, pipes and deep directories in a capture" {
	make_tree
	make_group "$TREE/$(printf 'a\nb\377 c')" CTRL_MON
	make_group "$TREE/$(printf '%0200d' 7)" CTRL_MON
	mkfifo "$TREE/g1/pipe"
	mkdir -p "$TREE/info/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20"
	run -1 --separate-stderr timeout 60 "$RDTSTAT" capture --root "$TREE" -o "$BATS_TEST_TMPDIR/a.tar"
	[[ $stderr == *'1 files or directories could not be read'* ]]
	mkdir "$BATS_TEST_TMPDIR/unpacked"
	tar -xf "$BATS_TEST_TMPDIR/a.tar" -C "$BATS_TEST_TMPDIR/unpacked"
	[ -e "$BATS_TEST_TMPDIR/unpacked/sys/fs/resctrl/$(printf 'a\nb\377 c')/tasks" ]
	[ -e "$BATS_TEST_TMPDIR/unpacked/sys/fs/resctrl/$(printf '%0200d' 7)/tasks" ]
	jq -e '.entries[] | select(.path == "sys/fs/resctrl/g1/pipe") | .error == "EINVAL"' \
		"$BATS_TEST_TMPDIR/unpacked/capture.json"
}

@test "the JSON of info follows its schema" {
	need_schemas
	"$RDTSTAT" info --json | valid_json rdtstat-info
	make_system 'cqm_occup_llc mba' 'rdt=!mba' CONFIG_X86_CPU_RESCTRL=y
	"$RDTSTAT" info --json --sysroot "$SYS" | valid_json rdtstat-info
	with_tree
	flock "$SYS/sys/fs/resctrl" "$RDTSTAT" info --json --sysroot "$SYS" | valid_json rdtstat-info
	start_sim --scenario amd-abmc
	mkdir "$SIM/web"
	echo 'mbm_total_bytes:1=_' >"$SIM/web/mbm_L3_assignments"
	"$RDTSTAT" info --json --root "$SIM" | valid_json rdtstat-info
	# It does tell right from wrong.
	run ! valid_json rdtstat-info <<<'{"findings": []}'
}
