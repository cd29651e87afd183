/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>

#define DOMAIN "mon_L3_00"
#define EVENT "mbm_total_bytes"

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

/* The texts that the group g1 and its MON groups m1 and m2 show, and what is to come of them. */
struct row {
	const char *total;
	const char *m1;
	const char *m2;
	enum rdtgrp_status own_status;
	uint64_t own;
	enum rdtgrp_completeness completeness;
	uint64_t fraction;
	uint32_t decimals;
	int error;
};

static const struct row rows[] = {
	{"100\n", "10\n", "20\n", RDTGRP_STATUS_OK, 70, RDTGRP_COMPLETE, 0, 0, 0},
	{"18446744073709551615\n", "1\n", "0\n", RDTGRP_STATUS_OK, UINT64_MAX - 1, RDTGRP_COMPLETE,
	 0, 0, 0},
	/* Nothing is left: it may be idle, or not in the total at all. */
	{"30\n", "10\n", "20\n", RDTGRP_STATUS_OK, 0, RDTGRP_UNCERTAIN, 0, 0, 0},
	{"0\n", "0\n", "0\n", RDTGRP_STATUS_OK, 0, RDTGRP_UNCERTAIN, 0, 0, 0},
	{"5.500000\n", "1.250000\n", "2.500001\n", RDTGRP_STATUS_OK, 1, RDTGRP_COMPLETE, 749999, 6,
	 0},
	{"18446744073709551615.000000000000000000\n", "0.000000000000000001\n", "0.0\n",
	 RDTGRP_STATUS_OK, UINT64_MAX - 1, RDTGRP_COMPLETE, 999999999999999999, 18, 0},
	/* Members that the kernel left out. */
	{"100\n", "Unavailable\n", "20\n", RDTGRP_STATUS_OK, 80, RDTGRP_PARTIAL, 0, 0, 0},
	{"100\n", "Error\n", "Unassigned\n", RDTGRP_STATUS_OK, 100, RDTGRP_PARTIAL, 0, 0, 0},
	{"100\n", "garbage\n", "20\n", RDTGRP_STATUS_OK, 80, RDTGRP_PARTIAL, 0, 0, 0},
	/* No total, nothing to take apart. */
	{"Unavailable\n", "10\n", "20\n", RDTGRP_STATUS_UNAVAILABLE, 0, RDTGRP_PARTIAL, 0, 0, 0},
	{"Error\n", "Error\n", "Error\n", RDTGRP_STATUS_ERROR, 0, RDTGRP_PARTIAL, 0, 0, 0},
	{"\n", "10\n", "20\n", RDTGRP_STATUS_MALFORMED, 0, RDTGRP_PARTIAL, 0, 0, 0},
	/* Finer than the total. */
	{"5\n", "1.5\n", "0\n", RDTGRP_STATUS_FAILED, 0, RDTGRP_PARTIAL, 0, 0, -EOVERFLOW},
	/* More than the total, by one, and by more than 64 bits hold. */
	{"29\n", "10\n", "20\n", RDTGRP_STATUS_FAILED, 0, RDTGRP_UNCERTAIN, 0, 0, -EAGAIN},
	{"18446744073709551615\n", "18446744073709551615\n", "18446744073709551615\n",
	 RDTGRP_STATUS_FAILED, 0, RDTGRP_UNCERTAIN, 0, 0, -EAGAIN},
};

static void write_values(const struct tree *tree, const struct row *row)
{
	tree_write(tree, "g1/mon_data/" DOMAIN "/" EVENT, row->total);
	tree_write(tree, "g1/mon_groups/m1/mon_data/" DOMAIN "/" EVENT, row->m1);
	tree_write(tree, "g1/mon_groups/m2/mon_data/" DOMAIN "/" EVENT, row->m2);
}

static void test_arithmetic(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rdtgrp_breakdown *breakdown = NULL;
		const struct rdtgrp_value *own, *total;
		struct rdtgrp_value alone;

		write_values(*state, &rows[i]);
		assert_int_equal(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), 0);
		own = rdtgrp_breakdown_get_own(breakdown);
		total = rdtgrp_breakdown_get_total(breakdown);
		assert_int_equal(rdtgrp_read_value(group, DOMAIN, EVENT, &alone), 0);
		assert_int_equal(total->status, alone.status);
		assert_int_equal(total->integer, alone.integer);
		assert_int_equal(own->time_ns, total->time_ns);
		if (own->status != rows[i].own_status || own->integer != rows[i].own ||
		    own->fraction != rows[i].fraction || own->decimals != rows[i].decimals ||
		    own->error != rows[i].error ||
		    rdtgrp_breakdown_get_completeness(breakdown) != rows[i].completeness)
			fail_msg("row %zu: %s %llu.%llu/10^%u error %d completeness %d", i,
				 rdtgrp_status_name(own->status), (unsigned long long)own->integer,
				 (unsigned long long)own->fraction, own->decimals, own->error,
				 rdtgrp_breakdown_get_completeness(breakdown));
		rdtgrp_breakdown_unref(breakdown);
	}
	rdtgrp_unref(group);
}

static void test_children(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1");
	struct rdtgrp_breakdown *breakdown = NULL;

	write_values(*state, &rows[0]);
	assert_int_equal(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), 0);
	assert_int_equal(rdtgrp_breakdown_count_children(breakdown), 2);
	assert_string_equal(rdtgrp_breakdown_get_child_name(breakdown, 0), "m1");
	assert_string_equal(rdtgrp_breakdown_get_child_name(breakdown, 1), "m2");
	assert_int_equal(rdtgrp_breakdown_get_child(breakdown, 0)->integer, 10);
	assert_int_equal(rdtgrp_breakdown_get_child(breakdown, 1)->integer, 20);
	assert_null(rdtgrp_breakdown_get_child_name(breakdown, 2));
	assert_null(rdtgrp_breakdown_get_child(breakdown, SIZE_MAX));
	assert_ptr_equal(rdtgrp_breakdown_ref(breakdown), breakdown);
	assert_null(rdtgrp_breakdown_unref(breakdown));
	rdtgrp_breakdown_unrefp(&breakdown);
	assert_null(breakdown);
	assert_null(rdtgrp_breakdown_unref(NULL));
	rdtgrp_unref(group);
}

static void test_no_children(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_breakdown *breakdown = NULL;

	write_values(tree, &rows[0]);
	tree_remove(tree, "g1/mon_groups/m1");
	tree_remove(tree, "g1/mon_groups/m2");
	assert_int_equal(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), 0);
	assert_int_equal(rdtgrp_breakdown_count_children(breakdown), 0);
	assert_int_equal(rdtgrp_breakdown_get_own(breakdown)->integer, 100);
	assert_int_equal(rdtgrp_breakdown_get_completeness(breakdown), RDTGRP_COMPLETE);
	rdtgrp_breakdown_unref(breakdown);
	rdtgrp_unref(group);
}

static void test_refused(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1/mon_groups/m1");
	struct rdtgrp_breakdown *breakdown = NULL;

	assert_fails(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), -ENOTSUP);
	rdtgrp_unref(group);
	group = tree_open(tree, "g1");
	assert_fails(rdtgrp_breakdown_read(group, DOMAIN, "none", &breakdown), -ENOENT);
	assert_non_null(strstr(rdtgrp_error_message(), "none"));
	for (size_t i = 0; i < BAD_NAMES; i++) {
		assert_fails(rdtgrp_breakdown_read(group, DOMAIN, bad_events[i], &breakdown),
			     -EINVAL);
		assert_fails(rdtgrp_breakdown_read(group, bad_domains[i], EVENT, &breakdown),
			     -EINVAL);
	}
	assert_fails(rdtgrp_breakdown_read(group, DOMAIN, NULL, &breakdown), -EINVAL);
	assert_fails(rdtgrp_breakdown_read(group, NULL, EVENT, &breakdown), -EINVAL);

	/* A domain that is not there is a status, as with a single value. */
	assert_int_equal(rdtgrp_breakdown_read(group, "mon_L3_09", EVENT, &breakdown), 0);
	assert_int_equal(rdtgrp_breakdown_get_own(breakdown)->status, RDTGRP_STATUS_OFFLINE);
	assert_int_equal(rdtgrp_breakdown_get_own(breakdown)->error, -ENOENT);
	rdtgrp_breakdown_unrefp(&breakdown);

	tree_remove(tree, "g1/mon_groups");
	assert_fails(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), -ENODATA);
	tree_remove(tree, "g1");
	assert_fails(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), -ENOENT);
	assert_null(breakdown);
	rdtgrp_unref(group);
}

/* A MON group that goes while they are read one after the other. */
static void test_changing(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_breakdown *breakdown = NULL;

	write_values(tree, &rows[0]);
	/* One child's directory cannot be opened once: it went, so that all starts afresh. The calls are:
	 * listing, the total, then the first child. */
	fault_arm(CALL_SYSCALL, 2, ENOENT, false);
	assert_int_equal(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), 0);
	assert_true(fault_disarm());
	assert_int_equal(rdtgrp_breakdown_count_children(breakdown), 2);
	assert_int_equal(rdtgrp_breakdown_get_own(breakdown)->integer, 70);
	rdtgrp_breakdown_unrefp(&breakdown);
	rdtgrp_unref(group);
}

static struct {
	const struct tree *tree;
	unsigned int calls;
	unsigned int changes;
} changing;

/* One more MON group each time, so many times. */
static void add_group(void)
{
	char path[64];

	changing.calls++;
	if (!changing.changes)
		return;
	changing.changes--;
	snprintf(path, sizeof(path), "g1/mon_groups/n%u", changing.calls);
	tree_make_group(changing.tree, path, RDTGRP_TYPE_MON);
}

static void test_added(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1");
	struct rdtgrp_breakdown *breakdown = NULL;

	write_values(*state, &rows[0]);
	changing.tree = *state;
	changing.calls = 0;
	changing.changes = 1;
	hooks.before_pread = add_group;
	assert_int_equal(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), 0);
	assert_int_equal(rdtgrp_breakdown_count_children(breakdown), 3);
	rdtgrp_breakdown_unrefp(&breakdown);

	/* It does not go on for ever. */
	changing.changes = UINT32_MAX;
	assert_fails(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), -EAGAIN);
	hooks.before_pread = NULL;
	assert_null(breakdown);
	rdtgrp_unref(group);
}

/* The MON groups come to more than the total, until the fifth read. */
static void settle(void)
{
	if (++changing.calls == 5)
		tree_write(changing.tree, "g1/mon_data/" DOMAIN "/" EVENT, "1000\n");
}

static void test_below_zero(void **state)
{
	static const struct row row = {.total = "10\n", .m1 = "20\n", .m2 = "30\n"};
	struct rdtgrp *group = tree_open(*state, "g1");
	struct rdtgrp_breakdown *breakdown = NULL;

	write_values(*state, &row);
	changing.tree = *state;
	changing.calls = 0;
	hooks.before_pread = settle;
	assert_int_equal(rdtgrp_breakdown_read(group, DOMAIN, EVENT, &breakdown), 0);
	hooks.before_pread = NULL;
	assert_int_equal(rdtgrp_breakdown_get_own(breakdown)->status, RDTGRP_STATUS_OK);
	assert_int_equal(rdtgrp_breakdown_get_own(breakdown)->integer, 950);
	rdtgrp_breakdown_unref(breakdown);
	rdtgrp_unref(group);
}

struct reading {
	struct rdtgrp *group;
	struct rdtgrp_breakdown *breakdown;
};

static struct rdtgrp_breakdown *const nothing = (struct rdtgrp_breakdown *)(uintptr_t)&count_fds;

static int run_read(void *data)
{
	struct reading *reading = data;

	reading->breakdown = nothing;
	return rdtgrp_breakdown_read(reading->group, DOMAIN, EVENT, &reading->breakdown);
}

static void release(void *data)
{
	rdtgrp_breakdown_unref(((struct reading *)data)->breakdown);
}

static bool is_untouched(const void *data)
{
	return ((const struct reading *)data)->breakdown == nothing;
}

/* What one value cannot be read for is told by it, and by the completeness. */
static bool tolerates(enum call call, int error, int result, const void *data)
{
	const struct rdtgrp_breakdown *breakdown = ((const struct reading *)data)->breakdown;

	if (result < 0 || call == CALL_MEMORY)
		return false;
	/* The total before the children is a measure only; without it less can be said. */
	if (rdtgrp_breakdown_get_completeness(breakdown) != RDTGRP_COMPLETE)
		return true;
	if (rdtgrp_breakdown_get_total(breakdown)->error == -error)
		return true;
	return call == CALL_FSTAT;
}

static void test_fails(void **state)
{
	const struct operation operation = {run_read, release, is_untouched, tolerates};
	struct reading reading = {.group = tree_open(*state, "g1")};
	unsigned int hits[CALL_COUNT];

	write_values(*state, &rows[0]);
	fail_everything(&operation, &reading, hits);
	assert_true(hits[CALL_MEMORY] >= 6);
	assert_true(hits[CALL_PREAD] >= 4);
	assert_true(hits[CALL_SYSCALL] >= 6);
	assert_true(hits[CALL_GETDENTS64] >= 4);
	rdtgrp_unref(reading.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_arithmetic), T(test_children), T(test_no_children), T(test_refused),
		T(test_changing),   T(test_added),    T(test_below_zero),  T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
