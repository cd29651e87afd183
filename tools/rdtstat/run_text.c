// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "options.h"
#include "output.h"
#include "root.h"
#include "run_report.h"
#include "units.h"
#include "xalloc.h"

static char *amount_text(double amount, const char *unit, enum units units)
{
	struct rdtgrp_value value = {.status = RDTGRP_STATUS_OK};
	/* Sums of bytes and counts are whole; their means need no more. */
	bool whole = strcmp(unit, "bytes") == 0 || strcmp(unit, "count") == 0;

	value.integer = (uint64_t)(whole ? amount + 0.5 : amount);
	if (!whole) {
		value.decimals = 6;
		value.fraction = (uint64_t)((amount - (double)value.integer) * 1e6);
	}
	return units_value(&value, unit, units);
}

/* Takes number and deviation over. */
static void row(char *number, const char *name, const char *what, char *deviation, const char *note)
{
	char *harmless = escape_for_terminal(name);
	char *label = xasprintf("%s%s%s", harmless, *what ? ", " : "", what);

	fprintf(output, "%18s  %s", number, label);
	if (deviation)
		fprintf(output, "%*s +- %s", (int)(strlen(label) < 34 ? 34 - strlen(label) : 0), "",
			deviation);
	fprintf(output, "%s%s\n", *note ? "  " : "", note);
	free(number);
	free(harmless);
	free(label);
	free(deviation);
}

static void event_rows(const struct run_summary *event, bool repeated, enum units units)
{
	const struct run_figure *figure = &event->figure;
	double amount_off = run_stats_deviation(&event->amount);
	double mean_off = run_stats_deviation(&event->mean);
	const char *unit = figure->unit;
	char note[96] = "", *amount;

	if (!event->amount.count) {
		row(xstrdup("-"), figure->event, "", NULL, figure->missing);
		return;
	}
	if (*figure->missing)
		snprintf(note, sizeof(note), "partial: %s", figure->missing);
	/* The mean of several is rounded, that of one is the number itself. */
	amount = event->amount.count == 1 ? units_value(&event->last_amount, unit, units)
					  : amount_text(event->amount.mean, unit, units);
	if (figure->kind == RDTGRP_EVENT_GAUGE) {
		row(amount, figure->event, "peak",
		    repeated ? amount_text(amount_off, unit, units) : NULL, note);
		row(amount_text(event->mean.mean, unit, units), figure->event, "mean",
		    repeated ? amount_text(mean_off, unit, units) : NULL, note);
		return;
	}
	row(amount, figure->event, "", repeated ? amount_text(amount_off, unit, units) : NULL,
	    note);
	row(units_rate(event->mean.mean, unit, units), figure->event, "mean per second",
	    repeated ? units_rate(mean_off, unit, units) : NULL, note);
}

static void print_ids(const char *what, const pid_t *ids, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		fprintf(output, "%s%d", i ? "," : what, (int)ids[i]);
}

static void print_title(const struct run_report *report)
{
	const struct run_args *args = report->args;
	char *group = escape_for_terminal(report->group);
	char *const *word;

	fprintf(output, "\n ");
	if (args->target_count) {
		print_ids("process ", args->targets, args->process_count);
		print_ids(args->process_count ? ", thread " : "thread ",
			  args->targets + args->process_count,
			  args->target_count - args->process_count);
	} else {
		for (word = args->command; *word; word++) {
			char *harmless = escape_for_terminal(*word);

			fprintf(output, "%s%s", word == args->command ? "" : " ", harmless);
			free(harmless);
		}
	}
	fprintf(output, "\n in %s%s", group, report->root->foreign ? " (not resctrl)" : "");
	if (args->repeat > 1)
		fprintf(output, ", mean of %lu runs", report->runs);
	fprintf(output, ":\n\n");
	free(group);
}

void run_text_report(const struct run_report *report, const struct options *options)
{
	bool repeated = report->runs > 1;
	char note[32] = "";
	size_t i;

	print_title(report);
	for (i = 0; i < report->event_count; i++)
		event_rows(&report->events[i], repeated, options->units);
	if (report->status)
		snprintf(note, sizeof(note), "exit status %d", report->status);
	fprintf(output, "\n");
	row(xasprintf("%.3f s", report->elapsed_s.mean), "elapsed", "",
	    repeated ? xasprintf("%.3f s", run_stats_deviation(&report->elapsed_s)) : NULL, note);
	fprintf(output, "\n");
}

static char *line_cell(const struct run_figure *figure, enum units units)
{
	char *number, *cell;

	if (!figure->present)
		return xasprintf("- %s", figure->missing);
	number = figure->kind == RDTGRP_EVENT_GAUGE ? amount_text(figure->mean, figure->unit, units)
						    : units_rate(figure->mean, figure->unit, units);
	cell = xasprintf("%s%s", number, figure->partial ? " partial" : "");
	free(number);
	return cell;
}

void run_text_line(const struct run_line *line, const struct options *options)
{
	static bool headed;
	size_t i;

	if (!headed) {
		fprintf(output, "%12s", "# seconds");
		for (i = 0; i < line->figure_count; i++)
			fprintf(output, " %20s", line->figures[i].event);
		fprintf(output, "\n");
	}
	headed = true;
	fprintf(output, "%12.6f", line->at_s);
	for (i = 0; i < line->figure_count; i++) {
		char *cell = line_cell(&line->figures[i], options->units);

		fprintf(output, " %20s", cell);
		free(cell);
	}
	fprintf(output, "\n");
}
