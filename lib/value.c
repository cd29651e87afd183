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

/* Numbers of so many digits, at least and at most, are parsed at once. */
#define AT_ONCE_MIN 8
#define AT_ONCE_MAX 19

#define ZEROS UINT64_C(0x3030303030303030)

static inline uint64_t load_eight(const char *text)
{
	uint64_t eight;

	memcpy(&eight, text, sizeof(eight));
	return le64toh(eight);
}

/* '0' to '9' are 0x30 to 0x39, and stay below 0x40 with 6 more. */
static inline bool are_digits(uint64_t eight)
{
	const uint64_t high = 0xf0f0f0f0f0f0f0f0;

	return (((eight ^ ZEROS) | ((eight + 0x0606060606060606) ^ ZEROS)) & high) == 0;
}

/* Of digits less '0', the first of which is the lowest byte: neighbours become one number, three times. */
static inline uint64_t number_of_eight(uint64_t eight)
{
	eight = (eight * 10 + (eight >> 8)) & 0x00ff00ff00ff00ff;
	eight = (eight * 100 + (eight >> 16)) & 0x0000ffff0000ffff;
	return (eight * 10000 + (eight >> 32)) & 0x00000000ffffffff;
}

/*
 * A text that is all digits, as nearly all values are: the last eight, and the eight before them, of which
 * the text may not have all. Parsing is most of what the library itself does for a value.
 */
static inline bool parse_digits(const char *text, size_t length, uint64_t *ret_number)
{
	uint64_t number = 0, first, last;

	if (length < AT_ONCE_MIN || length > AT_ONCE_MAX)
		return false;
	for (; length > 16; text++, length--) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	first = load_eight(text);
	last = load_eight(text + length - 8);
	if (!are_digits(first) || !are_digits(last))
		return false;
	/* In two steps, as it may be by all of the 64 bits. */
	first = (first - ZEROS) << 4 * (16 - length) << 4 * (16 - length);
	number = number * 100000000 + number_of_eight(first);
	*ret_number = number * 100000000 + number_of_eight(last - ZEROS);
	return true;
}

/* Takes the digits at *text; false if there are none, or too many for 64 bits. */
static bool take_digits(const char **text, const char *end, uint64_t *ret_number)
{
	const char *p = *text;
	uint64_t number = 0;

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

	if (parse_digits(text, length, &value->integer) ||
	    parse_number(text, text + length, value)) {
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
