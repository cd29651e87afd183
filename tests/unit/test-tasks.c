/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library writes to the file tasks is taken down by a hook, and answered by it. */
#include "support.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct {
	pid_t tids[10000];
	size_t count;
	/* Answer the write with this number (from 0) with this errno. */
	size_t number;
	int error;
	/* Start so many more threads, one at each write. */
	size_t threads;
} written;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t end = PTHREAD_COND_INITIALIZER;
static bool ended;
static pthread_t started[1000];
static size_t started_count;

static void *wait_for_end(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&lock);
	while (!ended)
		pthread_cond_wait(&end, &lock);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void start_thread(void)
{
	assert_true(started_count < COUNT(started));
	assert_int_equal(pthread_create(&started[started_count], NULL, wait_for_end, NULL), 0);
	started_count++;
}

static void end_threads(void)
{
	pthread_mutex_lock(&lock);
	ended = true;
	pthread_cond_broadcast(&end);
	pthread_mutex_unlock(&lock);
	while (started_count)
		pthread_join(started[--started_count], NULL);
	ended = false;
}

static int take_down(int fd, const char *text, size_t size)
{
	char copy[32], *tail;
	size_t number = written.count;

	(void)fd;
	/* One command, one write, one thread. */
	assert_true(size > 0 && size < sizeof(copy));
	memcpy(copy, text, size);
	copy[size] = '\0';
	assert_true(number < COUNT(written.tids));
	written.tids[written.count++] = (pid_t)strtol(copy, &tail, 10);
	assert_string_equal(tail, "\n");
	if (written.threads) {
		written.threads--;
		start_thread();
	}
	return written.error && number == written.number ? written.error : 0;
}

static bool was_written(pid_t tid)
{
	for (size_t i = 0; i < written.count; i++)
		if (written.tids[i] == tid)
			return true;
	return false;
}

static int setup(void **state)
{
	static struct tree tree;

	tree_new_intel(&tree);
	*state = &tree;
	memset(&written, 0, sizeof(written));
	return 0;
}

static int teardown(void **state)
{
	hooks = (struct hooks){0};
	end_threads();
	tree_free(*state);
	return 0;
}

static void test_read(void **state)
{
	static const struct {
		const char *text;
		int error;
		size_t count;
		pid_t tids[3];
	} rows[] = {
		{"", 0, 0, {0}},
		{"1\n", 0, 1, {1}},
		{"30\n20\n4194304\n", 0, 3, {30, 20, 4194304}},
		{"2147483647\n", 0, 1, {2147483647}},
		{"2147483648\n", -EBADMSG, 0, {0}},
		{"99999999999999999999\n", -EBADMSG, 0, {0}},
		{"1", -EBADMSG, 0, {0}},
		{"1\n2", -EBADMSG, 0, {0}},
		{"\n", -EBADMSG, 0, {0}},
		{"1\n\n", -EBADMSG, 0, {0}},
		{"-1\n", -EBADMSG, 0, {0}},
		{" 1\n", -EBADMSG, 0, {0}},
		{"1 \n", -EBADMSG, 0, {0}},
		{"1,2\n", -EBADMSG, 0, {0}},
		{"x\n", -EBADMSG, 0, {0}},
	};
	struct rdtgrp *group = tree_open(*state, "g1");

	for (size_t i = 0; i < COUNT(rows); i++) {
		pid_t mark, *tids = &mark;
		size_t count = 42;

		tree_write(*state, "g1/tasks", rows[i].text);
		if (rows[i].error) {
			assert_fails(rdtgrp_read_tasks(group, &tids, &count), rows[i].error);
			assert_ptr_equal(tids, &mark);
			assert_int_equal(count, 42);
			assert_non_null(strstr(rdtgrp_error_object(), "g1/tasks"));
			continue;
		}
		assert_int_equal(rdtgrp_read_tasks(group, &tids, &count), 0);
		assert_int_equal(count, rows[i].count);
		assert_int_equal(tids != NULL, count != 0);
		for (size_t j = 0; j < count; j++)
			assert_int_equal(tids[j], rows[i].tids[j]);
		free(tids);
	}
	rdtgrp_unref(group);
}

static void test_read_many(void **state)
{
	const unsigned int many = 100000;
	struct rdtgrp *group = tree_open(*state, "g1");
	char *text = malloc(many * 8), *p = text;
	pid_t *tids = NULL;
	size_t count = 0;

	assert_non_null(text);
	for (unsigned int i = 0; i < many; i++)
		p += sprintf(p, "%u\n", many - i);
	tree_write(*state, "g1/tasks", text);
	assert_int_equal(rdtgrp_read_tasks(group, &tids, &count), 0);
	assert_int_equal(count, many);
	for (unsigned int i = 0; i < many; i++)
		assert_true(tids[i] == (pid_t)(many - i));
	free(tids);
	free(text);
	rdtgrp_unref(group);
}

static void test_gone(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1");
	pid_t *tids = NULL;
	size_t count;

	tree_remove(*state, "g1");
	assert_fails(rdtgrp_read_tasks(group, &tids, &count), -ENOENT);
	assert_fails(rdtgrp_move_task(group, 0), -ENOENT);
	assert_fails(rdtgrp_move_process(group, getpid()), -ENOENT);
	assert_null(tids);
	rdtgrp_unref(group);
}

static void test_move_task(void **state)
{
	static const int errors[] = {ESRCH, EPERM, EINVAL, ENODEV};
	struct rdtgrp *group = tree_open(*state, "g1");

	assert_fails(rdtgrp_move_task(group, -1), -EINVAL);
	assert_int_equal(rdtgrp_move_task(group, 0), 0);
	hooks.before_write = take_down;
	assert_int_equal(rdtgrp_move_task(group, 2147483647), 0);
	assert_int_equal(written.count, 1);
	assert_int_equal(written.tids[0], 2147483647);
	for (size_t i = 0; i < COUNT(errors); i++) {
		written.number = written.count;
		written.error = errors[i];
		assert_fails(rdtgrp_move_task(group, 7),
			     errors[i] == ENODEV ? -ENOENT : -errors[i]);
		if (errors[i] == EPERM)
			assert_non_null(strstr(rdtgrp_error_advice(), "user id 0"));
	}
	rdtgrp_unref(group);
}

static void test_move_process(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1");
	struct dirent *entry;
	unsigned int threads = 0;
	DIR *dir;

	for (int i = 0; i < 5; i++)
		start_thread();
	/* More are started meanwhile, and found. */
	written.threads = 7;
	hooks.before_write = take_down;
	assert_int_equal(rdtgrp_move_process(group, getpid()), 0);

	dir = opendir("/proc/self/task");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		threads++;
		assert_true(was_written((pid_t)atol(entry->d_name)));
	}
	closedir(dir);
	assert_true(threads >= 13);
	/* Each of them once. */
	assert_int_equal(written.count, threads);
	rdtgrp_unref(group);
}

/* A thread that ends between the listing and its move is no failure, another refusal is one. */
static void test_move_process_errors(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1");

	for (int i = 0; i < 3; i++)
		start_thread();
	hooks.before_write = take_down;
	written.number = 1;
	written.error = ESRCH;
	assert_int_equal(rdtgrp_move_process(group, getpid()), 0);
	written.count = 0;
	written.error = EPERM;
	assert_fails(rdtgrp_move_process(group, getpid()), -EPERM);
	assert_int_equal(written.count, 2);

	assert_fails(rdtgrp_move_process(group, 0), -EINVAL);
	assert_fails(rdtgrp_move_process(group, -1), -EINVAL);
	rdtgrp_unref(group);
}

static void test_no_process(void **state)
{
	pid_t pid = fork();
	struct rdtgrp *group;

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	group = tree_open(*state, "g1");
	assert_fails(rdtgrp_move_process(group, pid), -ESRCH);
	assert_non_null(strstr(rdtgrp_error_message(), "no such process"));
	/* It ends just when it is to be listed. */
	fault_arm(CALL_GETDENTS64, 0, ESRCH, false);
	assert_fails(rdtgrp_move_process(group, getpid()), -ESRCH);
	assert_true(fault_disarm());
	rdtgrp_unref(group);
}

/* It does not go on for ever with a process that starts threads for ever. */
static void test_never_still(void **state)
{
	struct rdtgrp *group = tree_open(*state, "g1");

	hooks.before_write = take_down;
	written.threads = SIZE_MAX;
	assert_fails(rdtgrp_move_process(group, getpid()), -EAGAIN);
	assert_true(written.count >= 100);
	rdtgrp_unref(group);
}

struct moving {
	struct rdtgrp *group;
	pid_t *tids;
	size_t count;
};

static pid_t nothing;

static int run_read(void *data)
{
	struct moving *moving = data;

	moving->tids = &nothing;
	moving->count = 42;
	return rdtgrp_read_tasks(moving->group, &moving->tids, &moving->count);
}

static void release_read(void *data)
{
	free(((struct moving *)data)->tids);
}

static bool read_untouched(const void *data)
{
	const struct moving *moving = data;

	return moving->tids == &nothing && moving->count == 42;
}

static int run_task(void *data)
{
	return rdtgrp_move_task(((struct moving *)data)->group, 1);
}

static int run_process(void *data)
{
	return rdtgrp_move_process(((struct moving *)data)->group, getpid());
}

static void release_nothing(void *data)
{
	(void)data;
}

static bool always(const void *data)
{
	(void)data;
	return true;
}

static void test_fails(void **state)
{
	const struct operation read = {run_read, release_read, read_untouched, NULL};
	const struct operation task = {run_task, release_nothing, always, NULL};
	const struct operation process = {run_process, release_nothing, always, NULL};
	struct moving moving = {.group = tree_open(*state, "g1")};
	unsigned int hits[CALL_COUNT];

	tree_write(*state, "g1/tasks", "1\n2\n3\n");
	fail_everything(&read, &moving, hits);
	assert_true(hits[CALL_MEMORY] >= 2 && hits[CALL_READ] > 0 && hits[CALL_SYSCALL] > 0);
	fail_everything(&task, &moving, hits);
	assert_true(hits[CALL_WRITE] > 0 && hits[CALL_SYSCALL] > 0);
	fail_everything(&process, &moving, hits);
	assert_true(hits[CALL_MEMORY] > 0 && hits[CALL_WRITE] > 0 && hits[CALL_GETDENTS64] > 0);
	rdtgrp_unref(moving.group);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_read),	    T(test_read_many),	  T(test_gone),
		T(test_move_task),  T(test_move_process), T(test_move_process_errors),
		T(test_no_process), T(test_never_still),  T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
