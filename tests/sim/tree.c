/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discovery of groups, whatever they are called and however many there are. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"

#define AUTO_TREE __attribute__((cleanup(rdtgrp_tree_unrefp))) struct rdtgrp_tree *

static ssize_t find(const struct rdtgrp_tree *tree, const char *path)
{
	for (size_t i = 0; i < rdtgrp_tree_count(tree); i++)
		if (!strcmp(rdtgrp_tree_get_path(tree, i), path))
			return (ssize_t)i;
	return -1;
}

/* What holds for every tree: order, parents, inodes, and that every group can be opened. */
static void judge(const struct rdtgrp_tree *tree, int base)
{
	const char *last_ctrl = NULL, *last_mon = NULL;

	CHECK_STRING(rdtgrp_tree_get_path(tree, 0), ".");
	CHECK_RC(rdtgrp_tree_get_parent(tree, 0), -1);
	for (size_t i = 0; i < rdtgrp_tree_count(tree); i++) {
		const char *path = rdtgrp_tree_get_path(tree, i);
		const char *name = rdtgrp_tree_get_name(tree, i);
		ssize_t parent = rdtgrp_tree_get_parent(tree, i);
		AUTO_FD fd = openat(base, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		AUTO_GROUP by_path = NULL;
		AUTO_GROUP by_tree = NULL;
		uint64_t inode;

		CHECK_RC(rdtgrp_tree_get_error(tree, i), 0);
		if (!CHECK(fd >= 0) || !CHECK_RC(rdtgrp_get_from_fd(fd, live.flags, &by_path), 0) ||
		    !CHECK_RC(rdtgrp_tree_open(tree, i, &by_tree), 0)) {
			tap_note("path of %zu bytes: %s", strlen(path), path);
			continue;
		}
		CHECK_RC(rdtgrp_compare(by_path, by_tree), 0);
		rdtgrp_get_identity(by_path, NULL, &inode);
		CHECK_U64(rdtgrp_tree_get_inode(tree, i), inode);
		CHECK_RC(rdtgrp_tree_get_type(tree, i), rdtgrp_get_type(by_path));
		CHECK_STRING(name, rdtgrp_get_name(by_path));
		if (!i)
			continue;
		CHECK(parent >= 0 && (size_t)parent < i);
		if (rdtgrp_tree_get_type(tree, i) == RDTGRP_TYPE_CTRL_MON) {
			CHECK(!last_ctrl || strcmp(last_ctrl, name) < 0);
			CHECK_RC(parent, 0);
			last_ctrl = name;
			last_mon = NULL;
		} else {
			CHECK(!last_mon || strcmp(last_mon, name) < 0);
			CHECK_RC(rdtgrp_tree_get_type(tree, (size_t)parent), RDTGRP_TYPE_CTRL_MON);
			last_mon = name;
		}
	}
	CHECK(!rdtgrp_tree_get_path(tree, rdtgrp_tree_count(tree)));
	CHECK(!rdtgrp_tree_get_name(tree, rdtgrp_tree_count(tree)));
	CHECK_RC(rdtgrp_tree_get_parent(tree, rdtgrp_tree_count(tree)), -1);
	CHECK_U64(rdtgrp_tree_get_inode(tree, rdtgrp_tree_count(tree)), 0);
	CHECK_RC(rdtgrp_tree_get_type(tree, rdtgrp_tree_count(tree)), 0);
}

static void family(void)
{
	static const char *const made[] = {
		"b",
		"a",
		"a/mon_groups/z",
		"a/mon_groups/y",
		"b/mon_groups/tasks",
		"mon_groups/m",
		"B",
		"c",
		"\xc3\xa9t\xc3\xa9",
		"c/mon_groups/schemata",
	};
	AUTO_GROUP root = NULL;
	AUTO_TREE tree = NULL;
	size_t before;
	int fds;

	NEED(live_open_group(".", &root));
	NEED_RC(rdtgrp_tree_read(root, &tree), 0);
	before = rdtgrp_tree_count(tree);
	judge(tree, live.root_fd);
	rdtgrp_tree_unref(tree);
	tree = NULL;
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		NEED(live_make(made[i]));
	fds = tap_count_fds();
	NEED_RC(rdtgrp_tree_read(root, &tree), 0);
	CHECK(tap_count_fds() <= fds + 1);
	CHECK_U64(rdtgrp_tree_count(tree), before + sizeof(made) / sizeof(*made));
	judge(tree, live.root_fd);
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		if (!CHECK(find(tree, made[i]) > 0))
			tap_note("%s", made[i]);
	CHECK_STRING(rdtgrp_tree_get_name(tree, 0), "/");
}

static void of_other_groups(void)
{
	AUTO_GROUP ctrl = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_TREE of_ctrl = NULL;
	AUTO_TREE of_mon = NULL;

	NEED(live_make_group("g", &ctrl));
	NEED(live_make_group("g/mon_groups/m", &mon));
	NEED(live_make("g/mon_groups/n"));
	NEED(live_make("h"));
	NEED_RC(rdtgrp_tree_read(ctrl, &of_ctrl), 0);
	CHECK_U64(rdtgrp_tree_count(of_ctrl), 3);
	CHECK_STRING(rdtgrp_tree_get_path(of_ctrl, 1), "mon_groups/m");
	CHECK_STRING(rdtgrp_tree_get_name(of_ctrl, 0), "g");
	judge(of_ctrl, rdtgrp_get_fd(ctrl));
	NEED_RC(rdtgrp_tree_read(mon, &of_mon), 0);
	CHECK_U64(rdtgrp_tree_count(of_mon), 1);
	judge(of_mon, rdtgrp_get_fd(mon));
	CHECK(rdtgrp_tree_same_children(of_ctrl, 0, of_ctrl, 0));
	CHECK(!rdtgrp_tree_same_children(of_ctrl, 0, of_ctrl, 7));
}

static void changed_since(void)
{
	AUTO_GROUP root = NULL;
	AUTO_TREE tree = NULL;
	struct rdtgrp *group = (struct rdtgrp *)&live;
	enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
	ssize_t index;

	NEED(live_open_group(".", &root));
	NEED(live_make("g"));
	NEED(live_make("g/mon_groups/m"));
	NEED_RC(rdtgrp_tree_read(root, &tree), 0);
	index = find(tree, "g");
	NEED(index > 0);
	CHECK_RC(rdtgrp_tree_read_mode(tree, (size_t)index, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_SHAREABLE);
	NEED(live_rmdir("g"));
	CHECK_RC(rdtgrp_tree_open(tree, (size_t)index, &group), -ENOENT);
	CHECK_RC(rdtgrp_tree_read_mode(tree, (size_t)index, &mode), -ENOENT);
	/* Another group of the name is another group. */
	NEED(live_make("g"));
	CHECK_RC(rdtgrp_tree_open(tree, (size_t)index, &group), -ENOENT);
	CHECK_RC(rdtgrp_tree_open(tree, 10000, &group), -EINVAL);
	CHECK_RC(rdtgrp_tree_read_mode(tree, 10000, &mode), -EINVAL);
	CHECK(group == (struct rdtgrp *)&live);
	CHECK(rdtgrp_tree_get_inode(tree, (size_t)index) != live_inode("g"));
}

static void of_removed(void)
{
	struct rdtgrp_tree *tree = (struct rdtgrp_tree *)&live;
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	NEED(live_rmdir("g"));
	CHECK_RC(rdtgrp_tree_read(group, &tree), -ENOENT);
	NEED(live_make("g"));
	CHECK_RC(rdtgrp_tree_read(group, &tree), -ENOENT);
	CHECK(tree == (struct rdtgrp_tree *)&live);
}

static void strange_names(void)
{
	char name[1001], path[2048], renamed[2048];
	AUTO_GROUP root = NULL;
	AUTO_TREE tree = NULL;

	NEED(live_open_group(".", &root));
	NEED(live_make("g"));
	memset(name, 'l', 1000);
	name[1000] = '\0';
	NEED(live_make(name));
	snprintf(path, sizeof(path), "%s/mon_groups/%s", name, name);
	NEED(live_make(path));
	/* Only by renaming can a name get a newline. */
	NEED(live_make("g/mon_groups/m"));
	NEED(live_rename("g/mon_groups/m", "g/mon_groups/new\nline\x1b[31m"));
	NEED(live_make("g/mon_groups/m"));
	snprintf(renamed, sizeof(renamed), "g/mon_groups/\n%s", name);
	renamed[strlen(renamed) - 1] = '\0';
	NEED(live_rename("g/mon_groups/m", renamed));
	NEED_RC(rdtgrp_tree_read(root, &tree), 0);
	judge(tree, live.root_fd);
	CHECK(find(tree, name) > 0);
	CHECK(find(tree, path) > 0);
	CHECK(find(tree, "g/mon_groups/new\nline\x1b[31m") > 0);
	CHECK(find(tree, renamed) > 0);
}

static void many(void)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP ctrl = NULL;
	AUTO_TREE tree = NULL;
	AUTO_TREE of_ctrl = NULL;
	size_t count;

	if (live.simulator && !live_simulator("rmids 400"))
		return;
	NEED(live_open_group(".", &root));
	NEED(live_make_group("g", &ctrl));
	count = live_fill("g", 300);
	if (live.simulator)
		CHECK_U64(count, 300);
	tap_note("%zu MON groups", count);
	CHECK(count > 0);
	NEED_RC(rdtgrp_tree_read(root, &tree), 0);
	judge(tree, live.root_fd);
	NEED_RC(rdtgrp_tree_read(ctrl, &of_ctrl), 0);
	CHECK_U64(rdtgrp_tree_count(of_ctrl), count + 1);
	CHECK(rdtgrp_tree_same_children(tree, (size_t)find(tree, "g"), of_ctrl, 0));
}

/* More groups than one answer of getdents holds, while others come and go. */
static void while_changing(void)
{
	AUTO_GROUP ctrl = NULL;
	size_t count;

	if (live.simulator && !live_simulator("rmids 400"))
		return;
	NEED(live_make_group("g", &ctrl));
	count = live_fill("g", 40);
	for (int i = 0; i < 50; i++) {
		AUTO_TREE tree = NULL;
		char path[64];

		snprintf(path, sizeof(path), "g/mon_groups/come%d", i);
		if (mkdirat(live.root_fd, path, 0755) < 0)
			CHECK(errno == EBUSY || errno == ENOSPC);
		else
			live_remember(path);
		NEED_RC(rdtgrp_tree_read(ctrl, &tree), 0);
		CHECK(rdtgrp_tree_count(tree) >= count + 1);
		unlinkat(live.root_fd, path, AT_REMOVEDIR);
	}
}

static void nobody_lists(void *argument)
{
	AUTO_TREE tree = NULL;
	struct rdtgrp *group = NULL;
	ssize_t index;

	NEED_RC(rdtgrp_tree_read(argument, &tree), 0);
	index = find(tree, "closed");
	NEED(index > 0);
	CHECK_RC(rdtgrp_tree_get_error(tree, (size_t)index), -EACCES);
	CHECK_RC(rdtgrp_tree_open(tree, (size_t)index, &group), -EACCES);
	CHECK(find(tree, "closed/mon_groups/m") < 0);
	CHECK(!rdtgrp_tree_same_children(tree, (size_t)index, tree, (size_t)index));
	index = find(tree, "open");
	NEED(index > 0);
	CHECK_RC(rdtgrp_tree_get_error(tree, (size_t)index), 0);
	CHECK(find(tree, "open/mon_groups/m") > 0);
}

static void not_permitted(void)
{
	AUTO_GROUP root = NULL;

	NEED(live_open_group(".", &root));
	NEED(live_make_mode("closed", 0700));
	NEED(live_make("closed/mon_groups/m"));
	NEED(live_make("open"));
	NEED(live_make("open/mon_groups/m"));
	live_as_nobody(nobody_lists, root);
}

static void pseudo_locked(void)
{
	AUTO_GROUP root = NULL;
	AUTO_TREE tree = NULL;
	struct rdtgrp *group = NULL;
	enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
	ssize_t index;

	NEED(live_open_group(".", &root));
	NEED(live_make("g"));
	if (!live_locksetup("g"))
		return;
	NEED_RC(rdtgrp_tree_read(root, &tree), 0);
	index = find(tree, "g");
	NEED(index > 0);
	CHECK_RC(rdtgrp_tree_get_type(tree, (size_t)index), RDTGRP_TYPE_CTRL_MON);
	CHECK_RC(rdtgrp_tree_open(tree, (size_t)index, &group), -EINVAL);
	CHECK_RC(rdtgrp_tree_read_mode(tree, (size_t)index, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_PSEUDO_LOCKSETUP);
}

static const struct tap_case cases[] = {
	{"a family of groups", family},
	{"of a CTRL_MON group and of a MON group", of_other_groups},
	{"groups that have gone or been replaced since", changed_since},
	{"of a removed group: ENOENT", of_removed},
	{"names of 1000 bytes and with newlines", strange_names},
	{"300 groups, or all that there can be", many},
	{"while groups come and go", while_changing},
	{"groups that may not be listed: EACCES", not_permitted},
	{"groups in pseudo-locksetup are listed, not opened", pseudo_locked},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
