// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_places.h"

#include <stdlib.h>

#include "root.h"
#include "xalloc.h"

static void add_group(struct run_places *places, size_t index)
{
	struct rdtgrp *group;
	pid_t *tids;
	size_t count, i;

	if (rdtgrp_tree_open(places->tree, index, &group) < 0)
		return;
	if (rdtgrp_read_tasks(group, &tids, &count) == 0) {
		for (i = 0; i < count; i++) {
			places->places = xgrow(places->places, places->count, &places->capacity,
					       sizeof(*places->places));
			places->places[places->count++] = (struct run_place){tids[i], index};
		}
		free(tids);
	}
	rdtgrp_unref(group);
}

int run_places_read(const struct root *root, struct run_places *places)
{
	size_t i;
	int r;

	*places = (struct run_places){0};
	r = rdtgrp_tree_read(root->group, &places->tree);
	if (r < 0)
		return r;
	/* All others are in the default group. */
	for (i = 1; i < rdtgrp_tree_count(places->tree); i++)
		add_group(places, i);
	return 0;
}

void run_places_clear(struct run_places *places)
{
	free(places->places);
	rdtgrp_tree_unref(places->tree);
}

size_t run_places_group(const struct run_places *places, pid_t tid)
{
	size_t i, group = 0;

	for (i = places->count; i-- > 0;) {
		size_t found = places->places[i].group;

		if (places->places[i].tid != tid)
			continue;
		if (rdtgrp_tree_get_type(places->tree, found) == RDTGRP_TYPE_MON)
			return found;
		group = found;
	}
	return group;
}

size_t run_places_control(const struct run_places *places, pid_t tid)
{
	size_t group = run_places_group(places, tid);

	if (rdtgrp_tree_get_type(places->tree, group) != RDTGRP_TYPE_MON)
		return group;
	return (size_t)rdtgrp_tree_get_parent(places->tree, group);
}
