/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser of mon_data files, compared with another way to say what a value is. */
#include "fuzz.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "value.h"

static bool is_word(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && memcmp(text, word, size) == 0;
}

/* text ends with a NUL. */
static bool is_number(const char *text, size_t size)
{
	size_t digits = strspn(text, "0123456789"), end = digits;

	if (digits == 0)
		return false;
	if (text[end] == '.') {
		size_t decimals = strspn(text + end + 1, "0123456789");

		if (decimals < 1 || decimals > 18)
			return false;
		end += 1 + decimals;
	}
	if (end + 1 != size || text[end] != '\n')
		return false;
	errno = 0;
	strtoull(text, NULL, 10);
	return errno == 0;
}

static void check_number(const char *text, const struct rdtgrp_value *value)
{
	char printed[64];

	CHECK(value->decimals <= 18);
	if (value->decimals)
		snprintf(printed, sizeof(printed), "%" PRIu64 ".%0*" PRIu64 "\n", value->integer,
			 (int)value->decimals, value->fraction);
	else
		snprintf(printed, sizeof(printed), "%" PRIu64 "\n", value->integer);
	while (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
		text++;
	CHECK(strcmp(printed, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdtgrp_value value, again;
	char *text = malloc(size + 1);

	CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';

	memset(&value, 0, sizeof(value));
	memset(&again, 0, sizeof(again));
	/* The input itself, whose end is watched by the sanitizer, and the copy. */
	rg_value_parse((const char *)data, size, &value);
	rg_value_parse(text, size, &again);
	CHECK(memcmp(&value, &again, sizeof(value)) == 0);

	CHECK((value.status == RDTGRP_STATUS_OK) == is_number(text, size));
	CHECK((value.status == RDTGRP_STATUS_UNAVAILABLE) == is_word(text, size, "Unavailable\n"));
	CHECK((value.status == RDTGRP_STATUS_ERROR) == is_word(text, size, "Error\n"));
	CHECK((value.status == RDTGRP_STATUS_UNASSIGNED) == is_word(text, size, "Unassigned\n"));
	if (value.status == RDTGRP_STATUS_OK) {
		check_number(text, &value);
		CHECK(rdtgrp_value_to_double(&value) >= (double)value.integer);
	} else {
		CHECK(value.status <= RDTGRP_STATUS_UNASSIGNED ||
		      value.status == RDTGRP_STATUS_MALFORMED);
		CHECK(!value.integer && !value.fraction && !value.decimals);
	}
	free(text);
	return 0;
}
