/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_REPORT_H
#define RDTSTAT_REPORT_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>

#include "sampler.h"

/* What two samples say, independent of the format that it is shown in. */

/* A number, or words that say why there is none. */
struct cell {
	/* The group has such a file, or had. */
	bool present;
	/* The newer value, or of a total the sum. */
	struct rdtgrp_value value;
	/* Why value is not OK: "unavailable", "gone", …; of a total all the causes. Else "". */
	char missing[64];
	/* A member of the sum could not be read: there is at least so much. */
	bool partial;
	/* The rate, of cumulative events only. */
	bool has_rate;
	double rate;
	char rate_missing[64];
	bool rate_partial;
	/* Of a group's own alone, if it has a rate: what was counted in the interval. */
	long double own_count;
};

struct report_group {
	/* Borrowed from one of the samples. */
	const struct sample_group *group;
	/* The same in the older one, or NULL if it was not in it. */
	const struct sample_group *older;
	/* "" or what became of the group as a whole, in words. */
	char missing[64];
	/* By column of the plan. */
	struct cell *totals;
	/* By slot of the plan. */
	struct cell *cells;
	/* The same of a CTRL_MON group without its MON groups, if that was asked for, else NULL. */
	struct cell *own_totals;
	struct cell *own_cells;
};

struct report {
	const struct root *root;
	const struct plan *plan;
	const struct sample *sample;
	/* From 1. */
	uint64_t number;
	double interval_s;
	struct report_group *groups;
	size_t group_count;
	/* CTRL_MON groups are taken apart, and their MON groups come right behind them. */
	bool breakdown;
};

/* What is shown of a group in one go: all of it, or one of its parts. */
struct report_part {
	/* "total", "own", "child", or NULL where no group is taken apart. */
	const char *name;
	const struct cell *totals;
	const struct cell *cells;
};

#define REPORT_PARTS_MAX 2

/* Both samples must stay until the report is freed. In the newer one it is noted what the next report has
 * to know. */
struct report *report_new(const struct sampler *sampler, const struct sample *older,
			  struct sample *newer);
/* The parts of one of its groups. @return how many there are. */
size_t report_parts(const struct report *report, const struct report_group *group,
		    struct report_part *parts);
/* Put the groups with the largest rates or values of a column first, and those without one last; with
 * NULL they stay in the order of the tree. In a breakdown each CTRL_MON group takes its MON groups along, which
 * are in order among themselves. False: there is no such column: neither "EVENT" nor "RESOURCE:EVENT". */
bool report_sort(struct report *report, const char *column);
struct report *report_free(struct report *report);

#endif
