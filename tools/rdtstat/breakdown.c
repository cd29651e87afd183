// SPDX-License-Identifier: GPL-2.0-or-later
#include "breakdown.h"

#include <math.h>
#include <stdio.h>

#include "members.h"
#include "report.h"
#include "value_math.h"
#include "words.h"

/* What the MON groups of a group have in a slot. */
struct others {
	struct rdtgrp_value sum;
	/* Why the sum is not known, or "". */
	char missing[64];
	/* What they moved in the interval, of cumulative events. */
	long double count;
	double rate;
	char rate_missing[64];
	/* They are read after the group's own sum: by so much they may have moved on in the time between,
	 * at the newer sample and at both. */
	long double slack, rate_slack;
};

static double seconds_between(const struct rdtgrp_value *a, const struct rdtgrp_value *b)
{
	return (double)(a->time_ns > b->time_ns ? a->time_ns - b->time_ns
						: b->time_ns - a->time_ns) /
	       1e9;
}

static void add_rate(const struct pair *pair, size_t slot, const struct sample_group *child,
		     const struct rdtgrp_value *newer, struct others *others)
{
	const char *event = pair->plan->columns[pair->plan->slots[slot].column].event;
	const struct sample_group *then = members_find_child_again(pair, child);
	const struct rdtgrp_value *older;
	double rate, interval, late, earlier;
	char words[40];

	if (!then) {
		snprintf(others->rate_missing, sizeof(others->rate_missing), "children changed");
		return;
	}
	older = members_value(then, slot);
	if (older->status != RDTGRP_STATUS_OK) {
		words_for_status(words, sizeof(words), older->status, older->error);
		snprintf(others->rate_missing, sizeof(others->rate_missing), "child was %s", words);
		return;
	}
	/* What keeps one from having a rate keeps the sum from it as well, but for the clock. */
	if (rdtgrp_value_rate(event, older, newer, &rate) < 0) {
		snprintf(others->rate_missing, sizeof(others->rate_missing), "children changed");
		return;
	}
	interval = seconds_between(newer, older);
	late = seconds_between(newer, members_value(pair->newer, slot));
	earlier = seconds_between(older, members_value(pair->older, slot));
	others->rate += rate;
	others->count += value_number(newer) - value_number(older);
	/* Twice as fast as on the whole it may have been just then. */
	others->slack += 2 * (long double)rate * late;
	others->rate_slack += 2 * (long double)rate * (late + earlier) / interval;
	if (newer->decimals)
		others->rate_slack += 2 / powl(10, newer->decimals) / interval;
}

static void add_child(const struct pair *pair, size_t slot, const struct sample_group *child,
		      bool cumulative, struct others *others)
{
	const struct rdtgrp_value *value = members_value(child, slot);
	enum rdtgrp_status status = child->status;
	int error = child->error;
	char words[40];

	if (status == RDTGRP_STATUS_OK) {
		status = value->status;
		error = value->error;
	}
	/* What the kernel leaves out of the sum is no part of it, nor is a file that is not there. */
	if (members_is_left_out(value) || status == RDTGRP_STATUS_NONE)
		return;
	if (status == RDTGRP_STATUS_GONE) {
		snprintf(others->missing, sizeof(others->missing), "children changed");
	} else if (status != RDTGRP_STATUS_OK) {
		words_for_status(words, sizeof(words), status, error);
		snprintf(others->missing, sizeof(others->missing), "child %s", words);
	} else if (!value_add(&others->sum, value)) {
		snprintf(others->missing, sizeof(others->missing), "over 2^64");
	} else {
		/* Decimals are rounded in each file. */
		if (value->decimals)
			others->slack += 1 / powl(10, value->decimals);
		if (cumulative && pair->older && !*others->rate_missing)
			add_rate(pair, slot, child, value, others);
	}
}

/* Why it is not known which MON groups are in the newer sum, or NULL. */
static const char *trouble(const struct pair *pair, size_t slot)
{
	const char *words = members_children_trouble_now(pair->newer_sample, pair->newer);

	if (words)
		return words;
	/* One began or ceased to be readable: before or after the sum was read? */
	if (pair->older && members_trouble(pair, slot))
		return members_trouble(pair, slot);
	return pair->newer->notes[slot].own_out ? "not in the sum" : NULL;
}

static void fill_value(const struct others *others, const struct cell *sum, struct cell *own)
{
	own->value = sum->value;
	if (value_subtract(&own->value, &others->sum))
		return;
	own->value = (struct rdtgrp_value){.status = RDTGRP_STATUS_OK,
					   .decimals = sum->value.decimals,
					   .time_ns = sum->value.time_ns};
	/* Below 0, and by more than the MON groups moved on. */
	if (value_number(&others->sum) - value_number(&sum->value) > others->slack) {
		own->value.status = RDTGRP_STATUS_NONE;
		snprintf(own->missing, sizeof(own->missing), "not atomic");
	}
}

static void fill_rate(const struct pair *pair, size_t slot, const struct others *others,
		      const struct cell *sum, struct cell *own)
{
	const struct rdtgrp_value *older = members_value(pair->older, slot);
	double rate = sum->rate - others->rate;
	long double count = value_number(&sum->value) - value_number(older) - others->count;

	if ((long double)rate < -others->rate_slack) {
		snprintf(own->rate_missing, sizeof(own->rate_missing), "not atomic");
		return;
	}
	own->has_rate = true;
	own->rate = rate < 0 ? 0 : rate;
	own->own_count = count < 0 ? 0 : count;
	own->rate_partial = own->partial;
}

void breakdown_fill_own(const struct pair *pair, size_t slot, const struct cell *sum,
			struct cell *own)
{
	const struct plan *plan = pair->plan;
	bool cumulative = plan->columns[plan->slots[slot].column].kind == RDTGRP_EVENT_CUMULATIVE;
	struct others others = {.sum.status = RDTGRP_STATUS_OK};
	const struct sample_group *child = pair->newer;
	const char *words;

	*own = (struct cell){.present = sum->present};
	snprintf(own->missing, sizeof(own->missing), "%s", sum->missing);
	snprintf(own->rate_missing, sizeof(own->rate_missing), "%s", sum->rate_missing);
	if (sum->value.status != RDTGRP_STATUS_OK)
		return;
	words = trouble(pair, slot);
	if (words)
		snprintf(others.missing, sizeof(others.missing), "%s", words);
	while (!*others.missing &&
	       (child = members_next_child(pair->newer_sample, pair->newer, child)))
		add_child(pair, slot, child, cumulative, &others);
	if (*others.missing) {
		snprintf(own->missing, sizeof(own->missing), "%s", others.missing);
		if (sum->has_rate)
			snprintf(own->rate_missing, sizeof(own->rate_missing), "%s",
				 others.missing);
		return;
	}
	own->partial = members_domain_missing(pair, slot);
	fill_value(&others, sum, own);
	if (!sum->has_rate)
		return;
	if (*others.rate_missing)
		snprintf(own->rate_missing, sizeof(own->rate_missing), "%s", others.rate_missing);
	else
		fill_rate(pair, slot, &others, sum, own);
}
