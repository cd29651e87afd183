/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_VALUE_H
#define RG_VALUE_H

#include <stddef.h>

#include "rdtgrp.h"

/* More than any value the kernel prints (below 32 bytes); a text that fills it is no value. */
#define RG_VALUE_TEXT_MAX 64

/*
 * Parse what a mon_data file held. Sets status (OK, UNAVAILABLE, ERROR, UNASSIGNED or MALFORMED),
 * decimals, integer and fraction; leaves the rest. text need not end with a NUL.
 */
void rg_value_parse(const char *text, size_t length, struct rdtgrp_value *value);

/* What stands behind the point, from 0 to below 1. */
double rg_value_fraction(const struct rdtgrp_value *value);

#endif
