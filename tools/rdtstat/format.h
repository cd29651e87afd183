/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_FORMAT_H
#define RDTSTAT_FORMAT_H

struct findings;
struct listing;
struct options;
struct report;

/* A way to write results on stdout: one file per format, format_<name>.c. */
struct format {
	void (*report)(const struct report *report, const struct options *options);
	void (*list)(const struct listing *listing);
	void (*info)(const struct findings *findings);
};

extern const struct format format_table;
extern const struct format format_json;

#endif
