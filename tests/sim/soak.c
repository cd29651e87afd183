/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A long life of a reader and its counters in random steps, against what was truly counted: no counter
 * drops, none shows more than was moved, and most of it is shown. Each sample is a second after the one
 * before, in the simulator's time. Of the environment: SOAK_STEPS is how long the life is, SOAK_SEED
 * which one of many.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "live.h"

#define D live_domain(0)
#define E "mbm_total_bytes"
#define UNIT 65536ULL
#define STEPS 4000
#define GROUPS 5 /* the first is the CTRL_MON group of the others */
#define VALUES_MAX 64

static struct {
	struct rdtgrp *handle; /* NULL: not there */
	uint64_t own;	       /* as the simulator has it */
	uint64_t moved;	       /* since its counter began */
	struct rdtgrp_counter counter;
} groups[GROUPS];

static struct rdtgrp_reader *reader;
static struct rdtgrp_value values[VALUES_MAX];
static uint64_t state = 1;

static unsigned int chance(unsigned int sides)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned int)(state >> 33) % sides;
}

static const char *path_of(size_t i)
{
	static char path[32];

	snprintf(path, sizeof(path), i ? "g/mon_groups/m%zu" : "g", i);
	return path;
}

static unsigned long samples;

static bool sample(void)
{
	samples++;
	if (!live_simulator("advance 1000") ||
	    !CHECK_RC(rdtgrp_reader_read(reader, values, VALUES_MAX), 0))
		return false;
	for (size_t i = 0; i < GROUPS; i++) {
		struct rdtgrp_counter *counter = &groups[i].counter;
		uint64_t before = counter->integer;
		ssize_t index;

		if (!groups[i].handle)
			continue;
		index = rdtgrp_reader_find(reader, groups[i].handle, D, E);
		if (!CHECK(index >= 0) || !CHECK(values[index].status != RDTGRP_STATUS_FAILED) ||
		    !CHECK(values[index].status != RDTGRP_STATUS_GONE) ||
		    !CHECK_RC(rdtgrp_counter_add(counter, E, &values[index]), 0) ||
		    !CHECK(counter->integer >= before) ||
		    !CHECK(counter->integer <= groups[i].moved))
			return false;
	}
	return true;
}

/* From 0 on, and by itself it stays there. */
static bool reset(size_t i)
{
	return live_simulator("rate %s %s %s 0", path_of(i), D, E) &&
	       live_simulator("set %s %s %s 0", path_of(i), D, E);
}

static bool make(size_t i)
{
	groups[i].own = groups[i].moved = 0;
	groups[i].counter = (struct rdtgrp_counter){0};
	return live_make_group(path_of(i), &groups[i].handle) && reset(i) &&
	       CHECK_RC(rdtgrp_reader_add(reader, groups[i].handle, NULL, NULL), 0);
}

static bool remove_group(size_t i)
{
	if (!live_rmdir(path_of(i)) || !CHECK_RC(rdtgrp_reader_remove(reader, groups[i].handle), 0))
		return false;
	groups[i].handle = rdtgrp_unref(groups[i].handle);
	return true;
}

static bool move(size_t i)
{
	uint64_t bytes = (1 + chance(1000)) * UNIT;

	groups[i].own += bytes;
	groups[i].moved += bytes;
	if (i)
		groups[0].moved += bytes;
	return live_set(path_of(i), D, E, groups[i].own);
}

/*
 * What a counter of sums cannot know is left out: of a member that is missing when a count begins, or that
 * has counted less than the others move while it is missing, or that comes back from Unavailable with
 * more than it had.
 */
static bool say_a_word(size_t i)
{
	return sample() && sample() && live_status(path_of(i), D, E, "error") && sample() &&
	       live_status(path_of(i), D, E, "ok") && sample();
}

static bool take_domain_away(void)
{
	if (!live_offline(live_l3_id(0)) || (chance(2) && !sample()) || !live_online(live_l3_id(0)))
		return false;
	for (size_t i = 0; i < GROUPS; i++) {
		groups[i].own = 0;
		if (groups[i].handle && !reset(i))
			return false;
	}
	return sample() && CHECK(rdtgrp_reader_update(reader) >= 0);
}

static bool run_out_of_fds(void)
{
	struct rlimit before, few;
	bool good;

	if (!CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0))
		return false;
	few = before;
	/* Held fds stay, new ones are refused. */
	few.rlim_cur = (rlim_t)tap_count_fds() + 1;
	if (!CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0))
		return false;
	good = CHECK(rdtgrp_reader_update(reader) >= 0) && sample();
	return CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0) && good &&
	       CHECK(rdtgrp_reader_update(reader) >= 0) &&
	       CHECK_U64(rdtgrp_reader_count_not_held(reader), 0);
}

static bool step(void)
{
	size_t i = 1 + chance(GROUPS - 1);

	switch (chance(16)) {
	case 0:
		return groups[i].handle ? remove_group(i) : make(i);
	case 1:
		return !groups[i].handle || say_a_word(i);
	case 2:
		return chance(4) || take_domain_away();
	case 3:
		return chance(4) || run_out_of_fds();
	default:
		return (groups[i].handle ? move(i) : move(0)) && sample();
	}
}

static unsigned long number_of(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

static void soak(void)
{
	unsigned long steps = 0, most = number_of("SOAK_STEPS", STEPS);

	state = number_of("SOAK_SEED", 1);
	/* The case's own time limit is for as many as there are without being told. */
	if (most > STEPS)
		alarm(0);

	if (!live_simulator("limbo off") || !live_freeze())
		return;
	NEED_RC(rdtgrp_reader_new(0, &reader), 0);
	if (make(0) && sample())
		while (steps < most && step())
			steps++;
	CHECK_U64(steps, most);
	tap_note("seed %lu: %lu steps, %lu samples and as many simulated seconds",
		 number_of("SOAK_SEED", 1), steps, samples);
	tap_note("of %llu bytes %llu were counted, with %llu resets",
		 (unsigned long long)groups[0].moved, (unsigned long long)groups[0].counter.integer,
		 (unsigned long long)groups[0].counter.resets);
	CHECK(groups[0].counter.integer > groups[0].moved / 2);
	for (size_t i = 0; i < GROUPS; i++)
		groups[i].handle = rdtgrp_unref(groups[i].handle);
	reader = rdtgrp_reader_unref(reader);
	live_simulator("limbo on");
}

static const struct tap_case cases[] = {
	{"a long life in random steps", soak},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
