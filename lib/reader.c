/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <errno.h>
#include <string.h>

#include "checks.h"
#include "error.h"
#include "group.h"
#include "log.h"
#include "read.h"
#include "util.h"

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

struct rdtgrp_reader *rdtgrp_reader_unref(struct rdtgrp_reader *reader)
{
	if (!reader || atomic_fetch_sub_explicit(&reader->references, 1, memory_order_acq_rel) != 1)
		return NULL;
	rg_plan_clear(reader);
	rg_close(reader->inotify);
	rg_freep(&reader->pmu);
	rg_freep(&reader);
	return NULL;
}

void rdtgrp_reader_unrefp(struct rdtgrp_reader **reader)
{
	*reader = rdtgrp_reader_unref(*reader);
}

static void order(struct rdtgrp_reader *reader, size_t former_domains)
{
	if (!reader->on_domain_cpus)
		return;
	if (reader->domains.count != former_domains)
		rg_reader_find_places(reader);
	rg_reader_order(reader);
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

	r = rg_plan_add_value(reader, member, domain, event, &held);
	if (r < 0)
		return rg_fail_nomem();
	if (held != -ENOENT)
		return r;
	/* Is it the group, the domain or the event that is missing? */
	r = rg_read_value(group_fd, domain, event, &value);
	if (r == 0 && value.status != RDTGRP_STATUS_GONE)
		return 1;
	rg_plan_take_back(reader, member, first);
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
			r = rg_plan_add_value(reader, member, rdtgrp_domain_get_path(d), e, &held);
			if (r < 0) {
				rg_plan_take_back(reader, member, first);
				return r;
			}
			added += r;
		}
	}
	return added;
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
	if (!domain && rg_plan_add_wish(member, event) < 0) {
		rg_plan_take_back(reader, member, first);
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

static int add_member(struct rdtgrp_reader *reader, struct rdtgrp *group,
		      struct rg_member **ret_member)
{
	int r = rg_plan_add_member(reader, group, ret_member);

	if (r == 0)
		rg_reader_watch(reader, *ret_member);
	return r;
}

static void remove_member(struct rdtgrp_reader *reader, struct rg_member *member)
{
	rg_reader_unwatch(reader, member);
	rg_plan_remove_member(reader, member);
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
	member = rg_plan_find_member(reader, group);
	fresh = !member;
	if (member && member->gone)
		return fail_removed(group);
	if (fresh && add_member(reader, group, &member) < 0)
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
	struct rg_member *member = rg_plan_find_member(reader, group);

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
	const struct rg_member *member = rg_plan_find_member(reader, group);
	uint32_t index = member ? rg_plan_find_value(reader, member, domain, event) : RG_NO_VALUE;

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
