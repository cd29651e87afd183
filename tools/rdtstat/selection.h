/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_SELECTION_H
#define RDTSTAT_SELECTION_H

#include <rdtgrp.h>
#include <stddef.h>

struct root;

/* A group that was named on the command line, held by a handle: another group that is made under the
 * same name later is not taken for it. */
struct named_group {
	struct rdtgrp *group;
	char *path;
};

/*
 * Open the groups named: "/" is the default group, another name a path from the root of the tree, an
 * absolute path in it, or the last component of the path of just one group; or a pattern of path or last
 * component, as of fnmatch(3), for all groups there are now that match. A group named twice comes once. What is wrong is told on stderr.
 * @return an exit status.
 */
int selection_open(const struct root *root, const char *const *names, size_t count,
		   struct named_group **ret_groups, size_t *ret_count);
void selection_close(struct named_group *groups, size_t count);

#endif
