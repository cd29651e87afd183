// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "format.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "units.h"
#include "words.h"

/* RFC 4180: lines end with CR LF, and the first one has the names of the fields. rdtstat(1) says what is in
 * them. */

/* A field and what separates it from the one before. Takes text over. */
static void put(char *text, const char *separator)
{
	const char *c;

	fputs(separator, output);
	if (!strpbrk(text, ",\"")) {
		fputs(text, output);
	} else {
		fputc('"', output);
		for (c = text; *c; c++)
			fprintf(output, "%s%c", *c == '"' ? "\"" : "", *c);
		fputc('"', output);
	}
	free(text);
}

/* Names may hold any bytes; without line ends and all that is not UTF-8. */
static void put_name(const char *bytes, const char *separator)
{
	put(escape(bytes, true), separator);
}

static void put_row(const struct report *report, const struct report_group *group, const char *part,
		    const char *domain, const struct column *column, const struct cell *cell)
{
	bool ok = cell->value.status == RDTGRP_STATUS_OK;
	char *digits = ok ? units_digits(&cell->value) : NULL;
	char *when = words_for_time(&report->sample->wall);

	fprintf(output, "%s,%.9f", when, report->interval_s);
	put_name(group->group->path, ",");
	fprintf(output, ",%s", rdtgrp_type_name(group->group->type));
	if (part)
		fprintf(output, ",%s", part);
	put_name(domain, ",");
	put_name(column->resource, ",");
	put_name(column->event, ",");
	fprintf(output, ",%s,%s,", rdtgrp_event_get_unit(column->event), digits ? digits : "");
	put_name(*cell->missing ? cell->missing : "ok", "");
	fprintf(output, ",%s,", cell->partial ? "true" : "false");
	if (column->kind != RDTGRP_EVENT_CUMULATIVE) {
		fputs(",,", output);
	} else {
		if (cell->has_rate)
			fprintf(output, "%.6f", cell->rate);
		put_name(*cell->rate_missing ? cell->rate_missing : "ok", ",");
		fprintf(output, ",%s", cell->rate_partial ? "true" : "false");
	}
	fputs("\r\n", output);
	free(digits);
	free(when);
}

static void put_part(const struct report *report, const struct report_group *group,
		     const struct report_part *part, bool per_domain)
{
	const struct plan *plan = report->plan;
	size_t i;

	for (i = 0; !per_domain && i < plan->column_count; i++)
		if (part->totals[i].present)
			put_row(report, group, part->name, "", &plan->columns[i], &part->totals[i]);
	for (i = 0; per_domain && i < plan->slot_count; i++)
		if (part->cells[i].present)
			put_row(report, group, part->name,
				plan->domains[plan->slots[i].domain].path,
				&plan->columns[plan->slots[i].column], &part->cells[i]);
}

static void csv_report(const struct report *report, const struct options *options)
{
	size_t i, j;

	if (report->number == 1)
		fprintf(output,
			"time,interval,group,type,%sdomain,resource,event,unit,value,value_status,"
			"value_partial,rate,rate_status,rate_partial\r\n",
			report->breakdown ? "part," : "");
	for (i = 0; i < report->group_count; i++) {
		const struct report_group *group = &report->groups[i];
		struct report_part parts[REPORT_PARTS_MAX];
		size_t count = report_parts(report, group, parts);

		for (j = 0; j < count; j++)
			put_part(report, group, &parts[j], options->per_domain);
	}
}

const struct format format_csv = {.report = csv_report};
