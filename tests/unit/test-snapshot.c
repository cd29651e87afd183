/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value, and all values of a group. */
#include "support.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

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

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void read_value(const struct rdtgrp *group, const char *domain, const char *event,
		       struct rdtgrp_value *value)
{
	uint64_t before = now_ns();

	memset(value, 0xaa, sizeof(*value));
	if (rdtgrp_read_value(group, domain, event, value) < 0)
		fail_msg("%s", rdtgrp_error_message());
	assert_true(value->time_ns >= before && value->time_ns <= now_ns());
	assert_int_equal(value->epoch, 0);
	if (value->status != RDTGRP_STATUS_OK) {
		assert_int_equal(value->integer, 0);
		assert_int_equal(value->fraction, 0);
		assert_int_equal(value->decimals, 0);
	}
}

static void test_value(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_value value;
	struct stat st;

	read_value(group, "mon_L3_00", "llc_occupancy", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_OK);
	assert_int_equal(value.integer, 1000);
	assert_int_equal(value.error, 0);
	assert_int_equal(fstatat(tree->fd, "g1/mon_data/mon_L3_00/llc_occupancy", &st, 0), 0);
	assert_int_equal(value.file_inode, st.st_ino);

	read_value(group, "mon_L3_00", "mbm_total_bytes", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_UNAVAILABLE);
	read_value(group, "mon_L3_00", "mbm_local_bytes", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_ERROR);
	read_value(group, "mon_L3_01", "mbm_local_bytes", &value);
	assert_true(value.integer == UINT64_MAX);

	tree_write(tree, "g1/mon_data/mon_PERF_PKG_00/core_energy", "12.000001\n");
	read_value(group, "mon_PERF_PKG_00", "core_energy", &value);
	assert_int_equal(value.integer, 12);
	assert_int_equal(value.fraction, 1);
	assert_int_equal(value.decimals, 6);
	tree_write(tree, "g1/mon_data/mon_L3_00/mon_sub_L3_01/mbm_total_bytes", "7\n");
	read_value(group, "mon_L3_00/mon_sub_L3_01", "mbm_total_bytes", &value);
	assert_int_equal(value.integer, 7);
	rdtgrp_unref(group);
}

/* What is no value never becomes one, however long it is. */
static void test_malformed(void **state)
{
	static const char path[] = "g1/mon_data/mon_L3_00/llc_occupancy";
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	const size_t size = 1 << 20;
	char *text = malloc(size);
	struct rdtgrp_value value;

	assert_non_null(text);
	memset(text, '9', size);
	tree_write_bytes(tree, path, text, size);
	read_value(group, "mon_L3_00", "llc_occupancy", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_MALFORMED);

	/* A newline just where a bounded read ends must not make a value of the beginning. */
	memset(text, '0', size);
	for (size_t i = 8; i < 200; i++) {
		text[i] = '\n';
		tree_write_bytes(tree, path, text, size);
		read_value(group, "mon_L3_00", "llc_occupancy", &value);
		assert_int_equal(value.status, RDTGRP_STATUS_MALFORMED);
		text[i] = '0';
	}
	tree_write(tree, path, "");
	read_value(group, "mon_L3_00", "llc_occupancy", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_MALFORMED);
	free(text);
	rdtgrp_unref(group);
}

static void test_missing(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_value value = {.integer = 42};

	assert_fails(rdtgrp_read_value(group, "mon_L3_00", "none", &value), -ENOENT);
	assert_non_null(strstr(rdtgrp_error_object(), "mon_L3_00/none"));
	for (size_t i = 0; i < BAD_NAMES; i++) {
		assert_fails(rdtgrp_read_value(group, "mon_L3_00", bad_events[i], &value), -EINVAL);
		assert_fails(rdtgrp_read_value(group, bad_domains[i], "llc_occupancy", &value),
			     -EINVAL);
	}
	assert_fails(rdtgrp_read_value(group, NULL, "llc_occupancy", &value), -EINVAL);
	assert_fails(rdtgrp_read_value(group, "mon_L3_00", NULL, &value), -EINVAL);
	assert_int_equal(value.integer, 42);

	read_value(group, "mon_L3_07", "llc_occupancy", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_OFFLINE);
	assert_int_equal(value.error, -ENOENT);
	read_value(group, "mon_L3_00/mon_sub_L3_00", "llc_occupancy", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_OFFLINE);

	tree_remove(tree, "g1");
	read_value(group, "mon_L3_00", "llc_occupancy", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_GONE);
	assert_int_equal(value.error, -ENOENT);
	tree_make_group(tree, "g1", RDTGRP_TYPE_CTRL_MON);
	read_value(group, "mon_L3_00", "llc_occupancy", &value);
	assert_int_equal(value.status, RDTGRP_STATUS_GONE);
	rdtgrp_unref(group);
}

static void test_names(void **state)
{
	static const struct {
		const char *domain;
		const char *event;
	} rows[] = {
		{"", "llc_occupancy"},
		{".", "llc_occupancy"},
		{"..", "llc_occupancy"},
		{"/mon_L3_00", "llc_occupancy"},
		{"mon_L3_00/", "llc_occupancy"},
		{"mon_L3_00//x", "llc_occupancy"},
		{"mon_L3_00/..", "llc_occupancy"},
		{"../mon_data/mon_L3_00", "llc_occupancy"},
		{"mon_L3_00", ""},
		{"mon_L3_00", "."},
		{"mon_L3_00", ".."},
		{"mon_L3_00", "a/b"},
		{"mon_L3_00", "/"},
	};
	struct rdtgrp *group = tree_open(*state, "g1");
	struct rdtgrp_value value = {.integer = 42};
	char name[5000];

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_fails(rdtgrp_read_value(group, rows[i].domain, rows[i].event, &value),
			     -EINVAL);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_fails(rdtgrp_read_value(group, name, "e", &value), -EINVAL);
	assert_fails(rdtgrp_read_value(group, "mon_L3_00", name, &value), -EINVAL);
	assert_int_equal(value.integer, 42);
	rdtgrp_unref(group);
}

/* What a file fails with is that value's status; ENODEV is a dead file. */
static void test_errno(void **state)
{
	static const struct {
		enum call call;
		int error;
		enum rdtgrp_status status;
	} rows[] = {
		{CALL_SYSCALL, EACCES, RDTGRP_STATUS_DENIED},
		{CALL_SYSCALL, EIO, RDTGRP_STATUS_FAILED},
		{CALL_SYSCALL, EMFILE, RDTGRP_STATUS_FAILED},
		{CALL_SYSCALL, ENODEV, RDTGRP_STATUS_OFFLINE},
		{CALL_PREAD, ENODEV, RDTGRP_STATUS_OFFLINE},
		{CALL_PREAD, ENOENT, RDTGRP_STATUS_OFFLINE},
		{CALL_PREAD, EIO, RDTGRP_STATUS_FAILED},
		{CALL_PREAD, EACCES, RDTGRP_STATUS_DENIED},
	};
	struct rdtgrp *group = tree_open(*state, "g1");
	struct rdtgrp_value value;

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned int fds = count_fds();

		fault_arm(rows[i].call, 0, rows[i].error, false);
		read_value(group, "mon_L3_00", "llc_occupancy", &value);
		assert_true(fault_disarm());
		assert_int_equal(value.status, rows[i].status);
		assert_int_equal(value.error, -rows[i].error);
		assert_int_equal(count_fds(), fds);
	}
	/* The loss of the inode number is no loss of the value. */
	fault_arm(CALL_FSTAT, has_openat2() ? 0 : 2, EIO, false);
	read_value(group, "mon_L3_00", "llc_occupancy", &value);
	assert_true(fault_disarm());
	assert_int_equal(value.status, RDTGRP_STATUS_OK);
	assert_int_equal(value.file_inode, 0);
	rdtgrp_unref(group);
}

static void test_snapshot(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1/mon_groups/m1");
	struct rdtgrp_snapshot *snapshot = NULL;
	struct rdtgrp_layout *layout;

	assert_int_equal(rdtgrp_snapshot_read(group, NULL, &snapshot), 0);
	layout = rdtgrp_layout_ref(rdtgrp_snapshot_get_layout(snapshot));
	assert_int_equal(rdtgrp_layout_count_domains(layout), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, i);

		assert_int_equal(rdtgrp_domain_count_events(domain), 3);
		for (size_t j = 0; j < 3; j++) {
			const struct rdtgrp_value *value =
				rdtgrp_snapshot_get_value(snapshot, i, j);
			struct rdtgrp_value alone;

			read_value(group, rdtgrp_domain_get_path(domain),
				   rdtgrp_domain_get_event(domain, j), &alone);
			assert_int_equal(value->status, alone.status);
			assert_int_equal(value->integer, alone.integer);
			assert_int_equal(value->file_inode, alone.file_inode);
			assert_true(value->time_ns > 0 && value->time_ns < alone.time_ns);
		}
		assert_null(rdtgrp_snapshot_get_value(snapshot, i, 3));
		assert_null(rdtgrp_snapshot_get_value(snapshot, i, SIZE_MAX));
	}
	assert_null(rdtgrp_snapshot_get_value(snapshot, 2, 0));
	assert_null(rdtgrp_snapshot_get_value(snapshot, SIZE_MAX, 0));
	assert_ptr_equal(rdtgrp_snapshot_ref(snapshot), snapshot);
	assert_null(rdtgrp_snapshot_unref(snapshot));
	rdtgrp_snapshot_unrefp(&snapshot);
	assert_null(snapshot);
	assert_null(rdtgrp_snapshot_unref(NULL));

	/* By the old layout: a domain and an event have gone since, and another event is new. */
	tree_remove(tree, "g1/mon_groups/m1/mon_data/mon_L3_00");
	tree_remove(tree, "g1/mon_groups/m1/mon_data/mon_L3_01/llc_occupancy");
	tree_write(tree, "g1/mon_groups/m1/mon_data/mon_L3_01/a_new_one", "1\n");
	assert_int_equal(rdtgrp_snapshot_read(group, layout, &snapshot), 0);
	assert_ptr_equal(rdtgrp_snapshot_get_layout(snapshot), layout);
	assert_int_equal(rdtgrp_snapshot_get_value(snapshot, 0, 0)->status, RDTGRP_STATUS_OFFLINE);
	assert_int_equal(rdtgrp_snapshot_get_value(snapshot, 1, 0)->status, RDTGRP_STATUS_FAILED);
	assert_int_equal(rdtgrp_snapshot_get_value(snapshot, 1, 0)->error, -ENOENT);
	assert_int_equal(rdtgrp_snapshot_get_value(snapshot, 1, 2)->status, RDTGRP_STATUS_OK);
	rdtgrp_snapshot_unrefp(&snapshot);

	/* The group has gone: each value says so. */
	tree_remove(tree, "g1/mon_groups/m1");
	assert_int_equal(rdtgrp_snapshot_read(group, layout, &snapshot), 0);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(rdtgrp_snapshot_get_value(snapshot, i / 3, i % 3)->status,
				 RDTGRP_STATUS_GONE);
	rdtgrp_snapshot_unrefp(&snapshot);
	assert_fails(rdtgrp_snapshot_read(group, NULL, &snapshot), -ENOENT);
	assert_null(snapshot);
	rdtgrp_layout_unref(layout);
	rdtgrp_unref(group);
}

static void test_no_domains(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_snapshot *snapshot = NULL;

	tree_remove(tree, "g1/mon_data");
	assert_fails(rdtgrp_snapshot_read(group, NULL, &snapshot), -ENODATA);
	tree_mkdir(tree, "g1/mon_data/mon_L3_00");
	assert_int_equal(rdtgrp_snapshot_read(group, NULL, &snapshot), 0);
	assert_null(rdtgrp_snapshot_get_value(snapshot, 0, 0));
	rdtgrp_snapshot_unref(snapshot);
	rdtgrp_unref(group);
}

struct reading {
	struct rdtgrp *group;
	struct rdtgrp_snapshot *snapshot;
};

static struct rdtgrp_snapshot *const nothing = (struct rdtgrp_snapshot *)(uintptr_t)&count_fds;

static int run_read(void *data)
{
	struct reading *reading = data;

	reading->snapshot = nothing;
	return rdtgrp_snapshot_read(reading->group, NULL, &reading->snapshot);
}

static void release(void *data)
{
	rdtgrp_snapshot_unref(((struct reading *)data)->snapshot);
}

static bool is_untouched(const void *data)
{
	return ((const struct reading *)data)->snapshot == nothing;
}

/* A failure with one value is told by that value, one with a domain by that domain. */
static bool tolerates(enum call call, int error, int result, const void *data)
{
	const struct rdtgrp_snapshot *snapshot = ((const struct reading *)data)->snapshot;
	const struct rdtgrp_layout *layout;

	if (result < 0)
		return false;
	layout = rdtgrp_snapshot_get_layout(snapshot);
	for (size_t i = 0; i < rdtgrp_layout_count_domains(layout); i++) {
		const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, i);

		if (rdtgrp_domain_get_error(domain) == -error)
			return true;
		for (size_t j = 0; j < rdtgrp_domain_count_events(domain); j++) {
			const struct rdtgrp_value *value =
				rdtgrp_snapshot_get_value(snapshot, i, j);

			if (value->error == -error && value->status != RDTGRP_STATUS_OK)
				return true;
			if (call == CALL_FSTAT && value->file_inode == 0)
				return true;
		}
	}
	return false;
}

static void test_fails(void **state)
{
	const struct operation operation = {run_read, release, is_untouched, tolerates};
	struct reading reading = {.group = tree_open(*state, "g1")};
	unsigned int hits[CALL_COUNT];

	fail_everything(&operation, &reading, hits);
	assert_true(hits[CALL_MEMORY] >= 10);
	assert_true(hits[CALL_PREAD] >= 6);
	assert_true(hits[CALL_SYSCALL] >= 9);
	rdtgrp_unref(reading.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_value), T(test_malformed), T(test_missing),    T(test_names),
		T(test_errno), T(test_snapshot),  T(test_no_domains), T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
