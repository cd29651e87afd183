/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A control group's value taken apart: total, own, MON groups, and what the kernel leaves out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "live.h"

#define D live_domain(0)
#define E "mbm_total_bytes"
#define MIB 1048576ULL

#define AUTO_BREAKDOWN __attribute__((cleanup(rdtgrp_breakdown_unrefp))) struct rdtgrp_breakdown *
#define AUTO_TREE __attribute__((cleanup(rdtgrp_tree_unrefp))) struct rdtgrp_tree *

/* A group g with MON groups a and b, frozen; own, a and b count 10, 20 and 30 MiB. */
static bool make_family(struct rdtgrp **ret_group)
{
	return live_freeze() && live_make_group("g", ret_group) && live_make("g/mon_groups/a") &&
	       live_make("g/mon_groups/b") && live_set("g", D, E, 10 * MIB) &&
	       live_set("g/mon_groups/a", D, E, 20 * MIB) &&
	       live_set("g/mon_groups/b", D, E, 30 * MIB);
}

static const struct rdtgrp_value *child(const struct rdtgrp_breakdown *breakdown, const char *name)
{
	for (size_t i = 0; i < rdtgrp_breakdown_count_children(breakdown); i++)
		if (!strcmp(rdtgrp_breakdown_get_child_name(breakdown, i), name))
			return rdtgrp_breakdown_get_child(breakdown, i);
	return NULL;
}

static void is(const struct rdtgrp_value *value, enum rdtgrp_status status, uint64_t integer)
{
	NEED(value);
	CHECK_STRING(rdtgrp_status_name((enum rdtgrp_status)value->status),
		     rdtgrp_status_name(status));
	CHECK_U64(value->integer, integer);
}

static void complete(void)
{
	AUTO_GROUP group = NULL;
	AUTO_BREAKDOWN breakdown = NULL;
	struct rdtgrp_value value;

	if (!make_family(&group))
		return;
	NEED_RC(rdtgrp_breakdown_read(group, D, E, &breakdown), 0);
	is(rdtgrp_breakdown_get_total(breakdown), RDTGRP_STATUS_OK, 60 * MIB);
	is(rdtgrp_breakdown_get_own(breakdown), RDTGRP_STATUS_OK, 10 * MIB);
	CHECK_U64(rdtgrp_breakdown_count_children(breakdown), 2);
	is(child(breakdown, "a"), RDTGRP_STATUS_OK, 20 * MIB);
	is(child(breakdown, "b"), RDTGRP_STATUS_OK, 30 * MIB);
	CHECK(!rdtgrp_breakdown_get_child(breakdown, 2));
	CHECK(!rdtgrp_breakdown_get_child_name(breakdown, 2));
	CHECK_RC(rdtgrp_breakdown_get_completeness(breakdown), RDTGRP_COMPLETE);
	/* The plain value is the kernel's sum, to which nobody adds. */
	NEED_RC(rdtgrp_read_value(group, D, E, &value), 0);
	is(&value, RDTGRP_STATUS_OK, 60 * MIB);
}

static void partial(void)
{
	static const char *const words[] = {"error", "unavailable"};
	AUTO_GROUP group = NULL;

	if (!make_family(&group))
		return;
	for (size_t i = 0; i < 2; i++) {
		AUTO_BREAKDOWN breakdown = NULL;

		if (!live_status("g/mon_groups/b", D, E, words[i]))
			return;
		NEED_RC(rdtgrp_breakdown_read(group, D, E, &breakdown), 0);
		is(rdtgrp_breakdown_get_total(breakdown), RDTGRP_STATUS_OK, 30 * MIB);
		is(rdtgrp_breakdown_get_own(breakdown), RDTGRP_STATUS_OK, 10 * MIB);
		is(child(breakdown, "a"), RDTGRP_STATUS_OK, 20 * MIB);
		is(child(breakdown, "b"), i ? RDTGRP_STATUS_UNAVAILABLE : RDTGRP_STATUS_ERROR, 0);
		CHECK_RC(rdtgrp_breakdown_get_completeness(breakdown), RDTGRP_PARTIAL);
	}
	live_status("g/mon_groups/b", D, E, "ok");
}

static void uncertain(void)
{
	AUTO_GROUP group = NULL;
	AUTO_BREAKDOWN breakdown = NULL;

	if (!make_family(&group))
		return;
	/* Its own counter fails; the kernel shows the sum of the others and says nothing. */
	if (!live_status("g", D, E, "error"))
		return;
	NEED_RC(rdtgrp_breakdown_read(group, D, E, &breakdown), 0);
	is(rdtgrp_breakdown_get_total(breakdown), RDTGRP_STATUS_OK, 50 * MIB);
	is(rdtgrp_breakdown_get_own(breakdown), RDTGRP_STATUS_OK, 0);
	CHECK_RC(rdtgrp_breakdown_get_completeness(breakdown), RDTGRP_UNCERTAIN);
	live_status("g", D, E, "ok");
}

static void nothing_readable(void)
{
	AUTO_GROUP group = NULL;
	AUTO_BREAKDOWN breakdown = NULL;
	const struct rdtgrp_value *total, *own;

	if (!make_family(&group))
		return;
	if (!live_status("g", D, E, "error") ||
	    !live_status("g/mon_groups/a", D, E, "unavailable") ||
	    !live_status("g/mon_groups/b", D, E, "error"))
		return;
	NEED_RC(rdtgrp_breakdown_read(group, D, E, &breakdown), 0);
	total = rdtgrp_breakdown_get_total(breakdown);
	own = rdtgrp_breakdown_get_own(breakdown);
	/* The kernel shows the word of the member that it tried last, and it is not said which. */
	CHECK(total->status == RDTGRP_STATUS_ERROR || total->status == RDTGRP_STATUS_UNAVAILABLE);
	CHECK_RC(own->status, total->status);
	CHECK_U64(own->integer, 0);
	CHECK_RC(rdtgrp_breakdown_get_completeness(breakdown), RDTGRP_PARTIAL);
	live_status("g", D, E, "ok");
	live_status("g/mon_groups/a", D, E, "ok");
	live_status("g/mon_groups/b", D, E, "ok");
}

static void no_children(void)
{
	AUTO_GROUP group = NULL;
	AUTO_BREAKDOWN breakdown = NULL;

	if (!live_freeze() || !live_make_group("g", &group) || !live_set("g", D, E, 7 * MIB))
		return;
	NEED_RC(rdtgrp_breakdown_read(group, D, E, &breakdown), 0);
	is(rdtgrp_breakdown_get_total(breakdown), RDTGRP_STATUS_OK, 7 * MIB);
	is(rdtgrp_breakdown_get_own(breakdown), RDTGRP_STATUS_OK, 7 * MIB);
	CHECK_U64(rdtgrp_breakdown_count_children(breakdown), 0);
	CHECK_RC(rdtgrp_breakdown_get_completeness(breakdown), RDTGRP_COMPLETE);
}

static void of_default_group(void)
{
	AUTO_GROUP root = NULL;
	AUTO_BREAKDOWN breakdown = NULL;
	const struct rdtgrp_value *total, *own;

	if (!live_freeze() || !live_open_group(".", &root) || !live_make("mon_groups/a") ||
	    !live_set("mon_groups/a", D, E, 3 * MIB) || !live_make("g") ||
	    !live_set("g", D, E, 100 * MIB))
		return;
	NEED_RC(rdtgrp_breakdown_read(root, D, E, &breakdown), 0);
	total = rdtgrp_breakdown_get_total(breakdown);
	own = rdtgrp_breakdown_get_own(breakdown);
	CHECK_U64(rdtgrp_breakdown_count_children(breakdown), 1);
	is(child(breakdown, "a"), RDTGRP_STATUS_OK, 3 * MIB);
	CHECK_U64(own->integer + 3 * MIB, total->integer);
}

static void refusals(void)
{
	struct rdtgrp_breakdown *breakdown = (struct rdtgrp_breakdown *)&live;
	AUTO_GROUP group = NULL;
	AUTO_GROUP mon = NULL;

	NEED(live_make_group("g", &group));
	NEED(live_make_group("g/mon_groups/m", &mon));
	CHECK_RC(rdtgrp_breakdown_read(mon, D, E, &breakdown), -ENOTSUP);
	CHECK_RC(rdtgrp_breakdown_read(group, D, "no_such_event", &breakdown), -ENOENT);
	CHECK_RC(rdtgrp_breakdown_read(group, "..", E, &breakdown), -EINVAL);
	NEED(live_rmdir("g"));
	CHECK_RC(rdtgrp_breakdown_read(group, D, E, &breakdown), -ENOENT);
	CHECK(breakdown == (struct rdtgrp_breakdown *)&live);
}

static void drops_with_child(void)
{
	struct rdtgrp_value older, newer;
	AUTO_GROUP group = NULL;
	AUTO_TREE before = NULL;
	AUTO_TREE same = NULL;
	AUTO_TREE after = NULL;
	double rate = -1;

	if (!make_family(&group))
		return;
	NEED_RC(rdtgrp_read_value(group, D, E, &older), 0);
	NEED_RC(rdtgrp_tree_read(group, &before), 0);
	NEED_RC(rdtgrp_tree_read(group, &same), 0);
	CHECK(rdtgrp_tree_same_children(before, 0, same, 0));
	NEED(live_rmdir("g/mon_groups/b"));
	NEED_RC(rdtgrp_read_value(group, D, E, &newer), 0);
	is(&older, RDTGRP_STATUS_OK, 60 * MIB);
	is(&newer, RDTGRP_STATUS_OK, 30 * MIB);
	CHECK_RC(rdtgrp_value_rate(E, &older, &newer, &rate), -ERANGE);
	CHECK(rate < 0);
	NEED_RC(rdtgrp_tree_read(group, &after), 0);
	CHECK(!rdtgrp_tree_same_children(before, 0, after, 0));
	/* The same name again is not the same child. */
	NEED(live_make("g/mon_groups/b"));
	rdtgrp_tree_unref(after);
	after = NULL;
	NEED_RC(rdtgrp_tree_read(group, &after), 0);
	CHECK(!rdtgrp_tree_same_children(before, 0, after, 0));
}

static void moves_with_child(void)
{
	struct rdtgrp_value here, there;
	AUTO_GROUP group = NULL;
	AUTO_GROUP other = NULL;

	if (!make_family(&group) || !live_make_group("h", &other))
		return;
	NEED(live_rename("g/mon_groups/a", "h/mon_groups/a"));
	NEED_RC(rdtgrp_read_value(group, D, E, &here), 0);
	NEED_RC(rdtgrp_read_value(other, D, E, &there), 0);
	is(&here, RDTGRP_STATUS_OK, 40 * MIB);
	is(&there, RDTGRP_STATUS_OK, 20 * MIB);
}

static void of_gauge(void)
{
	AUTO_GROUP group = NULL;
	AUTO_BREAKDOWN breakdown = NULL;

	/* Less than what would keep the RMIDs of removed groups in limbo. */
	if (!live_freeze() || !live_make_group("g", &group) || !live_make("g/mon_groups/a") ||
	    !live_set("g", D, "llc_occupancy", 2 * MIB) ||
	    !live_set("g/mon_groups/a", D, "llc_occupancy", 1 * MIB))
		return;
	NEED_RC(rdtgrp_breakdown_read(group, D, "llc_occupancy", &breakdown), 0);
	is(rdtgrp_breakdown_get_total(breakdown), RDTGRP_STATUS_OK, 3 * MIB);
	is(rdtgrp_breakdown_get_own(breakdown), RDTGRP_STATUS_OK, 2 * MIB);
	is(child(breakdown, "a"), RDTGRP_STATUS_OK, 1 * MIB);
	live_set("g", D, "llc_occupancy", 0);
	live_set("g/mon_groups/a", D, "llc_occupancy", 0);
}

static const struct tap_case cases[] = {
	{"total = own + MON groups", complete},
	{"a MON group that cannot be read: partial", partial},
	{"an own count of 0: uncertain", uncertain},
	{"no member that can be read", nothing_readable},
	{"a group without MON groups", no_children},
	{"the default group", of_default_group},
	{"refusals", refusals},
	{"the sum drops when a MON group is removed", drops_with_child},
	{"the sum moves with a MON group", moves_with_child},
	{"occupancy", of_gauge},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
