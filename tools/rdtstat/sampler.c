// SPDX-License-Identifier: GPL-2.0-or-later
#include "sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "root.h"
#include "selection.h"
#include "ticker.h"
#include "trouble.h"
#include "words.h"
#include "xalloc.h"

void sampler_init(struct sampler *sampler, const struct root *root, const struct named_group *named,
		  size_t named_count, const char *const *events, size_t event_count)
{
	*sampler = (struct sampler){.root = root, .named = named, .named_count = named_count};
	plan_init(&sampler->plan, events, event_count);
}

void sampler_clear(struct sampler *sampler)
{
	plan_clear(&sampler->plan);
}

static void set_error(struct sample_group *group, int error)
{
	group->error = error;
	group->status = status_of_error(error);
}

/* A file or directory of the group cannot be read. Of groups that are not shown nobody has asked. */
static void tell_unreadable(const struct root *root, const struct sample_group *group,
			    const char *file, const char *what, int error)
{
	char *path;

	if (!group->shown)
		return;
	path = root_file_path(root, group->path, file);
	trouble_tell("%s: %s: %s", path, what, strerror(-error));
	trouble_advise(error);
	free(path);
}

/* Tell of a value what is no normal life of the hardware. */
static void tell_value(const struct root *root, const struct sample_group *group,
		       const char *domain, const char *event, const struct rdtgrp_value *value)
{
	char *file = xasprintf("mon_data/%s/%s", domain, event);

	if (value->status == RDTGRP_STATUS_MALFORMED && group->shown) {
		char *path = root_file_path(root, group->path, file);

		trouble_tell("%s: holds no value: neither a number below 2^64 nor a word of the "
			     "kernel's",
			     path);
		free(path);
	} else if (value->status == RDTGRP_STATUS_DENIED || value->status == RDTGRP_STATUS_FAILED) {
		tell_unreadable(root, group, file, "cannot be read", value->error);
	}
	free(file);
}

/* Read one file of the group. Any trouble becomes the value's status. */
static void read_slot(const struct sampler *sampler, struct rdtgrp *handle,
		      const struct sample_group *group, size_t slot)
{
	const struct plan *plan = &sampler->plan;
	const char *domain = plan->domains[plan->slots[slot].domain].path;
	const char *event = plan->columns[plan->slots[slot].column].event;
	struct rdtgrp_value *value = &group->values[slot];
	int r = rdtgrp_read_value(handle, domain, event, value);

	if (r < 0)
		*value = (struct rdtgrp_value){.status = RDTGRP_STATUS_FAILED, .error = r};
	tell_value(sampler->root, group, domain, event, value);
}

/* Domains whose events are not known, since they may not be listed. */
static void tell_domains(const struct root *root, const struct sample_group *group,
			 const struct rdtgrp_layout *layout)
{
	size_t i;

	for (i = 0; i < rdtgrp_layout_count_domains(layout); i++) {
		const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, i);
		int error = rdtgrp_domain_get_error(domain);
		char *file;

		if (error >= 0)
			continue;
		file = xasprintf("mon_data/%s", rdtgrp_domain_get_path(domain));
		tell_unreadable(root, group, file, "cannot be listed", error);
		free(file);
	}
}

/* The group cannot be read as a whole, and this is not because it is gone or has no monitors. */
static void tell_group(const struct root *root, const struct sample_group *group)
{
	char *path;

	if (!group->shown || group->error == -ENOENT || group->error == -ENODATA)
		return;
	path = root_file_path(root, group->path, "");
	trouble_tell_rdtgrp(group->error, path);
	free(path);
}

static bool layout_has(const struct rdtgrp_domain *domain, const char *event)
{
	size_t i;

	for (i = 0; i < rdtgrp_domain_count_events(domain); i++)
		if (strcmp(rdtgrp_domain_get_event(domain, i), event) == 0)
			return true;
	return false;
}

static void read_values(struct sampler *sampler, struct rdtgrp *handle, struct sample_group *group)
{
	struct plan *plan = &sampler->plan;
	struct rdtgrp_layout *layout;
	size_t i;
	int r;

	r = rdtgrp_layout_read(handle, &layout);
	if (r < 0) {
		set_error(group, r);
		tell_group(sampler->root, group);
		return;
	}
	tell_domains(sampler->root, group, layout);
	plan_add_layout(plan, layout);
	group->value_count = plan->slot_count;
	group->values = xcalloc(plan->slot_count, sizeof(*group->values));
	group->notes = xcalloc(plan->slot_count, sizeof(*group->notes));
	for (i = 0; i < plan->slot_count && !ticker_stopped(); i++) {
		const struct domain *domain = &plan->domains[plan->slots[i].domain];
		const char *event = plan->columns[plan->slots[i].column].event;
		const struct rdtgrp_domain *found = rdtgrp_layout_find_domain(layout, domain->path);

		if (!found)
			group->values[i].status = RDTGRP_STATUS_OFFLINE;
		else if (layout_has(found, event))
			read_slot(sampler, handle, group, i);
		else if (rdtgrp_domain_get_error(found) < 0)
			group->values[i] = (struct rdtgrp_value){
				.status = status_of_error(rdtgrp_domain_get_error(found)),
				.error = rdtgrp_domain_get_error(found),
			};
		if (group->values[i].status == RDTGRP_STATUS_GONE)
			set_error(group, -ENOENT);
	}
	rdtgrp_layout_unref(layout);
}

static void read_group(struct sampler *sampler, const struct rdtgrp_tree *tree,
		       struct sample_group *group)
{
	struct rdtgrp *handle;
	enum rdtgrp_mode mode;
	int r;

	/* Opening checks the mode: mon_data of a pseudo-locked group would show another's counts. */
	r = rdtgrp_tree_open(tree, group->index, &handle);
	set_error(group, r);
	if (r == -EINVAL && rdtgrp_tree_read_mode(tree, group->index, &mode) == 0)
		group->mode = mode;
	if (r < 0 && !mode_is_pseudo_locking(group->mode))
		tell_group(sampler->root, group);
	if (r < 0)
		return;
	read_values(sampler, handle, group);
	rdtgrp_unref(handle);
}

/* Read the trees: the whole one, or one for each named group, with what became of each. @return 0, or a
 * negative errno for which nothing can be sampled. */
static int read_trees(const struct sampler *sampler, struct rdtgrp_tree **trees, int *errors)
{
	size_t i;

	if (!sampler->named_count)
		return rdtgrp_tree_read(sampler->root->group, &trees[0]);
	for (i = 0; i < sampler->named_count; i++) {
		errors[i] = rdtgrp_tree_read(sampler->named[i].group, &trees[i]);
		if (errors[i] == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

static struct sample_group *add_group(struct sample *sample, size_t *room)
{
	struct sample_group *group;

	sample->groups = xgrow(sample->groups, sample->group_count, room, sizeof(*sample->groups));
	group = &sample->groups[sample->group_count++];
	*group = (struct sample_group){.status = RDTGRP_STATUS_OK};
	return group;
}

/* A named group whose tree cannot be read: in most cases it is gone. */
static void add_lost(const struct sampler *sampler, struct sample *sample, size_t tree, int error,
		     size_t *room)
{
	const struct named_group *named = &sampler->named[tree];
	struct sample_group *group = add_group(sample, room);

	group->tree = tree;
	group->path = xstrdup(named->path);
	group->type = rdtgrp_get_type(named->group);
	group->shown = true;
	rdtgrp_get_identity(named->group, NULL, &group->inode);
	set_error(group, error);
	tell_group(sampler->root, group);
}

static void add_tree(struct sampler *sampler, struct sample *sample, size_t tree, size_t *room)
{
	const struct rdtgrp_tree *found = sample->before[tree];
	bool named = sampler->named_count > 0;
	size_t i;

	for (i = 0; i < rdtgrp_tree_count(found) && !ticker_stopped(); i++) {
		struct sample_group *group;

		/* Of a tree below a named group only its MON groups matter: those of the default
		 * group, not the CTRL_MON groups beside them. */
		if (named && i > 0 &&
		    (rdtgrp_tree_get_type(found, i) != RDTGRP_TYPE_MON ||
		     rdtgrp_tree_get_parent(found, i) != 0))
			continue;
		group = add_group(sample, room);
		group->tree = tree;
		group->index = i;
		group->path = xstrdup(named ? sampler->named[tree].path
					    : root_group_path(sampler->root, found, i));
		group->inode = rdtgrp_tree_get_inode(found, i);
		group->type = rdtgrp_tree_get_type(found, i);
		group->shown = !named || i == 0;
		read_group(sampler, found, group);
		if (rdtgrp_tree_get_error(found, i) < 0)
			tell_unreadable(sampler->root, group, "mon_groups", "cannot be listed",
					rdtgrp_tree_get_error(found, i));
	}
}

size_t sample_index_in(const struct rdtgrp_tree *tree, uint64_t inode, size_t guess)
{
	size_t i, count = tree ? rdtgrp_tree_count(tree) : 0;

	for (i = 0; i < count; i++)
		if (rdtgrp_tree_get_inode(tree, (guess + i) % count) == inode)
			return (guess + i) % count;
	return SIZE_MAX;
}

/* What was removed after it had been read is gone as well: to call it changed would be half the truth. */
static void mark_gone(struct sample *sample, const int *errors)
{
	size_t i;

	for (i = 0; i < sample->group_count; i++) {
		struct sample_group *group = &sample->groups[i];
		const struct rdtgrp_tree *after = sample->after[group->tree];

		if (after ? sample_index_in(after, group->inode, group->index) == SIZE_MAX
			  : errors[group->tree] == -ENOENT)
			set_error(group, -ENOENT);
	}
}

int sampler_take(struct sampler *sampler, struct sample **ret_sample)
{
	struct sample *sample = xcalloc(1, sizeof(*sample));
	size_t i, room = 0;
	struct timespec now;
	int *errors, r;

	sample->tree_count = sampler->named_count ? sampler->named_count : 1;
	sample->before = xcalloc(sample->tree_count, sizeof(*sample->before));
	sample->after = xcalloc(sample->tree_count, sizeof(*sample->after));
	errors = xcalloc(sample->tree_count, sizeof(*errors));
	clock_gettime(CLOCK_REALTIME, &sample->wall);
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	r = read_trees(sampler, sample->before, errors);
	if (r < 0)
		goto out;
	for (i = 0; i < sample->tree_count && !ticker_stopped(); i++) {
		if (sample->before[i])
			add_tree(sampler, sample, i, &room);
		else
			add_lost(sampler, sample, i, errors[i], &room);
	}
	r = ticker_stopped() ? -ECANCELED : read_trees(sampler, sample->after, errors);
	if (r == 0)
		mark_gone(sample, errors);
out:
	free(errors);
	if (r < 0)
		sample_free(sample);
	else
		*ret_sample = sample;
	return r;
}

struct sample *sample_free(struct sample *sample)
{
	size_t i;

	if (!sample)
		return NULL;
	for (i = 0; i < sample->tree_count; i++) {
		rdtgrp_tree_unref(sample->before[i]);
		rdtgrp_tree_unref(sample->after[i]);
	}
	for (i = 0; i < sample->group_count; i++) {
		free(sample->groups[i].path);
		free(sample->groups[i].values);
		free(sample->groups[i].notes);
	}
	free(sample->before);
	free(sample->after);
	free(sample->groups);
	free(sample);
	return NULL;
}
