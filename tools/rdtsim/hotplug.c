/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains and their CPUs come and go. */
#include "life.h"

static int group_add_domain(struct sim_model *model, struct sim_group *group, void *data)
{
	/* The kernel makes them, so they are root's, whoever owns the group. */
	return sim_mon_data_add_domain(model, group, data, model->config.uid, model->config.gid);
}

int sim_domain_appear(struct sim_model *model, struct sim_domain *domain)
{
	return sim_groups_each(model, group_add_domain, domain);
}

static int group_remove_domain(struct sim_model *model, struct sim_group *group, void *data)
{
	struct sim_node *dir = sim_mon_data_dir(group, data);

	if (dir)
		sim_node_remove(model, dir);
	return 0;
}

/* What the kernel has added up for a domain begins anew with it. */
static void domain_reset(struct sim_model *model, struct sim_domain *domain)
{
	for (size_t slot = 0; slot < domain->n_slots; slot++) {
		if (domain->slots[slot].counter == SIM_NO_COUNTER)
			continue;
		for (unsigned int i = 0; i < model->n_rmids_size; i++)
			sim_counter_first_read(
				model, &model->rmids[i].counters[domain->slots[slot].counter],
				domain->slots[slot].event);
	}
}

static bool has_online_node(const struct sim_model *model, const struct sim_domain *cache)
{
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		if (domain->parent == cache && domain->online)
			return true;
	}
	return false;
}

/* A cache is there as long as one of its nodes, and its nodes follow it. */
static void set_online_flags(struct sim_model *model, struct sim_domain *domain, bool online)
{
	domain->online = online;
	if (domain->parent) {
		domain->parent->online = has_online_node(model, domain->parent);
		return;
	}
	for (struct sim_domain *node = model->domains; node; node = node->next) {
		if (node->parent == domain)
			node->online = online;
	}
}

int sim_domain_set_online(struct sim_model *model, struct sim_domain *domain, bool online)
{
	uint64_t cpus = sim_online_cpus(model), changed;
	struct sim_domain *top = domain->parent ? domain->parent : domain;
	bool top_was_online = top->online;
	int r = 0;

	/* A cache can be there without all of its nodes. */
	for (struct sim_domain *node = model->domains; domain->online && online && !r && node;
	     node = node->next) {
		if (node->parent == domain)
			r = sim_domain_set_online(model, node, true);
	}
	if (domain->online == online)
		return r;
	set_online_flags(model, domain, online);
	changed = cpus ^ sim_online_cpus(model);
	if (!online) {
		sim_cpus_offline(model, changed);
		for (size_t i = 0; i < domain->n_assignable; i++)
			domain->assignable[i].group = NULL;
		return sim_groups_each(model, group_remove_domain, top->online ? domain : top);
	}
	sim_cpus_online(model, changed);
	if (top->cache >= 0 && !top_was_online)
		sim_schemata_reset_cache(model, (size_t)top->cache);
	for (struct sim_domain *each = model->domains; each; each = each->next) {
		if (each == domain || each->parent == domain)
			domain_reset(model, each);
	}
	return sim_domain_appear(model, top_was_online ? domain : top);
}
