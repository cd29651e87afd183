/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "value.h"

#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* 10^18 is the largest power of ten whose multiples below it fit a fraction of 64 bits. */
#define DECIMALS_MAX 18

static const struct {
	const char *word;
	enum rdtgrp_status status;
} words[] = {
	{"Unavailable", RDTGRP_STATUS_UNAVAILABLE},
	{"Error", RDTGRP_STATUS_ERROR},
	{"Unassigned", RDTGRP_STATUS_UNASSIGNED},
};

/* A number of so many digits is less than 2^64, whichever they are. */
#define DIGITS_SAFE 19

static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/*
 * Eight digits at once: pairs of neighbours become one number, three times. Parsing is most of what the
 * library itself does for a value, and the counts have some 15 digits. Of the eight the first ones may
 * have been taken already: they are taken for zeros.
 */
static inline bool take_eight(const char *text, size_t taken, uint64_t *number)
{
	const uint64_t high = 0xf0f0f0f0f0f0f0f0, zeros = 0x3030303030303030;
	const uint64_t mask = ~UINT64_C(0) << 8 * taken;
	uint64_t eight;

	memcpy(&eight, text, sizeof(eight));
	eight = (le64toh(eight) & mask) | (zeros & ~mask);
	/* '0' to '9' are 0x30 to 0x39, and stay below 0x40 with 6 more. */
	if ((eight & high) != zeros || ((eight + 0x0606060606060606) & high) != zeros)
		return false;
	eight -= zeros;
	eight = (eight * 10 + (eight >> 8)) & 0x00ff00ff00ff00ff;
	eight = (eight * 100 + (eight >> 16)) & 0x0000ffff0000ffff;
	eight = (eight * 10000 + (eight >> 32)) & 0x00000000ffffffff;
	*number = *number * powers[8 - taken] + eight;
	return true;
}

/* Takes the digits at *text; false if there are none, or too many for 64 bits. */
static bool take_digits(const char **text, const char *end, uint64_t *ret_number)
{
	const char *p = *text, *safe = end - p > DIGITS_SAFE ? p + DIGITS_SAFE : end;
	uint64_t number = 0;

	/* Nearly all numbers end here; to look for overflow at each digit takes longer. */
	while (safe - p >= 8 && take_eight(p, 0, &number))
		p += 8;
	if (p > *text && p < safe && safe - p < 8 &&
	    take_eight(safe - 8, (size_t)(8 - (safe - p)), &number))
		p = safe;
	for (; p < safe && *p >= '0' && *p <= '9'; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
			return false;
	if (p == *text)
		return false;
	*text = p;
	*ret_number = number;
	return true;
}

static bool parse_number(const char *text, const char *end, struct rdtgrp_value *value)
{
	uint64_t integer, fraction = 0;
	size_t decimals = 0;

	if (!take_digits(&text, end, &integer))
		return false;
	if (text < end && *text == '.') {
		const char *digits = ++text;

		if (!take_digits(&text, end, &fraction))
			return false;
		decimals = (size_t)(text - digits);
		if (decimals > DECIMALS_MAX)
			return false;
	}
	if (text != end)
		return false;
	value->integer = integer;
	value->fraction = fraction;
	value->decimals = (uint32_t)decimals;
	return true;
}

void rg_value_parse(const char *text, size_t length, struct rdtgrp_value *value)
{
	value->status = RDTGRP_STATUS_MALFORMED;
	value->decimals = 0;
	value->integer = 0;
	value->fraction = 0;

	/* The kernel ends every value with a newline: a text without one is not all there. */
	if (length < 2 || text[length - 1] != '\n')
		return;
	length--;

	if (parse_number(text, text + length, value)) {
		value->status = RDTGRP_STATUS_OK;
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (length == strlen(words[i].word) && !memcmp(text, words[i].word, length))
			value->status = words[i].status;
}

const char *rdtgrp_status_name(enum rdtgrp_status status)
{
	switch (status) {
	case RDTGRP_STATUS_NONE:
		return "none";
	case RDTGRP_STATUS_OK:
		return "ok";
	case RDTGRP_STATUS_UNAVAILABLE:
		return "unavailable";
	case RDTGRP_STATUS_ERROR:
		return "error";
	case RDTGRP_STATUS_UNASSIGNED:
		return "unassigned";
	case RDTGRP_STATUS_OFFLINE:
		return "offline";
	case RDTGRP_STATUS_GONE:
		return "gone";
	case RDTGRP_STATUS_DENIED:
		return "denied";
	case RDTGRP_STATUS_MALFORMED:
		return "malformed";
	case RDTGRP_STATUS_FAILED:
		return "failed";
	case RDTGRP_STATUS_PSEUDO_LOCKED:
		return "pseudo-locked";
	}
	return "unknown";
}

double rg_value_fraction(const struct rdtgrp_value *value)
{
	double scale = 1;

	for (uint32_t i = 0; i < value->decimals; i++)
		scale *= 10;
	return (double)value->fraction / scale;
}

double rdtgrp_value_to_double(const struct rdtgrp_value *value)
{
	if (value->status != RDTGRP_STATUS_OK)
		return (double)NAN;
	return (double)value->integer + rg_value_fraction(value);
}
