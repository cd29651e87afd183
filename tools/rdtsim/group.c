/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups that there are. */
#include <stdlib.h>

#include "state.h"

bool sim_group_is_default(const struct sim_model *model, const struct sim_group *group)
{
	return group == model->groups;
}

struct sim_group *sim_group_ctrl(struct sim_group *group)
{
	return group->parent ? group->parent : group;
}

int sim_groups_each(struct sim_model *model,
		    int (*call)(struct sim_model *model, struct sim_group *group, void *data),
		    void *data)
{
	for (struct sim_group *group = model->groups; group; group = group->next) {
		int r = call(model, group, data);

		for (struct sim_group *child = group->children; !r && child; child = child->next)
			r = call(model, child, data);
		if (r)
			return r;
	}
	return 0;
}

uint32_t sim_groups_used_bits(const struct sim_model *model, const struct sim_group *except,
			      size_t schema, size_t cache, enum sim_group_mode mode)
{
	uint32_t used = 0;

	for (const struct sim_group *group = model->groups; group; group = group->next) {
		if (group == except || group->mode != mode)
			continue;
		if (mode == SIM_LOCKED &&
		    (group->locked_schema != schema || group->locked_cache != cache))
			continue;
		used |= group->schemata[schema][cache];
	}
	return used;
}

void sim_groups_free(struct sim_model *model)
{
	while (model->groups) {
		struct sim_group *group = model->groups;

		while (group->children) {
			struct sim_group *child = group->children;

			group->children = child->next;
			free(child);
		}
		model->groups = group->next;
		free(group);
	}
}
