/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reader by the kernel's perf PMU beside one of files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"

#define D live_domain(1)
#define E "mbm_total_bytes"
#define MIB 1048576ULL
#define VALUES_MAX 512
#define CHILDREN 20

#define AUTO_READER __attribute__((cleanup(rdtgrp_reader_unrefp))) struct rdtgrp_reader *

static struct rdtgrp_value by_pmu[VALUES_MAX], by_file[VALUES_MAX];

/* Two readers of the same values. */
static bool new_readers(unsigned int flags, struct rdtgrp_reader **ret_pmu,
			struct rdtgrp_reader **ret_fs)
{
	int r = -ENOENT;

	if (!live.simulator)
		r = rdtgrp_reader_new(RDTGRP_READER_PMU | flags, ret_pmu);
	if (r == -ENOENT) {
		tap_skip("no perf PMU for this resctrl");
		return false;
	}
	return CHECK_RC(r, 0) && CHECK_RC(rdtgrp_reader_new(RDTGRP_READER_FS, ret_fs), 0);
}

static bool add(struct rdtgrp_reader *pmu, struct rdtgrp_reader *fs, struct rdtgrp *group)
{
	return CHECK_RC(rdtgrp_reader_add(pmu, group, NULL, NULL), 0) &&
	       CHECK_RC(rdtgrp_reader_add(fs, group, NULL, NULL), 0);
}

/* Read both; counters must be frozen. */
static bool are_same(struct rdtgrp_reader *pmu, struct rdtgrp_reader *fs)
{
	memset(by_pmu, 0x5a, sizeof(by_pmu));
	memset(by_file, 0xa5, sizeof(by_file));
	if (!CHECK_RC(rdtgrp_reader_read(pmu, by_pmu, VALUES_MAX), 0) ||
	    !CHECK_RC(rdtgrp_reader_read(fs, by_file, VALUES_MAX), 0) ||
	    !CHECK_U64(rdtgrp_reader_count(pmu), rdtgrp_reader_count(fs)))
		return false;
	for (size_t i = 0; i < rdtgrp_reader_count(pmu); i++) {
		const char *file = rdtgrp_reader_get_event(fs, i);

		if (!CHECK_STRING(rdtgrp_reader_get_event(pmu, i), file) ||
		    !CHECK_STRING(rdtgrp_reader_get_domain(pmu, i),
				  rdtgrp_reader_get_domain(fs, i)) ||
		    !CHECK_STRING(rdtgrp_status_name((enum rdtgrp_status)by_pmu[i].status),
				  rdtgrp_status_name((enum rdtgrp_status)by_file[i].status)) ||
		    !CHECK_U64(by_pmu[i].integer, by_file[i].integer) ||
		    !CHECK_U64(by_pmu[i].decimals, by_file[i].decimals) ||
		    !CHECK_U64(by_pmu[i].fraction, by_file[i].fraction) ||
		    !CHECK_U64(by_pmu[i].file_inode, by_file[i].file_inode) ||
		    !CHECK(by_pmu[i].time_ns > 0 && by_pmu[i].time_ns < by_file[i].time_ns)) {
			tap_note("%s of %s", file, rdtgrp_reader_get_domain(fs, i));
			return false;
		}
	}
	return true;
}

static bool is_from(const struct rdtgrp_reader *reader, size_t index, enum rdtgrp_source source,
		    int error)
{
	int found = 1;

	return CHECK_STRING(rdtgrp_source_name(rdtgrp_reader_get_source(reader, index, &found)),
			    rdtgrp_source_name(source)) &&
	       CHECK_RC(found, error);
}

static size_t count_from_pmu(const struct rdtgrp_reader *reader)
{
	size_t count = 0;
	int error;

	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++)
		count += rdtgrp_reader_get_source(reader, i, &error) == RDTGRP_SOURCE_PMU;
	return count;
}

/* With Sub-NUMA Clustering the cache's own directory has the sums of its nodes. */
static bool is_sum(const struct rdtgrp_reader *reader, size_t index)
{
	const char *domain = rdtgrp_reader_get_domain(reader, index);

	return strchr(D, '/') && !strchr(domain, '/');
}

static bool check_sources(const struct rdtgrp_reader *pmu, const struct rdtgrp_reader *fs)
{
	size_t sums = 0;

	for (size_t i = 0; i < rdtgrp_reader_count(pmu); i++) {
		bool sum = is_sum(pmu, i);

		sums += sum;
		if (!is_from(fs, i, RDTGRP_SOURCE_FILE, 0) ||
		    !is_from(pmu, i, sum ? RDTGRP_SOURCE_FILE : RDTGRP_SOURCE_PMU,
			     sum ? -EOPNOTSUPP : 0))
			return false;
	}
	return CHECK(sums < rdtgrp_reader_count(pmu)) &&
	       is_from(pmu, rdtgrp_reader_count(pmu), RDTGRP_SOURCE_NONE, 0);
}

static void check_everything(unsigned int flags)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP group = NULL;
	AUTO_GROUP lonely = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;
	char path[64];
	int fds;

	if (!new_readers(flags, &pmu, &fs) || !live_can_control())
		return;
	NEED(live_open_group(".", &root));
	NEED(live_make_group("g", &group));
	NEED(live_make_group("h", &lonely));
	NEED(live_make_group("g/mon_groups/m", &mon));
	NEED(live_freeze());
	NEED(add(pmu, fs, root) && add(pmu, fs, group) && add(pmu, fs, lonely) &&
	     add(pmu, fs, mon));
	/* An event each, in place of a file each. */
	fds = tap_count_fds();
	NEED(are_same(pmu, fs));
	CHECK_U64(tap_count_fds(), fds);
	if (!check_sources(pmu, fs))
		return;
	for (uint64_t i = 1; i <= 3; i++) {
		NEED(live_set("g", D, E, (i << 33) + 64 * MIB));
		NEED(live_set("g/mon_groups/m", D, E, (i << 33) + MIB));
		NEED(live_set("g/mon_groups/m", D, "llc_occupancy", i * MIB));
		NEED(live_set("h", live_domain(0), E, (i << 33) + 5 * MIB));
		NEED(are_same(pmu, fs));
		CHECK(by_pmu[rdtgrp_reader_find(pmu, group, D, E)].integer >= i << 33);
	}
	NEED(live_set("g/mon_groups/m", D, "llc_occupancy", 0));
	/* The sum of a group with many children. */
	for (unsigned int i = 0; i < CHILDREN; i++) {
		snprintf(path, sizeof(path), "h/mon_groups/m%u", i);
		/* There may be counters for some only. Lines left in the cache would keep RMIDs in
		 * limbo. */
		NEED(live_make(path) && (i >= 4 || live_set(path, D, E, (i + 1) * MIB)));
	}
	NEED(are_same(pmu, fs));
	NEED(live_rmdir(path));
	NEED(are_same(pmu, fs));
	check_sources(pmu, fs);
	NEED_RC(rdtgrp_reader_remove(pmu, group), 0);
	NEED_RC(rdtgrp_reader_remove(fs, group), 0);
	NEED(add(pmu, fs, group) && are_same(pmu, fs));
	check_sources(pmu, fs);
}

static void everything(void)
{
	check_everything(0);
}

static void on_domain_cpus(void)
{
	check_everything(RDTGRP_READER_ON_DOMAIN_CPUS);
}

/* The events stay open; the file is read, too, until they have values again. */
static void check_word(const char *word)
{
	AUTO_GROUP group = NULL;
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;
	size_t events;
	ssize_t index;
	int fds;

	if (!new_readers(0, &pmu, &fs) || !live_can_control())
		return;
	NEED(live_make_group("g", &group) && live_freeze());
	NEED(add(pmu, fs, group) && are_same(pmu, fs));
	events = count_from_pmu(pmu);
	fds = tap_count_fds();
	index = rdtgrp_reader_find(pmu, group, D, E);
	if (!live_status("g", D, E, word))
		return;
	for (int i = 0; i < 3; i++) {
		NEED(are_same(pmu, fs));
		CHECK_STRING(rdtgrp_status_name((enum rdtgrp_status)by_pmu[index].status), word);
		CHECK_U64(count_from_pmu(pmu), events);
	}
	NEED(live_status("g", D, E, "ok"));
	for (int i = 0; i < 3; i++)
		NEED(are_same(pmu, fs));
	CHECK_U64(by_pmu[index].status, RDTGRP_STATUS_OK);
	CHECK_U64(count_from_pmu(pmu), events);
	CHECK_U64(tap_count_fds(), fds);
}

static void unavailable(void)
{
	check_word("unavailable");
}

static void refused(void)
{
	check_word("error");
}

static void unassigned(void)
{
	check_word("unassigned");
}

static bool set_online(unsigned int cpu, bool online)
{
	char path[64];
	bool good;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	good = fd >= 0 && write(fd, online ? "1" : "0", 1) == 1;
	if (fd >= 0)
		close(fd);
	return CHECK(good);
}

/* The last CPU of the two of the second domain stays: the kernel moves the events there. */
static void cpu_goes(void)
{
	AUTO_GROUP group = NULL;
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;
	char list[64] = "";
	unsigned int cpu = 0;
	size_t events;
	int fd;

	if (!new_readers(0, &pmu, &fs) || !live_can_control())
		return;
	fd = open("/sys/devices/system/cpu/cpu2/cache/index3/shared_cpu_list",
		  O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, list, sizeof(list) - 1) > 0)
		sscanf(list, "%u", &cpu);
	if (fd >= 0)
		close(fd);
	if (!strchr(list, '-') || cpu == 0 || strchr(D, '/')) {
		tap_skip("no L3 domain of CPUs beside CPU 0");
		return;
	}
	NEED(live_make_group("g", &group) && live_freeze());
	NEED(add(pmu, fs, group) && live_set("g", D, E, (7ULL << 32) + MIB) && are_same(pmu, fs));
	events = count_from_pmu(pmu);
	NEED(set_online(cpu, false));
	for (int i = 0; i < 2; i++) {
		CHECK(are_same(pmu, fs));
		CHECK_U64(count_from_pmu(pmu), events);
	}
	/* Events that are added now are on the CPU that is left. */
	CHECK_RC(rdtgrp_reader_remove(pmu, group), 0);
	CHECK_RC(rdtgrp_reader_add(pmu, group, NULL, NULL), 0);
	CHECK(are_same(pmu, fs));
	CHECK_U64(count_from_pmu(pmu), events);
	NEED(set_online(cpu, true));
	CHECK(are_same(pmu, fs));
	CHECK_U64(count_from_pmu(pmu), events);
}

static void domain_goes(void)
{
	AUTO_GROUP group = NULL;
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;
	size_t events;

	if (!new_readers(0, &pmu, &fs) || !live_can_control())
		return;
	NEED(live_make_group("g", &group) && live_freeze());
	NEED(add(pmu, fs, group) && are_same(pmu, fs));
	events = count_from_pmu(pmu);
	for (int i = 0; i < 5; i++) {
		if (!live_offline(live_l3_id(1)))
			return;
		/* Away and back between two readings, or seen to be away. */
		for (int j = 0; j < i; j++) {
			CHECK(are_same(pmu, fs));
			CHECK(count_from_pmu(pmu) < events);
		}
		if (!live_online(live_l3_id(1)))
			return;
		/* One reading finds the files, and opens the events. */
		CHECK(are_same(pmu, fs));
		CHECK_U64(count_from_pmu(pmu), events);
		CHECK(are_same(pmu, fs));
		CHECK_U64(count_from_pmu(pmu), events);
	}
}

/* Its events are dead then, and are opened anew. */
static void locked(void)
{
	AUTO_GROUP group = NULL;
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;
	size_t events;

	if (!new_readers(0, &pmu, &fs) || !live_can_control())
		return;
	NEED(live_make_group("g", &group) && live_freeze());
	NEED(add(pmu, fs, group) && are_same(pmu, fs));
	events = count_from_pmu(pmu);
	if (!live_locksetup("g"))
		return;
	NEED(are_same(pmu, fs));
	CHECK_U64(by_pmu[0].status, RDTGRP_STATUS_PSEUDO_LOCKED);
	CHECK_U64(count_from_pmu(pmu), 0);
	NEED_RC(live_write("g/mode", "shareable\n"), 0);
	for (int i = 0; i < 3; i++)
		NEED(are_same(pmu, fs));
	CHECK_U64(by_pmu[0].status, RDTGRP_STATUS_OK);
	CHECK_U64(count_from_pmu(pmu), events);
}

static void without_permission(void *argument)
{
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;

	if (!new_readers(0, &pmu, &fs))
		return;
	NEED(add(pmu, fs, argument) && are_same(pmu, fs));
	for (size_t i = 0; i < rdtgrp_reader_count(pmu); i++)
		NEED(is_from(pmu, i, RDTGRP_SOURCE_FILE, is_sum(pmu, i) ? -EOPNOTSUPP : -EACCES));
}

static void nobody(void)
{
	AUTO_GROUP group = NULL;
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;

	if (!new_readers(0, &pmu, &fs) || !live_can_control())
		return;
	NEED(live_make_group("g", &group) && live_freeze());
	NEED(live_set("g", D, E, (11ULL << 32) + MIB));
	live_as_nobody(without_permission, group);
}

/* Nobody is permitted all but to list the directory of a cache, and so cannot know whether it has nodes. */
static void without_listing(void *argument)
{
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;
	char cache[64];
	int sum, node = -1;

	snprintf(cache, sizeof(cache), "%.*s", (int)strcspn(D, "/"), D);
	if (!new_readers(0, &pmu, &fs))
		return;
	NEED_RC(rdtgrp_reader_add(pmu, argument, cache, "llc_occupancy"), 0);
	NEED_RC(rdtgrp_reader_add(fs, argument, cache, "llc_occupancy"), 0);
	if (strchr(D, '/')) {
		NEED_RC(rdtgrp_reader_add(pmu, argument, D, "llc_occupancy"), 0);
		NEED_RC(rdtgrp_reader_add(fs, argument, D, "llc_occupancy"), 0);
		node = (int)rdtgrp_reader_find(pmu, argument, D, "llc_occupancy");
	}
	sum = (int)rdtgrp_reader_find(pmu, argument, cache, "llc_occupancy");
	for (int i = 0; i < 2; i++) {
		NEED(are_same(pmu, fs));
		NEED(is_from(pmu, (size_t)sum, RDTGRP_SOURCE_FILE, -EACCES));
		NEED(node < 0 || (is_from(pmu, (size_t)node, RDTGRP_SOURCE_PMU, 0) &&
				  CHECK(by_pmu[sum].integer != by_pmu[node].integer)));
	}
}

/* Set what a file holds, and get what it held before. */
static bool exchange(const char *path, const char *text, char *ret_before, size_t size)
{
	AUTO_FD fd = open(path, O_RDWR | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, ret_before, size - 1, 0);

	if (!CHECK(n > 0))
		return false;
	ret_before[n] = '\0';
	return CHECK(pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

/* Let each node of the cache have lines of its own, in multiples of a unit. */
static bool occupy(struct rdtgrp *group, uint64_t unit)
{
	AUTO_READER reader = NULL;
	size_t length = strcspn(D, "/");

	if (!CHECK_RC(rdtgrp_reader_new(RDTGRP_READER_FS, &reader), 0) ||
	    !CHECK_RC(rdtgrp_reader_add(reader, group, NULL, "llc_occupancy"), 0))
		return false;
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++) {
		const char *domain = rdtgrp_reader_get_domain(reader, i);

		if (!strncmp(domain, D, length) && domain[length] == D[length] &&
		    !live_set("g", domain, "llc_occupancy", (i + 1) * unit))
			return false;
	}
	return true;
}

static void unlisted(void)
{
	static const char sysctl[] = "/proc/sys/kernel/perf_event_paranoid";
	AUTO_GROUP group = NULL;
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;
	char path[128], before[16], after[16];

	if (!new_readers(0, &pmu, &fs) || !live_can_control())
		return;
	NEED(live_make_group("g", &group) && live_freeze() && occupy(group, MIB));
	snprintf(path, sizeof(path), "g/mon_data/%.*s", (int)strcspn(D, "/"), D);
	NEED(!fchmodat(live.root_fd, path, 0711, 0));
	NEED(exchange(sysctl, "-1", before, sizeof(before)));
	live_as_nobody(without_listing, group);
	exchange(sysctl, before, after, sizeof(after));
	/* Lines left in the cache would keep the RMID in limbo. */
	occupy(group, 0);
}

/* As many fds as there are, but for a few: values without an event or a file are read all the same. */
static void few_fds(void *argument)
{
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;
	struct rlimit limit;
	int more = -1, fd;

	NEED(new_readers(0, &pmu, &fs));
	NEED_RC(rdtgrp_reader_add(fs, argument, NULL, NULL), 0);
	fd = open("/", O_PATH | O_CLOEXEC);
	NEED(fd >= 0 && !getrlimit(RLIMIT_NOFILE, &limit));
	close(fd);
	limit.rlim_cur = (rlim_t)fd + 4;
	NEED(!setrlimit(RLIMIT_NOFILE, &limit));
	NEED_RC(rdtgrp_reader_add(pmu, argument, NULL, NULL), 0);
	for (int i = 0; i < 3; i++)
		NEED(are_same(pmu, fs));
	CHECK(count_from_pmu(pmu) < rdtgrp_reader_count(pmu));
	/* The reader gives some back, for others too. */
	more = open("/", O_PATH | O_CLOEXEC);
	CHECK(more >= 0);
	NEED(are_same(pmu, fs));
	limit.rlim_cur = (rlim_t)fd + 64;
	NEED(!setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_RC(rdtgrp_reader_update(pmu), 0);
	for (int i = 0; i < 2; i++)
		NEED(are_same(pmu, fs));
	check_sources(pmu, fs);
	CHECK_U64(rdtgrp_reader_count_not_held(pmu), 0);
	close(more);
}

static void no_fds(void)
{
	AUTO_GROUP group = NULL;
	AUTO_READER pmu = NULL;
	AUTO_READER fs = NULL;

	if (!new_readers(0, &pmu, &fs) || !live_can_control())
		return;
	NEED(live_make_group("g", &group) && live_freeze());
	live_in_child(few_fds, group);
}

static const struct tap_case cases[] = {
	{"all values of four groups are the files'", everything},
	{"the same on the CPUs of their domains", on_domain_cpus},
	{"Unavailable", unavailable},
	{"Error", refused},
	{"Unassigned", unassigned},
	{"the events' CPU goes offline", cpu_goes},
	{"a domain goes offline and comes back", domain_goes},
	{"pseudo-locksetup", locked},
	{"without permission for perf events: files", nobody},
	{"a domain's directory cannot be listed: its file", unlisted},
	{"no fds left: files, then events again", no_fds},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
