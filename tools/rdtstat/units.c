// SPDX-License-Identifier: GPL-2.0-or-later
#include "units.h"

#include <inttypes.h>
#include <string.h>

#include "xalloc.h"

/* "1.5 MiB": `suffix` is written behind the prefix. */
static char *scale(double number, double step, const char *const prefixes[], size_t count,
		   const char *suffix)
{
	size_t i = 0;

	/* What would be rounded to 1024.0 is shown in the next unit. */
	while (i + 1 < count && number >= step - 0.05) {
		number /= step;
		i++;
	}
	return xasprintf(i ? "%.1f %s%s" : "%.0f %s%s", number, prefixes[i], suffix);
}

static char *scale_bytes(double number, enum units units, const char *suffix)
{
	static const char *const iec[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	static const char *const si[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

	if (units == UNITS_SI)
		return scale(number, 1000, si, sizeof(si) / sizeof(si[0]), suffix);
	return scale(number, 1024, iec, sizeof(iec) / sizeof(iec[0]), suffix);
}

static char *scale_count(double number, const char *suffix)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};

	return scale(number, 1000, prefixes, sizeof(prefixes) / sizeof(prefixes[0]), suffix);
}

char *units_digits(const struct rdtgrp_value *value)
{
	if (!value->decimals)
		return xasprintf("%" PRIu64, value->integer);
	return xasprintf("%" PRIu64 ".%0*" PRIu64, value->integer, (int)value->decimals,
			 value->fraction);
}

char *units_value(const struct rdtgrp_value *value, const char *unit, enum units units)
{
	double number = rdtgrp_value_to_double(value);

	if (units == UNITS_EXACT)
		return units_digits(value);
	if (strcmp(unit, "bytes") == 0)
		return scale_bytes(number, units, "");
	if (strcmp(unit, "joules") == 0)
		return xasprintf("%.3f J", number);
	if (strcmp(unit, "farads") == 0)
		return xasprintf("%.3f F", number);
	/* Of an unknown event not even this is known: whether it may be rounded. */
	return units_digits(value);
}

char *units_rate(double per_second, const char *unit, enum units units)
{
	bool whole = strcmp(unit, "bytes") == 0 || strcmp(unit, "count") == 0;

	if (units == UNITS_EXACT)
		return xasprintf(whole ? "%.0f" : "%.6f", per_second);
	if (strcmp(unit, "bytes") == 0)
		return scale_bytes(per_second, units, "/s");
	if (strcmp(unit, "joules") == 0)
		return xasprintf("%.3f W", per_second);
	if (strcmp(unit, "farads") == 0)
		return xasprintf("%.3f F/s", per_second);
	return scale_count(per_second, "/s");
}
