/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layout.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "capability.h"
#include "checks.h"
#include "error.h"
#include "group.h"
#include "log.h"
#include "names.h"
#include "rdtgrp.h"
#include "util.h"

/* Linux 7.3 nests domains once. The bound keeps a tree that is no resctrl from taking the stack. */
#define NESTING_MAX 4

struct rdtgrp_domain {
	char *path;
	char *resource;
	uint64_t id;
	bool has_id;
	int error;
	const struct rdtgrp_domain *parent;
	struct rg_names events;
};

struct rdtgrp_layout {
	atomic_uint references;
	size_t count;
	size_t size;
	struct rdtgrp_domain **domains;
};

static bool parse_id(const char *digits, uint64_t *ret_id)
{
	uint64_t id = 0;

	if (!*digits)
		return false;
	for (; *digits; digits++)
		if (*digits < '0' || *digits > '9' || __builtin_mul_overflow(id, 10, &id) ||
		    __builtin_add_overflow(id, (uint64_t)(*digits - '0'), &id))
			return false;
	*ret_id = id;
	return true;
}

static const char *skip_prefix(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) ? NULL : text + length;
}

void rg_domain_name_parse(const char *name, struct rg_domain_name *ret)
{
	static const char *const prefixes[] = {"mon_sub_", "mon_"};
	const char *last = strrchr(name, '_');
	uint64_t id;

	ret->resource = name;
	ret->resource_length = strlen(name);
	ret->has_id = false;
	ret->id = 0;
	if (!last || !parse_id(last + 1, &id))
		return;
	for (size_t i = 0; i < 2; i++) {
		const char *resource = skip_prefix(name, prefixes[i]);

		if (!resource || resource >= last)
			continue;
		ret->resource = resource;
		ret->resource_length = (size_t)(last - resource);
		ret->has_id = true;
		ret->id = id;
		return;
	}
}

static void domain_free(struct rdtgrp_domain *domain)
{
	if (!domain)
		return;
	rg_freep(&domain->path);
	rg_freep(&domain->resource);
	rg_names_free(&domain->events);
	rg_freep(&domain);
}

static int domain_new(const char *path, const struct rdtgrp_domain *parent,
		      struct rdtgrp_domain **ret_domain)
{
	struct rdtgrp_domain *domain = calloc(1, sizeof(*domain));
	const char *slash = strrchr(path, '/');
	struct rg_domain_name name;

	if (!domain)
		return -ENOMEM;
	rg_domain_name_parse(slash ? slash + 1 : path, &name);
	domain->path = strdup(path);
	domain->resource = strndup(name.resource, name.resource_length);
	domain->has_id = name.has_id;
	domain->id = name.id;
	domain->parent = parent;
	if (!domain->path || !domain->resource) {
		domain_free(domain);
		return -ENOMEM;
	}
	*ret_domain = domain;
	return 0;
}

static int append(struct rdtgrp_layout *layout, struct rdtgrp_domain *domain)
{
	if (layout->count == layout->size) {
		size_t size = layout->size ? layout->size * 2 : 8;
		struct rdtgrp_domain **p =
			reallocarray(layout->domains, size, sizeof(*layout->domains));

		if (!p)
			return -ENOMEM;
		layout->domains = p;
		layout->size = size;
	}
	layout->domains[layout->count++] = domain;
	return 0;
}

static int compare_domain_names(const void *pa, const void *pb)
{
	const char *name_a = ((const struct rg_name *)pa)->text;
	const char *name_b = ((const struct rg_name *)pb)->text;
	struct rg_domain_name a, b;
	size_t shorter;
	int order;

	rg_domain_name_parse(name_a, &a);
	rg_domain_name_parse(name_b, &b);
	shorter = a.resource_length < b.resource_length ? a.resource_length : b.resource_length;
	order = memcmp(a.resource, b.resource, shorter);
	if (order)
		return order;
	if (a.resource_length != b.resource_length)
		return a.resource_length < b.resource_length ? -1 : 1;
	if (a.has_id != b.has_id)
		return a.has_id ? -1 : 1;
	if (a.id != b.id)
		return a.id < b.id ? -1 : 1;
	return strcmp(name_a, name_b);
}

static int add_domains(struct rdtgrp_layout *layout, int group_fd, struct rg_names *names,
		       const struct rdtgrp_domain *parent, unsigned int nesting);

static int add_domain(struct rdtgrp_layout *layout, int group_fd, const char *name,
		      const struct rdtgrp_domain *parent, unsigned int nesting)
{
	RG_AUTO_NAMES struct rg_names nested = {0};
	RG_AUTO_NAMES struct rg_names events = {0};
	RG_AUTO_FREE char *path = NULL;
	struct rdtgrp_domain *domain;
	int r, error = 0;

	if (asprintf(&path, "mon_data/%s%s%s", parent ? parent->path : "", parent ? "/" : "",
		     name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = rg_names_read(group_fd, path, &nested, &events);
	if (r == -ENOENT || r == -ENODEV)
		return 0; /* it went meanwhile */
	if (r == -EACCES || r == -EPERM) {
		rg_log(LOG_WARNING, "%s: may not be listed", path);
		error = r;
	} else if (r < 0) {
		return r;
	}

	r = domain_new(path + strlen("mon_data/"), parent, &domain);
	if (r < 0)
		return r;
	r = append(layout, domain);
	if (r < 0) {
		domain_free(domain);
		return r;
	}
	domain->error = error;
	domain->events = events;
	events = (struct rg_names){0};
	return add_domains(layout, group_fd, &nested, domain, nesting + 1);
}

static int add_domains(struct rdtgrp_layout *layout, int group_fd, struct rg_names *names,
		       const struct rdtgrp_domain *parent, unsigned int nesting)
{
	int r = 0;

	if (nesting >= NESTING_MAX)
		return 0;
	if (names->count)
		qsort(names->names, names->count, sizeof(*names->names), compare_domain_names);
	for (size_t i = 0; i < names->count && r == 0; i++)
		r = add_domain(layout, group_fd, names->names[i].text, parent, nesting);
	return r;
}

int rdtgrp_layout_read(const struct rdtgrp *group, struct rdtgrp_layout **ret_layout)
{
	__attribute__((cleanup(rdtgrp_layout_unrefp))) struct rdtgrp_layout *layout = NULL;
	RG_AUTO_NAMES struct rg_names names = {0};
	int r;

	layout = calloc(1, sizeof(*layout));
	if (!layout)
		return rg_fail_nomem();
	atomic_init(&layout->references, 1);

	r = rg_names_read(group->fd, "mon_data", &names, NULL);
	if (r == 0)
		r = add_domains(layout, group->fd, &names, NULL, 0);
	if (r == -ENOMEM)
		return rg_fail_nomem();
	if (r == -ENOENT || r == -ENODEV) {
		if (rg_check_live(group->fd) == 0)
			return rg_fail(-ENOENT, rg_name_of(group->fd, NULL),
				       "the group has been removed");
		return rg_fail(-ENODATA, rg_name_of(group->fd, "mon_data"),
			       "the group has no monitors");
	}
	if (r < 0) {
		rg_fail_errno(r, rg_name_of(group->fd, "mon_data"), "cannot list");
		rg_advise_refused(r, RG_REFUSED_READ, group->fd, "mon_data");
		return r;
	}
	*ret_layout = RG_TAKE(layout);
	return 0;
}

struct rdtgrp_layout *rdtgrp_layout_ref(struct rdtgrp_layout *layout)
{
	atomic_fetch_add_explicit(&layout->references, 1, memory_order_relaxed);
	return layout;
}

struct rdtgrp_layout *rdtgrp_layout_unref(struct rdtgrp_layout *layout)
{
	if (layout &&
	    atomic_fetch_sub_explicit(&layout->references, 1, memory_order_acq_rel) == 1) {
		for (size_t i = 0; i < layout->count; i++)
			domain_free(layout->domains[i]);
		rg_freep(&layout->domains);
		rg_freep(&layout);
	}
	return NULL;
}

void rdtgrp_layout_unrefp(struct rdtgrp_layout **layout)
{
	*layout = rdtgrp_layout_unref(*layout);
}

size_t rdtgrp_layout_count_domains(const struct rdtgrp_layout *layout)
{
	return layout->count;
}

const struct rdtgrp_domain *rdtgrp_layout_get_domain(const struct rdtgrp_layout *layout,
						     size_t index)
{
	return index < layout->count ? layout->domains[index] : NULL;
}

const struct rdtgrp_domain *rdtgrp_layout_find_domain(const struct rdtgrp_layout *layout,
						      const char *path)
{
	for (size_t i = 0; i < layout->count; i++)
		if (!strcmp(layout->domains[i]->path, path))
			return layout->domains[i];
	return NULL;
}

const char *rdtgrp_domain_get_path(const struct rdtgrp_domain *domain)
{
	return domain->path;
}

const char *rdtgrp_domain_get_resource(const struct rdtgrp_domain *domain)
{
	return domain->resource;
}

bool rdtgrp_domain_get_id(const struct rdtgrp_domain *domain, uint64_t *ret_id)
{
	if (domain->has_id)
		*ret_id = domain->id;
	return domain->has_id;
}

const struct rdtgrp_domain *rdtgrp_domain_get_parent(const struct rdtgrp_domain *domain)
{
	return domain->parent;
}

int rdtgrp_domain_get_error(const struct rdtgrp_domain *domain)
{
	return domain->error;
}

size_t rdtgrp_domain_count_events(const struct rdtgrp_domain *domain)
{
	return domain->events.count;
}

const char *rdtgrp_domain_get_event(const struct rdtgrp_domain *domain, size_t index)
{
	return index < domain->events.count ? domain->events.names[index].text : NULL;
}
