/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_REPORT_H
#define RDTSTAT_RUN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "run_args.h"
#include "run_meter.h"
#include "run_stats.h"

struct options;
struct root;

/* An event over all runs. */
struct run_summary {
	/* Of the first run, or of the last that has a gap to tell of. */
	struct run_figure figure;
	/* Of the last run that had numbers. */
	struct rdtgrp_value last_amount;
	struct run_stats amount;
	struct run_stats mean;
};

/* What rdtstat run has to say in the end. */
struct run_report {
	const struct root *root;
	const struct run_args *args;
	/* Of the temporary group, from the root. */
	const char *group;
	struct timespec wall;
	unsigned long runs;
	/* Of the command, if there was one. */
	int status;
	struct run_stats elapsed_s;
	struct run_summary *events;
	size_t event_count;
};

/* And what it says on the way. */
struct run_line {
	/* From 1. */
	unsigned long run;
	/* Seconds from the run's beginning to the line, and from the last line. */
	double at_s;
	double duration_s;
	const struct run_figure *figures;
	size_t figure_count;
};

/* Of format_table; they print on `output`. */
void run_text_report(const struct run_report *report, const struct options *options);
void run_text_line(const struct run_line *line, const struct options *options);

#endif
