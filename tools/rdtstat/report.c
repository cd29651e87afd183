// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "breakdown.h"
#include "members.h"
#include "root.h"
#include "value_math.h"
#include "words.h"
#include "xalloc.h"

static const struct rdtgrp_value no_value = {.status = RDTGRP_STATUS_NONE};

/* Why there is no rate although there is a value, or NULL. Members are read after the sum: what they
 * became since the sample before may have been before or after the reading of the sum, so it makes two
 * intervals void. */
static const char *rate_trouble(const struct pair *pair, const char *children, const char *members,
				size_t slot, double *ret_rate)
{
	const struct rdtgrp_value *older = members_value(pair->older, slot);
	const char *event = pair->plan->columns[pair->plan->slots[slot].column].event;
	const struct rdtgrp_value *newer = members_value(pair->newer, slot);
	int r = rdtgrp_value_rate(event, older, newer, ret_rate);

	if (r == -ESTALE && older->file_inode != newer->file_inode)
		return "new";
	if (children)
		return children;
	if (members)
		return members;
	if (slot < pair->older->value_count && pair->older->notes[slot].moved)
		return "members changed";
	/* One came and went, so that the trees are the same. */
	if (r == -ESTALE)
		return "children changed";
	if (pair->newer->notes[slot].own_moved)
		return "own changed";
	switch (r) {
	case 0:
		return NULL;
	case -ERANGE:
		return "restarted";
	case -ETIME:
		return "no time passed";
	default:
		return "failed";
	}
}

static void fill_rate(const struct pair *pair, const char *children, const char *members,
		      size_t slot, struct cell *cell)
{
	const struct rdtgrp_value *older =
		pair->older ? members_value(pair->older, slot) : &no_value;
	const char *words = NULL;
	char was[40];

	if (cell->value.status != RDTGRP_STATUS_OK) {
		words = cell->missing;
	} else if (pair->captured) {
		words = "captured";
	} else if (older->status == RDTGRP_STATUS_NONE) {
		words = "new";
	} else if (older->status != RDTGRP_STATUS_OK) {
		words_for_status(was, sizeof(was), older->status, older->error);
		snprintf(cell->rate_missing, sizeof(cell->rate_missing), "was %s", was);
		return;
	} else {
		words = rate_trouble(pair, children, members, slot, &cell->rate);
	}
	cell->has_rate = !words;
	cell->rate_partial = cell->has_rate && cell->partial;
	snprintf(cell->rate_missing, sizeof(cell->rate_missing), "%s", words ? words : "");
}

static void fill_cell(const struct pair *pair, const char *missing, const char *children,
		      size_t slot, struct cell *cell)
{
	const struct plan *plan = pair->plan;
	const struct rdtgrp_value *value = members_value(pair->newer, slot);
	const char *members;

	if (*missing) {
		cell->present = true;
		snprintf(cell->missing, sizeof(cell->missing), "%s", missing);
		snprintf(cell->rate_missing, sizeof(cell->rate_missing), "%s", missing);
		return;
	}
	if (value->status == RDTGRP_STATUS_NONE)
		return;
	cell->present = true;
	cell->value = *value;
	members = pair->older ? members_trouble(pair, slot) : NULL;
	/* The sum may have been read just before a member came back. */
	if (value->status == RDTGRP_STATUS_OK)
		cell->partial = members || members_missing(pair, slot);
	else
		words_for_status(cell->missing, sizeof(cell->missing), value->status, value->error);
	if (plan->columns[plan->slots[slot].column].kind == RDTGRP_EVENT_CUMULATIVE)
		fill_rate(pair, children, members, slot, cell);
}

/* Add a cause to "a, b", once. */
static void add_words(char *words, size_t size, const char *more)
{
	size_t length = strlen(words);

	if (!strstr(words, more))
		snprintf(words + length, size - length, "%s%s", length ? ", " : "", more);
}

static void fill_total(const struct plan *plan, const struct cell *cells, size_t column,
		       struct cell *total)
{
	bool overflow = false, any = false;
	size_t i;

	for (i = 0; i < plan->slot_count; i++) {
		const struct cell *cell = &cells[i];

		if (plan->slots[i].column != column || !cell->present ||
		    !plan_is_outermost(plan, i))
			continue;
		total->present = true;
		if (cell->value.status != RDTGRP_STATUS_OK) {
			add_words(total->missing, sizeof(total->missing), cell->missing);
		} else if (!any) {
			total->value = cell->value;
			any = true;
		} else {
			overflow |= !value_add(&total->value, &cell->value);
		}
		total->partial |= cell->partial;
		if (cell->has_rate) {
			total->rate += cell->rate;
			total->has_rate = true;
			total->rate_partial |= cell->rate_partial;
		} else {
			add_words(total->rate_missing, sizeof(total->rate_missing),
				  cell->rate_missing);
		}
	}
	total->partial |= any && *total->missing;
	total->rate_partial |= total->has_rate && *total->rate_missing;
	if (overflow) {
		total->value = no_value;
		total->partial = false;
		snprintf(total->missing, sizeof(total->missing), "over 2^64");
	}
}

/* What became of the group as a whole, or "". */
static void fill_missing(struct report_group *entry, const struct sample_group *group)
{
	if (mode_is_pseudo_locking(group->mode))
		snprintf(entry->missing, sizeof(entry->missing), "%s",
			 rdtgrp_mode_name(group->mode));
	else if (group->status != RDTGRP_STATUS_OK)
		words_for_status(entry->missing, sizeof(entry->missing), group->status,
				 group->error);
}

static void fill_all(struct report_group *entry, const struct pair *pair)
{
	const struct plan *plan = pair->plan;
	const char *children = NULL;
	size_t i;

	if (pair->older && !*entry->missing) {
		children = members_children_trouble(pair);
		members_look(pair, children);
	}
	entry->group = pair->newer;
	entry->older = pair->older;
	entry->cells = xcalloc(plan->slot_count, sizeof(*entry->cells));
	entry->totals = xcalloc(plan->column_count, sizeof(*entry->totals));
	for (i = 0; i < plan->slot_count; i++)
		fill_cell(pair, entry->missing, children, i, &entry->cells[i]);
	for (i = 0; i < plan->column_count; i++)
		fill_total(plan, entry->cells, i, &entry->totals[i]);
}

static void fill_own(struct report_group *entry, const struct pair *pair)
{
	const struct plan *plan = pair->plan;
	size_t i;

	entry->own_cells = xcalloc(plan->slot_count, sizeof(*entry->own_cells));
	entry->own_totals = xcalloc(plan->column_count, sizeof(*entry->own_totals));
	for (i = 0; i < plan->slot_count; i++)
		breakdown_fill_own(pair, i, &entry->cells[i], &entry->own_cells[i]);
	for (i = 0; i < plan->column_count; i++)
		fill_total(plan, entry->own_cells, i, &entry->own_totals[i]);
}

static void fill_group(const struct report *report, struct report_group *entry,
		       const struct pair *pair)
{
	fill_all(entry, pair);
	if (report->breakdown && pair->newer->type == RDTGRP_TYPE_CTRL_MON)
		fill_own(entry, pair);
}

struct report *report_new(const struct sampler *sampler, const struct sample *older,
			  struct sample *newer)
{
	struct report *report = xcalloc(1, sizeof(*report));
	struct report_group *entry;
	size_t i;

	report->root = sampler->root;
	report->plan = &sampler->plan;
	report->sample = newer;
	report->breakdown = sampler->breakdown;
	report->number = sampler->number - 1;
	report->interval_s = (double)(newer->time_ns - older->time_ns) / 1e9;
	report->groups = xcalloc(newer->group_count + older->group_count, sizeof(*report->groups));
	for (i = 0; i < newer->group_count; i++) {
		struct pair pair = {
			.plan = report->plan,
			.older_sample = older,
			.newer_sample = newer,
			.older = members_find_again(older, &newer->groups[i], i),
			.newer = &newer->groups[i],
			.captured = report->root->captured,
		};

		if (!pair.newer->shown)
			continue;
		entry = &report->groups[report->group_count++];
		fill_missing(entry, pair.newer);
		fill_group(report, entry, &pair);
	}
	/* A group that was in the older sample alone is told of once. */
	for (i = 0; i < older->group_count; i++) {
		struct pair pair = {.plan = report->plan, .newer = &older->groups[i]};

		if (!pair.newer->shown || pair.newer->status == RDTGRP_STATUS_GONE ||
		    members_find_again(newer, pair.newer, i))
			continue;
		entry = &report->groups[report->group_count++];
		words_for_error(entry->missing, sizeof(entry->missing), -ENOENT);
		fill_group(report, entry, &pair);
	}
	return report;
}

size_t report_parts(const struct report *report, const struct report_group *group,
		    struct report_part *parts)
{
	bool taken_apart = group->own_cells;

	parts[0] = (struct report_part){NULL, group->totals, group->cells};
	if (!report->breakdown)
		return 1;
	parts[0].name = taken_apart ? "total" : "child";
	if (taken_apart)
		parts[1] = (struct report_part){"own", group->own_totals, group->own_cells};
	return taken_apart ? 2 : 1;
}

struct report *report_free(struct report *report)
{
	size_t i;

	if (!report)
		return NULL;
	for (i = 0; i < report->group_count; i++) {
		free(report->groups[i].totals);
		free(report->groups[i].cells);
		free(report->groups[i].own_totals);
		free(report->groups[i].own_cells);
	}
	free(report->groups);
	free(report);
	return NULL;
}
