/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's plan, and what its readings cost and survive. */
#include "support.h"

#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "domain-cpu.h"

#define VALUES 6 /* of one group of the tree */

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

static struct rdtgrp_reader *new_reader(void)
{
	struct rdtgrp_reader *reader;

	assert_int_equal(rdtgrp_reader_new(0, &reader), 0);
	return reader;
}

static void add(struct rdtgrp_reader *reader, struct rdtgrp *group, const char *domain,
		const char *event)
{
	if (rdtgrp_reader_add(reader, group, domain, event) < 0)
		fail_msg("%s", rdtgrp_error_message());
}

static void read_all(struct rdtgrp_reader *reader, struct rdtgrp_value *values)
{
	memset(values, 0xaa, 4 * VALUES * sizeof(*values));
	assert_int_equal(rdtgrp_reader_read(reader, values, 4 * VALUES), 0);
}

/* The value of a group in what read_all() gave. */
static const struct rdtgrp_value *value_of(const struct rdtgrp_reader *reader,
					   const struct rdtgrp *group, const char *domain,
					   const char *event, const struct rdtgrp_value *values)
{
	ssize_t index = rdtgrp_reader_find(reader, group, domain, event);

	assert_true(index >= 0 && (size_t)index < rdtgrp_reader_count(reader));
	return &values[index];
}

static void assert_all(const struct rdtgrp_reader *reader, const struct rdtgrp *group,
		       enum rdtgrp_status status, const struct rdtgrp_value *values)
{
	unsigned int count = 0;

	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++) {
		if (rdtgrp_reader_get_group(reader, i) != group)
			continue;
		/* The tree's files hold all the kernel's words. */
		if (status != RDTGRP_STATUS_OK || values[i].status > RDTGRP_STATUS_UNASSIGNED)
			assert_string_equal(rdtgrp_status_name(values[i].status),
					    rdtgrp_status_name(status));
		assert_true(values[i].time_ns > 0);
		count++;
	}
	assert_int_equal(count, VALUES);
}

/* Each value is what rdtgrp_read_value() says of it. */
static void assert_same(const struct rdtgrp_reader *reader, const struct rdtgrp_value *values)
{
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++) {
		struct rdtgrp_value alone;

		assert_int_equal(rdtgrp_read_value(rdtgrp_reader_get_group(reader, i),
						   rdtgrp_reader_get_domain(reader, i),
						   rdtgrp_reader_get_event(reader, i), &alone),
				 0);
		assert_int_equal(values[i].status, alone.status);
		assert_int_equal(values[i].integer, alone.integer);
		assert_int_equal(values[i].fraction, alone.fraction);
		assert_int_equal(values[i].decimals, alone.decimals);
		assert_int_equal(values[i].file_inode, alone.file_inode);
		assert_int_equal(values[i].error, alone.error);
		assert_true(values[i].time_ns > 0 && values[i].time_ns < alone.time_ns);
	}
}

static void test_plan(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1"), *again = tree_open(*state, "g1"),
		      *m1 = tree_open(*state, "g1/mon_groups/m1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];
	ssize_t index;

	assert_int_equal(rdtgrp_reader_count(reader), 0);
	assert_int_equal(rdtgrp_reader_read(reader, NULL, 0), 0);
	tree_write(*state, "g1/mon_data/mon_PERF_PKG_00/core_energy", "12.000001\n");
	add(reader, g1, "mon_PERF_PKG_00", "core_energy");
	add(reader, g1, "mon_L3_00", NULL);
	add(reader, g1, NULL, "llc_occupancy");
	assert_int_equal(rdtgrp_reader_count(reader), 5);
	add(reader, m1, NULL, NULL);
	assert_int_equal(rdtgrp_reader_count(reader), 5 + VALUES);
	/* What is there is not added again, by whichever handle. */
	add(reader, again, "mon_L3_01", "llc_occupancy");
	add(reader, m1, NULL, NULL);
	add(reader, m1, "mon_L3_00", "llc_occupancy");
	assert_int_equal(rdtgrp_reader_count(reader), 5 + VALUES);
	read_all(reader, values);
	assert_same(reader, values);
	for (size_t i = 5 + VALUES; i < COUNT(values); i++)
		assert_int_equal(values[i].status, RDTGRP_STATUS_NONE);
	assert_fails(rdtgrp_reader_read(reader, values, 4 + VALUES), -EINVAL);

	/* An index is a value's own while others go, and is given out again. */
	index = rdtgrp_reader_find(reader, m1, "mon_L3_01", "mbm_total_bytes");
	assert_int_equal(rdtgrp_reader_remove(reader, again), 0);
	assert_fails(rdtgrp_reader_remove(reader, g1), -ENOENT);
	assert_int_equal(rdtgrp_reader_count(reader), 5 + VALUES);
	assert_int_equal(rdtgrp_reader_find(reader, m1, "mon_L3_01", "mbm_total_bytes"), index);
	assert_int_equal(rdtgrp_reader_find(reader, g1, "mon_L3_01", "llc_occupancy"), -1);
	assert_int_equal(rdtgrp_reader_find(reader, m1, "mon_L3_07", "llc_occupancy"), -1);
	read_all(reader, values);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(values[i].status, RDTGRP_STATUS_NONE);
		assert_null(rdtgrp_reader_get_group(reader, i));
		assert_null(rdtgrp_reader_get_domain(reader, i));
		assert_null(rdtgrp_reader_get_event(reader, i));
	}
	assert_int_equal(values[index].status, RDTGRP_STATUS_OK);
	assert_int_equal(values[index].integer, 3000000000);
	add(reader, again, "mon_L3_01", NULL);
	assert_int_equal(rdtgrp_reader_count(reader), 5 + VALUES);
	add(reader, again, NULL, NULL);
	assert_int_equal(rdtgrp_reader_count(reader), 7 + VALUES);
	read_all(reader, values);
	assert_same(reader, values);
	rdtgrp_unref(again);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
	assert_ptr_equal(rdtgrp_reader_ref(reader), reader);
	assert_null(rdtgrp_reader_unref(reader));
	rdtgrp_reader_unrefp(&reader);
	assert_null(reader);
	assert_null(rdtgrp_reader_unref(NULL));
}

static void test_refused(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *g1 = tree_open(tree, "g1"), *m1 = tree_open(tree, "g1/mon_groups/m1");
	struct rdtgrp_reader *reader = new_reader(), *none = NULL;
	unsigned int fds = count_fds();
	long blocks;

	assert_fails(rdtgrp_reader_new(0x80000000, &none), -EINVAL);
	assert_null(none);
	for (size_t i = 0; i < BAD_NAMES; i++) {
		assert_fails(rdtgrp_reader_add(reader, g1, bad_domains[i], NULL), -EINVAL);
		assert_fails(rdtgrp_reader_add(reader, g1, bad_domains[i], "llc_occupancy"),
			     -EINVAL);
		assert_fails(rdtgrp_reader_add(reader, g1, NULL, bad_events[i]), -EINVAL);
		assert_fails(rdtgrp_reader_add(reader, g1, "mon_L3_00", bad_events[i]), -EINVAL);
	}
	assert_fails(rdtgrp_reader_add(reader, g1, "mon_L3_00", "none"), -ENOENT);
	assert_non_null(strstr(rdtgrp_error_message(), "mon_L3_00 has no event none"));
	assert_fails(rdtgrp_reader_add(reader, g1, NULL, "none"), -ENOENT);
	assert_fails(rdtgrp_reader_add(reader, g1, "mon_L3_07", NULL), -ENOENT);
	blocks = count_blocks();
	assert_fails(rdtgrp_reader_add(reader, g1, NULL, "none"), -ENOENT);
	assert_int_equal(count_blocks(), blocks);
	tree_remove(tree, "g1/mon_groups/m1");
	assert_fails(rdtgrp_reader_add(reader, m1, NULL, NULL), -ENOENT);
	assert_fails(rdtgrp_reader_add(reader, m1, "mon_L3_00", "llc_occupancy"), -ENOENT);
	assert_fails(rdtgrp_reader_remove(reader, m1), -ENOENT);
	tree_remove(tree, "g1/mon_data");
	assert_fails(rdtgrp_reader_add(reader, g1, NULL, NULL), -ENODATA);
	assert_int_equal(rdtgrp_reader_count(reader), 0);
	/* But for the reader's own inotify. */
	assert_int_equal(count_fds(), fds + 1);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
}

static unsigned int preads;

static void count_pread(void)
{
	preads++;
}

/* In the steady state: one pread per value, one read, nothing else, and no memory. */
static void test_cost(void **state)
{
	static const enum call never[] = {CALL_MEMORY,	   CALL_SYSCALL,     CALL_OPENAT,
					  CALL_FSTAT,	   CALL_FSTATAT,     CALL_STATX,
					  CALL_GETDENTS64, CALL_INOTIFY_ADD, CALL_READLINK,
					  CALL_FACCESSAT,  CALL_FSTATFS,     CALL_INOTIFY_INIT};
	struct rdtgrp *root = tree_open(*state, "."), *g1 = tree_open(*state, "g1"),
		      *m1 = tree_open(*state, "g1/mon_groups/m1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];
	unsigned int fds = count_fds();

	add(reader, root, NULL, NULL);
	add(reader, g1, NULL, NULL);
	add(reader, m1, NULL, NULL);
	assert_int_equal(rdtgrp_reader_count(reader), 3 * VALUES);
	assert_int_equal(count_fds(), fds + 3 * VALUES + 1);
	assert_int_equal(rdtgrp_reader_count_unwatched(reader), 0);
	assert_int_equal(rdtgrp_reader_count_not_held(reader), 0);
	read_all(reader, values);
	for (size_t i = 0; i < COUNT(never); i++) {
		fault_arm(never[i], 0, EIO, true);
		read_all(reader, values);
		assert_false(fault_disarm());
	}
	fault_arm(CALL_READ, 1, EIO, true);
	preads = 0;
	hooks.before_pread = count_pread;
	read_all(reader, values);
	hooks.before_pread = NULL;
	assert_false(fault_disarm());
	assert_int_equal(preads, 3 * VALUES);
	assert_same(reader, values);
	rdtgrp_reader_unref(reader);
	assert_int_equal(count_fds(), fds);
	rdtgrp_unref(root);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
}

/* A file of a plain tree lives on when it is removed, so the kernel's ENODEV is put in. */
static void test_offline(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *g1 = tree_open(tree, "g1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];
	const struct rdtgrp_value *value;
	uint64_t inode;

	add(reader, g1, "mon_L3_00", "llc_occupancy");
	add(reader, g1, "mon_L3_07", "llc_occupancy");
	add(reader, g1, "mon_L3_01", "llc_occupancy");
	value = value_of(reader, g1, "mon_L3_00", "llc_occupancy", values);
	read_all(reader, values);
	assert_int_equal(value->status, RDTGRP_STATUS_OK);
	assert_int_equal(values[1].status, RDTGRP_STATUS_OFFLINE);
	assert_int_equal(values[1].error, -ENOENT);
	inode = value->file_inode;
	tree_remove(tree, "g1/mon_data/mon_L3_00");
	fault_arm(CALL_PREAD, 0, ENODEV, false);
	for (unsigned int i = 0; i < 3; i++) {
		read_all(reader, values);
		assert_int_equal(value->status, RDTGRP_STATUS_OFFLINE);
		assert_int_equal(value->error, -ENOENT);
		assert_int_equal(value->file_inode, 0);
		assert_int_equal(values[2].status, RDTGRP_STATUS_OK);
	}
	assert_true(fault_disarm());
	/* Then one openat per value and one look at the group, not more. */
	fault_arm(CALL_FSTATAT, 1, EIO, true);
	read_all(reader, values);
	assert_false(fault_disarm());
	if (has_openat2()) {
		fault_arm(CALL_SYSCALL, 2, EIO, true);
		read_all(reader, values);
		assert_false(fault_disarm());
	}
	fault_arm(CALL_FACCESSAT, 0, EIO, true);
	read_all(reader, values);
	assert_false(fault_disarm());

	tree_write(tree, "g1/mon_data/mon_L3_00/llc_occupancy", "11\n");
	tree_write(tree, "g1/mon_data/mon_L3_07/llc_occupancy", "77\n");
	read_all(reader, values);
	assert_int_equal(value->status, RDTGRP_STATUS_OK);
	assert_int_equal(value->integer, 11);
	assert_true(value->file_inode != inode);
	assert_int_equal(values[1].integer, 77);
	assert_same(reader, values);
	/* Dead, and in its place another one at once. */
	fault_arm(CALL_PREAD, 0, ENODEV, false);
	read_all(reader, values);
	assert_true(fault_disarm());
	assert_int_equal(value->status, RDTGRP_STATUS_OK);
	/* The domain is back without the event. */
	tree_remove(tree, "g1/mon_data/mon_L3_07/llc_occupancy");
	fault_arm(CALL_PREAD, 1, ENODEV, false);
	read_all(reader, values);
	assert_true(fault_disarm());
	assert_int_equal(values[1].status, RDTGRP_STATUS_FAILED);
	assert_int_equal(values[1].error, -ENOENT);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static void test_gone(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *g1 = tree_open(tree, "g1"), *m1 = tree_open(tree, "g1/mon_groups/m1"),
		      *root = tree_open(tree, ".");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];
	unsigned int fds = count_fds();

	add(reader, root, NULL, NULL);
	add(reader, g1, NULL, NULL);
	add(reader, m1, NULL, NULL);
	tree_remove(tree, "g1");
	for (unsigned int i = 0; i < 2; i++) {
		fault_arm(CALL_PREAD, VALUES, ENODEV, true);
		read_all(reader, values);
		assert_int_equal(fault_disarm(), i == 0);
		assert_all(reader, root, RDTGRP_STATUS_OK, values);
		assert_all(reader, g1, RDTGRP_STATUS_GONE, values);
		assert_all(reader, m1, RDTGRP_STATUS_GONE, values);
		assert_int_equal(count_fds(), fds + VALUES + 1);
	}
	/* Another one of the same name is another one. */
	tree_make_group(tree, "g1", RDTGRP_TYPE_CTRL_MON);
	read_all(reader, values);
	assert_all(reader, g1, RDTGRP_STATUS_GONE, values);
	assert_int_equal(values[VALUES].error, -ENOENT);
	assert_fails(rdtgrp_reader_add(reader, g1, "mon_L3_00", "llc_occupancy"), -ENOENT);
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	assert_int_equal(rdtgrp_reader_remove(reader, g1), 0);
	assert_int_equal(rdtgrp_reader_remove(reader, m1), 0);
	read_all(reader, values);
	for (size_t i = VALUES; i < 3 * VALUES; i++)
		assert_int_equal(values[i].status, RDTGRP_STATUS_NONE);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
	rdtgrp_unref(root);
}

/* Told by inotify alone: files of a plain tree can be read as before. */
static void test_removed_unread(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *g1 = tree_open(tree, "g1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];

	add(reader, g1, NULL, NULL);
	tree_remove(tree, "g1");
	read_all(reader, values);
	assert_all(reader, g1, RDTGRP_STATUS_GONE, values);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static void check_locking(const struct tree *tree, struct rdtgrp *group, bool watched)
{
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];

	add(reader, group, NULL, NULL);
	assert_int_equal(rdtgrp_reader_count_unwatched(reader), !watched);
	read_all(reader, values);
	assert_all(reader, group, RDTGRP_STATUS_OK, values);
	tree_write(tree, "g1/mode", "pseudo-locksetup\n");
	/* Also those that had been read before the mode was found out. */
	for (unsigned int i = 0; i < 2; i++) {
		read_all(reader, values);
		assert_all(reader, group, RDTGRP_STATUS_PSEUDO_LOCKED, values);
		assert_int_equal(values[0].integer, 0);
		assert_int_equal(values[0].file_inode, 0);
	}
	/* Found out when it is added, too. */
	assert_int_equal(rdtgrp_reader_remove(reader, group), 0);
	add(reader, group, NULL, NULL);
	assert_int_equal(rdtgrp_reader_count(reader), VALUES);
	tree_write(tree, "g1/mode", "pseudo-locked\n");
	read_all(reader, values);
	assert_all(reader, group, RDTGRP_STATUS_PSEUDO_LOCKED, values);
	tree_write(tree, "g1/mode", "exclusive\n");
	read_all(reader, values);
	assert_all(reader, group, RDTGRP_STATUS_PSEUDO_LOCKED, values);
	read_all(reader, values);
	assert_all(reader, group, RDTGRP_STATUS_OK, values);
	assert_same(reader, values);
	tree_write(tree, "g1/mode", "pseudo-locksetup\n");
	tree_write(tree, "g1/mode", "exclusive\n");
	read_all(reader, values);
	assert_all(reader, group, watched ? RDTGRP_STATUS_PSEUDO_LOCKED : RDTGRP_STATUS_OK, values);
	rdtgrp_reader_unref(reader);
	tree_write(tree, "g1/mode", "shareable\n");
}

static void test_locked(void **state)
{
	static const char *const paths[] = {"g1", "g1/mon_groups/m1"};

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct rdtgrp *group = tree_open(*state, paths[i]);

		check_locking(*state, group, true);
		fault_arm(CALL_INOTIFY_INIT, 0, EMFILE, true);
		check_locking(*state, group, false);
		assert_true(fault_disarm());
		fault_arm(CALL_INOTIFY_ADD, 0, ENOSPC, true);
		check_locking(*state, group, false);
		assert_true(fault_disarm());
		rdtgrp_unref(group);
	}
}

/* The MON groups of one parent share a watch: it stays for those that stay. */
static void test_shared_watch(void **state)
{
	struct rdtgrp *m1 = tree_open(*state, "g1/mon_groups/m1"),
		      *m2 = tree_open(*state, "g1/mon_groups/m2");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];

	add(reader, m1, NULL, NULL);
	add(reader, m2, NULL, NULL);
	assert_int_equal(rdtgrp_reader_remove(reader, m1), 0);
	tree_write(*state, "g1/mode", "pseudo-locksetup\n");
	read_all(reader, values);
	assert_all(reader, m2, RDTGRP_STATUS_PSEUDO_LOCKED, values);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(m1);
	rdtgrp_unref(m2);
}

static void check_epochs(const struct tree *tree, bool watched)
{
	struct rdtgrp *g1 = tree_open(tree, "g1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];
	const struct rdtgrp_value *bytes, *energy;
	uint32_t before, at, energy_before;

	add(reader, g1, "mon_L3_01", "mbm_total_bytes");
	add(reader, g1, "mon_PERF_PKG_00", "core_energy");
	bytes = &values[0];
	energy = &values[1];
	read_all(reader, values);
	read_all(reader, values);
	before = bytes->epoch;
	energy_before = energy->epoch;
	read_all(reader, values);
	assert_int_equal(bytes->epoch, before);
	/* A new MON group has no bytes yet, but may have the energy of whose RMID it got. */
	tree_make_group(tree, "g1/mon_groups/new", RDTGRP_TYPE_MON);
	read_all(reader, values);
	if (watched)
		assert_int_equal(bytes->epoch, before);
	assert_int_not_equal(energy->epoch, energy_before);
	read_all(reader, values);
	read_all(reader, values);
	before = bytes->epoch;
	tree_remove(tree, "g1/mon_groups/new");
	/* What was read in the reading that found it out may be of before or after it. */
	read_all(reader, values);
	at = bytes->epoch;
	assert_int_not_equal(at, before);
	read_all(reader, values);
	assert_int_not_equal(bytes->epoch, at);
	at = bytes->epoch;
	read_all(reader, values);
	assert_int_equal(bytes->epoch, at);
	/* One moved away and one moved here. */
	assert_int_equal(renameat(tree->fd, "g1/mon_groups/m1", tree->fd, "mon_groups/m1"), 0);
	read_all(reader, values);
	assert_int_not_equal(bytes->epoch, at);
	read_all(reader, values);
	at = bytes->epoch;
	assert_int_equal(renameat(tree->fd, "mon_groups/m1", tree->fd, "g1/mon_groups/m1"), 0);
	read_all(reader, values);
	assert_int_not_equal(bytes->epoch, at);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static void test_epochs(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "g1/mon_data/mon_PERF_PKG_00/core_energy", "12.000001\n");
	check_epochs(tree, true);
	fault_arm(CALL_INOTIFY_INIT, 0, EMFILE, true);
	check_epochs(tree, false);
	assert_true(fault_disarm());
}

static void set_fd_limit(rlim_t limit)
{
	struct rlimit now;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
	now.rlim_cur = limit;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

/* The limit is one of numbers. To count the open ones would count valgrind's own, which are high. */
static rlim_t lowest_free_fd(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	assert_true(fd >= 0);
	close(fd);
	return (rlim_t)fd;
}

/* Added without a watch, then updated. What happens between is told, and what happens after it. */
static void check_watched_late(const struct tree *tree, enum call call, int error)
{
	struct rdtgrp *g1 = tree_open(tree, "g1"), *m1 = tree_open(tree, "g1/mon_groups/m1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];
	uint32_t before;

	fault_arm(call, 0, error, true);
	add(reader, g1, "mon_L3_01", "mbm_total_bytes");
	add(reader, m1, "mon_L3_01", "mbm_total_bytes");
	assert_int_equal(rdtgrp_reader_count_unwatched(reader), 2);
	read_all(reader, values);
	/* An update that does not get it either hides nothing from the next reading. */
	before = values[0].epoch;
	tree_make_group(tree, "g1/mon_groups/new", RDTGRP_TYPE_MON);
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	assert_int_equal(rdtgrp_reader_count_unwatched(reader), 2);
	read_all(reader, values);
	assert_int_not_equal(values[0].epoch, before);
	read_all(reader, values);
	before = values[0].epoch;
	tree_write(tree, "g1/mode", "pseudo-locksetup\n");
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	tree_write(tree, "g1/mode", "shareable\n");
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	read_all(reader, values);
	assert_int_equal(values[1].status, RDTGRP_STATUS_OK);
	assert_int_not_equal(values[0].epoch, before);
	before = values[0].epoch;
	tree_remove(tree, "g1/mon_groups/new");
	assert_true(fault_disarm());
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	assert_int_equal(rdtgrp_reader_count_unwatched(reader), 0);
	read_all(reader, values);
	assert_int_not_equal(values[0].epoch, before);
	before = values[0].epoch;
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	read_all(reader, values);
	assert_int_equal(values[0].epoch, before);
	assert_int_equal(renameat(tree->fd, "g1/mon_groups/m2", tree->fd, "mon_groups/m2"), 0);
	assert_int_equal(renameat(tree->fd, "mon_groups/m2", tree->fd, "g1/mon_groups/m2"), 0);
	tree_write(tree, "g1/mode", "pseudo-locksetup\n");
	tree_write(tree, "g1/mode", "shareable\n");
	read_all(reader, values);
	assert_int_equal(values[0].status, RDTGRP_STATUS_PSEUDO_LOCKED);
	assert_int_equal(values[1].status, RDTGRP_STATUS_PSEUDO_LOCKED);
	read_all(reader, values);
	assert_int_not_equal(values[0].epoch, before);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
}

static void test_watched_late(void **state)
{
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader();
	struct rlimit before;

	check_watched_late(*state, CALL_INOTIFY_INIT, EMFILE);
	check_watched_late(*state, CALL_INOTIFY_ADD, ENOSPC);
	/* While fds are truly out. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	set_fd_limit(lowest_free_fd());
	add(reader, g1, "mon_L3_01", "mbm_total_bytes");
	assert_int_equal(rdtgrp_reader_count_unwatched(reader), 1);
	set_fd_limit(before.rlim_cur);
	assert_int_equal(rdtgrp_reader_count_unwatched(reader), 1);
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	assert_int_equal(rdtgrp_reader_count_unwatched(reader), 0);
	assert_int_equal(rdtgrp_reader_count_not_held(reader), 0);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

/* The values of a family: the CTRL_MON group g1, its MON group m1, and g2, in a cache and its node. */
#define CACHE "mon_L3_00"
#define NODE CACHE "/mon_sub_L3_00"
#define COUNT_OF_SUMS "mbm_total_bytes"

static const char *const family[] = {"g1", "g1/mon_groups/m1", "g2"};

enum {
	OF_G1 = 1 << 0,
	OF_M1 = 1 << 1,
	OF_G2 = 1 << 2,
	NODE_OF_G1 = 1 << 3,
	NODE_OF_M1 = 1 << 4,
	NODE_OF_G2 = 1 << 5,
};

struct sums {
	const struct tree *tree;
	struct rdtgrp *groups[3];
	struct rdtgrp_reader *reader;
	struct rdtgrp_value values[4 * VALUES];
	uint32_t epochs[6];
};

static void write_sum(const struct sums *sums, unsigned int which, const char *text)
{
	char path[128];

	for (unsigned int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "%s/mon_data/%s/%s", family[i % 3],
			 i < 3 ? CACHE : NODE, COUNT_OF_SUMS);
		if (which == 1U << i)
			tree_write(sums->tree, path, text);
	}
}

/* Read, and see which values have another epoch than at the last reading. */
static void assert_changed(struct sums *sums, unsigned int which)
{
	read_all(sums->reader, sums->values);
	for (unsigned int i = 0; i < 6; i++) {
		const struct rdtgrp_value *value =
			value_of(sums->reader, sums->groups[i % 3], i < 3 ? CACHE : NODE,
				 COUNT_OF_SUMS, sums->values);

		if (value->status != RDTGRP_STATUS_OK)
			continue;
		if ((value->epoch != sums->epochs[i]) != (which >> i & 1))
			fail_msg("value %u: epoch %u, was %u", i, value->epoch, sums->epochs[i]);
		sums->epochs[i] = value->epoch;
	}
}

/* The reading in which it is seen and the one after it. */
static void assert_changed_for_two(struct sums *sums, unsigned int which)
{
	assert_changed(sums, which);
	assert_changed(sums, which);
	assert_changed(sums, 0);
	assert_changed(sums, 0);
}

/* Sums without a part that the reader has, too, are known to be. */
static void test_sums(void **state)
{
	static const char *const words[] = {"Unavailable\n", "Error\n", "Unassigned\n"};
	struct sums sums = {.tree = *state};
	ssize_t node;

	tree_make_group(*state, "g2", RDTGRP_TYPE_CTRL_MON);
	for (unsigned int i = 0; i < 6; i++)
		write_sum(&sums, 1U << i, "1000\n");
	/* What it is at its first reading tells nothing. */
	write_sum(&sums, OF_M1, "Unassigned\n");
	sums.reader = new_reader();
	for (unsigned int i = 0; i < 3; i++) {
		sums.groups[i] = tree_open(*state, family[i]);
		add(sums.reader, sums.groups[i], NULL, COUNT_OF_SUMS);
	}
	assert_changed(&sums, OF_G1 | OF_G2 | NODE_OF_G1 | NODE_OF_M1 | NODE_OF_G2);
	assert_changed(&sums, 0);
	write_sum(&sums, OF_M1, "1000\n");
	assert_changed(&sums, OF_G1 | OF_M1);
	assert_changed(&sums, OF_G1);
	assert_changed(&sums, 0);
	for (unsigned int i = 0; i < COUNT(words); i++) {
		write_sum(&sums, OF_M1, words[i]);
		assert_changed_for_two(&sums, OF_G1);
		/* Another word is the same thing. */
		write_sum(&sums, OF_M1, words[(i + 1) % COUNT(words)]);
		assert_changed(&sums, 0);
		write_sum(&sums, OF_M1, "1000\n");
		assert_changed_for_two(&sums, OF_G1);
		write_sum(&sums, NODE_OF_M1, words[i]);
		assert_changed_for_two(&sums, OF_G1 | OF_M1 | NODE_OF_G1);
		write_sum(&sums, NODE_OF_M1, "1\n");
		assert_changed_for_two(&sums, OF_G1 | OF_M1 | NODE_OF_G1);
	}
	write_sum(&sums, NODE_OF_G2, "Error\n");
	assert_changed_for_two(&sums, OF_G2);
	/* Both at once, and there and back between two readings. */
	write_sum(&sums, OF_M1, "Error\n");
	write_sum(&sums, NODE_OF_G2, "1\n");
	assert_changed_for_two(&sums, OF_G1 | OF_G2);
	write_sum(&sums, OF_M1, "1\n");
	write_sum(&sums, OF_M1, "Error\n");
	assert_changed(&sums, 0);
	/* What the reader cannot read the kernel can. */
	write_sum(&sums, OF_M1, "1\n");
	assert_changed_for_two(&sums, OF_G1);
	write_sum(&sums, OF_M1, "no value\n");
	assert_changed(&sums, 0);
	write_sum(&sums, OF_M1, "1\n");
	assert_changed(&sums, 0);
	/* Whose part it is cannot be found out: it may be any group's. */
	write_sum(&sums, OF_M1, "Error\n");
	fault_arm(CALL_OPENAT, 0, EMFILE, true);
	assert_changed(&sums, OF_G1 | OF_G2);
	assert_true(fault_disarm());
	assert_changed(&sums, OF_G1 | OF_G2);
	write_sum(&sums, OF_M1, "1\n");
	assert_changed_for_two(&sums, OF_G1);
	/* A node that goes leaves its cache's sums. */
	tree_remove(*state, "g1/mon_groups/m1/mon_data/" NODE);
	node = rdtgrp_reader_find(sums.reader, sums.groups[1], NODE, COUNT_OF_SUMS);
	fault_arm(CALL_PREAD, (unsigned int)node, ENODEV, false);
	assert_changed_for_two(&sums, OF_G1 | OF_M1);
	assert_true(fault_disarm());
	assert_int_equal(sums.values[node].status, RDTGRP_STATUS_OFFLINE);
	write_sum(&sums, NODE_OF_M1, "1\n");
	assert_changed_for_two(&sums, OF_G1 | OF_M1);
	rdtgrp_reader_unref(sums.reader);
	for (unsigned int i = 0; i < 3; i++)
		rdtgrp_unref(sums.groups[i]);
}

/* More events than fit the kernel's queue: all is looked at anew. */
static void test_overflow(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *g1 = tree_open(tree, "g1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];
	uint32_t before;

	add(reader, g1, NULL, NULL);
	read_all(reader, values);
	before = values[5].epoch;
	for (unsigned int i = 0; i < 20000; i++) {
		int fd = openat(tree->fd, "g1/mon_groups/x", O_CREAT | O_RDONLY | O_CLOEXEC, 0644);

		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(unlinkat(tree->fd, "g1/mon_groups/x", 0), 0);
	}
	tree_write(tree, "g1/mode", "pseudo-locksetup\n");
	read_all(reader, values);
	assert_all(reader, g1, RDTGRP_STATUS_PSEUDO_LOCKED, values);
	tree_write(tree, "g1/mode", "shareable\n");
	read_all(reader, values);
	read_all(reader, values);
	assert_all(reader, g1, RDTGRP_STATUS_OK, values);
	assert_int_not_equal(values[5].epoch, before);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static void test_update(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *g1 = tree_open(tree, "g1"), *m1 = tree_open(tree, "g1/mon_groups/m1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];

	add(reader, g1, NULL, "llc_occupancy");
	add(reader, m1, NULL, NULL);
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	tree_write(tree, "g1/mon_data/mon_L3_02/llc_occupancy", "5\n");
	tree_write(tree, "g1/mon_data/mon_L3_02/mbm_total_bytes", "6\n");
	tree_write(tree, "g1/mon_groups/m1/mon_data/mon_L3_02/llc_occupancy", "7\n");
	tree_write(tree, "g1/mon_groups/m1/mon_data/mon_L3_02/mbm_total_bytes", "8\n");
	assert_int_equal(rdtgrp_reader_count(reader), 2 + VALUES);
	assert_int_equal(rdtgrp_reader_update(reader), 3);
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	assert_int_equal(rdtgrp_reader_count(reader), 5 + VALUES);
	read_all(reader, values);
	assert_same(reader, values);
	assert_int_equal(value_of(reader, m1, "mon_L3_02", "mbm_total_bytes", values)->integer, 8);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
}

static unsigned int warnings;

static void take_log(int priority, const char *message, void *userdata)
{
	(void)userdata;
	if (priority == 4 && strstr(message, "file descriptors have run out"))
		warnings++;
}

static void test_no_fds(void **state)
{
	struct rdtgrp *root = tree_open(*state, "."), *g1 = tree_open(*state, "g1"),
		      *m1 = tree_open(*state, "g1/mon_groups/m1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];
	struct rlimit before;
	int others[4];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	warnings = 0;
	rdtgrp_set_log(take_log, 4, NULL);
	add(reader, root, NULL, NULL);
	add(reader, g1, NULL, NULL);
	set_fd_limit(lowest_free_fd() + 4);
	add(reader, m1, NULL, NULL);
	assert_int_equal(rdtgrp_reader_count(reader), 3 * VALUES);
	assert_true(rdtgrp_reader_count_not_held(reader) >= 2);
	assert_int_equal(warnings, 1);
	/* Others find room, and then the reader still does. */
	for (size_t i = 0; i < COUNT(others); i++) {
		others[i] = open("/", O_PATH | O_CLOEXEC);
		assert_true(others[i] >= 0);
	}
	for (unsigned int i = 0; i < 3; i++) {
		read_all(reader, values);
		assert_same(reader, values);
	}
	/* They take all there are: the reader uses one of its own. */
	while (open("/", O_PATH | O_CLOEXEC) >= 0)
		;
	read_all(reader, values);
	for (size_t i = 0; i < 3 * VALUES; i++)
		assert_true(values[i].status != RDTGRP_STATUS_FAILED);
	/* An update finds the room that there is by now. */
	set_fd_limit(before.rlim_cur);
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	assert_int_equal(rdtgrp_reader_count_not_held(reader), 0);
	read_all(reader, values);
	assert_same(reader, values);
	rdtgrp_set_log(NULL, 0, NULL);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(root);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
	/* The others cannot be told from fds of the test itself but by being opened with O_PATH. */
	for (int fd = 3; fd < 256; fd++)
		if ((fcntl(fd, F_GETFL) & O_PATH) && fcntl(fd, F_GETFL) != -1)
			close(fd);
}

/* What reading one file fails with is that value's status. */
static void test_errno(void **state)
{
	static const struct {
		int error;
		enum rdtgrp_status status;
	} rows[] = {{EIO, RDTGRP_STATUS_FAILED}, {EACCES, RDTGRP_STATUS_DENIED}};
	struct rdtgrp *g1 = tree_open(*state, "g1");
	struct rdtgrp_reader *reader = new_reader();
	struct rdtgrp_value values[4 * VALUES];

	add(reader, g1, NULL, "llc_occupancy");
	for (size_t i = 0; i < COUNT(rows); i++) {
		fault_arm(CALL_PREAD, 1, rows[i].error, false);
		read_all(reader, values);
		assert_true(fault_disarm());
		assert_int_equal(values[0].status, RDTGRP_STATUS_OK);
		assert_int_equal(values[1].status, rows[i].status);
		assert_int_equal(values[1].error, -rows[i].error);
		read_all(reader, values);
		assert_same(reader, values);
	}
	fault_arm(CALL_PREAD, 0, EINTR, false);
	read_all(reader, values);
	assert_true(fault_disarm());
	assert_same(reader, values);
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
}

static cpu_set_t seen[4 * VALUES];

static void record_affinity(void)
{
	if (preads < COUNT(seen))
		assert_int_equal(sched_getaffinity(0, sizeof(seen[0]), &seen[preads]), 0);
	preads++;
}

/* The first domain is, if any is, one of this machine; the other one is not. */
static void test_domain_cpus(void **state)
{
	static const char *const paths[] = {"mon_L3_00", "mon_L3_999999", "mon_PERF_PKG_00"};
	struct rdtgrp *g1 = tree_open(*state, "g1"), *m1 = tree_open(*state, "g1/mon_groups/m1");
	int system_fd = open("/sys/devices/system", O_PATH | O_CLOEXEC);
	char *domains[] = {(char *)(uintptr_t)paths[0]};
	struct rdtgrp_value values[4 * VALUES];
	struct rdtgrp_reader *reader;
	cpu_set_t home, after;
	struct rg_place place;

	rg_find_places(system_fd, domains, 1, &place);
	close(system_fd);
	for (size_t i = 0; i < COUNT(paths); i++) {
		char path[96];

		snprintf(path, sizeof(path), "g1/mon_data/%s/event", paths[i]);
		tree_write(*state, path, "10\n");
		snprintf(path, sizeof(path), "g1/mon_groups/m1/mon_data/%s/event", paths[i]);
		tree_write(*state, path, "1\n");
	}
	assert_int_equal(sched_getaffinity(0, sizeof(home), &home), 0);
	assert_int_equal(rdtgrp_reader_new(RDTGRP_READER_ON_DOMAIN_CPUS, &reader), 0);
	for (size_t i = COUNT(paths); i-- > 0;) {
		add(reader, g1, paths[i], "event");
		add(reader, m1, paths[i], "event");
	}
	preads = 0;
	hooks.before_pread = record_affinity;
	read_all(reader, values);
	hooks.before_pread = NULL;
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&home, &after));
	assert_same(reader, values);
	assert_int_equal(preads, 2 * COUNT(paths));
	assert_int_equal(rdtgrp_reader_count_elsewhere(reader), place.cpu < 0 ? 4 : 2);
	/* What is not at home in a cache does not move the thread. */
	for (size_t i = 0; i < 4; i++)
		assert_true(CPU_EQUAL(&seen[i], &home));
	for (size_t i = 4; i < 6 && place.cpu >= 0; i++)
		assert_true(CPU_COUNT(&seen[i]) == 1 && CPU_ISSET(place.cpu, &seen[i]));

	/* As in a cpuset without that CPU; it is tried once per domain. */
	fault_arm(CALL_SETAFFINITY, 0, EINVAL, false);
	read_all(reader, values);
	assert_int_equal(fault_disarm(), place.cpu >= 0);
	assert_same(reader, values);
	assert_int_equal(rdtgrp_reader_count_elsewhere(reader), 4);
	read_all(reader, values);
	assert_int_equal(rdtgrp_reader_count_elsewhere(reader), place.cpu < 0 ? 4 : 2);
	fault_arm(CALL_MEMORY, 0, ENOMEM, true);
	read_all(reader, values);
	assert_false(fault_disarm());
	/* An index that is given out again goes to the domain of its new value. */
	assert_int_equal(rdtgrp_reader_remove(reader, g1), 0);
	read_all(reader, values);
	assert_int_equal(rdtgrp_reader_count_elsewhere(reader), place.cpu < 0 ? 2 : 1);
	add(reader, g1, paths[0], "event");
	add(reader, g1, paths[0], "llc_occupancy");
	add(reader, g1, paths[0], "mbm_total_bytes");
	assert_fails(rdtgrp_reader_add(reader, g1, paths[0], "none"), -ENOENT);
	read_all(reader, values);
	assert_same(reader, values);
	assert_int_equal(rdtgrp_reader_count_elsewhere(reader), place.cpu < 0 ? 5 : 1);
	assert_int_equal(rdtgrp_reader_update(reader), 0);
	read_all(reader, values);
	assert_same(reader, values);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&home, &after));
	rdtgrp_reader_unref(reader);
	rdtgrp_unref(g1);
	rdtgrp_unref(m1);
}

struct reading {
	struct rdtgrp *group;
	struct rdtgrp_reader *reader;
	const char *domain;
	const char *event;
};

static int run_add(void *data)
{
	struct reading *reading = data;

	return rdtgrp_reader_add(reading->reader, reading->group, reading->domain, reading->event);
}

static void release(void *data)
{
	struct reading *reading = data;

	/* All that an addition may leave behind must be the reader's own. */
	rdtgrp_reader_unref(reading->reader);
	assert_int_equal(rdtgrp_reader_new(RDTGRP_READER_ON_DOMAIN_CPUS, &reading->reader), 0);
}

static bool is_untouched(const void *data)
{
	const struct reading *reading = data;

	for (size_t i = 0; i < rdtgrp_reader_count(reading->reader); i++)
		if (rdtgrp_reader_get_group(reading->reader, i))
			return false;
	release((void *)(uintptr_t)data);
	return true;
}

/* Failures with one file are told when it is read, those with watches by the count of them. */
static bool tolerates(enum call call, int error, int result, const void *data)
{
	const struct reading *reading = data;
	struct rdtgrp_value values[4 * VALUES];

	(void)error;
	if (result < 0 || call == CALL_MEMORY)
		return false;
	read_all(reading->reader, values);
	for (size_t i = 0; i < rdtgrp_reader_count(reading->reader); i++)
		if (values[i].status == RDTGRP_STATUS_NONE)
			return false;
	return true;
}

static void test_fails(void **state)
{
	const struct operation operation = {run_add, release, is_untouched, tolerates};
	struct reading reading = {.group = tree_open(*state, "g1"), .reader = new_reader()};
	unsigned int hits[CALL_COUNT];

	fail_everything(&operation, &reading, hits);
	assert_true(hits[CALL_MEMORY] >= 20);
	assert_true(hits[CALL_INOTIFY_INIT] >= 1);
	assert_true(hits[CALL_INOTIFY_ADD] >= 2);
	reading.domain = "mon_L3_00";
	reading.event = "llc_occupancy";
	fail_everything(&operation, &reading, NULL);
	rdtgrp_unref(reading.group);
	reading.group = tree_open(*state, "g1/mon_groups/m1");
	reading.domain = NULL;
	fail_everything(&operation, &reading, NULL);
	rdtgrp_reader_unref(reading.reader);
	rdtgrp_unref(reading.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plan),	T(test_refused),	T(test_cost),	T(test_offline),
		T(test_gone),	T(test_removed_unread), T(test_locked), T(test_shared_watch),
		T(test_epochs), T(test_watched_late),	T(test_sums),	T(test_overflow),
		T(test_update), T(test_no_fds),		T(test_errno),	T(test_domain_cpus),
		T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
