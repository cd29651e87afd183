// SPDX-License-Identifier: GPL-2.0-or-later
#include "top_rows.h"

#include <rdtgrp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "top_table.h"
#include "top_view.h"
#include "xalloc.h"

struct order {
	const struct top_table *table;
	const struct top_view *view;
};

/* What is missing comes last, whichever way is sorted: it is neither small nor large. */
static int compare_numbers(const struct top_number *a, const struct top_number *b, bool reverse)
{
	if (!a->known || !b->known)
		return (int)b->known - (int)a->known;
	if (a->number == b->number)
		return 0;
	/* The largest first: that is what one looks for. */
	return (a->number < b->number) == reverse ? -1 : 1;
}

static int compare_rows(const void *first, const void *second, void *context)
{
	const struct top_row *a = first, *b = second;
	const struct order *order = context;
	ssize_t sort = order->view->sort;
	int sign = order->view->reverse ? -1 : 1, r = 0;

	if (sort >= 0 && (size_t)sort < order->table->column_count)
		r = compare_numbers(
			top_table_number(order->table, a->group, a->place, (size_t)sort),
			top_table_number(order->table, b->group, b->place, (size_t)sort),
			order->view->reverse);
	else if (sort == TOP_SORT_DOMAIN && a->place != b->place)
		r = a->place < b->place ? -sign : sign;
	else if (sort == TOP_SORT_GROUP)
		r = sign * strcmp(a->group->path, b->group->path);
	if (r == 0)
		r = strcmp(a->group->path, b->group->path);
	if (r == 0 && a->group->inode != b->group->inode)
		r = a->group->inode < b->group->inode ? -1 : 1;
	if (r == 0 && a->place != b->place)
		r = a->place < b->place ? -1 : 1;
	return r;
}

static void add(struct top_rows *rows, const struct top_group *group, size_t place,
		unsigned int depth)
{
	rows->rows = xgrow(rows->rows, rows->count, &rows->room, sizeof(*rows->rows));
	rows->rows[rows->count++] = (struct top_row){group, place, depth};
}

static bool matches(const struct top_group *group, const struct top_view *view)
{
	return !*view->filter || strcasestr(group->label, view->filter);
}

/* The rows of one group. */
static void add_group(struct top_rows *rows, const struct order *order,
		      const struct top_group *group, unsigned int depth)
{
	size_t i, before = rows->count;

	if (order->view->per_domain)
		for (i = 1; i <= order->table->domain_count; i++)
			if (top_table_has_place(order->table, group, i))
				add(rows, group, i, depth);
	/* What cannot be read at all has no domains to be shown, but it is there. */
	if (rows->count == before)
		add(rows, group, 0, depth);
}

/* The group's CTRL_MON group, or the default group for one of those: its path has this many bytes; 0 is
 * the default group's own path. A MON group's path ends with "mon_groups/NAME", and no name has a '/'. */
static size_t parent_length(const struct top_group *group)
{
	const char *path = group->path, *end = path + strlen(path);
	int slashes = 2;

	if (group->type != RDTGRP_TYPE_MON)
		return 0;
	while (end > path && slashes) {
		end--;
		slashes -= *end == '/';
	}
	return (size_t)(end - path);
}

static bool is_default(const struct top_group *group)
{
	return strcmp(group->path, "/") == 0;
}

static bool is_parent(const struct top_group *parent, const struct top_group *group)
{
	size_t length = parent_length(group);

	if (parent == group || parent->type == RDTGRP_TYPE_MON || is_default(group))
		return false;
	if (length == 0)
		return is_default(parent);
	return strlen(parent->path) == length && strncmp(parent->path, group->path, length) == 0;
}

/* One group in the tree: rows of the totals are sorted, and those of the domains follow. */
struct node {
	struct top_row row;
	/* The index of the parent, SIZE_MAX: none is shown. */
	size_t parent;
	bool shown;
};

static int compare_nodes(const void *first, const void *second, void *context)
{
	const struct node *a = first, *b = second;

	return compare_rows(&a->row, &b->row, context);
}

static size_t find_parent(const struct node *nodes, size_t count, const struct top_group *group)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (is_parent(nodes[i].row.group, group))
			return i;
	return SIZE_MAX;
}

static void add_below(struct top_rows *rows, const struct order *order, const struct node *nodes,
		      size_t count, size_t parent, unsigned int depth)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (nodes[i].parent != parent || !nodes[i].shown)
			continue;
		add_group(rows, order, nodes[i].row.group, depth);
		/* Only CTRL_MON groups have any below: with many MON groups this spares a lot. */
		if (nodes[i].row.group->type != RDTGRP_TYPE_MON)
			add_below(rows, order, nodes, count, i, depth + 1);
	}
}

static void fill_tree(struct top_rows *rows, struct order *order)
{
	const struct top_table *table = order->table;
	struct node *nodes = xcalloc(table->group_count, sizeof(*nodes));
	size_t i, at;

	for (i = 0; i < table->group_count; i++)
		nodes[i].row.group = table->groups[i];
	qsort_r(nodes, table->group_count, sizeof(*nodes), compare_nodes, order);
	for (i = 0; i < table->group_count; i++)
		nodes[i].parent = find_parent(nodes, table->group_count, nodes[i].row.group);
	/* Those in which a group lies that the filter lets through are shown with it. */
	for (i = 0; i < table->group_count; i++)
		if (matches(nodes[i].row.group, order->view))
			for (at = i; at != SIZE_MAX; at = nodes[at].parent)
				nodes[at].shown = true;
	add_below(rows, order, nodes, table->group_count, SIZE_MAX, 0);
	free(nodes);
}

void top_rows_fill(struct top_rows *rows, const struct top_table *table,
		   const struct top_view *view)
{
	struct order order = {table, view};
	size_t i;

	rows->count = 0;
	if (view->tree) {
		fill_tree(rows, &order);
		return;
	}
	for (i = 0; i < table->group_count; i++)
		if (matches(table->groups[i], view))
			add_group(rows, &order, table->groups[i], 0);
	if (rows->count)
		qsort_r(rows->rows, rows->count, sizeof(*rows->rows), compare_rows, &order);
}

void top_rows_clear(struct top_rows *rows)
{
	free(rows->rows);
	*rows = (struct top_rows){0};
}
