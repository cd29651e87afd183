/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mon_data: directories of domains with the files of events. */
#include <errno.h>
#include <inttypes.h>

#include "rules.h"

#define MILLION UINT64_C(1000000)

/* One member's value in one domain. */
static enum sim_status read_leaf(struct sim_model *model, const struct sim_group *group,
				 const struct sim_domain *domain, const struct sim_slot *slot,
				 uint64_t *ret_value)
{
	struct sim_counter *counter = sim_counter_get(model, group, slot);

	if (counter->status != SIM_OK)
		return counter->status;
	if (model->counter_mode && sim_assign_is_event(model, slot->event) &&
	    !sim_assign_has(group, domain, slot->event))
		return SIM_UNASSIGNED;
	*ret_value = sim_counter_read(model, counter, slot->event);
	return SIM_OK;
}

/* The sum over the nodes of a cache: whatever is wrong with all of them, the word is Unavailable. */
static enum sim_status read_nodes(struct sim_model *model, const struct sim_group *group,
				  const struct sim_domain *cache, const char *event,
				  uint64_t *ret_value)
{
	enum sim_status status = SIM_UNAVAILABLE;
	uint64_t sum = 0;

	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		const struct sim_slot *slot;
		uint64_t value;

		if (domain->parent != cache || !domain->online)
			continue;
		slot = sim_domain_slot(domain, event);
		if (slot && read_leaf(model, group, domain, slot, &value) == SIM_OK) {
			sum += value;
			status = SIM_OK;
		}
	}
	*ret_value = sum;
	return status;
}

enum sim_status sim_value_own(struct sim_model *model, const struct sim_group *group,
			      const struct sim_domain *domain, const struct sim_event *event,
			      uint64_t *ret_value)
{
	const struct sim_slot *slot = sim_domain_slot(domain, event->name);

	if (domain->sum)
		return read_nodes(model, group, domain, event->name, ret_value);
	return read_leaf(model, group, domain, slot, ret_value);
}

/* A CTRL_MON group's value is its own and those of its MON groups. Who cannot be read is left out
 * without a trace; only if that is all of them, the last one's word is shown. */
static enum sim_status value_total(struct sim_model *model, const struct sim_group *group,
				   const struct sim_domain *domain, const struct sim_event *event,
				   uint64_t *ret_value)
{
	enum sim_status status, last;
	uint64_t sum = 0, value = 0;
	bool any;

	last = sim_value_own(model, group, domain, event, &value);
	any = last == SIM_OK;
	if (any)
		sum = value;
	for (const struct sim_group *child = group->children; child; child = child->next) {
		status = sim_value_own(model, child, domain, event, &value);
		if (status == SIM_OK) {
			sum += value;
			any = true;
		} else {
			last = status;
		}
	}
	*ret_value = sum;
	return any ? SIM_OK : last;
}

void sim_value_format(struct text *text, const struct sim_event *event, enum sim_status status,
		      uint64_t value)
{
	switch (status) {
	case SIM_UNAVAILABLE:
		text_puts(text, "Unavailable");
		break;
	case SIM_ERROR:
		text_puts(text, "Error");
		break;
	case SIM_UNASSIGNED:
		text_puts(text, "Unassigned");
		break;
	case SIM_OK:
		if (event->kind == SIM_DECIMAL)
			text_printf(text, "%" PRIu64 ".%06" PRIu64, value / MILLION,
				    value % MILLION);
		else
			text_printf(text, "%" PRIu64, value);
		break;
	}
}

static int event_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	enum sim_status status;
	uint64_t value;

	if (node->fault_errno)
		return -node->fault_errno;
	if (node->fault_text) {
		text_add(text, node->fault_text->data ? node->fault_text->data : "",
			 node->fault_text->len);
		return 0;
	}
	status = value_total(model, node->group, node->domain, node->event, &value);
	sim_value_format(text, node->event, status, value);
	text_puts(text, "\n");
	return 0;
}

/* All events' files are of this kind, only their names differ. */
static const struct sim_file event_file = {
	.name = "event",
	.mode = 0444,
	.show = event_show,
	.locks = true,
};

struct sim_node *sim_mon_data_dir(const struct sim_group *group, const struct sim_domain *domain)
{
	const struct sim_node *above = group->mon_data;

	if (domain->parent)
		above = sim_node_find(above, domain->parent->name);
	return above ? sim_node_find(above, domain->name) : NULL;
}

int sim_mon_data_add_event(struct sim_model *model, struct sim_group *group,
			   struct sim_domain *domain, const struct sim_event *event)
{
	struct sim_node *dir = sim_mon_data_dir(group, domain), *file;
	int r;

	if (!dir || sim_node_find(dir, event->name))
		return 0;
	r = sim_node_new(model, dir, event->name, SIM_NODE_FILE, S_IFREG | event_file.mode,
			 dir->uid, dir->gid, &file);
	if (r)
		return r;
	file->file = &event_file;
	file->event = event;
	return 0;
}

int sim_mon_data_add_domain(struct sim_model *model, struct sim_group *group,
			    struct sim_domain *domain, uid_t uid, gid_t gid)
{
	struct sim_node *above = group->mon_data, *dir;
	int r;

	if (!sim_domain_is_online(domain))
		return 0;
	if (domain->parent)
		above = sim_node_find(above, domain->parent->name);
	if (!above)
		return -ENOENT;
	r = sim_node_new(model, above, domain->name, SIM_NODE_DOMAIN,
			 S_IFDIR | (group->mon_data->mode & 07777), uid, gid, &dir);
	if (r)
		return r;
	dir->domain = domain;
	for (size_t i = 0; i < domain->n_slots; i++) {
		r = sim_mon_data_add_event(model, group, domain, domain->slots[i].event);
		if (r)
			return r;
	}
	for (struct sim_domain *node = model->domains; node; node = node->next) {
		if (node->parent != domain)
			continue;
		r = sim_mon_data_add_domain(model, group, node, uid, gid);
		if (r)
			return r;
	}
	return 0;
}

int sim_mon_data_fill(struct sim_model *model, struct sim_group *group, uid_t uid, gid_t gid)
{
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		int r;

		if (domain->parent)
			continue;
		r = sim_mon_data_add_domain(model, group, domain, uid, gid);
		if (r)
			return r;
	}
	return 0;
}
