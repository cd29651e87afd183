/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TOP_TABLE_H
#define RDTSTAT_TOP_TABLE_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "units.h"

struct report;

/* All that the screen shows, from one report after the other: it follows groups as they come and go, and
 * keeps a short history of each of their numbers. It borrows nothing from the reports. */

#define TOP_HISTORY 60

/* A number on the screen, as a gauge or a rate. */
struct top_number {
	/* The group has no such file: nothing is shown. */
	bool present;
	/* False: text says why there is none. */
	bool known;
	/* There is at least so much. */
	bool partial;
	double number;
	char *text;
};

/* The last TOP_HISTORY numbers, the newest one at `next` - 1. NAN: there was none. */
struct top_history {
	float numbers[TOP_HISTORY];
};

struct top_group {
	uint64_t inode;
	enum rdtgrp_type type;
	/* The path as it is, and made harmless: whole, and its last component. */
	char *path;
	char *label;
	char *name;
	/* By place: 0 is the total, then the domains; and in each place by column. */
	struct top_number *numbers;
	struct top_history *history;
	/* In the newest report. */
	bool seen;
};

struct top_column {
	/* As the event is named, and as it is shown. */
	char *event;
	char *title;
	const char *unit;
	bool is_rate;
};

struct top_table {
	enum units units;
	struct top_column *columns;
	size_t column_count;
	/* Made harmless. */
	char **domains;
	size_t domain_count;
	struct top_group **groups;
	size_t group_count, group_room;
	/* Where the next number goes in all histories. */
	size_t next;
};

void top_table_update(struct top_table *table, const struct report *report);
void top_table_clear(struct top_table *table);

/* Place 0 is the total, place i the domain i - 1. */
const struct top_number *top_table_number(const struct top_table *table,
					  const struct top_group *group, size_t place,
					  size_t column);
/* The number of `age` reports ago, 0 for the newest; NAN if there was none. */
float top_table_past(const struct top_table *table, const struct top_group *group, size_t place,
		     size_t column, size_t age);
/* Has the group a file in this place at all? */
bool top_table_has_place(const struct top_table *table, const struct top_group *group,
			 size_t place);

#endif
