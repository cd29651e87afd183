/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel's sums are made of. A CTRL_MON group's value is its own and those of its MON groups, and
 * with Sub-NUMA Clustering that of a cache is those of its nodes. A part that cannot be read is left out
 * without a trace (fs/resctrl/monitor.c, mon_event_count), so the sum falls and rises by all that the part
 * has ever counted. Where the reader has the parts too, it knows when that happens.
 */
#include "reader.h"

#include <string.h>
#include <sys/stat.h>

#include "checks.h"
#include "group.h"
#include "util.h"

void rg_reader_note_part(struct rdtgrp_reader *reader, struct rg_planned *planned, uint32_t status)
{
	unsigned int part;

	switch (status) {
	case RDTGRP_STATUS_OK:
		part = RG_PART_IN;
		break;
	case RDTGRP_STATUS_UNAVAILABLE:
	case RDTGRP_STATUS_ERROR:
	case RDTGRP_STATUS_UNASSIGNED:
		part = RG_PART_OUT;
		break;
	case RDTGRP_STATUS_OFFLINE:
		part = RG_PART_AWAY;
		break;
	default:
		/* It says nothing of what the kernel can read. */
		return;
	}
	reader->parts_changed |= planned->part != part;
	planned->part = part & 3;
}

/*
 * The difference from before means nothing. That to the next value neither: the sum may have been read
 * before the part changed, or after it.
 */
static void void_value(struct rdtgrp_reader *reader, const struct rg_member *member, size_t domain,
		       const struct rg_planned *part, struct rdtgrp_value *values)
{
	for (uint32_t i = member->first; i != RG_NO_VALUE; i = reader->values[i].next) {
		struct rg_planned *planned = &reader->values[i];

		if (planned->domain != domain || planned->event != part->event)
			continue;
		planned->own_epochs++;
		if (values[i].status == RDTGRP_STATUS_OK)
			values[i].epoch = rg_planned_epoch(planned);
		planned->own_epochs++;
	}
}

/* The cache of a node's domain; the number of domains if it is no node or the cache is not of the plan. */
static size_t cache_of(const struct rdtgrp_reader *reader, uint32_t domain)
{
	const char *node = reader->domains.texts[domain];
	size_t length = strcspn(node, "/"), i = 0;

	if (!node[length])
		return reader->domains.count;
	while (i < reader->domains.count && (strncmp(reader->domains.texts[i], node, length) != 0 ||
					     reader->domains.texts[i][length]))
		i++;
	return i;
}

/* The inode number of a MON group's parent; 0 where that is out of reach. */
static uint64_t parent_of(const struct rg_member *member)
{
	RG_AUTO_CLOSE int parent = rg_open_parent(member->group->fd, member->group->type);
	struct stat st;

	return parent >= 0 && fstat(parent, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static void void_sums(struct rdtgrp_reader *reader, const struct rg_planned *part,
		      struct rdtgrp_value *values)
{
	const struct rg_member *member = part->member;
	size_t cache = cache_of(reader, part->domain);
	/* A domain is away for all groups, and their files of it are new ones then. */
	bool away = part->part == RG_PART_AWAY || part->part_told == RG_PART_AWAY;
	uint64_t parent;

	void_value(reader, member, cache, part, values);
	if (member->group->type != RDTGRP_TYPE_MON)
		return;
	parent = parent_of(member);
	for (size_t i = 0; i < reader->member_count; i++) {
		const struct rdtgrp *group = reader->members[i]->group;

		if (group->type != RDTGRP_TYPE_CTRL_MON || group->fsid != member->group->fsid ||
		    (parent && group->inode != parent))
			continue;
		if (!away)
			void_value(reader, reader->members[i], part->domain, part, values);
		void_value(reader, reader->members[i], cache, part, values);
	}
}

void rg_reader_see_parts(struct rdtgrp_reader *reader, struct rdtgrp_value *values)
{
	if (!reader->parts_changed)
		return;
	reader->parts_changed = false;
	for (size_t i = 0; i < reader->count; i++) {
		struct rg_planned *planned = &reader->values[i];

		if (!planned->member || planned->part == planned->part_told)
			continue;
		/* Before the first reading nothing was known of it that could have changed. */
		if (planned->part_told != RG_PART_UNKNOWN)
			void_sums(reader, planned, values);
		planned->part_told = planned->part;
	}
}
