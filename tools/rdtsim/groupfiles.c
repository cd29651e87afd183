/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files a group has. */
#include <stddef.h>

#include "model-internal.h"

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

int sim_group_files(struct sim_model *model, struct sim_group *group, uid_t uid, gid_t gid)
{
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
		r = sim_file_new(model, group->node, group_files[i].file, uid, gid, NULL);
		if (r)
			return r;
	}
	return 0;
}

void sim_group_set_file_mode(struct sim_group *group, const char *name, mode_t mode)
{
	struct sim_node *node = sim_node_find(group->node, name);

	if (node)
		node->mode = (node->mode & (mode_t)S_IFMT) | mode;
}
