// SPDX-License-Identifier: GPL-2.0-or-later
#include "first.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "root.h"
#include "sampler.h"
#include "trouble.h"
#include "xalloc.h"

/* Do the events asked for exist? */
static int check_events(const struct plan *plan)
{
	size_t i, j, length = 0;
	char *known;

	for (i = 0; i < plan->wanted_count && plan->found[i]; i++)
		;
	if (i == plan->wanted_count)
		return EXIT_FINE;
	for (j = 0; j < plan->event_count; j++)
		length += strlen(plan->events[j]) + 2;
	known = xcalloc(length + 1, 1);
	for (j = 0; j < plan->event_count; j++) {
		strcat(known, j ? ", " : "");
		strcat(known, plan->events[j]);
	}
	complain("event '%s': no group has it (there are: %s)", plan->wanted[i], known);
	free(known);
	return EXIT_FAILED;
}

/* Nothing can be read at all: say why, rather than to show empty reports. */
static int check_values(const struct sampler *sampler, const struct sample *sample)
{
	struct rdtgrp_layout *layout;
	struct rdtgrp *group;
	size_t i;
	int r = 0;

	if (sampler->plan.event_count)
		return EXIT_FINE;
	for (i = 0; i < sample->group_count; i++) {
		const struct sample_group *entry = &sample->groups[i];

		/* Once more, for the library's sentence. */
		r = sample->before[entry->tree]
			    ? rdtgrp_tree_open(sample->before[entry->tree], entry->index, &group)
			    : entry->error;
		if (r < 0)
			continue;
		r = rdtgrp_layout_read(group, &layout);
		rdtgrp_unref(group);
		if (r < 0)
			break;
		rdtgrp_layout_unref(layout);
	}
	/* It may have been told when the sample was taken. */
	if (r < 0)
		trouble_tell_rdtgrp(r, sampler->root->path);
	else
		complain("nothing to read in %s: mon_data has no events", sampler->root->path);
	return EXIT_FAILED;
}

int first_check(const struct sampler *sampler, const struct sample *sample)
{
	int r = check_values(sampler, sample);

	return r == EXIT_FINE ? check_events(&sampler->plan) : r;
}
