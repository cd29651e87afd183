/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reader's backend: perf events, those of a group in a domain in one perf group, which is read by one
 * system call. The files are behind it: a value for which there is no event, or whose event has none to
 * tell, is read as the fs backend does it.
 */
#include "reader.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "group.h"
#include "pmu.h"
#include "util.h"
#include "value.h"

/* How often an event that has no value where the file has one is opened anew. */
#define TRIES 3

static struct rg_bundle *bundle_of(struct rdtgrp_reader *reader, const struct rg_planned *planned)
{
	return &reader->bundles[planned->bundle];
}

static uint32_t index_of(const struct rdtgrp_reader *reader, const struct rg_planned *planned)
{
	return (uint32_t)(planned - reader->values);
}

/* perf's clock is not slewed to keep up with the world's time either. */
static uint64_t now_raw_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* The leader goes last, so that perf need not make leaders of the others. */
static void close_events(struct rdtgrp_reader *reader, struct rg_bundle *bundle)
{
	while (bundle->open) {
		struct rg_planned *planned = &reader->values[bundle->values[--bundle->open]];

		rg_close(planned->event_fd);
		planned->event_fd = RG_EVENT_TO_TRY;
	}
}

static void close_event(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	struct rg_bundle *bundle = bundle_of(reader, planned);
	uint32_t i = 0;

	while (i < bundle->open && bundle->values[i] != index_of(reader, planned))
		i++;
	if (i == 0)
		close_events(reader, bundle);
	if (i >= bundle->open)
		return;
	rg_close(planned->event_fd);
	planned->event_fd = RG_EVENT_TO_TRY;
	bundle->open--;
	memmove(&bundle->values[i], &bundle->values[i + 1],
		(bundle->open - i) * sizeof(bundle->values[0]));
	memmove(&bundle->lost[i], &bundle->lost[i + 1],
		(bundle->open - i) * sizeof(bundle->lost[0]));
}

static void plan(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	uint32_t bundle = reader->free_bundle;

	planned->event_fd = RG_EVENT_TO_TRY;
	for (uint32_t i = planned->member->first; i != RG_NO_VALUE; i = reader->values[i].next)
		if (&reader->values[i] != planned && reader->values[i].domain == planned->domain &&
		    reader->bundles[reader->values[i].bundle].planned < RG_BUNDLE_MAX) {
			planned->bundle = reader->values[i].bundle;
			bundle_of(reader, planned)->planned++;
			return;
		}
	if (bundle == RG_NO_VALUE)
		bundle = (uint32_t)reader->bundle_count++;
	else
		reader->free_bundle = reader->bundles[bundle].next;
	reader->bundles[bundle] = (struct rg_bundle){.planned = 1};
	planned->bundle = bundle;
}

static void release(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	close_event(reader, planned);
	planned->event_fd = RG_EVENT_TO_TRY;
	rg_backend_fs.release(reader, planned);
}

static void forget(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	struct rg_bundle *bundle = bundle_of(reader, planned);

	release(reader, planned);
	if (--bundle->planned)
		return;
	bundle->next = reader->free_bundle;
	reader->free_bundle = planned->bundle;
}

/*
 * With Sub-NUMA Clustering the directory of a cache has the sums of its nodes, for which there is no event:
 * one opened in its place is that of a node. Returns 1, 0 or a negative errno.
 */
static int is_sum(const struct rdtgrp_reader *reader, const struct rg_planned *planned)
{
	RG_AUTO_DIR struct rg_dir dir = {.fd = -1};
	const char *domain = reader->domains.texts[planned->domain];
	char path[PATH_MAX];
	struct rg_dir_entry entry;
	int r;

	if (strchr(domain, '/'))
		return 0;
	snprintf(path, sizeof(path), "mon_data/%s", domain);
	r = rg_dir_open(planned->member->group->fd, path, &dir);
	if (r < 0)
		return r;
	while ((r = rg_dir_next(&dir, &entry)) > 0)
		if (entry.type == DT_DIR)
			return 1;
	return r;
}

/* Returns an fd or a negative errno. */
static int open_on(struct perf_event_attr *attr, int cpu, int leader)
{
	long fd;

	if (cpu < 0)
		return -ENODEV;
	fd = syscall(SYS_perf_event_open, attr, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

static int cpu_of(const struct rdtgrp_reader *reader, const struct rg_planned *planned)
{
	return reader->places[planned->domain].cpu;
}

/* Returns an fd, a negative errno or RG_EVENT_TO_TRY. */
static int open_event(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	struct rg_bundle *bundle = bundle_of(reader, planned);
	struct perf_event_attr attr;
	int fd, leader, r;

	if (reader->places_stale || planned->domain >= reader->place_count)
		rg_reader_find_places(reader);
	if (!reader->places[planned->domain].matters)
		return -EOPNOTSUPP;
	r = rg_pmu_describe(reader->pmu, reader->events.texts[planned->event],
			    planned->member->group->fd, &attr);
	if (r < 0)
		return r;
	r = bundle->open ? 0 : is_sum(reader, planned);
	if (r > 0)
		return -EOPNOTSUPP;
	if (r < 0)
		/* The domain has gone since its file was opened, or what stays until the next update. */
		return r == -ENOENT || r == -ENODEV ? RG_EVENT_TO_TRY : r;
	leader = bundle->open ? reader->values[bundle->values[0]].event_fd : -1;
	fd = open_on(&attr, cpu_of(reader, planned), leader);
	if (fd == -ENODEV || (fd == -EINVAL && leader >= 0)) {
		/* The CPU is offline by now; then the kernel has moved the leader to another one. */
		close_events(reader, bundle);
		rg_reader_find_places(reader);
		fd = open_on(&attr, cpu_of(reader, planned), -1);
	}
	return fd;
}

/* Open the value's event, for a value whose file is open, and close that then. */
static void hold_event(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	struct rg_bundle *bundle = bundle_of(reader, planned);
	char text[RG_VALUE_TEXT_MAX];
	ssize_t n;
	int fd;

	if (planned->event_fd >= 0)
		return;
	if (planned->fd < 0) {
		planned->event_fd = planned->fd == RG_NOT_HELD ? -EMFILE : RG_EVENT_TO_TRY;
		return;
	}
	fd = open_event(reader, planned);
	if (fd < 0) {
		planned->event_fd = fd;
		return;
	}
	/* The domain may have gone and come back since the file was opened. If the file is alive, it
	 * is the same. */
	n = rg_read_start(planned->fd, text, sizeof(text));
	if (n == -ENODEV || n == -ENOENT) {
		rg_close(fd);
		planned->event_fd = RG_EVENT_TO_TRY;
		return;
	}
	planned->event_fd = fd;
	if (!bundle->open) {
		bundle->running = 0;
		bundle->read_raw_ns = now_raw_ns();
		/* The values of this reading are there already. */
		bundle->reading = reader->reading;
	}
	bundle->values[bundle->open] = index_of(reader, planned);
	bundle->lost[bundle->open] = 0;
	bundle->open++;
	rg_backend_fs.release(reader, planned);
}

static int hold(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	int r = rg_backend_fs.hold(reader, planned);

	if (r == 0)
		hold_event(reader, planned);
	return r;
}

static void update(struct rdtgrp_reader *reader)
{
	rg_backend_fs.update(reader);
	for (size_t i = 0; i < reader->count; i++) {
		struct rg_planned *planned = &reader->values[i];

		if (!planned->member || planned->event_fd >= 0)
			continue;
		planned->tries = 0;
		hold_event(reader, planned);
	}
}

/* Close an event that is no good, and have it opened again if that has not been of no use before. */
static void open_anew(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	close_event(reader, planned);
	if (planned->tries == TRIES)
		planned->event_fd = -EIO;
	else
		planned->tries++;
}

static void read_file(struct rdtgrp_reader *reader, struct rdtgrp_value *values, uint32_t index)
{
	struct rg_planned *planned = &reader->values[index];

	rg_backend_fs.read(reader, values, index);
	if (!planned->member)
		return;
	if (planned->event_fd >= 0 && values[index].status == RDTGRP_STATUS_OK)
		/* The event has nothing to tell any more, such as one of a group that was
		 * pseudo-locked for a while; or the value has come back just now. */
		open_anew(reader, planned);
	else if (planned->event_fd >= 0)
		/* They agree. */
		planned->tries = 0;
	if (planned->event_fd == RG_EVENT_TO_TRY)
		hold_event(reader, planned);
}

/* What read(2) gives of a perf group. */
struct reading {
	uint64_t count;
	uint64_t enabled_ns;
	uint64_t running_ns;
	struct {
		uint64_t value;
		uint64_t lost;
	} events[RG_BUNDLE_MAX];
};

/*
 * Events that have been running for so much less than the time that has passed were stopped meanwhile, for
 * good with their domain, or for the kernel to move them to another CPU of it. The latter are opened anew,
 * on the CPU of our choice.
 */
#define STOPPED(ns) ((ns) / 256 + 1000000)

/* Returns whether all events of the bundle were read: with their domain their group breaks up, too. */
static bool read_group(const struct rdtgrp_reader *reader, const struct rg_bundle *bundle,
		       struct reading *ret_reading)
{
	int leader = reader->values[bundle->values[0]].event_fd;
	ssize_t n;

	do
		n = read(leader, ret_reading, sizeof(*ret_reading));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)(offsetof(struct reading, events) +
			      bundle->open * sizeof(ret_reading->events[0])) &&
	       ret_reading->count == bundle->open;
}

/*
 * Returns whether all events of the bundle were read and are alive. Those whose domain has gone show the last
 * count for ever, and their time stands still since then. So it is behind the time that has passed; but
 * clocks differ, and what may come of that and of a domain that went just now is told by a second reading.
 */
static bool read_events(const struct rdtgrp_reader *reader, struct rg_bundle *bundle,
			struct reading *ret_reading, uint64_t *ret_time_ns)
{
	uint64_t passed = now_raw_ns() - bundle->read_raw_ns, ran;

	if (!read_group(reader, bundle, ret_reading))
		return false;
	ran = ret_reading->running_ns - bundle->running;
	if (ran <= passed) {
		if (passed - ran > STOPPED(passed) || !read_group(reader, bundle, ret_reading) ||
		    ret_reading->running_ns - bundle->running == ran)
			return false;
	}
	*ret_time_ns = rg_reader_now_ns();
	bundle->running = ret_reading->running_ns;
	bundle->read_raw_ns = now_raw_ns();
	return true;
}

static void read_bundle(struct rdtgrp_reader *reader, struct rg_bundle *bundle,
			struct rdtgrp_value *values)
{
	/* It changes when events are closed and opened on the way. */
	const struct rg_bundle before = *bundle;
	uint32_t unread[RG_BUNDLE_MAX];
	size_t unread_count = 0;
	struct reading reading;
	uint64_t time_ns;
	bool alive = read_events(reader, bundle, &reading, &time_ns);

	bundle->reading = reader->reading;
	for (uint32_t i = 0; i < before.open; i++) {
		struct rg_planned *planned = &reader->values[before.values[i]];

		if (!alive || reading.events[i].lost != before.lost[i]) {
			if (alive)
				bundle->lost[i] = reading.events[i].lost;
			unread[unread_count++] = before.values[i];
			continue;
		}
		values[before.values[i]] = (struct rdtgrp_value){
			.status = RDTGRP_STATUS_OK,
			.integer = reading.events[i].value,
			.time_ns = time_ns,
			.file_inode = planned->inode,
			.epoch = rg_planned_epoch(planned),
		};
		rg_reader_saw(reader, planned, &values[before.values[i]]);
		planned->tries = 0;
		if (planned->fd != RG_NOT_OPEN)
			rg_backend_fs.release(reader, planned);
	}
	if (!alive) {
		reader->places_stale = true;
		for (uint32_t i = 0; i < before.open; i++)
			open_anew(reader, &reader->values[before.values[i]]);
	}
	for (size_t i = 0; i < unread_count; i++)
		read_file(reader, values, unread[i]);
}

static void read_value(struct rdtgrp_reader *reader, struct rdtgrp_value *values, uint32_t index)
{
	const struct rg_planned *planned = &reader->values[index];
	struct rg_bundle *bundle;

	if (!planned->member || planned->event_fd < 0) {
		read_file(reader, values, index);
		return;
	}
	bundle = bundle_of(reader, planned);
	if (bundle->reading != reader->reading)
		read_bundle(reader, bundle, values);
}

const struct rg_backend rg_backend_pmu = {plan, forget, hold, release, update, read_value};
