/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>

#include "log.h"

static struct {
	unsigned int calls;
	int priority;
	char message[4096];
} last;

static int mark;

static void record(int priority, const char *message, void *userdata)
{
	assert_ptr_equal(userdata, &mark);
	last.calls++;
	last.priority = priority;
	snprintf(last.message, sizeof(last.message), "%s", message);
	errno = EXDEV;
}

static void test_silent(void **state)
{
	(void)state;
	last.calls = 0;
	rg_log(LOG_ERR, "nobody listens");
	rdtgrp_set_log(record, LOG_DEBUG, &mark);
	rdtgrp_set_log(NULL, LOG_DEBUG, NULL);
	rg_log(LOG_ERR, "nobody listens");
	assert_int_equal(last.calls, 0);
}

static void test_priorities(void **state)
{
	(void)state;
	for (int max = LOG_ERR; max <= LOG_DEBUG; max++) {
		rdtgrp_set_log(record, max, &mark);
		for (int priority = LOG_ERR; priority <= LOG_DEBUG; priority++) {
			last.calls = 0;
			rg_log(priority, "message %d", priority);
			assert_int_equal(last.calls, priority <= max);
			if (priority <= max) {
				assert_int_equal(last.priority, priority);
				assert_int_equal(last.message[strlen("message ")], '0' + priority);
			}
		}
	}
	rdtgrp_set_log(NULL, 0, NULL);
}

static void test_errno_is_kept(void **state)
{
	(void)state;
	rdtgrp_set_log(record, LOG_DEBUG, &mark);
	errno = ENOTTY;
	rg_log(LOG_INFO, "x");
	assert_int_equal(errno, ENOTTY);
	rdtgrp_set_log(NULL, 0, NULL);
}

static void test_failure_is_logged(void **state)
{
	struct rdtgrp *group;

	(void)state;
	rdtgrp_set_log(record, LOG_DEBUG, &mark);
	last.calls = 0;
	assert_fails(rdtgrp_open("/no/such\npath", 0, &group), -ENOENT);
	assert_true(last.calls > 0);
	/* One line, whatever the file is called. */
	assert_null(strchr(last.message, '\n'));
	rdtgrp_set_log(NULL, 0, NULL);
}

static void call_library(int priority, const char *message, void *userdata)
{
	struct rdtgrp *group;

	record(priority, message, userdata);
	if (last.calls < 3)
		assert_int_equal(rdtgrp_open("", 0, &group), -EINVAL);
	rdtgrp_set_log(call_library, LOG_DEBUG, &mark);
}

/* A callback may call the library, and set itself. */
static void test_callback_calls_library(void **state)
{
	(void)state;
	last.calls = 0;
	rdtgrp_set_log(call_library, LOG_DEBUG, &mark);
	rg_log(LOG_INFO, "x");
	assert_int_equal(last.calls, 3);
	rdtgrp_set_log(NULL, 0, NULL);
}

static void test_long(void **state)
{
	char *text = malloc(100000);

	(void)state;
	assert_non_null(text);
	memset(text, 't', 99999);
	text[99999] = '\0';
	rdtgrp_set_log(record, LOG_DEBUG, &mark);
	rg_log(LOG_INFO, "%s", text);
	assert_true(strlen(last.message) > 1000);
	free(text);
	rdtgrp_set_log(NULL, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_priorities),
		cmocka_unit_test(test_errno_is_kept),
		cmocka_unit_test(test_failure_is_logged),
		cmocka_unit_test(test_callback_calls_library),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
