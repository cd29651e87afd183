/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_UNITS_H
#define RDTSTAT_UNITS_H

#include <rdtgrp.h>
#include <stdbool.h>

/* Numbers as people read them. `unit` is one of rdtgrp_event_get_unit(). With `exact` nothing is
 * rounded to a larger unit and no unit is written. The result is the caller's, to be freed. */
char *units_value(const struct rdtgrp_value *value, const char *unit, bool exact);
char *units_rate(double per_second, const char *unit, bool exact);

/* The digits of a value that is OK, exactly as the kernel wrote them: "12" or "12.340000". */
char *units_digits(const struct rdtgrp_value *value);

#endif
