/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and moving threads and processes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "live.h"

#define AUTO_CHILD __attribute__((cleanup(end_child))) pid_t

static void end_child(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
}

/* A process that sits in `body` until it is killed; it has written a byte by then, so it is ready. */
static pid_t start_child(void (*body)(int ready))
{
	int fds[2];
	pid_t pid;
	char byte;

	if (!CHECK(!pipe2(fds, O_CLOEXEC)))
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(fds[1]);
		_exit(1);
	}
	close(fds[1]);
	CHECK(read(fds[0], &byte, 1) == 1);
	close(fds[0]);
	return pid;
}

static void ready_and_wait(int ready)
{
	if (write(ready, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static bool has_task(const struct rdtgrp *group, pid_t tid)
{
	size_t count = 12345;
	pid_t *tids = NULL;
	bool found = false;

	if (!CHECK_RC(rdtgrp_read_tasks(group, &tids, &count), 0))
		return false;
	CHECK(!tids == !count);
	for (size_t i = 0; i < count; i++)
		found |= tids[i] == tid;
	free(tids);
	return found;
}

static void move_one(void)
{
	AUTO_CHILD pid = start_child(ready_and_wait);
	AUTO_GROUP group = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_GROUP root = NULL;
	pid_t *tids = (pid_t *)&live;
	size_t count = 7;

	NEED(live_open_group(".", &root));
	NEED(live_make_group("g", &group));
	NEED(live_make_group("g/mon_groups/m", &mon));
	NEED_RC(rdtgrp_read_tasks(group, &tids, &count), 0);
	CHECK(!tids);
	CHECK_U64(count, 0);
	CHECK(has_task(root, pid));
	NEED_RC(rdtgrp_move_task(group, pid), 0);
	CHECK(has_task(group, pid));
	CHECK(!has_task(root, pid));
	CHECK(!has_task(mon, pid));
	/* A CTRL_MON group lists the tasks of its MON groups as well. */
	NEED_RC(rdtgrp_move_task(mon, pid), 0);
	CHECK(has_task(mon, pid));
	CHECK(has_task(group, pid));
	NEED_RC(rdtgrp_move_task(root, pid), 0);
	CHECK(has_task(root, pid));
	CHECK(!has_task(mon, pid));
}

static void move_oneself(void *argument)
{
	struct rdtgrp *group = argument;

	NEED_RC(rdtgrp_move_task(group, 0), 0);
	CHECK(has_task(group, getpid()));
}

static void the_caller(void)
{
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	live_in_child(move_oneself, group);
}

static void removal_sends_home(void)
{
	AUTO_CHILD pid = start_child(ready_and_wait);
	AUTO_GROUP group = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_GROUP root = NULL;

	NEED(live_open_group(".", &root));
	NEED(live_make_group("g", &group));
	NEED(live_make_group("g/mon_groups/m", &mon));
	NEED_RC(rdtgrp_move_task(group, pid), 0);
	NEED_RC(rdtgrp_move_task(mon, pid), 0);
	NEED_RC(rdtgrp_remove(mon), 0);
	CHECK(has_task(group, pid));
	NEED_RC(rdtgrp_remove(group), 0);
	CHECK(has_task(root, pid));
}

static void refusals(void)
{
	AUTO_CHILD pid = start_child(ready_and_wait);
	AUTO_CHILD past = start_child(ready_and_wait);
	pid_t reaped = past, *tids = (pid_t *)&live;
	AUTO_GROUP group = NULL;
	AUTO_GROUP foreign = NULL;
	size_t count = 7;

	NEED(live_make_group("g", &group));
	NEED(live_make("h"));
	NEED(live_make_group("h/mon_groups/m", &foreign));
	end_child(&past);
	past = 0;
	CHECK_RC(rdtgrp_move_task(group, reaped), -ESRCH);
	CHECK(*rdtgrp_error_message());
	CHECK_RC(rdtgrp_move_process(group, reaped), -ESRCH);
	CHECK_RC(rdtgrp_move_task(group, -1), -EINVAL);
	CHECK_RC(rdtgrp_move_process(group, -1), -EINVAL);
	/* A MON group takes only what its CTRL_MON group has. */
	CHECK_RC(rdtgrp_move_task(group, pid), 0);
	CHECK_RC(rdtgrp_move_task(foreign, pid), -EINVAL);
	CHECK(strstr(rdtgrp_error_kernel_text(), "different control group"));
	CHECK_RC(rdtgrp_move_process(foreign, pid), -EINVAL);
	CHECK(has_task(group, pid));
	NEED(live_rmdir("g"));
	CHECK_RC(rdtgrp_move_task(group, pid), -ENOENT);
	CHECK_RC(rdtgrp_move_process(group, pid), -ENOENT);
	CHECK_RC(rdtgrp_read_tasks(group, &tids, &count), -ENOENT);
	CHECK(tids == (pid_t *)&live);
	CHECK_U64(count, 7);
}

struct nobodys_case {
	struct rdtgrp *group, *owned;
	pid_t other;
};

static void nobody_moves(void *argument)
{
	const struct nobodys_case *c = argument;
	pid_t *tids = NULL;
	size_t count;

	CHECK_RC(rdtgrp_move_task(c->group, 0), -EACCES);
	CHECK(strstr(rdtgrp_error_advice(), "CAP_"));
	CHECK_RC(rdtgrp_move_process(c->group, getpid()), -EACCES);
	/* It may write to the file, but another user's thread is not its to move. */
	CHECK_RC(rdtgrp_move_task(c->owned, c->other), -EPERM);
	CHECK_RC(rdtgrp_move_task(c->owned, 0), 0);
	CHECK(has_task(c->owned, getpid()));
	CHECK_RC(rdtgrp_read_tasks(c->group, &tids, &count), 0);
	free(tids);
}

static void not_permitted(void)
{
	AUTO_CHILD other = start_child(ready_and_wait);
	AUTO_GROUP group = NULL;
	AUTO_GROUP owned = NULL;
	struct nobodys_case c;

	NEED(live_make_group("g", &group));
	NEED(live_make_group("h", &owned));
	if (fchownat(live.root_fd, "h/tasks", 65534, 65534, 0) < 0) {
		tap_skip("tasks cannot be given away: %s", strerror(errno));
		return;
	}
	c = (struct nobodys_case){group, owned, other};
	live_as_nobody(nobody_moves, &c);
}

static void *wait_for_ever(void *argument)
{
	(void)argument;
	for (;;)
		pause();
	return NULL;
}

/* A process of which the first thread has ended while another one goes on is still to be moved. */
static void leaderless(int ready)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, wait_for_ever, NULL) || write(ready, "r", 1) != 1)
		_exit(1);
	syscall(SYS_exit, 0); /* of this thread alone */
}

static size_t threads_of(pid_t pid, pid_t *tids, size_t max)
{
	char path[64];
	size_t count = 0;
	int fd;
	char buffer[32768];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!CHECK(fd >= 0))
		return 0;
	while ((length = getdents64(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0; at < length;) {
			const struct dirent64 *entry = (const void *)(buffer + at);

			if (entry->d_name[0] != '.' && count < max)
				tids[count++] = atoi(entry->d_name);
			at += entry->d_reclen;
		}
	close(fd);
	return count;
}

static void move_leaderless(void)
{
	AUTO_CHILD pid = start_child(leaderless);
	AUTO_GROUP group = NULL;
	pid_t tids[8];
	size_t count;

	NEED(live_make_group("g", &group));
	NEED_RC(rdtgrp_move_process(group, pid), 0);
	count = threads_of(pid, tids, 8);
	CHECK(count >= 1);
	for (size_t i = 0; i < count; i++)
		CHECK(tids[i] == pid || has_task(group, tids[i]));
}

/* To move the first ones takes so long that there are new ones afterwards. */
#define THREADS_FIRST 200
#define THREADS_LATER 600
/* What a kernel copies when a thread starts another, a simulator cannot see: a few do for that. */
#define SIMULATED_LATER 100
#define THREADS_MAX (THREADS_FIRST + THREADS_LATER + 1)

/* Each thread starts the next one: one that is missed by the move misses all that come after it. */
static void *start_next(void *argument)
{
	size_t left = (size_t)(uintptr_t)argument;
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	sched_yield();
	if (left && pthread_create(&thread, &attributes, start_next, (void *)(uintptr_t)(left - 1)))
		_exit(1);
	return wait_for_ever(NULL);
}

static size_t later(void)
{
	return live.simulator ? SIMULATED_LATER : THREADS_LATER;
}

static void growing(int ready)
{
	pthread_t thread;

	for (int i = 0; i < THREADS_FIRST; i++)
		pthread_create(&thread, NULL, wait_for_ever, NULL);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	start_next((void *)(uintptr_t)later());
}

/* Move a process while it starts threads. Returns how many of its threads are not in the group then. */
static size_t count_missed(const struct rdtgrp *group)
{
	AUTO_CHILD pid = start_child(growing);
	pid_t before[THREADS_MAX], after[THREADS_MAX], *tids = NULL;
	size_t count, moved, more, missed = 0;
	int rc;

	do
		count = threads_of(pid, before, THREADS_MAX);
	while (count < THREADS_FIRST + 5);
	do
		rc = rdtgrp_move_process(group, pid);
	while (rc == -EAGAIN);
	if (!CHECK_RC(rc, 0))
		return SIZE_MAX;
	do
		more = threads_of(pid, after, THREADS_MAX);
	while (more < 1 + THREADS_FIRST + later());
	if (!CHECK_RC(rdtgrp_read_tasks(group, &tids, &moved), 0))
		return SIZE_MAX;
	for (size_t i = 0; i < (live.simulator ? count : more); i++) {
		pid_t tid = live.simulator ? before[i] : after[i];
		bool found = false;

		for (size_t k = 0; k < moved; k++)
			found |= tids[k] == tid;
		missed += !found;
	}
	tap_note("%zu threads before, %zu in the end, %zu missed", count, more, missed);
	free(tids);
	return missed;
}

/*
 * The kernel lets a thread be missed that is just being started, which is rare even where a CPU may stop in
 * the middle of it. A move that went over the threads only once would miss some more often than not.
 */
static void move_growing(void)
{
	AUTO_GROUP group = NULL;
	int lead = 0;

	NEED(live_make_group("g", &group));
	while (lead > -3 && lead < 3) {
		size_t missed = count_missed(group);

		NEED(missed != SIZE_MAX);
		lead += missed == 0 ? 1 : -1;
	}
	CHECK(lead > 0);
}

static const struct tap_case cases[] = {
	{"move a thread", move_one},
	{"move the caller", the_caller},
	{"removing a group sends its threads to the parent", removal_sends_home},
	{"refusals: ESRCH, EINVAL, ENOENT", refusals},
	{"not permitted: EACCES, EPERM", not_permitted},
	{"move a process whose first thread has ended", move_leaderless},
	{"move a process that starts threads meanwhile", move_growing},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
