/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every status a value can have, brought about on a live tree. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "live.h"

#define D live_domain(1)
#define OTHER live_domain(0)
#define E "mbm_total_bytes"
#define MIB 1048576ULL

#define AUTO_LAYOUT __attribute__((cleanup(rdtgrp_layout_unrefp))) struct rdtgrp_layout *
#define AUTO_SNAPSHOT __attribute__((cleanup(rdtgrp_snapshot_unrefp))) struct rdtgrp_snapshot *

static bool has_status(struct rdtgrp *group, const char *domain, const char *event,
		       enum rdtgrp_status status, int error)
{
	struct rdtgrp_value value;

	memset(&value, 0x5a, sizeof(value));
	if (!CHECK_RC(rdtgrp_read_value(group, domain, event, &value), 0))
		return false;
	if (!CHECK_STRING(rdtgrp_status_name((enum rdtgrp_status)value.status),
			  rdtgrp_status_name(status)) ||
	    !CHECK_RC(value.error, error))
		return false;
	if (status == RDTGRP_STATUS_OK)
		return true;
	return CHECK_U64(value.integer, 0) && CHECK_U64(value.fraction, 0) &&
	       CHECK(isnan(rdtgrp_value_to_double(&value))) && CHECK(value.time_ns > 0);
}

static void words(void)
{
	static const struct {
		const char *word;
		enum rdtgrp_status status;
	} all[] = {{"unavailable", RDTGRP_STATUS_UNAVAILABLE}, {"error", RDTGRP_STATUS_ERROR}};
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	for (size_t i = 0; i < 2; i++) {
		if (!live_status("g", D, E, all[i].word))
			return;
		has_status(group, D, E, all[i].status, 0);
		has_status(group, OTHER, E, RDTGRP_STATUS_OK, 0);
		has_status(group, D, "llc_occupancy", RDTGRP_STATUS_OK, 0);
		if (!live_status("g", D, E, "ok"))
			return;
		has_status(group, D, E, RDTGRP_STATUS_OK, 0);
	}
}

static void unassigned(void)
{
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	if (!live_status("g", D, E, "unassigned"))
		return;
	has_status(group, D, E, RDTGRP_STATUS_UNASSIGNED, 0);
}

static void gone(void)
{
	AUTO_GROUP group = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_LAYOUT layout = NULL;
	AUTO_SNAPSHOT snapshot = NULL;
	struct rdtgrp_snapshot *none = (struct rdtgrp_snapshot *)&live;
	struct rdtgrp_layout *no_layout = (struct rdtgrp_layout *)&live;

	NEED(live_make_group("g", &group));
	NEED(live_make_group("g/mon_groups/m", &mon));
	NEED_RC(rdtgrp_layout_read(group, &layout), 0);
	NEED(live_rmdir("g"));
	has_status(group, D, E, RDTGRP_STATUS_GONE, -ENOENT);
	has_status(mon, D, E, RDTGRP_STATUS_GONE, -ENOENT);
	/* Gone is gone, also of events and domains that never were. */
	has_status(group, D, "no_such_event", RDTGRP_STATUS_GONE, -ENOENT);
	has_status(group, "mon_L3_77", E, RDTGRP_STATUS_GONE, -ENOENT);
	NEED_RC(rdtgrp_snapshot_read(group, layout, &snapshot), 0);
	for (size_t d = 0; d < rdtgrp_layout_count_domains(layout); d++)
		for (size_t e = 0; rdtgrp_snapshot_get_value(snapshot, d, e); e++)
			CHECK_RC(rdtgrp_snapshot_get_value(snapshot, d, e)->status,
				 RDTGRP_STATUS_GONE);
	CHECK_RC(rdtgrp_snapshot_read(group, NULL, &none), -ENOENT);
	CHECK(none == (struct rdtgrp_snapshot *)&live);
	CHECK_RC(rdtgrp_layout_read(group, &no_layout), -ENOENT);
	CHECK(no_layout == (struct rdtgrp_layout *)&live);
}

static void gone_and_made_again(void)
{
	AUTO_GROUP old = NULL;
	AUTO_GROUP new = NULL;

	NEED(live_make_group("g", &old));
	has_status(old, D, E, RDTGRP_STATUS_OK, 0);
	NEED(live_rmdir("g"));
	NEED(live_make_group("g", &new));
	has_status(old, D, E, RDTGRP_STATUS_GONE, -ENOENT);
	has_status(new, D, E, RDTGRP_STATUS_OK, 0);
}

static void killed(void)
{
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	if (!live_simulator("kill g"))
		return;
	CHECK_RC(rdtgrp_is_live(group), 0);
	has_status(group, D, E, RDTGRP_STATUS_GONE, -ENOENT);
}

/* Kernels before the removed get a link count of 0 must be understood as well. */
static void killed_with_links(void)
{
	AUTO_GROUP group = NULL;
	AUTO_FD fd = -1;
	struct rdtgrp *none = NULL;

	NEED(live_make_group("g", &group));
	fd = live_open("g", O_RDONLY | O_DIRECTORY);
	if (!live_simulator("nlink keep"))
		return;
	NEED(live_rmdir("g"));
	CHECK_RC(rdtgrp_is_live(group), 0);
	has_status(group, D, E, RDTGRP_STATUS_GONE, -ENOENT);
	CHECK_RC(rdtgrp_get_from_fd(fd, live.flags, &none), -ENOENT);
	live_simulator("nlink zero");
}

static void nobody_reads(void *argument)
{
	struct rdtgrp *group = argument;

	has_status(group, D, E, RDTGRP_STATUS_DENIED, -EACCES);
	CHECK_RC(rdtgrp_is_live(group), -EACCES);
}

static void denied(void)
{
	AUTO_GROUP group = NULL;

	/* Opened by root, used by another: the permissions below the directory still count. */
	NEED(live_make_mode("g", 0700));
	NEED(live_open_group("g", &group));
	live_as_nobody(nobody_reads, group);
	has_status(group, D, E, RDTGRP_STATUS_OK, 0);
}

static void nobody_reads_domain(void *argument)
{
	struct rdtgrp_layout *layout = (struct rdtgrp_layout *)&live;
	struct rdtgrp *group = argument;

	has_status(group, D, E, RDTGRP_STATUS_DENIED, -EACCES);
	has_status(group, OTHER, E, RDTGRP_STATUS_DENIED, -EACCES);
	CHECK_RC(rdtgrp_is_live(group), 1);
	CHECK_RC(rdtgrp_layout_read(group, &layout), -EACCES);
	CHECK(layout == (struct rdtgrp_layout *)&live);
}

static void denied_below(void)
{
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	NEED(!fchmodat(live.root_fd, "g/mon_data", 0700, 0));
	live_as_nobody(nobody_reads_domain, group);
	has_status(group, D, E, RDTGRP_STATUS_OK, 0);
}

static void malformed(void)
{
	static const char *const texts[] = {
		"\\n",
		"garbage\\n",
		"-5\\n",
		"12\\s34\\n",
		"18446744073709551616\\n",
		"99999999999999999999999999\\n",
		"0x10\\n",
		"1.2.3\\n",
		"1.\\n",
		".5\\n",
		"12\\n34\\n",
		"\\s12\\n",
		"+1\\n",
		"unavailable\\n",
		"Unavailable\\sError\\n",
		"1.1234567890123456789\\n",
	};
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!live_simulator("text g %s " E " %s", D, texts[i]))
			return;
		if (!has_status(group, D, E, RDTGRP_STATUS_MALFORMED, 0))
			tap_note("text \"%s\"", texts[i]);
	}
	live_simulator("text g %s " E, D);
	has_status(group, D, E, RDTGRP_STATUS_MALFORMED, 0);
	live_simulator("text-size g %s " E " 1048576", D);
	has_status(group, D, E, RDTGRP_STATUS_MALFORMED, 0);
	live_simulator("text g %s " E " -", D);
	has_status(group, D, E, RDTGRP_STATUS_OK, 0);
}

static void widest_numbers(void)
{
	struct rdtgrp_value value;
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	if (!live_simulator("text g %s " E " 18446744073709551615\\n", D))
		return;
	NEED_RC(rdtgrp_read_value(group, D, E, &value), 0);
	CHECK_RC(value.status, RDTGRP_STATUS_OK);
	CHECK_U64(value.integer, UINT64_MAX);
	live_simulator("text g %s " E " 5.000001\\n", D);
	NEED_RC(rdtgrp_read_value(group, D, E, &value), 0);
	CHECK_RC(value.status, RDTGRP_STATUS_OK);
	CHECK_U64(value.integer, 5);
	CHECK_U64(value.fraction, 1);
	CHECK_U64(value.decimals, 6);
}

static void failed(void)
{
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	if (!live_simulator("errno g %s " E " EIO", D))
		return;
	has_status(group, D, E, RDTGRP_STATUS_FAILED, -EIO);
	live_simulator("errno g %s " E " -", D);
	has_status(group, D, E, RDTGRP_STATUS_OK, 0);
}

static void offline(void)
{
	struct rdtgrp_value older, newer, fresh;
	AUTO_GROUP group = NULL;
	AUTO_LAYOUT layout = NULL;
	AUTO_LAYOUT without = NULL;
	AUTO_LAYOUT again = NULL;
	AUTO_SNAPSHOT snapshot = NULL;
	double rate = -1;

	if (!live_freeze())
		return;
	NEED(live_make_group("g", &group));
	if (!live_set("g", D, E, 5 * MIB))
		return;
	NEED_RC(rdtgrp_read_value(group, D, E, &older), 0);
	CHECK_RC(older.status, RDTGRP_STATUS_OK);
	CHECK_U64(older.integer, 5 * MIB);
	NEED_RC(rdtgrp_layout_read(group, &layout), 0);
	if (!live_offline(live_l3_id(1)))
		return;
	has_status(group, D, E, RDTGRP_STATUS_OFFLINE, -ENOENT);
	has_status(group, OTHER, E, RDTGRP_STATUS_OK, 0);
	CHECK_RC(rdtgrp_is_live(group), 1);
	NEED_RC(rdtgrp_layout_read(group, &without), 0);
	CHECK(!rdtgrp_layout_find_domain(without, D));
	CHECK(rdtgrp_layout_find_domain(without, OTHER));
	/* With the layout of before, its values are there and say why they are none. */
	NEED_RC(rdtgrp_snapshot_read(group, layout, &snapshot), 0);
	for (size_t d = 0; d < rdtgrp_layout_count_domains(layout); d++) {
		const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, d);
		uint64_t id = 0;
		bool off;

		/* A domain within another one is of the same cache. */
		if (rdtgrp_domain_get_parent(domain))
			domain = rdtgrp_domain_get_parent(domain);
		off = !strcmp(rdtgrp_domain_get_resource(domain), "L3") &&
		      rdtgrp_domain_get_id(domain, &id) && id == live_l3_id(1);
		CHECK_RC(rdtgrp_snapshot_get_value(snapshot, d, 0)->status,
			 off ? RDTGRP_STATUS_OFFLINE : RDTGRP_STATUS_OK);
	}
	NEED_RC(rdtgrp_read_value(group, D, E, &newer), 0);
	CHECK_RC(rdtgrp_value_rate(E, &older, &newer, &rate), -ENODATA);
	if (!live_online(live_l3_id(1)))
		return;
	NEED_RC(rdtgrp_read_value(group, D, E, &fresh), 0);
	CHECK(fresh.file_inode != older.file_inode);
	/* Assignable counters stay with nobody until they are assigned again. */
	if (fresh.status != RDTGRP_STATUS_UNASSIGNED) {
		CHECK_RC(fresh.status, RDTGRP_STATUS_OK);
		CHECK_U64(fresh.integer, 0);
		CHECK_RC(rdtgrp_value_rate(E, &older, &fresh, &rate), -ESTALE);
	}
	CHECK(rate < 0);
	NEED_RC(rdtgrp_layout_read(group, &again), 0);
	CHECK(rdtgrp_layout_find_domain(again, D));
}

static void rates(void)
{
	struct rdtgrp_value older, newer, bad;
	AUTO_GROUP group = NULL;
	double rate = -1, seconds;

	if (!live_freeze())
		return;
	NEED(live_make_group("g", &group));
	if (!live_set("g", D, E, 5 * MIB))
		return;
	NEED_RC(rdtgrp_read_value(group, D, E, &older), 0);
	if (!live_set("g", D, E, 8 * MIB))
		return;
	NEED_RC(rdtgrp_read_value(group, D, E, &newer), 0);
	CHECK_U64(older.integer, 5 * MIB);
	CHECK_U64(newer.integer, 8 * MIB);
	CHECK_U64(older.file_inode, newer.file_inode);
	NEED_RC(rdtgrp_value_rate(E, &older, &newer, &rate), 0);
	seconds = (double)(newer.time_ns - older.time_ns) / 1e9;
	CHECK(fabs(rate * seconds - 3.0 * MIB) < 1);
	rate = -1;
	CHECK_RC(rdtgrp_value_rate(E, &newer, &newer, &rate), -ETIME);
	bad = newer;
	bad.time_ns++;
	bad.integer = 1;
	CHECK_RC(rdtgrp_value_rate(E, &newer, &bad, &rate), -ERANGE);
	NEED_RC(rdtgrp_read_value(group, D, "llc_occupancy", &older), 0);
	NEED_RC(rdtgrp_read_value(group, D, "llc_occupancy", &newer), 0);
	CHECK_RC(rdtgrp_value_rate("llc_occupancy", &older, &newer, &rate), -EINVAL);
	if (!live_status("g", D, E, "error"))
		return;
	NEED_RC(rdtgrp_read_value(group, D, E, &bad), 0);
	CHECK_RC(rdtgrp_value_rate(E, &older, &bad, &rate), -ENODATA);
	CHECK_RC(rdtgrp_value_rate(E, &bad, &older, &rate), -ENODATA);
	CHECK(rate < 0);
	live_status("g", D, E, "ok");
}

static void unknown_events(void)
{
	struct rdtgrp_value value;
	AUTO_GROUP group = NULL;
	AUTO_LAYOUT layout = NULL;

	NEED(live_make_group("g", &group));
	if (!live_simulator("add-event %s future_event 42", OTHER) ||
	    !live_simulator("add-resource mon_FUTURE_1048564 other_event 43"))
		return;
	NEED_RC(rdtgrp_layout_read(group, &layout), 0);
	NEED(rdtgrp_layout_find_domain(layout, "mon_FUTURE_1048564"));
	CHECK_STRING(
		rdtgrp_domain_get_resource(rdtgrp_layout_find_domain(layout, "mon_FUTURE_1048564")),
		"FUTURE");
	NEED_RC(rdtgrp_read_value(group, OTHER, "future_event", &value), 0);
	CHECK_RC(value.status, RDTGRP_STATUS_OK);
	NEED_RC(rdtgrp_read_value(group, "mon_FUTURE_1048564", "other_event", &value), 0);
	CHECK_RC(value.status, RDTGRP_STATUS_OK);
}

static const struct tap_case cases[] = {
	{"Unavailable and Error", words},
	{"Unassigned", unassigned},
	{"a removed group: gone", gone},
	{"a group made again: the old one stays gone", gone_and_made_again},
	{"a group killed under its readers: gone", killed},
	{"a removed group that keeps its link count: gone", killed_with_links},
	{"a group of mode 0700: denied", denied},
	{"mon_data of mode 0700: denied", denied_below},
	{"files that hold no value: malformed", malformed},
	{"the widest numbers", widest_numbers},
	{"another errno: failed", failed},
	{"a domain offline, then online", offline},
	{"rates", rates},
	{"unknown events and resources", unknown_events},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
