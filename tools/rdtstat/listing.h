/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_LISTING_H
#define RDTSTAT_LISTING_H

#include <rdtgrp.h>
#include <stddef.h>

struct root;

/* What rdtstat list finds out about one group. */
struct listing_group {
	/* In words why there is no mode or no number of tasks, else "". */
	char mode_missing[64];
	enum rdtgrp_mode mode;
	char tasks_missing[64];
	size_t tasks;
};

struct listing {
	const struct root *root;
	const struct rdtgrp_tree *tree;
	/* By index of the tree. */
	struct listing_group *groups;
};

#endif
