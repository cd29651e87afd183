/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_BREAKDOWN_H
#define RDTSTAT_BREAKDOWN_H

#include <stddef.h>

struct cell;
struct pair;

/*
 * What a CTRL_MON group has without its MON groups, which the kernel shows nowhere: its sum less what its
 * MON groups have, each read by itself, right behind the sum.
 *
 * Fill `own` from `sum`, the cell of the sum in the same slot.
 */
void breakdown_fill_own(const struct pair *pair, size_t slot, const struct cell *sum,
			struct cell *own);

#endif
