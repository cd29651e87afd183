/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_VALUE_MATH_H
#define RDTSTAT_VALUE_MATH_H

#include <rdtgrp.h>
#include <stdbool.h>

/* Values that are OK as exact numbers. The result has as many decimals as the longer of the two. */

/* sum += value; false if it does not fit: then the sum is none. */
bool value_add(struct rdtgrp_value *sum, const struct rdtgrp_value *value);

/* rest -= value; false if it would be below 0: then the rest is none. */
bool value_subtract(struct rdtgrp_value *rest, const struct rdtgrp_value *value);

/* The number, exact for integers where long double has at least 64 bits, as on x86 and Arm. */
long double value_number(const struct rdtgrp_value *value);

#endif
