// SPDX-License-Identifier: GPL-2.0-or-later
#include "value_math.h"

static uint64_t power_of_ten(uint32_t exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

/* Give `value` so many decimals that it has at least those of `other`. @return the fraction of `other` in
 * those decimals, which is below 10^18. */
static uint64_t align(struct rdtgrp_value *value, const struct rdtgrp_value *other)
{
	if (value->decimals < other->decimals) {
		value->fraction *= power_of_ten(other->decimals - value->decimals);
		value->decimals = other->decimals;
	}
	return other->fraction * power_of_ten(value->decimals - other->decimals);
}

bool value_add(struct rdtgrp_value *sum, const struct rdtgrp_value *value)
{
	uint64_t fraction = align(sum, value), one = power_of_ten(sum->decimals);

	/* Both are below 10^18, so this cannot overflow. */
	sum->fraction += fraction;
	if (__builtin_add_overflow(sum->integer, sum->fraction / one, &sum->integer) ||
	    __builtin_add_overflow(sum->integer, value->integer, &sum->integer))
		return false;
	sum->fraction %= one;
	return true;
}

bool value_subtract(struct rdtgrp_value *rest, const struct rdtgrp_value *value)
{
	uint64_t fraction = align(rest, value);

	if (rest->fraction < fraction) {
		if (rest->integer == 0)
			return false;
		rest->integer--;
		rest->fraction += power_of_ten(rest->decimals);
	}
	rest->fraction -= fraction;
	return !__builtin_sub_overflow(rest->integer, value->integer, &rest->integer);
}

long double value_number(const struct rdtgrp_value *value)
{
	return (long double)value->integer +
	       (long double)value->fraction / (long double)power_of_ten(value->decimals);
}
