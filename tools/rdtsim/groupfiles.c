/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a group's directory has in it. */
#include <stddef.h>

#include "life.h"

static int mon_hw_id_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)model;
	text_printf(text, "%u\n", node->group->rmid);
	return 0;
}

static int ctrl_hw_id_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)model;
	text_printf(text, "%u\n", sim_group_ctrl(node->group)->closid);
	return 0;
}

static const struct sim_file mon_hw_id = {
	.name = "mon_hw_id",
	.mode = 0444,
	.show = mon_hw_id_show,
	.locks = true,
};

static const struct sim_file ctrl_hw_id = {
	.name = "ctrl_hw_id",
	.mode = 0444,
	.show = ctrl_hw_id_show,
	.locks = true,
};

enum {
	CTRL_ONLY = 1 << 0,
	DEBUG = 1 << 1,
	ASSIGNABLE = 1 << 2,
};

static const struct {
	const struct sim_file *file;
	unsigned int when;
} group_files[] = {
	{&sim_file_tasks, 0},
	{&sim_file_cpus, 0},
	{&sim_file_cpus_list, 0},
	{&mon_hw_id, DEBUG},
	{&sim_file_assignments, ASSIGNABLE},
	{&sim_file_schemata, CTRL_ONLY},
	{&sim_file_size, CTRL_ONLY},
	{&sim_file_mode, CTRL_ONLY},
	{&ctrl_hw_id, CTRL_ONLY | DEBUG},
};

static int add_files(struct sim_model *model, const struct sim_group *group)
{
	struct sim_node *node = group->node;
	unsigned int have = 0;

	if (!group->parent)
		have |= CTRL_ONLY;
	if (model->config.debug)
		have |= DEBUG;
	if (model->scenario->n_counters)
		have |= ASSIGNABLE;
	for (size_t i = 0; i < sizeof(group_files) / sizeof(group_files[0]); i++) {
		int r;

		if (group_files[i].when & ~have)
			continue;
		r = sim_file_new(model, node, group_files[i].file, node->uid, node->gid, NULL);
		if (r)
			return r;
	}
	return 0;
}

int sim_group_fill(struct sim_model *model, struct sim_group *group)
{
	struct sim_node *node = group->node;
	int r;

	r = add_files(model, group);
	if (!r && !group->parent)
		r = sim_node_new(model, node, "mon_groups", SIM_NODE_MON_GROUPS, node->mode,
				 node->uid, node->gid, &group->mon_groups);
	if (!r)
		r = sim_node_new(model, node, "mon_data", SIM_NODE_MON_DATA, node->mode, node->uid,
				 node->gid, &group->mon_data);
	if (!r)
		r = sim_mon_data_fill(model, group, node->uid, node->gid);
	return r;
}
