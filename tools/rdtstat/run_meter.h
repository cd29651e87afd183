/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_METER_H
#define RDTSTAT_RUN_METER_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was measured of one event over some time, all domains added up. */
struct run_figure {
	const char *event;
	const char *unit;
	enum rdtgrp_event_kind kind;
	/* Otherwise there are no numbers. */
	bool present;
	/* Not all of it was seen. */
	bool partial;
	/* Why there are no numbers, or what is missing from them; or "". */
	char missing[64];
	/* Of a gauge its peak and its mean, of a counter what it counted and how much that is per second. */
	struct rdtgrp_value amount;
	double mean;
};

/* What adds up over some time: since the last line, or over the whole run. */
struct run_span {
	/* All zero at the beginning of a run. */
	struct rdtgrp_value amount_before;
	struct rdtgrp_value peak;
	double weighted;
	double weight;
	bool present;
};

struct run_event {
	const char *name;
	enum rdtgrp_event_kind kind;
	struct run_span run;
	struct run_span line;
};

struct run_slot {
	/* Index of its event; SIZE_MAX: it is none that goes into a sum. */
	size_t event;
	struct rdtgrp_counter counter;
	/* There was a number when the run began. */
	bool based;
};

/* The values of one group. Events that rdtstat does not know are left out. */
struct run_meter {
	struct rdtgrp_reader *reader;
	struct rdtgrp_value *values;
	struct run_slot *slots;
	size_t count;
	struct run_event *events;
	size_t event_count;
	uint64_t started_ns;
	uint64_t line_ns;
	uint64_t now_ns;
};

/* @return 0 or a negative errno of the library. */
int run_meter_open(struct run_meter *meter, struct rdtgrp *group);
void run_meter_close(struct run_meter *meter);

/* Begin a run. */
void run_meter_start(struct run_meter *meter);

/* Look at all values now. */
void run_meter_sample(struct run_meter *meter);

/* Seconds since the run began, and since the last line, at the last sample. */
double run_meter_run_s(const struct run_meter *meter);
double run_meter_line_s(const struct run_meter *meter);

/* The figures of the event at the index. */
struct run_figure run_meter_run_figure(const struct run_meter *meter, size_t index);
struct run_figure run_meter_line_figure(const struct run_meter *meter, size_t index);

/* The next line begins. */
void run_meter_next_line(struct run_meter *meter);

#endif
