/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handles on a captured tree. What only a kernel or the simulator can do, such as removing a group
 * under its readers, stands in tests/contract and tests/sim.
 */
#include "support.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "group.h"

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

static void test_accessors(void **state)
{
	static const struct {
		const char *path;
		const char *name;
		enum rdtgrp_type type;
		bool is_default;
	} groups[] = {
		{".", "/", RDTGRP_TYPE_CTRL_MON, true},
		{"g1", "g1", RDTGRP_TYPE_CTRL_MON, false},
		{"mon_groups/m0", "m0", RDTGRP_TYPE_MON, false},
		{"g1/mon_groups/m2", "m2", RDTGRP_TYPE_MON, false},
	};
	const struct tree *tree = *state;

	for (size_t i = 0; i < COUNT(groups); i++) {
		struct rdtgrp *group = tree_open(tree, groups[i].path);
		enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
		uint64_t fsid, inode;
		struct stat st;

		assert_string_equal(rdtgrp_get_name(group), groups[i].name);
		assert_int_equal(rdtgrp_get_type(group), groups[i].type);
		assert_int_equal(rdtgrp_is_default(group), groups[i].is_default);
		assert_int_equal(fstat(rdtgrp_get_fd(group), &st), 0);
		assert_int_equal(fcntl(rdtgrp_get_fd(group), F_GETFD), FD_CLOEXEC);
		assert_int_equal(fcntl(rdtgrp_get_fd(group), F_GETFL) & O_ACCMODE, O_RDONLY);
		rdtgrp_get_identity(group, &fsid, &inode);
		assert_int_equal(inode, st.st_ino);
		assert_int_not_equal(fsid, 0);
		rdtgrp_get_identity(group, NULL, NULL);
		assert_int_equal(rdtgrp_is_live(group), 1);
		assert_int_equal(rdtgrp_read_mode(group, &mode), 0);
		assert_int_equal(mode, RDTGRP_MODE_SHAREABLE);
		assert_null(rdtgrp_unref(group));
	}
	assert_null(rdtgrp_unref(NULL));
}

static void test_references(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1"), *live = NULL;
	unsigned int fds = count_fds();
	int fd = rdtgrp_get_fd(group);

	assert_ptr_equal(rdtgrp_ref(group), group);
	assert_int_equal(rdtgrp_tryget_live(group, &live), 0);
	assert_ptr_equal(live, group);
	rdtgrp_unref(group);
	rdtgrp_unref(group);
	assert_int_equal(count_fds(), fds);
	errno = EPIPE;
	rdtgrp_unrefp(&live);
	assert_int_equal(errno, EPIPE);
	assert_null(live);
	rdtgrp_unrefp(&live);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* The handle does not depend on the caller's fd, and leaves it as it is. */
static void test_from_fd(void **state)
{
	static const int flags[] = {O_RDONLY | O_DIRECTORY, O_PATH | O_DIRECTORY};
	const struct tree *tree = *state;

	for (size_t i = 0; i < COUNT(flags); i++) {
		int fd = openat(tree->fd, "g1", flags[i]);
		struct rdtgrp *group;

		assert_true(fd >= 0);
		assert_int_equal(rdtgrp_get_from_fd(fd, RDTGRP_OPEN_ANY_FS, &group), 0);
		assert_int_not_equal(rdtgrp_get_fd(group), fd);
		assert_int_equal(fcntl(fd, F_GETFD), 0);
		close(fd);
		assert_int_equal(rdtgrp_is_live(group), 1);
		rdtgrp_unref(group);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *path;
		int error;
	} rows[] = {
		{"info", -EBADF},
		{"info/L3_MON", -EBADF},
		{"mon_data", -EBADF},
		{"mon_data/mon_L3_00", -EBADF},
		{"mon_groups", -EBADF},
		{"g1/mon_groups", -EBADF},
		{"g1/mon_data/mon_L3_01", -EBADF},
		{"g1/tasks", -ENOTDIR},
		{"g1/tasks/x", -ENOTDIR},
		{"none", -ENOENT},
		{"none/none", -ENOENT},
		{"loop", -ELOOP},
		{"", -EINVAL},
	};
	const struct tree *tree = *state;
	struct rdtgrp *const untouched = (struct rdtgrp *)(uintptr_t)&rows;
	struct rdtgrp *group = untouched;
	int fd;

	assert_int_equal(symlinkat("loop", tree->fd, "loop"), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned int fds = count_fds();

		assert_fails(rdtgrp_openat(tree->fd, rows[i].path, RDTGRP_OPEN_ANY_FS, &group),
			     rows[i].error);
		if (*rows[i].path)
			assert_non_null(strstr(rdtgrp_error_message(), rows[i].path));
		assert_int_equal(count_fds(), fds);
	}
	assert_fails(rdtgrp_openat(tree->fd, NULL, RDTGRP_OPEN_ANY_FS, &group), -EINVAL);
	assert_fails(rdtgrp_openat(-1, "g1", RDTGRP_OPEN_ANY_FS, &group), -EBADF);
	assert_fails(rdtgrp_get_from_fd(-1, RDTGRP_OPEN_ANY_FS, &group), -EBADF);
	assert_fails(rdtgrp_get_from_fd(1000000, RDTGRP_OPEN_ANY_FS, &group), -EBADF);
	assert_fails(rdtgrp_open(tree->path, 1 << 7, &group), -EINVAL);
	assert_fails(rdtgrp_open(tree->path, RDTGRP_OPEN_ANY_FS | 1 << 7, &group), -EINVAL);
	assert_fails(rdtgrp_open_default(1 << 7, &group), -EINVAL);

	/* On another filesystem than resctrl, without the flag. */
	assert_fails(rdtgrp_open(tree->path, 0, &group), -EBADF);
	assert_non_null(strstr(rdtgrp_error_message(), "resctrl"));

	fd = openat(tree->fd, "g1/tasks", O_RDONLY);
	assert_fails(rdtgrp_get_from_fd(fd, RDTGRP_OPEN_ANY_FS, &group), -EBADF);
	close(fd);
	assert_ptr_equal(group, untouched);
}

static void test_too_long(void **state)
{
	char path[5000];
	struct rdtgrp *group;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_fails(rdtgrp_open(path, RDTGRP_OPEN_ANY_FS, &group), -ENAMETOOLONG);
}

static void test_symbolic_link(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group;

	assert_int_equal(symlinkat("g1", tree->fd, "link"), 0);
	group = tree_open(tree, "link");
	assert_string_equal(rdtgrp_get_name(group), "g1");
	rdtgrp_unref(group);
}

/* MON groups may be called like a group's files; only a regular file `tasks` makes a group. */
static void test_names_of_files(void **state)
{
	static const char *const names[] = {"tasks", "mode", "schemata", "info", "mon_data"};
	const struct tree *tree = *state;

	for (size_t i = 0; i < COUNT(names); i++) {
		char path[64];
		struct rdtgrp *group;

		snprintf(path, sizeof(path), "g1/mon_groups/%s", names[i]);
		tree_make_group(tree, path, RDTGRP_TYPE_MON);
		group = tree_open(tree, path);
		assert_string_equal(rdtgrp_get_name(group), names[i]);
		assert_int_equal(rdtgrp_get_type(group), RDTGRP_TYPE_MON);
		rdtgrp_unref(group);
	}
	assert_int_equal(rdtgrp_openat(tree->fd, "g1/mon_groups", RDTGRP_OPEN_ANY_FS,
				       &(struct rdtgrp *){NULL}),
			 -EBADF);
}

static void test_mode(void **state)
{
	static const struct {
		const char *text;
		enum rdtgrp_mode mode;
		bool opens;
	} rows[] = {
		{"shareable\n", RDTGRP_MODE_SHAREABLE, true},
		{"exclusive\n", RDTGRP_MODE_EXCLUSIVE, true},
		{"pseudo-locksetup\n", RDTGRP_MODE_PSEUDO_LOCKSETUP, false},
		{"pseudo-locked\n", RDTGRP_MODE_PSEUDO_LOCKED, false},
		{"another\n", RDTGRP_MODE_UNKNOWN, true},
		{"", RDTGRP_MODE_UNKNOWN, true},
		{"pseudo-locked-and-more-than-the-buffer-holds\n", RDTGRP_MODE_UNKNOWN, true},
	};
	static const char *const paths[] = {"g1", "g1/mon_groups/m1"};
	const struct tree *tree = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t j = 0; j < COUNT(paths); j++) {
			enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
			struct rdtgrp *group, *other;

			tree_write(tree, "g1/mode", "shareable\n");
			group = tree_open(tree, paths[j]);
			tree_write(tree, "g1/mode", rows[i].text);
			assert_int_equal(rdtgrp_read_mode(group, &mode), 0);
			assert_int_equal(mode, rows[i].mode);
			if (rows[i].opens) {
				rdtgrp_unref(tree_open(tree, paths[j]));
			} else {
				assert_fails(rdtgrp_openat(tree->fd, paths[j], RDTGRP_OPEN_ANY_FS,
							   &other),
					     -EINVAL);
				assert_non_null(strstr(rdtgrp_error_message(), "pseudo-lock"));
			}
			rdtgrp_unref(group);
		}
	}
	/* Before Linux 4.19 there was no such file. */
	tree_remove(tree, "g1/mode");
	for (size_t j = 0; j < COUNT(paths); j++) {
		struct rdtgrp *group = tree_open(tree, paths[j]);
		enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;

		assert_int_equal(rdtgrp_read_mode(group, &mode), 0);
		assert_int_equal(mode, RDTGRP_MODE_SHAREABLE);
		rdtgrp_unref(group);
	}
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(rdtgrp_mode_name(RDTGRP_MODE_SHAREABLE), "shareable");
	assert_string_equal(rdtgrp_mode_name(RDTGRP_MODE_EXCLUSIVE), "exclusive");
	assert_string_equal(rdtgrp_mode_name(RDTGRP_MODE_PSEUDO_LOCKSETUP), "pseudo-locksetup");
	assert_string_equal(rdtgrp_mode_name(RDTGRP_MODE_PSEUDO_LOCKED), "pseudo-locked");
	assert_string_equal(rdtgrp_mode_name(RDTGRP_MODE_UNKNOWN), "unknown");
	assert_string_equal(rdtgrp_mode_name((enum rdtgrp_mode)99), "unknown");
	assert_string_equal(rdtgrp_mode_name((enum rdtgrp_mode) - 1), "unknown");
	assert_string_equal(rdtgrp_type_name(RDTGRP_TYPE_CTRL_MON), "CTRL_MON");
	assert_string_equal(rdtgrp_type_name(RDTGRP_TYPE_MON), "MON");
	assert_string_equal(rdtgrp_type_name((enum rdtgrp_type)0), "unknown");
	assert_string_equal(rdtgrp_version(), RDTGRP_VERSION);
}

static void test_parent(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *mon = tree_open(tree, "g1/mon_groups/m1");
	struct rdtgrp *ctrl = tree_open(tree, "g1"), *top = tree_open(tree, ".");
	struct rdtgrp *parent = NULL;

	assert_int_equal(rdtgrp_open_parent(mon, &parent), 0);
	assert_int_equal(rdtgrp_compare(parent, ctrl), 0);
	rdtgrp_unref(parent);
	assert_int_equal(rdtgrp_open_parent(ctrl, &parent), 0);
	assert_int_equal(rdtgrp_compare(parent, top), 0);
	assert_true(rdtgrp_is_default(parent));
	rdtgrp_unref(parent);
	parent = NULL;
	assert_fails(rdtgrp_open_parent(top, &parent), -ENXIO);
	assert_null(parent);
	rdtgrp_unref(mon);
	rdtgrp_unref(ctrl);
	rdtgrp_unref(top);
}

static void test_compare(void **state)
{
	struct rdtgrp a = {.fsid = 1, .inode = 9}, b = {.fsid = 2, .inode = 1};
	struct rdtgrp c = {.fsid = 1, .inode = 10}, d = a;

	(void)state;
	assert_int_equal(rdtgrp_compare(&a, &d), 0);
	assert_true(rdtgrp_compare(&a, &b) < 0 && rdtgrp_compare(&b, &a) > 0);
	assert_true(rdtgrp_compare(&a, &c) < 0 && rdtgrp_compare(&c, &a) > 0);
	a.inode = UINT64_MAX;
	c.inode = 0;
	assert_true(rdtgrp_compare(&a, &c) > 0);
}

/* Removed behind the handle, also when a group of the same name is made again. */
static void test_removed(void **state)
{
	static const char *const paths[] = {"g1/mon_groups/m1", "g1"};
	const struct tree *tree = *state;

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct rdtgrp *group = tree_open(tree, paths[i]), *again = NULL;
		enum rdtgrp_mode mode = RDTGRP_MODE_EXCLUSIVE;
		int fd = openat(tree->fd, paths[i], O_RDONLY | O_DIRECTORY);

		tree_remove(tree, paths[i]);
		for (int round = 0; round < 2; round++) {
			assert_int_equal(rdtgrp_is_live(group), 0);
			assert_fails(rdtgrp_tryget_live(group, &again), -ENOENT);
			assert_fails(rdtgrp_get_from_fd(fd, RDTGRP_OPEN_ANY_FS, &again), -ENOENT);
			assert_fails(rdtgrp_read_mode(group, &mode), -ENOENT);
			assert_fails(rdtgrp_open_parent(group, &again), -ENOENT);
			tree_make_group(tree, paths[i], i ? RDTGRP_TYPE_CTRL_MON : RDTGRP_TYPE_MON);
		}
		assert_null(again);
		assert_int_equal(mode, RDTGRP_MODE_EXCLUSIVE);
		rdtgrp_unref(group);
		close(fd);
	}
}

static void test_renamed(void **state)
{
	const struct tree *tree = *state;
	struct rdtgrp *group = tree_open(tree, "g1/mon_groups/m1");

	assert_int_equal(renameat(tree->fd, "g1/mon_groups/m1", tree->fd, "mon_groups/n"), 0);
	assert_int_equal(rdtgrp_is_live(group), 1);
	assert_string_equal(rdtgrp_get_name(group), "m1");
	rdtgrp_unref(group);
}

struct opening {
	const struct tree *tree;
	const char *path;
	struct rdtgrp *group;
	struct rdtgrp *source;
	enum rdtgrp_mode mode;
};

static struct rdtgrp *const nothing = (struct rdtgrp *)(uintptr_t)&count_fds;

static int run_open(void *data)
{
	struct opening *opening = data;

	opening->group = nothing;
	return rdtgrp_openat(opening->tree->fd, opening->path, RDTGRP_OPEN_ANY_FS, &opening->group);
}

static int run_parent(void *data)
{
	struct opening *opening = data;

	opening->group = nothing;
	return rdtgrp_open_parent(opening->source, &opening->group);
}

static int run_tryget(void *data)
{
	struct opening *opening = data;

	opening->group = nothing;
	return rdtgrp_tryget_live(opening->source, &opening->group);
}

static int run_mode(void *data)
{
	struct opening *opening = data;

	opening->group = nothing;
	return rdtgrp_read_mode(opening->source, &opening->mode);
}

static void release_mode(void *data)
{
	((struct opening *)data)->mode = RDTGRP_MODE_UNKNOWN;
}

static bool mode_untouched(const void *data)
{
	return ((const struct opening *)data)->mode == RDTGRP_MODE_UNKNOWN;
}

/* UNKNOWN is the answer where a MON group's parent cannot be reached. */
static bool mode_tolerates(enum call call, int error, int result, const void *data)
{
	return result == 0 && error == EACCES && (is_opening(call) || call == CALL_STATX) &&
	       mode_untouched(data);
}

static void release_group(void *data)
{
	rdtgrp_unref(((struct opening *)data)->group);
}

static bool is_untouched(const void *data)
{
	return ((const struct opening *)data)->group == nothing;
}

/*
 * A name or a parent that cannot be found out is no failure by itself: then the group has no name, or
 * the check of a MON group's parent is left out.
 */
static bool tolerates(enum call call, int error, int result, const void *data)
{
	(void)data;
	if (result != 0)
		return false;
	if (is_opening(call))
		return error != EMFILE;
	switch (call) {
	case CALL_READLINK:
	case CALL_CAP_GET_PROC:
	case CALL_STAT:
		return true;
	case CALL_GETDENTS64:
	case CALL_STATX:
		return error != EMFILE && error != ENOMEM;
	default:
		return false;
	}
}

static void test_open_fails(void **state)
{
	static const char *const paths[] = {".", "g1", "g1/mon_groups/m1"};
	const struct operation operation = {run_open, release_group, is_untouched, tolerates};

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct opening opening = {.tree = *state, .path = paths[i]};
		unsigned int hits[CALL_COUNT];

		fail_everything(&operation, &opening, hits);
		assert_true(hits[CALL_MEMORY] >= 2);
		assert_true(hits[CALL_FSTATFS] > 0);
		assert_true(hits[CALL_FSTAT] > 0);
		assert_true(hits[CALL_FSTATAT] > 0);
		assert_true(hits[CALL_OPENAT] > 0);
		assert_true(hits[CALL_SYSCALL] > 0);
		assert_true(hits[CALL_PREAD] > 0);
	}
}

static void test_parent_fails(void **state)
{
	const struct operation operation = {run_parent, release_group, is_untouched, tolerates};
	struct opening opening = {.tree = *state};

	opening.source = tree_open(opening.tree, "g1/mon_groups/m1");
	fail_everything(&operation, &opening, NULL);
	rdtgrp_unref(opening.source);
}

static void test_tryget_fails(void **state)
{
	const struct operation operation = {run_tryget, release_group, is_untouched, NULL};
	struct opening opening = {.tree = *state};
	unsigned int hits[CALL_COUNT];

	opening.source = tree_open(opening.tree, "g1");
	fail_everything(&operation, &opening, hits);
	assert_true(hits[CALL_FSTATAT] + hits[CALL_FACCESSAT] > 0);
	rdtgrp_unref(opening.source);
}

static void test_mode_fails(void **state)
{
	static const char *const paths[] = {"g1", "g1/mon_groups/m1"};
	const struct operation operation = {run_mode, release_mode, mode_untouched, mode_tolerates};

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct opening opening = {.source = tree_open(*state, paths[i])};
		unsigned int hits[CALL_COUNT];

		fail_everything(&operation, &opening, hits);
		assert_true(hits[CALL_PREAD] > 0 && hits[CALL_SYSCALL] > 0);
		rdtgrp_unref(opening.source);
	}
}

/* A MON group that alone is bind-mounted: the name and the parent lie outside. 0 is good. */
static int check_bind_mount(const struct tree *tree)
{
	struct rdtgrp *group, *other = NULL;
	enum rdtgrp_mode mode = RDTGRP_MODE_SHAREABLE;
	char *from, *to;

	if (asprintf(&from, "%s/g1/mon_groups/m1", tree->path) < 0 ||
	    asprintf(&to, "%s/mounted", tree->path) < 0)
		return 1;
	tree_mkdir(tree, "mounted");
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(from, to, "none", MS_BIND, NULL) < 0)
		return 77;
	/* The parent's mode does not count here, since it cannot be found out. */
	tree_write(tree, "g1/mode", "pseudo-locked\n");
	if (rdtgrp_open(to, RDTGRP_OPEN_ANY_FS, &group) < 0)
		return 2;
	if (rdtgrp_get_name(group) || rdtgrp_get_type(group) != RDTGRP_TYPE_MON)
		return 3;
	if (rdtgrp_read_mode(group, &mode) < 0 || mode != RDTGRP_MODE_UNKNOWN)
		return 4;
	if (rdtgrp_open_parent(group, &other) != -EXDEV || other)
		return 5;
	if (rdtgrp_remove(group) != -EXDEV || rdtgrp_is_live(group) != 1)
		return 6;
	rdtgrp_unref(group);
	free(from);
	free(to);
	return 0;
}

static void test_bind_mount(void **state)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(check_bind_mount(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Without openat2 all works the same. */
static void test_without_openat2(void **state)
{
	fault_arm(CALL_SYSCALL, 0, ENOSYS, true);
	rdtgrp_unref(tree_open(*state, "g1/mon_groups/m1"));
	assert_true(fault_disarm());
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_accessors),	 T(test_references), T(test_from_fd),
		T(test_refused),	 T(test_too_long),   T(test_symbolic_link),
		T(test_names_of_files),	 T(test_mode),	     T(test_words),
		T(test_parent),		 T(test_compare),    T(test_removed),
		T(test_renamed),	 T(test_open_fails), T(test_parent_fails),
		T(test_tryget_fails),	 T(test_mode_fails), T(test_bind_mount),
		T(test_without_openat2),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
