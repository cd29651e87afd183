/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TOP_LAYOUT_H
#define RDTSTAT_TOP_LAYOUT_H

#include <stddef.h>

struct top_rows;
struct top_table;
struct top_view;

/* Which columns a screen of some width has, and how wide they are. Between two there is one place. 0: the
 * column is not shown. */
struct top_layout {
	int name;
	int domain;
	/* By column of the table; to be freed by top_layout_clear(). */
	int *columns;
	int bar;
	int history;
};

void top_layout_init(struct top_layout *layout, int width, const struct top_table *table,
		     const struct top_rows *rows, const struct top_view *view);
void top_layout_clear(struct top_layout *layout);

/* The name of a row, and what stands before it in the tree. */
const char *top_row_name(const struct top_view *view, const struct top_rows *rows, size_t index);
int top_row_indent(const struct top_view *view, const struct top_rows *rows, size_t index);

#endif
