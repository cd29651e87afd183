/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reader, while groups and domains come and go on a live tree. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "live.h"

#define D live_domain(1)
#define OTHER live_domain(0)
#define E "mbm_total_bytes"
#define GAUGE "llc_occupancy"
#define MIB 1048576ULL
#define VALUES_MAX 512
#define THREADS 8
#define ROUNDS 80

#define AUTO_READER __attribute__((cleanup(rdtgrp_reader_unrefp))) struct rdtgrp_reader *
#define AUTO_SNAPSHOT __attribute__((cleanup(rdtgrp_snapshot_unrefp))) struct rdtgrp_snapshot *

static struct rdtgrp_value values[VALUES_MAX];

static bool read_all(struct rdtgrp_reader *reader)
{
	memset(values, 0x5a, sizeof(values));
	return CHECK_RC(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
}

/* Reads all and looks at one of them. */
static bool event_has_status(struct rdtgrp_reader *reader, struct rdtgrp *group, const char *domain,
			     const char *event, enum rdtgrp_status status)
{
	ssize_t index = rdtgrp_reader_find(reader, group, domain, event);

	return CHECK(index >= 0) && read_all(reader) &&
	       CHECK_STRING(rdtgrp_status_name((enum rdtgrp_status)values[index].status),
			    rdtgrp_status_name(status)) &&
	       CHECK(values[index].time_ns > 0);
}

static bool has_status(struct rdtgrp_reader *reader, struct rdtgrp *group, const char *domain,
		       enum rdtgrp_status status)
{
	return event_has_status(reader, group, domain, E, status);
}

static uint64_t inode_of(struct rdtgrp_reader *reader, struct rdtgrp *group, const char *domain)
{
	return values[rdtgrp_reader_find(reader, group, domain, "llc_occupancy")].file_inode;
}

/* All values of all groups: those that stand still are what a snapshot says. */
static void check_everything(unsigned int flags)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP group = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_READER reader = NULL;
	struct rdtgrp *groups[3];
	size_t count = 0;

	NEED(live_open_group(".", &root));
	NEED(live_make_group("g", &group));
	NEED(live_make_group("g/mon_groups/m", &mon));
	groups[0] = root;
	groups[1] = group;
	groups[2] = mon;
	NEED_RC(rdtgrp_reader_new(flags, &reader), 0);
	for (size_t i = 0; i < 3; i++)
		NEED_RC(rdtgrp_reader_add(reader, groups[i], NULL, NULL), 0);
	if (live_can_control() && !live_freeze())
		return;
	NEED(read_all(reader));
	CHECK_U64(rdtgrp_reader_count_unwatched(reader), 0);
	/* What rdtsim's domains are called has nothing to do with this machine. */
	if (!live.simulator)
		CHECK_U64(rdtgrp_reader_count_elsewhere(reader), 0);
	for (size_t g = 0; g < 3; g++) {
		AUTO_SNAPSHOT snapshot = NULL;
		struct rdtgrp_layout *layout;

		NEED_RC(rdtgrp_snapshot_read(groups[g], NULL, &snapshot), 0);
		layout = rdtgrp_snapshot_get_layout(snapshot);
		for (size_t d = 0; d < rdtgrp_layout_count_domains(layout); d++) {
			const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, d);

			for (size_t e = 0; e < rdtgrp_domain_count_events(domain); e++) {
				const struct rdtgrp_value *alone =
					rdtgrp_snapshot_get_value(snapshot, d, e);
				ssize_t i = rdtgrp_reader_find(reader, groups[g],
							       rdtgrp_domain_get_path(domain),
							       rdtgrp_domain_get_event(domain, e));

				NEED(i >= 0);
				count++;
				CHECK_U64(values[i].status, alone->status);
				CHECK_U64(values[i].file_inode, alone->file_inode);
				if (live.simulator) {
					CHECK_U64(values[i].integer, alone->integer);
					CHECK_U64(values[i].fraction, alone->fraction);
				}
			}
		}
	}
	CHECK_U64(rdtgrp_reader_count(reader), count);
	for (size_t i = count; i < VALUES_MAX; i++)
		if (!CHECK_U64(values[i].status, RDTGRP_STATUS_NONE))
			break;
}

static void everything(void)
{
	check_everything(0);
}

static void on_domain_cpus(void)
{
	cpu_set_t before, after;

	NEED(sched_getaffinity(0, sizeof(before), &before) == 0);
	check_everything(RDTGRP_READER_ON_DOMAIN_CPUS);
	NEED(sched_getaffinity(0, sizeof(after), &after) == 0);
	CHECK(CPU_EQUAL(&before, &after));
}

/* The thread gets those CPUs back, too, that are offline while it reads. */
static void on_domain_cpus_some_offline(void)
{
	cpu_set_t before, after;
	AUTO_GROUP group = NULL;
	AUTO_READER reader = NULL;

	if (live.simulator) {
		tap_skip("no CPU goes with a domain of the simulator");
		return;
	}
	NEED(sched_getaffinity(0, sizeof(before), &before) == 0);
	NEED(live_make_group("g", &group));
	NEED_RC(rdtgrp_reader_new(RDTGRP_READER_ON_DOMAIN_CPUS, &reader), 0);
	NEED_RC(rdtgrp_reader_add(reader, group, NULL, NULL), 0);
	if (!live_offline(live_l3_id(1)))
		return;
	NEED_RC(rdtgrp_reader_read(reader, values, VALUES_MAX), 0);
	NEED(live_online(live_l3_id(1)));
	NEED(sched_getaffinity(0, sizeof(after), &after) == 0);
	CHECK(CPU_EQUAL(&before, &after));
}

static void words(void)
{
	AUTO_GROUP group = NULL;
	AUTO_READER reader = NULL;

	NEED(live_make_group("g", &group));
	NEED_RC(rdtgrp_reader_new(0, &reader), 0);
	NEED_RC(rdtgrp_reader_add(reader, group, NULL, E), 0);
	if (!live_status("g", D, E, "unavailable"))
		return;
	has_status(reader, group, D, RDTGRP_STATUS_UNAVAILABLE);
	has_status(reader, group, OTHER, RDTGRP_STATUS_OK);
	if (!live_status("g", D, E, "ok"))
		return;
	has_status(reader, group, D, RDTGRP_STATUS_OK);
}

/* By a gauge: new groups have no counters where these are scarce. */
static bool gauge_has_status(struct rdtgrp_reader *reader, struct rdtgrp *group,
			     enum rdtgrp_status status)
{
	return event_has_status(reader, group, D, GAUGE, status);
}

static void check_gone(bool (*remove_group)(void))
{
	AUTO_GROUP group = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_GROUP again = NULL;
	AUTO_READER reader = NULL;
	int fds;

	NEED(live_make_group("g", &group));
	NEED(live_make_group("g/mon_groups/m", &mon));
	NEED_RC(rdtgrp_reader_new(0, &reader), 0);
	NEED_RC(rdtgrp_reader_add(reader, group, NULL, NULL), 0);
	NEED_RC(rdtgrp_reader_add(reader, mon, D, GAUGE), 0);
	gauge_has_status(reader, group, RDTGRP_STATUS_OK);
	gauge_has_status(reader, mon, RDTGRP_STATUS_OK);
	fds = tap_count_fds();
	if (!remove_group())
		return;
	for (int i = 0; i < 2; i++) {
		gauge_has_status(reader, group, RDTGRP_STATUS_GONE);
		gauge_has_status(reader, mon, RDTGRP_STATUS_GONE);
	}
	CHECK_U64((unsigned long long)(fds - tap_count_fds()), rdtgrp_reader_count(reader));
	NEED(live_make_group("g", &again));
	gauge_has_status(reader, group, RDTGRP_STATUS_GONE);
	NEED_RC(rdtgrp_reader_add(reader, again, D, GAUGE), 0);
	gauge_has_status(reader, again, RDTGRP_STATUS_OK);
	gauge_has_status(reader, group, RDTGRP_STATUS_GONE);
}

static bool remove_g(void)
{
	return live_rmdir("g");
}

static bool kill_g(void)
{
	return live_simulator("kill g");
}

static bool kill_g_with_links(void)
{
	return live_simulator("nlink keep") && live_simulator("kill g");
}

static void gone(void)
{
	check_gone(remove_g);
}

static void killed(void)
{
	check_gone(kill_g);
}

static void killed_with_links(void)
{
	check_gone(kill_g_with_links);
	if (live.simulator)
		live_simulator("nlink zero");
}

/* By a gauge: counters may have lost their assignment when the domain is back. */
static void offline(void)
{
	AUTO_GROUP group = NULL;
	AUTO_READER reader = NULL;
	uint64_t inode;

	NEED(live_make_group("g", &group));
	NEED_RC(rdtgrp_reader_new(0, &reader), 0);
	NEED_RC(rdtgrp_reader_add(reader, group, NULL, "llc_occupancy"), 0);
	event_has_status(reader, group, D, "llc_occupancy", RDTGRP_STATUS_OK);
	inode = inode_of(reader, group, D);
	if (!live_offline(live_l3_id(1)))
		return;
	for (int i = 0; i < 2; i++) {
		event_has_status(reader, group, D, "llc_occupancy", RDTGRP_STATUS_OFFLINE);
		event_has_status(reader, group, OTHER, "llc_occupancy", RDTGRP_STATUS_OK);
	}
	if (!live_online(live_l3_id(1)))
		return;
	event_has_status(reader, group, D, "llc_occupancy", RDTGRP_STATUS_OK);
	CHECK(inode_of(reader, group, D) != inode);
	/* Away and back between two readings: no gap, another file. */
	inode = inode_of(reader, group, D);
	if (!live_offline(live_l3_id(1)) || !live_online(live_l3_id(1)))
		return;
	event_has_status(reader, group, D, "llc_occupancy", RDTGRP_STATUS_OK);
	CHECK(inode_of(reader, group, D) != inode);
	CHECK_RC(rdtgrp_reader_update(reader), 0);
	/* Not there when the group is added. */
	if (!live_offline(live_l3_id(1)))
		return;
	NEED_RC(rdtgrp_reader_remove(reader, group), 0);
	NEED_RC(rdtgrp_reader_add(reader, group, NULL, "llc_occupancy"), 0);
	CHECK_RC(rdtgrp_reader_find(reader, group, D, "llc_occupancy"), -1);
	if (!live_online(live_l3_id(1)))
		return;
	CHECK(rdtgrp_reader_update(reader) >= 1);
	event_has_status(reader, group, D, "llc_occupancy", RDTGRP_STATUS_OK);
}

static void locked(void)
{
	AUTO_GROUP group = NULL;
	AUTO_GROUP other = NULL;
	AUTO_READER reader = NULL;

	NEED(live_make_group("g", &group));
	NEED(live_make_group("h", &other));
	NEED_RC(rdtgrp_reader_new(0, &reader), 0);
	NEED_RC(rdtgrp_reader_add(reader, group, D, E), 0);
	NEED_RC(rdtgrp_reader_add(reader, other, D, E), 0);
	has_status(reader, group, D, RDTGRP_STATUS_OK);
	if (!live_locksetup("g"))
		return;
	has_status(reader, group, D, RDTGRP_STATUS_PSEUDO_LOCKED);
	has_status(reader, group, D, RDTGRP_STATUS_PSEUDO_LOCKED);
	has_status(reader, other, D, RDTGRP_STATUS_OK);
	NEED_RC(live_write("g/mode", "shareable\n"), 0);
	has_status(reader, group, D, RDTGRP_STATUS_PSEUDO_LOCKED);
	has_status(reader, group, D, RDTGRP_STATUS_OK);
	/* There and back between two readings: it has another RMID now. */
	if (!live_locksetup("g"))
		return;
	NEED_RC(live_write("g/mode", "shareable\n"), 0);
	has_status(reader, group, D, RDTGRP_STATUS_PSEUDO_LOCKED);
	has_status(reader, group, D, RDTGRP_STATUS_OK);
}

/* A difference across the removal of a MON group is refused, one after it is right. */
static void children(void)
{
	struct rdtgrp_value older, newer;
	AUTO_GROUP group = NULL;
	AUTO_READER reader = NULL;
	double rate;

	/* First of all: what is counted meanwhile may be more than what is set. */
	if (!live_freeze())
		return;
	NEED(live_make_group("g", &group));
	NEED(live_make("h"));
	NEED(live_make("g/mon_groups/m"));
	NEED_RC(rdtgrp_reader_new(0, &reader), 0);
	NEED_RC(rdtgrp_reader_add(reader, group, D, E), 0);
	if (!live_set("g/mon_groups/m", D, E, 3 * MIB))
		return;
	NEED(read_all(reader));
	older = values[0];
	/* More than what leaves with the MON group: the sum does not go backwards. */
	if (!live_set("g", D, E, older.integer + 8 * MIB))
		return;
	NEED(live_rmdir("g/mon_groups/m"));
	NEED(read_all(reader));
	newer = values[0];
	CHECK(newer.integer > older.integer);
	CHECK_U64(newer.file_inode, older.file_inode);
	CHECK_RC(rdtgrp_value_rate(E, &older, &newer, &rate), -ESTALE);
	NEED(read_all(reader));
	CHECK_RC(rdtgrp_value_rate(E, &newer, &values[0], &rate), -ESTALE);
	older = values[0];
	if (!live_set("g", D, E, older.integer + 2 * MIB))
		return;
	NEED(read_all(reader));
	NEED_RC(rdtgrp_value_rate(E, &older, &values[0], &rate), 0);
	CHECK(rate > 0);
	/* One moves here, with all it has counted. */
	NEED(live_make("h/mon_groups/n"));
	if (!live_set("h/mon_groups/n", D, E, 7 * MIB))
		return;
	NEED(read_all(reader));
	older = values[0];
	NEED(live_rename("h/mon_groups/n", "g/mon_groups/n"));
	NEED(read_all(reader));
	CHECK_RC(rdtgrp_value_rate(E, &older, &values[0], &rate), -ESTALE);
}

static pthread_barrier_t start;
static atomic_int wrong, finished;
static struct rdtgrp *shared;

static void expect(bool ok, const char *what)
{
	if (!ok && !atomic_fetch_add(&wrong, 1))
		tap_note("in a thread: not so: %s", what);
}

#define EXPECT(condition) expect((condition), #condition)

/* A reader of its own, of handles that all threads share. */
static void *read_own(void *argument)
{
	struct rdtgrp_value mine[64];
	struct rdtgrp_reader *reader = NULL;
	uint64_t last = 0;
	ssize_t index;

	(void)argument;
	pthread_barrier_wait(&start);
	EXPECT(!rdtgrp_reader_new(0, &reader));
	EXPECT(!rdtgrp_reader_add(reader, shared, NULL, NULL));
	index = rdtgrp_reader_find(reader, shared, D, E);
	for (int i = 0; i < ROUNDS; i++) {
		struct rdtgrp_tree *tree = NULL;

		EXPECT(!rdtgrp_tree_read(shared, &tree));
		for (size_t at = 1; at < rdtgrp_tree_count(tree); at++) {
			struct rdtgrp *child = NULL;

			if (rdtgrp_tree_open(tree, at, &child) < 0)
				continue;
			/* It may be gone by now. */
			if (rdtgrp_reader_add(reader, child, D, E) == 0) {
				EXPECT(rdtgrp_reader_count(reader) <= 64);
				EXPECT(!rdtgrp_reader_read(reader, mine, 64));
				EXPECT(!rdtgrp_reader_remove(reader, child));
			}
			rdtgrp_unref(child);
		}
		rdtgrp_tree_unref(tree);
		EXPECT(!rdtgrp_reader_read(reader, mine, 64));
		EXPECT(mine[index].status == RDTGRP_STATUS_OK);
		EXPECT(mine[index].time_ns >= last);
		last = mine[index].time_ns;
	}
	rdtgrp_reader_unref(reader);
	atomic_fetch_add(&finished, 1);
	return NULL;
}

static void threads(void)
{
	pthread_t all[THREADS];
	AUTO_GROUP group = NULL;
	size_t count = 0;

	NEED(live_make_group("g", &group));
	shared = group;
	atomic_store(&wrong, 0);
	atomic_store(&finished, 0);
	pthread_barrier_init(&start, NULL, THREADS);
	while (count < THREADS && !pthread_create(&all[count], NULL, read_own, NULL))
		count++;
	while (atomic_load(&finished) < THREADS) {
		struct rdtgrp *child = NULL;
		int rc = rdtgrp_create(group, RDTGRP_TYPE_MON, "m", &child);

		/* Removed groups may hold the last RMIDs for a while. */
		if (!rc)
			CHECK_RC(rdtgrp_remove(child), 0);
		else if (!CHECK(rc == -EBUSY || rc == -ENOSPC))
			break;
		rdtgrp_unref(child);
	}
	while (count)
		pthread_join(all[--count], NULL);
	pthread_barrier_destroy(&start);
	CHECK(!atomic_load(&wrong));
}

static const struct tap_case cases[] = {
	{"all values of three groups", everything},
	{"all values of three groups, on the CPUs of their domains", on_domain_cpus},
	{"on the CPUs of their domains, some of which are offline", on_domain_cpus_some_offline},
	{"Unavailable", words},
	{"a removed group: gone, its files closed", gone},
	{"a group killed under its reader: gone", killed},
	{"a group killed that keeps its link count: gone", killed_with_links},
	{"a domain offline, then online", offline},
	{"pseudo-locksetup", locked},
	{"MON groups leave and join", children},
	{"a reader per thread while MON groups come and go", threads},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
