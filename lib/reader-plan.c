/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reader's groups and values: how they are kept and found. */
#include "reader.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "group.h"
#include "util.h"

/* The bits of struct rg_planned's event. */
#define EVENTS_MAX (1U << 24)

uint64_t rg_reader_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Make room for one more element. Returns 0 or -ENOMEM, then with all as it was. */
static int grow(void **array, size_t count, size_t *size, size_t element)
{
	/* By half, not to the double: a plan of thousands of values is rarely extended. */
	size_t larger = *size + *size / 2 + 8;
	void *p;

	if (count < *size)
		return 0;
	p = reallocarray(*array, larger, element);
	if (!p)
		return -ENOMEM;
	*array = p;
	*size = larger;
	return 0;
}

static int find_text(const struct rg_texts *texts, const char *text, uint32_t *ret_index)
{
	for (size_t i = 0; i < texts->count; i++)
		if (!strcmp(texts->texts[i], text)) {
			*ret_index = (uint32_t)i;
			return 0;
		}
	return -ENOENT;
}

static int add_text(struct rg_texts *texts, const char *text, uint32_t *ret_index)
{
	char *copy;

	if (find_text(texts, text, ret_index) == 0)
		return 0;
	if (texts->count == EVENTS_MAX ||
	    grow((void **)&texts->texts, texts->count, &texts->size, sizeof(*texts->texts)) < 0)
		return -ENOMEM;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	*ret_index = (uint32_t)texts->count;
	texts->texts[texts->count++] = copy;
	return 0;
}

/* Room for one more domain and one more value in what only some readers have. */
static int grow_extras(struct rdtgrp_reader *reader)
{
	if (!reader->on_domain_cpus && !reader->pmu)
		return 0;
	if (grow((void **)&reader->places, reader->domains.count, &reader->place_size,
		 sizeof(*reader->places)) < 0)
		return -ENOMEM;
	if (reader->pmu && reader->free_bundle == RG_NO_VALUE &&
	    grow((void **)&reader->bundles, reader->bundle_count, &reader->bundle_size,
		 sizeof(*reader->bundles)) < 0)
		return -ENOMEM;
	if (!reader->on_domain_cpus)
		return 0;
	return grow((void **)&reader->order, reader->count, &reader->order_size,
		    sizeof(*reader->order));
}

static void free_texts(struct rg_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		rg_freep(&texts->texts[i]);
	rg_freep(&texts->texts);
}

struct rg_member *rg_plan_find_member(const struct rdtgrp_reader *reader,
				      const struct rdtgrp *group)
{
	/* The last one first: values are mostly added group by group. */
	for (size_t i = reader->member_count; i-- > 0;)
		if (rdtgrp_compare(reader->members[i]->group, group) == 0)
			return reader->members[i];
	return NULL;
}

static void free_member(struct rg_member *member)
{
	while (member->wishes) {
		struct rg_wish *next = member->wishes->next;

		rg_freep(&member->wishes);
		member->wishes = next;
	}
	rdtgrp_unref(member->group);
	rg_freep(&member);
}

static uint32_t new_epoch(void)
{
	return (uint32_t)(rg_reader_now_ns() / 1000);
}

int rg_plan_add_member(struct rdtgrp_reader *reader, struct rdtgrp *group,
		       struct rg_member **ret_member)
{
	struct rg_member *member;

	if (grow((void **)&reader->members, reader->member_count, &reader->member_size,
		 sizeof(struct rg_member *)) < 0)
		return -ENOMEM;
	member = calloc(1, sizeof(*member));
	if (!member)
		return -ENOMEM;
	member->group = rdtgrp_ref(group);
	member->first = RG_NO_VALUE;
	/* Those of another time, or of another reader, are no reference: who knows what happened between. */
	member->epochs[0] = member->epochs[1] = new_epoch();
	reader->members[reader->member_count++] = member;
	*ret_member = member;
	return 0;
}

static void free_value(struct rdtgrp_reader *reader, uint32_t index)
{
	struct rg_planned *planned = &reader->values[index];

	reader->backend->forget(reader, planned);
	planned->member->first = planned->next;
	planned->member = NULL;
	planned->next = reader->first_free;
	reader->first_free = index;
}

void rg_plan_remove_member(struct rdtgrp_reader *reader, struct rg_member *member)
{
	size_t i = 0;

	while (member->first != RG_NO_VALUE)
		free_value(reader, member->first);
	while (reader->members[i] != member)
		i++;
	memmove(&reader->members[i], &reader->members[i + 1],
		(reader->member_count - i - 1) * sizeof(struct rg_member *));
	reader->member_count--;
	free_member(member);
}

void rg_plan_release_member(struct rdtgrp_reader *reader, const struct rg_member *member)
{
	for (uint32_t i = member->first; i != RG_NO_VALUE; i = reader->values[i].next)
		reader->backend->release(reader, &reader->values[i]);
}

static uint32_t find_value(const struct rdtgrp_reader *reader, const struct rg_member *member,
			   uint32_t domain, uint32_t event)
{
	uint32_t i = member->first;

	while (i != RG_NO_VALUE &&
	       (reader->values[i].domain != domain || reader->values[i].event != event))
		i = reader->values[i].next;
	return i;
}

static bool starts_at_0(const char *domain)
{
	return !strncmp(domain, "mon_L3_", strlen("mon_L3_"));
}

int rg_plan_add_value(struct rdtgrp_reader *reader, struct rg_member *member, const char *domain,
		      const char *event, int *ret_held)
{
	struct rg_planned planned = {
		.fd = RG_NOT_OPEN, .event_fd = RG_EVENT_TO_TRY, .member = member};
	uint32_t domain_index, event_index, index;

	if (grow_extras(reader) < 0 || add_text(&reader->domains, domain, &domain_index) < 0 ||
	    add_text(&reader->events, event, &event_index) < 0)
		return -ENOMEM;
	if (find_value(reader, member, domain_index, event_index) != RG_NO_VALUE)
		return 0;
	if (reader->first_free != RG_NO_VALUE) {
		index = reader->first_free;
		reader->first_free = reader->values[index].next;
	} else {
		if (reader->count >= RG_NO_VALUE ||
		    grow((void **)&reader->values, reader->count, &reader->size,
			 sizeof(*reader->values)) < 0)
			return -ENOMEM;
		index = (uint32_t)reader->count++;
	}
	planned.domain = domain_index;
	planned.event = event_index & (EVENTS_MAX - 1);
	planned.epoch = !starts_at_0(domain);
	planned.next = member->first;
	member->first = index;
	reader->values[index] = planned;
	if (reader->backend->plan)
		reader->backend->plan(reader, &reader->values[index]);
	*ret_held = 0;
	if (!member->gone && !member->locked)
		*ret_held = reader->backend->hold(reader, &reader->values[index]);
	return 1;
}

void rg_plan_take_back(struct rdtgrp_reader *reader, struct rg_member *member, uint32_t first)
{
	while (member->first != first) {
		uint32_t index = member->first;

		free_value(reader, index);
		/* Nobody has seen this index. */
		if (index == reader->count - 1) {
			reader->first_free = reader->values[index].next;
			reader->count--;
		}
	}
}

uint32_t rg_plan_find_value(const struct rdtgrp_reader *reader, const struct rg_member *member,
			    const char *domain, const char *event)
{
	uint32_t domain_index, event_index;

	if (find_text(&reader->domains, domain, &domain_index) < 0 ||
	    find_text(&reader->events, event, &event_index) < 0)
		return RG_NO_VALUE;
	return find_value(reader, member, domain_index, event_index);
}

int rg_plan_add_wish(struct rg_member *member, const char *event)
{
	size_t size = event ? strlen(event) + 1 : 1;
	struct rg_wish *wish;

	for (wish = member->wishes; wish; wish = wish->next)
		if (event ? !wish->all && !strcmp(wish->event, event) : wish->all)
			return 0;
	wish = calloc(1, sizeof(*wish) + size);
	if (!wish)
		return -ENOMEM;
	wish->all = !event;
	memcpy(wish->event, event ? event : "", size);
	wish->next = member->wishes;
	member->wishes = wish;
	return 0;
}

void rg_plan_clear(struct rdtgrp_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++)
		if (reader->values[i].member)
			reader->backend->release(reader, &reader->values[i]);
	for (size_t i = 0; i < reader->member_count; i++)
		free_member(reader->members[i]);
	free_texts(&reader->domains);
	free_texts(&reader->events);
	rg_freep(&reader->bundles);
	rg_freep(&reader->places);
	rg_freep(&reader->order);
	rg_freep(&reader->members);
	rg_freep(&reader->values);
}
