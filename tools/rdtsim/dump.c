/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state in words. */
#include <inttypes.h>

#include "rules.h"

static void dump_group_name(const struct sim_group *group, struct text *text)
{
	if (group->parent && group->parent->node->parent) {
		text_escaped(text, group->parent->node->name);
		text_puts(text, "/");
	}
	if (group->parent)
		text_puts(text, "mon_groups/");
	text_escaped(text, group->node->name);
}

static void dump_values(struct sim_model *model, const struct sim_group *group, struct text *text)
{
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		if (!sim_domain_is_online(domain))
			continue;
		for (size_t i = 0; i < domain->n_slots; i++) {
			const struct sim_event *event = domain->slots[i].event;
			enum sim_status status;
			uint64_t value = 0;

			text_puts(text, "own ");
			dump_group_name(group, text);
			text_printf(text, " %s%s%s %s ", domain->parent ? domain->parent->name : "",
				    domain->parent ? "/" : "", domain->name, event->name);
			status = sim_value_own(model, group, domain, event, &value);
			sim_value_format(text, event, status, value);
			text_puts(text, "\n");
		}
	}
}

static int dump_group(struct sim_model *model, struct sim_group *group, void *data)
{
	struct text *text = data;

	text_puts(text, "group ");
	dump_group_name(group, text);
	text_printf(text, " %s closid %u rmid %u%s mode %s\n", group->parent ? "MON" : "CTRL_MON",
		    sim_group_ctrl(group)->closid, group->rmid, group->owns_rmid ? "" : " (freed)",
		    sim_group_mode_name(group->mode));
	dump_values(model, group, text);
	return 0;
}

void sim_dump(struct sim_model *model, struct text *text)
{
	unsigned int used, limbo;

	sim_rmids_count(model, &used, &limbo);
	text_printf(text, "scenario %s\n", model->scenario->name);
	text_printf(text, "time_us %" PRIu64 "%s\n", model->now_us, model->frozen ? " frozen" : "");
	text_printf(text, "rmids %u used %u limbo %u\n", model->n_rmids, used, limbo);
	text_printf(text, "closids %u\n", model->n_closids);
	text_printf(text, "slow_us %" PRIu64 "\n", model->slow_us);
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next)
		text_printf(text, "domain %s%s%s %s\n", domain->parent ? domain->parent->name : "",
			    domain->parent ? "/" : "", domain->name,
			    sim_domain_is_online(domain) ? "online" : "offline");
	sim_groups_each(model, dump_group, text);
}
