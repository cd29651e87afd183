/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assignable counters: AMD's ABMC, and the bandwidth monitors of Arm. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "rules.h"

bool sim_assign_is_event(const struct sim_model *model, const struct sim_event *event)
{
	return model->scenario->n_counters && event->kind == SIM_MBM;
}

static struct sim_assignable *find(const struct sim_domain *domain, const struct sim_group *group,
				   const struct sim_event *event)
{
	for (size_t i = 0; i < domain->n_assignable; i++) {
		struct sim_assignable *counter = &domain->assignable[i];

		if (counter->group == group && (!group || counter->event == event))
			return counter;
	}
	return NULL;
}

bool sim_assign_has(const struct sim_group *group, const struct sim_domain *domain,
		    const struct sim_event *event)
{
	return find(domain, group, event) != NULL;
}

static void restart(struct sim_model *model, const struct sim_group *group,
		    const struct sim_domain *domain, const struct sim_event *event)
{
	const struct sim_slot *slot = sim_domain_slot(domain, event->name);

	sim_counter_restart(model, sim_counter_get(model, group, slot), event);
}

static int assign(struct sim_model *model, struct sim_group *group, struct sim_domain *domain,
		  const struct sim_event *event)
{
	struct sim_assignable *counter;

	if (find(domain, group, event))
		return 0;
	counter = find(domain, NULL, NULL);
	if (!counter) {
		sim_last_cmd(model, "Failed to allocate counter for %s in domain %" PRIu64 "\n",
			     event->name, domain->id);
		return -ENOSPC;
	}
	counter->group = group;
	counter->event = event;
	restart(model, group, domain, event);
	return 0;
}

static void unassign(struct sim_model *model, struct sim_group *group, struct sim_domain *domain,
		     const struct sim_event *event)
{
	struct sim_assignable *counter = find(domain, group, event);

	if (!counter)
		return;
	counter->group = NULL;
	restart(model, group, domain, event);
}

/* As many as there are. */
static void assign_all(struct sim_model *model, struct sim_group *group)
{
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		for (size_t i = 0; domain->n_assignable && i < domain->n_slots; i++) {
			if (sim_assign_is_event(model, domain->slots[i].event))
				assign(model, group, domain, domain->slots[i].event);
		}
	}
}

void sim_assign_group_new(struct sim_model *model, struct sim_group *group)
{
	if (model->counter_mode && model->assign_on_mkdir)
		assign_all(model, group);
	/* That there were not enough is no failure of mkdir. */
	sim_last_cmd_clear(model);
}

void sim_assign_group_gone(struct sim_model *model, struct sim_group *group)
{
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		for (size_t i = 0; i < domain->n_assignable; i++) {
			if (domain->assignable[i].group == group)
				domain->assignable[i].group = NULL;
		}
	}
}

static int group_restart(struct sim_model *model, struct sim_group *group, void *data)
{
	const struct sim_event *only = data;

	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		for (size_t i = 0; domain->n_assignable && i < domain->n_slots; i++) {
			const struct sim_event *event = domain->slots[i].event;

			if (sim_assign_is_event(model, event) && (!only || only == event))
				restart(model, group, domain, event);
		}
	}
	return 0;
}

void sim_assign_set_mode(struct sim_model *model, bool counter_mode)
{
	/* All assignments are dropped, those of the default group too, and nobody makes new ones. */
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		for (size_t i = 0; i < domain->n_assignable; i++)
			domain->assignable[i].group = NULL;
	}
	model->counter_mode = counter_mode;
	sim_groups_each(model, group_restart, NULL);
}

void sim_assign_restart_event(struct sim_model *model, const struct sim_event *event)
{
	sim_groups_each(model, group_restart, (void *)(uintptr_t)event);
}

int sim_assign_refuse_default_mode(struct sim_model *model)
{
	if (model->counter_mode)
		return 0;
	sim_last_cmd(model, "mbm_event counter assignment mode is not enabled\n");
	return -EINVAL;
}

static int assignments_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	int r = sim_assign_refuse_default_mode(model);

	if (r)
		return r;
	for (size_t i = 0; model->scenario->l3_events[i]; i++) {
		const struct sim_event *event = model->scenario->l3_events[i];
		const char *separator = ":";

		if (!sim_assign_is_event(model, event))
			continue;
		text_puts(text, event->name);
		for (const struct sim_domain *domain = model->domains; domain;
		     domain = domain->next) {
			if (!domain->n_assignable || !domain->online)
				continue;
			text_printf(text, "%s%" PRIu64 "=%c", separator, domain->id,
				    sim_assign_has(node->group, domain, event) ? 'e' : '_');
			separator = ";";
		}
		text_puts(text, "\n");
	}
	return 0;
}

static int set_state(struct sim_model *model, struct sim_group *group, struct sim_domain *domain,
		     const struct sim_event *event, const char *state)
{
	if (state && !strcmp(state, "e"))
		return assign(model, group, domain, event);
	if (!state || strcmp(state, "_") != 0)
		return -EINVAL;
	unassign(model, group, domain, event);
	return 0;
}

/* "<domain>=<state>", where * is every domain. */
static int set_item(struct sim_model *model, struct sim_group *group, const struct sim_event *event,
		    const char *id, const char *state)
{
	bool all = *id == '*', found = false;
	uint64_t number = 0;
	int r = 0;

	if (!all && text_parse_u64(id, 10, &number)) {
		sim_last_cmd(model, "Missing domain id\n");
		return -EINVAL;
	}
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		int failed;

		if (!domain->n_assignable || !domain->online || (!all && domain->id != number))
			continue;
		found = true;
		failed = set_state(model, group, domain, event, state);
		if (failed)
			r = failed;
	}
	if (!found) {
		sim_last_cmd(model, "Invalid domain id %s\n", id);
		return -EINVAL;
	}
	/* A state that is missing is printed as the kernel does it. */
	if (r)
		sim_last_cmd(model, "Assign operation '%s:%s=%s' failed\n", event->name,
			     all ? "*" : id, state ? state : "(null)");
	return r;
}

static const struct sim_event *find_event(const struct sim_model *model, const char *name)
{
	for (size_t i = 0; model->scenario->l3_events[i]; i++) {
		const struct sim_event *event = model->scenario->l3_events[i];

		if (sim_assign_is_event(model, event) && !strcmp(event->name, name))
			return event;
	}
	return NULL;
}

/* "<event>:<item>;<item>..."; what comes after an item for all domains is ignored. */
static int set_line(struct sim_model *model, struct sim_group *group, char *line)
{
	char *name = strsep(&line, ":");
	const struct sim_event *event = find_event(model, name);
	int r = 0;

	if (!event) {
		sim_last_cmd(model, "Invalid event %s\n", name);
		return -ENOENT;
	}
	while (!r && line && *line) {
		char *state = text_trim(strsep(&line, ";")), *id = strsep(&state, "=");

		r = set_item(model, group, event, id, state);
		if (*id == '*')
			break;
	}
	return r;
}

static int assignments_store(struct sim_model *model, struct sim_node *node,
			     const struct sim_caller *caller, char *data, size_t len)
{
	int r = 0;

	(void)caller;
	(void)len;
	if (!model->counter_mode) {
		sim_last_cmd(model, "mbm_event mode is not enabled\n");
		return -EINVAL;
	}
	while (!r && data)
		r = set_line(model, node->group, strsep(&data, "\n"));
	return r;
}

const struct sim_file sim_file_assignments = {
	.name = "mbm_L3_assignments",
	.mode = 0644,
	.show = assignments_show,
	.store = assignments_store,
	.newline = true,
	.locks = true,
};
