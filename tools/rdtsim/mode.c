/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modes of a CTRL_MON group, pseudo-locking among them. */
#include <errno.h>
#include <string.h>

#include "rules.h"

static const char *const mode_names[] = {
	[SIM_SHAREABLE] = "shareable",
	[SIM_EXCLUSIVE] = "exclusive",
	[SIM_LOCKSETUP] = "pseudo-locksetup",
	[SIM_LOCKED] = "pseudo-locked",
};

const char *sim_group_mode_name(enum sim_group_mode mode)
{
	return mode_names[mode];
}

static void set_file_mode(struct sim_group *group, const char *name, mode_t mode)
{
	struct sim_node *node = sim_node_find(group->node, name);

	if (node)
		node->mode = (node->mode & (mode_t)S_IFMT) | mode;
}

/* While it is about pseudo-locking the group has no tasks, no CPUs and no MON groups of its own
 * choice, and nobody gets to them. */
static void set_file_modes(struct sim_group *group)
{
	bool locking = group->mode >= SIM_LOCKSETUP;
	mode_t cpus = locking ? 0 : sim_file_cpus.mode;

	if (group->mode == SIM_LOCKED)
		cpus = 0444;
	set_file_mode(group, "tasks", locking ? 0 : sim_file_tasks.mode);
	set_file_mode(group, "cpus", cpus);
	set_file_mode(group, "cpus_list", cpus);
	set_file_mode(group, "mon_groups", locking ? 0 : group->node->mode & 07777);
}

/* The RMID is freed, and mon_data is not told. */
static void enter_locksetup(struct sim_model *model, struct sim_group *group)
{
	if (group->owns_rmid)
		sim_rmid_free(model, group->rmid);
	group->owns_rmid = false;
	group->mode = SIM_LOCKSETUP;
	set_file_modes(group);
}

/* A new RMID, whose counts go on from what its last owner left. */
static int leave_locksetup(struct sim_model *model, struct sim_group *group,
			   enum sim_group_mode mode)
{
	int r;

	if (!group->owns_rmid) {
		r = sim_rmid_alloc(model, &group->rmid);
		if (r)
			return r;
		group->owns_rmid = true;
	}
	group->mode = mode;
	set_file_modes(group);
	return 0;
}

void sim_group_lock(struct sim_group *group, size_t schema, size_t cache, uint32_t cbm)
{
	group->mode = SIM_LOCKED;
	group->locked_schema = schema;
	group->locked_cache = cache;
	group->schemata[schema][cache] = cbm;
	set_file_modes(group);
}

static int check_exclusive(struct sim_model *model, const struct sim_group *group)
{
	for (size_t i = 0; i < model->scenario->n_schemas; i++) {
		const struct sim_schema *schema = &model->scenario->schemas[i];

		if (!schema->cbm_bits)
			continue;
		for (size_t cache = 0; cache < model->scenario->n_caches; cache++) {
			uint32_t used = schema->shareable_bits;

			used |= sim_groups_used_bits(model, group, i, cache, SIM_SHAREABLE);
			used |= sim_groups_used_bits(model, group, i, cache, SIM_EXCLUSIVE);
			if (group->schemata[i][cache] & used) {
				sim_last_cmd(model, "Schemata overlaps\n");
				return -EINVAL;
			}
		}
	}
	return 0;
}

static int check_locksetup(struct sim_model *model, const struct sim_group *group)
{
	const char *reason = NULL;

	if (sim_group_is_default(model, group))
		reason = "Cannot pseudo-lock default group";
	else if (!model->scenario->pseudo_lock)
		reason = "Pseudo-locking not supported";
	else if (group->children)
		reason = "Monitoring in progress";
	else if (sim_tasks_any(model, group))
		reason = "Tasks assigned to resource group";
	else if (group->cpus)
		reason = "CPUs assigned to resource group";
	if (!reason)
		return 0;
	sim_last_cmd(model, "%s\n", reason);
	return -EINVAL;
}

static int mode_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)model;
	text_printf(text, "%s\n", mode_names[node->group->mode]);
	return 0;
}

static int mode_store(struct sim_model *model, struct sim_node *node,
		      const struct sim_caller *caller, char *data, size_t len)
{
	struct sim_group *group = node->group;
	enum sim_group_mode mode;
	int r;

	(void)caller;
	(void)len;
	for (mode = SIM_SHAREABLE; mode < SIM_LOCKED; mode++) {
		if (!strcmp(data, mode_names[mode]))
			break;
	}
	if (mode == SIM_LOCKED && strcmp(data, mode_names[mode])) {
		sim_last_cmd(model, "Unknown or unsupported mode\n");
		return -EINVAL;
	}
	if (mode == group->mode)
		return 0;
	if (group->mode == SIM_LOCKED) {
		sim_last_cmd(model, "Cannot change pseudo-locked group\n");
		return -EINVAL;
	}
	switch (mode) {
	case SIM_LOCKED:
		sim_last_cmd(model, "Unknown or unsupported mode\n");
		return -EINVAL;
	case SIM_LOCKSETUP:
		r = check_locksetup(model, group);
		if (!r)
			enter_locksetup(model, group);
		return r;
	case SIM_EXCLUSIVE:
		r = check_exclusive(model, group);
		if (r)
			return r;
		break;
	case SIM_SHAREABLE:
		break;
	}
	return leave_locksetup(model, group, mode);
}

int sim_group_force_mode(struct sim_model *model, struct sim_group *group, enum sim_group_mode mode)
{
	size_t schema = 0;

	if (mode < SIM_LOCKSETUP)
		return leave_locksetup(model, group, mode);
	sim_tasks_group_gone(model, group, model->groups);
	if (group->mode < SIM_LOCKSETUP)
		enter_locksetup(model, group);
	group->mode = SIM_LOCKSETUP;
	if (mode == SIM_LOCKSETUP) {
		set_file_modes(group);
		return 0;
	}
	while (!model->scenario->schemas[schema].cbm_bits)
		schema++;
	sim_group_lock(group, schema, 0, 0x3);
	return 0;
}

const struct sim_file sim_file_mode = {
	.name = "mode",
	.mode = 0644,
	.show = mode_show,
	.store = mode_store,
	.newline = true,
	.locks = true,
};
