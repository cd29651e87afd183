/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_PQOS_H
#define BENCH_PQOS_H

#include "bench.h"

/*
 * The same values by libpqos's OS interface: it makes a MON group for each of a number of processes,
 * and its polls read all their values. These end the program on failure; there is one set at a time.
 */

/* The plan gets the groups that libpqos has made. */
void pqos_begin(struct plan *plan, size_t groups, unsigned int flags);
void pqos_end(void);

/* As the others: seconds per value of the plan; and, in a child process, one poll. */
double time_pqos(struct plan *plan);
void run_pqos(struct plan *plan);

#endif
