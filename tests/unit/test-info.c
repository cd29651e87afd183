/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

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

static struct rdtgrp_info *read_info(const struct tree *tree)
{
	struct rdtgrp *group = tree_open(tree, ".");
	struct rdtgrp_info *info = NULL;

	if (rdtgrp_info_read(group, &info) < 0)
		fail_msg("%s", rdtgrp_error_message());
	rdtgrp_unref(group);
	return info;
}

static void test_read(void **state)
{
	static const struct {
		const char *path;
		const char *text;
	} expected[] = {
		{"L3/cbm_mask", "fff"},
		{"L3/num_closids", "16"},
		{"L3_MON/event_configs/mbm_total_bytes/other", ""},
		{"L3_MON/mon_features", "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes"},
		{"L3_MON/num_rmids", "64"},
		{"MB/no_newline", "a"},
		{"MB/only_newline", ""},
		{"MB/two_newlines", "a\n"},
	};
	const struct tree *tree = *state;
	struct rdtgrp_info *info;

	tree_write(tree, "info/MB/no_newline", "a");
	tree_write(tree, "info/MB/only_newline", "\n");
	tree_write(tree, "info/MB/two_newlines", "a\n\n");
	tree_write(tree, "info/L3_MON/event_configs/mbm_total_bytes/other", "");
	/* Their reading would clear last_cmd_status. */
	tree_write(tree, "info/L3_MON/event_configs/mbm_total_bytes/event_filter", "x\n");
	tree_write(tree, "info/L3_MON/available_mbm_cntrs", "x\n");
	tree_write(tree, "info/L3_MON/mbm_assign_on_mkdir", "x\n");
	tree_write(tree, "info/L3/io_alloc_cbm", "x\n");
	tree_mkdir(tree, "info/EMPTY");

	info = read_info(tree);
	assert_int_equal(rdtgrp_info_count(info), COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_string_equal(rdtgrp_info_get_path(info, i), expected[i].path);
		assert_string_equal(rdtgrp_info_get_text(info, i), expected[i].text);
		assert_int_equal(rdtgrp_info_get_error(info, i), 0);
		assert_ptr_equal(rdtgrp_info_find(info, expected[i].path),
				 rdtgrp_info_get_text(info, i));
	}
	assert_null(rdtgrp_info_get_path(info, COUNT(expected)));
	assert_null(rdtgrp_info_get_text(info, SIZE_MAX));
	assert_int_equal(rdtgrp_info_get_error(info, COUNT(expected)), -EINVAL);
	assert_null(rdtgrp_info_find(info, "last_cmd_status"));
	assert_null(rdtgrp_info_find(info, "L3"));
	assert_null(rdtgrp_info_find(info, ""));

	assert_ptr_equal(rdtgrp_info_ref(info), info);
	assert_null(rdtgrp_info_unref(info));
	rdtgrp_info_unrefp(&info);
	assert_null(info);
	assert_null(rdtgrp_info_unref(NULL));
}

/* Files that cannot be read stand in the list with the reason. */
static void test_bad_files(void **state)
{
	static const struct {
		const char *path;
		int error;
		size_t length;
	} expected[] = {
		{"X/big", 0, 65536},	{"X/fifo", -EINVAL, 0},	  {"X/link", -EINVAL, 0},
		{"X/nul", -EBADMSG, 0}, {"X/too_big", -EFBIG, 0},
	};
	const struct tree *tree = *state;
	const size_t size = 65536;
	char *big = malloc(size + 1);
	struct rdtgrp_info *info;

	assert_non_null(big);
	memset(big, 'b', size + 1);
	tree_remove(tree, "info");
	tree_write_bytes(tree, "info/X/big", big, size);
	tree_write_bytes(tree, "info/X/too_big", big, size + 1);
	tree_write_bytes(tree, "info/X/nul", "a\0b\n", 4);
	assert_int_equal(symlinkat("big", tree->fd, "info/X/link"), 0);
	assert_int_equal(mkfifoat(tree->fd, "info/X/fifo", 0644), 0);

	info = read_info(tree);
	assert_int_equal(rdtgrp_info_count(info), COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const char *text = rdtgrp_info_get_text(info, i);

		assert_string_equal(rdtgrp_info_get_path(info, i), expected[i].path);
		assert_int_equal(rdtgrp_info_get_error(info, i), expected[i].error);
		assert_int_equal(text != NULL, expected[i].error == 0);
		if (text)
			assert_int_equal(strlen(text), expected[i].length);
	}
	assert_null(rdtgrp_info_find(info, "X/nul"));
	rdtgrp_info_unref(info);
	free(big);
}

/* Deeper than a path can be long: where it ends is told. */
static void test_deep(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp_info *info;
	char name[201];
	unsigned int depth = 0;
	bool told = false;
	int fd;

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fd = openat(tree->fd, "info", O_PATH);
	while (depth++ < 30) {
		int below;

		assert_int_equal(mkdirat(fd, name, 0755), 0);
		below = openat(fd, name, O_PATH);
		close(fd);
		fd = below;
	}
	close(fd);
	info = read_info(tree);
	for (size_t i = 0; i < rdtgrp_info_count(info); i++)
		told = told || rdtgrp_info_get_error(info, i) == -ENAMETOOLONG;
	assert_true(told);
	assert_string_equal(rdtgrp_info_find(info, "L3/num_closids"), "16");
	rdtgrp_info_unref(info);
}

static void test_refused(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_info *info = NULL;

	assert_fails(rdtgrp_info_read(group, &info), -EINVAL);
	assert_non_null(strstr(rdtgrp_error_object(), "g1"));
	rdtgrp_unref(group);
	group = tree_open(tree, "g1/mon_groups/m1");
	assert_fails(rdtgrp_info_read(group, &info), -EINVAL);
	rdtgrp_unref(group);

	group = tree_open(tree, ".");
	tree_remove(tree, "info");
	assert_fails(rdtgrp_info_read(group, &info), -ENOENT);
	assert_non_null(strstr(rdtgrp_error_object(), "info"));
	rdtgrp_unref(group);
	assert_null(info);
}

struct reading {
	struct rdtgrp *group;
	struct rdtgrp_info *info;
};

static struct rdtgrp_info *const nothing = (struct rdtgrp_info *)(uintptr_t)&count_fds;

static int run_read(void *data)
{
	struct reading *reading = data;

	reading->info = nothing;
	return rdtgrp_info_read(reading->group, &reading->info);
}

static void release(void *data)
{
	rdtgrp_info_unref(((struct reading *)data)->info);
}

static bool is_untouched(const void *data)
{
	return ((const struct reading *)data)->info == nothing;
}

/* What one file or directory fails with is that one's error. */
static bool tolerates(enum call call, int error, int result, const void *data)
{
	const struct rdtgrp_info *info = ((const struct reading *)data)->info;

	if (result < 0)
		return false;
	if (call == CALL_READLINK)
		return true;
	for (size_t i = 0; i < rdtgrp_info_count(info); i++)
		if (rdtgrp_info_get_error(info, i) == -error)
			return error != ENOMEM && error != EMFILE;
	return false;
}

static void test_fails(void **state)
{
	const struct operation operation = {run_read, release, is_untouched, tolerates};
	struct reading reading = {.group = tree_open(*state, ".")};
	unsigned int hits[CALL_COUNT];

	fail_everything(&operation, &reading, hits);
	assert_true(hits[CALL_MEMORY] >= 10);
	assert_true(hits[CALL_SYSCALL] >= 8);
	assert_true(hits[CALL_READ] >= 8);
	assert_true(hits[CALL_GETDENTS64] >= 4);
	rdtgrp_unref(reading.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_read), T(test_bad_files), T(test_deep), T(test_refused), T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
