/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters, fed by a reader, while the counts of a live tree do all they can do. The cases follow the ways
 * in which the kernel's cumulative values jump.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

#define D live_domain(1)
#define E "mbm_total_bytes"
#define MIB 1048576ULL
#define TIB (MIB * MIB)

#define AUTO_READER __attribute__((cleanup(rdtgrp_reader_unrefp))) struct rdtgrp_reader *

/* A CTRL_MON group with a MON group, both counted, or the first one alone. */
struct scene {
	struct rdtgrp *ctrl, *mon;
	struct rdtgrp_reader *reader;
	size_t count;
	struct rdtgrp_counter counters[2];
	struct rdtgrp_value values[2];
};

#define CTRL 0
#define MON 1

static void end(struct scene *scene)
{
	scene->reader = rdtgrp_reader_unref(scene->reader);
	scene->ctrl = rdtgrp_unref(scene->ctrl);
	scene->mon = rdtgrp_unref(scene->mon);
}

#define SCENE __attribute__((cleanup(end))) struct scene

static bool sample(struct scene *scene)
{
	if (!CHECK_RC(rdtgrp_reader_read(scene->reader, scene->values, 2), 0))
		return false;
	for (size_t i = 0; i < scene->count; i++) {
		uint64_t before = scene->counters[i].integer;

		if (!CHECK_RC(rdtgrp_counter_add(&scene->counters[i], E, &scene->values[i]), 0) ||
		    !CHECK(scene->counters[i].integer >= before))
			return false;
	}
	return true;
}

/* All stands still: what is counted comes by live_set() alone. */
static bool make_groups(struct scene *scene)
{
	return live_freeze() && live_make_group("g", &scene->ctrl) &&
	       live_make_group("g/mon_groups/m", &scene->mon) && live_set("g", D, E, 1000 * MIB) &&
	       live_set("g/mon_groups/m", D, E, 500 * MIB);
}

static bool count_first(struct scene *scene, size_t count)
{
	scene->count = count;
	return CHECK_RC(rdtgrp_reader_new(0, &scene->reader), 0) &&
	       CHECK_RC(rdtgrp_reader_add(scene->reader, scene->ctrl, D, E), 0) &&
	       (count < 2 || CHECK_RC(rdtgrp_reader_add(scene->reader, scene->mon, D, E), 0)) &&
	       sample(scene);
}

static bool begin(struct scene *scene)
{
	return make_groups(scene) && count_first(scene, 2) &&
	       CHECK_U64(scene->values[CTRL].integer, 1500 * MIB) &&
	       CHECK_U64(scene->values[MON].integer, 500 * MIB);
}

/* Without the member's values: what the sum shows is all there is. */
static bool begin_alone(struct scene *scene)
{
	return make_groups(scene) && count_first(scene, 1) &&
	       CHECK_U64(scene->values[CTRL].integer, 1500 * MIB);
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

static bool set_member(const char *status, uint64_t mib)
{
	return live_status("g/mon_groups/m", D, E, status) &&
	       (!mib || live_set("g/mon_groups/m", D, E, mib * MIB));
}

static void sum_alone(void)
{
	SCENE scene = {0};

	if (!begin_alone(&scene) || !set_member("error", 0))
		return;
	NEED(counted(&scene, CTRL, 0, 1));
	CHECK_U64(scene.values[CTRL].integer, 1000 * MIB);
	if (!live_set("g", D, E, 1003 * MIB))
		return;
	NEED(counted(&scene, CTRL, 3, 1));
	if (!set_member("ok", 507))
		return;
	/* It may come back with more than it had: what it moved meanwhile is missing. */
	NEED(counted(&scene, CTRL, 3, 2));
	if (!live_set("g", D, E, 1009 * MIB))
		return;
	counted(&scene, CTRL, 9, 2);
}

/* In the interval in which it is seen, and in the one after it, nothing is counted. */
static void member_unreadable(const char *word, uint64_t back_with)
{
	SCENE scene = {0};

	if (!begin(&scene) || !set_member(word, 0))
		return;
	NEED(counted(&scene, CTRL, 0, 1));
	CHECK_U64(scene.values[CTRL].integer, 1000 * MIB);
	NEED(counted(&scene, CTRL, 0, 2));
	if (!live_set("g", D, E, 1003 * MIB))
		return;
	NEED(counted(&scene, CTRL, 3, 2));
	if (!set_member("ok", back_with))
		return;
	NEED(counted(&scene, CTRL, 3, 3));
	NEED(counted(&scene, CTRL, 3, 4));
	if (!live_set("g", D, E, 1009 * MIB))
		return;
	NEED(counted(&scene, CTRL, 9, 4));
	counted(&scene, MON, 0, 1);
}

static void member_error(void)
{
	member_unreadable("error", 507);
}

static void member_unavailable(void)
{
	member_unreadable("unavailable", 900000);
}

/* The sum has not fallen, since it never had the member. */
static void member_missing_at_first(void)
{
	SCENE scene = {0};

	if (!make_groups(&scene) || !set_member("error", 0))
		return;
	NEED(count_first(&scene, 2));
	CHECK_U64(scene.values[CTRL].integer, 1000 * MIB);
	if (!live_set("g", D, E, 1001 * MIB))
		return;
	NEED(counted(&scene, CTRL, 1, 0));
	if (!set_member("ok", 507))
		return;
	NEED(counted(&scene, CTRL, 1, 1));
	CHECK_U64(scene.values[CTRL].integer, 1508 * MIB);
	NEED(counted(&scene, CTRL, 1, 2));
	if (!live_set("g", D, E, 1003 * MIB))
		return;
	counted(&scene, CTRL, 3, 2);
}

/* Nor has it where the others move more than the member had. */
static void member_hidden_by_growth(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !set_member("unavailable", 0) || !live_set("g", D, E, 1600 * MIB))
		return;
	NEED(counted(&scene, CTRL, 0, 1));
	CHECK_U64(scene.values[CTRL].integer, 1600 * MIB);
	NEED(counted(&scene, CTRL, 0, 2));
	if (!live_set("g", D, E, 1610 * MIB))
		return;
	NEED(counted(&scene, CTRL, 10, 2));
	/* With the whole raw count. */
	if (!set_member("ok", 900000))
		return;
	NEED(counted(&scene, CTRL, 10, 3));
	NEED(counted(&scene, CTRL, 10, 4));
	if (!live_set("g", D, E, 1611 * MIB))
		return;
	counted(&scene, CTRL, 11, 4);
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

/* A sum of a single member has that one's word. */
static void unavailable_sum(void)
{
	SCENE scene = {0};

	if (!begin(&scene))
		return;
	NEED(live_rmdir("g/mon_groups/m"));
	NEED(sample(&scene) && counted(&scene, CTRL, 0, 2));
	if (!live_status("g", D, E, "unavailable"))
		return;
	NEED(counted(&scene, CTRL, 0, 2));
	CHECK_RC((long)scene.values[CTRL].status, RDTGRP_STATUS_UNAVAILABLE);
	if (!live_status("g", D, E, "ok") || !live_set("g", D, E, 900000 * MIB))
		return;
	NEED(counted(&scene, CTRL, 0, 3));
	if (!live_set("g", D, E, 900002 * MIB))
		return;
	counted(&scene, CTRL, 2, 3);
}

/* A counter that AMD's hardware gives away and back: the kernel takes it for a wrap. */
static void wrap(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_wrap("g/mon_groups/m", D, E))
		return;
	NEED(counted(&scene, MON, 0, 1));
	CHECK(scene.values[MON].integer > 1ULL << 45);
	CHECK_U64(scene.counters[CTRL].integer, 0);
	CHECK_U64(scene.counters[CTRL].resets, 1);
	NEED(counted(&scene, MON, 0, 1));
	if (!live_set("g/mon_groups/m", D, E, scene.values[MON].integer + 2 * MIB))
		return;
	NEED(counted(&scene, MON, 2, 1));
	CHECK_U64(scene.counters[CTRL].integer, 2 * MIB);
}

/* After a resume from RAM all of the hardware's counters are back at 0, those of both groups. */
static void suspended(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_wrap("g/mon_groups/m", D, E) || !live_wrap("g", D, E))
		return;
	NEED(counted(&scene, MON, 0, 1));
	counted(&scene, CTRL, 0, 1);
}

/* From here on both groups' counts are 0 or more. */
static void check_restarted(struct scene *scene)
{
	NEED(counted(scene, MON, 0, 1));
	CHECK_U64(scene->values[MON].integer, 0);
	CHECK_U64(scene->counters[CTRL].integer, 0);
	CHECK_U64(scene->counters[CTRL].resets, 1);
	if (!live_set("g/mon_groups/m", D, E, 4 * MIB))
		return;
	NEED(counted(scene, MON, 4, 1));
	CHECK_U64(scene->counters[CTRL].integer, 4 * MIB);
}

static void restart(void)
{
	SCENE scene = {0};

	if (!begin(&scene) || !live_simulator("set g/mon_groups/m %s %s 0", D, E) ||
	    !live_simulator("set g %s %s 0", D, E))
		return;
	check_restarted(&scene);
}

static unsigned int domain_number(void)
{
	return (unsigned int)strtoul(strrchr(D, '_') + 1, NULL, 10);
}

#define CONFIG "info/L3_MON/" E "_config"

static void config_written(void)
{
	char former[256], text[64];
	SCENE scene = {0};

	if (!live_read(CONFIG, former, sizeof(former) - 1)) {
		tap_skip("bandwidth events cannot be configured here");
		return;
	}
	if (!begin(&scene))
		return;
	snprintf(text, sizeof(text), "%u=0x30\n", domain_number());
	NEED_RC(live_write(CONFIG, text), 0);
	/* The next reading of each RMID finds it unavailable; of the member that is the sum's. */
	NEED(sample(&scene));
	CHECK_RC((long)scene.values[CTRL].status, RDTGRP_STATUS_UNAVAILABLE);
	check_restarted(&scene);
	strcat(former, "\n");
	CHECK_RC(live_write(CONFIG, former), 0);
	live_clear_status();
}

#define FILTER "info/L3_MON/event_configs/" E "/event_filter"

static void filter_written(void)
{
	AUTO_FD fd = live_open(FILTER, O_WRONLY);
	char former[256];
	SCENE scene = {0};

	if (fd < 0 || !live_read(FILTER, former, sizeof(former) - 1)) {
		tap_skip("assigned counters have no filter here that could be written");
		return;
	}
	if (!begin(&scene))
		return;
	NEED_RC(live_write(FILTER, "local_reads,remote_reads\n"), 0);
	check_restarted(&scene);
	strcat(former, "\n");
	CHECK_RC(live_write(FILTER, former), 0);
}

#define ASSIGN_MODE "info/L3_MON/mbm_assign_mode"

/* All counts restart, and back in mbm_event nobody has a counter any more. */
static void mode_changed(void)
{
	char text[64];
	SCENE scene = {0};

	if (!live_read(ASSIGN_MODE, text, sizeof(text)) || !strstr(text, "[mbm_event]") ||
	    !strstr(text, "default")) {
		tap_skip("there is one mode of assigning counters only");
		return;
	}
	/*
	 * Far above all that the counters of the other mode can have come to since the machine started: a
	 * count that does not drop cannot be told from traffic.
	 */
	if (!make_groups(&scene) || !live_set("g", D, E, 2 * TIB) ||
	    !live_set("g/mon_groups/m", D, E, TIB) || !count_first(&scene, 2))
		return;
	CHECK_U64(scene.values[CTRL].integer, 3 * TIB);
	CHECK_U64(scene.values[MON].integer, TIB);
	NEED_RC(live_write(ASSIGN_MODE, "default\n"), 0);
	NEED(sample(&scene));
	CHECK_U64(scene.counters[CTRL].integer, 0);
	CHECK_U64(scene.counters[MON].integer, 0);
	NEED_RC(live_write(ASSIGN_MODE, "mbm_event\n"), 0);
	NEED(sample(&scene));
	CHECK_RC((long)scene.values[MON].status, RDTGRP_STATUS_UNASSIGNED);
	CHECK_RC((long)scene.values[CTRL].status, RDTGRP_STATUS_UNASSIGNED);
	if (live_set("g", D, E, 100 * MIB) && live_set("g/mon_groups/m", D, E, 200 * MIB)) {
		/* Two until it is known that the member was there when the sum was read. */
		NEED(sample(&scene) && sample(&scene));
		CHECK_U64(scene.values[CTRL].integer, 300 * MIB);
		CHECK_U64(scene.counters[CTRL].integer, 0);
		CHECK_U64(scene.counters[MON].integer, 0);
	}
	if (live_set("g/mon_groups/m", D, E, 203 * MIB)) {
		NEED(sample(&scene));
		CHECK_U64(scene.counters[CTRL].integer, 3 * MIB);
		CHECK_U64(scene.counters[MON].integer, 3 * MIB);
	}
	/* As it was. */
	CHECK_RC(live_write("mbm_L3_assignments", "mbm_total_bytes:*=e\n"), 0);
	CHECK_RC(live_write("mbm_L3_assignments", "mbm_local_bytes:*=e\n"), 0);
}

static bool assign_member(char how)
{
	char text[64];

	snprintf(text, sizeof(text), E ":%u=%c\n", domain_number(), how);
	return CHECK_RC(live_write("g/mon_groups/m/mbm_L3_assignments", text), 0);
}

/* A member's counter is taken away, and it gets one again, which begins at 0. */
static void member_unassigned(void)
{
	char text[512];
	SCENE scene = {0};

	if (!live_read("mbm_L3_assignments", text, sizeof(text))) {
		tap_skip("this hardware has no counters that can be assigned");
		return;
	}
	if (!begin(&scene))
		return;
	NEED(assign_member('_'));
	NEED(counted(&scene, CTRL, 0, 1));
	CHECK_RC((long)scene.values[MON].status, RDTGRP_STATUS_UNASSIGNED);
	CHECK_U64(scene.values[CTRL].integer, 1000 * MIB);
	NEED(counted(&scene, CTRL, 0, 2));
	NEED(assign_member('e') && live_set("g/mon_groups/m", D, E, 3 * MIB));
	NEED(counted(&scene, MON, 0, 1));
	NEED(counted(&scene, CTRL, 0, 4));
	CHECK_U64(scene.values[CTRL].integer, 1003 * MIB);
	if (!live_set("g/mon_groups/m", D, E, 4 * MIB))
		return;
	NEED(counted(&scene, MON, 1, 1));
	CHECK_U64(scene.counters[CTRL].integer, MIB);
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

/*
 * The same counters go on with the groups of the next mount, whose directories and files have the inode
 * numbers of the former ones.
 */
static void remount(struct scene *scene)
{
	uint64_t inode;

	if (!live_remount() || !begin(scene) || !live_set("g", D, E, 1001 * MIB))
		return;
	NEED(counted(scene, CTRL, 1, 0));
	inode = scene->values[CTRL].file_inode;
	end(scene);
	if (!live_remount() || !make_groups(scene) || !live_set("g", D, E, 7000 * MIB))
		return;
	NEED(count_first(scene, 2));
	/* Each mkdir that was tried while RMIDs were in limbo has used up a number. */
	if (scene->values[CTRL].file_inode != inode)
		tap_note("the inode numbers are others this time");
	CHECK_U64(scene->values[CTRL].integer, 7500 * MIB);
	CHECK_U64(scene->counters[CTRL].integer, MIB);
	CHECK_U64(scene->counters[CTRL].resets, 1);
	if (live_set("g", D, E, 7002 * MIB))
		counted(scene, CTRL, 3, 1);
}

static void remounted(void)
{
	struct scene scene = {0};

	remount(&scene);
	end(&scene);
	live_remount_end();
}

static const struct tap_case cases[] = {
	{"growth", growth},
	{"a MON group is removed", child_removed},
	{"a MON group is renamed away and back", child_renamed},
	{"a member becomes unreadable, and readable again: the sum alone", sum_alone},
	{"a member in Error, and back", member_error},
	{"a member Unavailable, and back with the whole raw counter", member_unavailable},
	{"a member missing from the beginning comes into the sum", member_missing_at_first},
	{"a member leaves the sum unseen, and comes back", member_hidden_by_growth},
	{"Unavailable, then the whole raw counter", unavailable},
	{"a sum of one: Unavailable, then the whole raw counter", unavailable_sum},
	{"the hardware gives a counter away unseen", wrap},
	{"the hardware's counters are lost in a suspend", suspended},
	{"the counts restart", restart},
	{"an event's configuration is written", config_written},
	{"an event's filter is written", filter_written},
	{"the mode of assigning counters changes", mode_changed},
	{"Unassigned", unassigned},
	{"a member's counter is taken away and given back", member_unassigned},
	{"a domain offline, then online", domain_away},
	{"through pseudo-locksetup", pseudo_locked},
	{"a group removed and made again", made_again},
	{"unmounted and mounted again", remounted},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
