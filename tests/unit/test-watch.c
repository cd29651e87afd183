/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups are made, removed and renamed. */
#include "support.h"

#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

static int setup(void **state)
{
	static struct tree tree;

	tree_new_intel(&tree);
	*state = &tree;
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

static struct rdtgrp_watch *new_watch(const struct tree *tree, const char *path)
{
	struct rdtgrp *group = tree_open(tree, path);
	struct rdtgrp_watch *watch;

	if (rdtgrp_watch_new(group, &watch) < 0)
		fail_msg("%s", rdtgrp_error_message());
	rdtgrp_unref(group);
	return watch;
}

static bool is_readable(const struct rdtgrp_watch *watch)
{
	struct pollfd poll_fd = {.fd = rdtgrp_watch_get_fd(watch), .events = POLLIN};

	assert_true(poll(&poll_fd, 1, 0) >= 0);
	return poll_fd.revents & POLLIN;
}

/* What it tells now, and then no more. */
static void assert_changes(struct rdtgrp_watch *watch, unsigned int expected)
{
	unsigned int changes = 0x5a;

	assert_int_equal(is_readable(watch), expected != 0);
	assert_int_equal(rdtgrp_watch_read(watch, &changes), 0);
	assert_int_equal(changes, expected);
	assert_false(is_readable(watch));
	assert_int_equal(rdtgrp_watch_read(watch, &changes), 0);
	assert_int_equal(changes, 0);
}

static void test_all_groups(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_watch *watch = new_watch(tree, ".");

	assert_changes(watch, 0);
	tree_mkdir(tree, "g1/mon_groups/m3");
	assert_changes(watch, RDTGRP_CHANGE_CREATED);
	tree_mkdir(tree, "mon_groups/m3");
	assert_changes(watch, RDTGRP_CHANGE_CREATED);
	tree_remove(tree, "mon_groups/m3");
	assert_changes(watch, RDTGRP_CHANGE_REMOVED);
	assert_int_equal(renameat(tree->fd, "g1/mon_groups/m1", tree->fd, "mon_groups/m4"), 0);
	assert_changes(watch, RDTGRP_CHANGE_RENAMED);
	/* A group that comes is watched, and so is what was in it before that. */
	tree_make_group(tree, "elsewhere/g2", RDTGRP_TYPE_CTRL_MON);
	assert_changes(watch, RDTGRP_CHANGE_CREATED);
	assert_int_equal(renameat(tree->fd, "elsewhere/g2", tree->fd, "g2"), 0);
	assert_changes(watch, RDTGRP_CHANGE_RENAMED);
	tree_mkdir(tree, "g2/mon_groups/m1");
	assert_changes(watch, RDTGRP_CHANGE_CREATED);
	tree_remove(tree, "g2/mon_groups/m1");
	tree_mkdir(tree, "g2/mon_groups/m2");
	assert_changes(watch, RDTGRP_CHANGE_CREATED | RDTGRP_CHANGE_REMOVED);
	tree_remove(tree, "g2");
	assert_changes(watch, RDTGRP_CHANGE_REMOVED);
	/* Files are no groups. */
	tree_write(tree, "g1/mon_groups/file", "");
	tree_remove(tree, "g1/mon_groups/file");
	tree_write(tree, "file", "");
	rdtgrp_watch_read(watch, &(unsigned int){0});
	assert_changes(watch, 0);
	assert_ptr_equal(rdtgrp_watch_ref(watch), watch);
	assert_null(rdtgrp_watch_unref(watch));
	rdtgrp_watch_unrefp(&watch);
	assert_null(watch);
	assert_null(rdtgrp_watch_unref(NULL));
}

static void test_one_group(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_watch *watch = new_watch(tree, "g1");

	tree_mkdir(tree, "g2");
	tree_mkdir(tree, "mon_groups/m7");
	assert_changes(watch, 0);
	tree_mkdir(tree, "g1/mon_groups/m7");
	assert_changes(watch, RDTGRP_CHANGE_CREATED);
	rdtgrp_watch_unref(watch);
}

/* Directories of the same name as a group that went. */
static void test_made_again(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_watch *watch = new_watch(tree, ".");
	unsigned int changes;

	for (unsigned int i = 0; i < 20; i++) {
		tree_remove(tree, "g1");
		tree_mkdir(tree, "g1/mon_groups");
		assert_int_equal(rdtgrp_watch_read(watch, &changes), 0);
		assert_true(changes & RDTGRP_CHANGE_REMOVED && changes & RDTGRP_CHANGE_CREATED);
		tree_mkdir(tree, "g1/mon_groups/m");
		assert_changes(watch, RDTGRP_CHANGE_CREATED);
	}
	rdtgrp_watch_unref(watch);
}

static void test_overflow(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_watch *watch = new_watch(tree, ".");
	unsigned int changes;

	for (unsigned int i = 0; i < 20000; i++) {
		assert_int_equal(mkdirat(tree->fd, "mon_groups/x", 0755), 0);
		assert_int_equal(unlinkat(tree->fd, "mon_groups/x", AT_REMOVEDIR), 0);
	}
	tree_mkdir(tree, "late/mon_groups");
	assert_int_equal(rdtgrp_watch_read(watch, &changes), 0);
	assert_true(changes & RDTGRP_CHANGE_LOST);
	tree_mkdir(tree, "late/mon_groups/m");
	assert_changes(watch, RDTGRP_CHANGE_CREATED);
	/* The same for one that cannot be watched. */
	fault_arm(CALL_INOTIFY_ADD, 0, ENOSPC, false);
	tree_mkdir(tree, "later/mon_groups");
	assert_changes(watch, RDTGRP_CHANGE_CREATED | RDTGRP_CHANGE_LOST);
	assert_true(fault_disarm());
	fault_arm(CALL_READ, 0, EIO, false);
	assert_fails(rdtgrp_watch_read(watch, &changes), -EIO);
	assert_true(fault_disarm());
	rdtgrp_watch_unref(watch);
}

static void test_refused(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *m1 = tree_open(tree, "g1/mon_groups/m1"), *g1 = tree_open(tree, "g1");
	struct rdtgrp_watch *watch = NULL;

	assert_fails(rdtgrp_watch_new(m1, &watch), -ENOTSUP);
	fault_arm(CALL_INOTIFY_ADD, 0, ENOSPC, false);
	assert_fails(rdtgrp_watch_new(g1, &watch), -ENOSPC);
	assert_true(fault_disarm());
	assert_non_null(strstr(rdtgrp_error_advice(), "max_user_watches"));
	tree_remove(tree, "g1/mon_groups");
	assert_fails(rdtgrp_watch_new(g1, &watch), -ENODATA);
	tree_remove(tree, "g1");
	assert_fails(rdtgrp_watch_new(g1, &watch), -ENOENT);
	assert_null(watch);
	rdtgrp_unref(m1);
	rdtgrp_unref(g1);
}

struct watching {
	struct rdtgrp *group;
	struct rdtgrp_watch *watch;
};

static struct rdtgrp_watch *const nothing = (struct rdtgrp_watch *)(uintptr_t)&count_fds;

static int run_new(void *data)
{
	struct watching *watching = data;

	watching->watch = nothing;
	return rdtgrp_watch_new(watching->group, &watching->watch);
}

static void release(void *data)
{
	rdtgrp_watch_unref(((struct watching *)data)->watch);
}

static bool is_untouched(const void *data)
{
	return ((const struct watching *)data)->watch == nothing;
}

static void test_fails(void **state)
{
	const struct operation operation = {run_new, release, is_untouched, NULL};
	struct watching watching = {.group = tree_open(*state, ".")};
	unsigned int hits[CALL_COUNT];

	fail_everything(&operation, &watching, hits);
	assert_true(hits[CALL_INOTIFY_ADD] >= 3);
	assert_true(hits[CALL_INOTIFY_INIT] >= 1);
	assert_true(hits[CALL_MEMORY] >= 5);
	rdtgrp_unref(watching.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_groups), T(test_one_group), T(test_made_again),
		T(test_overflow),   T(test_refused),   T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
