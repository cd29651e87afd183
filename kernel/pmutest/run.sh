#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in a guest: all tests of the PMU.

set -u
read -r seconds <./seconds
status=0
width=32
case $GUEST_CONFIG in
amd*) width=44 ;;
esac

# Each program counts from 1.
./contract || status=1
./values "$seconds" $width || status=1

# perf(1), from the outside: the number that the file shows.
echo 1 >/sys/kernel/debug/rdt_sim/freeze
mkdir /sys/fs/resctrl/p
for event in llc_occupancy mbm_total_bytes; do
	# shellcheck disable=SC2094 # a directory
	came=$(perf stat -x, -a -e "resctrl/$event,absolute=1,group=9/" -- true 2>&1 \
		9</sys/fs/resctrl/p | sed -n 's/,.*//p')
	expected=$(cat /sys/fs/resctrl/p/mon_data/mon_L3_*/$event |
		awk '{ sum += $1 } END { printf "%d\n", sum }')
	if [ "$came" = "$expected" ]; then
		echo "ok - perf stat and $event"
	else
		echo "not ok - perf stat and $event: $came, not $expected"
		status=1
	fi
done
rmdir /sys/fs/resctrl/p
echo 0 >/sys/kernel/debug/rdt_sim/freeze

./stress "$seconds" || status=1
exit $status
