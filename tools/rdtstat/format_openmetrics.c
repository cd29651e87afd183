// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "format.h"
#include "output.h"
#include "report.h"
#include "units.h"
#include "xalloc.h"

/* One exposition of OpenMetrics 1.0. rdtstat(1) says what is in it. */

/* The name of an event's family: "resctrl_mbm_total_bytes", where the unit has to be the end of it. */
static char *family_name(const char *event, const char *unit)
{
	size_t event_length = strlen(event), unit_length = strlen(unit);
	bool has_unit = event_length > unit_length &&
			event[event_length - unit_length - 1] == '_' &&
			strcmp(event + event_length - unit_length, unit) == 0;
	char *name = xasprintf("resctrl_%s%s%s", event, *unit && !has_unit ? "_" : "",
			       has_unit ? "" : unit);
	char *c;

	for (c = name; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9'))
			*c = '_';
	return name;
}

/* Names may hold any bytes: made UTF-8 and harmless first, then as OpenMetrics wants it. */
static void put_escaped(const char *bytes)
{
	char *text = escape(bytes, true), *c;

	for (c = text; *c; c++)
		fprintf(output, "%s%c", *c == '\\' || *c == '"' ? "\\" : "", *c);
	free(text);
}

static void put_label(const char *separator, const char *label, const char *bytes)
{
	fprintf(output, "%s%s=\"", separator, label);
	put_escaped(bytes);
	fputc('"', output);
}

static void put_labels(const struct plan *plan, const struct sample_group *group,
		       const struct report_part *part, size_t slot)
{
	put_label("{", "group", group->path);
	put_label(",", "type", rdtgrp_type_name(group->type));
	if (part->name)
		put_label(",", "part", part->name);
	put_label(",", "resource", plan->columns[plan->slots[slot].column].resource);
	put_label(",", "domain", plan->domains[plan->slots[slot].domain].path);
	fputs("} ", output);
}

/* The digits of what the event counted since the first of the two samples, the caller's; NULL: a void
 * interval has counted nothing that could be told. */
static char *counted(const struct report_group *group, const struct report_part *part, size_t slot,
		     const char *event)
{
	const struct cell *cell = &part->cells[slot];
	struct rdtgrp_counter counter = {0};
	struct rdtgrp_value count = {.status = RDTGRP_STATUS_OK};

	if (!cell->has_rate)
		return NULL;
	if (part->cells == group->own_cells)
		return xasprintf("%.*Lf", (int)cell->value.decimals, cell->own_count);
	if (rdtgrp_counter_add(&counter, event, &group->older->values[slot]) < 0 ||
	    rdtgrp_counter_add(&counter, event, &cell->value) < 0)
		return NULL;
	count.integer = counter.integer;
	count.fraction = counter.fraction;
	count.decimals = counter.decimals;
	return units_digits(&count);
}

static void put_counter(const struct report *report, const struct report_group *group,
			const struct report_part *part, size_t slot, const char *name)
{
	const struct plan *plan = report->plan;
	const char *event = plan->columns[plan->slots[slot].column].event;
	const struct timespec *end = &report->sample->wall;
	char *digits = counted(group, part, slot, event);

	if (!digits)
		return;
	fprintf(output, "%s_total", name);
	put_labels(plan, group->group, part, slot);
	fprintf(output, "%s\n%s_created", digits, name);
	put_labels(plan, group->group, part, slot);
	fprintf(output, "%.3f\n",
		(double)end->tv_sec + (double)end->tv_nsec / 1e9 - report->interval_s);
	free(digits);
}

static void put_gauge(const struct report *report, const struct report_group *group,
		      const struct report_part *part, size_t slot, const char *name)
{
	const struct cell *cell = &part->cells[slot];
	char *digits;

	if (cell->value.status != RDTGRP_STATUS_OK)
		return;
	digits = units_digits(&cell->value);
	fputs(name, output);
	put_labels(report->plan, group->group, part, slot);
	fprintf(output, "%s\n", digits);
	free(digits);
}

/* The samples of one part of a group. */
static void put_part(const struct report *report, const struct report_group *group,
		     const struct report_part *part, const char *event, const char *name,
		     bool counter)
{
	const struct plan *plan = report->plan;
	size_t i;

	for (i = 0; i < plan->slot_count; i++) {
		if (strcmp(plan->columns[plan->slots[i].column].event, event) != 0 ||
		    !plan_is_outermost(plan, i) || !part->cells[i].present)
			continue;
		if (counter)
			put_counter(report, group, part, i, name);
		else
			put_gauge(report, group, part, i, name);
	}
}

static void put_metrics(const struct report *report, const char *event, const char *name,
			bool counter)
{
	struct report_part parts[REPORT_PARTS_MAX];
	size_t i, j, count;

	for (i = 0; i < report->group_count; i++) {
		count = report_parts(report, &report->groups[i], parts);
		for (j = 0; j < count; j++)
			put_part(report, &report->groups[i], &parts[j], event, name, counter);
	}
}

/* A family holds the events of that name of all resources. */
static bool is_first(const struct plan *plan, size_t column)
{
	size_t i;

	for (i = 0; i < column; i++)
		if (strcmp(plan->columns[i].event, plan->columns[column].event) == 0)
			return false;
	return true;
}

static bool is_counter(const struct column *column)
{
	return column->kind == RDTGRP_EVENT_CUMULATIVE;
}

/* A number of things has no unit. */
static const char *unit_of(const struct column *column)
{
	const char *unit = rdtgrp_event_get_unit(column->event);

	return strcmp(unit, "count") == 0 ? "" : unit;
}

/* Is `name` that of a family so far, or of its samples? */
static bool is_taken(const struct plan *plan, char *const *names, const char *name)
{
	size_t i;

	for (i = 0; i < plan->column_count; i++) {
		size_t length = names[i] ? strlen(names[i]) : 0;
		const char *suffix = name + length;

		if (!names[i] || strncmp(name, names[i], length) != 0)
			continue;
		if (!*suffix ||
		    (is_counter(&plan->columns[i]) &&
		     (strcmp(suffix, "_total") == 0 || strcmp(suffix, "_created") == 0)))
			return true;
	}
	return false;
}

/* Give the events that are known, or those that are not, names that no other has. */
static void name_some(const struct plan *plan, bool known, char **names)
{
	size_t i;

	for (i = 0; i < plan->column_count; i++) {
		const struct column *column = &plan->columns[i];
		char *name, *longer;

		if ((column->kind != RDTGRP_EVENT_UNKNOWN) != known || !is_first(plan, i))
			continue;
		name = family_name(column->event, unit_of(column));
		while (is_taken(plan, names, name)) {
			longer = xasprintf("%s_", name);
			free(name);
			name = longer;
		}
		names[i] = name;
	}
}

static void openmetrics_report(const struct report *report, const struct options *options)
{
	const struct plan *plan = report->plan;
	/* By column: NULL for one whose family an earlier column has begun. */
	char **names = xcalloc(plan->column_count, sizeof(*names));
	size_t i;

	(void)options;
	/* Known events have their names whatever else there is. */
	name_some(plan, true, names);
	name_some(plan, false, names);
	for (i = 0; i < plan->column_count; i++) {
		const struct column *column = &plan->columns[i];
		const char *unit = unit_of(column);
		bool counter = is_counter(column);

		if (!names[i])
			continue;
		/* Of an unknown event the type is unknown, which is what no line says. */
		if (column->kind != RDTGRP_EVENT_UNKNOWN)
			fprintf(output, "# TYPE %s %s\n", names[i], counter ? "counter" : "gauge");
		if (*unit)
			fprintf(output, "# UNIT %s %s\n", names[i], unit);
		fprintf(output, "# HELP %s Event ", names[i]);
		put_escaped(column->event);
		fprintf(output, " of resctrl groups%s.\n",
			counter ? ", counted since the exposition was begun" : "");
		put_metrics(report, column->event, names[i], counter);
		free(names[i]);
	}
	free(names);
	fputs("# EOF\n", output);
}

const struct format format_openmetrics = {.report = openmetrics_report, .once = true};
