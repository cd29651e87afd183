// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may name a group, and what becomes of an event.
 */
#define _GNU_SOURCE
#include "pmutest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU2 "/sys/devices/system/cpu/cpu2/online"
#define CPU3 "/sys/devices/system/cpu/cpu3/online"

static void refused(const char *path, int flags, int error)
{
	int group = open(path, flags | O_CLOEXEC);

	need(group >= 0, "%s", path);
	is(-open_event(group, 0, OCCUPANCY, -1), error, "%s, flags %o", path, flags);
	close(group);
}

static void descriptors(void)
{
	struct perf_event_attr attr;
	int group, event, old;

	is(-open_event(-1, 0, OCCUPANCY, -1), EBADF, "fd -1");
	is(-open_event(4711, 0, OCCUPANCY, -1), EBADF, "an fd that is not open");
	refused("/tmp", O_RDONLY, EBADF);
	refused("/sys/fs", O_RDONLY, EBADF);
	refused(ROOT "/tasks", O_RDONLY, EBADF);
	refused(ROOT "/info", O_RDONLY, EBADF);
	refused(ROOT "/info/L3_MON", O_RDONLY, EBADF);
	refused(ROOT "/mon_data", O_RDONLY, EBADF);
	refused(ROOT "/mon_groups", O_RDONLY, EBADF);

	need(!mkdir(ROOT "/g", 0755), "mkdir g");
	refused(ROOT "/g", O_PATH, EBADF);
	refused(ROOT "/g/mon_data", O_RDONLY, EBADF);
	refused(ROOT "/g/mon_groups", O_RDONLY, EBADF);
	refused(ROOT "/g/mon_data/mon_L3_00", O_RDONLY, EBADF);
	refused(ROOT "/g/mon_data/mon_L3_00/llc_occupancy", O_RDONLY, EBADF);

	need(!mkdir(ROOT "/g/mon_groups/mon_data", 0755), "mkdir mon_data");
	group = open_group(ROOT "/g/mon_groups/mon_data");
	event = open_event(group, 0, OCCUPANCY, -1);
	ok(event >= 0, "a MON group called mon_data");
	need(!rename(ROOT "/g/mon_groups/mon_data", ROOT "/mon_groups/m"), "rename");
	is(read_event(event).lost, 0, "its event goes with it to another parent");
	close(event);
	need(!rmdir(ROOT "/mon_groups/m"), "rmdir m");
	is(-open_event(group, 0, OCCUPANCY, -1), ENOENT, "a MON group that was removed");
	close(group);

	old = open_group(ROOT "/g");
	event = open_event(old, 0, OCCUPANCY, -1);
	ok(event >= 0, "a control group");
	is(read_event(event).lost, 0, "its event can be read");
	need(!rmdir(ROOT "/g"), "rmdir g");
	is(-open_event(old, 0, OCCUPANCY, -1), ENOENT, "a control group that was removed");
	need(!mkdir(ROOT "/g", 0755), "mkdir g");
	is(-open_event(old, 0, OCCUPANCY, -1), ENOENT, "the old fd of one that was made again");
	is(read_event(event).lost, 1, "nor does its old event read the new one");
	close(event);
	close(old);

	group = open_group(ROOT "/g");
	event_attr(&attr, group, OCCUPANCY);
	attr.sample_period = 1000;
	is(-open_attr(&attr, -1, 0, -1), EOPNOTSUPP, "sampling");
	event_attr(&attr, group, OCCUPANCY);
	is(-open_attr(&attr, 0, -1, -1), EINVAL, "an event of a task");
	is(-open_attr(&attr, 0, 0, -1), EINVAL, "an event of a task on a CPU");
	is(-open_attr(&attr, -1, 99, -1), EINVAL, "a CPU that there is not");
	attr.exclude_kernel = 1;
	is(-open_attr(&attr, -1, 0, -1), EINVAL, "exclude_kernel");
	attr.exclude_kernel = 0;
	attr.exclusive = 1;
	is(-open_attr(&attr, -1, 0, -1), EINVAL, "an exclusive event");
	event_attr(&attr, group, OCCUPANCY);
	attr.pinned = 1;
	event = open_attr(&attr, -1, 0, -1);
	ok(event >= 0, "a pinned event, as all of them are");
	close(event);
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_CPU_CLOCK;
	attr.exclusive = 1;
	event = open_attr(&attr, -1, 0, -1);
	need(event >= 0, "an exclusive clock event");
	is(-open_event(group, 0, OCCUPANCY, event), EINVAL, "a member of an exclusive group");
	close(event);
	event_attr(&attr, group, OCCUPANCY);
	attr.config1 |= 1ULL << 32;
	is(-open_attr(&attr, -1, 0, -1), EINVAL, "unknown bits in config1");
	is(-open_event(group, 0, 0, -1), EINVAL, "event 0");
	is(-open_event(group, 0, 4, -1), EINVAL, "event 4");
	is(-open_event(group, 0, OCCUPANCY | 1 << 9, -1), EINVAL, "unknown bits in config");
	event_attr(&attr, group, OCCUPANCY);
	attr.inherit = 1;
	event = open_attr(&attr, -1, 0, -1);
	ok(event >= 0, "inherit, which perf stat sets");
	close(event);
	close(group);
	need(!rmdir(ROOT "/g"), "rmdir g");
}

/* In the group of a cgroup's event. That event itself has no lack of anything: it is a clock. */
static void cgroup(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};
	int group = open_group(ROOT), cgroup = open_group("/sys/fs/cgroup"), leader;

	need(cgroup >= 0, "cgroup");
	leader = (int)syscall(SYS_perf_event_open, &attr, cgroup, 0, -1, PERF_FLAG_PID_CGROUP);
	if (leader < 0 && errno == EINVAL) {
		ok(true, "events of a cgroup # skip the kernel has none");
	} else {
		need(leader >= 0, "a clock event of a cgroup");
		is(-open_event(group, 0, TOTAL, leader), EINVAL, "a sibling of a cgroup's event");
		close(leader);
		event_attr(&attr, group, TOTAL);
		is(syscall(SYS_perf_event_open, &attr, cgroup, 0, -1, PERF_FLAG_PID_CGROUP), -1,
		   "an event of a cgroup");
		is(errno, EINVAL, "for that reason");
	}
	close(cgroup);
	close(group);
}

static void permission(void)
{
	int group = open_group(ROOT), status;

	need(!put_text("/proc/sys/kernel/perf_event_paranoid", "2"), "paranoid");
	if (!fork()) {
		need(!setgid(65534) && !setuid(65534), "setuid");
		_exit(-open_event(group, 0, OCCUPANCY, -1));
	}
	wait(&status);
	is(WEXITSTATUS(status), EACCES, "nobody, with perf_event_paranoid 2");
	close(group);
}

static void unmounting(void)
{
	int group = open_group(ROOT), event = open_event(group, 0, TOTAL | ABSOLUTE, -1);
	struct count before, after;

	ok(event >= 0, "the default group");
	before = read_event(event);
	close(group);
	is(umount(ROOT), 0, "umount with an event open");
	after = read_event(event);
	ok(after.lost == before.lost + 1 && after.value == before.value,
	   "its event keeps its count and tells");
	need(!mount("resctrl", ROOT, "resctrl", 0, "debug"), "mount");
	is(read_event(event).lost, before.lost + 2, "so it does after the next mount");
	close(event);
}

static void locksetup(void)
{
	int group, event;

	need(!mkdir(ROOT "/p", 0755), "mkdir p");
	group = open_group(ROOT "/p");
	event = open_event(group, 0, OCCUPANCY, -1);
	need(event >= 0, "event of p");
	if (put_text(ROOT "/p/mode", "pseudo-locksetup\n")) {
		no_pseudo_locking("pseudo-locksetup");
	} else {
		is(-open_event(group, 0, OCCUPANCY, -1), EINVAL, "pseudo-locksetup");
		is(read_event(event).lost, 1, "the event from before tells");
		need(!put_text(ROOT "/p/mode", "shareable\n"), "shareable");
		is(read_event(event).lost, 2, "for ever");
		close(event);
		event = open_event(group, 0, OCCUPANCY, -1);
		ok(event >= 0, "a new one can be opened");
	}
	close(event);
	close(group);
	need(!rmdir(ROOT "/p"), "rmdir p");
}

/* What an event group's leader and sibling do when their CPU goes, if they are disabled. */
struct pair {
	int leader;
	int sibling;
	bool leader_disabled;
	bool sibling_disabled;
};

static void open_pairs(struct pair *pairs, int group, int cpu)
{
	struct perf_event_attr attr;

	for (int i = 0; i < 4; i++) {
		pairs[i] = (struct pair){.leader_disabled = i & 1, .sibling_disabled = i & 2};
		event_attr(&attr, group, TOTAL);
		attr.disabled = pairs[i].leader_disabled;
		pairs[i].leader = open_attr(&attr, -1, cpu, -1);
		attr.disabled = pairs[i].sibling_disabled;
		pairs[i].sibling = open_attr(&attr, -1, cpu, pairs[i].leader);
		need(pairs[i].leader >= 0 && pairs[i].sibling >= 0, "an event group");
	}
}

/* They are on another CPU by now. So much was counted before and after; a disabled leader stops all. */
static void check_pairs(const struct pair *pairs, uint64_t counted)
{
	for (int i = 0; i < 4; i++) {
		const struct pair *pair = &pairs[i];
		bool counts = !pair->leader_disabled && !pair->sibling_disabled;
		struct count leader = read_event(pair->leader), sibling = read_event(pair->sibling);

		ok(leader.value == (pair->leader_disabled ? 0 : counted) &&
			   sibling.value == (counts ? counted : 0) && !leader.lost && !sibling.lost &&
			   !leader.running == pair->leader_disabled && !sibling.running == !counts,
		   "after the move, leader %s, sibling %s", pair->leader_disabled ? "disabled" : "enabled",
		   pair->sibling_disabled ? "disabled" : "enabled");
		close(pair->leader);
		close(pair->sibling);
	}
}

/* CPU 2 goes: its events move to CPU 3. */
static void move(int group)
{
	(void)group;
	need(!put_text(CPU2, "0"), "CPU 2 off");
}

/* Others are opened on the CPU: for each of them perf stops and starts all that there are. */
static void open_others(int group)
{
	int event;

	for (int i = 0; i < 1000; i++) {
		event = open_event(group, 2, OCCUPANCY, -1);
		need(event >= 0, "another event");
		close(event);
	}
}

/*
 * Time goes on while events are stopped and started: what is counted then is neither lost nor counted
 * twice. The more groups there are, the more is counted: an RMID has its number of MiB/s.
 */
static void in_traffic(void (*stop)(int group), const char *about)
{
	enum { GROUPS = 10, EVENTS = 8 };
	int domain = domain_of(2), other = domain == domain_of(3) ? 3 : 2, group, events[EVENTS];
	struct count before[EVENTS], after;
	uint64_t begin, end, wrong = 0, lost = 0;
	char path[64];

	if (stop == move && domain != domain_of(3)) {
		ok(true, "%s # skip a domain of one CPU", about);
		return;
	}
	for (int i = 0; i < GROUPS; i++) {
		snprintf(path, sizeof(path), ROOT "/mon_groups/t%d", i);
		make_group(path);
	}
	group = open_group(ROOT);
	for (int i = 0; i < EVENTS; i++)
		events[i] = open_event(group, i % 2 ? 2 : other, TOTAL, -1);
	need(!put_text(SIM "/freeze", "1"), "freeze");
	for (int i = 0; i < EVENTS; i++)
		before[i] = read_event(events[i]);
	begin = file_value(ROOT, domain, TOTAL);
	need(!put_text(SIM "/freeze", "0"), "thaw");
	stop(group);
	need(!put_text(SIM "/freeze", "1"), "freeze");
	end = file_value(ROOT, domain, TOTAL);
	ok(end > begin, "%s: there was traffic", about);
	for (int i = 0; i < EVENTS; i++) {
		after = read_event(events[i]);
		wrong += after.value - before[i].value != end - begin;
		lost += after.lost - before[i].lost;
		close(events[i]);
	}
	is(wrong, 0, "%s: all of it is counted", about);
	is(lost, 0, "%s: nothing is lost", about);
	close(group);
	if (stop == move)
		need(!put_text(CPU2, "1"), "CPU 2 on");
	need(!put_text(SIM "/freeze", "0"), "thaw");
	for (int i = 0; i < GROUPS; i++) {
		snprintf(path, sizeof(path), ROOT "/mon_groups/t%d", i);
		need(!rmdir(path), "%s", path);
	}
}

static void hotplug(void)
{
	int group = open_group(ROOT), event = open_event(group, 2, TOTAL | ABSOLUTE, -1);
	int domain = domain_of(2), last = domain == domain_of(3) ? 3 : 2;
	int relative = open_event(group, 2, TOTAL, -1);
	uint64_t scale = get_number(SIM "/scale");
	char mask[64];
	struct count start;
	struct count before, after;
	struct pair pairs[4];

	if (last == 3) {
		need(!put_text(SIM "/freeze", "1"), "freeze");
		set_raw(ROOT, domain, TOTAL, 1000);
		open_pairs(pairs, group, 2);
		start = read_event(relative);
		set_raw(ROOT, domain, TOTAL, 1010);
		before = read_event(event);
		need(!put_text(CPU2, "0"), "CPU 2 off");
		set_raw(ROOT, domain, TOTAL, 1025);
		after = read_event(relative);
		is(after.value - start.value, 25 * scale, "a relative event counts across that");
		is(after.lost, start.lost, "and nothing is lost");
		check_pairs(pairs, 25 * scale);
		need(!put_text(SIM "/freeze", "0"), "thaw");
		after = read_event(event);
		ok(after.lost == before.lost && after.running > before.running,
		   "its CPU is offline: the event has moved");
		get_text(mask, sizeof(mask), PMU "/cpumask");
		ok(strchr(mask, '3'), "so has the mask: %s", mask);
		need(!put_text(CPU3, "0"), "CPU 3 off");
	} else {
		need(!put_text(CPU2, "0"), "CPU 2 off");
	}
	before = read_event(event);
	after = read_event(event);
	ok(after.running == before.running || after.lost > before.lost,
	   "the domain is gone: the event tells");
	is(-open_event(group, 2, TOTAL, -1), ENODEV, "no event on a CPU that is offline");
	need(!put_text(CPU2, "1"), "CPU 2 on");
	if (last == 3)
		need(!put_text(CPU3, "1"), "CPU 3 on");
	close(relative);
	is(-open_event(group, last, OCCUPANCY, event), ENODEV, "its former event leads no others");
	close(event);
	/* Counters that are assigned have to be assigned again. */
	event = open_event(group, last, OCCUPANCY, -1);
	is(read_event(event).lost, 0, "the domain is back: a new event counts");
	close(event);
	close(group);
}

/* The values that perf puts into a record of a sample. */
struct sample {
	struct perf_event_header header;
	uint64_t count;
	uint64_t values[2];
};

/* A timer's interrupt reads the event: as a member of the group of a sampling software event. */
static void timer(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000,
		.sample_type = PERF_SAMPLE_READ,
		.read_format = PERF_FORMAT_GROUP,
		.wakeup_events = 1,
		.disabled = 1,
	};
	int leader = open_attr(&attr, -1, 0, -1), group = open_group(ROOT), event;
	size_t page = sysconf(_SC_PAGESIZE);
	struct perf_event_mmap_page *control;
	struct pollfd ready = {.fd = leader, .events = POLLIN};
	struct sample sample;

	need(leader >= 0, "a clock event");
	event_attr(&attr, group, TOTAL | ABSOLUTE);
	attr.read_format = PERF_FORMAT_GROUP;
	event = open_attr(&attr, -1, 0, leader);
	ok(event >= 0, "a member of a software event's group");
	control = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, leader, 0);
	need(control != MAP_FAILED, "mmap");
	need(!put_text(SIM "/freeze", "1"), "freeze");
	need(!ioctl(leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP), "enable");
	need(poll(&ready, 1, 60000) == 1, "a sample");
	need(!ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP), "disable");
	memcpy(&sample, (char *)control + page, sizeof(sample));
	ok(sample.header.type == PERF_RECORD_SAMPLE && sample.count == 2, "a timer takes a sample");
	is(sample.values[1], file_value(ROOT, domain_of(0), TOTAL), "with the event's value");
	need(!put_text(SIM "/freeze", "0"), "thaw");
	munmap(control, 2 * page);
	close(event);
	close(leader);
	close(group);
}

int main(void)
{
	descriptors();
	cgroup();
	timer();
	permission();
	locksetup();
	in_traffic(move, "events that move to another CPU, and those there");
	in_traffic(open_others, "events beside which others are opened");
	hotplug();
	unmounting();
	return outcome();
}
