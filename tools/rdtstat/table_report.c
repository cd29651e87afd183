// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "color.h"
#include "escape.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "root.h"
#include "screen.h"
#include "table.h"
#include "units.h"
#include "xalloc.h"

/* With --timestamp one table goes on through all reports. */
static struct {
	/* Of each column: they only grow, so that numbers stay below each other. */
	size_t *widths;
	size_t column_count;
	/* From the last title on; 0: there was none. */
	size_t lines;
} running;

/* What a row begins with; NULL: there is no such column. */
struct head {
	const char *time;
	const char *group;
	const char *part;
	const char *domain;
};

enum time_parts {
	TIME_DATE,
	TIME_OF_DAY,
	TIME_BOTH,
};

/* Local time, as sysstat shows it: with S_TIME_FORMAT=ISO by ISO 8601, date and zone included. */
static void format_time(char *text, size_t size, const struct report *report, enum time_parts parts)
{
	const char *wanted = getenv("S_TIME_FORMAT");
	struct tm local;

	localtime_r(&report->sample->wall.tv_sec, &local);
	if (wanted && strcmp(wanted, "ISO") == 0)
		strftime(text, size, "%Y-%m-%dT%H:%M:%S%z", &local);
	else if (parts == TIME_DATE)
		strftime(text, size, "%Y-%m-%d", &local);
	else if (parts == TIME_OF_DAY)
		strftime(text, size, "%H:%M:%S", &local);
	else
		strftime(text, size, "%Y-%m-%d %H:%M:%S", &local);
}

static void print_title(const struct report *report, bool timestamp)
{
	char *path = escape_for_terminal(report->root->path);
	char when[40], over[40] = "";

	format_time(when, sizeof(when), report, timestamp ? TIME_DATE : TIME_BOTH);
	if (!timestamp)
		snprintf(over, sizeof(over), "over %.3f s  ", report->interval_s);
	fprintf(output, "%s  %s%s%s\n", when, over, path, table_foreign_mark(report->root));
	free(path);
}

static char *mark_partial(char *text, bool partial)
{
	char *marked = partial ? xasprintf("%s partial", text) : NULL;

	if (!marked)
		return text;
	free(text);
	return marked;
}

static char *cell_text(const struct column *column, const struct cell *cell, enum units units)
{
	const char *unit = rdtgrp_event_get_unit(column->event);

	if (!cell->present)
		return NULL;
	if (column->kind == RDTGRP_EVENT_CUMULATIVE) {
		if (!cell->has_rate)
			return xasprintf("- %s",
					 *cell->rate_missing ? cell->rate_missing : cell->missing);
		return mark_partial(units_rate(cell->rate, unit, units), cell->rate_partial);
	}
	if (cell->value.status != RDTGRP_STATUS_OK)
		return xasprintf("- %s", cell->missing);
	return mark_partial(units_value(&cell->value, unit, units), cell->partial);
}

/* The text of a cell, in color if there is less than a whole number in it: the table shows colors only
 * where they are wanted. */
static void set_number(struct libscols_line *line, size_t index, const struct column *column,
		       const struct cell *cell, enum units units)
{
	bool rate = column->kind == RDTGRP_EVENT_CUMULATIVE;
	bool there = rate ? cell->has_rate : cell->value.status == RDTGRP_STATUS_OK;
	bool partial = rate ? cell->rate_partial : cell->partial;

	table_set_cell(line, index, cell_text(column, cell, units));
	if (cell->present && (!there || partial) &&
	    scols_cell_set_color(scols_line_get_cell(line, index),
				 there ? COLOR_OF_PARTIAL : COLOR_OF_MISSING) < 0)
		out_of_memory();
}

/* The event, with its resource where two resources have events of that name. */
static char *column_title(const struct plan *plan, size_t index)
{
	const struct column *column = &plan->columns[index];
	const char *per_second = column->kind == RDTGRP_EVENT_CUMULATIVE ? "/s" : "";
	size_t i;

	for (i = 0; i < plan->column_count; i++)
		if (i != index && strcmp(plan->columns[i].event, column->event) == 0)
			return xasprintf("%s:%s%s", column->resource, column->event, per_second);
	return xasprintf("%s%s", column->event, per_second);
}

/* The cells that a row begins with. @return how many. */
static size_t set_head(struct libscols_line *line, const struct head *head)
{
	const char *const words[] = {head->time, head->group, head->part, head->domain};
	size_t i, count = 0;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i])
			table_set_cell(line, count++, xstrdup(words[i]));
	return count;
}

static void add_totals(struct libscols_table *table, const struct plan *plan,
		       const struct head *head, const struct report_part *part, enum units units)
{
	struct libscols_line *line = table_add_line(table, NULL);
	size_t i, first = set_head(line, head);

	for (i = 0; i < plan->column_count; i++)
		set_number(line, first + i, &plan->columns[i], &part->totals[i], units);
}

static void add_domains(struct libscols_table *table, const struct plan *plan, struct head *head,
			const struct report_part *part, enum units units)
{
	size_t i, j, first = 0;

	for (i = 0; i < plan->domain_count; i++) {
		struct libscols_line *line = NULL;

		for (j = 0; j < plan->slot_count; j++) {
			size_t column = plan->slots[j].column;

			if (plan->slots[j].domain != i || !part->cells[j].present)
				continue;
			if (!line) {
				line = table_add_line(table, NULL);
				head->domain = plan->domains[i].path;
				first = set_head(line, head);
			}
			set_number(line, first + column, &plan->columns[column], &part->cells[j],
				   units);
		}
	}
}

static void add_group(struct libscols_table *table, const struct report *report,
		      const struct report_group *group, const struct options *options)
{
	struct report_part parts[REPORT_PARTS_MAX];
	size_t i, count = report_parts(report, group, parts);
	struct head head = {.group = group->group->path};
	char when[40];

	if (options->timestamp) {
		format_time(when, sizeof(when), report, TIME_OF_DAY);
		head.time = when;
	}
	for (i = 0; i < count; i++) {
		head.part = parts[i].name;
		if (options->per_domain)
			add_domains(table, report->plan, &head, &parts[i], options->units);
		else
			add_totals(table, report->plan, &head, &parts[i], options->units);
	}
}

static struct libscols_table *make_table(const struct report *report, const struct options *options)
{
	const struct plan *plan = report->plan;
	struct libscols_table *table = table_new();
	size_t i;

	if (scols_table_enable_colors(table, color_wanted(options->color)) < 0)
		out_of_memory();
	if (options->timestamp)
		table_add_column(table, "TIME", 0);
	table_add_column(table, "GROUP", 0);
	if (report->breakdown)
		table_add_column(table, "PART", 0);
	if (options->per_domain)
		table_add_column(table, "DOMAIN", 0);
	for (i = 0; i < plan->column_count; i++) {
		char *title = column_title(plan, i);

		table_add_column(table, title, SCOLS_FL_RIGHT);
		free(title);
	}
	for (i = 0; i < report->group_count; i++)
		add_group(table, report, &report->groups[i], options);
	return table;
}

/* Is it time to say again what the columns are? */
static bool header_is_due(size_t columns, size_t rows)
{
	return running.lines == 0 || running.column_count != columns ||
	       running.lines + rows >= screen_lines();
}

/* Make a column at least so wide, by its title: that counts also where it is not printed. */
static void widen(struct libscols_column *column, size_t width)
{
	struct libscols_cell *header = scols_column_get_header(column);
	const char *title = scols_cell_get_data(header);
	int places = scols_column_is_right(column) ? (int)width : -(int)width;
	char *wide = xasprintf("%*s", places, title);

	if (scols_cell_refer_data(header, wide) < 0)
		out_of_memory();
}

/* Add the report's rows to the table that goes on. */
static void go_on(const struct report *report, struct libscols_table *table)
{
	size_t i, columns = scols_table_get_ncols(table), rows = scols_table_get_nlines(table);
	bool due = header_is_due(columns, rows);

	if (due) {
		if (running.lines)
			fprintf(output, "\n");
		print_title(report, true);
		running.lines = 2;
	}
	running.lines += rows;
	if (running.column_count != columns) {
		free(running.widths);
		running.widths = xcalloc(columns, sizeof(*running.widths));
		running.column_count = columns;
	}
	scols_table_enable_noheadings(table, !due);
	for (i = 0; i < columns; i++)
		widen(scols_table_get_column(table, i), running.widths[i]);
	scols_ref_table(table);
	table_print(table);
	for (i = 0; i < columns; i++) {
		size_t width = scols_column_get_width(scols_table_get_column(table, i));

		if (running.widths[i] < width)
			running.widths[i] = width;
	}
	scols_unref_table(table);
}

void table_report(const struct report *report, const struct options *options)
{
	struct libscols_table *table = make_table(report, options);

	if (options->timestamp) {
		go_on(report, table);
		return;
	}
	print_title(report, false);
	table_print(table);
	fprintf(output, "\n");
}
