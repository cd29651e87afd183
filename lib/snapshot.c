/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdatomic.h>

#include "error.h"
#include "group.h"
#include "rdtgrp.h"
#include "read.h"
#include "util.h"

struct rdtgrp_snapshot {
	atomic_uint references;
	struct rdtgrp_layout *layout;
	/* Where each domain's values begin; one more at the end. */
	size_t *first;
	struct rdtgrp_value *values;
};

static int allocate(struct rdtgrp_snapshot *snapshot)
{
	size_t domains = rdtgrp_layout_count_domains(snapshot->layout), total = 0;

	snapshot->first = calloc(domains + 1, sizeof(*snapshot->first));
	if (!snapshot->first)
		return -ENOMEM;
	for (size_t i = 0; i < domains; i++) {
		snapshot->first[i] = total;
		total += rdtgrp_domain_count_events(rdtgrp_layout_get_domain(snapshot->layout, i));
	}
	snapshot->first[domains] = total;
	snapshot->values = calloc(total ? total : 1, sizeof(*snapshot->values));
	return snapshot->values ? 0 : -ENOMEM;
}

static void fill(const struct rdtgrp *group, struct rdtgrp_snapshot *snapshot)
{
	struct rdtgrp_value *value = snapshot->values;

	for (size_t i = 0; i < rdtgrp_layout_count_domains(snapshot->layout); i++) {
		const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(snapshot->layout, i);

		for (size_t j = 0; j < rdtgrp_domain_count_events(domain); j++, value++)
			/* -ENOENT: the layout is an older one, and the event has gone since. */
			if (rg_read_value(group->fd, rdtgrp_domain_get_path(domain),
					  rdtgrp_domain_get_event(domain, j), value) < 0)
				value->status = RDTGRP_STATUS_FAILED;
	}
}

int rdtgrp_snapshot_read(const struct rdtgrp *group, struct rdtgrp_layout *layout,
			 struct rdtgrp_snapshot **ret_snapshot)
{
	__attribute__((cleanup(rdtgrp_snapshot_unrefp))) struct rdtgrp_snapshot *snapshot = NULL;
	int r;

	snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return rg_fail_nomem();
	atomic_init(&snapshot->references, 1);
	if (layout) {
		snapshot->layout = rdtgrp_layout_ref(layout);
	} else {
		r = rdtgrp_layout_read(group, &snapshot->layout);
		if (r < 0)
			return r;
	}
	if (allocate(snapshot) < 0)
		return rg_fail_nomem();
	fill(group, snapshot);
	*ret_snapshot = RG_TAKE(snapshot);
	return 0;
}

struct rdtgrp_snapshot *rdtgrp_snapshot_ref(struct rdtgrp_snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
	return snapshot;
}

struct rdtgrp_snapshot *rdtgrp_snapshot_unref(struct rdtgrp_snapshot *snapshot)
{
	if (snapshot &&
	    atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) == 1) {
		rdtgrp_layout_unref(snapshot->layout);
		rg_freep(&snapshot->first);
		rg_freep(&snapshot->values);
		rg_freep(&snapshot);
	}
	return NULL;
}

void rdtgrp_snapshot_unrefp(struct rdtgrp_snapshot **snapshot)
{
	*snapshot = rdtgrp_snapshot_unref(*snapshot);
}

struct rdtgrp_layout *rdtgrp_snapshot_get_layout(const struct rdtgrp_snapshot *snapshot)
{
	return snapshot->layout;
}

const struct rdtgrp_value *rdtgrp_snapshot_get_value(const struct rdtgrp_snapshot *snapshot,
						     size_t domain_index, size_t event_index)
{
	size_t first;

	if (domain_index >= rdtgrp_layout_count_domains(snapshot->layout))
		return NULL;
	first = snapshot->first[domain_index];
	if (event_index >= snapshot->first[domain_index + 1] - first)
		return NULL;
	return &snapshot->values[first + event_index];
}
