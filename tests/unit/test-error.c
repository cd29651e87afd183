/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <pthread.h>
#include <stdio.h>

#include "error.h"

/* Runs first: nothing has failed in this thread yet. */
static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(rdtgrp_error_code(), 0);
	assert_string_equal(rdtgrp_error_message(), "");
	assert_string_equal(rdtgrp_error_object(), "");
	assert_string_equal(rdtgrp_error_kernel_text(), "");
	assert_string_equal(rdtgrp_error_advice(), "");
}

static void test_record(void **state)
{
	(void)state;
	errno = EPIPE;
	assert_int_equal(rg_fail_errno(-EACCES, "/a/b", "cannot open %s", "it"), -EACCES);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(rdtgrp_error_code(), -EACCES);
	assert_string_equal(rdtgrp_error_object(), "/a/b");
	assert_string_equal(rdtgrp_error_message(), "/a/b: cannot open it: Permission denied");

	rg_error_set_kernel_text("Out of RMIDs");
	assert_string_equal(rdtgrp_error_kernel_text(), "Out of RMIDs");
	assert_string_equal(rdtgrp_error_message(),
			    "/a/b: cannot open it: Permission denied (Out of RMIDs)");
	rg_error_set_advice("be %s", "root");
	assert_string_equal(rdtgrp_error_advice(), "be root");

	/* The next one starts afresh. */
	assert_int_equal(rg_fail(-EBADF, NULL, "is no group"), -EBADF);
	assert_string_equal(rdtgrp_error_message(), "is no group");
	assert_string_equal(rdtgrp_error_object(), "");
	assert_string_equal(rdtgrp_error_kernel_text(), "");
	assert_string_equal(rdtgrp_error_advice(), "");

	assert_int_equal(rg_fail_nomem(), -ENOMEM);
	assert_int_equal(rdtgrp_error_code(), -ENOMEM);
}

/* Reporting one floor up, with the strings of the record itself. */
static void test_own_strings(void **state)
{
	(void)state;
	rg_fail(-EBADF, "/a", "one");
	assert_int_equal(rg_fail(-ENOENT, rdtgrp_error_object(), "two"), -ENOENT);
	assert_string_equal(rdtgrp_error_message(), "/a: two");
}

static void test_unknown_errno(void **state)
{
	(void)state;
	assert_int_equal(rg_fail_errno(-4095, "x", "cannot"), -4095);
	assert_string_equal(rdtgrp_error_message(), "x: cannot");
}

/* Names have any length and any bytes; the cause stays. */
static void test_long(void **state)
{
	char *name = malloc(100000);

	(void)state;
	assert_non_null(name);
	memset(name, 'n', 99999);
	name[99999] = '\0';
	rg_fail_errno(-EIO, name, "cannot read");
	rg_error_set_kernel_text(name);
	rg_error_set_advice("%s", name);
	assert_true(strlen(rdtgrp_error_object()) >= 4000);
	assert_non_null(strstr(rdtgrp_error_message(), ": cannot read: Input/output error (nnn"));
	assert_true(strlen(rdtgrp_error_kernel_text()) >= 512);
	assert_true(strlen(rdtgrp_error_advice()) > 0);
	free(name);

	rg_fail(-EIO, "a\n%s\033[1m", "is");
	assert_string_equal(rdtgrp_error_message(), "a\n%s\033[1m: is");
}

static void test_name_of(void **state)
{
	char long_path[5000];
	struct tree tree;
	char *expected;

	(void)state;
	tree_new(&tree);
	assert_string_equal(rg_name_of(tree.fd, NULL), tree.path);
	assert_true(asprintf(&expected, "%s/a/b", tree.path) > 0);
	assert_string_equal(rg_name_of(tree.fd, "a/b"), expected);
	free(expected);
	memset(long_path, 'p', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_true(strlen(rg_name_of(tree.fd, long_path)) > 4000);
	/* Without /proc it is the number. */
	fault_arm(CALL_READLINK, 0, EACCES, false);
	assert_string_equal(rg_name_of(9999, "x"), "fd 9999/x");
	assert_true(fault_disarm());
	tree_free(&tree);
}

static void *fail_in_thread(void *unused)
{
	(void)unused;
	if (rdtgrp_error_code() != 0)
		return NULL;
	rg_fail(-EXDEV, "thread", "is another");
	return (void *)(uintptr_t)(rdtgrp_error_code() == -EXDEV);
}

static void test_per_thread(void **state)
{
	pthread_t thread;
	void *result;

	(void)state;
	rg_fail(-EIO, "main", "failed");
	assert_int_equal(pthread_create(&thread, NULL, fail_in_thread, NULL), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_non_null(result);
	assert_string_equal(rdtgrp_error_message(), "main: failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),	    cmocka_unit_test(test_record),
		cmocka_unit_test(test_own_strings), cmocka_unit_test(test_unknown_errno),
		cmocka_unit_test(test_long),	    cmocka_unit_test(test_name_of),
		cmocka_unit_test(test_per_thread),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
