/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel offers, and the modes of groups. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"

#define AUTO_INFO __attribute__((cleanup(rdtgrp_info_unrefp))) struct rdtgrp_info *

/* Reading these clears last_cmd_status, which is another program's to read. */
static bool is_left_out(const char *name)
{
	return !strcmp(name, "last_cmd_status") || !strcmp(name, "available_mbm_cntrs") ||
	       !strcmp(name, "mbm_assign_on_mkdir") || !strcmp(name, "io_alloc_cbm") ||
	       !strcmp(name, "event_filter");
}

static void judge(const struct rdtgrp_info *info, const char *path, size_t *count)
{
	char below[1024], text[4096];
	int fd = live_open(path, O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	NEED(fd >= 0);
	dir = fdopendir(fd);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (!CHECK(!fstatat(live.root_fd, below, &st, 0)))
			continue;
		if (S_ISDIR(st.st_mode)) {
			judge(info, below, count);
			continue;
		}
		if (is_left_out(entry->d_name)) {
			CHECK(!rdtgrp_info_find(info, below + 5));
			continue;
		}
		(*count)++;
		if (live_read(below, text, sizeof(text)))
			CHECK_STRING(rdtgrp_info_find(info, below + 5), text);
		else
			CHECK(!rdtgrp_info_find(info, below + 5));
	}
	closedir(dir);
}

static void all_files(void)
{
	AUTO_GROUP root = NULL;
	AUTO_INFO info = NULL;
	size_t count = 0;

	NEED(live_open_group(".", &root));
	NEED_RC(rdtgrp_info_read(root, &info), 0);
	judge(info, "info", &count);
	CHECK(count > 2);
	CHECK_U64(rdtgrp_info_count(info), count);
	for (size_t i = 0; i < count; i++) {
		const char *path = rdtgrp_info_get_path(info, i);

		CHECK(!i || strcmp(rdtgrp_info_get_path(info, i - 1), path) < 0);
		CHECK(!rdtgrp_info_get_text(info, i) == (rdtgrp_info_get_error(info, i) < 0));
		CHECK(rdtgrp_info_find(info, path) == rdtgrp_info_get_text(info, i));
	}
	CHECK(!rdtgrp_info_get_path(info, count));
	CHECK(!rdtgrp_info_get_text(info, count));
	CHECK_RC(rdtgrp_info_get_error(info, count), -EINVAL);
	CHECK(!rdtgrp_info_find(info, "no/such"));
	CHECK(!rdtgrp_info_find(info, ""));
	CHECK(!rdtgrp_info_find(info, "L3_MON"));
}

static void leaves_last_cmd_status(void)
{
	AUTO_GROUP root = NULL;
	AUTO_INFO info = NULL;
	char before[600], after[600];

	NEED(live_open_group(".", &root));
	NEED(live_make("g"));
	CHECK_RC(live_write("g/schemata", "nonsense\n"), -EINVAL);
	NEED(live_read("info/last_cmd_status", before, sizeof(before)));
	CHECK(strcmp(before, "ok") != 0);
	NEED_RC(rdtgrp_info_read(root, &info), 0);
	NEED(live_read("info/last_cmd_status", after, sizeof(after)));
	CHECK_STRING(after, before);
}

static void of_other_groups(void)
{
	struct rdtgrp_info *info = (struct rdtgrp_info *)&live;
	AUTO_GROUP ctrl = NULL;
	AUTO_GROUP mon = NULL;

	NEED(live_make_group("g", &ctrl));
	NEED(live_make_group("mon_groups/info", &mon));
	CHECK_RC(rdtgrp_info_read(ctrl, &info), -EINVAL);
	CHECK_RC(rdtgrp_info_read(mon, &info), -EINVAL);
	CHECK(info == (struct rdtgrp_info *)&live);
}

static void nobody_reads(void *argument)
{
	AUTO_INFO info = NULL;

	NEED_RC(rdtgrp_info_read(argument, &info), 0);
	CHECK(rdtgrp_info_find(info, "L3_MON/num_rmids") ||
	      rdtgrp_info_find(info, "PERF_PKG_MON/num_rmids"));
}

static void needs_no_privilege(void)
{
	AUTO_GROUP root = NULL;

	NEED(live_open_group(".", &root));
	live_as_nobody(nobody_reads, root);
}

static void modes(void)
{
	enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
	AUTO_GROUP ctrl = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_GROUP again = NULL;
	char schemata[256] = "L3";

	NEED(live_make_group("g", &ctrl));
	NEED(live_make_group("g/mon_groups/mode", &mon));
	CHECK_RC(rdtgrp_read_mode(ctrl, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_SHAREABLE);
	if (!live_free_cache())
		return;
	for (unsigned int i = 0; *live_domain(i); i++) {
		size_t length = strlen(schemata);

		snprintf(schemata + length, sizeof(schemata) - length, "%c%u=f", i ? ';' : ':',
			 live_l3_id(i));
	}
	strcat(schemata, "\n");
	NEED_RC(live_write("g/schemata", schemata), 0);
	NEED_RC(live_write("g/mode", "exclusive\n"), 0);
	CHECK_RC(rdtgrp_read_mode(ctrl, &mode), 0);
	CHECK_STRING(rdtgrp_mode_name(mode), "exclusive");
	mode = RDTGRP_MODE_UNKNOWN;
	CHECK_RC(rdtgrp_read_mode(mon, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_EXCLUSIVE);
	/* Exclusive groups are groups like any other. */
	CHECK_RC(rdtgrp_openat(live.root_fd, "g", live.flags, &again), 0);
}

static const struct tap_case cases[] = {
	{"all files of info", all_files},
	{"last_cmd_status is left alone", leaves_last_cmd_status},
	{"of the default group only: EINVAL", of_other_groups},
	{"reading needs no privilege", needs_no_privilege},
	{"modes", modes},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
