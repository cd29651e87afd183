/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_SAMPLER_H
#define RDTSTAT_SAMPLER_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "plan.h"

struct named_group;
struct root;

/* What report_new() finds out about the members of a value's sum, for the next report to know. */
struct slot_note {
	/* One may have come into it or left it since the sample before. */
	bool moved;
	/* The same of the group's own count, ... */
	bool own_moved;
	/* ... and by all signs it is not in it now. */
	bool own_out;
};

/* One group in a sample. */
struct sample_group {
	/* Which tree of the sample it is in, and where. */
	size_t tree;
	size_t index;
	char *path;
	uint64_t inode;
	enum rdtgrp_type type;
	/* Its index among those that the sampler holds, SIZE_MAX if it is none; while it is taken. */
	size_t held;
	/* False for MON groups that are read only to know what a named group's totals hold, and for those
	 * that were named as well. */
	bool shown;
	/* OK: every value has its own status. Else what became of the group as a whole, and the
	 * negative errno behind it. */
	enum rdtgrp_status status;
	int error;
	/* Told where it is what keeps the group from being read, else RDTGRP_MODE_UNKNOWN. */
	enum rdtgrp_mode mode;
	/* By slot of the plan, as far as it went then. Status NONE: the group has no such file. */
	struct rdtgrp_value *values;
	size_t value_count;
	/* By slot. */
	struct slot_note *notes;
};

/* All groups at one time, as far as there is such a thing. */
struct sample {
	uint64_t time_ns;     /* CLOCK_MONOTONIC at its beginning */
	struct timespec wall; /* CLOCK_REALTIME at its beginning */
	/* The trees before and after the values were read. NULL: it could not be read. */
	struct rdtgrp_tree **before;
	struct rdtgrp_tree **after;
	size_t tree_count;
	/* In the order of the trees: MON groups follow their CTRL_MON group. */
	struct sample_group *groups;
	size_t group_count;
};

struct held_group;

/* What samples are taken of. The groups are held by the library's reader, which keeps the files open; the
 * watch tells when to look for other groups. A group for which no fd is left is opened for each sample. */
struct sampler {
	const struct root *root;
	/* None: all groups. */
	const struct named_group *named;
	size_t named_count;
	/* Groups of this type only are shown; 0: of both. To be set before the first sample. */
	enum rdtgrp_type type;
	/* The MON groups of a named CTRL_MON group are shown, too. To be set before the first sample. */
	bool breakdown;
	struct plan plan;

	struct rdtgrp_reader *reader;
	/* The last reading, by index of the reader. */
	struct rdtgrp_value *values;
	size_t value_room;
	struct held_group *held;
	size_t held_count, held_room;
	/* The number of the sample. */
	uint64_t number;
	/* NULL: there is none to be had, and the trees are read for each sample. */
	struct rdtgrp_watch *watch;
	/* The whole tree, or one for each named group: NULL with the negative errno why. */
	struct rdtgrp_tree **trees;
	int *errors;
	size_t tree_count;
	/* Something has gone that the watch does not tell. */
	bool stale;
	/* What the root had when the groups' values were chosen; or NULL. */
	struct rdtgrp_layout *layout;
};

void sampler_init(struct sampler *sampler, const struct root *root, const struct named_group *named,
		  size_t named_count, const char *const *events, size_t event_count);
void sampler_clear(struct sampler *sampler);

/* Take a sample; what it finds new goes into the plan, what cannot be read is told (trouble.h). @return 0;
 * -ECANCELED: a signal came before it was complete; or the negative errno for which the tree as a whole
 * could not be read. */
int sampler_take(struct sampler *sampler, struct sample **ret_sample);

/* The index of a group in a tree, SIZE_MAX if it is not there. `guess` is about where. */
size_t sample_index_in(const struct rdtgrp_tree *tree, uint64_t inode, size_t guess);
struct sample *sample_free(struct sample *sample);

#endif
