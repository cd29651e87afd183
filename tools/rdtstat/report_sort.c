// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "xalloc.h"

/* What a group is sorted by. */
struct key {
	bool present;
	double number;
	size_t place;
};

struct entry {
	/* The key of the CTRL_MON group that this MON group stands behind, else its own. */
	struct key head;
	struct key own;
	bool is_head;
};

static int compare_keys(const struct key *a, const struct key *b)
{
	if (a->present != b->present)
		return a->present ? -1 : 1;
	if (a->present && (a->number > b->number || a->number < b->number))
		return a->number > b->number ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = compare_keys(&x->head, &y->head);

	if (r)
		return r;
	if (x->is_head != y->is_head)
		return x->is_head ? -1 : 1;
	return compare_keys(&x->own, &y->own);
}

/* A negative column is none. */
static struct key key_of(const struct report *report, size_t index, ssize_t column)
{
	struct key key = {.place = index};
	const struct cell *cell;
	bool rate;

	if (column < 0)
		return key;
	cell = &report->groups[index].totals[column];
	rate = report->plan->columns[column].kind == RDTGRP_EVENT_CUMULATIVE;
	key.present = rate ? cell->has_rate : cell->value.status == RDTGRP_STATUS_OK;
	if (key.present)
		key.number = rate ? cell->rate : rdtgrp_value_to_double(&cell->value);
	return key;
}

/* Is it the path of a MON group in the CTRL_MON group with that path? */
static bool is_child_path(const char *path, const char *head)
{
	static const char between[] = "mon_groups/";
	size_t length = strlen(head);

	/* The root of the tree. */
	if (strcmp(head, "/") == 0 || strcmp(head, ".") == 0)
		return strncmp(path, between, sizeof(between) - 1) == 0;
	return strncmp(path, head, length) == 0 && path[length] == '/' &&
	       strncmp(path + length + 1, between, sizeof(between) - 1) == 0;
}

/* The index of the CTRL_MON group that a MON group is in; its own where that one is not in the report.
 * `guess` is where it should be. */
static size_t find_head(const struct report *report, size_t index, size_t guess)
{
	const struct sample_group *group = report->groups[index].group;
	size_t i;

	if (!report->breakdown || group->type != RDTGRP_TYPE_MON)
		return index;
	for (i = 0; i < report->group_count; i++) {
		size_t at = (guess + i) % report->group_count;
		const struct sample_group *head = report->groups[at].group;

		if (head->type == RDTGRP_TYPE_CTRL_MON && is_child_path(group->path, head->path))
			return at;
	}
	return index;
}

bool report_sort(struct report *report, const char *column)
{
	ssize_t index = column ? plan_find_column(report->plan, column) : -1;
	struct report_group *sorted;
	struct entry *entries;
	size_t i, head = 0;

	if (column && index < 0)
		return false;
	entries = xcalloc(report->group_count, sizeof(*entries));
	for (i = 0; i < report->group_count; i++) {
		/* Mostly it is the same as that of the group before. */
		head = find_head(report, i, head);
		entries[i] = (struct entry){
			.head = key_of(report, head, index),
			.own = key_of(report, i, index),
			.is_head = head == i,
		};
	}
	qsort(entries, report->group_count, sizeof(*entries), compare_entries);
	sorted = xcalloc(report->group_count, sizeof(*sorted));
	for (i = 0; i < report->group_count; i++)
		sorted[i] = report->groups[entries[i].own.place];
	free(entries);
	free(report->groups);
	report->groups = sorted;
	return true;
}
