#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in a guest: all tests of the PMU.

set -u
read -r seconds stress_seconds <./seconds
status=0
width=32
case $GUEST_CONFIG in
amd*) width=44 ;;
esac
resctrl=/sys/fs/resctrl
sim=/sys/kernel/debug/rdt_sim

# Each program counts from 1.
if [ ! -e /sys/bus/event_source/devices/resctrl/events/llc_occupancy ]; then
	./reuse "$seconds"
	exit
fi
./contract || status=1
./values "$seconds" $width || status=1
./nested || status=1
./locked "$seconds" || status=1

# agrees EVENT CPUS FILE...: what perf(1) counts is the sum of what the files show.
agrees()
{
	event=$1
	cpus=$2
	shift 2
	# shellcheck disable=SC2086,SC2094 # an option is words; a directory
	came=$(perf stat -x, $cpus -e "resctrl/$event,group=9/" -- sleep 0.1 2>&1 9<$resctrl/p |
		sed -n 's/,.*//p')
	expected=$(awk '{ sum += $1 } END { printf "%.0f\n", sum }' "$@")
	if [ "$came" = "$expected" ]; then
		echo "ok - perf stat $cpus and ${event%%,*}: $came"
	else
		echo "not ok - perf stat $cpus and ${event%%,*}: $came, not $expected"
		status=1
	fi
}

echo 1 >$sim/freeze
mkdir $resctrl/p
rmid=$(cat $resctrl/p/mon_hw_id)
for event in 1 2 3; do
	echo "-1 $rmid $event $((1000 + event))" >$sim/set
done
data=$resctrl/p/mon_data
first=$data/mon_L3_00
[ ! -d $first/mon_sub_L3_00 ] || first=$first/mon_sub_L3_00
agrees llc_occupancy '-C 0' $first/llc_occupancy
agrees mbm_total_bytes,absolute=1 '-C 0' $first/mbm_total_bytes
agrees llc_occupancy -a $data/mon_L3_*/llc_occupancy
agrees mbm_local_bytes,absolute=1 -a $data/mon_L3_*/mbm_local_bytes
# One that is not absolute counts what comes while the command runs.
# shellcheck disable=SC2094 # a directory
came=$(perf stat -x, -C 0 -e "resctrl/mbm_total_bytes,group=9/" -- \
	sh -c "echo '-1 $rmid 2 2002' >$sim/set" 2>&1 9<$resctrl/p | sed -n 's/,.*//p')
expected=$((1000 * $(cat $sim/scale)))
if [ "$came" = "$expected" ]; then
	echo "ok - perf stat and what a command moves: $came"
else
	echo "not ok - perf stat and what a command moves: $came, not $expected"
	status=1
fi
rmdir $resctrl/p
echo "-1 $rmid 1 0" >$sim/set
echo 0 >$sim/freeze

# The kernel's own test of the PMU mounts and unmounts.
if [ -x ./resctrl_tests ]; then
	options=$(awk '$2 == "'$resctrl'" { print $4 }' /proc/mounts)
	./resctrl_tests -t PMU >selftest.output 2>&1 || status=1
	sed 's/# SKIP/# skip/' selftest.output
	mount -t resctrl -o "$options" resctrl $resctrl || status=1
else
	echo 'ok - the selftest # skip the tree of this kernel is not there, or not of this series'
fi

./stress "$stress_seconds" || status=1
exit $status
