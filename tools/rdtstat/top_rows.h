/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TOP_ROWS_H
#define RDTSTAT_TOP_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct top_group;
struct top_table;
struct top_view;

/* The rows of the screen: which groups, in which order. */

struct top_row {
	const struct top_group *group;
	/* 0: the total; i: the domain i - 1. */
	size_t place;
	/* In the tree: how many groups it lies in. */
	unsigned int depth;
};

struct top_rows {
	struct top_row *rows;
	size_t count, room;
};

/* The rows borrow from the table. */
void top_rows_fill(struct top_rows *rows, const struct top_table *table,
		   const struct top_view *view);
void top_rows_clear(struct top_rows *rows);

#endif
