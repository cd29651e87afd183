/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_PLAN_H
#define RDTSTAT_PLAN_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What there is to be read of each group: domains and events are the same in all groups. The plan only
 * grows: a domain that goes offline keeps its place, so that its absence can be told.
 */

struct domain {
	char *path;
	char *resource;
	bool has_id;
	uint64_t id;
	/* The domain that this one lies in, or -1. */
	ssize_t parent;
};

/* An event of a resource: what is added up over domains. */
struct column {
	char *resource;
	char *event;
	enum rdtgrp_event_kind kind;
};

/* One file of every group. */
struct slot {
	size_t domain;
	size_t column;
};

struct plan {
	/* The events wanted, borrowed from the command line; none: all. */
	const char *const *wanted;
	size_t wanted_count;
	/* For each wanted event: was it seen? */
	bool *found;
	/* All events that were seen, wanted or not. */
	char **events;
	size_t event_count, event_room;
	struct domain *domains;
	size_t domain_count, domain_room;
	struct column *columns;
	size_t column_count, column_room;
	struct slot *slots;
	size_t slot_count, slot_room;
};

void plan_init(struct plan *plan, const char *const *wanted, size_t wanted_count);
void plan_clear(struct plan *plan);

/* Enter what is new in a group's layout. */
void plan_add_layout(struct plan *plan, const struct rdtgrp_layout *layout);

/* The slot of an event in a domain, or -1: domain -1 has none. */
ssize_t plan_find_slot(const struct plan *plan, ssize_t domain, size_t column);

/* The column that "EVENT" or "RESOURCE:EVENT" names, or -1. */
ssize_t plan_find_column(const struct plan *plan, const char *name);

/* Does domain `inner` lie in domain `outer`, at any depth? */
bool plan_is_nested(const struct plan *plan, size_t inner, size_t outer);

/* Is the slot's value one that no other slot's value includes, so that it is part of a total? */
bool plan_is_outermost(const struct plan *plan, size_t slot);

#endif
