/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "checks.h"
#include "error.h"
#include "file.h"
#include "group.h"
#include "log.h"
#include "names.h"
#include "util.h"

#define NO_WATCH (-1)
#define MASK (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)

/* A CTRL_MON group below the default group, whose MON groups are watched. */
struct child {
	char *name;
	int watch;
};

struct rdtgrp_watch {
	atomic_uint references;
	struct rdtgrp *group;
	int fd;
	int groups_watch; /* of the default group: where CTRL_MON groups are made */
	struct child *children;
	size_t count;
	size_t size;
};

/* Returns a watch or a negative errno. */
static int add_watch(struct rdtgrp_watch *watch, const char *path)
{
	RG_AUTO_CLOSE int fd = rg_open_beneath(watch->group->fd, path, O_PATH | O_DIRECTORY);
	char link[64];
	int r;

	if (fd < 0)
		return fd == -ENODEV ? -ENOENT : fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	r = inotify_add_watch(watch->fd, link, MASK);
	return r < 0 ? -errno : r;
}

static bool has_child(const struct rdtgrp_watch *watch, int descriptor)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->children[i].watch == descriptor)
			return true;
	return false;
}

/* A directory without MON groups, which is no group, is left out. Returns 0 or a negative errno. */
static int add_child(struct rdtgrp_watch *watch, const char *name)
{
	RG_AUTO_FREE char *path = NULL;
	RG_AUTO_FREE char *copy = strdup(name);
	int descriptor;

	if (!copy)
		return -ENOMEM;
	if (asprintf(&path, "%s/mon_groups", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (watch->count == watch->size) {
		size_t size = watch->size + watch->size / 2 + 8;
		struct child *p = reallocarray(watch->children, size, sizeof(*p));

		if (!p)
			return -ENOMEM;
		watch->children = p;
		watch->size = size;
	}
	descriptor = add_watch(watch, path);
	if (descriptor == -ENOENT || descriptor == -ENOTDIR)
		return 0;
	if (descriptor < 0)
		return descriptor;
	if (!has_child(watch, descriptor))
		watch->children[watch->count++] =
			(struct child){.name = RG_TAKE(copy), .watch = descriptor};
	return 0;
}

/*
 * The kernel keeps the watch of a removed directory for as long as something in it is open, which may be
 * in a reader, and it tells nothing any more.
 */
static void remove_child(struct rdtgrp_watch *watch, const char *name)
{
	for (size_t i = 0; i < watch->count; i++) {
		if (strcmp(watch->children[i].name, name) != 0)
			continue;
		inotify_rm_watch(watch->fd, watch->children[i].watch);
		rg_freep(&watch->children[i].name);
		watch->children[i] = watch->children[--watch->count];
		return;
	}
}

static int add_children(struct rdtgrp_watch *watch)
{
	RG_AUTO_NAMES struct rg_names names = {0};
	int r = rg_names_read(watch->group->fd, ".", &names, NULL);

	for (size_t i = 0; i < names.count && r == 0; i++)
		r = add_child(watch, names.names[i].text);
	return r;
}

/* The watch is set before what is there is looked at, so that nothing is missed. */
static int begin(struct rdtgrp_watch *watch)
{
	int r = add_watch(watch, "mon_groups");

	/* Without monitoring there are CTRL_MON groups only. */
	if (r == -ENOENT && !watch->group->is_default)
		return rg_check_live(watch->group->fd) == 0 ? -ENOENT : -ENODATA;
	if (r < 0 && r != -ENOENT)
		return r;
	if (!watch->group->is_default)
		return 0;
	watch->groups_watch = add_watch(watch, ".");
	if (watch->groups_watch < 0)
		return watch->groups_watch;
	return add_children(watch);
}

static int fail_begin(const struct rdtgrp *group, int error)
{
	if (error == -ENOMEM)
		return rg_fail_nomem();
	if (error == -ENODATA)
		return rg_fail(error, rg_name_of(group->fd, NULL), "has no mon_groups");
	rg_fail_errno(error, rg_name_of(group->fd, NULL), "cannot watch the groups below");
	if (error == -ENOSPC)
		rg_error_set_advice("there is no inotify watch left: raise "
				    "fs.inotify.max_user_watches, see sysctl(8)");
	return error;
}

int rdtgrp_watch_new(struct rdtgrp *group, struct rdtgrp_watch **ret_watch)
{
	__attribute__((cleanup(rdtgrp_watch_unrefp))) struct rdtgrp_watch *watch = NULL;
	int r;

	if (group->type != RDTGRP_TYPE_CTRL_MON)
		return rg_fail(-ENOTSUP, rg_name_of(group->fd, NULL),
			       "a MON group has no groups below");
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return rg_fail_nomem();
	atomic_init(&watch->references, 1);
	watch->group = rdtgrp_ref(group);
	watch->groups_watch = NO_WATCH;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		r = rg_fail_errno(-errno, "inotify", "cannot get an instance");
		rg_error_set_advice("file descriptors have run out, or inotify instances: see "
				    "fs.inotify.max_user_instances in sysctl(8)");
		return r;
	}
	r = begin(watch);
	if (r < 0)
		return fail_begin(group, r);
	*ret_watch = RG_TAKE(watch);
	return 0;
}

struct rdtgrp_watch *rdtgrp_watch_ref(struct rdtgrp_watch *watch)
{
	atomic_fetch_add_explicit(&watch->references, 1, memory_order_relaxed);
	return watch;
}

struct rdtgrp_watch *rdtgrp_watch_unref(struct rdtgrp_watch *watch)
{
	if (watch && atomic_fetch_sub_explicit(&watch->references, 1, memory_order_acq_rel) == 1) {
		rg_close(watch->fd);
		for (size_t i = 0; i < watch->count; i++)
			rg_freep(&watch->children[i].name);
		rg_freep(&watch->children);
		rdtgrp_unref(watch->group);
		rg_freep(&watch);
	}
	return NULL;
}

void rdtgrp_watch_unrefp(struct rdtgrp_watch **watch)
{
	*watch = rdtgrp_watch_unref(*watch);
}

int rdtgrp_watch_get_fd(const struct rdtgrp_watch *watch)
{
	return watch->fd;
}

static unsigned int look_for_children(struct rdtgrp_watch *watch, const char *name)
{
	int r = name ? add_child(watch, name) : add_children(watch);

	if (r == 0)
		return 0;
	rg_log(LOG_WARNING, "MON groups below %s are not watched: %s", name ? name : "all groups",
	       strerrordesc_np(-r));
	return RDTGRP_CHANGE_LOST;
}

static unsigned int take_event(struct rdtgrp_watch *watch, const struct inotify_event *event)
{
	bool group = watch->groups_watch != NO_WATCH && event->wd == watch->groups_watch;
	unsigned int changes = 0;

	if (event->mask & IN_Q_OVERFLOW)
		return RDTGRP_CHANGE_LOST | look_for_children(watch, NULL);
	if (!(event->mask & IN_ISDIR))
		return 0;
	if (event->mask & IN_CREATE)
		changes |= RDTGRP_CHANGE_CREATED;
	if (event->mask & IN_DELETE)
		changes |= RDTGRP_CHANGE_REMOVED;
	if (event->mask & (IN_MOVED_FROM | IN_MOVED_TO))
		changes |= RDTGRP_CHANGE_RENAMED;
	if (group && (event->mask & (IN_DELETE | IN_MOVED_FROM)))
		remove_child(watch, event->name);
	if (group && (event->mask & (IN_CREATE | IN_MOVED_TO)))
		changes |= look_for_children(watch, event->name);
	return changes;
}

int rdtgrp_watch_read(struct rdtgrp_watch *watch, unsigned int *ret_changes)
{
	/* Names are longer than NAME_MAX here. */
	union {
		struct inotify_event first;
		char bytes[sizeof(struct inotify_event) + 4096];
	} buffer;
	unsigned int changes = 0;
	ssize_t n;

	while ((n = read(watch->fd, &buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR))
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event =
				(const struct inotify_event *)(buffer.bytes + at);

			changes |= take_event(watch, event);
			at += (ssize_t)sizeof(*event) + event->len;
		}
	if (n < 0 && errno != EAGAIN)
		return rg_fail_errno(-errno, "inotify", "cannot read");
	*ret_changes = changes;
	return 0;
}
