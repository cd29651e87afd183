// SPDX-License-Identifier: GPL-2.0-or-later
#include "interval.h"

#define NS_PER_SEC 1000000000ULL
#define INTERVAL_MIN_NS (NS_PER_SEC / 10)

/* By hand, since strtod(3) also takes "inf", "0x1p3" and, elsewhere, a comma. */
bool interval_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t seconds = 0, fraction = 0, unit = NS_PER_SEC;
	const char *c = text;

	for (; *c >= '0' && *c <= '9'; c++) {
		seconds = seconds * 10 + (uint64_t)(*c - '0');
		if (seconds > INTERVAL_MAX_SEC)
			return false;
	}
	if (*c == '.')
		/* Digits below the nanosecond count nothing. */
		for (c++; *c >= '0' && *c <= '9'; c++) {
			unit /= 10;
			fraction += (uint64_t)(*c - '0') * unit;
		}
	if (*c || seconds * NS_PER_SEC + fraction < INTERVAL_MIN_NS)
		return false;
	*ret_ns = seconds * NS_PER_SEC + fraction;
	return true;
}
