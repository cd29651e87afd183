/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which CPU belongs to which group. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "rules.h"

static uint64_t group_cpus(const struct sim_model *model, const struct sim_group *group)
{
	/* A locked region is reached from all CPUs of its cache. */
	if (group->mode == SIM_LOCKED)
		return model->scenario->caches[group->locked_cache].cpus;
	return group->cpus;
}

static int cpus_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	uint64_t cpus = group_cpus(model, node->group);
	unsigned int n_cpus = model->scenario->n_cpus;

	/* Commas separate 32 bits each. */
	if (n_cpus > 32)
		text_printf(text, "%0*" PRIx64 ",", (int)(n_cpus - 32 + 3) / 4, cpus >> 32);
	text_printf(text, "%0*" PRIx64 "\n", n_cpus > 32 ? 8 : (int)(n_cpus + 3) / 4,
		    cpus & UINT32_MAX);
	return 0;
}

static int cpus_list_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	uint64_t cpus = group_cpus(model, node->group);
	const char *separator = "";

	for (unsigned int first = 0; first < model->scenario->n_cpus; first++) {
		unsigned int last = first;

		if (!(cpus >> first & 1))
			continue;
		while (last + 1 < model->scenario->n_cpus && (cpus >> (last + 1) & 1))
			last++;
		text_printf(text, last > first ? "%s%u-%u" : "%s%u", separator, first, last);
		separator = ",";
		first = last;
	}
	text_puts(text, "\n");
	return 0;
}

static int parse_mask(const char *data, uint64_t *ret_cpus)
{
	uint64_t cpus = 0;

	for (; *data && *data != '\n'; data++) {
		int digit;

		if (*data == ',')
			continue;
		if (*data >= '0' && *data <= '9')
			digit = *data - '0';
		else if ((*data | 0x20) >= 'a' && (*data | 0x20) <= 'f')
			digit = (*data | 0x20) - 'a' + 10;
		else
			return -EINVAL;
		if (cpus >> 60)
			return -ERANGE;
		cpus = cpus << 4 | (uint64_t)digit;
	}
	*ret_cpus = cpus;
	return 0;
}

static int parse_list(char *data, uint64_t *ret_cpus)
{
	uint64_t cpus = 0;

	data[strcspn(data, "\n")] = '\0';
	while (data && *data) {
		char *item = strsep(&data, ","), *dash = strchr(item, '-');
		uint64_t first, last;

		if (dash)
			*dash++ = '\0';
		if (text_parse_u64(item, 10, &first) ||
		    text_parse_u64(dash ? dash : item, 10, &last))
			return -EINVAL;
		if (first > last)
			return -EINVAL;
		if (last >= 64)
			return -ERANGE;
		for (; first <= last; first++)
			cpus |= UINT64_C(1) << first;
	}
	*ret_cpus = cpus;
	return 0;
}

static void take_from_mon_groups(struct sim_group *ctrl, const struct sim_group *except,
				 uint64_t cpus)
{
	for (struct sim_group *child = ctrl->children; child; child = child->next) {
		if (child != except)
			child->cpus &= ~cpus;
	}
}

/* A MON group has CPUs of its CTRL_MON group only, and shares them with none of its siblings. */
static int set_mon(struct sim_model *model, struct sim_group *group, uint64_t cpus)
{
	if (cpus & ~group->parent->cpus) {
		sim_last_cmd(model, "Can only add CPUs to mongroup that belong to parent\n");
		return -EINVAL;
	}
	take_from_mon_groups(group->parent, group, cpus);
	group->cpus = cpus;
	return 0;
}

/* Each CPU is in one CTRL_MON group: those given up go to the default group. */
static int set_ctrl(struct sim_model *model, struct sim_group *group, uint64_t cpus)
{
	uint64_t dropped = group->cpus & ~cpus;

	if (dropped && sim_group_is_default(model, group)) {
		sim_last_cmd(model, "Can't drop CPUs from default group\n");
		return -EINVAL;
	}
	for (struct sim_group *other = model->groups; other; other = other->next) {
		if (other == group)
			continue;
		take_from_mon_groups(other, NULL, cpus & other->cpus);
		other->cpus &= ~cpus;
	}
	model->groups->cpus |= dropped;
	group->cpus = cpus;
	take_from_mon_groups(group, NULL, UINT64_MAX);
	return 0;
}

static int set_cpus(struct sim_model *model, struct sim_group *group, uint64_t cpus)
{
	if (model->scenario->n_cpus < 64 && cpus >> model->scenario->n_cpus) {
		sim_last_cmd(model, "Bad CPU list/mask\n");
		return -ERANGE;
	}
	if (cpus & ~sim_online_cpus(model)) {
		sim_last_cmd(model, "Can only assign online CPUs\n");
		return -EINVAL;
	}
	return group->parent ? set_mon(model, group, cpus) : set_ctrl(model, group, cpus);
}

static int store(struct sim_model *model, struct sim_node *node, char *data, bool list)
{
	struct sim_group *group = node->group;
	uint64_t cpus;
	int r;

	if (sim_group_ctrl(group)->mode >= SIM_LOCKSETUP) {
		sim_last_cmd(model, "Pseudo-locking in progress\n");
		return -EINVAL;
	}
	r = list ? parse_list(data, &cpus) : parse_mask(data, &cpus);
	if (r) {
		sim_last_cmd(model, "Bad CPU list/mask\n");
		return r;
	}
	return set_cpus(model, group, cpus);
}

static int cpus_store(struct sim_model *model, struct sim_node *node,
		      const struct sim_caller *caller, char *data, size_t len)
{
	(void)caller;
	(void)len;
	return store(model, node, data, false);
}

static int cpus_list_store(struct sim_model *model, struct sim_node *node,
			   const struct sim_caller *caller, char *data, size_t len)
{
	(void)caller;
	(void)len;
	return store(model, node, data, true);
}

void sim_cpus_group_gone(struct sim_model *model, struct sim_group *group)
{
	if (!group->parent)
		model->groups->cpus |= group->cpus;
}

static int drop_cpus(struct sim_model *model, struct sim_group *group, void *data)
{
	const uint64_t *cpus = data;

	(void)model;
	group->cpus &= ~*cpus;
	return 0;
}

void sim_cpus_offline(struct sim_model *model, uint64_t cpus)
{
	sim_groups_each(model, drop_cpus, &cpus);
}

void sim_cpus_online(struct sim_model *model, uint64_t cpus)
{
	model->groups->cpus |= cpus;
}

const struct sim_file sim_file_cpus = {
	.name = "cpus",
	.mode = 0644,
	.show = cpus_show,
	.store = cpus_store,
	.locks = true,
};

const struct sim_file sim_file_cpus_list = {
	.name = "cpus_list",
	.mode = 0644,
	.show = cpus_list_show,
	.store = cpus_list_store,
	.locks = true,
};
