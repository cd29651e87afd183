/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reader's backend: one file held open for each value. */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "checks.h"
#include "file.h"
#include "group.h"
#include "util.h"
#include "value.h"

/* How many fds are given back when they run out: one to open files with, the others for the caller. */
#define ROOM 8

static void set_fd(struct rdtgrp_reader *reader, struct rg_planned *planned, int fd)
{
	reader->not_held -= planned->fd == RG_NOT_HELD;
	reader->not_held += fd == RG_NOT_HELD;
	planned->fd = fd;
}

static void close_file(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	rg_close(planned->fd);
	set_fd(reader, planned, RG_NOT_OPEN);
}

/* Returns whether there is room now. */
static bool make_room(struct rdtgrp_reader *reader)
{
	unsigned int given = 0;

	reader->full = true;
	for (size_t i = reader->count; i-- > 0 && given < ROOM;) {
		struct rg_planned *planned = &reader->values[i];

		if (planned->member && (planned->fd >= 0 || planned->event_fd >= 0)) {
			reader->backend->release(reader, planned);
			set_fd(reader, planned, RG_NOT_HELD);
			given++;
		}
	}
	return given > 0;
}

/* Returns an fd or a negative errno. */
static int open_value(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "mon_data/%s/%s", reader->domains.texts[planned->domain],
		 reader->events.texts[planned->event]);
	do
		fd = rg_open_beneath(planned->member->group->fd, path, O_RDONLY);
	while ((fd == -EMFILE || fd == -ENFILE) && make_room(reader));
	if (fd >= 0) {
		planned->inode = fstat(fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
		/* A domain that comes back does so with the CPUs that are online now. */
		reader->places_stale |= planned->offline;
		planned->offline = false;
	}
	return fd;
}

/* Hold a file that was opened, if there is room for it. */
static void keep(struct rdtgrp_reader *reader, struct rg_planned *planned, int fd)
{
	if (reader->full) {
		rg_close(fd);
		fd = RG_NOT_HELD;
	}
	set_fd(reader, planned, fd);
}

static int hold(struct rdtgrp_reader *reader, struct rg_planned *planned)
{
	int fd = open_value(reader, planned);

	if (fd == -EMFILE || fd == -ENFILE)
		set_fd(reader, planned, RG_NOT_HELD);
	else if (fd < 0)
		return fd;
	else
		keep(reader, planned, fd);
	return 0;
}

static void update(struct rdtgrp_reader *reader)
{
	/* In one pass: what is given back when fds run out again stays so. */
	for (size_t i = 0; i < reader->count && !reader->full; i++)
		if (reader->values[i].member && reader->values[i].fd == RG_NOT_HELD)
			hold(reader, &reader->values[i]);
}

static void set_status(struct rdtgrp_value *value, enum rdtgrp_status status, int error)
{
	*value = (struct rdtgrp_value){
		.status = status, .time_ns = rg_reader_now_ns(), .error = error};
}

/* Asks once per reading. */
static bool is_gone(struct rdtgrp_reader *reader, struct rg_member *member)
{
	if (!member->gone && member->seen != reader->reading) {
		if (rg_check_live(member->group->fd) == 0) {
			member->gone = true;
			rg_plan_release_member(reader, member);
		} else {
			member->seen = reader->reading;
		}
	}
	return member->gone;
}

static void set_missing(struct rdtgrp_reader *reader, struct rg_planned *planned,
			struct rdtgrp_value *value)
{
	char path[PATH_MAX];

	if (is_gone(reader, planned->member)) {
		set_status(value, RDTGRP_STATUS_GONE, -ENOENT);
		return;
	}
	snprintf(path, sizeof(path), "mon_data/%s", reader->domains.texts[planned->domain]);
	if (planned->offline || faccessat(planned->member->group->fd, path, F_OK, 0) < 0) {
		planned->offline = true;
		set_status(value, RDTGRP_STATUS_OFFLINE, -ENOENT);
		rg_reader_saw(reader, planned, value);
	} else {
		set_status(value, RDTGRP_STATUS_FAILED, -ENOENT);
	}
}

static void set_failure(struct rdtgrp_reader *reader, struct rg_planned *planned, int error,
			struct rdtgrp_value *value)
{
	switch (error) {
	case -ENOENT:
	case -ENODEV:
		set_missing(reader, planned, value);
		break;
	case -EACCES:
	case -EPERM:
		set_status(value, RDTGRP_STATUS_DENIED, error);
		break;
	default:
		set_status(value, RDTGRP_STATUS_FAILED, error);
	}
}

/* Returns 0 or a negative errno; the value is set on success. */
static inline int read_file(struct rdtgrp_reader *reader, int fd, struct rg_planned *planned,
			    struct rdtgrp_value *value)
{
	char text[RG_VALUE_TEXT_MAX];
	ssize_t n = rg_read_start(fd, text, sizeof(text));

	if (n < 0)
		return (int)n;
	value->time_ns = rg_reader_now_ns();
	/* There may be more where the buffer is full. */
	rg_value_parse(text, (size_t)n < sizeof(text) ? (size_t)n : 0, value);
	value->file_inode = planned->inode;
	value->error = 0;
	value->epoch = rg_planned_epoch(planned);
	rg_reader_saw(reader, planned, value);
	return 0;
}

static void read_closed(struct rdtgrp_reader *reader, struct rg_planned *planned,
			struct rdtgrp_value *value)
{
	int fd, r;

	if (!planned->member) {
		*value = (struct rdtgrp_value){0};
		return;
	}
	if (planned->member->gone) {
		set_status(value, RDTGRP_STATUS_GONE, -ENOENT);
		return;
	}
	if (planned->member->locked) {
		set_status(value, RDTGRP_STATUS_PSEUDO_LOCKED, 0);
		return;
	}
	fd = open_value(reader, planned);
	if (fd < 0) {
		set_failure(reader, planned, fd, value);
		return;
	}
	r = read_file(reader, fd, planned, value);
	if (r == -ENOENT || r == -ENODEV)
		rg_close(fd);
	else
		keep(reader, planned, fd);
	if (r < 0)
		set_failure(reader, planned, r, value);
}

static void read_value(struct rdtgrp_reader *reader, struct rdtgrp_value *values, uint32_t index)
{
	struct rg_planned *planned = &reader->values[index];
	struct rdtgrp_value *value = &values[index];
	int r;

	if (planned->fd >= 0) {
		r = read_file(reader, planned->fd, planned, value);
		if (r == 0)
			return;
		if (r != -ENOENT && r != -ENODEV) {
			set_failure(reader, planned, r, value);
			return;
		}
		/* The file is dead. The domain may be back by now, with another file. */
		close_file(reader, planned);
	}
	read_closed(reader, planned, value);
}

const struct rg_backend rg_backend_fs = {NULL, close_file, hold, close_file, update, read_value};
