/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_STATS_H
#define RDTSTAT_RUN_STATS_H

#include <stddef.h>

/* The mean of numbers and how far they lie from it. All zero is none. */
struct run_stats {
	size_t count;
	double mean;
	double squares;
};

void run_stats_add(struct run_stats *stats, double number);

/* The standard deviation of the sample; 0 of less than two numbers. */
double run_stats_deviation(const struct run_stats *stats);

#endif
