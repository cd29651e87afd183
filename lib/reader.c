/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "checks.h"
#include "error.h"
#include "group.h"
#include "log.h"
#include "read.h"
#include "util.h"

/* The bits of struct rg_planned's event. */
#define EVENTS_MAX (1U << 24)

#define KNOWN_FLAGS                                                                                \
	((unsigned int)(RDTGRP_READER_ON_DOMAIN_CPUS | RDTGRP_READER_FS | RDTGRP_READER_PMU))

static int fail_pmu(int error)
{
	if (error == -ENOENT)
		return rg_fail(error, NULL, "the kernel has no perf PMU for resctrl");
	return rg_fail_errno(error, NULL, "the kernel's perf PMU for resctrl cannot be used");
}

int rdtgrp_reader_new(unsigned int flags, struct rdtgrp_reader **ret_reader)
{
	RG_AUTO_FREE struct rg_pmu *pmu = NULL;
	struct rdtgrp_reader *reader;
	int pmu_error = 0;

	if (flags & ~KNOWN_FLAGS)
		return rg_fail(-EINVAL, NULL, "unknown flags 0x%x for a reader",
			       flags & ~KNOWN_FLAGS);
	if ((flags & RDTGRP_READER_FS) && (flags & RDTGRP_READER_PMU))
		return rg_fail(-EINVAL, NULL, "a reader is either for files or for the PMU");
	if (!(flags & RDTGRP_READER_FS))
		pmu_error = rg_pmu_find(&pmu);
	if (pmu_error == -ENOMEM)
		return rg_fail_nomem();
	if (pmu_error < 0 && (flags & RDTGRP_READER_PMU))
		return fail_pmu(pmu_error);
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return rg_fail_nomem();
	atomic_init(&reader->references, 1);
	reader->backend = pmu ? &rg_backend_pmu : &rg_backend_fs;
	reader->pmu = RG_TAKE(pmu);
	reader->pmu_error = pmu_error;
	reader->free_bundle = RG_NO_VALUE;
	reader->first_free = RG_NO_VALUE;
	reader->inotify = -1;
	reader->on_domain_cpus = flags & RDTGRP_READER_ON_DOMAIN_CPUS;
	*ret_reader = reader;
	return 0;
}

struct rdtgrp_reader *rdtgrp_reader_ref(struct rdtgrp_reader *reader)
{
	atomic_fetch_add_explicit(&reader->references, 1, memory_order_relaxed);
	return reader;
}

static void free_texts(struct rg_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		rg_freep(&texts->texts[i]);
	rg_freep(&texts->texts);
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

struct rdtgrp_reader *rdtgrp_reader_unref(struct rdtgrp_reader *reader)
{
	if (!reader || atomic_fetch_sub_explicit(&reader->references, 1, memory_order_acq_rel) != 1)
		return NULL;
	for (size_t i = 0; i < reader->count; i++)
		if (reader->values[i].member)
			reader->backend->release(reader, &reader->values[i]);
	rg_close(reader->inotify);
	for (size_t i = 0; i < reader->member_count; i++)
		free_member(reader->members[i]);
	free_texts(&reader->domains);
	free_texts(&reader->events);
	rg_freep(&reader->pmu);
	rg_freep(&reader->bundles);
	rg_freep(&reader->places);
	rg_freep(&reader->order);
	rg_freep(&reader->members);
	rg_freep(&reader->values);
	rg_freep(&reader);
	return NULL;
}

void rdtgrp_reader_unrefp(struct rdtgrp_reader **reader)
{
	*reader = rdtgrp_reader_unref(*reader);
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

static void order(struct rdtgrp_reader *reader, size_t former_domains)
{
	if (!reader->on_domain_cpus)
		return;
	if (reader->domains.count != former_domains)
		rg_reader_find_places(reader);
	rg_reader_order(reader);
}

static struct rg_member *find_member(const struct rdtgrp_reader *reader, const struct rdtgrp *group)
{
	/* The last one first: values are mostly added group by group. */
	for (size_t i = reader->member_count; i-- > 0;)
		if (rdtgrp_compare(reader->members[i]->group, group) == 0)
			return reader->members[i];
	return NULL;
}

uint64_t rg_reader_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static uint32_t new_epoch(void)
{
	return (uint32_t)(rg_reader_now_ns() / 1000);
}

static int new_member(struct rdtgrp_reader *reader, struct rdtgrp *group,
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
	rg_reader_watch(reader, member);
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

static void remove_member(struct rdtgrp_reader *reader, struct rg_member *member)
{
	size_t i = 0;

	while (member->first != RG_NO_VALUE)
		free_value(reader, member->first);
	rg_reader_unwatch(reader, member);
	while (reader->members[i] != member)
		i++;
	memmove(&reader->members[i], &reader->members[i + 1],
		(reader->member_count - i - 1) * sizeof(struct rg_member *));
	reader->member_count--;
	free_member(member);
}

void rg_reader_release_member(struct rdtgrp_reader *reader, const struct rg_member *member)
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

/*
 * Add a value unless it is there. ret_held has what holding it came to. Returns 1 if it was added, 0 or
 * -ENOMEM.
 */
static int add_value(struct rdtgrp_reader *reader, struct rg_member *member, const char *domain,
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

/* Take back what was added to the member since its first value was this one. */
static void take_back(struct rdtgrp_reader *reader, struct rg_member *member, uint32_t first)
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

static int fail_removed(const struct rdtgrp *group)
{
	return rg_fail(-ENOENT, rg_name_of(group->fd, NULL), "the group has been removed");
}

/* One value whose names are given: it has to be there unless its domain is offline. */
static int add_named(struct rdtgrp_reader *reader, struct rg_member *member, const char *domain,
		     const char *event)
{
	struct rdtgrp_value value;
	int group_fd = member->group->fd, held = 0, r;
	uint32_t first = member->first;

	r = add_value(reader, member, domain, event, &held);
	if (r < 0)
		return rg_fail_nomem();
	if (held != -ENOENT)
		return r;
	/* Is it the group, the domain or the event that is missing? */
	r = rg_read_value(group_fd, domain, event, &value);
	if (r == 0 && value.status != RDTGRP_STATUS_GONE)
		return 1;
	take_back(reader, member, first);
	if (r == 0)
		return fail_removed(member->group);
	return rg_fail(-ENOENT, rg_name_of(group_fd, "mon_data"), "domain %s has no event %s",
		       domain, event);
}

/* All values of the layout with these names; NULL stands for all. Returns how many, or -ENOMEM. */
static int add_matching(struct rdtgrp_reader *reader, struct rg_member *member,
			const struct rdtgrp_layout *layout, const char *domain, const char *event,
			bool *ret_found)
{
	uint32_t first = member->first;
	int added = 0, held;

	for (size_t i = 0; i < rdtgrp_layout_count_domains(layout); i++) {
		const struct rdtgrp_domain *d = rdtgrp_layout_get_domain(layout, i);

		if (domain && strcmp(domain, rdtgrp_domain_get_path(d)) != 0)
			continue;
		*ret_found = *ret_found || !event;
		for (size_t j = 0; j < rdtgrp_domain_count_events(d); j++) {
			const char *e = rdtgrp_domain_get_event(d, j);
			int r;

			if (event && strcmp(event, e) != 0)
				continue;
			*ret_found = true;
			r = add_value(reader, member, rdtgrp_domain_get_path(d), e, &held);
			if (r < 0) {
				take_back(reader, member, first);
				return r;
			}
			added += r;
		}
	}
	return added;
}

static int add_wish(struct rg_member *member, const char *event)
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

static int add_listed(struct rdtgrp_reader *reader, struct rg_member *member, const char *domain,
		      const char *event)
{
	__attribute__((cleanup(rdtgrp_layout_unrefp))) struct rdtgrp_layout *layout = NULL;
	uint32_t first = member->first;
	bool found = false;
	int r;

	r = rdtgrp_layout_read(member->group, &layout);
	if (r < 0)
		return r;
	r = add_matching(reader, member, layout, domain, event, &found);
	if (r < 0)
		return rg_fail_nomem();
	if (domain && !found)
		return rg_fail(-ENOENT, rg_name_of(member->group->fd, "mon_data"),
			       "there is no domain %s", domain);
	if (event && !found)
		return rg_fail(-ENOENT, rg_name_of(member->group->fd, "mon_data"),
			       "no domain has an event %s", event);
	if (!domain && add_wish(member, event) < 0) {
		take_back(reader, member, first);
		return rg_fail_nomem();
	}
	return 0;
}

static void tell_not_held(struct rdtgrp_reader *reader)
{
	if (reader->not_held > reader->not_held_told)
		rg_log(LOG_WARNING,
		       "file descriptors have run out: %zu of a reader's %zu values are opened for "
		       "each reading",
		       reader->not_held, reader->count);
	reader->not_held_told = reader->not_held;
}

int rdtgrp_reader_add(struct rdtgrp_reader *reader, struct rdtgrp *group, const char *domain,
		      const char *event)
{
	size_t domains = reader->domains.count;
	struct rg_member *member;
	bool fresh;
	int r;

	/* What is not given stands for names that are good. */
	r = rg_check_value_name(domain ? domain : "mon_", event ? event : "e");
	if (r < 0)
		return r;
	member = find_member(reader, group);
	fresh = !member;
	if (member && member->gone)
		return fail_removed(group);
	if (fresh && new_member(reader, group, &member) < 0)
		return rg_fail_nomem();
	if (domain && event)
		r = add_named(reader, member, domain, event);
	else
		r = add_listed(reader, member, domain, event);
	if (r < 0 && fresh)
		remove_member(reader, member);
	order(reader, domains);
	if (r >= 0)
		tell_not_held(reader);
	return r < 0 ? r : 0;
}

int rdtgrp_reader_remove(struct rdtgrp_reader *reader, const struct rdtgrp *group)
{
	struct rg_member *member = find_member(reader, group);

	if (!member)
		return rg_fail(-ENOENT, rg_name_of(group->fd, NULL),
			       "the reader has no values of the group");
	remove_member(reader, member);
	return 0;
}

/* Returns how many values were added, or a negative errno. */
static int update_member(struct rdtgrp_reader *reader, struct rg_member *member)
{
	__attribute__((cleanup(rdtgrp_layout_unrefp))) struct rdtgrp_layout *layout = NULL;
	bool found = false;
	int r, added = 0;

	/* First, since a failure makes an error record. */
	if (!member->wishes || member->gone || rg_check_live(member->group->fd) == 0)
		return 0;
	r = rdtgrp_layout_read(member->group, &layout);
	if (r == -ENOENT || r == -ENODATA)
		return 0;
	if (r < 0)
		return r;
	for (const struct rg_wish *wish = member->wishes; wish; wish = wish->next) {
		r = add_matching(reader, member, layout, NULL, wish->all ? NULL : wish->event,
				 &found);
		if (r < 0)
			return rg_fail_nomem();
		added += r;
	}
	return added;
}

int rdtgrp_reader_update(struct rdtgrp_reader *reader)
{
	int r = 0, added = 0;

	reader->full = false;
	reader->places_stale = true;
	/* Before files take the fds that there are again: it takes one for all groups. */
	rg_reader_watch_unwatched(reader);
	for (size_t i = 0; i < reader->member_count && r >= 0; i++) {
		r = update_member(reader, reader->members[i]);
		added += r;
	}
	/* No number of domains: CPUs are looked for anew in any case. */
	order(reader, SIZE_MAX);
	if (r < 0)
		return r;
	reader->backend->update(reader);
	tell_not_held(reader);
	return added;
}

size_t rdtgrp_reader_count(const struct rdtgrp_reader *reader)
{
	return reader->count;
}

static const struct rg_planned *planned_at(const struct rdtgrp_reader *reader, size_t index)
{
	return index < reader->count && reader->values[index].member ? &reader->values[index]
								     : NULL;
}

struct rdtgrp *rdtgrp_reader_get_group(const struct rdtgrp_reader *reader, size_t index)
{
	const struct rg_planned *planned = planned_at(reader, index);

	return planned ? planned->member->group : NULL;
}

const char *rdtgrp_reader_get_domain(const struct rdtgrp_reader *reader, size_t index)
{
	const struct rg_planned *planned = planned_at(reader, index);

	return planned ? reader->domains.texts[planned->domain] : NULL;
}

const char *rdtgrp_reader_get_event(const struct rdtgrp_reader *reader, size_t index)
{
	const struct rg_planned *planned = planned_at(reader, index);

	return planned ? reader->events.texts[planned->event] : NULL;
}

ssize_t rdtgrp_reader_find(const struct rdtgrp_reader *reader, const struct rdtgrp *group,
			   const char *domain, const char *event)
{
	const struct rg_member *member = find_member(reader, group);
	uint32_t domain_index, event_index, index = RG_NO_VALUE;

	if (member && find_text(&reader->domains, domain, &domain_index) == 0 &&
	    find_text(&reader->events, event, &event_index) == 0)
		index = find_value(reader, member, domain_index, event_index);
	return index == RG_NO_VALUE ? -1 : (ssize_t)index;
}

int rdtgrp_reader_read(struct rdtgrp_reader *reader, struct rdtgrp_value *values, size_t count)
{
	if (count < reader->count)
		return rg_fail(-EINVAL, NULL, "an array of %zu is too small for %zu values", count,
			       reader->count);
	reader->reading++;
	if (reader->on_domain_cpus)
		rg_reader_read_on_domain_cpus(reader, values);
	else
		for (size_t i = 0; i < reader->count; i++)
			reader->backend->read(reader, values, (uint32_t)i);
	for (size_t i = reader->count; i < count; i++)
		values[i] = (struct rdtgrp_value){0};
	rg_reader_see_changes(reader, values);
	rg_reader_see_parts(reader, values);
	tell_not_held(reader);
	return 0;
}

size_t rdtgrp_reader_count_not_held(const struct rdtgrp_reader *reader)
{
	return reader->not_held;
}

size_t rdtgrp_reader_count_elsewhere(const struct rdtgrp_reader *reader)
{
	return reader->elsewhere;
}

size_t rdtgrp_reader_count_unwatched(const struct rdtgrp_reader *reader)
{
	return reader->unwatched_count;
}

enum rdtgrp_source rdtgrp_reader_get_source(const struct rdtgrp_reader *reader, size_t index,
					    int *ret_error)
{
	const struct rg_planned *planned = planned_at(reader, index);

	*ret_error = 0;
	if (!planned)
		return RDTGRP_SOURCE_NONE;
	if (planned->event_fd >= 0)
		return RDTGRP_SOURCE_PMU;
	if (!reader->pmu)
		*ret_error = reader->pmu_error;
	else
		*ret_error = planned->event_fd == RG_EVENT_TO_TRY ? -EAGAIN : planned->event_fd;
	return RDTGRP_SOURCE_FILE;
}

const char *rdtgrp_source_name(enum rdtgrp_source source)
{
	switch (source) {
	case RDTGRP_SOURCE_NONE:
		return "none";
	case RDTGRP_SOURCE_FILE:
		return "file";
	case RDTGRP_SOURCE_PMU:
		return "pmu";
	}
	return "unknown";
}
