/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups made, removed and moved: mkdir, rmdir, rename. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "life.h"

static void list_add(struct sim_group **end, struct sim_group *group)
{
	while (*end)
		end = &(*end)->next;
	group->next = NULL;
	*end = group;
}

static void list_remove(struct sim_group **at, struct sim_group *group)
{
	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
}

static struct sim_group **group_list(struct sim_model *model, struct sim_group *group)
{
	return group->parent ? &group->parent->children : &model->groups;
}

/* What stands and falls with a group's RMID. */
static void rmid_release(struct sim_model *model, struct sim_group *group)
{
	sim_assign_group_gone(model, group);
	if (group->owns_rmid)
		sim_rmid_free(model, group->rmid);
	group->owns_rmid = false;
}

static void remove_one(struct sim_model *model, struct sim_group *group)
{
	rmid_release(model, group);
	if (!group->parent)
		sim_closid_free(model, group->closid);
	list_remove(group_list(model, group), group);
	if (group->node)
		sim_node_remove(model, group->node);
	free(group);
}

void sim_group_remove(struct sim_model *model, struct sim_group *group)
{
	while (group->children) {
		sim_tasks_group_gone(model, group->children, group);
		remove_one(model, group->children);
	}
	sim_tasks_group_gone(model, group, group->parent ? group->parent : model->groups);
	sim_cpus_group_gone(model, group);
	group->node->unlinked = true;
	remove_one(model, group);
}

/* The ids of a new group. A CTRL_MON group needs two, and keeps none if it cannot have both. */
static int take_ids(struct sim_model *model, struct sim_group *group)
{
	int r;

	if (!group->parent) {
		r = sim_closid_alloc(model, &group->closid);
		if (r)
			return r;
		r = sim_schemata_init(model, group);
	} else {
		r = 0;
	}
	if (!r)
		r = sim_rmid_alloc(model, &group->rmid);
	if (r && !group->parent)
		sim_closid_free(model, group->closid);
	group->owns_rmid = !r;
	return r;
}

static int group_new(struct sim_model *model, struct sim_group *parent, struct sim_node *dir,
		     const char *name, mode_t mode, const struct sim_caller *caller,
		     struct sim_group **ret_group)
{
	struct sim_group *group = calloc(1, sizeof(*group));
	int r;

	if (!group)
		return -ENOMEM;
	group->parent = parent;
	r = take_ids(model, group);
	if (r) {
		free(group);
		return r;
	}
	list_add(group_list(model, group), group);
	r = sim_node_new(model, dir, name, SIM_NODE_GROUP, S_IFDIR | mode, caller->uid, caller->gid,
			 &group->node);
	if (!r) {
		group->node->group = group;
		r = sim_group_fill(model, group);
	}
	if (r) {
		remove_one(model, group);
		return r;
	}
	sim_counters_start(model, group);
	sim_assign_group_new(model, group);
	*ret_group = group;
	return 0;
}

int sim_groups_init(struct sim_model *model)
{
	const struct sim_caller owner = {.uid = model->config.uid, .gid = model->config.gid};
	struct sim_group *group;

	return group_new(model, NULL, NULL, "/", model->config.dir_mode, &owner, &group);
}

int sim_mkdir(struct sim_model *model, struct sim_node *dir, const char *name, mode_t mode,
	      const struct sim_caller *caller, struct sim_node **ret_node)
{
	struct sim_group *parent = NULL, *group;
	int r;

	/* Which of the two depends on whether the kernel still finds the group. */
	if (dir->dead)
		return dir->kind == SIM_NODE_GROUP ? -ENOENT : -ENODEV;
	if (strchr(name, '\n'))
		return -EINVAL;
	if (dir->kind == SIM_NODE_INFO)
		return -ENODEV;
	if (sim_node_find(dir, name))
		return -EEXIST;
	if (dir->kind == SIM_NODE_MON_GROUPS && strcmp(name, "mon_groups"))
		parent = dir->group;
	else if (dir != model->root)
		return -EPERM;
	sim_last_cmd_clear(model);
	if (parent && parent->mode >= SIM_LOCKSETUP) {
		sim_last_cmd(model, "Pseudo-locking in progress\n");
		return -EINVAL;
	}
	r = group_new(model, parent, dir, name, mode & 07777, caller, &group);
	if (r)
		return r;
	*ret_node = group->node;
	sim_ref(*ret_node);
	return 0;
}

int sim_rmdir(struct sim_model *model, struct sim_node *dir, const char *name)
{
	struct sim_node *node;

	if (dir->dead)
		return -ENOENT;
	node = sim_node_find(dir, name);
	if (!node)
		return -ENOENT;
	if (!S_ISDIR(node->mode))
		return -ENOTDIR;
	sim_last_cmd_clear(model);
	if (node->kind != SIM_NODE_GROUP)
		return -EPERM;
	sim_group_remove(model, node->group);
	return 0;
}

/* Can it be renamed so, whatever may be at the target? */
static int rename_check(struct sim_model *model, const struct sim_node *node,
			const struct sim_node *new_dir, const char *new_name)
{
	const struct sim_group *group = node->group;

	if (!S_ISDIR(node->mode)) {
		sim_last_cmd(model, "Source and destination must be directories\n");
		return -EPERM;
	}
	if (node->kind != SIM_NODE_GROUP || !group->parent) {
		sim_last_cmd(model, "Source must be a MON group\n");
		return -EPERM;
	}
	if (new_dir->kind != SIM_NODE_MON_GROUPS || !strcmp(new_name, "mon_groups")) {
		sim_last_cmd(model, "Destination must be a mon_groups subdirectory\n");
		return -EPERM;
	}
	if (group->cpus && group->parent != new_dir->group) {
		sim_last_cmd(model, "Cannot move a MON group that monitors CPUs\n");
		return -EPERM;
	}
	return 0;
}

int sim_rename(struct sim_model *model, struct sim_node *dir, const char *name,
	       struct sim_node *new_dir, const char *new_name, unsigned int flags)
{
	struct sim_node *node;
	struct sim_group *group;
	int r;

	if (flags)
		return -EINVAL;
	if (dir->dead || new_dir->dead)
		return -ENOENT;
	node = sim_node_find(dir, name);
	if (!node || node->kind == SIM_NODE_INFO || dir->kind == SIM_NODE_INFO ||
	    new_dir->kind == SIM_NODE_INFO)
		return -ENOENT;
	sim_last_cmd_clear(model);
	r = rename_check(model, node, new_dir, new_name);
	if (r)
		return r;
	if (sim_node_find(new_dir, new_name))
		return -EEXIST;
	r = sim_node_move(model, node, new_dir, new_name);
	if (r)
		return r;
	group = node->group;
	if (group->parent != new_dir->group) {
		list_remove(&group->parent->children, group);
		group->parent = new_dir->group;
		list_add(&group->parent->children, group);
	}
	return 0;
}
