/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <math.h>
#include <stdio.h>

#include "value.h"

static const struct row {
	const char *text;
	enum rdtgrp_status status;
	uint64_t integer;
	uint64_t fraction;
	uint32_t decimals;
} rows[] = {
	/* What the kernel prints. */
	{"0\n", RDTGRP_STATUS_OK, 0, 0, 0},
	{"1\n", RDTGRP_STATUS_OK, 1, 0, 0},
	{"18446744073709551615\n", RDTGRP_STATUS_OK, UINT64_MAX, 0, 0},
	{"Unavailable\n", RDTGRP_STATUS_UNAVAILABLE, 0, 0, 0},
	{"Error\n", RDTGRP_STATUS_ERROR, 0, 0, 0},
	{"Unassigned\n", RDTGRP_STATUS_UNASSIGNED, 0, 0, 0},
	{"0.0\n", RDTGRP_STATUS_OK, 0, 0, 1},
	{"12.000001\n", RDTGRP_STATUS_OK, 12, 1, 6},
	{"12.500000\n", RDTGRP_STATUS_OK, 12, 500000, 6},
	{"18446744073709551615.999999999999999999\n", RDTGRP_STATUS_OK, UINT64_MAX,
	 999999999999999999, 18},
	{"007\n", RDTGRP_STATUS_OK, 7, 0, 0},
	{"12345678\n", RDTGRP_STATUS_OK, 12345678, 0, 0},
	{"1234567890123456\n", RDTGRP_STATUS_OK, 1234567890123456, 0, 0},
	{"9876543219876543219\n", RDTGRP_STATUS_OK, 9876543219876543219U, 0, 0},
	{"00000000000000000000000000000007\n", RDTGRP_STATUS_OK, 7, 0, 0},
	{"12345.678901234567\n", RDTGRP_STATUS_OK, 12345, 678901234567, 12},

	/* What it does not. */
	{"18446744073709551616\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"99999999999999999999\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"184467440737095516150\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"1.0000000000000000000\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0}, /* 19 digits */
	{"1.99999999999999999999\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"\n\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"Unavailable", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"Unavailable \n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"Unavailabl\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"unavailable\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"Errors\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"+5\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"-5\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{" 5\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5 \n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5\r\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5\n6\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5\n\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{".5\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5.\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{".\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5.5.5\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5.+5\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"0x5\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"5e3\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"nan\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0},
	{"\xd9\xa5\n", RDTGRP_STATUS_MALFORMED, 0, 0, 0}, /* a five in Arabic */
};

/* Every member is to be set, so it begins with what no row has. */
static void parse(const void *text, size_t length, struct rdtgrp_value *value)
{
	memset(value, 0xaa, sizeof(*value));
	rg_value_parse(text, length, value);
	/* What the parser leaves to its caller. */
	assert_int_equal(value->time_ns, 0xaaaaaaaaaaaaaaaa);
	assert_int_equal(value->file_inode, 0xaaaaaaaaaaaaaaaa);
}

static void assert_row(const struct row *row, const struct rdtgrp_value *value)
{
	if (value->status != row->status || value->integer != row->integer ||
	    value->fraction != row->fraction || value->decimals != row->decimals)
		fail_msg("\"%s\" became %s %llu %llu/10^%u", row->text,
			 rdtgrp_status_name(value->status), (unsigned long long)value->integer,
			 (unsigned long long)value->fraction, value->decimals);
}

/*
 * Each byte at each place of numbers of each length that cannot overflow: digits are read eight at a
 * time, and what is left over with some of those before it.
 */
static void check_each_byte(size_t length)
{
	struct rdtgrp_value value;

	for (size_t place = 0; place < length; place++) {
		for (unsigned int byte = 0; byte < 256; byte++) {
			char text[] = "1234567890123456789\n";
			uint64_t expected = 0;

			text[length] = '\n';
			text[place] = (char)byte;
			parse(text, length + 1, &value);
			if (byte == '.' && place > 0 && place < length - 1) {
				assert_int_equal(value.status, RDTGRP_STATUS_OK);
				continue;
			}
			if (byte < '0' || byte > '9') {
				assert_int_equal(value.status, RDTGRP_STATUS_MALFORMED);
				continue;
			}
			for (size_t i = 0; i < length; i++)
				expected = expected * 10 + (uint64_t)(text[i] - '0');
			assert_int_equal(value.status, RDTGRP_STATUS_OK);
			assert_true(value.integer == expected);
		}
	}
}

static void test_each_byte(void **state)
{
	(void)state;
	for (size_t length = 1; length <= 19; length++)
		check_each_byte(length);
}

static void test_parse(void **state)
{
	struct rdtgrp_value value;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* An own block, so that a byte too far is found. */
		size_t length = strlen(rows[i].text);
		char *copy = malloc(length + !length);

		assert_non_null(copy);
		memcpy(copy, rows[i].text, length);
		parse(copy, length, &value);
		free(copy);
		assert_row(&rows[i], &value);
	}
}

static void test_parse_decimals(void **state)
{
	char text[64];
	struct rdtgrp_value value;

	(void)state;
	for (uint32_t decimals = 1; decimals <= 18; decimals++) {
		int n = snprintf(text, sizeof(text), "3.%0*d\n", (int)decimals, 7);

		parse(text, (size_t)n, &value);
		assert_int_equal(value.status, RDTGRP_STATUS_OK);
		assert_int_equal(value.integer, 3);
		assert_int_equal(value.fraction, 7);
		assert_int_equal(value.decimals, decimals);
	}
}

static void test_parse_bytes(void **state)
{
	struct rdtgrp_value value;

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[4] = {'4', (char)byte, '2', '\n'};

		parse(text, sizeof(text), &value);
		assert_int_equal(value.status, (byte >= '0' && byte <= '9') || byte == '.'
						       ? RDTGRP_STATUS_OK
						       : RDTGRP_STATUS_MALFORMED);
	}
	parse("Error\0\n", 7, &value);
	assert_int_equal(value.status, RDTGRP_STATUS_MALFORMED);
	parse("5\n\0", 3, &value);
	assert_int_equal(value.status, RDTGRP_STATUS_MALFORMED);
}

static void test_parse_long(void **state)
{
	const size_t size = 1 << 20;
	char *text = malloc(size);
	struct rdtgrp_value value;

	(void)state;
	assert_non_null(text);
	memset(text, '9', size);
	text[size - 1] = '\n';
	parse(text, size, &value);
	assert_int_equal(value.status, RDTGRP_STATUS_MALFORMED);
	memset(text, 'E', size - 1);
	parse(text, size, &value);
	assert_int_equal(value.status, RDTGRP_STATUS_MALFORMED);
	free(text);
}

static void test_names(void **state)
{
	static const struct {
		enum rdtgrp_status status;
		const char *name;
	} names[] = {
		{RDTGRP_STATUS_NONE, "none"},
		{RDTGRP_STATUS_OK, "ok"},
		{RDTGRP_STATUS_UNAVAILABLE, "unavailable"},
		{RDTGRP_STATUS_ERROR, "error"},
		{RDTGRP_STATUS_UNASSIGNED, "unassigned"},
		{RDTGRP_STATUS_OFFLINE, "offline"},
		{RDTGRP_STATUS_GONE, "gone"},
		{RDTGRP_STATUS_DENIED, "denied"},
		{RDTGRP_STATUS_MALFORMED, "malformed"},
		{RDTGRP_STATUS_FAILED, "failed"},
		{RDTGRP_STATUS_PSEUDO_LOCKED, "pseudo-locked"},
		{(enum rdtgrp_status)11, "unknown"},
		{(enum rdtgrp_status) - 1, "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(rdtgrp_status_name(names[i].status), names[i].name);
}

static void test_to_double(void **state)
{
	struct rdtgrp_value value = {
		.status = RDTGRP_STATUS_OK, .integer = 12, .fraction = 250000, .decimals = 6};

	(void)state;
	assert_true(rdtgrp_value_to_double(&value) == 12.25);
	value = (struct rdtgrp_value){.status = RDTGRP_STATUS_OK, .integer = (1ULL << 53) - 1};
	assert_true(rdtgrp_value_to_double(&value) == 9007199254740991.0);
	value.integer = UINT64_MAX;
	assert_true(rdtgrp_value_to_double(&value) == 18446744073709551616.0);
	for (uint32_t status = 0; status < 12; status++) {
		value.status = status;
		assert_int_equal(!isnan(rdtgrp_value_to_double(&value)),
				 status == RDTGRP_STATUS_OK);
	}
}

/* The layout of a struct that callers allocate does not change within a soname. */
static void test_struct(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct rdtgrp_value), 48);
	assert_int_equal(offsetof(struct rdtgrp_value, status), 0);
	assert_int_equal(offsetof(struct rdtgrp_value, decimals), 4);
	assert_int_equal(offsetof(struct rdtgrp_value, integer), 8);
	assert_int_equal(offsetof(struct rdtgrp_value, fraction), 16);
	assert_int_equal(offsetof(struct rdtgrp_value, time_ns), 24);
	assert_int_equal(offsetof(struct rdtgrp_value, file_inode), 32);
	assert_int_equal(offsetof(struct rdtgrp_value, error), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	       cmocka_unit_test(test_each_byte),
		cmocka_unit_test(test_parse_decimals), cmocka_unit_test(test_parse_bytes),
		cmocka_unit_test(test_parse_long),     cmocka_unit_test(test_names),
		cmocka_unit_test(test_to_double),      cmocka_unit_test(test_struct),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
