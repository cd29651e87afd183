#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in a guest: does the simulated hardware of this configuration do what README.md says of it, as
# seen through the kernel's resctrl?

# shellcheck disable=SC2317 # what is given to holds and eventually is called
set -u
sim=/sys/kernel/debug/rdt_sim
mib=1048576
failed=0
count=0

# The outcome of one check: what was expected, what came, what it is about.
is()
{
	count=$((count + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $count - $3"
	else
		failed=$((failed + 1))
		echo "not ok $count - $3"
		printf '# expected: %s\n# came:     %s\n' "$1" "$2"
	fi
}

# The same for a command that should succeed: what it is about, then the command.
holds()
{
	about=$1
	shift
	if "$@" >/dev/null 2>&1; then
		is success success "$about"
	else
		is "success of $*" failure "$about"
	fi
}

between()
{
	[ "$1" -le "$2" ] && [ "$2" -le "$3" ]
}

# Wait until a command succeeds, 10 s at most.
eventually()
{
	tries=100
	until "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

tell()
{
	echo "$2" >"$sim/$1"
}

# What is said to a command.
complaint()
{
	{ echo "$2" | tee "$sim/$1" >/dev/null; } 2>&1
}

rmid()
{
	cat "$1/mon_hw_id"
}

value()
{
	cat "$1"
}

# Raw count of domain $1, RMID $2, event $3 (1 to 3).
raw()
{
	awk -v domain="$1" -v rmid="$2" -v event="$3" \
		'$1 == "dom" && $2 == domain && $3 == "rmid" && $4 == rmid { print $(5 + event) }' "$sim/state"
}

# Groups as in the tree: control groups at the top, then those in mon_groups.
remove_groups()
{
	for group in mon_groups/* */mon_groups/* *; do
		[ ! -f "$group/tasks" ] || rmdir "$group"
	done
}

# Something that this kernel does not have.
skip()
{
	count=$((count + 1))
	echo "ok $count - $1 # skip $2"
}

# New groups. The RMIDs of removed ones cannot be had until the kernel has seen that they left the cache.
make()
{
	for group; do
		eventually mkdir "$group" || mkdir "$group"
	done
}

# --- What every configuration with monitoring does -------------------------------------------------

# Domain's directory, its number for the control, and bytes of one count.
exact_values()
{
	tell freeze 1
	make g
	id=$(rmid g)
	is 0 "$(value "g/mon_data/$1/mbm_total_bytes")" "$1: a new group's count is 0"
	before=$(raw "$2" "$id" 2)
	tell set "$2 $id 2 $((before + 5))"
	tell set "$2 $id 3 $(($(raw "$2" "$id" 3) + 3))"
	tell set "$2 $id 1 7"
	is $((5 * $3)) "$(value "g/mon_data/$1/mbm_total_bytes")" "$1: mbm_total_bytes as set"
	is $((3 * $3)) "$(value "g/mon_data/$1/mbm_local_bytes")" "$1: mbm_local_bytes as set"
	is $((7 * $3)) "$(value "g/mon_data/$1/llc_occupancy")" "$1: llc_occupancy as set"
	is $((5 * $3)) "$(value "g/mon_data/$1/mbm_total_bytes")" "$1: frozen, it stays"
	tell set "$2 $id 1 0"
	tell freeze 0
	rmdir g
}

# The word of a flag for one read, which the kernel's own worker may take away.
once()
{
	tell flags "$2 $id 2 u"
	[ "$(value "g/mon_data/$1/mbm_total_bytes")" = Unavailable ] &&
		[ "$(value "g/mon_data/$1/mbm_total_bytes")" -ge 0 ]
}

words()
{
	make g
	id=$(rmid g)
	tell flags "$2 $id -1 E"
	is Error "$(value "g/mon_data/$1/mbm_total_bytes")" "$1: Error"
	is Error "$(value "g/mon_data/$1/llc_occupancy")" "$1: Error for the occupancy"
	tell flags "$2 $id -1 U"
	is Unavailable "$(value "g/mon_data/$1/mbm_local_bytes")" "$1: Unavailable"
	tell flags "$2 $id -1 -"
	holds "$1: a number again" [ "$(value "g/mon_data/$1/mbm_local_bytes")" -ge 0 ]
	holds "$1: Unavailable once" eventually once "$1" "$2"
	rmdir g
}

# RMID + 1 MiB/s of time as the guest sees it, in the mean of a second.
free_traffic()
{
	make g
	file=g/mon_data/$1/mbm_total_bytes
	old=$(value "$file")
	read -r t1 _ </proc/uptime
	sleep 1
	new=$(value "$file")
	read -r t2 _ </proc/uptime
	rate=$(awk "BEGIN { print int(($new - $old) / ($t2 - $t1) / $mib * 10 / ($(rmid g) + 1)) }")
	holds "$1: traffic of its own, $rate tenths of what is due" between 7 "$rate" 13
	rmdir g
}

bad_commands()
{
	for command in '' '0 1 2' '0 1 4 5' '0 1 0 5' '0 999 2 5' '9 1 2 5' '0 1 2 x' '-2 1 2 5'; do
		if tell set "$command" 2>/dev/null; then
			is refused taken "set \"$command\""
		fi
	done
	is 1 "$(complaint set '7 1 2 5' | grep -c 'No such file')" 'set: a domain that is not there'
	is 1 "$(complaint flags '0 1 2 X' | grep -c 'Invalid')" 'flags: one that there is not'
}

hotplug()
{
	for cpu in 2 3; do
		echo 0 >/sys/devices/system/cpu/cpu$cpu/online
	done
	holds 'a domain without CPUs goes' [ ! -e "mon_data/$1" ]
	for cpu in 2 3; do
		echo 1 >/sys/devices/system/cpu/cpu$cpu/online
	done
	holds '... and comes back with them' [ -e "mon_data/$1" ]
	holds '... with traffic' eventually [ "$(value "mon_data/$1/mbm_total_bytes")" -ge 0 ]
}

# A mask as resctrl shows it is the one that the hardware got.
masks()
{
	make g
	closid=$(cat g/ctrl_hw_id)
	echo 'L3:0=3' >g/schemata
	is 3 "$(awk -v field=$((4 + closid)) '$1 == "cache" && $2 == 0 && $3 == "l3" { print $field }' \
		"$sim/state")" 'a cache mask reaches the hardware'
	rmdir g
}

common()
{
	exact_values "$1" "$2" "$3"
	words "$1" "$2"
	bad_commands
	masks
}

# --- By configuration ------------------------------------------------------------------------------

two_domains()
{
	common mon_L3_00 0 65536
	exact_values mon_L3_01 1 65536
	free_traffic mon_L3_01
	make g
	holds 'half of the traffic is local' between 400 "$(local_share g)" 600
	rmdir g
	hotplug mon_L3_01
}

limbo()
{
	# 8 RMIDs: the default group's, and 7.
	mkdir c
	for i in 1 2 3 4 5 6; do
		mkdir c/mon_groups/m$i || break
	done
	is 1 "$(mkdir c/mon_groups/m7 2>&1 | grep -c 'No space left')" 'no RMID is left: ENOSPC'
	id=$(rmid c/mon_groups/m1)
	tell set "0 $id 1 1000"
	rmdir c/mon_groups/m1
	is 1 "$(mkdir c/mon_groups/m7 2>&1 | grep -c 'busy')" 'one is in limbo: EBUSY'
	tell set "0 $id 1 0"
	holds 'its occupancy fell: it can be had' eventually mkdir c/mon_groups/m7
	is "$id" "$(rmid c/mon_groups/m7)" '... and is the same'

	tell set "0 $id 1 1000"
	rmdir c/mon_groups/m7
	is 1 "$(mkdir c/mon_groups/m8 2>&1 | grep -c 'busy')" 'in limbo again'
	tell fall $((65536 * 1000))
	holds 'occupancy falls by itself: it can be had' eventually mkdir c/mon_groups/m8
	tell fall 0
	remove_groups
}

wrap()
{
	make g
	tell freeze 1
	id=$(rmid g)
	file=g/mon_data/mon_L3_00/mbm_total_bytes
	tell set "0 $id 2 $(((1 << 24) - 2))"
	old=$(value $file)
	tell set "0 $id 2 3"
	is $((5 * 65536)) $(($(value $file) - old)) 'a counter of 24 bits wraps and the file goes on'
	tell set "0 $id 2 $(((1 << 24) + 4))"
	is 4 "$(raw 0 "$id" 2)" 'a raw count has no more than its bits'
	tell set "0 $id 1 0"
	tell freeze 0
	rmdir g
}

# Bytes per second of group $1 in the domain of CPU 0, in the mean of a second or what sleep makes of it.
traffic()
{
	old=$(value "$1/mon_data/mon_L3_00/mbm_total_bytes")
	read -r t1 _ </proc/uptime
	sleep 1
	new=$(value "$1/mon_data/mon_L3_00/mbm_total_bytes")
	read -r t2 _ </proc/uptime
	awk "BEGIN { printf \"%d\", ($new - $old) / ($t2 - $t1) }"
}

tasks()
{
	make g h
	is 0 "$(traffic g)" 'a group without a task has no traffic'
	taskset -c 0 sh -c 'while :; do :; done' &
	loop=$!
	holds 'a task is bound to CPU 0' eventually grep -q '^Cpus_allowed_list:.0$' /proc/$loop/status
	echo $loop >g/tasks
	holds 'a task makes traffic where it runs' between $((200 * mib)) "$(traffic g)" $((3000 * mib))
	is 0 "$(value g/mon_data/mon_L3_01/mbm_total_bytes)" '... and nowhere else'
	holds '... and takes up cache' [ "$(value g/mon_data/mon_L3_00/llc_occupancy)" -gt $mib ]
	# At once: if it still runs then, and none of the kernel's threads, which have the default group's.
	taskset -p -c 1-3 $$ >/dev/null
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		echo $loop >g/tasks
		sleep 0.1
		echo $loop >h/tasks
		read -r cpu0 <$sim/state
		cpu0=${cpu0#*rmid }
		cpu0=${cpu0%% *}
		[ "$cpu0" = 0 ] || break
	done
	is "$(rmid h)" "$cpu0" "moved away while it runs, it has the new RMID at once (seen in attempt $attempt)"
	is 0 "$(traffic g)" '... and makes no more traffic for the old one'
	holds '... but for the new one' between $((200 * mib)) "$(traffic h)" $((3000 * mib))
	tell task_rate 0
	is 0 "$(traffic h)" 'the rate can be changed'
	tell task_rate $((1024 * mib))
	kill $loop
	tell fall $((1 << 40))
	holds 'unused, occupancy falls' eventually [ "$(value h/mon_data/mon_L3_00/llc_occupancy)" -eq 0 ]
	tell follow_tasks 0
	holds 'traffic of its own again' [ "$(traffic g)" -gt 0 ]
	remove_groups
}

cdp()
{
	holds 'code and data have masks of their own' grep -q L3CODE schemata
	make g
	echo 'L3DATA:0=f' >g/schemata
	echo 'L3CODE:0=f0' >g/schemata
	is 'f f0' "$(awk -v closid="$(cat g/ctrl_hw_id)" \
		'$1 == "cache" && $2 == 0 && $3 == "l3" { print $(4 + 2 * closid), $(5 + 2 * closid) }' \
		"$sim/state")" 'both reach the hardware'
	rmdir g
}

# The word of a sum file is the sum of its nodes' files.
snc_sum()
{
	is $(($(value "$1/mon_L3_00/mon_sub_L3_00/$2") + $(value "$1/mon_L3_00/mon_sub_L3_01/$2"))) \
		"$(value "$1/mon_L3_00/$2")" "the sum of the nodes: $2"
}

snc()
{
	common mon_L3_00/mon_sub_L3_01 1 32768
	exact_values mon_L3_01/mon_sub_L3_02 2 32768
	is 32 "$(cat info/L3_MON/num_rmids)" 'nodes share the RMIDs'
	tell freeze 1
	make g
	tell set "0 $(rmid g) 2 100000"
	tell set "1 $(rmid g) 2 300000"
	snc_sum g/mon_data mbm_total_bytes
	snc_sum g/mon_data llc_occupancy
	tell flags "0 $(rmid g) 2 E"
	is "$(value g/mon_data/mon_L3_00/mon_sub_L3_01/mbm_total_bytes)" \
		"$(value g/mon_data/mon_L3_00/mbm_total_bytes)" 'a node that fails is left out'
	tell flags '-1 -1 -1 -'
	tell freeze 0
	rmdir g
}

pseudo_lock()
{
	common mon_L3_00 0 65536
	make p
	echo 'L3:1=ffe' >p/schemata
	holds 'pseudo-locksetup can be entered' sh -c 'echo pseudo-locksetup >p/mode'
	is pseudo-locksetup "$(cat p/mode)" '... and shows'
	# The locked part must be nobody else's.
	echo 'L3:0=ffe' >schemata
	holds 'a region can be locked' sh -c 'echo L3:0=1 >p/schemata'
	is pseudo-locked "$(cat p/mode)" '... and shows'
	holds '... as a device, too' [ -c /dev/pseudo_lock/p ]
	rmdir p
	holds '... which goes with the group' [ ! -e /dev/pseudo_lock/p ]
}

# Thousandths of the bytes that group $1 counts as total which it counts as local, in a second.
local_share()
{
	tell freeze 1
	old_total=$(value "$1/mon_data/mon_L3_00/mbm_total_bytes")
	old_local=$(value "$1/mon_data/mon_L3_00/mbm_local_bytes")
	tell freeze 0
	sleep 1
	tell freeze 1
	total=$(($(value "$1/mon_data/mon_L3_00/mbm_total_bytes") - old_total))
	local=$(($(value "$1/mon_data/mon_L3_00/mbm_local_bytes") - old_local))
	tell freeze 0
	echo $((local * 1000 / total))
}

# A change of what counts leaves no value at first. The kernel's own worker may be the first to look.
no_value_after_change()
{
	echo '0=0x15' >"$1" && echo '0=0x7f' >"$1"
	[ "$(value g/mon_data/mon_L3_00/mbm_local_bytes)" = Unavailable ] &&
		[ "$(value g/mon_data/mon_L3_00/mbm_total_bytes)" = Unavailable ]
}

event_configuration()
{
	make g
	file=info/L3_MON/mbm_local_bytes_config
	is '0=0x15;1=0x15' "$(cat $file)" 'what counts as local'
	holds 'half of the traffic is local' between 490 "$(local_share g)" 510
	tell freeze 1
	holds 'after a change there is no value at first' eventually no_value_after_change $file
	is '0=0x7f;1=0x15' "$(cat $file)" '... the change is there'
	is 0 "$(value g/mon_data/mon_L3_00/mbm_local_bytes)" '... counts start from 0'
	tell freeze 0
	holds '... and all traffic is local' between 990 "$(local_share g)" 1010
	rmdir g
}

amd()
{
	common mon_L3_01 1 64
	is 'MB:0=2048;1=2048' "$(sed -n 's/^ *\(MB:.*\)/\1/p' schemata)" 'bandwidth in steps'
	holds 'slow memory, too' grep -q SMBA schemata
}

unassigned()
{
	make g h
	is Unassigned "$(value h/mon_data/mon_L3_00/mbm_total_bytes)" 'no counter is left: Unassigned'
	is '0=0;1=0' "$(cat info/L3_MON/available_mbm_cntrs)" '... as resctrl says'
	holds '... but there is occupancy' [ "$(value h/mon_data/mon_L3_00/llc_occupancy)" -ge 0 ]
	echo 'mbm_total_bytes:0=_' >g/mbm_L3_assignments
	is Unassigned "$(value g/mon_data/mon_L3_00/mbm_total_bytes)" 'a counter is given back'
	echo 'mbm_total_bytes:0=e' >h/mbm_L3_assignments
	holds '... and given to another' [ "$(value h/mon_data/mon_L3_00/mbm_total_bytes)" -ge 0 ]
	remove_groups
}

assignable()
{
	make g
	file=info/L3_MON/event_configs/mbm_local_bytes/event_filter
	holds 'half of the traffic is local' between 490 "$(local_share g)" 510
	echo 'local_reads,remote_reads' >"$file"
	holds 'a changed filter counts' between 550 "$(local_share g)" 575
	echo 'local_reads,local_non_temporal_writes,local_reads_slow_memory' >"$file"
	rmdir g

	echo default >info/L3_MON/mbm_assign_mode
	is '[default]' "$(grep -o '\[.*\]' info/L3_MON/mbm_assign_mode)" 'the mode can be left'
	common mon_L3_00 0 64
	echo mbm_event >info/L3_MON/mbm_assign_mode
}

# A function, where the kernel knows assignable counters.
if_assignable()
{
	if [ -e info/L3_MON/num_mbm_cntrs ]; then
		"$1"
	else
		skip 'assignable counters' 'this kernel does not know them'
	fi
}

nothing()
{
	holds 'a kernel without the filesystem' sh -c '! grep -q resctrl /proc/filesystems'
	holds '... and without the control' [ ! -e $sim ]
	holds '... and a CPU without the features' sh -c '! grep -qE "rdt_a|cqm" /proc/cpuinfo'
}

[ "$GUEST_CONFIG" = none ] || cd /sys/fs/resctrl || exit
# What groups of tests before this one have left in the cache.
[ ! -e $sim/fall ] || { tell fall $((1 << 40)) && tell fall 0; }
case $GUEST_CONFIG in
intel-2dom) two_domains ;;
intel-4dom)
	is 4 "$(find mon_data -name 'mon_L3_*' | wc -l)" 'four domains'
	exact_values mon_L3_03 3 65536
	;;
cdp)
	cdp
	exact_values mon_L3_00 0 65536
	;;
intel-small)
	is 4 "$(cat info/L3/num_closids)" 'CLOSIDs'
	is 8 "$(cat info/L3_MON/num_rmids)" 'RMIDs'
	limbo
	wrap
	;;
intel-few)
	is 8 "$(cat info/L3/num_closids)" 'CLOSIDs'
	is 24 "$(cat info/L3_MON/num_rmids)" 'RMIDs'
	;;
intel-tasks) tasks ;;
intel-snc) snc ;;
pseudo-lock) pseudo_lock ;;
amd)
	amd
	event_configuration
	;;
amd-abmc)
	amd
	if_assignable assignable
	;;
amd-few) if_assignable unassigned ;;
none) nothing ;;
*) is 'a known configuration' "$GUEST_CONFIG" 'GUEST_CONFIG' ;;
esac
echo "1..$count"
exit $((failed != 0))
