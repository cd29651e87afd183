/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader by perf events, with a PMU that is made here: its events tell what the tree's files hold. */
#include "support.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#define VALUES_MAX 64
#define EVENTS_MAX 128
#define PMU "/sys/bus/event_source/devices/resctrl"
#define SYSTEM "/sys/devices/system"

/* The names by their codes. */
static const char *const names[] = {NULL,
				    "llc_occupancy",
				    "mbm_total_bytes",
				    "mbm_local_bytes",
				    "e4",
				    "e5",
				    "e6",
				    "e7",
				    "e8",
				    "e9",
				    "e10"};

struct event {
	int fd; /* one of a file of its own, which tells it from fds of the same number */
	ino_t inode;
	int group_fd;
	uint64_t code;
	int cpu;
	int leader; /* index */
	bool dead;  /* its time stands still */
	uint64_t running;
	uint64_t value;
	uint64_t lost;
};

static struct {
	struct tree groups;
	struct tree sysfs;
	char path[256];
	struct event events[EVENTS_MAX]; /* in the order in which they were opened */
	int count;
	unsigned int reads;
	unsigned int opened;
	bool nested;	     /* CPUs 0 and 1 are nodes of cache 0 */
	bool loses;	     /* all values, of those that are there, too */
	uint64_t loses_code; /* or those of one event */
	long passed_ns;
	long slewed_ns;
	uint64_t stopped_ns; /* how long all events were stopped */
} world;

static const char *redirect(const char *path)
{
	static const struct {
		const char *path, *name;
	} rows[] = {{PMU, "pmu"}, {SYSTEM, "system"}};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(path, rows[i].path)) {
			snprintf(world.path, sizeof(world.path), "%s/%s", world.sysfs.path,
				 rows[i].name);
			return world.path;
		}
	return path;
}

static bool is_open(const struct event *event)
{
	struct stat st;

	return fstat(event->fd, &st) == 0 && st.st_ino == event->inode;
}

static int find_open(int fd)
{
	for (int i = world.count; i-- > 0;)
		if (world.events[i].fd == fd && is_open(&world.events[i]))
			return i;
	return -1;
}

static unsigned int count_open(void)
{
	unsigned int count = 0;

	for (int i = 0; i < world.count; i++)
		count += is_open(&world.events[i]);
	return count;
}

/* When a leader is closed, the others become groups of their own (kernel/events/core.c, perf_group_detach). */
static void detach(void)
{
	for (int i = 0; i < world.count; i++)
		if (!is_open(&world.events[world.events[i].leader]))
			world.events[i].leader = i;
}

/* Keep those that are open. */
static void tidy(void)
{
	int kept[EVENTS_MAX], count = 0;

	detach();
	for (int i = 0; i < world.count; i++) {
		kept[i] = -1;
		if (!is_open(&world.events[i]))
			continue;
		kept[i] = count;
		world.events[count] = world.events[i];
		world.events[count].leader = kept[world.events[i].leader];
		count++;
	}
	world.count = count;
}

static const char *domain_of(int cpu)
{
	static const char *const nodes[] = {"mon_L3_00/mon_sub_L3_00", "mon_L3_00/mon_sub_L3_01"};

	if (world.nested && cpu < 2)
		return nodes[cpu];
	return cpu < 2 ? "mon_L3_00" : "mon_L3_01";
}

static int event_fd(const struct event *event)
{
	char path[128];

	snprintf(path, sizeof(path), "mon_data/%s/%s", domain_of(event->cpu), names[event->code]);
	return openat(event->group_fd, path, O_RDONLY | O_CLOEXEC);
}

static int open_event(const struct perf_event_attr *attr, int cpu, int leader)
{
	struct event event = {.cpu = cpu,
			      .group_fd = (int)attr->config1,
			      .code = attr->config & 0xff,
			      .leader = leader < 0 ? world.count : find_open(leader)};
	struct stat st;
	int fd;

	assert_int_equal(attr->type, 9);
	assert_int_equal(attr->config >> 8, 1);
	assert_int_equal(attr->config2, 0);
	assert_int_equal(attr->sample_period, 0);
	assert_int_equal(attr->disabled, 0);
	assert_int_equal(attr->read_format, PERF_FORMAT_GROUP | PERF_FORMAT_LOST |
						    PERF_FORMAT_TOTAL_TIME_ENABLED |
						    PERF_FORMAT_TOTAL_TIME_RUNNING);
	assert_true(event.code < COUNT(names) && event.leader >= 0);
	assert_int_equal(fcntl(event.group_fd, F_GETFL) & O_PATH, 0);
	tidy();
	event.leader = leader < 0 ? world.count : find_open(leader);
	if (leader >= 0 && world.events[event.leader].cpu != cpu)
		return -EINVAL;
	fd = event_fd(&event);
	if (fd < 0)
		return -ENODEV;
	close(fd);
	assert_true(world.count < EVENTS_MAX);
	event.fd = memfd_create("event", MFD_CLOEXEC);
	assert_true(event.fd >= 0);
	assert_int_equal(fstat(event.fd, &st), 0);
	event.inode = st.st_ino;
	world.events[world.count++] = event;
	world.opened++;
	return event.fd;
}

static void count_now(struct event *event)
{
	char text[64] = "", *end;
	int fd = event_fd(event);
	uint64_t value;

	if (fd < 0)
		event->dead = true;
	if (fd < 0 || event->dead) {
		if (fd >= 0)
			close(fd);
		return;
	}
	assert_true(pread(fd, text, sizeof(text) - 1, 0) >= 0);
	close(fd);
	value = strtoull(text, &end, 10);
	if (end == text || world.loses || event->code == world.loses_code)
		event->lost++;
	else
		event->value = value;
}

/* Time passes without waiting for it, and for the world's clock more than for perf's. */
static long ahead_ns(clockid_t clock)
{
	return world.passed_ns + (clock == CLOCK_MONOTONIC ? world.slewed_ns : 0);
}

/* The time that an event has been running that is alive. */
static uint64_t run_ns(void)
{
	struct timespec now;

	/* Also within a hook, which has none itself. */
	hooks.ahead_ns = ahead_ns;
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec - world.stopped_ns;
}

static ssize_t read_event(int fd, void *buffer, size_t size)
{
	uint64_t *words = buffer;
	int index = find_open(fd), leader;
	size_t n = 3;

	if (index < 0)
		return -1;
	world.reads++;
	detach();
	leader = world.events[index].leader;
	words[0] = 0;
	for (int i = leader; i < world.count; i++) {
		struct event *event = &world.events[i];

		if (!is_open(event) || event->leader != leader)
			continue;
		count_now(event);
		assert_true((n + 2) * sizeof(*words) <= size);
		words[0]++;
		words[n++] = event->value;
		words[n++] = event->lost;
	}
	words[1] = run_ns();
	if (!world.events[leader].dead)
		world.events[leader].running = words[1];
	words[2] = world.events[leader].running;
	return (ssize_t)(n * sizeof(*words));
}

static void write_cpu(unsigned int cpu, const char *id, const char *shared)
{
	char path[96];

	snprintf(path, sizeof(path), "system/cpu/cpu%u/cache/index0/level", cpu);
	tree_write(&world.sysfs, path, "3\n");
	snprintf(path, sizeof(path), "system/cpu/cpu%u/cache/index0/id", cpu);
	tree_write(&world.sysfs, path, id);
	snprintf(path, sizeof(path), "system/cpu/cpu%u/cache/index0/shared_cpu_list", cpu);
	tree_write(&world.sysfs, path, shared);
}

static void make_pmu(void)
{
	char path[96], text[32];

	tree_write(&world.sysfs, "pmu/type", "9\n");
	tree_write(&world.sysfs, "pmu/format/event", "config:0-7\n");
	tree_write(&world.sysfs, "pmu/format/absolute", "config:8\n");
	tree_write(&world.sysfs, "pmu/format/group", "config1:0-31\n");
	for (size_t i = 1; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "pmu/events/%s", names[i]);
		snprintf(text, sizeof(text), "event=0x%02zx\n", i);
		tree_write(&world.sysfs, path, text);
		snprintf(path, sizeof(path), "pmu/events/%s.unit", names[i]);
		tree_write(&world.sysfs, path, "Bytes\n");
	}
}

static void write_value(const struct tree *tree, size_t i, const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), "g1/mon_data/mon_L3_0%zu/%s", i / 3, names[i % 3 + 1]);
	tree_write(tree, path, text);
}

static int setup(void **state)
{
	memset(&world, 0, sizeof(world));
	tree_new_intel(&world.groups);
	tree_new(&world.sysfs);
	make_pmu();
	tree_write(&world.sysfs, "system/cpu/online", "0-3\n");
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		write_cpu(cpu, cpu < 2 ? "0\n" : "1\n", cpu < 2 ? "0-1\n" : "2-3\n");
	/* The tree's files hold all the kernel's words; here are numbers. */
	for (size_t i = 0; i < 6; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%zu\n", 1000 + i);
		write_value(&world.groups, i, text);
	}
	hooks.redirect_open = redirect;
	hooks.perf_event_open = open_event;
	hooks.read = read_event;
	hooks.ahead_ns = ahead_ns;
	*state = &world.groups;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	memset(&hooks, 0, sizeof(hooks));
	assert_int_equal(count_open(), 0);
	tree_free(&world.groups);
	tree_free(&world.sysfs);
	return 0;
}

static struct rdtgrp_reader *new_reader(unsigned int flags)
{
	struct rdtgrp_reader *reader;

	if (rdtgrp_reader_new(flags, &reader) < 0)
		fail_msg("%s", rdtgrp_error_message());
	return reader;
}

static struct rdtgrp_reader *new_reader_of(struct rdtgrp *group)
{
	struct rdtgrp_reader *reader = new_reader(RDTGRP_READER_PMU);

	if (rdtgrp_reader_add(reader, group, NULL, NULL) < 0)
		fail_msg("%s", rdtgrp_error_message());
	return reader;
}

static struct rdtgrp_value values[VALUES_MAX];

/* Read all; each value is what rdtgrp_read_value() says of it, but for the inode. */
static void assert_numbers(struct rdtgrp_reader *reader)
{
	memset(values, 0xaa, sizeof(values));
	assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++) {
		struct rdtgrp_value alone;

		if (!rdtgrp_reader_get_group(reader, i)) {
			assert_int_equal(values[i].status, RDTGRP_STATUS_NONE);
			continue;
		}
		assert_int_equal(rdtgrp_read_value(rdtgrp_reader_get_group(reader, i),
						   rdtgrp_reader_get_domain(reader, i),
						   rdtgrp_reader_get_event(reader, i), &alone),
				 0);
		assert_string_equal(rdtgrp_status_name(values[i].status),
				    rdtgrp_status_name(alone.status));
		assert_int_equal(values[i].integer, alone.integer);
		assert_int_equal(values[i].fraction, alone.fraction);
		assert_int_equal(values[i].decimals, alone.decimals);
		assert_int_equal(values[i].error, alone.error);
		assert_true(values[i].time_ns > 0 && values[i].time_ns < alone.time_ns);
	}
	for (size_t i = rdtgrp_reader_count(reader); i < VALUES_MAX; i++)
		assert_int_equal(values[i].status, RDTGRP_STATUS_NONE);
}

static void assert_same(struct rdtgrp_reader *reader)
{
	assert_numbers(reader);
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++) {
		struct rdtgrp_value alone;

		if (!rdtgrp_reader_get_group(reader, i))
			continue;
		assert_int_equal(rdtgrp_read_value(rdtgrp_reader_get_group(reader, i),
						   rdtgrp_reader_get_domain(reader, i),
						   rdtgrp_reader_get_event(reader, i), &alone),
				 0);
		assert_int_equal(values[i].file_inode, alone.file_inode);
	}
}

static void assert_source(const struct rdtgrp_reader *reader, size_t index,
			  enum rdtgrp_source source, int error)
{
	int found = 1;

	assert_string_equal(rdtgrp_source_name(rdtgrp_reader_get_source(reader, index, &found)),
			    rdtgrp_source_name(source));
	assert_int_equal(found, error);
}

static void assert_all_events(const struct rdtgrp_reader *reader)
{
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++)
		assert_source(reader, i, RDTGRP_SOURCE_PMU, 0);
	assert_int_equal(count_open(), rdtgrp_reader_count(reader));
}

/* All but one are read by events, and this one by its file. */
static void assert_one_file(const struct rdtgrp_reader *reader, size_t index, int error)
{
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++)
		assert_source(reader, i, i == index ? RDTGRP_SOURCE_FILE : RDTGRP_SOURCE_PMU,
			      i == index ? error : 0);
}

static void update(struct rdtgrp_reader *reader)
{
	assert_int_equal(rdtgrp_reader_update(reader), 0);
}

/* In the steady state: one read per domain and group, one more, and nothing else. */
static void test_cost(void **state)
{
	static const enum call never[] = {CALL_MEMORY,	   CALL_SYSCALL,     CALL_OPENAT,
					  CALL_FSTAT,	   CALL_FSTATAT,     CALL_STATX,
					  CALL_GETDENTS64, CALL_INOTIFY_ADD, CALL_PERF_EVENT_OPEN,
					  CALL_FACCESSAT,  CALL_FSTATFS,     CALL_PREAD};
	struct rdtgrp *g1 = tree_open(*state, "g1"), *m1 = tree_open(*state, "g1/mon_groups/m1");
	unsigned int fds = count_fds();
	struct rdtgrp_reader *reader = new_reader_of(g1);

	for (unsigned int i = 0; i < 6; i++) {
		char path[96];

		snprintf(path, sizeof(path), "g1/mon_groups/m1/mon_data/mon_L3_0%u/%s", i / 3,
			 names[i % 3 + 1]);
		tree_write(*state, path, "18446744073709551615\n");
	}
	assert_int_equal(rdtgrp_reader_add(reader, m1, NULL, NULL), 0);
	assert_int_equal(rdtgrp_reader_count(reader), 12);
	assert_all_events(reader);
	assert_source(reader, 12, RDTGRP_SOURCE_NONE, 0);
	/* And inotify. */
	assert_int_equal(count_fds(), fds + 12 + 1);
	assert_same(reader);
	for (size_t i = 0; i < COUNT(never); i++) {
		fault_arm(never[i], 0, EIO, true);
		assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
		assert_false(fault_disarm());
	}
	world.reads = 0;
	fault_arm(CALL_READ, 5, EIO, true);
	assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
	assert_false(fault_disarm());
	assert_int_equal(world.reads, 4);
	assert_int_equal(world.opened, 12);
	tree_write(*state, "g1/mon_data/mon_L3_01/mbm_total_bytes", "77\n");
	assert_same(reader);
	assert_int_equal(world.opened, 12);
	assert_int_equal(rdtgrp_reader_remove(reader, g1), 0);
	assert_int_equal(count_open(), 6);
	assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
	assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_01", "mbm_total_bytes"), 0);
	assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
	assert_int_equal(
		values[rdtgrp_reader_find(reader, g1, "mon_L3_01", "mbm_total_bytes")].integer, 77);
	assert_int_equal(rdtgrp_reader_add(reader, g1, NULL, NULL), 0);
	assert_all_events(reader);
	assert_same(reader);
	rdtgrp_reader_unref(reader);
	assert_int_equal(count_fds(), fds);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
}

static void test_flags(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = NULL;

	assert_fails(rdtgrp_reader_new(RDTGRP_READER_FS | RDTGRP_READER_PMU, &reader), -EINVAL);
	reader = new_reader(RDTGRP_READER_FS);
	assert_int_equal(rdtgrp_reader_add(reader, g1, NULL, NULL), 0);
	assert_source(reader, 0, RDTGRP_SOURCE_FILE, 0);
	assert_same(reader);
	assert_int_equal(world.opened, 0);
	rdtgrp_reader_unref(reader);
	reader = new_reader(0);
	assert_int_equal(rdtgrp_reader_add(reader, g1, NULL, NULL), 0);
	assert_all_events(reader);
	rdtgrp_reader_unref(reader);
	reader = new_reader(RDTGRP_READER_ON_DOMAIN_CPUS);
	assert_int_equal(rdtgrp_reader_add(reader, g1, NULL, NULL), 0);
	assert_all_events(reader);
	world.reads = 0;
	assert_same(reader);
	assert_int_equal(world.reads, 2);
	rdtgrp_reader_unref(reader);
	assert_string_equal(rdtgrp_source_name(-1), "unknown");
	rdtgrp_unref(g1);
}

/* No PMU, or one that is not of the known form: AUTO reads files, and says why. */
static void check_no_pmu(struct rdtgrp *group, int error)
{
	struct rdtgrp_reader *reader = NULL;

	assert_fails(rdtgrp_reader_new(RDTGRP_READER_PMU, &reader), error);
	assert_null(reader);
	reader = new_reader(0);
	assert_int_equal(rdtgrp_reader_add(reader, group, NULL, NULL), 0);
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++)
		assert_source(reader, i, RDTGRP_SOURCE_FILE, error);
	assert_same(reader);
	rdtgrp_reader_unref(reader);
	assert_int_equal(world.opened, 0);
}

static void test_descriptions(void **state)
{
	static const struct {
		const char *path, *text;
	} rows[] = {
		{"pmu/type", "x\n"},
		{"pmu/type", "4294967296\n"},
		{"pmu/type", "\n"},
		{"pmu/format/event", "config9:0-7\n"},
		{"pmu/format/event", "config:\n"},
		{"pmu/format/event", "config:7-0\n"},
		{"pmu/format/absolute", "config:64\n"},
		{"pmu/format/absolute", "config:8-\n"},
		{"pmu/format/group", "config1:0-31,40\n"},
	};
	static const char *const files[] = {"pmu/type", "pmu/format/absolute", "pmu/events"};
	struct rdtgrp *g1 = tree_open(*state, "g1");

	for (size_t i = 0; i < COUNT(rows); i++) {
		tree_write(&world.sysfs, rows[i].path, rows[i].text);
		check_no_pmu(g1, -EPROTO);
		make_pmu();
	}
	for (size_t i = 0; i < COUNT(files); i++) {
		tree_remove(&world.sysfs, files[i]);
		check_no_pmu(g1, -EPROTO);
		make_pmu();
	}
	/* One openat tells that there is none. */
	tree_remove(&world.sysfs, "pmu");
	fault_arm(CALL_SYSCALL, 0, EIO, true);
	rdtgrp_reader_unref(new_reader(0));
	assert_false(fault_disarm());
	fault_arm(CALL_OPENAT, 1, EIO, true);
	rdtgrp_reader_unref(new_reader(0));
	assert_false(fault_disarm());
	check_no_pmu(g1, -ENOENT);
	rdtgrp_unref(g1);
}

/* Events and domains that the PMU does not have. */
static void test_unknown(void **state)
{
	static const struct {
		const char *text;
		int error;
	} rows[] = {
		{"event=0x02\n", 0},
		{"event=2", 0},
		{"event=0x100\n", -EOPNOTSUPP},
		{"event=0x02,more=1\n", -EOPNOTSUPP},
		{"more=1\n", -EOPNOTSUPP},
		{"event=\n", -EOPNOTSUPP},
	};
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader;
	ssize_t index;

	for (size_t i = 0; i < COUNT(rows); i++) {
		tree_write(&world.sysfs, "pmu/events/mbm_total_bytes", rows[i].text);
		reader = new_reader(RDTGRP_READER_PMU);
		assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_01", NULL), 0);
		index = rdtgrp_reader_find(reader, g1, "mon_L3_01", "mbm_total_bytes");
		assert_one_file(reader, rows[i].error ? (size_t)index : SIZE_MAX, rows[i].error);
		assert_same(reader);
		update(reader);
		assert_one_file(reader, rows[i].error ? (size_t)index : SIZE_MAX, rows[i].error);
		rdtgrp_reader_unref(reader);
	}
	tree_write(*state, "g1/mon_data/mon_PERF_PKG_00/llc_occupancy", "1.500000\n");
	tree_write(*state, "g1/mon_data/mon_L3_00/new_event", "5\n");
	reader = new_reader(RDTGRP_READER_PMU);
	assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_00", "llc_occupancy"), 0);
	assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_PERF_PKG_00", "llc_occupancy"), 0);
	assert_one_file(reader, 1, -EOPNOTSUPP);
	assert_same(reader);
	assert_int_equal(values[1].decimals, 6);
	assert_int_equal(rdtgrp_reader_remove(reader, g1), 0);
	assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_00", "llc_occupancy"), 0);
	assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_00", "new_event"), 0);
	assert_one_file(reader, 1, -EOPNOTSUPP);
	assert_same(reader);
	assert_fails(rdtgrp_reader_add(reader, g1, "mon_L3_00", "none"), -ENOENT);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

/* A perf group of the library has 8 events at most. */
static void test_many_events(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader;

	for (size_t i = 4; i < COUNT(names); i++) {
		char path[96];

		snprintf(path, sizeof(path), "g1/mon_data/mon_L3_00/%s", names[i]);
		tree_write(*state, path, "123\n");
	}
	reader = new_reader_of(g1);
	assert_int_equal(rdtgrp_reader_count(reader), 13);
	assert_all_events(reader);
	world.reads = 0;
	assert_same(reader);
	assert_int_equal(world.reads, 3);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static void test_nodes(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader;

	world.nested = true;
	tree_write(&world.sysfs, "system/node/node0/cpulist", "0\n");
	tree_write(&world.sysfs, "system/node/node1/cpulist", "1\n");
	tree_write(*state, "g1/mon_data/mon_L3_00/mon_sub_L3_00/llc_occupancy", "1\n");
	tree_write(*state, "g1/mon_data/mon_L3_00/mon_sub_L3_01/llc_occupancy", "2\n");
	reader = new_reader_of(g1);
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++) {
		bool sum = !strcmp(rdtgrp_reader_get_domain(reader, i), "mon_L3_00");

		assert_source(reader, i, sum ? RDTGRP_SOURCE_FILE : RDTGRP_SOURCE_PMU,
			      sum ? -EOPNOTSUPP : 0);
	}
	assert_int_equal(count_open(), 5);
	assert_same(reader);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

/*
 * Let one call fail that is made when the value of a cache is added. If whether it has nodes cannot be told
 * then there is no event, for it may be a node's. Returns false if there are not so many calls.
 */
static bool add_failing(struct rdtgrp *group, enum call call, unsigned int number, int error,
			int *ret_found)
{
	struct rdtgrp_reader *reader = new_reader(RDTGRP_READER_PMU);
	bool fired;
	int found;

	fault_arm(call, number, error, false);
	assert_int_equal(rdtgrp_reader_add(reader, group, "mon_L3_00", "llc_occupancy"), 0);
	fired = fault_disarm();
	rdtgrp_reader_get_source(reader, 0, &found);
	assert_source(reader, 0, RDTGRP_SOURCE_FILE, found);
	assert_same(reader);
	/* What had gone is looked at again with the file, the rest by an update. */
	assert_source(reader, 0, RDTGRP_SOURCE_FILE, found == -EAGAIN ? -EOPNOTSUPP : found);
	update(reader);
	assert_source(reader, 0, RDTGRP_SOURCE_FILE, -EOPNOTSUPP);
	assert_same(reader);
	assert_int_equal(world.opened, 0);
	rdtgrp_reader_unref(reader);
	*ret_found = found;
	return fired;
}

static void test_unlisted(void **state)
{
	static const int errors[] = {EACCES, EMFILE, ENOMEM, EIO, ENOENT, ENODEV};
	struct rdtgrp *g1 = tree_open(*state, "g1");

	world.nested = true;
	tree_write(*state, "g1/mon_data/mon_L3_00/mon_sub_L3_00/llc_occupancy", "1\n");
	for (size_t i = 0; i < COUNT(errors); i++) {
		bool gone = errors[i] == ENOENT || errors[i] == ENODEV, told = false;
		int found, expected = gone ? -EAGAIN : -errors[i];

		/* The directory is opened after the file. */
		for (unsigned int number = 1;
		     add_failing(g1, has_openat2() ? CALL_SYSCALL : CALL_OPENAT, number, errors[i],
				 &found);
		     number++)
			told |= found == expected;
		assert_true(told);
		assert_true(add_failing(g1, CALL_GETDENTS64, 0, errors[i], &found));
		assert_int_equal(found, expected);
	}
	rdtgrp_unref(g1);
}

/* Any of the events cannot be had: its file is read, until an update. */
static void test_refused(void **state)
{
	static const int errors[] = {EACCES, EMFILE, ENOENT, ENOMEM, EBADF};
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader;

	for (size_t i = 0; i < COUNT(errors); i++)
		for (unsigned int which = 0; which < 6; which++) {
			reader = new_reader(RDTGRP_READER_PMU);
			fault_arm(CALL_PERF_EVENT_OPEN, which, errors[i], false);
			assert_int_equal(rdtgrp_reader_add(reader, g1, NULL, NULL), 0);
			assert_true(fault_disarm());
			assert_one_file(reader, which, -errors[i]);
			assert_same(reader);
			assert_same(reader);
			assert_one_file(reader, which, -errors[i]);
			update(reader);
			assert_all_events(reader);
			assert_same(reader);
			rdtgrp_reader_unref(reader);
		}
	/* All of them. */
	reader = new_reader(RDTGRP_READER_PMU);
	fault_arm(CALL_PERF_EVENT_OPEN, 0, EACCES, true);
	assert_int_equal(rdtgrp_reader_add(reader, g1, NULL, NULL), 0);
	assert_true(fault_disarm());
	for (size_t i = 0; i < 6; i++)
		assert_source(reader, i, RDTGRP_SOURCE_FILE, -EACCES);
	assert_same(reader);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

/* The kernel's words: the event says nothing, its file does. */
static void test_words(void **state)
{
	static const char *const words[] = {"Unavailable\n", "Error\n", "Unassigned\n"};
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader_of(g1);
	unsigned int fds = count_fds();

	for (size_t i = 0; i < 3 * COUNT(words); i++) {
		char path[96];

		snprintf(path, sizeof(path), "g1/mon_data/mon_L3_01/%s", names[i / 3 + 1]);
		tree_write(*state, path, words[i % 3]);
		assert_same(reader);
		/* Its file stays open until there is a number again. */
		fault_arm(CALL_SYSCALL, 0, EIO, true);
		assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
		assert_false(fault_disarm());
		assert_same(reader);
		assert_all_events(reader);
		assert_int_equal(count_fds(), fds + 1);
		tree_write(*state, path, "12345678901\n");
		assert_same(reader);
		assert_int_equal(count_fds(), fds);
		assert_all_events(reader);
		assert_int_equal(world.opened, 6);
	}
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

/* Whether the sum of g1 has another epoch than at the last reading. */
static bool is_new_epoch(struct rdtgrp_reader *reader, const struct rdtgrp *g1, uint32_t *epoch)
{
	ssize_t index = rdtgrp_reader_find(reader, g1, "mon_L3_01", "mbm_total_bytes");
	uint32_t before = *epoch;

	assert_same(reader);
	*epoch = values[index].epoch;
	assert_int_equal(
		values[rdtgrp_reader_find(reader, g1, "mon_L3_00", "mbm_total_bytes")].epoch,
		values[rdtgrp_reader_find(reader, g1, "mon_L3_00", "llc_occupancy")].epoch);
	return *epoch != before;
}

/* A member leaves a sum and comes back: see the same test of files. */
static void test_sums(void **state)
{
	static const char member[] = "g1/mon_groups/m1/mon_data/mon_L3_01/mbm_total_bytes";
	struct rdtgrp *g1 = tree_open(*state, "g1"), *m1 = tree_open(*state, "g1/mon_groups/m1");
	struct rdtgrp_reader *reader = new_reader_of(g1);
	uint32_t epoch = 0;

	tree_write(*state, member, "5\n");
	assert_int_equal(rdtgrp_reader_add(reader, m1, "mon_L3_01", "mbm_total_bytes"), 0);
	assert_all_events(reader);
	is_new_epoch(reader, g1, &epoch);
	assert_false(is_new_epoch(reader, g1, &epoch));
	for (unsigned int i = 0; i < 4; i++) {
		tree_write(*state, member, i % 2 ? "5\n" : "Unavailable\n");
		assert_true(is_new_epoch(reader, g1, &epoch));
		assert_true(is_new_epoch(reader, g1, &epoch));
		assert_false(is_new_epoch(reader, g1, &epoch));
	}
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
}

/* Events that no longer count, such as of a group that was pseudo-locked for a while, are opened anew. */
static void test_lost(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader_of(g1);

	world.loses = true;
	assert_same(reader);
	world.loses = false;
	assert_same(reader);
	assert_all_events(reader);
	assert_same(reader);
	assert_true(world.opened > 6);
	/* But not for ever. */
	world.loses = true;
	for (unsigned int i = 0; i < 30; i++)
		assert_same(reader);
	for (size_t i = 0; i < 6; i++)
		assert_source(reader, i, RDTGRP_SOURCE_FILE, -EIO);
	assert_int_equal(count_open(), 0);
	world.opened = 0;
	assert_same(reader);
	assert_int_equal(world.opened, 0);
	world.loses = false;
	update(reader);
	assert_all_events(reader);
	/* It starts from the beginning after that, */
	world.loses = true;
	assert_same(reader);
	world.loses = false;
	assert_all_events(reader);
	assert_same(reader);
	/* whenever the event has had a value, */
	for (unsigned int i = 0; i < 8; i++) {
		world.loses = true;
		assert_same(reader);
		world.loses = false;
		assert_same(reader);
		assert_all_events(reader);
	}
	/* and when event and file agree that there is none. */
	world.loses = true;
	for (unsigned int i = 0; i < 8; i++) {
		for (size_t j = 0; j < 6; j++)
			write_value(*state, j, "77\n");
		assert_same(reader);
		assert_all_events(reader);
		for (size_t j = 0; j < 6; j++)
			write_value(*state, j, "Unavailable\n");
		assert_same(reader);
		assert_all_events(reader);
	}
	world.loses = false;
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

/* A leader that is no good is closed with its group: in a group of its own nobody would read the others. */
static void test_leader(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader(RDTGRP_READER_PMU);

	for (size_t i = 1; i <= 3; i++)
		assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_00", names[i]), 0);
	world.loses_code = 1;
	assert_same(reader);
	world.loses_code = 0;
	assert_same(reader);
	assert_all_events(reader);
	world.reads = 0;
	fault_arm(CALL_PREAD, 0, EIO, true);
	assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
	assert_false(fault_disarm());
	assert_int_equal(world.reads, 1);
	assert_same(reader);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static void test_read_fails(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader_of(g1);

	for (unsigned int i = 0; i < 2; i++) {
		fault_arm(CALL_READ, i, EIO, false);
		assert_same(reader);
		assert_true(fault_disarm());
		assert_all_events(reader);
		assert_same(reader);
	}
	fault_arm(CALL_READ, 0, EINTR, false);
	world.opened = 0;
	assert_same(reader);
	assert_true(fault_disarm());
	assert_int_equal(world.opened, 0);
	fault_arm(CALL_READ, 0, EIO, true);
	for (unsigned int i = 0; i < 30; i++)
		assert_same(reader);
	assert_true(fault_disarm());
	for (size_t i = 0; i < 6; i++)
		assert_source(reader, i, RDTGRP_SOURCE_FILE, -EIO);
	update(reader);
	assert_all_events(reader);
	assert_same(reader);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

/* The time of its events stands still; the files of a plain tree live on, so ENODEV is put in. */
static void test_offline(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader_of(g1);
	size_t index = (size_t)rdtgrp_reader_find(reader, g1, "mon_L3_01", "llc_occupancy");
	uint64_t inode;

	assert_same(reader);
	inode = values[index].file_inode;
	tree_remove(*state, "g1/mon_data/mon_L3_01");
	for (unsigned int i = 0; i < 3; i++) {
		assert_same(reader);
		assert_int_equal(values[index].status, RDTGRP_STATUS_OFFLINE);
		assert_source(reader, index, RDTGRP_SOURCE_FILE, -EAGAIN);
		assert_int_equal(count_open(), 3);
	}
	/* It comes back with other CPUs. */
	for (unsigned int i = 1; i <= 3; i++) {
		char path[96];

		snprintf(path, sizeof(path), "g1/mon_data/mon_L3_01/%s", names[i]);
		tree_write(*state, path, "3\n");
	}
	tree_write(&world.sysfs, "system/cpu/online", "0-1,3\n");
	for (unsigned int cpu = 2; cpu < 4; cpu++)
		write_cpu(cpu, "1\n", "3\n");
	assert_same(reader);
	assert_int_equal(values[index].status, RDTGRP_STATUS_OK);
	assert_int_not_equal(values[index].file_inode, inode);
	assert_all_events(reader);
	assert_int_equal(world.events[world.count - 1].cpu, 3);
	assert_same(reader);
	assert_int_equal(values[index].integer, 3);
	/* Gone and back between two readings. */
	for (int i = 0; i < world.count; i++)
		world.events[i].dead = true;
	world.opened = 0;
	assert_same(reader);
	assert_all_events(reader);
	assert_int_equal(world.opened, 6);
	assert_same(reader);
	/* They had been running for a while before. */
	for (int i = 0; i < world.count; i++) {
		world.events[i].dead = true;
		world.events[i].running += 1;
		world.events[i].value = 99;
	}
	world.opened = 0;
	assert_same(reader);
	assert_int_equal(world.opened, 6);
	/* They had not been read before. */
	for (int i = 0; i < world.count; i++) {
		world.events[i].dead = true;
		world.events[i].running = 1;
		world.events[i].value = 99;
	}
	world.opened = 0;
	assert_same(reader);
	assert_int_equal(world.opened, 6);
	/* The same, and with another CPU. */
	for (int i = 0; i < world.count; i++)
		world.events[i].dead = true;
	tree_write(&world.sysfs, "system/cpu/online", "1,3\n");
	write_cpu(1, "0\n", "1\n");
	assert_same(reader);
	assert_all_events(reader);
	tidy();
	for (int i = 0; i < world.count; i++)
		assert_true(world.events[i].cpu == 1 || world.events[i].cpu == 3);
	/* It went while its event was opened: the file that was open is dead. */
	assert_int_equal(rdtgrp_reader_remove(reader, g1), 0);
	fault_arm(CALL_PREAD, 0, ENODEV, false);
	assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_01", "llc_occupancy"), 0);
	fault_disarm();
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

#define MINUTE_NS 60000000000L

/* Its time alone tells that an event is dead: one in a group of several loses those. */
static struct rdtgrp_reader *new_reader_of_singles(struct rdtgrp *group)
{
	struct rdtgrp_reader *reader = new_reader(RDTGRP_READER_PMU);

	assert_int_equal(rdtgrp_reader_add(reader, group, "mon_L3_00", "mbm_total_bytes"), 0);
	assert_int_equal(rdtgrp_reader_add(reader, group, "mon_L3_01", "mbm_total_bytes"), 0);
	assert_same(reader);
	assert_all_events(reader);
	world.reads = world.opened = 0;
	return reader;
}

/* The domain has gone just now, a long time after the last reading: the event has been running nearly all
 * of that time. */
static void test_went_just_now(void **state)
{
	static const long before_ns[] = {10000, 1000000, 200000000, 300000000, 30000000000};
	struct rdtgrp *g1 = tree_open(*state, "g1");

	for (size_t i = 0; i < COUNT(before_ns); i++) {
		struct rdtgrp_reader *reader = new_reader_of_singles(g1);
		size_t index = 1;

		world.passed_ns += MINUTE_NS - before_ns[i];
		tidy();
		world.events[index].dead = true;
		world.events[index].running = run_ns();
		world.passed_ns += before_ns[i];
		tree_remove(*state, "g1/mon_data/mon_L3_01");
		assert_same(reader);
		assert_int_equal(values[index].status, RDTGRP_STATUS_OFFLINE);
		assert_source(reader, index, RDTGRP_SOURCE_FILE, -EAGAIN);
		assert_source(reader, 1 - index, RDTGRP_SOURCE_PMU, 0);
		assert_int_equal(count_open(), 1);
		tree_write(*state, "g1/mon_data/mon_L3_01/mbm_total_bytes", "3\n");
		assert_same(reader);
		assert_all_events(reader);
		rdtgrp_reader_unref(reader);
	}
	rdtgrp_unref(g1);
}

/* Is it alive? One reading tells, or two where perf's clock is behind. Events that were stopped for long were
 * moved to another CPU, and are opened anew. */
static void test_alive(void **state)
{
	static const struct {
		long passed_ns;
		long slewed_ns;
		uint64_t stopped_ns;
		unsigned int reads;
		unsigned int opened;
	} rows[] = {
		{0, 0, 0, 2, 0},
		{MINUTE_NS, 0, 0, 2, 0},
		{MINUTE_NS, 30000000, 0, 2, 0},
		{MINUTE_NS, 0, 1000000, 4, 0},
		{MINUTE_NS, 0, 200000000, 4, 0},
		{MINUTE_NS, 0, 300000000, 2, 2},
		{10000000, 0, 500000, 4, 0},
		{1000000000, 0, 1000000, 4, 0},
		{1000000000, 0, 10000000, 2, 2},
	};
	struct rdtgrp *g1 = tree_open(*state, "g1");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rdtgrp_reader *reader = new_reader_of_singles(g1);

		world.passed_ns += rows[i].passed_ns;
		world.slewed_ns += rows[i].slewed_ns;
		world.stopped_ns += rows[i].stopped_ns;
		tree_write(*state, "g1/mon_data/mon_L3_01/mbm_total_bytes", "71\n");
		assert_same(reader);
		assert_int_equal(values[1].integer, 71);
		assert_int_equal(world.reads, rows[i].reads);
		assert_int_equal(world.opened, rows[i].opened);
		assert_all_events(reader);
		/* All is as before. */
		world.reads = 0;
		tree_write(*state, "g1/mon_data/mon_L3_01/mbm_total_bytes", "72\n");
		assert_same(reader);
		assert_int_equal(values[1].integer, 72);
		assert_int_equal(world.reads, 2);
		assert_int_equal(world.opened, rows[i].opened);
		rdtgrp_reader_unref(reader);
	}
	rdtgrp_unref(g1);
}

/* No CPU is known, or it is another one by now. */
static void test_cpus(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader;
	ssize_t leader, other;

	tree_write(&world.sysfs, "system/cpu/online", "0-1\n");
	reader = new_reader_of(g1);
	for (size_t i = 0; i < 6; i++) {
		bool first = !strcmp(rdtgrp_reader_get_domain(reader, i), "mon_L3_00");

		assert_source(reader, i, first ? RDTGRP_SOURCE_PMU : RDTGRP_SOURCE_FILE,
			      first ? 0 : -ENODEV);
	}
	assert_same(reader);
	tree_write(&world.sysfs, "system/cpu/online", "0-3\n");
	update(reader);
	assert_all_events(reader);
	assert_same(reader);
	/* The kernel has moved the leader to another CPU: its group is made anew. */
	assert_int_equal(rdtgrp_reader_remove(reader, g1), 0);
	assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_00", "llc_occupancy"), 0);
	tidy();
	world.events[0].cpu = 1;
	assert_int_equal(rdtgrp_reader_add(reader, g1, "mon_L3_00", "mbm_local_bytes"), 0);
	leader = rdtgrp_reader_find(reader, g1, "mon_L3_00", "llc_occupancy");
	other = rdtgrp_reader_find(reader, g1, "mon_L3_00", "mbm_local_bytes");
	assert_source(reader, (size_t)leader, RDTGRP_SOURCE_FILE, -EAGAIN);
	assert_source(reader, (size_t)other, RDTGRP_SOURCE_PMU, 0);
	assert_same(reader);
	assert_source(reader, (size_t)leader, RDTGRP_SOURCE_PMU, 0);
	assert_source(reader, (size_t)other, RDTGRP_SOURCE_PMU, 0);
	world.reads = 0;
	assert_same(reader);
	assert_int_equal(world.reads, 1);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static void test_gone(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader_of(g1);

	tree_remove(*state, "g1");
	assert_same(reader);
	assert_int_equal(values[0].status, RDTGRP_STATUS_GONE);
	assert_int_equal(count_open(), 0);
	tree_make_group(*state, "g1", RDTGRP_TYPE_CTRL_MON);
	assert_same(reader);
	update(reader);
	assert_same(reader);
	assert_int_equal(values[5].status, RDTGRP_STATUS_GONE);
	assert_int_equal(count_open(), 0);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static void test_locked(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader_of(g1);

	assert_same(reader);
	tree_write(*state, "g1/mode", "pseudo-locksetup\n");
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
		for (size_t j = 0; j < 6; j++)
			assert_int_equal(values[j].status, RDTGRP_STATUS_PSEUDO_LOCKED);
		assert_int_equal(count_open(), 0);
	}
	tree_write(*state, "g1/mode", "shareable\n");
	assert_int_equal(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
	assert_same(reader);
	assert_all_events(reader);
	assert_same(reader);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

struct making {
	struct rdtgrp *group;
	unsigned int flags;
	struct rdtgrp_reader *reader;
};

static int run_new(void *data)
{
	struct making *making = data;
	int r = rdtgrp_reader_new(making->flags, &making->reader);

	if (r < 0)
		return r;
	r = rdtgrp_reader_add(making->reader, making->group, NULL, NULL);
	if (r < 0)
		making->reader = rdtgrp_reader_unref(making->reader);
	return r;
}

static void release(void *data)
{
	struct making *making = data;

	/* The inode is 0 where fstat failed. */
	assert_numbers(making->reader);
	assert_numbers(making->reader);
	making->reader = rdtgrp_reader_unref(making->reader);
}

static bool is_untouched(const void *data)
{
	return !((const struct making *)data)->reader;
}

/* All but memory has a file to fall back to, except for where the PMU is wanted and not found. */
static bool tolerates(enum call call, int error, int result, const void *data)
{
	(void)error;
	(void)data;
	return result == 0 && call != CALL_MEMORY;
}

static void test_fails(void **state)
{
	const struct operation operation = {run_new, release, is_untouched, tolerates};
	struct making making = {.group = tree_open(*state, "g1")};
	unsigned int hits[CALL_COUNT];

	fail_everything(&operation, &making, hits);
	assert_true(hits[CALL_PERF_EVENT_OPEN] >= 18);
	assert_true(hits[CALL_MEMORY] >= 20);
	rdtgrp_unref(making.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_cost),	  T(test_flags),	 T(test_descriptions),
		T(test_unknown),  T(test_many_events),	 T(test_nodes),
		T(test_refused),  T(test_words),	 T(test_sums),
		T(test_lost),	  T(test_leader),	 T(test_read_fails),
		T(test_offline),  T(test_went_just_now), T(test_alive),
		T(test_unlisted), T(test_cpus),		 T(test_gone),
		T(test_locked),	  T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
