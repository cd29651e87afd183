/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout and values of whatever a tree shows, compared with what plain system calls find in it. Knows
 * of no scenario and runs on all.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "live.h"

#define AUTO_LAYOUT __attribute__((cleanup(rdtgrp_layout_unrefp))) struct rdtgrp_layout *
#define AUTO_SNAPSHOT __attribute__((cleanup(rdtgrp_snapshot_unrefp))) struct rdtgrp_snapshot *

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Count domains and events below a directory the plain way. */
static void count_files(const char *path, size_t *domains, size_t *events)
{
	int fd = live_open(path, O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	char below[2048];
	struct stat st;
	DIR *dir;

	NEED(fd >= 0);
	dir = fdopendir(fd);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (!CHECK(!fstatat(live.root_fd, below, &st, 0)))
			continue;
		if (S_ISDIR(st.st_mode)) {
			(*domains)++;
			count_files(below, domains, events);
		} else {
			(*events)++;
		}
	}
	closedir(dir);
}

static void layout_is_the_tree(void)
{
	static const char *const groups[] = {".", "g", "g/mon_groups/m"};
	char path[512];

	NEED(live_make("g"));
	NEED(live_make("g/mon_groups/m"));
	for (size_t i = 0; i < 3; i++) {
		AUTO_GROUP group = NULL;
		AUTO_LAYOUT layout = NULL;
		size_t domains = 0, events = 0, found = 0;

		NEED(live_open_group(groups[i], &group));
		NEED_RC(rdtgrp_layout_read(group, &layout), 0);
		snprintf(path, sizeof(path), "%s/mon_data", groups[i]);
		count_files(path, &domains, &events);
		CHECK(domains > 0);
		CHECK_U64(rdtgrp_layout_count_domains(layout), domains);
		for (size_t d = 0; d < rdtgrp_layout_count_domains(layout); d++) {
			const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, d);
			const struct rdtgrp_domain *parent = rdtgrp_domain_get_parent(domain);
			const char *name = rdtgrp_domain_get_path(domain);
			const char *slash = strrchr(name, '/');
			char expected[128];
			uint64_t id = 0;

			CHECK(rdtgrp_layout_find_domain(layout, name) == domain);
			/* Put together again, resource and id are the name. */
			CHECK(rdtgrp_domain_get_id(domain, &id));
			snprintf(expected, sizeof(expected), "mon_%s%s_%02llu", slash ? "sub_" : "",
				 rdtgrp_domain_get_resource(domain), (unsigned long long)id);
			CHECK_STRING(slash ? slash + 1 : name, expected);
			CHECK(!slash == !parent);
			if (parent) {
				const char *outer = rdtgrp_domain_get_path(parent);

				CHECK(!strncmp(name, outer, strlen(outer)));
				CHECK(name + strlen(outer) == slash);
			}
			found += rdtgrp_domain_count_events(domain);
			for (size_t e = 0; e + 1 < rdtgrp_domain_count_events(domain); e++)
				CHECK(strcmp(rdtgrp_domain_get_event(domain, e),
					     rdtgrp_domain_get_event(domain, e + 1)) < 0);
			CHECK(!rdtgrp_domain_get_event(domain, rdtgrp_domain_count_events(domain)));
		}
		CHECK_U64(found, events);
		CHECK(!rdtgrp_layout_get_domain(layout, domains));
		CHECK(!rdtgrp_layout_find_domain(layout, "mon_L3_99"));
		CHECK(!rdtgrp_layout_find_domain(layout, ""));
	}
}

/* A value against the text of its file, which was read in the same frozen instant. */
static void judge_value(const struct rdtgrp_value *value, const char *path)
{
	char text[128], again[128];
	const char *status;

	NEED(live_read(path, text, sizeof(text)));
	if (value->status == RDTGRP_STATUS_OK) {
		if (value->decimals)
			snprintf(again, sizeof(again), "%llu.%0*llu",
				 (unsigned long long)value->integer, (int)value->decimals,
				 (unsigned long long)value->fraction);
		else
			snprintf(again, sizeof(again), "%llu", (unsigned long long)value->integer);
		CHECK_STRING(again, text);
		CHECK(fabs(rdtgrp_value_to_double(value) - strtod(text, NULL)) <=
		      1e-9 * fabs(strtod(text, NULL)));
	} else {
		status = value->status == RDTGRP_STATUS_UNAVAILABLE  ? "Unavailable"
			 : value->status == RDTGRP_STATUS_ERROR	     ? "Error"
			 : value->status == RDTGRP_STATUS_UNASSIGNED ? "Unassigned"
								     : "?";
		CHECK_STRING(text, status);
		CHECK(isnan(rdtgrp_value_to_double(value)));
		CHECK_U64(value->integer, 0);
		CHECK_U64(value->fraction, 0);
	}
	CHECK_U64(value->file_inode, live_inode(path));
	CHECK_RC(value->error, 0);
	CHECK_U64(value->epoch, 0);
}

static void values_are_the_files(void)
{
	static const char *const groups[] = {".", "g", "g/mon_groups/m"};
	char path[512];

	NEED(live_make("g"));
	NEED(live_make("g/mon_groups/m"));
	if (!live_freeze())
		return;
	for (size_t i = 0; i < 3; i++) {
		uint64_t before = now_ns();
		AUTO_GROUP group = NULL;
		AUTO_LAYOUT layout = NULL;
		AUTO_SNAPSHOT snapshot = NULL;

		NEED(live_open_group(groups[i], &group));
		NEED_RC(rdtgrp_layout_read(group, &layout), 0);
		NEED_RC(rdtgrp_snapshot_read(group, layout, &snapshot), 0);
		CHECK(rdtgrp_snapshot_get_layout(snapshot) == layout);
		for (size_t d = 0; d < rdtgrp_layout_count_domains(layout); d++) {
			const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, d);

			for (size_t e = 0; e < rdtgrp_domain_count_events(domain); e++) {
				const char *event = rdtgrp_domain_get_event(domain, e);
				const struct rdtgrp_value *all;
				struct rdtgrp_value one;

				snprintf(path, sizeof(path), "%s/mon_data/%s/%s", groups[i],
					 rdtgrp_domain_get_path(domain), event);
				memset(&one, 0xff, sizeof(one));
				NEED_RC(rdtgrp_read_value(group, rdtgrp_domain_get_path(domain),
							  event, &one),
					0);
				judge_value(&one, path);
				all = rdtgrp_snapshot_get_value(snapshot, d, e);
				NEED(all);
				judge_value(all, path);
				CHECK(all->time_ns >= before && one.time_ns >= all->time_ns);
				CHECK(one.time_ns <= now_ns());
				before = all->time_ns;
			}
			CHECK(!rdtgrp_snapshot_get_value(snapshot, d,
							 rdtgrp_domain_count_events(domain)));
		}
		CHECK(!rdtgrp_snapshot_get_value(snapshot, rdtgrp_layout_count_domains(layout), 0));
	}
}

static void snapshot_with_fresh_layout(void)
{
	AUTO_GROUP group = NULL;
	AUTO_LAYOUT layout = NULL;
	AUTO_SNAPSHOT snapshot = NULL;

	NEED(live_open_group(".", &group));
	NEED_RC(rdtgrp_layout_read(group, &layout), 0);
	NEED_RC(rdtgrp_snapshot_read(group, NULL, &snapshot), 0);
	CHECK_U64(rdtgrp_layout_count_domains(rdtgrp_snapshot_get_layout(snapshot)),
		  rdtgrp_layout_count_domains(layout));
}

/* The first cumulative event of the default group that can be read. */
static bool find_cumulative(const struct rdtgrp *group, char *domain, size_t domain_size,
			    char *event, size_t event_size)
{
	AUTO_SNAPSHOT snapshot = NULL;
	struct rdtgrp_layout *layout;

	if (!CHECK_RC(rdtgrp_snapshot_read(group, NULL, &snapshot), 0))
		return false;
	layout = rdtgrp_snapshot_get_layout(snapshot);
	for (size_t d = 0; d < rdtgrp_layout_count_domains(layout); d++) {
		const struct rdtgrp_domain *at = rdtgrp_layout_get_domain(layout, d);

		for (size_t e = 0; e < rdtgrp_domain_count_events(at); e++) {
			const char *name = rdtgrp_domain_get_event(at, e);

			if (rdtgrp_event_get_kind(name) != RDTGRP_EVENT_CUMULATIVE ||
			    rdtgrp_snapshot_get_value(snapshot, d, e)->status != RDTGRP_STATUS_OK)
				continue;
			snprintf(domain, domain_size, "%s", rdtgrp_domain_get_path(at));
			snprintf(event, event_size, "%s", name);
			return true;
		}
	}
	tap_skip("no cumulative event that can be read");
	return false;
}

static void counters_move(void)
{
	struct rdtgrp_value first, later;
	char domain[256], event[256];
	AUTO_GROUP group = NULL;
	double rate;

	NEED(live_open_group(".", &group));
	if (!find_cumulative(group, domain, sizeof(domain), event, sizeof(event)))
		return;
	if (!live_can_control())
		return;
	NEED_RC(rdtgrp_read_value(group, domain, event, &first), 0);
	/* The case's own time limit ends this if they never do. */
	do
		NEED_RC(rdtgrp_read_value(group, domain, event, &later), 0);
	while (later.integer == first.integer && later.fraction == first.fraction);
	CHECK(rdtgrp_value_to_double(&later) > rdtgrp_value_to_double(&first));
	NEED_RC(rdtgrp_value_rate(event, &first, &later, &rate), 0);
	CHECK(rate > 0);
}

static void frozen_counters_stand(void)
{
	struct rdtgrp_value first, later;
	char domain[256], event[256];
	AUTO_GROUP group = NULL;
	double rate = -1;

	NEED(live_open_group(".", &group));
	if (!find_cumulative(group, domain, sizeof(domain), event, sizeof(event)))
		return;
	if (!live_freeze())
		return;
	NEED_RC(rdtgrp_read_value(group, domain, event, &first), 0);
	NEED_RC(rdtgrp_read_value(group, domain, event, &later), 0);
	CHECK_U64(later.integer, first.integer);
	CHECK(later.time_ns > first.time_ns);
	CHECK_RC(rdtgrp_value_rate(event, &first, &later, &rate), 0);
	CHECK(rate >= 0 && rate <= 0);
}

static void bad_names(void)
{
	struct rdtgrp_value value, untouched;
	char domain[256], event[256], path[600];
	AUTO_GROUP group = NULL;
	static const char *const bad[] = {"", ".", "..", "a/b", "../tasks", "/"};

	NEED(live_open_group(".", &group));
	if (!find_cumulative(group, domain, sizeof(domain), event, sizeof(event)))
		return;
	memset(&untouched, 0x5a, sizeof(untouched));
	value = untouched;
	CHECK_RC(rdtgrp_read_value(group, domain, "no_such_event", &value), -ENOENT);
	CHECK(strstr(rdtgrp_error_message(), "no_such_event"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK_RC(rdtgrp_read_value(group, domain, bad[i], &value), -EINVAL))
			tap_note("event \"%s\"", bad[i]);
	CHECK_RC(rdtgrp_read_value(group, "", event, &value), -EINVAL);
	CHECK_RC(rdtgrp_read_value(group, "..", event, &value), -EINVAL);
	CHECK_RC(rdtgrp_read_value(group, "../mon_data/mon_L3_00", event, &value), -EINVAL);
	CHECK_RC(rdtgrp_read_value(group, "/", event, &value), -EINVAL);
	snprintf(path, sizeof(path), "%s/../%s", domain, domain);
	CHECK_RC(rdtgrp_read_value(group, path, event, &value), -EINVAL);
	CHECK(!memcmp(&value, &untouched, sizeof(value)));
	/* A domain that never was is offline, as far as anyone can tell. */
	CHECK_RC(rdtgrp_read_value(group, "mon_L3_77", event, &value), 0);
	CHECK_RC(value.status, RDTGRP_STATUS_OFFLINE);
}

static void kinds_and_units(void)
{
	CHECK_RC(rdtgrp_event_get_kind("llc_occupancy"), RDTGRP_EVENT_GAUGE);
	CHECK_RC(rdtgrp_event_get_kind("mbm_total_bytes"), RDTGRP_EVENT_CUMULATIVE);
	CHECK_STRING(rdtgrp_event_get_unit("mbm_total_bytes"), "bytes");
	CHECK_STRING(rdtgrp_event_get_unit("core_energy"), "joules");
	CHECK_RC(rdtgrp_event_get_kind("tasks"), RDTGRP_EVENT_UNKNOWN);
	CHECK_STRING(rdtgrp_event_get_unit("tasks"), "");
}

static const struct tap_case cases[] = {
	{"the layout is what mon_data holds", layout_is_the_tree},
	{"all values are what their files show", values_are_the_files},
	{"a snapshot reads its own layout", snapshot_with_fresh_layout},
	{"counters move, with a positive rate", counters_move},
	{"frozen counters stand, with a rate of 0", frozen_counters_stand},
	{"names that are none: EINVAL; no such event: ENOENT", bad_names},
	{"kinds and units", kinds_and_units},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
