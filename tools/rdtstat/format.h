/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_FORMAT_H
#define RDTSTAT_FORMAT_H

#include <stdbool.h>

struct findings;
struct listing;
struct options;
struct report;
struct run_line;
struct run_report;

/* A way to write results on stdout: one file per format, format_<name>.c. What it has no way for is NULL. */
struct format {
	/* It is for one report. */
	bool once;
	void (*report)(const struct report *report, const struct options *options);
	void (*list)(const struct listing *listing);
	void (*info)(const struct findings *findings);
	void (*run)(const struct run_report *report, const struct options *options);
	void (*run_line)(const struct run_line *line, const struct options *options);
};

extern const struct format format_table;
extern const struct format format_json;
extern const struct format format_csv;
extern const struct format format_openmetrics;

#endif
