// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

void plan_init(struct plan *plan, const char *const *wanted, size_t wanted_count)
{
	*plan = (struct plan){.wanted = wanted, .wanted_count = wanted_count};
	plan->found = xcalloc(wanted_count, sizeof(*plan->found));
}

void plan_clear(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->event_count; i++)
		free(plan->events[i]);
	for (i = 0; i < plan->domain_count; i++) {
		free(plan->domains[i].path);
		free(plan->domains[i].resource);
	}
	for (i = 0; i < plan->column_count; i++) {
		free(plan->columns[i].resource);
		free(plan->columns[i].event);
	}
	free(plan->found);
	free(plan->events);
	free(plan->domains);
	free(plan->columns);
	free(plan->slots);
}

static ssize_t find_domain(const struct plan *plan, const char *path)
{
	size_t i;

	for (i = 0; i < plan->domain_count; i++)
		if (strcmp(plan->domains[i].path, path) == 0)
			return (ssize_t)i;
	return -1;
}

static size_t enter_domain(struct plan *plan, const struct rdtgrp_domain *found)
{
	const struct rdtgrp_domain *parent = rdtgrp_domain_get_parent(found);
	const char *path = rdtgrp_domain_get_path(found);
	ssize_t known = find_domain(plan, path);
	struct domain *domain;

	if (known >= 0)
		return (size_t)known;
	plan->domains = xgrow(plan->domains, plan->domain_count, &plan->domain_room,
			      sizeof(*plan->domains));
	domain = &plan->domains[plan->domain_count];
	domain->path = xstrdup(path);
	domain->resource = xstrdup(rdtgrp_domain_get_resource(found));
	domain->has_id = rdtgrp_domain_get_id(found, &domain->id);
	/* A layout has a domain before those in it, so the parent is entered already. */
	domain->parent = parent ? find_domain(plan, rdtgrp_domain_get_path(parent)) : -1;
	return plan->domain_count++;
}

static size_t enter_column(struct plan *plan, const char *resource, const char *event)
{
	struct column *column;
	size_t i;

	for (i = 0; i < plan->column_count; i++) {
		column = &plan->columns[i];
		if (strcmp(column->resource, resource) == 0 && strcmp(column->event, event) == 0)
			return i;
	}
	plan->columns = xgrow(plan->columns, plan->column_count, &plan->column_room,
			      sizeof(*plan->columns));
	plan->columns[plan->column_count] = (struct column){
		.resource = xstrdup(resource),
		.event = xstrdup(event),
		.kind = rdtgrp_event_get_kind(event),
	};
	return plan->column_count++;
}

static bool is_wanted(struct plan *plan, const char *event)
{
	bool wanted = plan->wanted_count == 0;
	size_t i;

	for (i = 0; i < plan->wanted_count; i++)
		if (strcmp(plan->wanted[i], event) == 0)
			wanted = plan->found[i] = true;
	return wanted;
}

static void remember_event(struct plan *plan, const char *event)
{
	size_t i;

	for (i = 0; i < plan->event_count; i++)
		if (strcmp(plan->events[i], event) == 0)
			return;
	plan->events =
		xgrow(plan->events, plan->event_count, &plan->event_room, sizeof(*plan->events));
	plan->events[plan->event_count++] = xstrdup(event);
}

ssize_t plan_find_slot(const struct plan *plan, ssize_t domain, size_t column)
{
	size_t i;

	for (i = 0; i < plan->slot_count; i++)
		if ((ssize_t)plan->slots[i].domain == domain && plan->slots[i].column == column)
			return (ssize_t)i;
	return -1;
}

ssize_t plan_find_column(const struct plan *plan, const char *name)
{
	size_t i;

	for (i = 0; i < plan->column_count; i++) {
		const struct column *column = &plan->columns[i];
		size_t length = strlen(column->resource);

		if (strcmp(name, column->event) == 0 ||
		    (strncmp(name, column->resource, length) == 0 && name[length] == ':' &&
		     strcmp(name + length + 1, column->event) == 0))
			return (ssize_t)i;
	}
	return -1;
}

void plan_add_layout(struct plan *plan, const struct rdtgrp_layout *layout)
{
	size_t i, j;

	for (i = 0; i < rdtgrp_layout_count_domains(layout); i++) {
		const struct rdtgrp_domain *found = rdtgrp_layout_get_domain(layout, i);
		size_t domain = enter_domain(plan, found);

		for (j = 0; j < rdtgrp_domain_count_events(found); j++) {
			const char *event = rdtgrp_domain_get_event(found, j);
			size_t column;

			remember_event(plan, event);
			if (!is_wanted(plan, event))
				continue;
			column = enter_column(plan, plan->domains[domain].resource, event);
			if (plan_find_slot(plan, (ssize_t)domain, column) >= 0)
				continue;
			plan->slots = xgrow(plan->slots, plan->slot_count, &plan->slot_room,
					    sizeof(*plan->slots));
			plan->slots[plan->slot_count++] = (struct slot){domain, column};
		}
	}
}

bool plan_is_nested(const struct plan *plan, size_t inner, size_t outer)
{
	ssize_t domain;

	for (domain = plan->domains[inner].parent; domain >= 0;
	     domain = plan->domains[domain].parent)
		if ((size_t)domain == outer)
			return true;
	return false;
}

bool plan_is_outermost(const struct plan *plan, size_t slot)
{
	ssize_t domain = (ssize_t)plan->slots[slot].domain;

	while ((domain = plan->domains[domain].parent) >= 0)
		if (plan_find_slot(plan, domain, plan->slots[slot].column) >= 0)
			return false;
	return true;
}
