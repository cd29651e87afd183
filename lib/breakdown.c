/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "capability.h"
#include "checks.h"
#include "error.h"
#include "file.h"
#include "group.h"
#include "names.h"
#include "rdtgrp.h"
#include "read.h"
#include "util.h"

#define ATTEMPTS_MAX 5

struct rdtgrp_breakdown {
	atomic_uint references;
	enum rdtgrp_completeness completeness;
	struct rdtgrp_value total;
	struct rdtgrp_value own;
	struct rg_names children;
	struct rdtgrp_value *child_values;
};

/* A value as one integer: its number times 10^decimals. */
__extension__ typedef unsigned __int128 scaled;

static scaled power_of_ten(uint32_t exponent)
{
	scaled power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

static bool scale(const struct rdtgrp_value *value, uint32_t decimals, scaled *ret)
{
	scaled integer, fraction;

	/* Only values that the kernel does not print could need more digits than the total has. */
	if (value->decimals > decimals)
		return false;
	integer = (scaled)value->integer * power_of_ten(decimals);
	fraction = (scaled)value->fraction * power_of_ten(decimals - value->decimals);
	*ret = integer + fraction;
	return true;
}

static void set_own(struct rdtgrp_value *own, const struct rdtgrp_value *total, scaled difference)
{
	scaled unit = power_of_ten(total->decimals);

	own->status = RDTGRP_STATUS_OK;
	own->decimals = total->decimals;
	own->integer = (uint64_t)(difference / unit);
	own->fraction = (uint64_t)(difference % unit);
}

static void set_own_failed(struct rdtgrp_value *own, int error)
{
	own->status = RDTGRP_STATUS_FAILED;
	own->error = error;
}

/*
 * Take the total, read after the children, apart. The total that was read before them tells how far the
 * difference can be trusted: children may have grown in between.
 */
static void compute(const struct rdtgrp_value *before, struct rdtgrp_breakdown *breakdown)
{
	const struct rdtgrp_value *total = &breakdown->total;
	struct rdtgrp_value *own = &breakdown->own;
	scaled sum = 0, all, earlier;
	bool partial = false;

	memset(own, 0, sizeof(*own));
	own->time_ns = total->time_ns;
	breakdown->completeness = RDTGRP_PARTIAL;
	if (total->status != RDTGRP_STATUS_OK) {
		own->status = total->status;
		own->error = total->error;
		return;
	}
	if (!scale(total, total->decimals, &all)) {
		set_own_failed(own, -EOVERFLOW);
		return;
	}
	for (size_t i = 0; i < breakdown->children.count; i++) {
		const struct rdtgrp_value *child = &breakdown->child_values[i];
		scaled number;

		if (child->status != RDTGRP_STATUS_OK) {
			partial = true;
			continue;
		}
		if (!scale(child, total->decimals, &number) ||
		    __builtin_add_overflow(sum, number, &sum)) {
			set_own_failed(own, -EOVERFLOW);
			return;
		}
	}
	if (sum > all)
		set_own_failed(own, -EAGAIN);
	else
		set_own(own, total, all - sum);

	if (partial)
		return;
	breakdown->completeness = RDTGRP_COMPLETE;
	if (breakdown->children.count &&
	    (before->status != RDTGRP_STATUS_OK || !scale(before, total->decimals, &earlier) ||
	     earlier <= sum))
		breakdown->completeness = RDTGRP_UNCERTAIN;
}

static bool same(const struct rg_names *a, const struct rg_names *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->names[i].inode != b->names[i].inode)
			return false;
	return true;
}

static int read_child(int group_fd, const char *name, const char *domain, const char *event,
		      struct rdtgrp_value *value)
{
	RG_AUTO_FREE char *path = NULL;
	RG_AUTO_CLOSE int fd = -1;

	if (asprintf(&path, "mon_groups/%s", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = rg_open_beneath(group_fd, path, O_PATH | O_DIRECTORY);
	if (fd == -ENOENT || fd == -ENODEV)
		return -EAGAIN;
	if (fd >= 0)
		return rg_read_value(fd, domain, event, value);
	memset(value, 0, sizeof(*value));
	value->status = fd == -EACCES ? RDTGRP_STATUS_DENIED : RDTGRP_STATUS_FAILED;
	value->error = fd;
	return 0;
}

/* -EAGAIN: the set of MON groups changed meanwhile. -ENOENT: there is no such event. */
static int attempt(int group_fd, const char *domain, const char *event,
		   struct rdtgrp_breakdown *breakdown)
{
	RG_AUTO_NAMES struct rg_names after = {0};
	struct rdtgrp_value before;
	int r;

	r = rg_names_read(group_fd, "mon_groups", &breakdown->children, NULL);
	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? -ENODATA : r;
	breakdown->child_values =
		calloc(breakdown->children.count + 1, sizeof(*breakdown->child_values));
	if (!breakdown->child_values)
		return -ENOMEM;

	r = rg_read_value(group_fd, domain, event, &before);
	for (size_t i = 0; i < breakdown->children.count && r == 0; i++)
		r = read_child(group_fd, breakdown->children.names[i].text, domain, event,
			       &breakdown->child_values[i]);
	if (r == 0)
		r = rg_read_value(group_fd, domain, event, &breakdown->total);
	if (r < 0)
		return r;

	r = rg_names_read(group_fd, "mon_groups", &after, NULL);
	if (r == -ENOENT || r == -ENODEV)
		return -EAGAIN;
	if (r < 0)
		return r;
	if (!same(&breakdown->children, &after))
		return -EAGAIN;
	compute(&before, breakdown);
	return 0;
}

static void reset(struct rdtgrp_breakdown *breakdown)
{
	rg_names_free(&breakdown->children);
	rg_freep(&breakdown->child_values);
	breakdown->child_values = NULL;
}

/* The group went, or it has no mon_groups since it is not monitored: say which. */
static int fail_no_children(const struct rdtgrp *group)
{
	if (rg_check_live(group->fd) == 0)
		return rg_fail(-ENOENT, rg_name_of(group->fd, NULL), "the group has been removed");
	return rg_fail(-ENODATA, rg_name_of(group->fd, "mon_groups"), "the group has no monitors");
}

int rdtgrp_breakdown_read(const struct rdtgrp *group, const char *domain, const char *event,
			  struct rdtgrp_breakdown **ret_breakdown)
{
	__attribute__((cleanup(rdtgrp_breakdown_unrefp))) struct rdtgrp_breakdown *breakdown = NULL;
	int r;

	if (group->type != RDTGRP_TYPE_CTRL_MON)
		return rg_fail(-ENOTSUP, rg_name_of(group->fd, NULL),
			       "a MON group has nothing to take apart");
	r = rg_check_value_name(domain, event);
	if (r < 0)
		return r;
	breakdown = calloc(1, sizeof(*breakdown));
	if (!breakdown)
		return rg_fail_nomem();
	atomic_init(&breakdown->references, 1);

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		reset(breakdown);
		r = attempt(group->fd, domain, event, breakdown);
		/* A difference below zero may come right with the next reading, too. */
		if (r == 0 && breakdown->own.error != -EAGAIN)
			break;
		if (r < 0 && r != -EAGAIN)
			break;
	}
	switch (r) {
	case 0:
		*ret_breakdown = RG_TAKE(breakdown);
		return 0;
	case -ENOMEM:
		return rg_fail_nomem();
	case -EAGAIN:
		return rg_fail(r, rg_name_of(group->fd, "mon_groups"),
			       "the set of MON groups does not hold still");
	case -ENODATA:
		return fail_no_children(group);
	case -ENOENT:
		return rg_fail(r, rg_name_of(group->fd, "mon_data"), "%s has no event %s", domain,
			       event);
	default:
		rg_fail_errno(r, rg_name_of(group->fd, "mon_groups"), "cannot list");
		rg_advise_refused(r, RG_REFUSED_READ, group->fd, "mon_groups");
		return r;
	}
}

struct rdtgrp_breakdown *rdtgrp_breakdown_ref(struct rdtgrp_breakdown *breakdown)
{
	atomic_fetch_add_explicit(&breakdown->references, 1, memory_order_relaxed);
	return breakdown;
}

struct rdtgrp_breakdown *rdtgrp_breakdown_unref(struct rdtgrp_breakdown *breakdown)
{
	if (breakdown &&
	    atomic_fetch_sub_explicit(&breakdown->references, 1, memory_order_acq_rel) == 1) {
		reset(breakdown);
		rg_freep(&breakdown);
	}
	return NULL;
}

void rdtgrp_breakdown_unrefp(struct rdtgrp_breakdown **breakdown)
{
	*breakdown = rdtgrp_breakdown_unref(*breakdown);
}

const struct rdtgrp_value *rdtgrp_breakdown_get_total(const struct rdtgrp_breakdown *breakdown)
{
	return &breakdown->total;
}

const struct rdtgrp_value *rdtgrp_breakdown_get_own(const struct rdtgrp_breakdown *breakdown)
{
	return &breakdown->own;
}

enum rdtgrp_completeness rdtgrp_breakdown_get_completeness(const struct rdtgrp_breakdown *breakdown)
{
	return breakdown->completeness;
}

size_t rdtgrp_breakdown_count_children(const struct rdtgrp_breakdown *breakdown)
{
	return breakdown->children.count;
}

const char *rdtgrp_breakdown_get_child_name(const struct rdtgrp_breakdown *breakdown, size_t index)
{
	return index < breakdown->children.count ? breakdown->children.names[index].text : NULL;
}

const struct rdtgrp_value *rdtgrp_breakdown_get_child(const struct rdtgrp_breakdown *breakdown,
						      size_t index)
{
	return index < breakdown->children.count ? &breakdown->child_values[index] : NULL;
}
