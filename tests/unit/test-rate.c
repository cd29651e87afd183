/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <math.h>

#define SECOND 1000000000ULL

static struct rdtgrp_value value(uint64_t integer, uint64_t time_ns)
{
	return (struct rdtgrp_value){.status = RDTGRP_STATUS_OK,
				     .integer = integer,
				     .time_ns = time_ns,
				     .file_inode = 7};
}

static void test_rate(void **state)
{
	struct rdtgrp_value older = value(1000, 5 * SECOND), newer = value(4000, 7 * SECOND);
	double rate;

	(void)state;
	assert_int_equal(rdtgrp_value_rate("mbm_total_bytes", &older, &newer, &rate), 0);
	assert_true(rate == 1500.0);
	/* An event that is not known may well be cumulative. */
	assert_int_equal(rdtgrp_value_rate("new_event", &older, &newer, &rate), 0);
	newer.integer = older.integer;
	assert_int_equal(rdtgrp_value_rate("mbm_total_bytes", &older, &newer, &rate), 0);
	assert_true(rate == 0.0);
}

/* Counts near 2^64 differ in digits that floating point does not have. */
static void test_exact(void **state)
{
	struct rdtgrp_value older = value(UINT64_MAX - 3, SECOND),
			    newer = value(UINT64_MAX, 2 * SECOND);
	double rate;

	(void)state;
	assert_int_equal(rdtgrp_value_rate("mbm_total_bytes", &older, &newer, &rate), 0);
	assert_true(rate == 3.0);
}

static void test_fraction(void **state)
{
	struct rdtgrp_value older = value(10, SECOND), newer = value(11, 2 * SECOND);
	double rate;

	(void)state;
	older.decimals = newer.decimals = 6;
	older.fraction = 750000;
	newer.fraction = 250000;
	assert_int_equal(rdtgrp_value_rate("core_energy", &older, &newer, &rate), 0);
	assert_true(fabs(rate - 0.5) < 1e-12);
	/* Different numbers of digits. */
	newer.decimals = 2;
	newer.fraction = 25;
	assert_int_equal(rdtgrp_value_rate("core_energy", &older, &newer, &rate), 0);
	assert_true(fabs(rate - 0.5) < 1e-12);
	/* Backwards by the fraction alone. */
	newer.integer = 10;
	assert_fails(rdtgrp_value_rate("core_energy", &older, &newer, &rate), -ERANGE);
}

static void test_refused(void **state)
{
	const struct rdtgrp_value good = value(1000, SECOND);
	struct rdtgrp_value other = value(2000, 2 * SECOND);
	double rate = 42;

	(void)state;
	assert_fails(rdtgrp_value_rate("llc_occupancy", &good, &other, &rate), -EINVAL);
	for (uint32_t status = 0; status <= RDTGRP_STATUS_PSEUDO_LOCKED; status++) {
		if (status == RDTGRP_STATUS_OK)
			continue;
		other.status = status;
		assert_fails(rdtgrp_value_rate("mbm_total_bytes", &good, &other, &rate), -ENODATA);
		assert_fails(rdtgrp_value_rate("mbm_total_bytes", &other, &good, &rate), -ENODATA);
	}
	other = value(2000, 2 * SECOND);
	other.file_inode = 8;
	assert_fails(rdtgrp_value_rate("mbm_total_bytes", &good, &other, &rate), -ESTALE);
	other = value(2000, 2 * SECOND);
	other.epoch = 1;
	assert_fails(rdtgrp_value_rate("mbm_total_bytes", &good, &other, &rate), -ESTALE);
	other = value(999, 2 * SECOND);
	assert_fails(rdtgrp_value_rate("mbm_total_bytes", &good, &other, &rate), -ERANGE);
	other = value(0, 2 * SECOND);
	assert_fails(rdtgrp_value_rate("mbm_total_bytes", &good, &other, &rate), -ERANGE);
	other = value(2000, SECOND);
	assert_fails(rdtgrp_value_rate("mbm_total_bytes", &good, &other, &rate), -ETIME);
	other = value(2000, SECOND - 1);
	assert_fails(rdtgrp_value_rate("mbm_total_bytes", &good, &other, &rate), -ETIME);
	assert_true(rate == 42);
	assert_string_equal(rdtgrp_error_object(), "mbm_total_bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_fraction),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
