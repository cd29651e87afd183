/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many threads with the same objects, while the tree changes under them. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "live.h"

#define D live_domain(0)
#define E "mbm_total_bytes"
#define THREADS 8
#define ROUNDS 60

static struct rdtgrp *shared;
static pthread_barrier_t start;
static atomic_int wrong;

/* The checks of tap.h are for one thread. */
static void expect(bool ok, const char *what)
{
	if (!ok && !atomic_fetch_add(&wrong, 1))
		tap_note("in a thread: not so: %s", what);
}

#define EXPECT(condition) expect((condition), #condition)

static bool run_threads(void *(*body)(void *))
{
	pthread_t threads[THREADS];
	size_t count = 0;

	atomic_store(&wrong, 0);
	pthread_barrier_init(&start, NULL, THREADS);
	while (count < THREADS &&
	       !pthread_create(&threads[count], NULL, body, (void *)(uintptr_t)count))
		count++;
	/* Fewer would wait for ever at the barrier, which the case's time limit ends. */
	while (count)
		pthread_join(threads[--count], NULL);
	pthread_barrier_destroy(&start);
	return CHECK(!atomic_load(&wrong));
}

static void *read_shared(void *argument)
{
	struct rdtgrp_value value;
	uint64_t last = 0;

	(void)argument;
	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++) {
		struct rdtgrp *mine = NULL;
		struct rdtgrp_snapshot *snapshot = NULL;
		struct rdtgrp_breakdown *breakdown = NULL;

		EXPECT(!rdtgrp_tryget_live(shared, &mine));
		EXPECT(!rdtgrp_read_value(mine, D, E, &value));
		EXPECT(value.status == RDTGRP_STATUS_OK);
		/* One counter, which grows, whoever reads it. */
		EXPECT(value.integer >= last);
		last = value.integer;
		EXPECT(!rdtgrp_snapshot_read(mine, NULL, &snapshot));
		EXPECT(!rdtgrp_breakdown_read(mine, D, E, &breakdown));
		rdtgrp_snapshot_unref(snapshot);
		rdtgrp_breakdown_unref(breakdown);
		EXPECT(rdtgrp_is_live(rdtgrp_ref(mine)) == 1);
		rdtgrp_unref(mine);
		rdtgrp_unref(mine);
	}
	return NULL;
}

static void one_handle(void)
{
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	NEED(live_make("g/mon_groups/m"));
	shared = group;
	run_threads(read_shared);
	CHECK_RC(rdtgrp_is_live(group), 1);
}

static void *fail_in_own_way(void *argument)
{
	size_t index = (size_t)(uintptr_t)argument;
	char event[32];

	EXPECT(!rdtgrp_error_code());
	EXPECT(!strcmp(rdtgrp_error_message(), ""));
	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++) {
		struct rdtgrp_value value;

		snprintf(event, sizeof(event), "no_event_%zu", index);
		if (index % 2) {
			EXPECT(rdtgrp_read_value(shared, D, event, &value) == -ENOENT);
			EXPECT(rdtgrp_error_code() == -ENOENT);
			EXPECT(strstr(rdtgrp_error_message(), event));
		} else {
			EXPECT(rdtgrp_read_value(shared, D, "a/b", &value) == -EINVAL);
			EXPECT(rdtgrp_error_code() == -EINVAL);
			EXPECT(!strstr(rdtgrp_error_message(), "no_event"));
		}
	}
	return NULL;
}

static void own_error_records(void)
{
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	shared = group;
	run_threads(fail_in_own_way);
	CHECK_RC(rdtgrp_error_code(), 0);
}

static void *come_and_go(void *argument)
{
	size_t index = (size_t)(uintptr_t)argument;
	char name[32];

	pthread_barrier_wait(&start);
	snprintf(name, sizeof(name), "t%zu", index);
	for (int i = 0; i < ROUNDS / 2; i++) {
		struct rdtgrp *mine = NULL;
		struct rdtgrp_tree *tree = NULL;
		struct rdtgrp_breakdown *breakdown = NULL;
		struct rdtgrp_value value;
		int rc = rdtgrp_create(shared, RDTGRP_TYPE_MON, name, &mine);

		/* Removed groups may hold the last RMIDs for a while. */
		EXPECT(!rc || rc == -EBUSY || rc == -ENOSPC);
		EXPECT(!rdtgrp_tree_read(shared, &tree));
		for (size_t at = 0; at < rdtgrp_tree_count(tree); at++) {
			struct rdtgrp *other = NULL;

			rc = rdtgrp_tree_open(tree, at, &other);
			EXPECT(!rc || rc == -ENOENT);
			if (rc)
				continue;
			/* New groups have no counters where these are scarce. */
			EXPECT(!rdtgrp_read_value(other, D, "llc_occupancy", &value));
			EXPECT(value.status == RDTGRP_STATUS_OK ||
			       (value.status == RDTGRP_STATUS_GONE && at));
			rdtgrp_unref(other);
		}
		rdtgrp_tree_unref(tree);
		rc = rdtgrp_breakdown_read(shared, D, E, &breakdown);
		EXPECT(!rc || rc == -EAGAIN);
		rdtgrp_breakdown_unref(breakdown);
		if (mine) {
			EXPECT(!rdtgrp_remove(mine));
			EXPECT(!rdtgrp_read_value(mine, D, E, &value));
			EXPECT(value.status == RDTGRP_STATUS_GONE);
		}
		rdtgrp_unref(mine);
	}
	return NULL;
}

static void changing_tree(void)
{
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	shared = group;
	run_threads(come_and_go);
}

static struct rdtgrp *handles[THREADS];
static atomic_int readers;

/* All handles in a reader of its own, until all groups are gone. */
static void *read_until_gone(void *argument)
{
	bool gone[THREADS] = {false};
	struct rdtgrp_reader *reader = NULL;
	struct rdtgrp_value values[64];
	size_t left = THREADS;

	(void)argument;
	EXPECT(!rdtgrp_reader_new(0, &reader));
	for (size_t i = 0; i < THREADS; i++)
		EXPECT(!rdtgrp_reader_add(reader, handles[i], D, "llc_occupancy"));
	EXPECT(rdtgrp_reader_count(reader) == THREADS);
	EXPECT(!rdtgrp_reader_read(reader, values, 64));
	for (size_t i = 0; i < THREADS; i++)
		EXPECT(values[i].status == RDTGRP_STATUS_OK);
	atomic_fetch_add(&readers, 1);
	while (left && !atomic_load(&wrong)) {
		EXPECT(!rdtgrp_reader_read(reader, values, 64));
		for (size_t i = 0; i < THREADS; i++) {
			EXPECT(values[i].status == RDTGRP_STATUS_GONE ||
			       (values[i].status == RDTGRP_STATUS_OK && !gone[i]));
			if (values[i].status != RDTGRP_STATUS_GONE || gone[i])
				continue;
			gone[i] = true;
			left--;
			EXPECT(rdtgrp_is_live(handles[i]) == 0);
		}
	}
	for (size_t i = 0; i < THREADS; i++)
		EXPECT(!rdtgrp_reader_remove(reader, handles[i]));
	rdtgrp_reader_unref(reader);
	return NULL;
}

static void removed_meanwhile(void)
{
	pthread_t threads[THREADS];
	size_t count = 0, made = 0;
	char name[32];

	for (; made < THREADS; made++) {
		/* CTRL_MON groups and MON groups of the first one. */
		snprintf(name, sizeof(name), "g%s%zu", made % 2 ? "0/mon_groups/m" : "", made);
		if (!live_make_group(name, &handles[made]))
			break;
	}
	atomic_store(&wrong, 0);
	atomic_store(&readers, 0);
	while (made == THREADS && count < THREADS &&
	       CHECK(!pthread_create(&threads[count], NULL, read_until_gone, NULL)))
		count++;
	/* They have all of them before the first one goes. */
	while (atomic_load(&readers) < (int)count && !atomic_load(&wrong))
		sched_yield();
	/* The last one first: with the first one its MON groups go. */
	for (size_t i = made; i-- > 0;)
		CHECK_RC(rdtgrp_remove(handles[i]), 0);
	while (count)
		pthread_join(threads[--count], NULL);
	for (size_t i = 0; i < made; i++)
		handles[i] = rdtgrp_unref(handles[i]);
	CHECK(!atomic_load(&wrong));
}

static const struct tap_case cases[] = {
	{"one handle, many readers", one_handle},
	{"each thread has its own error record", own_error_records},
	{"groups come and go under everyone's eyes", changing_tree},
	{"a reader of all handles per thread, and the groups are removed", removed_meanwhile},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
