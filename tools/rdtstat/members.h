/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_MEMBERS_H
#define RDTSTAT_MEMBERS_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>

#include "sampler.h"

/*
 * The members of a sum. The kernel adds up a CTRL_MON group's own count and those of its MON groups, and
 * with Sub-NUMA Clustering those of the nodes in an L3 cache. It leaves out without a trace what it cannot
 * read: then the sum falls by all that this member ever counted, and leaps when it comes back.
 */

/* Two samples and a group that is in both. */
struct pair {
	const struct plan *plan;
	const struct sample *older_sample, *newer_sample;
	/* NULL: it is in the newer one alone. */
	const struct sample_group *older;
	struct sample_group *newer;
	/* The tree does not move: no time has passed between the two. */
	bool captured;
};

/* The value in a slot; its status is NONE where there is no such file. */
const struct rdtgrp_value *members_value(const struct sample_group *group, size_t slot);

/* Find a group again in another sample; NULL: it is not there. `guess` is about where. */
const struct sample_group *members_find_again(const struct sample *sample,
					      const struct sample_group *wanted, size_t guess);

/* Does the kernel leave this member out of the sum that the file above shows? What could not be read
 * for another reason may be in it. */
bool members_is_left_out(const struct rdtgrp_value *value);

/* The MON group of `group` after `child`, or the first one if that is the group itself; NULL: no more. */
const struct sample_group *members_next_child(const struct sample *sample,
					      const struct sample_group *group,
					      const struct sample_group *child);

/* A MON group of the newer sample in the older one, or NULL. */
const struct sample_group *members_find_child_again(const struct pair *pair,
						    const struct sample_group *child);

/* Why the set of MON groups was not the same while the sample was taken, or NULL. */
const char *members_children_trouble_now(const struct sample *sample,
					 const struct sample_group *group);

/* Why the set of MON groups is not the same over the whole interval, or NULL. */
const char *members_children_trouble(const struct pair *pair);

/* Enter in the newer group's notes what became of its members in all slots: to be called before the
 * functions below. `children` is what members_children_trouble() said. */
void members_look(const struct pair *pair, const char *children);

/* Why the sum in the slot is not one of the same members at both samples, or NULL. */
const char *members_trouble(const struct pair *pair, size_t slot);

/* Is a member missing from the newer sum in the slot? */
bool members_missing(const struct pair *pair, size_t slot);

/* Is a domain missing from it that lies in this one, such as a NUMA node in an L3 cache? */
bool members_domain_missing(const struct pair *pair, size_t slot);

#endif
