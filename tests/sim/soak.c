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

#define UNIT 65536ULL
#define STEPS 6000
#define GROUPS 5 /* the first is the CTRL_MON group of the others */
#define VALUES_MAX 256
#define ELSEWHERE "h"
/* In percent. Twelve lives of 2500 steps had at least 67 in the first group and 35 in the others. */
#define COUNTED_LEAST 50
#define COUNTED_LEAST_MON 20

/* What moves: an event in a domain. With telemetry there is one more. */
struct track {
	const char *domain, *event;
	uint64_t unit;
	bool keeps; /* a new group, and a domain that comes back, go on from the old count */
};

/* What is counted of it. A cache with Sub-NUMA Clustering shows what its node does. */
struct view {
	char domain[64];
	const char *event;
	size_t track;
};

static struct track tracks[2];
static struct view views[3];
static size_t track_count, view_count;

static struct {
	struct rdtgrp *handle; /* NULL: not there */
	bool away;	       /* in another CTRL_MON group */
	bool out[2];	       /* its count of a track cannot be read */
	uint64_t own[2];       /* as the simulator has it */
	uint64_t moved[2];     /* since its counter began */
	struct rdtgrp_counter counters[3];
	/* By view, of the former groups in its place. */
	uint64_t moved_before[3], counted_before[3];
} groups[GROUPS];

static struct rdtgrp_reader *reader;
static struct rdtgrp_value values[VALUES_MAX];
static bool faults; /* some files cannot be read */
static uint64_t state = 1;
static unsigned long samples, words_seen[RDTGRP_STATUS_PSEUDO_LOCKED + 1];

static unsigned int chance(unsigned int sides)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned int)(state >> 33) % sides;
}

static const char *path_in(const char *ctrl, size_t i)
{
	static char paths[4][48];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), i ? "%s/mon_groups/m%zu" : "%s", ctrl, i);
	return path;
}

static const char *path_of(size_t i)
{
	return path_in(groups[i].away ? ELSEWHERE : "g", i);
}

static void add_track(const char *domain, const char *event, uint64_t unit, bool keeps)
{
	tracks[track_count] = (struct track){domain, event, unit, keeps};
	views[view_count] = (struct view){.event = event, .track = track_count++};
	snprintf(views[view_count++].domain, sizeof(views[0].domain), "%s", domain);
}

static void find_tracks(void)
{
	const char *slash = strchr(live_domain(0), '/');

	add_track(live_domain(0), "mbm_total_bytes", UNIT, false);
	if (slash) {
		views[view_count] = (struct view){.event = "mbm_total_bytes"};
		snprintf(views[view_count++].domain, sizeof(views[0].domain), "%.*s",
			 (int)(slash - live_domain(0)), live_domain(0));
	}
	if (live_inode("mon_data/mon_PERF_PKG_00"))
		add_track("mon_PERF_PKG_00", "uops_retired", 1, true);
}

static bool count_value(size_t i, size_t v)
{
	struct rdtgrp_counter *counter = &groups[i].counters[v];
	ssize_t index =
		rdtgrp_reader_find(reader, groups[i].handle, views[v].domain, views[v].event);
	uint64_t before = counter->integer;
	const struct rdtgrp_value *value;

	if (!CHECK(index >= 0))
		return false;
	value = &values[index];
	words_seen[value->status]++;
	return CHECK(faults || (value->status != RDTGRP_STATUS_FAILED &&
				value->status != RDTGRP_STATUS_DENIED &&
				value->status != RDTGRP_STATUS_MALFORMED)) &&
	       CHECK(value->status != RDTGRP_STATUS_GONE) &&
	       CHECK_RC(rdtgrp_counter_add(counter, views[v].event, value), 0) &&
	       CHECK(counter->integer >= before) &&
	       CHECK(counter->integer <= groups[i].moved[views[v].track]);
}

static bool sample(void)
{
	samples++;
	if (!live_simulator("advance 1000") ||
	    !CHECK_RC(rdtgrp_reader_read(reader, values, VALUES_MAX), 0))
		return false;
	for (size_t i = 0; i < GROUPS; i++)
		for (size_t v = 0; groups[i].handle && v < view_count; v++)
			if (!count_value(i, v)) {
				tap_note("%s of %s in %s, sample %lu", views[v].event, path_of(i),
					 views[v].domain, samples);
				return false;
			}
	return true;
}

static bool set(size_t i, size_t t)
{
	return live_simulator("set %s %s %s %llu", path_of(i), tracks[t].domain, tracks[t].event,
			      (unsigned long long)groups[i].own[t]);
}

/* By itself a count stays where it is, in the other domains as well. */
static bool stand_still(size_t i, size_t t)
{
	return live_simulator("rate %s * %s 0", path_of(i), tracks[t].event) && set(i, t);
}

/* Give the group a hardware counter or take it away, where they are assigned. */
static bool assign(size_t i, char how)
{
	char path[80], text[64];

	if (!live_inode("mbm_L3_assignments"))
		return true;
	snprintf(path, sizeof(path), "%s/mbm_L3_assignments", path_of(i));
	snprintf(text, sizeof(text), "mbm_total_bytes:*=%c\n", how);
	return CHECK_RC(live_write(path, text), 0);
}

static void keep_sums(size_t i)
{
	for (size_t v = 0; v < view_count; v++) {
		groups[i].moved_before[v] += groups[i].moved[views[v].track];
		groups[i].counted_before[v] += groups[i].counters[v].integer;
	}
}

static bool make(size_t i)
{
	if (!live_make_group(path_of(i), &groups[i].handle))
		return false;
	keep_sums(i);
	memset(groups[i].counters, 0, sizeof(groups[i].counters));
	for (size_t t = 0; t < track_count; t++) {
		groups[i].moved[t] = 0;
		/* What the last one with its RMID has counted. */
		groups[i].own[t] = tracks[t].keeps ? chance(1000000) * tracks[t].unit : 0;
		if (!stand_still(i, t))
			return false;
	}
	for (size_t v = 0; v < view_count; v++)
		if (!CHECK_RC(rdtgrp_reader_add(reader, groups[i].handle, NULL, views[v].event), 0))
			return false;
	return true;
}

/* By rmdir, or under its reader without a system call that would tell. */
static bool remove_group(size_t i)
{
	if (!(chance(4) ? live_rmdir(path_of(i)) : live_simulator("kill %s", path_of(i))) ||
	    !CHECK_RC(rdtgrp_reader_remove(reader, groups[i].handle), 0))
		return false;
	groups[i].handle = rdtgrp_unref(groups[i].handle);
	groups[i].away = false;
	memset(groups[i].out, 0, sizeof(groups[i].out));
	return true;
}

/* To the other CTRL_MON group and back. */
static bool rename_group(size_t i)
{
	bool away = groups[i].away;

	if (!live_rename(path_of(i), path_in(away ? "g" : ELSEWHERE, i)))
		return false;
	groups[i].away = !away;
	return sample();
}

static bool move(size_t i)
{
	for (size_t t = 0; t < track_count; t++) {
		uint64_t units = (1 + chance(1000)) * tracks[t].unit;

		groups[i].own[t] += units;
		groups[i].moved[t] += units;
		if (i && !groups[i].away)
			groups[0].moved[t] += units;
		if (!set(i, t))
			return false;
	}
	return true;
}

static bool status(size_t i, size_t t, const char *word)
{
	return live_simulator("status %s %s %s %s", path_of(i), tracks[t].domain, tracks[t].event,
			      word);
}

/*
 * A MON group's count goes, or is back: with what it was, with all that the hardware has, or from 0. The
 * sums are to notice by the MON group's own values.
 */
static bool say_a_word(size_t i)
{
	static const char *const words[] = {"error", "unavailable", "unassigned"};
	size_t t = chance((unsigned int)track_count);

	if (!groups[i].out[t]) {
		groups[i].out[t] = true;
		return (chance(2) || assign(i, '_')) && status(i, t, words[chance(3)]);
	}
	groups[i].out[t] = false;
	switch (chance(3)) {
	case 0:
		groups[i].own[t] += chance(1U << 20) * tracks[t].unit;
		break;
	case 1:
		groups[i].own[t] = tracks[t].keeps ? groups[i].own[t] : 0;
		break;
	default:
		break;
	}
	return assign(i, 'e') && status(i, t, "ok") && set(i, t);
}

/*
 * The CTRL_MON group's own part has no value that would tell. What its counter cannot know is left out: what
 * happens to the MON groups meanwhile.
 */
static bool say_own_word(void)
{
	size_t t = chance((unsigned int)track_count);

	return sample() && sample() && status(0, t, "error") && sample() && status(0, t, "ok") &&
	       sample();
}

static bool forget_counts(void)
{
	for (size_t i = 0; i < GROUPS; i++)
		for (size_t t = 0; t < track_count; t++) {
			if (tracks[t].keeps)
				continue;
			groups[i].own[t] = 0;
			if (groups[i].handle && (!assign(i, 'e') || !stand_still(i, t)))
				return false;
		}
	return true;
}

static bool take_domain_away(void)
{
	if (!live_offline(live_l3_id(0)) || (chance(2) && !sample()) || !live_online(live_l3_id(0)))
		return false;
	return forget_counts() && sample() && CHECK(rdtgrp_reader_update(reader) >= 0);
}

/* With Sub-NUMA Clustering: the cache and its other node stay. */
static bool take_node_away(void)
{
	if (!strchr(live_domain(0), '/'))
		return true;
	return live_simulator("offline sub_L3 0") && (!chance(2) || sample()) &&
	       live_simulator("online sub_L3 0") && forget_counts() && sample() &&
	       CHECK(rdtgrp_reader_update(reader) >= 0);
}

/* Not the kernel's words, but what keeps the reader from them: the count goes on meanwhile. */
static bool fail_to_read(size_t i)
{
	static const struct {
		const char *command, *what;
	} ways[] = {{"errno", "EIO"}, {"errno", "EACCES"}, {"text", "12x"}};
	unsigned int way = chance(3);
	size_t v = chance((unsigned int)view_count);
	bool good;

	faults = true;
	good = live_simulator("%s %s %s %s %s", ways[way].command, path_of(i), views[v].domain,
			      views[v].event, ways[way].what) &&
	       move(i) && sample() &&
	       live_simulator("%s %s %s %s -", ways[way].command, path_of(i), views[v].domain,
			      views[v].event) &&
	       move(i) && sample();
	faults = false;
	return good;
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
	for (unsigned int i = chance(4); good && i; i--) {
		size_t which = chance(GROUPS);

		good = (!groups[which].handle || move(which)) && sample();
	}
	good = CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0) && good;
	return good && CHECK(rdtgrp_reader_update(reader) >= 0) &&
	       CHECK_U64(rdtgrp_reader_count_not_held(reader), 0);
}

static bool step(void)
{
	size_t i = 1 + chance(GROUPS - 1);

	switch (chance(24)) {
	case 0:
		return groups[i].handle ? remove_group(i) : make(i);
	case 1:
	case 2:
		return !groups[i].handle || (say_a_word(i) && sample());
	case 3:
		return chance(4) || say_own_word();
	case 4:
		return chance(4) || take_domain_away();
	case 5:
		return chance(4) || take_node_away();
	case 6:
		return chance(4) || run_out_of_fds();
	case 7:
		return !groups[i].handle || chance(2) || rename_group(i);
	case 8:
		return !groups[i].handle || fail_to_read(i);
	default:
		return (groups[i].handle ? move(i) : move(0)) && sample();
	}
}

static unsigned long number_of(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

/* Of the group and the former ones in its place. */
static void tell_of(size_t i)
{
	keep_sums(i);
	for (size_t v = 0; v < view_count; v++) {
		uint64_t moved = groups[i].moved_before[v], counted = groups[i].counted_before[v];

		tap_note("group %zu, %s in %s: of %llu %llu were counted (%.1f %%)", i,
			 views[v].event, views[v].domain, (unsigned long long)moved,
			 (unsigned long long)counted, 100.0 * (double)counted / (double)moved);
		CHECK(moved > 0);
		CHECK(counted > moved / 100 * (i ? COUNTED_LEAST_MON : COUNTED_LEAST));
	}
}

static void tell(void)
{
	for (size_t i = 0; i < GROUPS; i++)
		tell_of(i);
	for (unsigned int i = 0; i < sizeof(words_seen) / sizeof(*words_seen); i++)
		if (words_seen[i])
			tap_note("%lu times %s", words_seen[i],
				 rdtgrp_status_name((enum rdtgrp_status)i));
	/* It was a life with all of them. */
	CHECK(words_seen[RDTGRP_STATUS_ERROR] && words_seen[RDTGRP_STATUS_UNAVAILABLE] &&
	      words_seen[RDTGRP_STATUS_UNASSIGNED] && words_seen[RDTGRP_STATUS_OFFLINE] &&
	      words_seen[RDTGRP_STATUS_FAILED] && words_seen[RDTGRP_STATUS_DENIED] &&
	      words_seen[RDTGRP_STATUS_MALFORMED]);
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
	find_tracks();
	NEED(live_make(ELSEWHERE));
	NEED_RC(rdtgrp_reader_new(0, &reader), 0);
	if (make(0) && sample())
		while (steps < most && step())
			steps++;
	CHECK_U64(steps, most);
	tap_note("seed %lu: %lu steps, %lu samples and as many simulated seconds",
		 number_of("SOAK_SEED", 1), steps, samples);
	tell();
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
