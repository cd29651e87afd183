/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

static void test_known(void **state)
{
	static const struct {
		const char *name;
		enum rdtgrp_event_kind kind;
		const char *unit;
	} events[] = {
		{"llc_occupancy", RDTGRP_EVENT_GAUGE, "bytes"},
		{"mbm_total_bytes", RDTGRP_EVENT_CUMULATIVE, "bytes"},
		{"mbm_local_bytes", RDTGRP_EVENT_CUMULATIVE, "bytes"},
		{"core_energy", RDTGRP_EVENT_CUMULATIVE, "joules"},
		{"activity", RDTGRP_EVENT_CUMULATIVE, "farads"},
		{"stalls_llc_hit", RDTGRP_EVENT_CUMULATIVE, "count"},
		{"c1_res", RDTGRP_EVENT_CUMULATIVE, "count"},
		{"unhalted_core_cycles", RDTGRP_EVENT_CUMULATIVE, "count"},
		{"stalls_llc_miss", RDTGRP_EVENT_CUMULATIVE, "count"},
		{"c6_res", RDTGRP_EVENT_CUMULATIVE, "count"},
		{"unhalted_ref_cycles", RDTGRP_EVENT_CUMULATIVE, "count"},
		{"uops_retired", RDTGRP_EVENT_CUMULATIVE, "count"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		assert_int_equal(rdtgrp_event_get_kind(events[i].name), events[i].kind);
		assert_string_equal(rdtgrp_event_get_unit(events[i].name), events[i].unit);
	}
}

static void test_unknown(void **state)
{
	static const char *const names[] = {"", "llc_occupanc", "llc_occupancy ", "LLC_OCCUPANCY",
					    "mbm_total_bytes_config"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(rdtgrp_event_get_kind(names[i]), RDTGRP_EVENT_UNKNOWN);
		assert_string_equal(rdtgrp_event_get_unit(names[i]), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
