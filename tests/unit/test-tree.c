/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

static struct rdtgrp_tree *read_tree(const struct tree *tree, const char *path)
{
	struct rdtgrp *group = tree_open(tree, path);
	struct rdtgrp_tree *groups = NULL;

	if (rdtgrp_tree_read(group, &groups) < 0)
		fail_msg("%s", rdtgrp_error_message());
	/* It keeps its own reference. */
	rdtgrp_unref(group);
	return groups;
}

struct expected {
	const char *path;
	const char *name;
	ssize_t parent;
	enum rdtgrp_type type;
};

static void assert_tree(const struct tree *tree, const char *top, const struct expected *expected,
			size_t count)
{
	struct rdtgrp_tree *groups = read_tree(tree, top);

	assert_int_equal(rdtgrp_tree_count(groups), count);
	for (size_t i = 0; i < count; i++) {
		struct rdtgrp *group = NULL;
		enum rdtgrp_mode mode;
		uint64_t inode;

		assert_string_equal(rdtgrp_tree_get_path(groups, i), expected[i].path);
		assert_string_equal(rdtgrp_tree_get_name(groups, i), expected[i].name);
		assert_int_equal(rdtgrp_tree_get_parent(groups, i), expected[i].parent);
		assert_int_equal(rdtgrp_tree_get_type(groups, i), expected[i].type);
		assert_int_equal(rdtgrp_tree_get_error(groups, i), 0);
		assert_int_equal(rdtgrp_tree_read_mode(groups, i, &mode), 0);
		assert_int_equal(mode, RDTGRP_MODE_SHAREABLE);
		assert_int_equal(rdtgrp_tree_open(groups, i, &group), 0);
		rdtgrp_get_identity(group, NULL, &inode);
		assert_int_equal(rdtgrp_tree_get_inode(groups, i), inode);
		assert_string_equal(rdtgrp_get_name(group), expected[i].name);
		assert_int_equal(rdtgrp_get_type(group), expected[i].type);
		rdtgrp_unref(group);
	}
	assert_ptr_equal(rdtgrp_tree_ref(groups), groups);
	assert_null(rdtgrp_tree_unref(groups));
	rdtgrp_tree_unrefp(&groups);
	assert_null(groups);
	assert_null(rdtgrp_tree_unref(NULL));
}

#define C RDTGRP_TYPE_CTRL_MON
#define M RDTGRP_TYPE_MON

static void test_default(void **state)
{
	static const struct expected expected[] = {
		{".", "/", -1, C},
		{"mon_groups/m0", "m0", 0, M},
		{"g1", "g1", 0, C},
		{"g1/mon_groups/m1", "m1", 2, M},
		{"g1/mon_groups/m2", "m2", 2, M},
	};

	assert_tree(*state, ".", expected, COUNT(expected));
	/* Where directory entries do not tell what they are, it takes a look at each. */
	hooks.without_types = true;
	assert_tree(*state, ".", expected, COUNT(expected));
	hooks.without_types = false;
}

static void test_below(void **state)
{
	static const struct expected ctrl[] = {
		{".", "g1", -1, C},
		{"mon_groups/m1", "m1", 0, M},
		{"mon_groups/m2", "m2", 0, M},
	};
	static const struct expected mon[] = {{".", "m1", -1, M}};

	assert_tree(*state, "g1", ctrl, COUNT(ctrl));
	assert_tree(*state, "g1/mon_groups/m1", mon, COUNT(mon));
}

/* By byte, not by locale; names hold anything. Beside the groups lies what is none. */
static void test_order(void **state)
{
	static const struct expected expected[] = {
		{".", "/", -1, C},
		{"mon_groups/\n", "\n", 0, M},
		{"mon_groups/m0", "m0", 0, M},
		{"mon_groups/tasks", "tasks", 0, M},
		{"\033[1m", "\033[1m", 0, C},
		{"B", "B", 0, C},
		{"a", "a", 0, C},
		{"g1", "g1", 0, C},
		{"g1/mon_groups/m1", "m1", 7, M},
		{"g1/mon_groups/m2", "m2", 7, M},
		{"g1-", "g1-", 0, C},
		{"\xff", "\xff", 0, C},
	};
	const struct tree *tree = *state;

	for (size_t i = 1; i < COUNT(expected); i++)
		if (!tree_exists(tree, expected[i].path))
			tree_make_group(tree, expected[i].path, expected[i].type);
	tree_mkdir(tree, "nogroup/mon_groups/x");
	tree_mkdir(tree, "nogroup2/tasks");
	tree_write(tree, "file", "");
	assert_int_equal(symlinkat("g1", tree->fd, "link"), 0);
	assert_tree(tree, ".", expected, COUNT(expected));
}

static void test_many(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_tree *groups;
	unsigned int fds;
	char path[512];

	for (unsigned int i = 0; i < 150; i++) {
		snprintf(path, sizeof(path), "c%0200u/tasks", i);
		tree_write(tree, path, "");
		snprintf(path, sizeof(path), "c%0200u/mon_groups/m%0200u/tasks", i, i);
		tree_write(tree, path, "");
	}
	fds = count_fds();
	groups = read_tree(tree, ".");
	assert_int_equal(count_fds(), fds + 1);
	assert_int_equal(rdtgrp_tree_count(groups), 5 + 300);
	rdtgrp_tree_unref(groups);
}

static void test_index_too_large(void **state)
{
	struct rdtgrp_tree *groups = read_tree(*state, ".");
	enum rdtgrp_mode mode = RDTGRP_MODE_EXCLUSIVE;
	struct rdtgrp *group = NULL;
	const size_t indices[] = {5, SIZE_MAX};

	for (size_t i = 0; i < COUNT(indices); i++) {
		assert_null(rdtgrp_tree_get_path(groups, indices[i]));
		assert_null(rdtgrp_tree_get_name(groups, indices[i]));
		assert_int_equal(rdtgrp_tree_get_type(groups, indices[i]), 0);
		assert_int_equal(rdtgrp_tree_get_inode(groups, indices[i]), 0);
		assert_int_equal(rdtgrp_tree_get_parent(groups, indices[i]), -1);
		assert_int_equal(rdtgrp_tree_get_error(groups, indices[i]), 0);
		assert_fails(rdtgrp_tree_open(groups, indices[i], &group), -EINVAL);
		assert_fails(rdtgrp_tree_read_mode(groups, indices[i], &mode), -EINVAL);
		assert_false(rdtgrp_tree_same_children(groups, indices[i], groups, 0));
		assert_false(rdtgrp_tree_same_children(groups, 0, groups, indices[i]));
	}
	assert_null(group);
	assert_int_equal(mode, RDTGRP_MODE_EXCLUSIVE);
	rdtgrp_tree_unref(groups);
}

/* Removed after the listing, also when the name has been taken again. */
static void test_removed(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_tree *groups = read_tree(tree, ".");
	enum rdtgrp_mode mode;
	struct rdtgrp *group = NULL;

	assert_int_equal(renameat(tree->fd, "g1", tree->fd, "elsewhere"), 0);
	assert_fails(rdtgrp_tree_open(groups, 2, &group), -ENOENT);
	assert_fails(rdtgrp_tree_read_mode(groups, 2, &mode), -ENOENT);
	assert_fails(rdtgrp_tree_open(groups, 3, &group), -ENOENT);
	tree_make_group(tree, "g1", RDTGRP_TYPE_CTRL_MON);
	tree_make_group(tree, "g1/mon_groups/m1", RDTGRP_TYPE_MON);
	assert_fails(rdtgrp_tree_open(groups, 2, &group), -ENOENT);
	assert_fails(rdtgrp_tree_read_mode(groups, 2, &mode), -ENOENT);
	assert_fails(rdtgrp_tree_open(groups, 3, &group), -ENOENT);
	assert_non_null(strstr(rdtgrp_error_message(), "m1"));
	assert_null(group);
	rdtgrp_tree_unref(groups);
}

/* Pseudo-locked groups are listed, their mode is told, and they cannot be opened. */
static void test_pseudo_locked(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_tree *groups;
	enum rdtgrp_mode mode;
	struct rdtgrp *group = NULL;

	tree_write(tree, "g1/mode", "pseudo-locked\n");
	groups = read_tree(tree, ".");
	assert_int_equal(rdtgrp_tree_count(groups), 5);
	for (size_t i = 2; i < 5; i++) {
		assert_int_equal(rdtgrp_tree_read_mode(groups, i, &mode), 0);
		assert_int_equal(mode, RDTGRP_MODE_PSEUDO_LOCKED);
		assert_fails(rdtgrp_tree_open(groups, i, &group), -EINVAL);
	}
	rdtgrp_tree_unref(groups);
}

static void test_same_children(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_tree *before = read_tree(tree, "."), *after, *g1 = read_tree(tree, "g1");

	after = read_tree(tree, ".");
	for (size_t i = 0; i < 5; i++)
		assert_true(rdtgrp_tree_same_children(before, i, after, i));
	assert_true(rdtgrp_tree_same_children(before, 2, g1, 0));
	assert_false(rdtgrp_tree_same_children(before, 0, after, 2));
	assert_false(rdtgrp_tree_same_children(before, 2, after, 3));
	rdtgrp_tree_unref(after);
	rdtgrp_tree_unref(g1);

	/* Renamed: the same, in another order. */
	assert_int_equal(renameat(tree->fd, "g1/mon_groups/m1", tree->fd, "g1/mon_groups/z"), 0);
	after = read_tree(tree, ".");
	assert_string_equal(rdtgrp_tree_get_name(after, 4), "z");
	assert_true(rdtgrp_tree_same_children(before, 2, after, 2));
	rdtgrp_tree_unref(after);

	/* Replaced by one of the same name. */
	assert_int_equal(renameat(tree->fd, "g1/mon_groups/m2", tree->fd, "g1/mon_groups/y"), 0);
	tree_make_group(tree, "g1/mon_groups/m2", RDTGRP_TYPE_MON);
	tree_remove(tree, "g1/mon_groups/y");
	after = read_tree(tree, ".");
	assert_int_equal(rdtgrp_tree_count(after), 5);
	assert_false(rdtgrp_tree_same_children(before, 2, after, 2));
	rdtgrp_tree_unref(after);

	tree_remove(tree, "g1/mon_groups/m2");
	after = read_tree(tree, ".");
	assert_false(rdtgrp_tree_same_children(before, 2, after, 2));
	assert_true(rdtgrp_tree_same_children(before, 0, after, 0));
	rdtgrp_tree_unref(after);
	rdtgrp_tree_unref(before);
}

static void test_gone(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_tree *groups = NULL;

	tree_remove(tree, "g1");
	assert_fails(rdtgrp_tree_read(group, &groups), -ENOENT);
	assert_null(groups);
	rdtgrp_unref(group);
}

/* As a user to whom nothing belongs; 0 is good. */
static int check_as_other_user(const struct tree *tree)
{
	struct rdtgrp_tree *groups, *again;
	struct rdtgrp *top;
	enum rdtgrp_mode mode;

	if (getuid() != 0 || setgid(65534) < 0 || setuid(65534) < 0)
		return 77;
	if (rdtgrp_openat(tree->fd, ".", RDTGRP_OPEN_ANY_FS, &top) < 0 ||
	    rdtgrp_tree_read(top, &groups) < 0 || rdtgrp_tree_read(top, &again) < 0)
		return 1;
	/* The root, its m0, the closed g1 without its MON groups, and g2 whose cannot be listed. */
	if (rdtgrp_tree_count(groups) != 4 || rdtgrp_tree_get_error(groups, 0) != 0 ||
	    rdtgrp_tree_get_error(groups, 2) != -EACCES ||
	    rdtgrp_tree_get_error(groups, 3) != -EACCES)
		return 2;
	if (!rdtgrp_tree_same_children(groups, 0, again, 0) ||
	    rdtgrp_tree_same_children(groups, 3, again, 3))
		return 3;
	if (rdtgrp_tree_open(groups, 2, &top) != -EACCES || !*rdtgrp_error_advice() ||
	    rdtgrp_tree_read_mode(groups, 2, &mode) != -EACCES)
		return 4;
	rdtgrp_tree_unref(groups);
	rdtgrp_tree_unref(again);
	rdtgrp_unref(top);
	return 0;
}

static void test_not_permitted(void **state)
{
	const struct tree *tree = *state;
	int status;
	pid_t pid;

	tree_make_group(tree, "g2", RDTGRP_TYPE_CTRL_MON);
	assert_int_equal(fchmod(tree->fd, 0755), 0);
	assert_int_equal(fchmodat(tree->fd, "g1", 0700, 0), 0);
	assert_int_equal(fchmodat(tree->fd, "g2/mon_groups", 0700, 0), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(check_as_other_user(tree));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

struct reading {
	struct rdtgrp *group;
	struct rdtgrp_tree *groups;
	struct rdtgrp *opened;
	size_t index;
	enum rdtgrp_mode mode;
};

static struct rdtgrp_tree *const nothing = (struct rdtgrp_tree *)(uintptr_t)&count_fds;

static int run_read(void *data)
{
	struct reading *reading = data;

	reading->groups = nothing;
	return rdtgrp_tree_read(reading->group, &reading->groups);
}

static void release_read(void *data)
{
	rdtgrp_tree_unref(((struct reading *)data)->groups);
}

static bool read_untouched(const void *data)
{
	return ((const struct reading *)data)->groups == nothing;
}

/* Where the MON groups of one group cannot be listed, that is told at that group. */
static bool read_tolerates(enum call call, int error, int result, const void *data)
{
	const struct rdtgrp_tree *groups = ((const struct reading *)data)->groups;

	if (result < 0)
		return false;
	if (is_opening(call) || call == CALL_GETDENTS64)
		for (size_t i = 0; i < rdtgrp_tree_count(groups); i++)
			if (rdtgrp_tree_get_error(groups, i) == -error)
				return error != EMFILE;
	/* What may not be looked at is listed: it can be nothing but a group. */
	return call == CALL_FSTATAT && error == EACCES;
}

static int run_open(void *data)
{
	struct reading *reading = data;

	reading->opened = NULL;
	return rdtgrp_tree_open(reading->groups, reading->index, &reading->opened);
}

static void release_open(void *data)
{
	rdtgrp_unref(((struct reading *)data)->opened);
}

static bool open_untouched(const void *data)
{
	return !((const struct reading *)data)->opened;
}

/* The check of a MON group's parent is left out where that cannot be reached. */
static bool open_tolerates(enum call call, int error, int result, const void *data)
{
	(void)data;
	return result == 0 && error == EACCES && (is_opening(call) || call == CALL_STATX);
}

static int run_mode(void *data)
{
	struct reading *reading = data;

	reading->mode = RDTGRP_MODE_EXCLUSIVE;
	return rdtgrp_tree_read_mode(reading->groups, reading->index, &reading->mode);
}

static void release_mode(void *data)
{
	assert_int_equal(((struct reading *)data)->mode, RDTGRP_MODE_SHAREABLE);
}

static bool mode_untouched(const void *data)
{
	return ((const struct reading *)data)->mode == RDTGRP_MODE_EXCLUSIVE;
}

static void test_fails(void **state)
{
	const struct operation read = {run_read, release_read, read_untouched, read_tolerates};
	const struct operation open = {run_open, release_open, open_untouched, open_tolerates};
	const struct operation mode = {run_mode, release_mode, mode_untouched, NULL};
	struct reading reading = {.group = tree_open(*state, ".")};
	unsigned int hits[CALL_COUNT];

	fail_everything(&read, &reading, hits);
	assert_true(hits[CALL_MEMORY] >= 10);
	assert_true(hits[CALL_FSTATAT] > 0 && hits[CALL_SYSCALL] > 0 && hits[CALL_GETDENTS64] > 0);

	reading.groups = read_tree(*state, ".");
	for (reading.index = 0; reading.index < 5; reading.index++) {
		fail_everything(&open, &reading, hits);
		assert_true(hits[CALL_MEMORY] > 0 && hits[CALL_FSTATFS] > 0);
		fail_everything(&mode, &reading, NULL);
	}
	rdtgrp_tree_unref(reading.groups);
	rdtgrp_unref(reading.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_default),       T(test_below),	      T(test_order),
		T(test_many),	       T(test_removed),	      T(test_index_too_large),
		T(test_pseudo_locked), T(test_same_children), T(test_gone),
		T(test_not_permitted), T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
