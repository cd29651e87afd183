/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Advice after a refusal. What a process may do is changed for real, in children, which tell by their
 * exit status whether all was as it should.
 */
#include "support.h"

#include <sched.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "capability.h"
#include "error.h"

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

static bool drop_capabilities(void)
{
	cap_t none = cap_init();
	bool done = none && cap_set_proc(none) == 0;

	cap_free(none);
	return done;
}

/* Run check in a child: 0 is good, 1 bad, 77 cannot be tried here. */
static void in_child(int (*check)(const struct tree *tree), const struct tree *tree)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(check(tree));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool advises(const char *words)
{
	if (strstr(rdtgrp_error_advice(), words))
		return true;
	fprintf(stderr, "no \"%s\" in \"%s\"\n", words, rdtgrp_error_advice());
	return false;
}

static const char *advice(int error, enum rg_refused what, const struct tree *tree,
			  const char *path)
{
	rg_fail(error, "x", "refused");
	errno = EXDEV;
	rg_advise_refused(error, what, tree->fd, path);
	if (errno != EXDEV)
		rg_error_set_advice("errno was not kept");
	return rdtgrp_error_advice();
}

static void test_other_errors(void **state)
{
	static const int errors[] = {0, -ENOENT, -EIO, -EBUSY, -ENOMEM};

	for (size_t i = 0; i < COUNT(errors); i++)
		assert_string_equal(advice(errors[i], RG_REFUSED_READ, *state, "tasks"), "");
	assert_non_null(strstr(advice(-EROFS, RG_REFUSED_WRITE, *state, "tasks"), "read-only"));
}

static int check_lacking(const struct tree *tree)
{
	bool good = drop_capabilities();
	const char *words;
	char user[64];

	advice(-EACCES, RG_REFUSED_READ, tree, "g1");
	good = good && advises("lacks CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE") &&
	       advises("mode 0700");
	snprintf(user, sizeof(user), "belongs to user %u, group %u", getuid(), getgid());
	good = good && advises(user);
	snprintf(user, sizeof(user), "effective user id %u", geteuid());
	good = good && advises(user);
	advice(-EACCES, RG_REFUSED_WRITE, tree, "schemata");
	good = good && advises("lacks CAP_DAC_OVERRIDE") && advises("mode 0644");
	advice(-EACCES, RG_REFUSED_DIRECTORY, tree, ".");
	good = good && advises("lacks CAP_DAC_OVERRIDE");
	words = rg_mount_obstacle();
	return good && words && strstr(words, "CAP_SYS_ADMIN") && strstr(words, "root") ? 0 : 1;
}

static void test_lacking(void **state)
{
	const struct tree *tree = *state;

	assert_int_equal(fchmodat(tree->fd, "g1", 0700, 0), 0);
	assert_int_equal(fchmodat(tree->fd, "schemata", 0644, 0), 0);
	in_child(check_lacking, tree);
}

static int check_holding(const struct tree *tree)
{
	cap_t all = cap_get_proc();
	cap_flag_value_t admin = CAP_CLEAR, override = CAP_CLEAR;

	cap_get_flag(all, CAP_SYS_ADMIN, CAP_EFFECTIVE, &admin);
	cap_get_flag(all, CAP_DAC_OVERRIDE, CAP_EFFECTIVE, &override);
	cap_free(all);
	if (admin != CAP_SET || override != CAP_SET || rg_mount_obstacle())
		return 77;
	advice(-EACCES, RG_REFUSED_READ, tree, "tasks");
	return advises("SELinux") ? 0
				  : 1; /* and nothing stands in the way of mounting, see above */
}

static void test_holding(void **state)
{
	in_child(check_holding, *state);
}

/* kernfs refuses files without any permission bit, whatever the capabilities. */
static void test_no_bits(void **state)
{
	const struct tree *tree = *state;

	assert_int_equal(fchmodat(tree->fd, "tasks", 0, 0), 0);
	advice(-EACCES, RG_REFUSED_READ, tree, "tasks");
	assert_true(advises("pseudo-locksetup"));
	assert_int_equal(fchmodat(tree->fd, "tasks", 0444, 0), 0);
	advice(-EACCES, RG_REFUSED_WRITE, tree, "tasks");
	assert_true(advises("permission bit"));
	advice(-EACCES, RG_REFUSED_READ, tree, "tasks");
	assert_null(strstr(rdtgrp_error_advice(), "permission bit"));
}

static int check_user_namespace(const struct tree *tree)
{
	const char *words;

	if (unshare(CLONE_NEWUSER) < 0)
		return 77;
	advice(-EACCES, RG_REFUSED_READ, tree, "tasks");
	if (!advises("user namespace"))
		return 1;
	words = rg_mount_obstacle();
	return words && strstr(words, "initial user namespace") ? 0 : 1;
}

static void test_user_namespace(void **state)
{
	in_child(check_user_namespace, *state);
}

static void test_not_permissions(void **state)
{
	advice(-EPERM, RG_REFUSED_DIRECTORY, *state, ".");
	assert_true(advises("not a matter of permissions"));
	advice(-EPERM, RG_REFUSED_TASK, *state, "tasks");
	assert_true(advises("user id 0"));
	assert_true(advises("no capability"));
}

/* The object itself may be out of reach, and so may what tells about the process. */
static void test_nothing_known(void **state)
{
	static const enum call calls[] = {CALL_FSTATAT, CALL_STAT, CALL_CAP_GET_PROC};

	for (size_t i = 0; i < COUNT(calls); i++) {
		fault_arm(calls[i], 0, EACCES, true);
		assert_string_not_equal(advice(-EACCES, RG_REFUSED_READ, *state, "tasks"), "");
		/* Which user namespace it is matters only to who has capabilities. */
		assert_true(fault_disarm() || calls[i] == CALL_STAT);
	}
	assert_string_not_equal(advice(-EACCES, RG_REFUSED_READ, *state, "none"), "");
	assert_true(advises("on the way"));
}

static int check_real_refusal(const struct tree *tree)
{
	struct rdtgrp_layout *layout = NULL;
	struct rdtgrp_value value;
	struct rdtgrp *group;

	/* A user to whom nothing belongs. */
	if (getuid() != 0 || setgid(65534) < 0 || setuid(65534) < 0)
		return 77;
	if (rdtgrp_openat(tree->fd, "g1", RDTGRP_OPEN_ANY_FS, &group) != -EACCES ||
	    !advises("CAP_DAC_READ_SEARCH"))
		return 1;
	if (rdtgrp_openat(tree->fd, ".", RDTGRP_OPEN_ANY_FS, &group) < 0)
		return 1;
	if (rdtgrp_layout_read(group, &layout) != -EACCES || layout || !advises("lacks"))
		return 1;
	if (rdtgrp_read_value(group, "mon_L3_00", "llc_occupancy", &value) < 0 ||
	    value.status != RDTGRP_STATUS_DENIED || value.error != -EACCES)
		return 1;
	if (rdtgrp_move_task(group, 0) != -EACCES || !advises("lacks CAP_DAC_OVERRIDE"))
		return 1;
	if (rdtgrp_create(group, RDTGRP_TYPE_CTRL_MON, "new", NULL) != -EACCES ||
	    !advises("lacks CAP_DAC_OVERRIDE"))
		return 1;
	rdtgrp_unref(group);

	/* One domain that is closed does not hide the other. */
	if (rdtgrp_openat(tree->fd, "mon_groups/m0", RDTGRP_OPEN_ANY_FS, &group) < 0 ||
	    rdtgrp_layout_read(group, &layout) < 0 || rdtgrp_layout_count_domains(layout) != 2)
		return 1;
	if (rdtgrp_domain_get_error(rdtgrp_layout_get_domain(layout, 0)) != -EACCES ||
	    rdtgrp_domain_count_events(rdtgrp_layout_get_domain(layout, 0)) != 0 ||
	    rdtgrp_domain_get_error(rdtgrp_layout_get_domain(layout, 1)) != 0 ||
	    rdtgrp_domain_count_events(rdtgrp_layout_get_domain(layout, 1)) != 3)
		return 1;
	rdtgrp_layout_unref(layout);
	rdtgrp_unref(group);
	return 0;
}

static void test_real_refusal(void **state)
{
	const struct tree *tree = *state;

	assert_int_equal(fchmod(tree->fd, 0755), 0);
	assert_int_equal(fchmodat(tree->fd, "g1", 0700, 0), 0);
	assert_int_equal(fchmodat(tree->fd, "mon_data", 0700, 0), 0);
	assert_int_equal(fchmodat(tree->fd, "mon_groups/m0/mon_data/mon_L3_00", 0700, 0), 0);
	in_child(check_real_refusal, tree);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_other_errors),  T(test_lacking),	       T(test_holding),
		T(test_no_bits),       T(test_user_namespace), T(test_not_permissions),
		T(test_nothing_known), T(test_real_refusal),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
