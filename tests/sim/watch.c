/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A watch on a live tree, where a reader holds files of the groups that go. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "live.h"

#define AUTO_WATCH __attribute__((cleanup(rdtgrp_watch_unrefp))) struct rdtgrp_watch *
#define AUTO_READER __attribute__((cleanup(rdtgrp_reader_unrefp))) struct rdtgrp_reader *

static void check_changes(struct rdtgrp_watch *watch, unsigned int expected)
{
	struct pollfd poll_fd = {.fd = rdtgrp_watch_get_fd(watch), .events = POLLIN};
	unsigned int changes = 0;

	/* The time is for a wrong case only. */
	CHECK_RC(poll(&poll_fd, 1, expected ? 5000 : 0), expected != 0);
	NEED_RC(rdtgrp_watch_read(watch, &changes), 0);
	CHECK_U64(changes, expected);
}

static void all_groups(void)
{
	struct rdtgrp_value values[64];
	AUTO_GROUP root = NULL;
	AUTO_GROUP group = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_READER reader = NULL;
	AUTO_WATCH watch = NULL;

	NEED(live_open_group(".", &root));
	NEED_RC(rdtgrp_watch_new(root, &watch), 0);
	check_changes(watch, 0);
	NEED(live_make_group("g", &group));
	check_changes(watch, RDTGRP_CHANGE_CREATED);
	NEED(live_make_group("g/mon_groups/m", &mon));
	check_changes(watch, RDTGRP_CHANGE_CREATED);
	NEED_RC(rdtgrp_reader_new(0, &reader), 0);
	NEED_RC(rdtgrp_reader_add(reader, group, NULL, NULL), 0);
	NEED_RC(rdtgrp_reader_add(reader, mon, NULL, NULL), 0);
	NEED_RC(rdtgrp_reader_read(reader, values, 64), 0);
	/* Reading and writing are no changes. */
	NEED_RC(live_write("g/mode", "shareable\n"), 0);
	check_changes(watch, 0);
	NEED(live_rename("g/mon_groups/m", "g/mon_groups/n"));
	check_changes(watch, RDTGRP_CHANGE_RENAMED);
	NEED(live_rmdir("g/mon_groups/n"));
	check_changes(watch, RDTGRP_CHANGE_REMOVED);
	NEED(live_rmdir("g"));
	check_changes(watch, RDTGRP_CHANGE_REMOVED);
	NEED(live_make("g"));
	check_changes(watch, RDTGRP_CHANGE_CREATED);
	NEED(live_make("g/mon_groups/m"));
	check_changes(watch, RDTGRP_CHANGE_CREATED);
}

static const struct tap_case cases[] = {
	{"groups made, renamed and removed", all_groups},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
