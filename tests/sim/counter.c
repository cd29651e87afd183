/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters, fed by a reader, while the counts of a live tree do all they can do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "live.h"

#define D live_domain(1)
#define E "mbm_total_bytes"
#define MIB 1048576ULL

#define AUTO_READER __attribute__((cleanup(rdtgrp_reader_unrefp))) struct rdtgrp_reader *

/* A CTRL_MON group with a MON group, both counted. */
struct scene {
	struct rdtgrp *ctrl, *mon;
	struct rdtgrp_reader *reader;
	struct rdtgrp_counter counters[2];
	struct rdtgrp_value values[2];
};

#define CTRL 0
#define MON 1

static void end(struct scene *scene)
{
	rdtgrp_reader_unref(scene->reader);
	rdtgrp_unref(scene->ctrl);
	rdtgrp_unref(scene->mon);
}

#define SCENE __attribute__((cleanup(end))) struct scene

static bool sample(struct scene *scene)
{
	if (!CHECK_RC(rdtgrp_reader_read(scene->reader, scene->values, 2), 0))
		return false;
	for (size_t i = 0; i < 2; i++) {
		uint64_t before = scene->counters[i].integer;

		if (!CHECK_RC(rdtgrp_counter_add(&scene->counters[i], E, &scene->values[i]), 0) ||
		    !CHECK(scene->counters[i].integer >= before))
			return false;
	}
	return true;
}

/* All stands still: what is counted comes by live_set() alone. */
static bool begin(struct scene *scene)
{
	return live_freeze() && live_make_group("g", &scene->ctrl) &&
	       live_make_group("g/mon_groups/m", &scene->mon) && live_set("g", D, E, 1000 * MIB) &&
	       live_set("g/mon_groups/m", D, E, 500 * MIB) &&
	       CHECK_RC(rdtgrp_reader_new(0, &scene->reader), 0) &&
	       CHECK_RC(rdtgrp_reader_add(scene->reader, scene->ctrl, D, E), 0) &&
	       CHECK_RC(rdtgrp_reader_add(scene->reader, scene->mon, D, E), 0) && sample(scene) &&
	       CHECK_U64(scene->values[CTRL].integer, 1500 * MIB) &&
	       CHECK_U64(scene->values[MON].integer, 500 * MIB);
}

/* Sample, and see what has been counted until then. */
static bool counted(struct scene *scene, unsigned int which, uint64_t mib, uint64_t resets)
{
	return sample(scene) && CHECK_U64(scene->counters[which].integer, mib * MIB) &&
	       CHECK_U64(scene->counters[which].resets, resets);
}

static void growth(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_set("g", D, E, 1010 * MIB) ||
	    !live_set("g/mon_groups/m", D, E, 520 * MIB))
		return;
	counted(&scene, CTRL, 30, 0);
	counted(&scene, MON, 20, 0);
}

static void child_removed(void)
{
	SCENE scene = {0};

	if (!begin(&scene))
		return;
	NEED(live_rmdir("g/mon_groups/m"));
	/* More than what left with it: the sum does not drop. */
	if (!live_set("g", D, E, 1700 * MIB))
		return;
	NEED(counted(&scene, CTRL, 0, 1));
	CHECK_U64(scene.values[CTRL].integer, 1700 * MIB);
	CHECK_RC((long)scene.values[MON].status, RDTGRP_STATUS_GONE);
	NEED(counted(&scene, CTRL, 0, 2));
	if (!live_set("g", D, E, 1702 * MIB))
		return;
	counted(&scene, CTRL, 2, 2);
}

static void child_renamed(void)
{
	SCENE scene = {0};

	NEED(live_make("h"));
	if (!begin(&scene))
		return;
	NEED(live_rename("g/mon_groups/m", "h/mon_groups/m"));
	NEED(counted(&scene, CTRL, 0, 1));
	CHECK_U64(scene.values[CTRL].integer, 1000 * MIB);
	NEED(sample(&scene));
	NEED(live_rename("h/mon_groups/m", "g/mon_groups/m"));
	NEED(counted(&scene, CTRL, 0, 3));
	CHECK_U64(scene.values[CTRL].integer, 1500 * MIB);
	NEED(sample(&scene));
	if (!live_set("g", D, E, 1001 * MIB))
		return;
	counted(&scene, CTRL, 1, 4);
}

static void member_unreadable(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_status("g/mon_groups/m", D, E, "error"))
		return;
	NEED(counted(&scene, CTRL, 0, 1));
	CHECK_U64(scene.values[CTRL].integer, 1000 * MIB);
	if (!live_set("g", D, E, 1003 * MIB))
		return;
	NEED(counted(&scene, CTRL, 3, 1));
	if (!live_status("g/mon_groups/m", D, E, "ok") ||
	    !live_set("g/mon_groups/m", D, E, 507 * MIB))
		return;
	/* It may come back with more than it had: what it moved meanwhile is missing. */
	NEED(counted(&scene, CTRL, 3, 2));
	if (!live_set("g", D, E, 1009 * MIB))
		return;
	counted(&scene, CTRL, 9, 2);
}

static void unavailable(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_status("g/mon_groups/m", D, E, "unavailable"))
		return;
	NEED(counted(&scene, MON, 0, 0));
	/* With the whole raw count. */
	if (!live_status("g/mon_groups/m", D, E, "ok") ||
	    !live_set("g/mon_groups/m", D, E, 900000 * MIB))
		return;
	NEED(counted(&scene, MON, 0, 1));
	if (!live_set("g/mon_groups/m", D, E, 900001 * MIB))
		return;
	counted(&scene, MON, 1, 1);
}

/* The same for a counter that AMD's hardware gives away, and for what a resume from RAM can do. */
static void wrap(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_set("g/mon_groups/m", D, E, 1ULL << 50))
		return;
	NEED(counted(&scene, MON, 0, 1));
	CHECK_U64(scene.counters[CTRL].integer, 0);
	CHECK_U64(scene.counters[CTRL].resets, 1);
}

/* As by writing *_config, event_filter or mbm_assign_mode. */
static void restart(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_simulator("set g/mon_groups/m %s %s 0", D, E) ||
	    !live_simulator("set g %s %s 0", D, E))
		return;
	NEED(counted(&scene, MON, 0, 1));
	CHECK_U64(scene.counters[CTRL].resets, 1);
	if (!live_set("g/mon_groups/m", D, E, 4 * MIB))
		return;
	NEED(counted(&scene, MON, 4, 1));
	CHECK_U64(scene.counters[CTRL].integer, 4 * MIB);
}

static void unassigned(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_status("g/mon_groups/m", D, E, "unassigned"))
		return;
	NEED(sample(&scene));
	if (!live_status("g/mon_groups/m", D, E, "ok") ||
	    !live_set("g/mon_groups/m", D, E, 600 * MIB))
		return;
	NEED(counted(&scene, MON, 0, 1));
	if (!live_set("g/mon_groups/m", D, E, 601 * MIB))
		return;
	counted(&scene, MON, 1, 1);
}

static void domain_away(void)
{
	struct rdtgrp_value now;
	SCENE scene = {0};

	if (!begin(&scene) || !live_offline(live_l3_id(1)))
		return;
	NEED(counted(&scene, CTRL, 0, 0));
	CHECK_RC((long)scene.values[CTRL].status, RDTGRP_STATUS_OFFLINE);
	if (!live_online(live_l3_id(1)))
		return;
	NEED_RC(rdtgrp_read_value(scene.ctrl, D, E, &now), 0);
	if (now.status == RDTGRP_STATUS_UNASSIGNED)
		NEED(counted(&scene, CTRL, 0, 0));
	if (!live_set("g", D, E, 2000 * MIB))
		return;
	NEED(sample(&scene));
	CHECK_RC((long)scene.values[CTRL].status, RDTGRP_STATUS_OK);
	CHECK_U64(scene.counters[CTRL].integer, 0);
	CHECK_U64(scene.counters[CTRL].resets, 1);
	if (!live_set("g", D, E, 2001 * MIB))
		return;
	NEED(counted(&scene, CTRL, 1, 1));
	/* Away and back unseen. */
	if (!live_offline(live_l3_id(1)) || !live_online(live_l3_id(1)) ||
	    !live_set("g", D, E, 3000 * MIB))
		return;
	counted(&scene, CTRL, 1, 2);
}

static void pseudo_locked(void)
{
	SCENE scene = {0};

	if (!begin(&scene))
		return;
	/* There must be no MON group for it. */
	NEED(live_rmdir("g/mon_groups/m"));
	NEED(sample(&scene));
	NEED(sample(&scene));
	if (!live_locksetup("g"))
		return;
	NEED_RC(live_write("g/mode", "shareable\n"), 0);
	/* It goes on with the count of whoever had its new RMID before. */
	if (!live_set("g", D, E, 5000 * MIB))
		return;
	NEED(counted(&scene, CTRL, 0, 2));
	NEED(counted(&scene, CTRL, 0, 3));
	if (!live_set("g", D, E, 5001 * MIB))
		return;
	counted(&scene, CTRL, 1, 3);
}

/* Removed and made again: the same counter goes on with the new group. */
static void made_again(void)
{
	AUTO_GROUP again = NULL;
	SCENE scene = {0};

	if (!begin(&scene) || !live_set("g", D, E, 1001 * MIB))
		return;
	NEED(counted(&scene, CTRL, 1, 0));
	NEED(live_rmdir("g"));
	NEED(counted(&scene, CTRL, 1, 0));
	NEED(live_make_group("g", &again));
	NEED_RC(rdtgrp_reader_remove(scene.reader, scene.mon), 0);
	NEED_RC(rdtgrp_reader_remove(scene.reader, scene.ctrl), 0);
	/* Free indices are given out again, the last one freed first. */
	NEED_RC(rdtgrp_reader_add(scene.reader, again, D, E), 0);
	NEED_RC(rdtgrp_reader_find(scene.reader, again, D, E), CTRL);
	if (!live_set("g", D, E, 7000 * MIB))
		return;
	NEED(counted(&scene, CTRL, 1, 1));
	if (!live_set("g", D, E, 7002 * MIB))
		return;
	counted(&scene, CTRL, 3, 1);
}

static const struct tap_case cases[] = {
	{"growth", growth},
	{"a MON group is removed", child_removed},
	{"a MON group is renamed away and back", child_renamed},
	{"a member becomes unreadable, and readable again", member_unreadable},
	{"Unavailable, then the whole raw counter", unavailable},
	{"a jump that no memory makes", wrap},
	{"the counts restart", restart},
	{"Unassigned", unassigned},
	{"a domain offline, then online", domain_away},
	{"through pseudo-locksetup", pseudo_locked},
	{"a group removed and made again", made_again},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
