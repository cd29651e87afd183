/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a counter makes of every way in which the kernel's counts move. */
#include "support.h"

#define SECOND 1000000000ULL
#define E "mbm_total_bytes"

/* A course of readings, one second apart. */
struct step {
	enum rdtgrp_status status;
	uint64_t integer;
	uint64_t inode;
	uint32_t epoch;
	/* What it then comes to. */
	uint64_t total;
	uint64_t resets;
};

#define OK(integer) RDTGRP_STATUS_OK, integer, 7, 3
#define NO(status) RDTGRP_STATUS_##status, 0, 0, 0
#define TB (1ULL << 40)

static struct rdtgrp_value value_of(const struct step *step, uint64_t time_ns)
{
	return (struct rdtgrp_value){.status = step->status,
				     .integer = step->integer,
				     .file_inode = step->inode,
				     .epoch = step->epoch,
				     .time_ns = time_ns};
}

static void run(const char *name, const struct step *steps, size_t count)
{
	struct rdtgrp_counter counter = {0};

	for (size_t i = 0; i < count; i++) {
		struct rdtgrp_value value = value_of(&steps[i], (i + 1) * SECOND);

		assert_int_equal(rdtgrp_counter_add(&counter, E, &value), 0);
		if (counter.integer != steps[i].total || counter.resets != steps[i].resets)
			fail_msg("%s: after reading %zu it is %llu with %llu resets", name, i,
				 (unsigned long long)counter.integer,
				 (unsigned long long)counter.resets);
		assert_int_equal(counter.fraction, 0);
	}
}

#define RUN(name, ...)                                                                             \
	do {                                                                                       \
		static const struct step steps[] = {__VA_ARGS__};                                  \
                                                                                                   \
		run(name, steps, COUNT(steps));                                                    \
	} while (0)

static void test_plain(void **state)
{
	(void)state;
	RUN("growth", {OK(1000), 0, 0}, {OK(1010), 10, 0}, {OK(1010), 10, 0}, {OK(1500), 500, 0});
	RUN("nothing yet", {NO(UNAVAILABLE), 0, 0}, {NO(OFFLINE), 0, 0}, {OK(50), 0, 0},
	    {OK(60), 10, 0});
	RUN("the widest", {OK(0), 0, 0}, {OK(3), 3, 0});
}

/* The rows of the table in which cumulative values jump, as the files show them. */
static void test_jumps(void **state)
{
	(void)state;
	RUN("a MON group is removed, and the sum drops", {OK(100), 0, 0}, {OK(110), 10, 0},
	    {RDTGRP_STATUS_OK, 70, 7, 4, 10, 1}, {RDTGRP_STATUS_OK, 75, 7, 5, 10, 2},
	    {RDTGRP_STATUS_OK, 80, 7, 5, 15, 2}, {RDTGRP_STATUS_OK, 200, 7, 5, 135, 2});
	RUN("a MON group is removed, and the sum grows all the same", {OK(100), 0, 0},
	    {RDTGRP_STATUS_OK, 160, 7, 4, 0, 1}, {RDTGRP_STATUS_OK, 170, 7, 4, 10, 1});
	RUN("a MON group is renamed into the group", {OK(100), 0, 0},
	    {RDTGRP_STATUS_OK, 100100, 7, 4, 0, 1}, {RDTGRP_STATUS_OK, 100101, 7, 4, 1, 1});
	RUN("without a reader the drop alone tells", {OK(100), 0, 0}, {OK(60), 0, 1},
	    {OK(65), 5, 1}, {OK(99), 39, 1});
	RUN("a member becomes unreadable, and readable again", {OK(100), 0, 0}, {OK(62), 0, 1},
	    {OK(65), 3, 1}, {OK(110), 3, 2}, {OK(120), 13, 2}, {OK(900), 793, 2});
	RUN("it comes back with all that the hardware has", {OK(100), 0, 0}, {OK(60), 0, 1},
	    {OK(65), 5, 1}, {OK(9 * TB), 5, 2}, {OK(9 * TB + 100), 105, 2});
	RUN("it comes back at exactly what was", {OK(100), 0, 0}, {OK(60), 0, 1}, {OK(100), 0, 2},
	    {OK(101), 1, 2});
	RUN("a second one goes meanwhile", {OK(100), 0, 0}, {OK(60), 0, 1}, {OK(40), 0, 2},
	    {OK(44), 4, 2}, {OK(110), 4, 3}, {OK(111), 5, 3});
	RUN("it is removed while it cannot be read", {OK(100), 0, 0}, {OK(60), 0, 1},
	    {RDTGRP_STATUS_OK, 70, 7, 4, 0, 2}, {RDTGRP_STATUS_OK, 130, 7, 4, 60, 2});
	RUN("Unavailable, then the whole raw counter", {OK(100), 0, 0}, {NO(UNAVAILABLE), 0, 0},
	    {NO(UNAVAILABLE), 0, 0}, {OK(9 * TB), 0, 1}, {OK(9 * TB + 5), 5, 1});
	RUN("Error", {OK(100), 0, 0}, {NO(ERROR), 0, 0}, {OK(150), 0, 1}, {OK(151), 1, 1});
	RUN("the hardware gives the counter away unseen", {OK(100), 0, 0}, {OK(1ULL << 50), 0, 1},
	    {OK((1ULL << 50) + 4), 4, 1});
	RUN("as fast as it can be", {OK(100), 0, 0}, {OK(100 + 16 * TB), 16 * TB, 0});
	RUN("a restart: configuration written, filter written", {OK(100), 0, 0}, {OK(3), 0, 1},
	    {OK(9), 6, 1});
	RUN("a restart, and beyond what was", {OK(100), 0, 0}, {OK(0), 0, 1}, {OK(90), 90, 1},
	    {OK(120), 120, 1}, {OK(130), 130, 1});
	RUN("a restart, and as much at once as a member would bring back", {OK(100), 0, 0},
	    {OK(0), 0, 1}, {OK(90), 90, 1}, {OK(300), 90, 2}, {OK(500), 290, 2});
	RUN("a member comes back when the others are beyond what was", {OK(100), 0, 0},
	    {OK(60), 0, 1}, {OK(90), 30, 1}, {OK(120), 60, 1}, {OK(165), 60, 2}, {OK(265), 160, 2});
	RUN("of two members the smaller comes back first", {OK(100), 0, 0}, {OK(60), 0, 1},
	    {OK(40), 0, 2}, {OK(42), 2, 2}, {OK(64), 2, 3}, {OK(110), 2, 4}, {OK(210), 102, 4});
	RUN("unassigned, then assigned", {OK(100), 0, 0}, {NO(UNASSIGNED), 0, 0}, {OK(2), 0, 1},
	    {OK(7), 5, 1});
	RUN("offline, then online", {OK(100), 0, 0}, {NO(OFFLINE), 0, 0},
	    {RDTGRP_STATUS_OK, 40, 8, 3, 0, 1}, {RDTGRP_STATUS_OK, 41, 8, 3, 1, 1});
	RUN("offline and online unseen", {OK(100), 0, 0}, {RDTGRP_STATUS_OK, 140, 8, 3, 0, 1},
	    {RDTGRP_STATUS_OK, 141, 8, 3, 1, 1});
	RUN("pseudo-locksetup", {OK(100), 0, 0}, {NO(PSEUDO_LOCKED), 0, 0}, {OK(5000), 0, 1},
	    {OK(5001), 1, 1});
	RUN("a remount, the same inode", {OK(100), 0, 0}, {NO(GONE), 0, 0}, {OK(200), 0, 1},
	    {OK(203), 3, 1});
	RUN("not readable for a while", {OK(100), 0, 0}, {NO(FAILED), 0, 0}, {NO(DENIED), 0, 0},
	    {NO(MALFORMED), 0, 0}, {NO(NONE), 0, 0}, {OK(150), 50, 0});
	RUN("not readable, and then it is known why", {OK(100), 0, 0}, {NO(FAILED), 0, 0},
	    {NO(UNAVAILABLE), 0, 0}, {NO(FAILED), 0, 0}, {OK(150), 0, 1});
	RUN("a file that cannot be identified", {OK(100), 0, 0},
	    {RDTGRP_STATUS_OK, 140, 0, 3, 0, 1}, {RDTGRP_STATUS_OK, 150, 0, 3, 0, 2});
}

static void feed(struct rdtgrp_counter *counter, uint64_t integer, uint64_t fraction,
		 uint64_t time_ns)
{
	const struct rdtgrp_value value = {.status = RDTGRP_STATUS_OK,
					   .integer = integer,
					   .fraction = fraction,
					   .decimals = 6,
					   .file_inode = 7,
					   .time_ns = time_ns};

	assert_int_equal(rdtgrp_counter_add(counter, "core_energy", &value), 0);
}

static void test_fraction(void **state)
{
	struct rdtgrp_counter counter = {0};

	(void)state;
	feed(&counter, 10, 750000, 1);
	feed(&counter, 11, 250000, 2);
	assert_int_equal(counter.integer, 0);
	assert_int_equal(counter.fraction, 500000);
	assert_int_equal(counter.decimals, 6);
	feed(&counter, 12, 0, 3);
	assert_int_equal(counter.integer, 1);
	assert_int_equal(counter.fraction, 250000);
	assert_true(rdtgrp_counter_to_double(&counter) == 1.25);
	/* No bytes, so no bound. */
	feed(&counter, 1ULL << 60, 999999, 4);
	assert_int_equal(counter.resets, 0);
	assert_true(counter.integer == (1ULL << 60) - 10);
	assert_int_equal(counter.fraction, 249999);
	/* A fall by the fraction alone. */
	feed(&counter, 1ULL << 60, 999998, 5);
	assert_int_equal(counter.resets, 1);
	feed(&counter, 1ULL << 60, 999999, 6);
	assert_true(counter.integer == (1ULL << 60) - 10);
	assert_int_equal(counter.fraction, 249999);
}

/* At its end it stays. */
static void test_overflow(void **state)
{
	struct rdtgrp_counter counter = {0};
	uint64_t before;

	(void)state;
	counter.integer = UINT64_MAX - 3;
	counter.decimals = 6;
	feed(&counter, 0, 0, 1);
	feed(&counter, 2, 999999, 2);
	before = counter.integer;
	assert_true(before == UINT64_MAX - 1);
	feed(&counter, 3, 0, 3);
	assert_true(counter.integer == UINT64_MAX);
	feed(&counter, 9, 0, 4);
	assert_true(counter.integer == UINT64_MAX);
	assert_int_equal(counter.fraction, 999999);
}

static void test_refused(void **state)
{
	const struct step first = {OK(100), 0, 0}, second = {OK(150), 0, 0};
	struct rdtgrp_counter counter = {0}, before;
	struct rdtgrp_value value = value_of(&first, SECOND);

	(void)state;
	assert_fails(rdtgrp_counter_add(&counter, "llc_occupancy", &value), -EINVAL);
	assert_int_equal(rdtgrp_counter_add(&counter, E, &value), 0);
	before = counter;
	value = value_of(&second, SECOND);
	assert_fails(rdtgrp_counter_add(&counter, E, &value), -ETIME);
	value.time_ns--;
	assert_fails(rdtgrp_counter_add(&counter, E, &value), -ETIME);
	assert_memory_equal(&counter, &before, sizeof(counter));
	value.time_ns += 2;
	assert_int_equal(rdtgrp_counter_add(&counter, E, &value), 0);
	assert_int_equal(counter.integer, 50);
	/* An event that is not known may well be cumulative, and has no bound. */
	counter = (struct rdtgrp_counter){0};
	assert_int_equal(rdtgrp_counter_add(&counter, "new_event", &value), 0);
	value.integer = UINT64_MAX;
	value.time_ns++;
	assert_int_equal(rdtgrp_counter_add(&counter, "new_event", &value), 0);
	assert_true(counter.integer == UINT64_MAX - 150);
}

/* In whatever order things happen, it never drops and never counts more than was moved. */
static void test_any_course(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 300; seed++) {
		struct rdtgrp_counter counter = {0};
		uint64_t random = seed, own = 1000, member = 5000, moved = 0, last = 0, resets = 0;
		bool readable = true, there = true;
		uint32_t epoch = 1;

		for (unsigned int i = 1; i <= 400; i++) {
			struct rdtgrp_value value = {
				.status = RDTGRP_STATUS_OK, .file_inode = 9, .time_ns = i * SECOND};
			uint64_t a, b;

			random = random * 6364136223846793005U + 1442695040888963407U;
			a = random >> 40 & 0xff;
			b = random >> 48 & 0xff;
			own += a;
			member += there ? b : 0;
			moved += i > 1 ? a + (there ? b : 0) : 0;
			switch (i > 1 ? random >> 57 : UINT64_MAX) {
			case 0:
			case 1:
			case 2:
				readable = !readable;
				break;
			case 3:
				/* Gone for good, or a new one, with what it brings from elsewhere.
				 * The count begins with it, so it must be seen. */
				readable = true;
				there = !there;
				member = there ? random >> 33 & 0xfffff : 0;
				epoch++;
				break;
			case 4:
				value.status = RDTGRP_STATUS_FAILED;
				break;
			default:
				break;
			}
			value.epoch = epoch;
			value.integer = own + (there && readable ? member : 0);
			if (value.status != RDTGRP_STATUS_OK)
				value.integer = 0;
			assert_int_equal(rdtgrp_counter_add(&counter, E, &value), 0);
			assert_true(counter.integer >= last);
			assert_true(counter.integer <= moved);
			assert_true(counter.resets >= resets && counter.resets <= resets + 1);
			last = counter.integer;
			resets = counter.resets;
		}
		/* And it counts. */
		assert_true(last > moved / 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	 cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_fraction), cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_any_course),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
