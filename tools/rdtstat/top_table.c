// SPDX-License-Identifier: GPL-2.0-or-later
#include "top_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "report.h"
#include "xalloc.h"

static size_t cell_count(const struct top_table *table)
{
	return (1 + table->domain_count) * table->column_count;
}

static size_t cell_index(const struct top_table *table, size_t place, size_t column)
{
	return place * table->column_count + column;
}

static void clear_numbers(const struct top_table *table, struct top_group *group)
{
	size_t i;

	for (i = 0; i < cell_count(table); i++) {
		free(group->numbers[i].text);
		group->numbers[i] = (struct top_number){0};
	}
}

static void free_group(const struct top_table *table, struct top_group *group)
{
	clear_numbers(table, group);
	free(group->numbers);
	free(group->history);
	free(group->path);
	free(group->label);
	free(group->name);
	free(group);
}

static struct top_history *new_history(size_t count)
{
	struct top_history *history = xcalloc(count, sizeof(*history));
	size_t i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < TOP_HISTORY; j++)
			history[i].numbers[j] = NAN;
	return history;
}

/* "mbm_total/s": the unit stands with the numbers. The resource comes before where two resources have
 * events of that name. */
static char *column_title(const struct plan *plan, size_t index)
{
	const struct column *column = &plan->columns[index];
	const char *unit = strstr(column->event, "_bytes");
	size_t i, length = strlen(column->event);
	const char *prefix = "", *colon = "";
	char *title, *harmless;

	if (unit && strcmp(unit, "_bytes") == 0)
		length = (size_t)(unit - column->event);
	for (i = 0; i < plan->column_count; i++) {
		if (i == index || strcmp(plan->columns[i].event, column->event) != 0)
			continue;
		prefix = column->resource;
		colon = ":";
	}
	title = xasprintf("%s%s%.*s%s", prefix, colon, (int)length, column->event,
			  column->kind == RDTGRP_EVENT_CUMULATIVE ? "/s" : "");
	harmless = escape_for_terminal(title);
	free(title);
	return harmless;
}

static void free_head(struct top_table *table)
{
	size_t i;

	for (i = 0; i < table->column_count; i++) {
		free(table->columns[i].event);
		free(table->columns[i].title);
	}
	for (i = 0; i < table->domain_count; i++)
		free(table->domains[i]);
	free(table->columns);
	free(table->domains);
}

/* The plan only grows: places and columns keep their index. */
static void fit_to_plan(struct top_table *table, const struct plan *plan)
{
	struct top_table former = *table;
	size_t i, j, k;

	if (table->column_count == plan->column_count && table->domain_count == plan->domain_count)
		return;
	table->column_count = plan->column_count;
	table->domain_count = plan->domain_count;
	for (i = 0; i < table->group_count; i++) {
		struct top_group *group = table->groups[i];
		struct top_history *history = new_history(cell_count(table));

		for (j = 0; j <= former.domain_count; j++)
			for (k = 0; k < former.column_count; k++)
				history[cell_index(table, j, k)] =
					group->history[cell_index(&former, j, k)];
		clear_numbers(&former, group);
		free(group->numbers);
		free(group->history);
		group->numbers = xcalloc(cell_count(table), sizeof(*group->numbers));
		group->history = history;
	}
	free_head(&former);
	table->columns = xcalloc(plan->column_count, sizeof(*table->columns));
	table->domains = xcalloc(plan->domain_count, sizeof(*table->domains));
	for (i = 0; i < plan->column_count; i++)
		table->columns[i] = (struct top_column){
			.event = xstrdup(plan->columns[i].event),
			.title = column_title(plan, i),
			.unit = rdtgrp_event_get_unit(plan->columns[i].event),
			.is_rate = plan->columns[i].kind == RDTGRP_EVENT_CUMULATIVE,
		};
	for (i = 0; i < plan->domain_count; i++)
		table->domains[i] = escape_for_terminal(plan->domains[i].path);
}

/* `guess` is about where. */
static struct top_group *find_group(const struct top_table *table, uint64_t inode, size_t guess)
{
	size_t i;

	for (i = 0; i < table->group_count; i++) {
		struct top_group *group = table->groups[(guess + i) % table->group_count];

		/* One made again under the same name is another group; one renamed is not. */
		if (group->inode == inode && !group->seen)
			return group;
	}
	return NULL;
}

static void set_path(struct top_group *group, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (group->path && strcmp(group->path, path) == 0)
		return;
	free(group->path);
	free(group->label);
	free(group->name);
	group->path = xstrdup(path);
	group->label = escape_for_terminal(path);
	group->name = escape_for_terminal(slash && slash[1] ? slash + 1 : path);
}

static void set_number(const struct top_table *table, struct top_number *number,
		       const struct top_column *column, const struct cell *cell)
{
	const char *missing = cell->missing;

	if (!cell->present)
		return;
	number->present = true;
	if (column->is_rate) {
		number->known = cell->has_rate;
		number->partial = cell->rate_partial;
		number->number = cell->rate;
		if (*cell->rate_missing)
			missing = cell->rate_missing;
	} else {
		number->known = cell->value.status == RDTGRP_STATUS_OK;
		number->partial = cell->partial;
		if (number->known)
			number->number = rdtgrp_value_to_double(&cell->value);
	}
	if (!number->known) {
		char *text = xasprintf("- %s", missing);

		number->text = escape_for_terminal(text);
		free(text);
	} else {
		char *text = column->is_rate
				     ? units_rate(number->number, column->unit, table->units)
				     : units_value(&cell->value, column->unit, table->units);

		number->text = xasprintf("%s%s", text, number->partial ? "+" : "");
		free(text);
	}
}

static void fill_group(const struct top_table *table, struct top_group *group,
		       const struct report_group *entry, const struct plan *plan)
{
	size_t i;

	group->seen = true;
	group->type = entry->group->type;
	set_path(group, entry->group->path);
	clear_numbers(table, group);
	for (i = 0; i < plan->column_count; i++)
		set_number(table, &group->numbers[i], &table->columns[i], &entry->totals[i]);
	for (i = 0; i < plan->slot_count; i++) {
		size_t column = plan->slots[i].column;

		set_number(table,
			   &group->numbers[cell_index(table, 1 + plan->slots[i].domain, column)],
			   &table->columns[column], &entry->cells[i]);
	}
	for (i = 0; i < cell_count(table); i++)
		group->history[i].numbers[table->next] =
			group->numbers[i].known ? (float)group->numbers[i].number : NAN;
}

static void drop_unseen(struct top_table *table)
{
	size_t i, kept = 0;

	for (i = 0; i < table->group_count; i++) {
		if (table->groups[i]->seen)
			table->groups[kept++] = table->groups[i];
		else
			free_group(table, table->groups[i]);
	}
	table->group_count = kept;
}

void top_table_update(struct top_table *table, const struct report *report)
{
	size_t i;

	fit_to_plan(table, report->plan);
	for (i = 0; i < table->group_count; i++)
		table->groups[i]->seen = false;
	for (i = 0; i < report->group_count; i++) {
		const struct sample_group *sampled = report->groups[i].group;
		struct top_group *group = find_group(table, sampled->inode, i);

		if (!group) {
			table->groups = xgrow(table->groups, table->group_count, &table->group_room,
					      sizeof(struct top_group *));
			group = xcalloc(1, sizeof(*group));
			group->inode = sampled->inode;
			group->numbers = xcalloc(cell_count(table), sizeof(*group->numbers));
			group->history = new_history(cell_count(table));
			table->groups[table->group_count++] = group;
		}
		fill_group(table, group, &report->groups[i], report->plan);
	}
	drop_unseen(table);
	table->next = (table->next + 1) % TOP_HISTORY;
}

void top_table_clear(struct top_table *table)
{
	size_t i;

	for (i = 0; i < table->group_count; i++)
		free_group(table, table->groups[i]);
	free(table->groups);
	free_head(table);
	*table = (struct top_table){0};
}

const struct top_number *top_table_number(const struct top_table *table,
					  const struct top_group *group, size_t place,
					  size_t column)
{
	return &group->numbers[cell_index(table, place, column)];
}

float top_table_past(const struct top_table *table, const struct top_group *group, size_t place,
		     size_t column, size_t age)
{
	if (age >= TOP_HISTORY)
		return NAN;
	return group->history[cell_index(table, place, column)]
		.numbers[(table->next + 2 * TOP_HISTORY - 1 - age) % TOP_HISTORY];
}

bool top_table_has_place(const struct top_table *table, const struct top_group *group, size_t place)
{
	size_t i;

	for (i = 0; i < table->column_count; i++)
		if (top_table_number(table, group, place, i)->present)
			return true;
	return false;
}
