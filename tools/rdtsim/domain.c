/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domains that there are, and what is counted in them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

static void domain_free(struct sim_domain *domain)
{
	if (!domain)
		return;
	free(domain->slots);
	free(domain->assignable);
	free(domain->name);
	free(domain->resource);
	free(domain);
}

/* mon_<resource>_<id>; names of another form are a resource as a whole. */
static int name_split(struct sim_domain *domain)
{
	const char *start = strncmp(domain->name, "mon_", 4) ? domain->name : domain->name + 4;
	const char *last = strrchr(start, '_');

	if (last && last != start && !text_parse_u64(last + 1, 10, &domain->id))
		domain->resource = strndup(start, (size_t)(last - start));
	else
		domain->resource = strdup(start);
	return domain->resource ? 0 : -ENOMEM;
}

struct sim_domain *sim_domain_add(struct sim_model *model, const char *name,
				  struct sim_domain *parent)
{
	struct sim_domain *domain = calloc(1, sizeof(*domain));
	struct sim_domain **end = &model->domains;

	if (!domain)
		return NULL;
	domain->name = strdup(name);
	if (!domain->name || name_split(domain)) {
		domain_free(domain);
		return NULL;
	}
	domain->parent = parent;
	domain->online = true;
	domain->cache = -1;
	while (*end)
		end = &(*end)->next;
	*end = domain;
	return domain;
}

const struct sim_slot *sim_domain_slot(const struct sim_domain *domain, const char *event)
{
	for (size_t i = 0; i < domain->n_slots; i++) {
		if (!strcmp(domain->slots[i].event->name, event))
			return &domain->slots[i];
	}
	return NULL;
}

/* One counter more for each RMID. */
static int counters_grow(struct sim_model *model, size_t *ret_index)
{
	for (unsigned int i = 0; i < model->n_rmids_size; i++) {
		struct sim_rmid *rmid = &model->rmids[i];
		struct sim_counter *counters;

		counters = reallocarray(rmid->counters, model->n_counters + 1, sizeof(*counters));
		if (!counters)
			return -ENOMEM;
		counters[model->n_counters] = (struct sim_counter){.since_us = model->now_us};
		rmid->counters = counters;
	}
	*ret_index = model->n_counters++;
	return 0;
}

int sim_domain_add_event(struct sim_model *model, struct sim_domain *domain,
			 const struct sim_event *event)
{
	struct sim_slot *slots;
	size_t counter = SIM_NO_COUNTER;
	int r;

	slots = reallocarray(domain->slots, domain->n_slots + 1, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	domain->slots = slots;
	if (!domain->sum) {
		r = counters_grow(model, &counter);
		if (r)
			return r;
	}
	domain->slots[domain->n_slots++] = (struct sim_slot){event, counter};
	return 0;
}

static int add_events(struct sim_model *model, struct sim_domain *domain,
		      const struct sim_event *const *events)
{
	for (; *events; events++) {
		int r = sim_domain_add_event(model, domain, *events);

		if (r)
			return r;
	}
	return 0;
}

/* Counters belong to the domains in which is counted: a cache, or the nodes in it. */
static int add_assignable(const struct sim_model *model, struct sim_domain *domain)
{
	if (!model->scenario->n_counters)
		return 0;
	domain->n_assignable = model->scenario->n_counters;
	domain->assignable = calloc(domain->n_assignable, sizeof(*domain->assignable));
	return domain->assignable ? 0 : -ENOMEM;
}

static int add_cache(struct sim_model *model, size_t index)
{
	const struct sim_cache *cache = &model->scenario->caches[index];
	struct sim_domain *domain, *node;
	char name[64];
	int r;

	snprintf(name, sizeof(name), "mon_L3_%02" PRIu64, cache->id);
	domain = sim_domain_add(model, name, NULL);
	if (!domain)
		return -ENOMEM;
	domain->cache = (int)index;
	domain->sum = cache->n_nodes > 0;
	r = add_events(model, domain, model->scenario->l3_events);
	if (!r && !domain->sum)
		r = add_assignable(model, domain);
	for (size_t i = 0; !r && i < cache->n_nodes; i++) {
		snprintf(name, sizeof(name), "mon_sub_L3_%02u", cache->nodes[i]);
		node = sim_domain_add(model, name, domain);
		if (!node)
			return -ENOMEM;
		r = add_events(model, node, model->scenario->l3_events);
	}
	return r;
}

int sim_domains_init(struct sim_model *model)
{
	const struct sim_scenario *scenario = model->scenario;
	int r;

	for (size_t i = 0; i < scenario->n_caches; i++) {
		r = add_cache(model, i);
		if (r)
			return r;
	}
	for (unsigned int i = 0; scenario->package_events && i < scenario->n_packages; i++) {
		struct sim_domain *domain;
		char name[64];

		snprintf(name, sizeof(name), "mon_PERF_PKG_%02u", i);
		domain = sim_domain_add(model, name, NULL);
		if (!domain)
			return -ENOMEM;
		r = add_events(model, domain, scenario->package_events);
		if (r)
			return r;
	}
	return 0;
}

void sim_domains_free(struct sim_model *model)
{
	while (model->domains) {
		struct sim_domain *domain = model->domains;

		model->domains = domain->next;
		domain_free(domain);
	}
	for (size_t i = 0; i < model->n_own_events; i++) {
		free((char *)(uintptr_t)model->own_events[i]->name);
		free(model->own_events[i]);
	}
	free(model->own_events);
}

bool sim_domain_is_online(const struct sim_domain *domain)
{
	return domain->online && (!domain->parent || domain->parent->online);
}

bool sim_cache_is_online(const struct sim_model *model, size_t cache)
{
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		if (domain->cache == (int)cache)
			return domain->online;
	}
	return false;
}

uint64_t sim_online_cpus(const struct sim_model *model)
{
	uint64_t cpus = 0;

	for (size_t i = 0; i < model->scenario->n_caches; i++) {
		if (sim_cache_is_online(model, i))
			cpus |= model->scenario->caches[i].cpus;
	}
	return cpus;
}
