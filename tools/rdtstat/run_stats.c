// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_stats.h"

#include <math.h>

/* Welford's method: sums of squares of large numbers would lose the difference. */
void run_stats_add(struct run_stats *stats, double number)
{
	double distance = number - stats->mean;

	stats->count++;
	stats->mean += distance / (double)stats->count;
	stats->squares += distance * (number - stats->mean);
}

double run_stats_deviation(const struct run_stats *stats)
{
	if (stats->count < 2)
		return 0;
	return sqrt(stats->squares / (double)(stats->count - 1));
}
