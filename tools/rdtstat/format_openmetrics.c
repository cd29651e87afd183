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
static void put_label(const char *separator, const char *label, const char *bytes)
{
	char *text = escape(bytes, true), *c;

	fprintf(output, "%s%s=\"", separator, label);
	for (c = text; *c; c++)
		fprintf(output, "%s%c", *c == '\\' || *c == '"' ? "\\" : "", *c);
	fputc('"', output);
	free(text);
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

static void openmetrics_report(const struct report *report, const struct options *options)
{
	const struct plan *plan = report->plan;
	size_t i;

	(void)options;
	for (i = 0; i < plan->column_count; i++) {
		const struct column *column = &plan->columns[i];
		bool counter = column->kind == RDTGRP_EVENT_CUMULATIVE;
		const char *unit = rdtgrp_event_get_unit(column->event);
		char *name, *event;

		/* A number of things has no unit. */
		if (strcmp(unit, "count") == 0)
			unit = "";
		if (!is_first(plan, i))
			continue;
		name = family_name(column->event, unit);
		event = escape(column->event, false);
		/* Of an unknown event the type is unknown, which is what no line says. */
		if (column->kind != RDTGRP_EVENT_UNKNOWN)
			fprintf(output, "# TYPE %s %s\n", name, counter ? "counter" : "gauge");
		if (*unit)
			fprintf(output, "# UNIT %s %s\n", name, unit);
		fprintf(output, "# HELP %s Event %s of resctrl groups%s.\n", name, event,
			counter ? ", counted since the exposition was begun" : "");
		put_metrics(report, column->event, name, counter);
		free(event);
		free(name);
	}
	fputs("# EOF\n", output);
}

const struct format format_openmetrics = {.report = openmetrics_report, .once = true};
