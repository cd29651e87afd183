/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control commands about domains and what is counted in them. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

static int set_online(struct control *command, bool online)
{
	const char *resource = command->words[1];
	uint64_t id = 0;
	int r;

	r = control_get_count(command, command->words[2], UINT64_MAX, &id);
	if (r)
		return r;
	for (struct sim_domain *domain = command->model->domains; domain; domain = domain->next) {
		const char *name = domain->resource;

		/* The nodes of a cache are called by what stands in their names, sub_L3. */
		if (!strcmp(name, resource) && domain->id == id)
			return sim_domain_set_online(command->model, domain, online);
	}
	return control_fail(command, -ENOENT, "no domain %s of resource %s", command->words[2],
			    resource);
}

int control_do_offline(struct control *command)
{
	return set_online(command, false);
}

int control_do_online(struct control *command)
{
	return set_online(command, true);
}

/* An event that the scenario does not know; it stands still at a value. */
static int own_event(struct control *command, const char *name, const char *value,
		     const struct sim_event **ret_event)
{
	struct sim_model *model = command->model;
	struct sim_event *event, **events;
	uint64_t ignored;

	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") ||
	    !strcmp(name, "*"))
		return control_fail(command, -EINVAL, "no name of a file: %s", name);
	if (control_parse_value(value, strchr(value, '.') ? SIM_DECIMAL : SIM_COUNT, &ignored))
		return control_fail(command, -EINVAL, "no value: %s", value);
	events = reallocarray(model->own_events, model->n_own_events + 1,
			      sizeof(struct sim_event *));
	if (!events)
		return -ENOMEM;
	model->own_events = events;
	event = calloc(1, sizeof(*event));
	if (!event)
		return -ENOMEM;
	event->name = strdup(name);
	if (!event->name) {
		free(event);
		return -ENOMEM;
	}
	event->kind = strchr(value, '.') ? SIM_DECIMAL : SIM_COUNT;
	event->granule = 1;
	events[model->n_own_events++] = event;
	*ret_event = event;
	return 0;
}

struct new_file {
	struct sim_domain *domain;
	const struct sim_event *event;
};

static int group_add_event(struct sim_model *model, struct sim_group *group, void *data)
{
	const struct new_file *new_file = data;

	return sim_mon_data_add_event(model, group, new_file->domain, new_file->event);
}

static int add_event(struct control *command, struct sim_domain *domain,
		     const struct sim_event *event, const char *word)
{
	struct sim_model *model = command->model;
	struct new_file new_file = {domain, event};
	const struct sim_slot *slot;
	uint64_t value = 0;
	int r;

	r = control_parse_value(word, event->kind, &value);
	if (!r)
		r = sim_domain_add_event(model, domain, event);
	if (r)
		return r;
	slot = &domain->slots[domain->n_slots - 1];
	for (unsigned int i = 0; slot->counter != SIM_NO_COUNTER && i < model->n_rmids_size; i++)
		sim_counter_set(model, &model->rmids[i].counters[slot->counter], event, value);
	return sim_groups_each(model, group_add_event, &new_file);
}

int control_do_add_event(struct control *command)
{
	const char *path = command->words[1], *name = command->words[2];
	const struct sim_event *event;
	bool found = false;
	int r;

	for (struct sim_domain *domain = command->model->domains; domain; domain = domain->next) {
		if (!control_domain_matches(domain, path))
			continue;
		if (domain->sum && strcmp(path, "*"))
			return control_fail(command, -EINVAL,
					    "%s shows sums only: name a domain in it", path);
		if (sim_domain_slot(domain, name))
			return control_fail(command, -EEXIST, "%s has it already: %s", domain->name,
					    name);
		found = true;
	}
	if (!found)
		return control_fail(command, -ENOENT, "no such domain: %s", path);
	r = own_event(command, name, command->words[3], &event);
	if (r)
		return r;
	for (struct sim_domain *domain = command->model->domains; domain; domain = domain->next) {
		if (!control_domain_matches(domain, path))
			continue;
		r = add_event(command, domain, event, command->words[3]);
		if (r)
			return r;
	}
	return 0;
}

int control_do_add_resource(struct control *command)
{
	struct sim_model *model = command->model;
	const char *name = command->words[1];
	const struct sim_event *event;
	struct sim_domain *domain;
	int r;

	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") ||
	    !strcmp(name, "*"))
		return control_fail(command, -EINVAL, "no name of a directory: %s", name);
	for (domain = model->domains; domain; domain = domain->next) {
		if (!domain->parent && !strcmp(domain->name, name))
			return control_fail(command, -EEXIST, "there is one already: %s", name);
	}
	r = own_event(command, command->words[2], command->words[3], &event);
	if (r)
		return r;
	domain = sim_domain_add(model, name, NULL);
	if (!domain)
		return -ENOMEM;
	r = sim_domain_appear(model, domain);
	if (!r)
		r = add_event(command, domain, event, command->words[3]);
	return r;
}
