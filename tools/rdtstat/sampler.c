// SPDX-License-Identifier: GPL-2.0-or-later
#include "sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "root.h"
#include "selection.h"
#include "ticker.h"
#include "trouble.h"
#include "words.h"
#include "xalloc.h"

/* Where the value in a slot of a held group comes from: an index of the reader, or -1 and what there is
 * instead of a value. */
struct source {
	ssize_t index;
	enum rdtgrp_status status;
	int error;
};

struct held_group {
	uint64_t inode;
	struct rdtgrp *handle;
	/* By slot of the plan, as far as it went then. */
	struct source *sources;
	size_t source_count;
	/* Its layout has to be looked at again. */
	bool stale;
	/* The last sample that it was in. */
	uint64_t seen;
};

void sampler_init(struct sampler *sampler, const struct root *root, const struct named_group *named,
		  size_t named_count, const char *const *events, size_t event_count)
{
	*sampler = (struct sampler){.root = root, .named = named, .named_count = named_count};
	if (rdtgrp_reader_new(0, &sampler->reader) < 0)
		out_of_memory();
	plan_init(&sampler->plan, events, event_count);
	sampler->tree_count = named_count ? named_count : 1;
	sampler->trees = xcalloc(sampler->tree_count, sizeof(*sampler->trees));
	sampler->errors = xcalloc(sampler->tree_count, sizeof(*sampler->errors));
	sampler->stale = true;
	/* Before the first look at the tree, so that nothing is missed. */
	if (rdtgrp_watch_new(root->group, &sampler->watch) < 0)
		sampler->watch = NULL;
}

static void let_go(struct sampler *sampler, struct held_group *held)
{
	/* The reader has none of a group without values. */
	(void)rdtgrp_reader_remove(sampler->reader, held->handle);
	rdtgrp_unref(held->handle);
	free(held->sources);
}

void sampler_clear(struct sampler *sampler)
{
	size_t i;

	for (i = 0; i < sampler->held_count; i++) {
		rdtgrp_unref(sampler->held[i].handle);
		free(sampler->held[i].sources);
	}
	for (i = 0; i < sampler->tree_count; i++)
		rdtgrp_tree_unref(sampler->trees[i]);
	free(sampler->held);
	free(sampler->values);
	free(sampler->trees);
	free(sampler->errors);
	rdtgrp_layout_unref(sampler->layout);
	rdtgrp_watch_unref(sampler->watch);
	rdtgrp_reader_unref(sampler->reader);
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

/* Read one file of a group that is not held. Any trouble becomes the value's status. */
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

static void make_room_for_values(const struct plan *plan, struct sample_group *group)
{
	group->value_count = plan->slot_count;
	group->values = xcalloc(plan->slot_count, sizeof(*group->values));
	group->notes = xcalloc(plan->slot_count, sizeof(*group->notes));
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
	make_room_for_values(plan, group);
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

/* A group that is not held: there is no fd left for it, or it cannot be read. */
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

/* Choose the group's values that the reader does not have yet. */
static int choose_values(struct sampler *sampler, struct held_group *held,
			 const struct sample_group *group)
{
	struct plan *plan = &sampler->plan;
	struct rdtgrp_layout *layout;
	size_t i;
	int r;

	r = rdtgrp_layout_read(held->handle, &layout);
	if (r < 0)
		return r;
	held->stale = false;
	tell_domains(sampler->root, group, layout);
	plan_add_layout(plan, layout);
	held->sources = reallocarray(held->sources, plan->slot_count, sizeof(*held->sources));
	if (!held->sources && plan->slot_count)
		out_of_memory();
	for (; held->source_count < plan->slot_count; held->source_count++)
		held->sources[held->source_count] = (struct source){.index = -1};
	for (i = 0; i < plan->slot_count; i++) {
		const char *domain = plan->domains[plan->slots[i].domain].path;
		const char *event = plan->columns[plan->slots[i].column].event;
		const struct rdtgrp_domain *found = rdtgrp_layout_find_domain(layout, domain);
		struct source *source = &held->sources[i];
		int error = found ? rdtgrp_domain_get_error(found) : 0;

		if (source->index >= 0)
			continue;
		*source = (struct source){-1, RDTGRP_STATUS_NONE, 0};
		if (!found) {
			source->status = RDTGRP_STATUS_OFFLINE;
		} else if (layout_has(found, event)) {
			error = rdtgrp_reader_add(sampler->reader, held->handle, domain, event);
			if (error == 0)
				source->index = rdtgrp_reader_find(sampler->reader, held->handle,
								   domain, event);
			/* It went after the layout was read. */
			else
				held->stale = true;
		}
		if (error < 0)
			*source = (struct source){-1, status_of_error(error), error};
	}
	rdtgrp_layout_unref(layout);
	return 0;
}

/* So many fds are left for all that is not held. */
#define SPARE 6

static bool take_spare(const struct root *root, int *fds)
{
	size_t i;

	for (i = 0; i < SPARE; i++)
		fds[i] = fcntl(rdtgrp_get_fd(root->group), F_DUPFD_CLOEXEC, 3);
	return fds[SPARE - 1] >= 0;
}

static void give_spare(const int *fds)
{
	size_t i;

	for (i = 0; i < SPARE; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Hold the group from now on, if that can be. */
static void hold(struct sampler *sampler, const struct rdtgrp_tree *tree,
		 struct sample_group *group)
{
	struct held_group held = {.inode = group->inode, .seen = sampler->number};
	int spare[SPARE];

	if (take_spare(sampler->root, spare) &&
	    rdtgrp_tree_open(tree, group->index, &held.handle) == 0) {
		if (choose_values(sampler, &held, group) == 0) {
			sampler->held = xgrow(sampler->held, sampler->held_count,
					      &sampler->held_room, sizeof(*sampler->held));
			group->held = sampler->held_count;
			sampler->held[sampler->held_count++] = held;
		} else {
			let_go(sampler, &held);
		}
	}
	give_spare(spare);
}

/* Groups are mostly held in the order of the tree: `guess` is where the last one was. */
static size_t find_held(const struct sampler *sampler, uint64_t inode, size_t guess)
{
	size_t i;

	for (i = 0; i < sampler->held_count; i++) {
		size_t index = (guess + i) % sampler->held_count;

		if (sampler->held[index].inode == inode)
			return index;
	}
	return SIZE_MAX;
}

/* Let go of the groups that were not in this sample. */
static void sweep(struct sampler *sampler)
{
	size_t i, kept = 0;

	for (i = 0; i < sampler->held_count; i++) {
		if (sampler->held[i].seen == sampler->number)
			sampler->held[kept++] = sampler->held[i];
		else
			let_go(sampler, &sampler->held[i]);
	}
	/* There are fds now for files that had none. */
	if (kept < sampler->held_count && rdtgrp_reader_count_not_held(sampler->reader))
		(void)rdtgrp_reader_update(sampler->reader);
	sampler->held_count = kept;
}

/* Did domains or events come or go? They do so in all groups at once. */
static void look_for_domains(struct sampler *sampler)
{
	struct rdtgrp_layout *former = sampler->layout;
	size_t i, j;
	bool same;

	if (rdtgrp_layout_read(sampler->root->group, &sampler->layout) < 0) {
		/* The next look at the tree says what is the matter. */
		sampler->layout = former;
		sampler->stale = true;
		return;
	}
	same = former &&
	       rdtgrp_layout_count_domains(former) == rdtgrp_layout_count_domains(sampler->layout);
	for (i = 0; same && i < rdtgrp_layout_count_domains(former); i++) {
		const struct rdtgrp_domain *a = rdtgrp_layout_get_domain(former, i);
		const struct rdtgrp_domain *b = rdtgrp_layout_get_domain(sampler->layout, i);

		same = strcmp(rdtgrp_domain_get_path(a), rdtgrp_domain_get_path(b)) == 0 &&
		       rdtgrp_domain_count_events(a) == rdtgrp_domain_count_events(b);
		for (j = 0; same && j < rdtgrp_domain_count_events(a); j++)
			same = layout_has(b, rdtgrp_domain_get_event(a, j));
	}
	rdtgrp_layout_unref(former);
	for (i = 0; !same && i < sampler->held_count; i++)
		sampler->held[i].stale = true;
}

/* Read the trees: the whole one, or one for each named group, with what became of each. @return 0, or a
 * negative errno for which nothing can be sampled. */
static int read_trees(struct sampler *sampler)
{
	size_t i;

	for (i = 0; i < sampler->tree_count; i++) {
		struct rdtgrp *group =
			sampler->named_count ? sampler->named[i].group : sampler->root->group;
		struct rdtgrp_tree *tree = NULL;
		int r = rdtgrp_tree_read(group, &tree);

		if (r < 0 && (!sampler->named_count || r == -ENOMEM))
			return r;
		rdtgrp_tree_unref(sampler->trees[i]);
		sampler->trees[i] = tree;
		sampler->errors[i] = r;
	}
	return 0;
}

/* Bring the trees up to date, and put references to them into an array of a sample's. */
static int look_for_groups(struct sampler *sampler, struct rdtgrp_tree **trees)
{
	unsigned int changes = 0;
	size_t i;
	int r;

	if (!sampler->watch || rdtgrp_watch_read(sampler->watch, &changes) < 0 || changes ||
	    sampler->stale) {
		r = read_trees(sampler);
		if (r < 0)
			return r;
		sampler->stale = false;
	}
	for (i = 0; i < sampler->tree_count; i++)
		if (sampler->trees[i])
			trees[i] = rdtgrp_tree_ref(sampler->trees[i]);
	return 0;
}

static struct sample_group *add_group(struct sample *sample, size_t *room)
{
	struct sample_group *group;

	sample->groups = xgrow(sample->groups, sample->group_count, room, sizeof(*sample->groups));
	group = &sample->groups[sample->group_count++];
	*group = (struct sample_group){.status = RDTGRP_STATUS_OK, .held = SIZE_MAX};
	return group;
}

static bool is_wanted(const struct sampler *sampler, const struct sample_group *group)
{
	return !sampler->type || group->type == sampler->type;
}

/* A MON group in the tree of a CTRL_MON group that was named. If it was named itself it has its own tree. */
static bool is_shown_child(const struct sampler *sampler, uint64_t inode)
{
	uint64_t named;
	size_t i;

	for (i = 0; sampler->breakdown && i < sampler->named_count; i++) {
		rdtgrp_get_identity(sampler->named[i].group, NULL, &named);
		if (named == inode)
			return false;
	}
	return sampler->breakdown;
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
	group->shown = is_wanted(sampler, group);
	rdtgrp_get_identity(named->group, NULL, &group->inode);
	set_error(group, error);
	tell_group(sampler->root, group);
}

/* By which a group goes in the reports. */
static char *group_path(const struct sampler *sampler, const struct rdtgrp_tree *found, size_t tree,
			size_t index)
{
	const char *named;

	if (!sampler->named_count)
		return xstrdup(root_group_path(sampler->root, found, index));
	named = sampler->named[tree].path;
	if (index == 0)
		return xstrdup(named);
	/* Below the root of the tree a path begins with no name. */
	if (strcmp(named, "/") == 0 || strcmp(named, ".") == 0)
		return xstrdup(rdtgrp_tree_get_path(found, index));
	return xasprintf("%s/%s", named, rdtgrp_tree_get_path(found, index));
}

static void add_tree(struct sampler *sampler, struct sample *sample, size_t tree, size_t *room)
{
	const struct rdtgrp_tree *found = sample->before[tree];
	bool named = sampler->named_count > 0;
	size_t i, guess = 0;

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
		group->path = group_path(sampler, found, tree, i);
		group->inode = rdtgrp_tree_get_inode(found, i);
		group->type = rdtgrp_tree_get_type(found, i);
		group->shown = (!named || i == 0 || is_shown_child(sampler, group->inode)) &&
			       is_wanted(sampler, group);
		group->held = find_held(sampler, group->inode, guess);
		if (group->held == SIZE_MAX)
			hold(sampler, found, group);
		if (group->held == SIZE_MAX) {
			read_group(sampler, found, group);
		} else {
			sampler->held[group->held].seen = sampler->number;
			guess = group->held + 1;
		}
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

/* What a value of a held group says of the group as a whole. */
static void look_at_value(struct sampler *sampler, struct sample_group *group,
			  const struct rdtgrp_value *value)
{
	enum rdtgrp_mode mode;

	if (value->status == RDTGRP_STATUS_GONE) {
		set_error(group, -ENOENT);
		sampler->stale = true;
	} else if (value->status == RDTGRP_STATUS_PSEUDO_LOCKED &&
		   group->status == RDTGRP_STATUS_OK &&
		   rdtgrp_read_mode(sampler->held[group->held].handle, &mode) == 0 &&
		   mode_is_pseudo_locking(mode)) {
		group->status = RDTGRP_STATUS_PSEUDO_LOCKED;
		group->mode = mode;
	}
}

/* Enter what the reader has read of a held group. */
static void fill_values(struct sampler *sampler, struct sample_group *group)
{
	const struct held_group *held = &sampler->held[group->held];
	const struct plan *plan = &sampler->plan;
	size_t i;

	make_room_for_values(plan, group);
	for (i = 0; i < held->source_count; i++) {
		const struct source *source = &held->sources[i];
		struct rdtgrp_value *value = &group->values[i];

		if (source->index < 0) {
			value->status = source->status;
			value->error = source->error;
			continue;
		}
		*value = sampler->values[source->index];
		if (value->status == RDTGRP_STATUS_OK)
			continue;
		tell_value(sampler->root, group, plan->domains[plan->slots[i].domain].path,
			   plan->columns[plan->slots[i].column].event, value);
		look_at_value(sampler, group, value);
	}
}

/* Read the values of all groups that are held. */
static int read_held(struct sampler *sampler, struct sample *sample)
{
	size_t i, count;
	int r;

	for (i = 0; i < sample->group_count; i++) {
		struct sample_group *group = &sample->groups[i];
		struct held_group *held =
			group->held == SIZE_MAX ? NULL : &sampler->held[group->held];

		/* A group that is gone tells so by its values. */
		if (held && (held->stale || held->source_count < sampler->plan.slot_count))
			(void)choose_values(sampler, held, group);
	}
	count = rdtgrp_reader_count(sampler->reader);
	while (sampler->value_room < count)
		sampler->values = xgrow(sampler->values, sampler->value_room, &sampler->value_room,
					sizeof(*sampler->values));
	if (ticker_stopped())
		return -ECANCELED;
	r = rdtgrp_reader_read(sampler->reader, sampler->values, sampler->value_room);
	if (r < 0)
		return r;
	for (i = 0; i < sample->group_count; i++)
		if (sample->groups[i].held != SIZE_MAX)
			fill_values(sampler, &sample->groups[i]);
	return 0;
}

int sampler_take(struct sampler *sampler, struct sample **ret_sample)
{
	struct sample *sample = xcalloc(1, sizeof(*sample));
	size_t i, room = 0;
	struct timespec now;
	int r;

	sampler->number++;
	sample->tree_count = sampler->tree_count;
	sample->before = xcalloc(sample->tree_count, sizeof(*sample->before));
	sample->after = xcalloc(sample->tree_count, sizeof(*sample->after));
	clock_gettime(CLOCK_REALTIME, &sample->wall);
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	look_for_domains(sampler);
	r = look_for_groups(sampler, sample->before);
	if (r < 0)
		goto out;
	for (i = 0; i < sample->tree_count && !ticker_stopped(); i++) {
		if (sample->before[i])
			add_tree(sampler, sample, i, &room);
		else
			add_lost(sampler, sample, i, sampler->errors[i], &room);
	}
	r = read_held(sampler, sample);
	if (r == 0)
		r = ticker_stopped() ? -ECANCELED : look_for_groups(sampler, sample->after);
	if (r == 0) {
		mark_gone(sample, sampler->errors);
		sweep(sampler);
	}
out:
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
