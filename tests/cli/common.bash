# SPDX-License-Identifier: GPL-2.0-or-later
#
# For all tests of rdtstat. RDTSTAT and RDTSIM are the programs, SCHEMAS is the directory docs/; meson sets them.

bats_require_minimum_version 1.5.0
load ../wait

export LC_ALL=C.UTF-8

# A group as a captured tree has it: make_group DIR CTRL_MON|MON
make_group() {
	local domain

	mkdir -p "$1"
	: >"$1/tasks"
	for domain in mon_L3_00 mon_L3_01; do
		mkdir -p "$1/mon_data/$domain"
		echo 1048576 >"$1/mon_data/$domain/llc_occupancy"
		echo 4000 >"$1/mon_data/$domain/mbm_local_bytes"
		echo 9000 >"$1/mon_data/$domain/mbm_total_bytes"
	done
	[ "$2" = MON ] && return
	mkdir -p "$1/mon_groups"
	echo shareable >"$1/mode"
	echo 'L3:0=fff;1=fff' >"$1/schemata"
}

# A tree of files in the shape of resctrl, in $TREE: it stands still.
make_tree() {
	TREE=$BATS_TEST_TMPDIR/tree
	make_group "$TREE" CTRL_MON
	make_group "$TREE/g1" CTRL_MON
	make_group "$TREE/g1/mon_groups/m1" MON
	make_group "$TREE/mon_groups/m0" MON
	mkdir -p "$TREE/info/L3" "$TREE/info/L3_MON"
	echo ok >"$TREE/info/last_cmd_status"
	echo 16 >"$TREE/info/L3/num_closids"
	echo 176 >"$TREE/info/L3_MON/num_rmids"
	printf 'llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n' >"$TREE/info/L3_MON/mon_features"
}

# A simulator of its own for each test, at $SIM: start_sim [OPTION...]
start_sim() {
	[ -n "$RDTSIM" ] || skip 'built without rdtsim'
	[ -r /dev/fuse ] && [ -w /dev/fuse ] || skip '/dev/fuse cannot be opened'
	SIM=$BATS_TEST_TMPDIR/sim
	mkdir "$SIM"
	"$RDTSIM" mount --pid-file "$BATS_TEST_TMPDIR/sim.pid" "$@" "$SIM" 3>&-
}

stop_sim() {
	[ -n "$SIM" ] || return 0
	# A simulator that has crashed leaves its mount behind.
	"$RDTSIM" ctl "$SIM" exit || umount -l "$SIM"
	wait_for '! mountpoint -q "$SIM"'
}

ctl() {
	"$RDTSIM" ctl "$SIM" "$@"
}

# rdtstat in the background, its reports in $REPORTS: start_rdtstat ARG...
start_rdtstat() {
	REPORTS=$BATS_TEST_TMPDIR/reports
	ERRORS=$BATS_TEST_TMPDIR/errors
	# A shell makes background jobs deaf to SIGINT.
	env --default-signal=INT "$RDTSTAT" "$@" >"$REPORTS" 2>"$ERRORS" 3>&- &
	RDTSTAT_PID=$!
}

# The number of whole lines so far.
reports() {
	wc -l <"$REPORTS"
}

# Wait for as many more reports (JSON: lines).
wait_reports() {
	wait_for "[ \$(reports) -ge $(($(reports) + $1)) ]"
}

# End it in order; the test fails if it does not end so.
stop_rdtstat() {
	kill -INT "$RDTSTAT_PID"
	wait "$RDTSTAT_PID"
	RDTSTAT_PID=
}

# Does rdtstat handle SIGTERM? Before it is that, the process is a shell, which does so, too.
caught() {
	[ "$(cat "/proc/$1/comm")" = rdtstat ] && [ $((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status") >> 14 & 1)) -eq 1 ]
}

# How many calls of read(2) and its kin rdtstat has made.
reads_made() {
	sed -n 's/^syscr: //p' "/proc/$RDTSTAT_PID/io"
}

# Debian's modules are those of its own Python.
python() {
	/usr/bin/python3 "$@"
}

need_schemas() {
	python -c 'import jsonschema' 2>/dev/null || skip 'no python3-jsonschema'
}

# Is each line on stdin as docs/NAME.schema.json says? valid_json NAME. 1.0 is no integer here.
valid_json() {
	python - "$SCHEMAS/$1.schema.json" 3<&0 <<-'END'
		import decimal, json, os, sys
		import jsonschema
		schema = json.load(open(sys.argv[1], encoding="utf-8"))
		kind = jsonschema.validators.validator_for(schema)
		kind.check_schema(schema)
		lines = os.fdopen(3, encoding="utf-8").readlines()
		for line in lines:
		    kind(schema).validate(json.loads(line, parse_float=decimal.Decimal))
		sys.exit(not lines)
	END
}

# For teardown: nothing may be left behind, whatever the test did.
clean_up() {
	[ -z "$RDTSTAT_PID" ] || kill -KILL "$RDTSTAT_PID" 2>/dev/null || :
	stop_sim
}

# The event of a group in a report on stdin: total GROUP EVENT, as a JSON object.
total() {
	jq -ce --arg group "$1" --arg event "$2" \
		'.groups[] | select(.path == $group) | .totals[] | select(.event == $event)'
}

# The same of one domain: domain GROUP DOMAIN EVENT
domain() {
	jq -ce --arg group "$1" --arg domain "$2" --arg event "$3" \
		'.groups[] | select(.path == $group) | .domains[] | select(.path == $domain)
		 | .events[] | select(.event == $event)'
}

# fails STATUS TEXT ARG...: rdtstat ends with this status, says TEXT on stderr and nothing on stdout.
fails() {
	local status_wanted=$1 text=$2

	shift 2
	run --separate-stderr timeout 60 "$RDTSTAT" "$@"
	echo "status $status, stdout: $output, stderr: $stderr"
	[ "$status" -eq "$status_wanted" ]
	[ -z "$output" ]
	[[ $stderr == *"$text"* ]]
	[[ $stderr == "rdtstat: "* ]]
}
