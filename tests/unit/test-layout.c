/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>
#include <sys/stat.h>

#include "layout.h"

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

static void test_names(void **state)
{
	static const struct {
		const char *name;
		const char *resource;
		bool has_id;
		uint64_t id;
	} rows[] = {
		{"mon_L3_00", "L3", true, 0},
		{"mon_L3_7", "L3", true, 7},
		{"mon_L3_1048564", "L3", true, 1048564},
		{"mon_L3_18446744073709551615", "L3", true, UINT64_MAX},
		{"mon_L3_00000000000000000000000000042", "L3", true, 42},
		{"mon_sub_L3_01", "L3", true, 1},
		{"mon_PERF_PKG_00", "PERF_PKG", true, 0},
		{"mon_sub_PERF_PKG_12", "PERF_PKG", true, 12},
		{"mon_A_1_2", "A_1", true, 2},
		{"mon_sub_3", "sub", true, 3},
		{"mon_x_3", "x", true, 3},

		{"mon_L3_18446744073709551616", NULL, false, 0},
		{"mon_L3_99999999999999999999", NULL, false, 0},
		{"mon_L3_", NULL, false, 0},
		{"mon_L3", NULL, false, 0},
		{"mon_3", NULL, false, 0},
		{"mon__3", NULL, false, 0},
		{"mon_sub__3", "sub_", true, 3},
		{"mon_", NULL, false, 0},
		{"mon", NULL, false, 0},
		{"", NULL, false, 0},
		{"_", NULL, false, 0},
		{"_00", NULL, false, 0},
		{"mon_L3_0x1", NULL, false, 0},
		{"mon_L3_+1", NULL, false, 0},
		{"mon_L3_-1", NULL, false, 0},
		{"mon_L3_ 1", NULL, false, 0},
		{"mon_L3_1 ", NULL, false, 0},
		{"mon_L3_1\n", NULL, false, 0},
		{"Mon_L3_00", NULL, false, 0},
		{"L3_00", NULL, false, 0},
		{"xmon_L3_00", NULL, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *resource = rows[i].resource ? rows[i].resource : rows[i].name;
		struct rg_domain_name name;

		memset(&name, 0xaa, sizeof(name));
		rg_domain_name_parse(rows[i].name, &name);
		if (name.has_id != rows[i].has_id || name.resource_length != strlen(resource) ||
		    memcmp(name.resource, resource, strlen(resource)) != 0 ||
		    (name.has_id && name.id != rows[i].id))
			fail_msg("%s: \"%.*s\" %d %llu", rows[i].name, (int)name.resource_length,
				 name.resource, name.has_id, (unsigned long long)name.id);
	}
}

struct expected {
	const char *path;
	const char *resource;
	bool has_id;
	uint64_t id;
	const char *parent;
	const char *events[4];
};

static void assert_layout(const struct tree *tree, const struct expected *expected, size_t count)
{
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_layout *layout = NULL;

	assert_int_equal(rdtgrp_layout_read(group, &layout), 0);
	rdtgrp_unref(group);
	assert_int_equal(rdtgrp_layout_count_domains(layout), count);
	for (size_t i = 0; i < count; i++) {
		const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, i);
		const struct rdtgrp_domain *parent = rdtgrp_domain_get_parent(domain);
		uint64_t id = 42;
		size_t events = 0;

		assert_string_equal(rdtgrp_domain_get_path(domain), expected[i].path);
		assert_string_equal(rdtgrp_domain_get_resource(domain), expected[i].resource);
		assert_int_equal(rdtgrp_domain_get_id(domain, &id), expected[i].has_id);
		assert_int_equal(id, expected[i].has_id ? expected[i].id : 42);
		assert_int_equal(parent != NULL, expected[i].parent != NULL);
		if (parent)
			assert_string_equal(rdtgrp_domain_get_path(parent), expected[i].parent);
		for (; events < 4 && expected[i].events[events]; events++)
			assert_string_equal(rdtgrp_domain_get_event(domain, events),
					    expected[i].events[events]);
		assert_int_equal(rdtgrp_domain_count_events(domain), events);
		assert_null(rdtgrp_domain_get_event(domain, events));
		assert_ptr_equal(rdtgrp_layout_find_domain(layout, expected[i].path), domain);
	}
	assert_null(rdtgrp_layout_get_domain(layout, count));
	assert_null(rdtgrp_layout_get_domain(layout, SIZE_MAX));
	assert_null(rdtgrp_layout_find_domain(layout, ""));
	assert_null(rdtgrp_layout_find_domain(layout, "none"));

	assert_ptr_equal(rdtgrp_layout_ref(layout), layout);
	assert_null(rdtgrp_layout_unref(layout));
	rdtgrp_layout_unrefp(&layout);
	assert_null(layout);
	assert_null(rdtgrp_layout_unref(NULL));
}

#define L3_EVENTS                                                                                  \
	{                                                                                          \
		"llc_occupancy", "mbm_local_bytes", "mbm_total_bytes"                              \
	}

static void test_intel(void **state)
{
	static const struct expected expected[] = {
		{"mon_L3_00", "L3", true, 0, NULL, L3_EVENTS},
		{"mon_L3_01", "L3", true, 1, NULL, L3_EVENTS},
	};

	assert_layout(*state, expected, COUNT(expected));
}

/* Sub-NUMA clusters, energy, an Arm id, and what nobody knows yet. */
static void test_other(void **state)
{
	static const struct expected expected[] = {
		{"mon_L3_00", "L3", true, 0, NULL, L3_EVENTS},
		{"L3", "L3", false, 0, NULL, {"e"}},
		{"mon_L33_0", "L33", true, 0, NULL, {"e"}},
		{"mon_L3_00/mon_sub_L3_00", "L3", true, 0, "mon_L3_00", {"mbm_total_bytes"}},
		{"mon_L3_00/mon_sub_L3_01", "L3", true, 1, "mon_L3_00", {"mbm_total_bytes"}},
		{"mon_L3_00/mon_sub_L3_10", "L3", true, 10, "mon_L3_00", {"mbm_total_bytes"}},
		{"mon_L3_01", "L3", true, 1, NULL, L3_EVENTS},
		{"mon_L3_9", "L3", true, 9, NULL, {"e"}},
		{"mon_L3_10", "L3", true, 10, NULL, {"e"}},
		{"mon_L3_1048564", "L3", true, 1048564, NULL, {"e"}},
		{"mon_L3_18446744073709551615", "L3", true, UINT64_MAX, NULL, {"e"}},
		{"mon_L3_18446744073709551616",
		 "mon_L3_18446744073709551616",
		 false,
		 0,
		 NULL,
		 {"e"}},
		{"mon_PERF_PKG_00", "PERF_PKG", true, 0, NULL, {"activity", "core_energy"}},
		{"new\nname", "new\nname", false, 0, NULL, {"a\nb", "c"}},
		{"mon_empty_3", "empty", true, 3, NULL, {NULL}},
	};
	/* Sorted by resource: "L3", "L33", "PERF_PKG", "empty", "mon_L3_18446…", "new\nname". */
	static const size_t order[] = {0, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 12, 14, 11, 13};
	const struct tree *tree = *state;
	struct expected sorted[COUNT(expected)];

	for (size_t i = 0; i < COUNT(expected); i++) {
		char path[256];

		sorted[i] = expected[order[i]];
		snprintf(path, sizeof(path), "g1/mon_data/%s", expected[i].path);
		tree_mkdir(tree, path);
		for (size_t j = 0; j < 4 && expected[i].events[j]; j++) {
			snprintf(path, sizeof(path), "g1/mon_data/%s/%s", expected[i].path,
				 expected[i].events[j]);
			tree_write(tree, path, "0\n");
		}
	}
	/* What is no file and no directory is no domain and no event. */
	assert_int_equal(symlinkat("mon_L3_00", tree->fd, "g1/mon_data/mon_L3_77"), 0);
	assert_int_equal(mkfifoat(tree->fd, "g1/mon_data/mon_L3_00/fifo", 0644), 0);
	tree_write(tree, "g1/mon_data/file", "");
	assert_layout(tree, sorted, COUNT(sorted));
}

/* A tree that is no resctrl may be as deep as it likes. */
static void test_deep(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_layout *layout;
	char path[2048] = "g1/mon_data/mon_L3_00";

	while (strlen(path) < sizeof(path) - 8)
		strcat(path, "/d");
	tree_mkdir(tree, path);
	assert_int_equal(rdtgrp_layout_read(group, &layout), 0);
	/* mon_L3_00 with three levels in it, and mon_L3_01. */
	assert_int_equal(rdtgrp_layout_count_domains(layout), 5);
	rdtgrp_layout_unref(layout);
	rdtgrp_unref(group);
}

static void test_many(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1");
	struct rdtgrp_layout *layout;
	char path[300];

	for (unsigned int i = 0; i < 300; i++) {
		/* One directory with all lengths of names, one with many of them. */
		int n = snprintf(path, sizeof(path), "g1/mon_data/mon_L3_%u/", i);

		memset(path + n, 'e', 1 + i % 240);
		path[(unsigned int)n + 1 + i % 240] = '\0';
		tree_write(tree, path, "0\n");
	}
	assert_int_equal(rdtgrp_layout_read(group, &layout), 0);
	/* mon_L3_00 and mon_L3_01 have the ids of mon_L3_0 and mon_L3_1. */
	assert_int_equal(rdtgrp_layout_count_domains(layout), 302);
	for (size_t i = 1; i < 302; i++) {
		uint64_t a, b;

		assert_true(rdtgrp_domain_get_id(rdtgrp_layout_get_domain(layout, i - 1), &a));
		assert_true(rdtgrp_domain_get_id(rdtgrp_layout_get_domain(layout, i), &b));
		assert_true(a <= b);
	}
	rdtgrp_layout_unref(layout);
	rdtgrp_unref(group);
}

static void test_refused(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1/mon_groups/m1");
	struct rdtgrp_layout *layout = NULL;

	tree_remove(tree, "g1/mon_groups/m1/mon_data");
	tree_mkdir(tree, "g1/mon_groups/m1/mon_data");
	assert_int_equal(rdtgrp_layout_read(group, &layout), 0);
	assert_int_equal(rdtgrp_layout_count_domains(layout), 0);
	rdtgrp_layout_unrefp(&layout);

	tree_remove(tree, "g1/mon_groups/m1/mon_data");
	assert_fails(rdtgrp_layout_read(group, &layout), -ENODATA);
	assert_non_null(strstr(rdtgrp_error_object(), "m1/mon_data"));
	tree_remove(tree, "g1/mon_groups/m1");
	assert_fails(rdtgrp_layout_read(group, &layout), -ENOENT);
	assert_non_null(strstr(rdtgrp_error_object(), "m1"));
	assert_null(layout);
	rdtgrp_unref(group);
}

/* A domain that goes while the layout is read is not in it. */
static void test_going(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1");
	struct rdtgrp_layout *layout;

	/* mon_data is opened first, then the domains. */
	fault_arm(CALL_SYSCALL, 1, ENOENT, false);
	assert_int_equal(rdtgrp_layout_read(group, &layout), 0);
	assert_true(fault_disarm());
	assert_int_equal(rdtgrp_layout_count_domains(layout), 1);
	assert_string_equal(rdtgrp_domain_get_path(rdtgrp_layout_get_domain(layout, 0)),
			    "mon_L3_01");
	rdtgrp_layout_unref(layout);
	rdtgrp_unref(group);
}

struct reading {
	struct rdtgrp *group;
	struct rdtgrp_layout *layout;
};

static struct rdtgrp_layout *const nothing = (struct rdtgrp_layout *)(uintptr_t)&count_fds;

static int run_read(void *data)
{
	struct reading *reading = data;

	reading->layout = nothing;
	return rdtgrp_layout_read(reading->group, &reading->layout);
}

static void release(void *data)
{
	rdtgrp_layout_unref(((struct reading *)data)->layout);
}

static bool is_untouched(const void *data)
{
	return ((const struct reading *)data)->layout == nothing;
}

/* A domain that may not be listed is there, without events and with the reason. */
static bool tolerates(enum call call, int error, int result, const void *data)
{
	const struct rdtgrp_layout *layout = ((const struct reading *)data)->layout;

	if (result < 0 || (!is_opening(call) && call != CALL_GETDENTS64) || error != EACCES)
		return false;
	for (size_t i = 0; i < rdtgrp_layout_count_domains(layout); i++)
		if (rdtgrp_domain_get_error(rdtgrp_layout_get_domain(layout, i)) == -error)
			return true;
	return false;
}

static void test_fails(void **state)
{
	const struct operation operation = {run_read, release, is_untouched, tolerates};
	struct reading reading = {.group = tree_open(*state, "g1")};
	unsigned int hits[CALL_COUNT];

	tree_write(*state, "g1/mon_data/mon_L3_00/mon_sub_L3_00/e", "0\n");
	fail_everything(&operation, &reading, hits);
	assert_true(hits[CALL_MEMORY] >= 10);
	assert_true(hits[CALL_SYSCALL] >= 4);
	assert_true(hits[CALL_GETDENTS64] >= 4);
	rdtgrp_unref(reading.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		T(test_intel),
		T(test_other),
		T(test_deep),
		T(test_many),
		T(test_refused),
		T(test_going),
		T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
