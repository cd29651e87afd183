// SPDX-License-Identifier: GPL-2.0-or-later
#include "members.h"

#include <errno.h>
#include <stdint.h>

#include "value_math.h"

static const struct rdtgrp_value no_value = {.status = RDTGRP_STATUS_NONE};

const struct rdtgrp_value *members_value(const struct sample_group *group, size_t slot)
{
	return slot < group->value_count ? &group->values[slot] : &no_value;
}

/* Samples are in nearly the same order, so the place to begin is a good guess. */
const struct sample_group *members_find_again(const struct sample *sample,
					      const struct sample_group *wanted, size_t guess)
{
	size_t i;

	for (i = 0; i < sample->group_count; i++) {
		const struct sample_group *group =
			&sample->groups[(guess + i) % sample->group_count];

		if (group->inode == wanted->inode && group->tree == wanted->tree)
			return group;
	}
	return NULL;
}

bool members_is_left_out(const struct rdtgrp_value *value)
{
	switch (value->status) {
	case RDTGRP_STATUS_UNAVAILABLE:
	case RDTGRP_STATUS_ERROR:
	case RDTGRP_STATUS_UNASSIGNED:
	case RDTGRP_STATUS_OFFLINE:
		return true;
	default:
		return false;
	}
}

/* A tree has the MON groups right behind their CTRL_MON group. */
const struct sample_group *members_next_child(const struct sample *sample,
					      const struct sample_group *group,
					      const struct sample_group *child)
{
	const struct sample_group *next = child + 1;

	if (group->type != RDTGRP_TYPE_CTRL_MON || next == sample->groups + sample->group_count ||
	    next->tree != group->tree || next->type != RDTGRP_TYPE_MON)
		return NULL;
	return next;
}

const struct sample_group *members_find_child_again(const struct pair *pair,
						    const struct sample_group *child)
{
	return members_find_again(pair->older_sample, child,
				  (size_t)(child - pair->newer_sample->groups));
}

/* Is slot `inner` part of the sum in slot `outer`, as that of a domain within the other's? */
static bool is_within(const struct plan *plan, size_t inner, size_t outer)
{
	return plan->slots[inner].column == plan->slots[outer].column &&
	       plan_is_nested(plan, plan->slots[inner].domain, plan->slots[outer].domain);
}

bool members_domain_missing(const struct pair *pair, size_t slot)
{
	const struct sample_group *group = pair->newer;
	size_t i;

	for (i = 0; i < group->value_count; i++)
		if (is_within(pair->plan, i, slot) &&
		    (members_is_left_out(members_value(group, i)) || group->notes[i].own_out))
			return true;
	return false;
}

bool members_missing(const struct pair *pair, size_t slot)
{
	const struct sample_group *group = pair->newer, *child = group;

	if (group->notes[slot].own_out)
		return true;
	while ((child = members_next_child(pair->newer_sample, group, child)))
		if (members_is_left_out(members_value(child, slot)))
			return true;
	return members_domain_missing(pair, slot);
}

static bool same_children(const struct rdtgrp_tree *a, size_t index_a, const struct rdtgrp_tree *b,
			  size_t index_b)
{
	if (a && a == b && index_a == index_b)
		return rdtgrp_tree_get_error(a, index_a) == 0;
	return a && b && rdtgrp_tree_same_children(a, index_a, b, index_b);
}

const char *members_children_trouble_now(const struct sample *sample,
					 const struct sample_group *group)
{
	const struct rdtgrp_tree *before = sample->before[group->tree];
	const struct rdtgrp_tree *after = sample->after[group->tree];

	if (group->type != RDTGRP_TYPE_CTRL_MON)
		return NULL;
	if (after && rdtgrp_tree_get_error(after, group->index) < 0)
		return "children unknown";
	if (!same_children(before, group->index, after,
			   sample_index_in(after, group->inode, group->index)))
		return "children changed";
	return NULL;
}

const char *members_children_trouble(const struct pair *pair)
{
	const struct sample_group *older = pair->older, *newer = pair->newer;
	const struct rdtgrp_tree *first = pair->older_sample->before[older->tree];
	const struct rdtgrp_tree *second = pair->older_sample->after[older->tree];
	const struct rdtgrp_tree *third = pair->newer_sample->before[newer->tree];
	const char *now;

	if (newer->type != RDTGRP_TYPE_CTRL_MON)
		return NULL;
	if (first && rdtgrp_tree_get_error(first, older->index) < 0)
		return "children unknown";
	now = members_children_trouble_now(pair->newer_sample, newer);
	if (now)
		return now;
	if (!same_children(first, older->index, second,
			   sample_index_in(second, older->inode, older->index)) ||
	    !same_children(first, older->index, third, newer->index))
		return "children changed";
	return NULL;
}

/* Has a member's count come into the sum or left it, as a whole or in part, between two samples? */
static bool has_moved(const char *event, const struct rdtgrp_value *older,
		      const struct rdtgrp_value *newer)
{
	double ignored;
	int r;

	if (members_is_left_out(older) != members_is_left_out(newer))
		return true;
	r = rdtgrp_value_rate(event, older, newer, &ignored);
	return r == -ERANGE || r == -ESTALE;
}

const char *members_trouble(const struct pair *pair, size_t slot)
{
	const struct plan *plan = pair->plan;
	const char *event = plan->columns[plan->slots[slot].column].event;
	const struct sample_group *child = pair->newer;
	size_t i;

	while ((child = members_next_child(pair->newer_sample, pair->newer, child))) {
		const struct sample_group *then = members_find_child_again(pair, child);

		if (then && has_moved(event, members_value(then, slot), members_value(child, slot)))
			return "children changed";
	}
	for (i = 0; i < pair->newer->value_count; i++)
		if (is_within(plan, i, slot) && (pair->newer->notes[i].own_moved ||
						 has_moved(event, members_value(pair->older, i),
							   members_value(pair->newer, i))))
			return "domains changed";
	return NULL;
}

/* What is left of a CTRL_MON group's sum without its MON groups, at both samples of a pair. */
struct rest {
	long double older, newer;
	/* Up to this it may be that nothing is left: decimals are rounded in each file. */
	long double nothing;
	/* The MON groups are read after the sum. So much may they have moved in the time between. */
	long double slack;
};

/* Take the sum in the slot apart. False where that cannot be done: a MON group's count is not known, or
 * none is in the sum. */
static bool take_apart(const struct pair *pair, size_t slot, struct rest *rest)
{
	const struct rdtgrp_value *older_sum = members_value(pair->older, slot);
	const struct rdtgrp_value *newer_sum = members_value(pair->newer, slot);
	const struct sample_group *child = pair->newer;
	long double unit = newer_sum->decimals ? 1 : 0;
	bool any = false;
	uint32_t i;

	if (older_sum->status != RDTGRP_STATUS_OK || newer_sum->status != RDTGRP_STATUS_OK)
		return false;
	for (i = 0; i < newer_sum->decimals; i++)
		unit /= 10;
	*rest = (struct rest){value_number(older_sum), value_number(newer_sum), unit, 0};
	while ((child = members_next_child(pair->newer_sample, pair->newer, child))) {
		const struct sample_group *then = members_find_child_again(pair, child);
		const struct rdtgrp_value *older = then ? members_value(then, slot) : &no_value;
		const struct rdtgrp_value *newer = members_value(child, slot);
		uint64_t late;

		if (members_is_left_out(older) && members_is_left_out(newer))
			continue;
		if (older->status != RDTGRP_STATUS_OK || newer->status != RDTGRP_STATUS_OK ||
		    newer->time_ns <= older->time_ns)
			return false;
		rest->older -= value_number(older);
		rest->newer -= value_number(newer);
		rest->nothing += unit;
		/* Twice as fast as on the whole it may have been just then. */
		late = older->time_ns - older_sum->time_ns + newer->time_ns - newer_sum->time_ns;
		rest->slack += 2 * (value_number(newer) - value_number(older)) * (long double)late /
			       (long double)(newer->time_ns - older->time_ns);
		any = true;
	}
	return any;
}

/*
 * A CTRL_MON group's own counter that cannot be read is not shown as such where its MON groups can be:
 * the sum is theirs alone. So it is when the group itself has moved nothing yet, and this cannot be told
 * apart. What can be seen is that something was left without them, and now nothing is, or the other way
 * round: between such two samples the sum won or lost a count as a whole. What the group itself moves
 * first looks the same.
 */
static void look_at_own(const struct pair *pair, size_t slot)
{
	const struct slot_note *before =
		slot < pair->older->value_count ? &pair->older->notes[slot] : NULL;
	struct slot_note *note = &pair->newer->notes[slot];
	struct rest rest;
	bool was_nothing, is_nothing, leapt;

	note->own_out = before && before->own_out;
	if ((before && before->moved) || members_trouble(pair, slot) ||
	    !take_apart(pair, slot, &rest))
		return;
	was_nothing = rest.older <= rest.nothing;
	is_nothing = rest.newer <= rest.nothing;
	leapt = (rest.newer > rest.older ? rest.newer - rest.older : rest.older - rest.newer) >
		rest.slack + rest.nothing;
	note->own_moved = was_nothing != is_nothing && leapt;
	note->own_out = is_nothing && (note->own_out || note->own_moved);
}

void members_look(const struct pair *pair, const char *children)
{
	bool has_children = members_next_child(pair->newer_sample, pair->newer, pair->newer);
	const struct plan *plan = pair->plan;
	size_t i;

	for (i = 0; i < pair->newer->value_count; i++) {
		if (has_children && !children &&
		    plan->columns[plan->slots[i].column].kind == RDTGRP_EVENT_CUMULATIVE)
			look_at_own(pair, i);
		else if (i < pair->older->value_count && has_children)
			pair->newer->notes[i].own_out = pair->older->notes[i].own_out;
	}
	for (i = 0; i < pair->newer->value_count; i++)
		pair->newer->notes[i].moved = members_trouble(pair, i);
}
