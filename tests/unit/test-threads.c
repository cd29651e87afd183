/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many threads with the same objects. By itself this finds wrong counts and lost fds; what it is for is
 * ThreadSanitizer (-Db_sanitize=thread).
 */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <syslog.h>

#define THREADS 8
#define ROUNDS 100

static struct {
	struct tree tree;
	struct rdtgrp *group;
	struct rdtgrp_layout *layout;
	struct rdtgrp_snapshot *snapshot;
	struct rdtgrp_breakdown *breakdown;
	struct rdtgrp_tree *groups;
	struct rdtgrp_info *info;
	struct rdtgrp_mounts *mounts;
	pthread_barrier_t start;
} shared;

static atomic_uint messages;

static void count_message(int priority, const char *message, void *userdata)
{
	(void)priority;
	if (userdata == &messages && *message)
		atomic_fetch_add(&messages, 1);
}

/* cmocka's assertions jump out of the function, which only the main thread may do. */
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                    \
			return (void *)(uintptr_t)__LINE__;                                        \
		}                                                                                  \
	} while (0)

static void *use_group(void)
{
	struct rdtgrp *live, *opened, *parent;
	struct rdtgrp_value value;
	enum rdtgrp_mode mode;

	EXPECT(rdtgrp_ref(shared.group) == shared.group);
	EXPECT(rdtgrp_tryget_live(shared.group, &live) == 0);
	EXPECT(rdtgrp_read_value(live, "mon_L3_00", "llc_occupancy", &value) == 0);
	EXPECT(value.status == RDTGRP_STATUS_OK && value.integer == 1000);
	EXPECT(rdtgrp_read_mode(live, &mode) == 0 && mode == RDTGRP_MODE_SHAREABLE);
	EXPECT(rdtgrp_openat(rdtgrp_get_fd(live), ".", RDTGRP_OPEN_ANY_FS, &opened) == 0);
	EXPECT(rdtgrp_compare(opened, live) == 0);
	EXPECT(rdtgrp_open_parent(opened, &parent) == 0);
	EXPECT(rdtgrp_is_default(parent));
	rdtgrp_unref(parent);
	rdtgrp_unref(opened);
	rdtgrp_unref(live);
	rdtgrp_unref(shared.group);
	return NULL;
}

static void *use_failures(void)
{
	struct rdtgrp *none;

	EXPECT(rdtgrp_openat(shared.tree.fd, "none", RDTGRP_OPEN_ANY_FS, &none) == -ENOENT);
	EXPECT(rdtgrp_error_code() == -ENOENT && strstr(rdtgrp_error_message(), "none"));
	EXPECT(rdtgrp_openat(shared.tree.fd, "info", RDTGRP_OPEN_ANY_FS, &none) == -EBADF);
	EXPECT(rdtgrp_error_code() == -EBADF && strstr(rdtgrp_error_message(), "info"));
	return NULL;
}

static void *use_objects(void)
{
	struct rdtgrp_snapshot *snapshot;
	struct rdtgrp_tree *groups;
	struct rdtgrp *opened;

	EXPECT(rdtgrp_layout_count_domains(rdtgrp_layout_ref(shared.layout)) == 2);
	EXPECT(rdtgrp_snapshot_read(shared.group, shared.layout, &snapshot) == 0);
	EXPECT(rdtgrp_snapshot_get_layout(snapshot) == shared.layout);
	rdtgrp_snapshot_unref(snapshot);
	rdtgrp_layout_unref(shared.layout);

	EXPECT(rdtgrp_snapshot_get_value(rdtgrp_snapshot_ref(shared.snapshot), 0, 0)->integer ==
	       1000);
	rdtgrp_snapshot_unref(shared.snapshot);
	EXPECT(rdtgrp_breakdown_count_children(rdtgrp_breakdown_ref(shared.breakdown)) == 2);
	rdtgrp_breakdown_unref(shared.breakdown);
	EXPECT(rdtgrp_info_find(rdtgrp_info_ref(shared.info), "L3_MON/num_rmids"));
	rdtgrp_info_unref(shared.info);
	EXPECT(rdtgrp_mounts_get_advice(rdtgrp_mounts_ref(shared.mounts)));
	rdtgrp_mounts_get_options(shared.mounts, 0);
	rdtgrp_mounts_unref(shared.mounts);

	EXPECT(rdtgrp_tree_count(rdtgrp_tree_ref(shared.groups)) == 3);
	EXPECT(rdtgrp_tree_open(shared.groups, 1, &opened) == 0);
	EXPECT(rdtgrp_tree_read(shared.group, &groups) == 0);
	EXPECT(rdtgrp_tree_same_children(groups, 0, shared.groups, 0));
	rdtgrp_tree_unref(groups);
	rdtgrp_unref(opened);
	rdtgrp_tree_unref(shared.groups);
	return NULL;
}

static void *use_all(void *unused)
{
	void *line = NULL;

	(void)unused;
	pthread_barrier_wait(&shared.start);
	for (unsigned int i = 0; i < ROUNDS && !line; i++) {
		/*
		 * Not in a thread of its own that does only this: it takes the lock again before a waiter
		 * wakes, and one CPU (or valgrind) then never comes to the others.
		 */
		if (i % 2)
			rdtgrp_set_log(NULL, 0, NULL);
		else
			rdtgrp_set_log(count_message, i % 4 ? LOG_ERR : LOG_DEBUG, &messages);
		line = use_group();
		if (!line)
			line = use_failures();
		if (!line)
			line = use_objects();
	}
	return line;
}

static void test_threads(void **state)
{
	pthread_t threads[THREADS];
	unsigned int fds = count_fds();
	void *line = NULL;

	(void)state;
	tree_new_intel(&shared.tree);
	shared.group = tree_open(&shared.tree, "g1");
	assert_int_equal(rdtgrp_layout_read(shared.group, &shared.layout), 0);
	assert_int_equal(rdtgrp_snapshot_read(shared.group, NULL, &shared.snapshot), 0);
	assert_int_equal(rdtgrp_breakdown_read(shared.group, "mon_L3_01", "mbm_total_bytes",
					       &shared.breakdown),
			 0);
	assert_int_equal(rdtgrp_tree_read(shared.group, &shared.groups), 0);
	assert_int_equal(rdtgrp_mounts_read(&shared.mounts), 0);
	{
		struct rdtgrp *top = tree_open(&shared.tree, ".");

		assert_int_equal(rdtgrp_info_read(top, &shared.info), 0);
		rdtgrp_unref(top);
	}

	assert_int_equal(pthread_barrier_init(&shared.start, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_all, NULL), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *result;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		line = line ? line : result;
	}
	pthread_barrier_destroy(&shared.start);
	rdtgrp_set_log(NULL, 0, NULL);
	assert_null(line);

	rdtgrp_mounts_unref(shared.mounts);
	rdtgrp_info_unref(shared.info);
	rdtgrp_tree_unref(shared.groups);
	rdtgrp_breakdown_unref(shared.breakdown);
	rdtgrp_snapshot_unref(shared.snapshot);
	rdtgrp_layout_unref(shared.layout);
	/* It was the last reference: the fd is closed, unless a thread kept one. */
	rdtgrp_unref(shared.group);
	tree_free(&shared.tree);
	assert_int_equal(count_fds(), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
