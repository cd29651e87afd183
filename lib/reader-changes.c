/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to a reader's groups and cannot be seen in their values: pseudo-locking gives a group's
 * RMID away while its files stay, and a CTRL_MON group's sums change when MON groups come and go. The
 * kernel tells both by inotify, as far as system calls bring them about.
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "checks.h"
#include "file.h"
#include "group.h"
#include "util.h"

#define NO_WATCH (-1)
#define CHILDREN_LEFT (IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

static bool is_pseudo_locked(const struct rg_member *member)
{
	enum rdtgrp_mode mode;

	/* Where it may not be read the group is believed, as at its opening. */
	return rg_read_effective_mode(member->group->fd, member->group->type, &mode) == 0 &&
	       (mode == RDTGRP_MODE_PSEUDO_LOCKSETUP || mode == RDTGRP_MODE_PSEUDO_LOCKED);
}

/* A number that differs between sets of MON groups; 0 where there are none or they cannot be listed. */
static uint64_t children_of(const struct rg_member *member)
{
	RG_AUTO_DIR struct rg_dir dir = {.fd = -1};
	struct rg_dir_entry entry;
	uint64_t sum = 0;

	if (member->group->type != RDTGRP_TYPE_CTRL_MON ||
	    rg_dir_open(member->group->fd, "mon_groups", &dir) < 0)
		return 0;
	while (rg_dir_next(&dir, &entry) > 0) {
		/* In any order, so a sum; mixed, so that inodes 1 and 4 are not 2 and 3. */
		uint64_t mixed = (entry.inode + 0x9e3779b97f4a7c15U) * 0xbf58476d1ce4e5b9U;

		sum += mixed ^ (mixed >> 29);
	}
	return sum;
}

/* Returns whether all that can happen to the file will be told, or there is no such file. */
static bool watch_file(struct rdtgrp_reader *reader, int dirfd, const char *name, uint32_t mask,
		       int *ret_watch)
{
	char path[64];
	int watch;

	if (faccessat(dirfd, name, F_OK, 0) < 0 && errno == ENOENT)
		return true;
	if (reader->inotify < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dirfd, name);
	watch = inotify_add_watch(reader->inotify, path, mask);
	if (watch < 0)
		return false;
	*ret_watch = watch;
	return true;
}

static bool watch_mode(struct rdtgrp_reader *reader, struct rg_member *member)
{
	RG_AUTO_CLOSE int parent = -1;

	/* The kernel refuses to lock the default group (fs/resctrl/pseudo_lock.c,
	 * rdtgroup_locksetup_enter). */
	if (member->group->is_default)
		return true;
	if (member->group->type == RDTGRP_TYPE_CTRL_MON)
		return watch_file(reader, member->group->fd, "mode", IN_MODIFY,
				  &member->mode_watch);
	parent = rg_open_parent(member->group->fd, member->group->type);
	return parent >= 0 && watch_file(reader, parent, "mode", IN_MODIFY, &member->mode_watch);
}

static bool watch_children(struct rdtgrp_reader *reader, struct rg_member *member)
{
	return member->group->type != RDTGRP_TYPE_CTRL_MON ||
	       watch_file(reader, member->group->fd, "mon_groups",
			  IN_CREATE | CHILDREN_LEFT | IN_ONLYDIR, &member->children_watch);
}

static void set_locked(struct rdtgrp_reader *reader, struct rg_member *member)
{
	bool locked = is_pseudo_locked(member);

	if (locked && !member->locked)
		rg_plan_release_member(reader, member);
	member->locked = locked;
}

/* The same file may be watched for several members: MON groups of one parent share its mode. */
static bool has_watch(const struct rdtgrp_reader *reader, int watch)
{
	for (size_t i = 0; i < reader->member_count; i++)
		if (reader->members[i]->mode_watch == watch ||
		    reader->members[i]->children_watch == watch)
			return true;
	return false;
}

static void end_watch(struct rdtgrp_reader *reader, int *watch)
{
	int former = *watch;

	*watch = NO_WATCH;
	if (former != NO_WATCH && !has_watch(reader, former))
		inotify_rm_watch(reader->inotify, former);
}

static void end_watches(struct rdtgrp_reader *reader, struct rg_member *member)
{
	end_watch(reader, &member->mode_watch);
	end_watch(reader, &member->children_watch);
}

void rg_reader_watch(struct rdtgrp_reader *reader, struct rg_member *member)
{
	if (reader->inotify < 0)
		reader->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	member->mode_watch = member->children_watch = NO_WATCH;
	member->watched = watch_mode(reader, member) && watch_children(reader, member);
	if (!member->watched) {
		end_watches(reader, member);
		member->children = children_of(member);
		reader->unwatched_count++;
	}
	/* After the watch began, so that no change is missed. */
	set_locked(reader, member);
}

void rg_reader_unwatch(struct rdtgrp_reader *reader, struct rg_member *member)
{
	end_watches(reader, member);
	reader->unwatched_count -= !member->watched;
	member->watched = true;
}

void rg_reader_watch_unwatched(struct rdtgrp_reader *reader)
{
	for (size_t i = 0; i < reader->member_count && reader->unwatched_count; i++) {
		struct rg_member *member = reader->members[i];
		uint64_t children = member->children;
		bool locked = member->locked;

		if (member->watched || member->gone || rg_check_live(member->group->fd) == 0)
			continue;
		rg_reader_unwatch(reader, member);
		rg_reader_watch(reader, member);
		/* What changed since it was last looked at is told by no watch that begins now. */
		if (locked != member->locked || children_of(member) != children) {
			member->epochs[0]++;
			member->epochs[1]++;
		}
	}
}

static struct rdtgrp_value *next_value(const struct rdtgrp_reader *reader,
				       struct rdtgrp_value *values, uint32_t *index,
				       const struct rg_planned **ret_planned)
{
	const struct rg_planned *planned = &reader->values[*index];
	struct rdtgrp_value *value = &values[*index];

	*ret_planned = planned;
	*index = planned->next;
	return value;
}

/* What has just been read may be of before or after it: neither difference makes sense. */
static void begin_epoch(const struct rdtgrp_reader *reader, struct rg_member *member,
			unsigned int which, struct rdtgrp_value *values)
{
	const struct rg_planned *planned;
	struct rdtgrp_value *value;

	member->epochs[which]++;
	for (uint32_t i = member->first; i != RG_NO_VALUE;) {
		value = next_value(reader, values, &i, &planned);
		if (planned->epoch == which && value->status == RDTGRP_STATUS_OK)
			value->epoch = rg_planned_epoch(planned);
	}
	member->epochs[which]++;
}

/*
 * The mode may have been changed and changed back. Whether the group had another RMID meanwhile cannot
 * be told then, so what has just been read is not believed either.
 */
static void mode_written(struct rdtgrp_reader *reader, struct rg_member *member,
			 struct rdtgrp_value *values)
{
	const struct rg_planned *planned;
	struct rdtgrp_value *value;

	set_locked(reader, member);
	for (uint32_t i = member->first; i != RG_NO_VALUE;) {
		value = next_value(reader, values, &i, &planned);
		if (value->status != RDTGRP_STATUS_GONE)
			*value = (struct rdtgrp_value){.status = RDTGRP_STATUS_PSEUDO_LOCKED,
						       .time_ns = value->time_ns};
	}
}

static void look_anew(struct rdtgrp_reader *reader, struct rg_member *member,
		      struct rdtgrp_value *values)
{
	bool was_locked = member->locked;
	uint64_t children = children_of(member);

	set_locked(reader, member);
	if (member->locked && !was_locked)
		mode_written(reader, member, values);
	if (children == member->children)
		return;
	member->children = children;
	begin_epoch(reader, member, 0, values);
	begin_epoch(reader, member, 1, values);
}

static void set_gone(struct rdtgrp_reader *reader, struct rg_member *member,
		     struct rdtgrp_value *values)
{
	const struct rg_planned *planned;
	struct rdtgrp_value *value;

	member->gone = true;
	rg_plan_release_member(reader, member);
	for (uint32_t i = member->first; i != RG_NO_VALUE;) {
		value = next_value(reader, values, &i, &planned);
		*value = (struct rdtgrp_value){
			.status = RDTGRP_STATUS_GONE, .time_ns = value->time_ns, .error = -ENOENT};
	}
}

/* Events were lost, or the watched file is no more: a MON group may have moved before that. */
static void watch_anew(struct rdtgrp_reader *reader, struct rg_member *member,
		       struct rdtgrp_value *values)
{
	if (rg_check_live(member->group->fd) == 0) {
		set_gone(reader, member, values);
		return;
	}
	mode_written(reader, member, values);
	begin_epoch(reader, member, 0, values);
	begin_epoch(reader, member, 1, values);
	rg_reader_unwatch(reader, member);
	rg_reader_watch(reader, member);
}

static void take_event(struct rdtgrp_reader *reader, const struct inotify_event *event,
		       struct rdtgrp_value *values)
{
	for (size_t i = 0; i < reader->member_count; i++) {
		struct rg_member *member = reader->members[i];
		bool mode = member->mode_watch == event->wd;
		bool children = member->children_watch == event->wd;

		if (event->mask & IN_Q_OVERFLOW) {
			watch_anew(reader, member, values);
			continue;
		}
		if (event->mask & IN_IGNORED) {
			/* The kernel has ended the watch itself. */
			if (mode)
				member->mode_watch = NO_WATCH;
			if (children)
				member->children_watch = NO_WATCH;
			if ((mode || children) && !member->gone)
				watch_anew(reader, member, values);
			continue;
		}
		if (mode && (event->mask & IN_MODIFY))
			mode_written(reader, member, values);
		if (children && (event->mask & CHILDREN_LEFT))
			begin_epoch(reader, member, 0, values);
		if (children)
			begin_epoch(reader, member, 1, values);
	}
}

/* Names are longer than NAME_MAX here (fs/kernfs has no bound but the page that a path must fit). */
union events {
	struct inotify_event first;
	char bytes[sizeof(struct inotify_event) + 4096];
};

static void take_events(struct rdtgrp_reader *reader, struct rdtgrp_value *values)
{
	union events buffer;
	ssize_t n;

	while ((n = read(reader->inotify, &buffer, sizeof(buffer))) > 0 ||
	       (n < 0 && errno == EINTR))
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event =
				(const struct inotify_event *)(buffer.bytes + at);

			take_event(reader, event, values);
			at += (ssize_t)sizeof(*event) + event->len;
		}
}

void rg_reader_see_changes(struct rdtgrp_reader *reader, struct rdtgrp_value *values)
{
	if (reader->inotify >= 0)
		take_events(reader, values);
	for (size_t i = 0; i < reader->member_count && reader->unwatched_count; i++)
		if (!reader->members[i]->watched && !reader->members[i]->gone)
			look_anew(reader, reader->members[i], values);
}
