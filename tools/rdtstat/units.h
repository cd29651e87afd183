/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_UNITS_H
#define RDTSTAT_UNITS_H

#include <rdtgrp.h>
#include <stdbool.h>

enum units {
	UNITS_IEC, /* bytes in powers of 1024: KiB, MiB, GiB */
	UNITS_SI,  /* bytes in powers of 1000: kB, MB, GB */
	/* Nothing is rounded to a larger unit, and no unit is written. */
	UNITS_EXACT,
};

/* Numbers as people read them. `unit` is one of rdtgrp_event_get_unit(). The result is the caller's, to be
 * freed. */
char *units_value(const struct rdtgrp_value *value, const char *unit, enum units units);
char *units_rate(double per_second, const char *unit, enum units units);

/* The digits of a value that is OK, exactly as the kernel wrote them: "12" or "12.340000". */
char *units_digits(const struct rdtgrp_value *value);

#endif
