/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Creating and removing. What the kernel does in mkdir and rmdir, filling and emptying the directory, is
 * done by hooks, so that each step can fail; the kernel's refusals stand in tests/contract and tests/sim.
 */
#include "support.h"

#include <stdio.h>

static const struct tree *here;

static void fill(int dirfd, const char *path)
{
	struct tree parent = {.fd = dirfd};

	tree_make_group(&parent, path,
			strncmp(path, "mon_groups/", 11) == 0 ? RDTGRP_TYPE_MON
							      : RDTGRP_TYPE_CTRL_MON);
}

static void empty(int dirfd, const char *path)
{
	struct tree container = {.fd = dirfd};

	tree_remove(&container, path);
	/* For the rmdir that follows. */
	tree_mkdir(&container, path);
}

static int setup(void **state)
{
	static struct tree tree;

	tree_new_intel(&tree);
	here = *state = &tree;
	hooks.after_mkdirat = fill;
	hooks.before_unlinkat = empty;
	return 0;
}

static int teardown(void **state)
{
	hooks = (struct hooks){0};
	tree_free(*state);
	return 0;
}

static void test_create(void **state)
{
	struct rdtgrp *top = tree_open(*state, "."), *ctrl = NULL, *mon = NULL, *parent = NULL;

	assert_int_equal(rdtgrp_create(top, RDTGRP_TYPE_CTRL_MON, "new", &ctrl), 0);
	assert_string_equal(rdtgrp_get_name(ctrl), "new");
	assert_int_equal(rdtgrp_get_type(ctrl), RDTGRP_TYPE_CTRL_MON);
	assert_int_equal(rdtgrp_create(ctrl, RDTGRP_TYPE_MON, "tasks", &mon), 0);
	assert_string_equal(rdtgrp_get_name(mon), "tasks");
	assert_int_equal(rdtgrp_get_type(mon), RDTGRP_TYPE_MON);
	assert_int_equal(rdtgrp_open_parent(mon, &parent), 0);
	assert_int_equal(rdtgrp_compare(parent, ctrl), 0);
	assert_int_equal(rdtgrp_create(top, RDTGRP_TYPE_MON, "\033[1m", NULL), 0);
	assert_true(tree_exists(*state, "mon_groups/\033[1m/tasks"));

	assert_int_equal(rdtgrp_remove(mon), 0);
	assert_int_equal(rdtgrp_is_live(mon), 0);
	assert_fails(rdtgrp_remove(mon), -ENOENT);
	assert_int_equal(rdtgrp_remove(ctrl), 0);
	assert_false(tree_exists(*state, "new"));
	rdtgrp_unref(top);
	rdtgrp_unref(ctrl);
	rdtgrp_unref(mon);
	rdtgrp_unref(parent);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a/b", "/", "a\n", "\n"};
	struct rdtgrp *top = tree_open(*state, "."), *ctrl = tree_open(*state, "g1");
	struct rdtgrp *mon = tree_open(*state, "g1/mon_groups/m1"), *group = NULL;
	char name[5000];

	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_fails(rdtgrp_create(top, RDTGRP_TYPE_CTRL_MON, bad[i], &group), -EINVAL);
		assert_fails(rdtgrp_create(ctrl, RDTGRP_TYPE_MON, bad[i], &group), -EINVAL);
	}
	assert_fails(rdtgrp_create(top, (enum rdtgrp_type)0, "a", &group), -EINVAL);
	assert_fails(rdtgrp_create(top, (enum rdtgrp_type)3, "a", &group), -EINVAL);
	assert_fails(rdtgrp_create(ctrl, RDTGRP_TYPE_CTRL_MON, "a", &group), -EPERM);
	assert_fails(rdtgrp_create(mon, RDTGRP_TYPE_CTRL_MON, "a", &group), -EPERM);
	assert_fails(rdtgrp_create(mon, RDTGRP_TYPE_MON, "a", &group), -EPERM);
	assert_fails(rdtgrp_create(top, RDTGRP_TYPE_CTRL_MON, "g1", &group), -EEXIST);
	assert_fails(rdtgrp_create(top, RDTGRP_TYPE_CTRL_MON, "info", &group), -EEXIST);
	assert_fails(rdtgrp_create(ctrl, RDTGRP_TYPE_MON, "m1", NULL), -EEXIST);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_fails(rdtgrp_create(ctrl, RDTGRP_TYPE_MON, name, &group), -ENAMETOOLONG);
	assert_fails(rdtgrp_remove(top), -EBUSY);
	assert_null(group);

	tree_remove(*state, "g1");
	assert_fails(rdtgrp_create(ctrl, RDTGRP_TYPE_MON, "a", &group), -ENOENT);
	assert_fails(rdtgrp_remove(ctrl), -ENOENT);
	assert_fails(rdtgrp_remove(mon), -ENOENT);
	rdtgrp_unref(top);
	rdtgrp_unref(ctrl);
	rdtgrp_unref(mon);
}

/* What the kernel said to it is in the record, unless it is another's. */
static void test_kernel_text(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *kernel_text;
	} rows[] = {
		{"Out of RMIDs\n", ENOSPC, "Out of RMIDs"},
		{"of another\nof mkdir\n", EINVAL, "of mkdir"},
		{"no newline", EINVAL, "no newline"},
		{"ok\n", EINVAL, ""},
		{"", EINVAL, ""},
		{"\n", EINVAL, ""},
		{"of another\n", EACCES, ""},
		{"of another\n", EEXIST, ""},
	};
	static const char *const parents[] = {".", "g1"};
	const struct tree *tree = *state;
	char text[600], expected[600];

	for (size_t i = 0; i < COUNT(parents); i++) {
		struct rdtgrp *parent = tree_open(tree, parents[i]);

		for (size_t j = 0; j < COUNT(rows); j++) {
			tree_write(tree, "info/last_cmd_status", rows[j].text);
			fault_arm(CALL_MKDIRAT, 0, rows[j].error, false);
			assert_fails(rdtgrp_create(parent, RDTGRP_TYPE_MON, "a", NULL),
				     -rows[j].error);
			assert_true(fault_disarm());
			assert_string_equal(rdtgrp_error_kernel_text(), rows[j].kernel_text);
			if (*rows[j].kernel_text)
				assert_non_null(
					strstr(rdtgrp_error_message(), rows[j].kernel_text));
			assert_null(strchr(rdtgrp_error_message(), '\n'));
		}
		rdtgrp_unref(parent);
	}

	/* As much as the kernel can say. */
	memset(text, 't', 512);
	strcpy(text + 512, "[truncated]\n");
	snprintf(expected, sizeof(expected), "%.*s", (int)strlen(text) - 1, text);
	tree_write(tree, "info/last_cmd_status", text);
	for (size_t i = 0; i < COUNT(parents); i++) {
		struct rdtgrp *parent = tree_open(tree, parents[i]);

		fault_arm(CALL_MKDIRAT, 0, ENOSPC, false);
		assert_fails(rdtgrp_create(parent, RDTGRP_TYPE_MON, "a", NULL), -ENOSPC);
		assert_true(fault_disarm());
		assert_string_equal(rdtgrp_error_kernel_text(), expected);
		rdtgrp_unref(parent);
	}
}

/* A directory that does not become a group is taken away again. */
static void test_no_group(void **state)
{
	struct rdtgrp *top = tree_open(*state, "."), *group = NULL;

	hooks.after_mkdirat = NULL;
	assert_fails(rdtgrp_create(top, RDTGRP_TYPE_CTRL_MON, "new", &group), -EBADF);
	assert_null(group);
	assert_false(tree_exists(*state, "new"));
	rdtgrp_unref(top);
}

struct creating {
	struct rdtgrp *parent;
	enum rdtgrp_type type;
	struct rdtgrp *group;
};

static struct rdtgrp *const nothing = (struct rdtgrp *)(uintptr_t)&count_fds;

static int run_create(void *data)
{
	struct creating *creating = data;

	creating->group = nothing;
	return rdtgrp_create(creating->parent, creating->type, "new", &creating->group);
}

static void release_create(void *data)
{
	struct creating *creating = data;

	assert_int_equal(rdtgrp_remove(creating->group), 0);
	rdtgrp_unref(creating->group);
}

static bool create_untouched(const void *data)
{
	const struct creating *creating = data;

	return creating->group == nothing && !tree_exists(here, "new") &&
	       !tree_exists(here, "g1/mon_groups/new");
}

/* The record's words may do without the name, the advice and the kernel's text. */
static bool create_tolerates(enum call call, int error, int result, const void *data)
{
	(void)data;
	return result == 0 && error == EACCES && (is_opening(call) || call == CALL_STATX);
}

static int run_remove(void *data)
{
	struct creating *creating = data;

	return rdtgrp_remove(creating->group);
}

static void release_remove(void *data)
{
	struct creating *creating = data;

	rdtgrp_unref(creating->group);
	assert_int_equal(run_create(data), 0);
}

static bool remove_untouched(const void *data)
{
	return rdtgrp_is_live(((const struct creating *)data)->group) == 1;
}

static void test_fails(void **state)
{
	const struct operation create = {run_create, release_create, create_untouched,
					 create_tolerates};
	const struct operation removal = {run_remove, release_remove, remove_untouched, NULL};
	struct creating creatings[] = {
		{.parent = tree_open(*state, "."), .type = RDTGRP_TYPE_CTRL_MON},
		{.parent = tree_open(*state, "g1"), .type = RDTGRP_TYPE_MON},
	};

	for (size_t i = 0; i < COUNT(creatings); i++) {
		unsigned int hits[CALL_COUNT];

		fail_everything(&create, &creatings[i], hits);
		assert_true(hits[CALL_MEMORY] >= 3);
		assert_true(hits[CALL_MKDIRAT] > 0 && hits[CALL_SYSCALL] > 0);
		assert_true(hits[CALL_FSTATFS] > 0);

		assert_int_equal(run_create(&creatings[i]), 0);
		fail_everything(&removal, &creatings[i], hits);
		assert_true(hits[CALL_MEMORY] > 0 && hits[CALL_UNLINKAT] > 0);
		assert_true(hits[CALL_OPENAT] > 0 && hits[CALL_STATX] > 0);
		assert_true(hits[CALL_GETDENTS64] > 0);
		release_create(&creatings[i]);
		rdtgrp_unref(creatings[i].parent);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_create),	  T(test_refused), T(test_kernel_text),
		T(test_no_group), T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
